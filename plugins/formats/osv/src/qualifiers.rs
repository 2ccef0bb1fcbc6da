//! What the qualifiers of a record's [package URL](https://github.com/package-url/purl-spec) require of a
//! package.

use percent_encoding::percent_decode_str;

use crate::text;

/// Those that say where something is from or how it is written, and not what it is. A distribution and its
/// release are in the ecosystem, an epoch in the versions; a Maven artifact's `type` is `jar` unless it says
/// otherwise, and then the package is another.
const OF_PLACES: [&str; 12] = [
    "checksum",
    "checksums",
    "distro",
    "download_url",
    "epoch",
    "file_name",
    "os_distro",
    "os_name",
    "os_version",
    "repository_url",
    "upstream",
    "vcs_url",
];

/// Architectures of packages that are for any: what is built of them is installed as one of the system's, as apk does.
const ANY_ARCH: [&str; 2] = ["all", "noarch"];

/// Qualifiers that are required. A URL with more is not one that anybody writes.
const MAX: usize = 16;

/// Whether a package URL says that it is of a source package.
pub(crate) fn is_source(purl: &str) -> bool {
    all(purl).any(|(key, value)| key == "arch" && matches!(value.as_str(), "source" | "src"))
}

/// A qualifier and the value that it has to have, for each that says what the package is.
pub(crate) fn required(purl: &str) -> Vec<(String, Vec<String>)> {
    let says_what = |(key, value): &(String, String)| match key.as_str() {
        "arch" => !matches!(value.as_str(), "source" | "src") && !ANY_ARCH.contains(&value.as_str()),
        "type" => value != "jar",
        key => !OF_PLACES.contains(&key),
    };
    all(purl).filter(says_what).take(MAX).map(|(key, value)| (key, vec![value])).collect()
}

/// The qualifiers, decoded. Keys are not told apart by case, and one without a value is as if it were
/// not there.
fn all(purl: &str) -> impl Iterator<Item = (String, String)> {
    let (without_subpath, _) = purl.split_once('#').unwrap_or((purl, ""));
    let (_, qualifiers) = without_subpath.split_once('?').unwrap_or((purl, ""));
    qualifiers.split('&').filter_map(|one| {
        let (key, value) = one.split_once('=')?;
        let key = key.to_ascii_lowercase();
        let value = percent_decode_str(value).decode_utf8().ok()?.into_owned();
        (text::is_identifier(&key) && text::is_name(&value)).then_some((key, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_what_a_package_is_is_required() {
        let check = |purl: &str, expected: &[(&str, &str)]| {
            let required = required(purl);
            let required: Vec<_> =
                required.iter().map(|(key, values)| (key.as_str(), values[0].as_str())).collect();
            assert_eq!(required, expected, "{purl}");
        };
        check("pkg:npm/x", &[]);
        check("pkg:deb/debian/x?arch=source", &[]);
        check("pkg:rpm/almalinux/x?arch=aarch64", &[("arch", "aarch64")]);
        check("pkg:apk/cleanstart/x?arch=noarch", &[]);
        check("pkg:deb/ubuntu/x@1?arch=i386&distro=trusty/esm#sub?arch=amd64", &[("arch", "i386")]);
        check("pkg:rpm/rocky-linux/openssl?distro=rocky-linux-8&epoch=1", &[]);
        check("pkg:deb/debian/x?distro=wheezy&repository_url=http%3A%2F%2Fdeb.example.org", &[]);
        check(
            "pkg:apk/dhi/x?arch=x86_64&os_distro=alpine&os_name=dhi&os_version=3.24",
            &[("arch", "x86_64")],
        );
        check("pkg:rpm/x?rpmmod=nodejs%3a18&ARCH=s390x", &[("rpmmod", "nodejs:18"), ("arch", "s390x")]);
        check("pkg:maven/a/b?type=jar&classifier=sources", &[("classifier", "sources")]);
        check("pkg:maven/a/b?type=war", &[("type", "war")]);
        check("pkg:rpm/x?arch=&what&=y", &[]);
        check("pkg:rpm/x?a=100%&b=%zz&c=%+1", &[("a", "100%"), ("b", "%zz"), ("c", "%+1")]);
        check("pkg:rpm/x?a=%ff", &[]);
    }

    #[test]
    fn a_source_package_says_so() {
        assert!(is_source("pkg:deb/debian/x?distro=y&arch=source"));
        assert!(!is_source("pkg:deb/debian/x?arch=sources"));
        assert!(!is_source("arch=source"));
    }
}
