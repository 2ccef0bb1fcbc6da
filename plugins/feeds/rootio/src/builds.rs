//! Which packages are meant: builds of Root.io, by the names of the distribution.

use limpid_plugin_sdk::feed::{Affected, Bound, Range, Status};

/// The value of the qualifier `vendor` that detectors give to the publisher's packages.
const VENDOR: &str = "Root";

/// What stands before the distribution's name of a package.
const PREFIX: &str = "rootio-";

/// Releases of Debian, whose namespaces are codenames.
const CODENAMES: [(&str, &str); 8] = [
    ("8", "jessie"),
    ("9", "stretch"),
    ("10", "buster"),
    ("11", "bullseye"),
    ("12", "bookworm"),
    ("13", "trixie"),
    ("14", "forky"),
    ("15", "duke"),
];

/// Where the packages of a release of a distribution are published, and what orders their versions. None of others.
pub(crate) fn place(distribution: &str, release: &str) -> Option<(String, &'static str)> {
    let is_release = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if !(1..=32).contains(&release.len()) || !release.bytes().all(is_release) {
        return None;
    }
    match distribution {
        "debian" => {
            let codename = CODENAMES.iter().find(|(number, _)| *number == release).map(|(_, name)| *name);
            Some((format!("debian:{}", codename.unwrap_or(release)), "dpkg"))
        }
        "ubuntu" => Some((format!("ubuntu:{release}"), "dpkg")),
        "alpine" => {
            let number = release.strip_prefix('v').filter(|number| !number.is_empty()).unwrap_or(release);
            Some((format!("alpine:{number}"), "apk"))
        }
        _ => None,
    }
}

/// What is said of a package of a distribution: that builds of Root.io are affected, and from which on they are not.
pub(crate) fn judged(affected: Affected, fixes: Vec<String>) -> Vec<Affected> {
    let affected = Affected {
        name: bare(&affected.name).to_owned(),
        source: true,
        requires: vec![("vendor".to_owned(), vec![VENDOR.to_owned()])],
        ..affected
    };
    let not_affected = Affected {
        status: Status::NotAffected,
        ranges: Vec::new(),
        versions: Vec::new(),
        ratings: Vec::new(),
        ..affected.clone()
    };
    let not_affected = match <[String; 1]>::try_from(fixes) {
        Ok([fix]) => Affected { ranges: vec![Range::since(fix)], ..not_affected },
        // Between two of them others may be affected.
        Err(fixes) => Affected { versions: fixes, ..not_affected },
    };
    let says = |one: &Affected| !one.ranges.is_empty() || !one.versions.is_empty();
    [affected, not_affected].into_iter().filter(says).collect()
}

/// The distribution's name of a package.
fn bare(name: &str) -> &str {
    name.strip_prefix(PREFIX).filter(|bare| !bare.is_empty()).unwrap_or(name)
}

/// The versions that hold the fix, which end ranges.
pub(crate) fn fixes(affected: &Affected) -> Vec<String> {
    let ends = affected.ranges.iter().filter_map(|range| match &range.until {
        Some(Bound::Excluding(fix)) => Some(fix.clone()),
        _ => None,
    });
    ends.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_distributions() {
        assert_eq!(
            [bare("rootio-mbedtls"), bare("mbedtls"), bare("rootio-")],
            ["mbedtls", "mbedtls", "rootio-"]
        );
    }

    #[test]
    fn a_place_is_a_release_of_a_distribution() {
        let check = |distribution: &str, release: &str, expected: Option<&str>| {
            let place = place(distribution, release).map(|(namespace, _)| namespace);
            assert_eq!(place.as_deref(), expected, "{distribution} {release}");
        };
        check("debian", "13", Some("debian:trixie"));
        check("alpine", "v3.20", Some("alpine:3.20"));
        check("alpine", "v", Some("alpine:v"));
        check("alpine", "", None);
        check("ubuntu", "22.04 LTS", None);
        check("fedora", "40", None);
    }
}
