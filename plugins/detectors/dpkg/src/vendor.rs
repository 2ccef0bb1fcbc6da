//! Who published a package, where that is clearly not the distribution.
//!
//! A stanza names no archive. What gives a package away are fields that distributions do not set, and
//! what publishers of archives append to their versions. None of this holds of any of the 66,480 packages of
//! Debian 12 and its security archive, and of the 24,807 versions that Ubuntu's tracker named in 2020 it holds of one
//! (`1.7.7-0ubuntu0.15.04.1~ppa1`). What looks like nothing of it may still be somebody else's.

use crate::status::Stanza;

/// The longest name that is told, in bytes.
const MAX_NAME: usize = 100;

/// What versions of publishers hold, and who that is.
const MARKS: [(&str, &str); 6] = [
    ("nodesource", "NodeSource"),
    ("deb.sury.org", "deb.sury.org"),
    (".pgdg", "PostgreSQL"),
    ("+maria~", "MariaDB"),
    ("+dotdeb", "Dotdeb"),
    ("+rpt", "Raspberry Pi"),
];

/// Who builds packages of distributions anew, from the same sources, with a mark in the version, the name or both.
const REBUILDER: (&str, &str, &str) = ("Root", ".root.io.", "rootio-");

/// Names of releases for which publishers of archives build, and append them: `2.61.0-1~bookworm`. Debian and
/// Ubuntu append numbers: `~deb12u1`, `~bpo12+1`, `~22.04.1`. But where a version is Ubuntu's, so may the name be:
/// `1:5.1.6~rc2-0ubuntu1~xenial10`. Of Ubuntu's older releases even others may be its own (`3.11.0-14.21~precise1`).
const CODENAMES: [&str; 19] = [
    "wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "duke", "xenial",
    "bionic", "focal", "jammy", "kinetic", "lunar", "mantic", "noble", "oracular", "plucky",
];

/// Whom `Origin` may name without saying anything: a distribution whose archive a package is from.
const DISTRIBUTIONS: [&str; 6] = ["debian", "debian backports", "ubuntu", "raspbian", "devuan", "kali"];

/// The publisher of a package, where it is clearly none that publishes a distribution.
pub(crate) fn of(stanza: &Stanza) -> Option<String> {
    let (rebuilder, mark, prefix) = REBUILDER;
    if stanza.version.contains(mark) || stanza.package.starts_with(prefix) {
        return Some(rebuilder.to_owned());
    }
    // Debian's policy knows no `Vendor`; tools that make packages of anything write it (fpm, jdeb, CPack).
    if !stanza.vendor.is_empty() {
        return Some(shortened(&stanza.vendor));
    }
    let origin = stanza.origin.as_str();
    if !origin.is_empty() && !DISTRIBUTIONS.iter().any(|known| origin.eq_ignore_ascii_case(known)) {
        return Some(shortened(origin));
    }
    let version = stanza.version.as_str();
    if let Some((_, name)) = MARKS.iter().find(|(mark, _)| version.contains(mark)) {
        return Some((*name).to_owned());
    }
    if has_word(version, "ppa") {
        return Some("Launchpad PPA".to_owned());
    }
    is_built_for_a_release(version).then(|| {
        let name = stanza.maintainer.split('<').next().unwrap_or_default().trim().trim_matches('"');
        shortened(if name.is_empty() { "unknown" } else { name })
    })
}

/// The name by which a distribution's advisories speak of a source package that `vendor` built.
pub(crate) fn source_name(vendor: Option<&str>, name: String) -> String {
    let (rebuilder, _, prefix) = REBUILDER;
    match name.strip_prefix(prefix) {
        Some(bare) if vendor == Some(rebuilder) && !bare.is_empty() => bare.to_owned(),
        _ => name,
    }
}

/// Whether a word stands in the version that is no part of a longer one: `1.2~ppa3`, not `1.2+ppanel`.
fn has_word(version: &str, word: &str) -> bool {
    let is_letter = |character: Option<char>| character.is_some_and(|it| it.is_ascii_alphabetic());
    version.match_indices(word).any(|(at, _)| {
        let before = version.get(..at).and_then(|text| text.chars().next_back());
        let after = version.get(at + word.len()..).and_then(|text| text.chars().next());
        !is_letter(before) && !is_letter(after)
    })
}

fn is_built_for_a_release(version: &str) -> bool {
    let Some((_, last)) = version.rsplit_once(['~', '+']).filter(|_| !version.contains("ubuntu")) else {
        return false;
    };
    CODENAMES
        .contains(&last.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.'))
}

fn shortened(name: &str) -> String {
    name.get(..name.floor_char_boundary(MAX_NAME)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vendor(version: &str, fields: [&str; 3]) -> Option<String> {
        let [maintainer, origin, vendor] = fields.map(str::to_owned);
        of(&Stanza { version: version.to_owned(), maintainer, origin, vendor, ..Stanza::default() })
    }

    #[test]
    fn a_package_of_another_publisher_is_told_by_its_version_or_fields() {
        let check = |version: &str, fields: [&str; 3], expected: &str| {
            assert_eq!(vendor(version, fields).as_deref(), Some(expected), "{version}");
        };
        check("20.19.2-1nodesource1", ["", "", ""], "NodeSource");
        check("8.2.1-1+0~20230101.1+debian12~1.gbp123+deb.sury.org+1", ["", "", ""], "deb.sury.org");
        check("15.4-1.pgdg120+1", ["", "", ""], "PostgreSQL");
        check("1:10.11.6+maria~deb12", ["", "", ""], "MariaDB");
        check("2.28.3-1.root.io.1", ["", "Root.io", ""], "Root");
        check("1.2-3~ppa1", ["", "", ""], "Launchpad PPA");
        check("1.2-0ppa1~jammy", ["", "", ""], "Launchpad PPA");
        check("2.61.0-1~bookworm", ["Vendor Inc <cli@vendor.example>", "", ""], "Vendor Inc");
        check("5:24.0.7-1~debian.12~bookworm", ["Docker <support@docker.com>", "", ""], "Docker");
        check("1.0-1~jammy1", ["<x@vendor.example>", "", ""], "unknown");
        check("1.0", ["", "Vendor Archive", ""], "Vendor Archive");
        check("1.0", ["", "", "none"], "none");
        check("1.0", ["", "Debian", "Vendor"], "Vendor");
    }

    #[test]
    fn what_is_built_anew_has_the_source_that_the_distribution_names() {
        let named = Stanza {
            package: "rootio-libmbedtls14".to_owned(),
            version: "2.28.3-1".to_owned(),
            ..Stanza::default()
        };
        assert_eq!(of(&named).as_deref(), Some("Root"));
        let check = |vendor: Option<&str>, name: &str, expected: &str| {
            assert_eq!(source_name(vendor, name.to_owned()), expected, "{vendor:?} {name}");
        };
        check(Some("Root"), "rootio-mbedtls", "mbedtls");
        check(Some("Root"), "mbedtls", "mbedtls");
        check(Some("Root"), "rootio-", "rootio-");
        check(None, "rootio-mbedtls", "rootio-mbedtls");
    }

    #[test]
    fn what_a_distribution_appends_names_nobody_else() {
        for version in [
            "2.36-9+deb12u9",
            "1.2-3~bpo12+1",
            "1.2-3~deb11u1",
            "1.2-0ubuntu0.22.04.1",
            "1:5.1.6~rc2-0ubuntu1~xenial10",
            "1.2-3+esm1",
            "2.1+dfsg-1",
            "1.2-3+b1",
            "3.11.2-1+ppanel1",
            "5.10~rc1",
            "0.7.40-2~22.04.1",
            "1.2-1+rpi1",
            "6.1.0+snapshot~wheezyx",
        ] {
            assert_eq!(vendor(version, ["A <a@example.org>", "", ""]), None, "{version}");
        }
        assert_eq!(vendor("1.0", ["", "Debian", ""]), None);
        assert_eq!(vendor("1.0", ["", "ubuntu", ""]), None);
    }
}
