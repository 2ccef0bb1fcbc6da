//! What Debian's files do not say: which name a version has, and until when it is supported.

use limpid_plugin_sdk::detector::Distribution;

use crate::release::{Release, derived};

pub(crate) struct Known {
    pub(crate) version: &'static str,
    pub(crate) codename: &'static str,
    supported_until: &'static str,
}

/// Releases with the end of their long-term support, as <https://wiki.debian.org/LTS> names it.
pub(crate) const RELEASES: [Known; 7] = [
    Known { version: "7", codename: "wheezy", supported_until: "2018-05-31" },
    Known { version: "8", codename: "jessie", supported_until: "2020-06-30" },
    Known { version: "9", codename: "stretch", supported_until: "2022-06-30" },
    Known { version: "10", codename: "buster", supported_until: "2024-06-30" },
    Known { version: "11", codename: "bullseye", supported_until: "2026-08-31" },
    Known { version: "12", codename: "bookworm", supported_until: "2028-06-30" },
    Known { version: "13", codename: "trixie", supported_until: "2030-06-30" },
];

/// The release with this `VERSION_ID`. Testing and unstable have none and are `trixie/sid`: which
/// of the two cannot be told.
pub(crate) fn release(
    version_id: &str,
    codename: Option<&str>,
    version: Option<&str>,
    pretty_name: &str,
) -> Release {
    let known = RELEASES.iter().find(|known| known.version == version_id);
    let rolling = pretty_name.rsplit(' ').next().and_then(|word| word.strip_suffix("/sid"));
    let codename = codename
        .or_else(|| version.and_then(in_parentheses))
        .or(rolling)
        .or(known.map(|known| known.codename));
    let mut namespaces: Vec<_> = codename.iter().map(|codename| format!("debian:{codename}")).collect();
    if !version_id.is_empty() {
        namespaces.push(format!("debian:{version_id}"));
        namespaces.push(derived(&format!("debian:{version_id}")));
    } else if rolling.is_some() {
        namespaces.push("debian:sid".to_owned());
    }
    if namespaces.is_empty() {
        namespaces.extend(["debian".to_owned(), derived("debian")]);
    }
    Release { namespaces, supported_until: known.map(|known| known.supported_until) }
}

/// What `etc/debian_version` states: `12.5`, or `trixie/sid`.
pub fn from_version(text: &str) -> Result<Distribution, String> {
    let version_id = text.split('.').next().unwrap_or_default();
    let is_number = !version_id.is_empty() && version_id.bytes().all(|byte| byte.is_ascii_digit());
    let is_rolling =
        text.strip_suffix("/sid").is_some_and(|name| name.bytes().all(|b| b.is_ascii_lowercase()));
    if !is_number && !is_rolling {
        return Err(format!("`{text:.100}` is neither a version of Debian nor of the form `trixie/sid`"));
    }
    let version_id = if is_number { version_id } else { "" };
    let pretty_name = format!("Debian GNU/Linux {text}");
    let release = release(version_id, None, None, &pretty_name);
    Ok(Distribution {
        id: "debian".to_owned(),
        version_id: version_id.to_owned(),
        cpe: None,
        namespaces: release.namespaces,
        supported_until: release.supported_until.map(str::to_owned),
        pretty_name,
    })
}

/// `jessie` of `8 (jessie)`.
fn in_parentheses(version: &str) -> Option<&str> {
    let (_, rest) = version.split_once('(')?;
    let (codename, _) = rest.split_once(')')?;
    Some(codename).filter(|codename| !codename.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_version_gives_what_os_release_would() {
        let check = |text: &str, version_id: &str, namespaces: &[&str], until: Option<&str>| {
            let distribution = from_version(text).unwrap();
            assert_eq!(distribution.version_id, version_id, "{text}");
            assert_eq!(distribution.namespaces, namespaces, "{text}");
            assert_eq!(distribution.supported_until.as_deref(), until, "{text}");
        };
        check("7.11", "7", &["debian:wheezy", "debian:7", "osv/debian:7"], Some("2018-05-31"));
        check("12", "12", &["debian:bookworm", "debian:12", "osv/debian:12"], Some("2028-06-30"));
        check("6.0.10", "6", &["debian:6", "osv/debian:6"], None);
        check("trixie/sid", "", &["debian:trixie", "debian:sid"], None);
    }

    #[test]
    fn a_text_of_another_form_is_refused_with_the_text() {
        for text in ["", "kali-rolling", "x y/sid", "\u{fffd}"] {
            assert!(from_version(text).unwrap_err().contains(&format!("`{text}`")), "{text}");
        }
    }
}
