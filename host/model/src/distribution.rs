/// A distribution release, as a file of the image states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// os-release's `ID`: `debian`, `alpine`, `rhel`.
    pub id: String,
    /// os-release's `VERSION_ID`: `12`, `3.19.1`; empty for a rolling release.
    pub version_id: String,
    /// What people call it: `Debian GNU/Linux 12 (bookworm)`.
    pub pretty_name: String,
    /// Its CPE name, where it states one.
    pub cpe: Option<String>,
    /// Where advisories for it are published, best first: `debian:bookworm`.
    pub namespaces: Vec<String>,
    /// The last day of its publisher's support, RFC 3339 (`2028-06-30`); none where it has no end
    /// or none is known.
    pub supported_until: Option<String>,
}
