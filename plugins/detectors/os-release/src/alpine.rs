//! What Alpine's files do not say: until when a release is supported.

use limpid_plugin_sdk::detector::Distribution;

use crate::release::Release;

/// Branches and the end of their support, as <https://alpinelinux.org/releases/> names it.
const BRANCHES: [(&str, &str); 18] = [
    ("3.6", "2019-05-01"),
    ("3.7", "2019-11-01"),
    ("3.8", "2020-05-01"),
    ("3.9", "2020-11-01"),
    ("3.10", "2021-05-01"),
    ("3.11", "2021-11-01"),
    ("3.12", "2022-05-01"),
    ("3.13", "2022-11-01"),
    ("3.14", "2023-05-01"),
    ("3.15", "2023-11-01"),
    ("3.16", "2024-05-23"),
    ("3.17", "2024-11-22"),
    ("3.18", "2025-05-09"),
    ("3.19", "2025-11-01"),
    ("3.20", "2026-04-01"),
    ("3.21", "2026-11-01"),
    ("3.22", "2027-05-01"),
    ("3.23", "2027-11-01"),
];

/// The release with this `VERSION_ID`. Advisories are published by branch: `3.20` for all of 3.20.x.
pub(crate) fn release(version_id: &str, pretty_name: &str) -> Release {
    // edge is rolling; its version is that of the branch to come: `3.21.0_alpha20240923`.
    let is_edge = version_id.contains("_alpha") || pretty_name.split(' ').any(|word| word == "edge");
    let branch = branch(version_id);
    let namespace = match branch {
        _ if is_edge => "alpine:edge".to_owned(),
        Some(branch) => format!("alpine:{branch}"),
        None if version_id.is_empty() => "alpine".to_owned(),
        None => format!("alpine:{version_id}"),
    };
    let end = BRANCHES.iter().find(|(known, _)| !is_edge && Some(*known) == branch);
    Release { namespaces: vec![namespace], supported_until: end.map(|(_, day)| *day) }
}

/// What `etc/alpine-release` states: `3.20.3`.
pub(crate) fn from_release(text: &str) -> Result<Distribution, String> {
    if branch(text).is_none() || text.contains(char::is_whitespace) {
        return Err(format!("`{text:.100}` is not a version of Alpine"));
    }
    let release = release(text, "");
    Ok(Distribution {
        id: "alpine".to_owned(),
        version_id: text.to_owned(),
        pretty_name: format!("Alpine Linux {text}"),
        cpe: None,
        namespaces: release.namespaces,
        supported_until: release.supported_until.map(str::to_owned),
    })
}

/// The first two numbers of a version.
fn branch(version: &str) -> Option<&str> {
    let (major, rest) = version.split_once('.')?;
    let minor_end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let is_branch = minor_end > 0 && !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit());
    version.get(..major.len() + 1 + minor_end).filter(|_| is_branch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_belongs_to_its_branch() {
        let check =
            |version: &str, expected: Option<&str>| assert_eq!(branch(version), expected, "{version}");
        check("3.20.3", Some("3.20"));
        check("3.20", Some("3.20"));
        check("3.21_rc1", Some("3.21"));
        check("3", None);
        check("3.", None);
        check("v3.20", None);
        check("edge", None);
    }

    #[test]
    fn alpine_release_gives_what_os_release_would() {
        let check = |text: &str, namespace: &str, until: Option<&str>| {
            let distribution = from_release(text).unwrap();
            assert_eq!(distribution.namespaces, [namespace], "{text}");
            assert_eq!(distribution.supported_until.as_deref(), until, "{text}");
        };
        check("3.6.5", "alpine:3.6", Some("2019-05-01"));
        check("2.7.9", "alpine:2.7", None);
        check("3.21.0_alpha20240923", "alpine:edge", None);
        for text in ["", "edge", "3.20 3.21"] {
            assert!(from_release(text).is_err(), "{text}");
        }
    }
}
