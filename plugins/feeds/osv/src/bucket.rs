//! Where osv.dev publishes: a bucket with a folder for each ecosystem.

use std::fmt;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Document, Documents, Source};

/// Where everything below is.
const BUCKET: &str = "https://osv-vulnerabilities.storage.googleapis.com/";

/// Folders that say nothing of packages: records that know commits only, and records without any
/// affected package.
const PASSED_OVER: [&str; 2] = ["GIT", "[EMPTY]"];

/// The address of a file at the top.
pub(crate) fn address(file: &str) -> String {
    format!("{BUCKET}{file}")
}

/// The archive with all records of an ecosystem.
pub(crate) fn archive(ecosystem: &str) -> Source {
    Source::whole(ecosystem, format!("{BUCKET}{}/all.zip", Encoded(ecosystem)))
}

/// One record of an ecosystem, which belongs to the same source as the archive.
pub(crate) fn record(ecosystem: &str, id: &str) -> Source {
    Source::delta(ecosystem, format!("{BUCKET}{}/{}.json", Encoded(ecosystem), Encoded(id)))
}

/// The ecosystem whose folder `name` is or is a part of: `Debian:12` has what `Debian` has as well.
/// None where it is of no use, or cannot be a folder.
pub(crate) fn folder(name: &str) -> Option<&str> {
    let base = name.split(':').next().unwrap_or(name);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" .-_+".contains(&byte);
    let usable = (1..=64).contains(&base.len())
        && base.bytes().all(is_plain)
        && base.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !base.contains("..")
        && !PASSED_OVER.contains(&base);
    usable.then_some(base)
}

/// The one document that an index consists of.
///
/// # Errors
///
/// [`Error::Malformed`] where there is none.
pub(crate) fn only(documents: &mut dyn Documents) -> Result<Document, Error> {
    documents.next().ok_or_else(|| Error::malformed("there is no document"))
}

/// Text in which all but what [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3) never
/// encodes is percent-encoded.
struct Encoded<'a>(&'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|byte| match byte {
            b'.' | b'-' | b'_' | b'~' => write!(f, "{}", char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => write!(f, "{}", char::from(byte)),
            _ => write!(f, "%{byte:02X}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_that_of_the_ecosystem_without_its_release() {
        let check = |name: &str, expected: Option<&str>| assert_eq!(folder(name), expected, "`{name}`");
        check("npm", Some("npm"));
        check("crates.io", Some("crates.io"));
        check("Rocky Linux", Some("Rocky Linux"));
        check("Rocky Linux:9", Some("Rocky Linux"));
        check("Ubuntu:Pro:18.04:LTS", Some("Ubuntu"));
        check("Maven:https://repo.example.org/x", Some("Maven"));
        check("GIT", None);
        check("[EMPTY]", None);
        check("", None);
        check(":12", None);
        check("../npm", None);
        check("n..m", None);
        check("<html>", None);
    }

    #[test]
    fn addresses_hold_nothing_that_has_to_be_encoded() {
        let address = |source: Source| source.url.replace(BUCKET, "");
        assert_eq!(address(archive("Rocky Linux")), "Rocky%20Linux/all.zip");
        assert_eq!(address(record("crates.io", "ALSA-2024:1")), "crates.io/ALSA-2024%3A1.json");
    }
}
