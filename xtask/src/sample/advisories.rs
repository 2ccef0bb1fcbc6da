//! A few advisories in their publishers' formats, for the packages of the sample images.
//!
//! What they state is what the Debian security tracker and the Alpine security database state of
//! these packages in Debian 12 and Alpine 3.18.

use serde_json::{Map, Value, json};

/// What the tracker says of one vulnerability of a source package in bookworm.
enum State {
    /// From this version on it is fixed; with `0`, the release was never vulnerable.
    Fixed(&'static str),
    /// Vulnerable, of no practical weight.
    Unimportant,
    /// Vulnerable, and not worth an advisory of its own; with the tracker's reason.
    NoDsa(&'static str),
    /// Vulnerable, and will stay so; with the tracker's reason.
    Ignored(&'static str),
}

/// Source package, its version in bookworm, and its vulnerabilities.
type Source = (&'static str, &'static str, &'static [(&'static str, State)]);

const BOOKWORM: &[Source] = &[
    (
        "curl",
        "7.88.1-10+deb12u12",
        &[
            ("CVE-2023-38545", State::Fixed("7.88.1-10+deb12u4")),
            ("CVE-2023-46218", State::Fixed("7.88.1-10+deb12u5")),
            ("CVE-2024-2398", State::Fixed("7.88.1-10+deb12u6")),
            ("CVE-2024-7264", State::Fixed("7.88.1-10+deb12u7")),
        ],
    ),
    (
        "glibc",
        "2.36-9+deb12u10",
        &[
            ("CVE-2010-4756", State::Unimportant),
            ("CVE-2023-6246", State::Fixed("2.36-9+deb12u4")),
            ("CVE-2024-2961", State::Fixed("2.36-9+deb12u6")),
            ("CVE-2024-33599", State::Fixed("2.36-9+deb12u7")),
        ],
    ),
    (
        "gnutls28",
        "3.7.9-2+deb12u4",
        &[
            ("CVE-2024-0553", State::Fixed("3.7.9-2+deb12u2")),
            ("CVE-2024-0567", State::Fixed("3.7.9-2+deb12u2")),
            ("CVE-2024-28834", State::Fixed("3.7.9-2+deb12u3")),
        ],
    ),
    (
        "openssl",
        "3.0.15-1~deb12u1",
        &[
            ("CVE-2023-5678", State::Fixed("3.0.13-1~deb12u1")),
            ("CVE-2024-0727", State::Fixed("3.0.13-1~deb12u1")),
            ("CVE-2024-2511", State::Fixed("3.0.14-1~deb12u1")),
            ("CVE-2024-6119", State::Fixed("3.0.14-1~deb12u2")),
        ],
    ),
    (
        "perl",
        "5.36.0-7+deb12u2",
        &[("CVE-2011-4116", State::Unimportant), ("CVE-2023-47038", State::Fixed("5.36.0-7+deb12u1"))],
    ),
    ("shadow", "1:4.13+dfsg1-1", &[("CVE-2023-29383", State::NoDsa("Minor issue"))]),
    (
        "tar",
        "1.34+dfsg-1.2+deb12u1",
        &[("CVE-2005-2541", State::Unimportant), ("CVE-2022-48303", State::Fixed("1.34+dfsg-1.2+deb12u1"))],
    ),
    ("wget", "1.21.3-1+deb12u1", &[("CVE-2024-38428", State::Fixed("1.21.3-1+deb12u1"))]),
    (
        "xz-utils",
        "5.4.1-1",
        &[("CVE-2024-3094", State::Fixed("0")), ("CVE-2025-31115", State::Fixed("5.4.1-1"))],
    ),
    (
        "zlib",
        "1:1.2.13.dfsg-1",
        &[("CVE-2023-45853", State::Ignored("contrib/minizip not built and producing binary packages"))],
    ),
];

/// In the form of the Debian security tracker's
/// [`data/json`](https://security-tracker.debian.org/tracker/data/json): by source package, then by
/// vulnerability, then by release.
pub fn debian_tracker() -> String {
    let mut packages = Map::new();
    for (source, current, vulnerabilities) in BOOKWORM {
        let entries: Map<String, Value> = vulnerabilities
            .iter()
            .map(|(id, state)| {
                let releases = json!({ "bookworm": state.release(current) });
                ((*id).to_owned(), json!({ "releases": releases }))
            })
            .collect();
        packages.insert((*source).to_owned(), Value::Object(entries));
    }
    Value::Object(packages).to_string()
}

impl State {
    fn release(&self, current: &str) -> Value {
        let repositories = json!({ "bookworm": current });
        let undecided = "not yet assigned";
        match self {
            Self::Fixed(version) => json!({
                "status": "resolved",
                "repositories": repositories,
                "fixed_version": version,
                "urgency": undecided,
            }),
            Self::Unimportant => json!({
                "status": "open", "repositories": repositories, "urgency": "unimportant",
            }),
            Self::NoDsa(reason) => json!({
                "status": "open",
                "repositories": repositories,
                "urgency": undecided,
                "nodsa": reason,
                "nodsa_reason": "",
            }),
            Self::Ignored(reason) => json!({
                "status": "open",
                "repositories": repositories,
                "urgency": undecided,
                "nodsa": reason,
                "nodsa_reason": "ignored",
            }),
        }
    }
}

/// In the form of an Alpine
/// [security database](https://secdb.alpinelinux.org/v3.18/main.json): fixed versions by package
/// and, under `0`, what the package was never vulnerable to.
pub fn alpine_secdb() -> String {
    let package = |name: &str, secfixes: Value| json!({ "pkg": { "name": name, "secfixes": secfixes } });
    json!({
        "apkurl": "{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk",
        "archs": ["aarch64", "x86_64"],
        "reponame": "main",
        "urlprefix": "https://dl-cdn.alpinelinux.org/alpine",
        "distroversion": "v3.18",
        "packages": [
            package("busybox", json!({
                "1.35.0-r17": ["CVE-2022-30065"],
                "1.36.1-r6": ["CVE-2023-42366"],
                "1.36.1-r7": ["CVE-2023-42363", "CVE-2023-42364", "CVE-2023-42365"],
            })),
            package("curl", json!({
                "0": ["CVE-2021-22897"],
                "8.3.0-r0": ["CVE-2023-38039"],
                "8.4.0-r0": ["CVE-2023-38545", "CVE-2023-38546"],
                "8.5.0-r0": ["CVE-2023-46218", "CVE-2023-46219"],
            })),
            package("openssl", json!({
                "0": ["CVE-2022-1292", "CVE-2022-2068", "CVE-2022-2274", "CVE-2023-0466", "CVE-2023-4807"],
                "3.1.2-r0": ["CVE-2023-3817"],
                "3.1.4-r0": ["CVE-2023-5363"],
                "3.1.4-r1": ["CVE-2023-5678"],
                "3.1.4-r3": ["CVE-2023-6129"],
                "3.1.4-r4": ["CVE-2023-6237"],
            })),
        ],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tracker_document_is_keyed_by_source_then_vulnerability_then_release() {
        let document: Value = serde_json::from_str(&debian_tracker()).unwrap();
        let release = |source: &str, id: &str| document[source][id]["releases"]["bookworm"].clone();
        assert_eq!(release("openssl", "CVE-2024-6119")["fixed_version"], "3.0.14-1~deb12u2");
        assert_eq!(release("xz-utils", "CVE-2024-3094")["fixed_version"], "0");
        assert_eq!(release("tar", "CVE-2005-2541")["urgency"], "unimportant");
        assert_eq!(release("shadow", "CVE-2023-29383")["nodsa"], "Minor issue");
        assert_eq!(release("zlib", "CVE-2023-45853")["nodsa_reason"], "ignored");
    }

    #[test]
    fn the_security_database_lists_vulnerabilities_by_the_version_that_fixes_them() {
        let document: Value = serde_json::from_str(&alpine_secdb()).unwrap();
        assert_eq!(document["distroversion"], "v3.18");
        let openssl = document["packages"]
            .as_array()
            .unwrap()
            .iter()
            .find(|package| package["pkg"]["name"] == "openssl")
            .unwrap();
        assert_eq!(openssl["pkg"]["secfixes"]["3.1.4-r1"], json!(["CVE-2023-5678"]));
    }
}
