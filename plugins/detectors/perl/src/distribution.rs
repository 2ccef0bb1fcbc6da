//! Names of files that are uploaded to CPAN: `Try-Tiny-0.31`, in an author's folder.

/// The suffix of a file that is uploaded for trial, which is no part of the version.
const TRIAL: &str = "-TRIAL";

/// What a packer appends that left out modes of files.
const PACKED: &str = "-withoutworldwriteables";

/// A distribution in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// With hyphens: `Try-Tiny`.
    pub name: String,
    /// As in the name of the file: `0.31`, `v1.2.3`.
    pub version: String,
    /// Whose folder the file is in, in upper case: `ETHER`.
    pub author: Option<String>,
}

impl Distribution {
    /// The distribution of a file without its extension, and the author whom its place names
    /// (`E/ET/ETHER/Try-Tiny-0.31.tar.gz`). None where it has no version.
    pub fn parse(file: &str, place: Option<&str>) -> Option<Self> {
        let file = file.strip_suffix(PACKED).unwrap_or(file);
        let file = match file.rsplit_once(TRIAL) {
            Some((file, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => file,
            _ => file,
        };
        let (name, version) = file
            .match_indices('-')
            .filter_map(|(at, _)| Some((file.get(..at)?, file.get(at + 1..)?)))
            .find(|(_, version)| is_version(version))?;
        // CGI.pm was called so.
        let name = name.strip_suffix(".pm").unwrap_or(name);
        is_name(name).then(|| Self {
            name: name.to_owned(),
            version: version.to_owned(),
            author: place.and_then(author).map(str::to_owned),
        })
    }
}

/// `E/ET/ETHER/...`: the third folder begins as the two above it are called.
fn author(place: &str) -> Option<&str> {
    let mut folders = place.split('/');
    let (first, second, author) = (folders.next()?, folders.next()?, folders.next()?);
    let is_author = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    let is_below = second.starts_with(first) && author.starts_with(second) && folders.next().is_some();
    (is_below && !first.is_empty() && author.bytes().all(is_author)).then_some(author)
}

/// Whether a text is all of a version: it begins with a digit, or with one behind a `v`.
fn is_version(text: &str) -> bool {
    let number = text.strip_prefix('v').unwrap_or(text);
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+');
    number.starts_with(|first: char| first.is_ascii_digit()) && number.bytes().all(is_part)
}

/// Whether a text may be a distribution's name. It is no module's.
pub(crate) fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+');
    !text.is_empty() && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_has_a_name_and_a_version() {
        let check = |file: &str, name: &str, version: &str| {
            let found = Distribution::parse(file, None).unwrap();
            assert_eq!((found.name.as_str(), found.version.as_str()), (name, version), "{file}");
        };
        check("Try-Tiny-0.31", "Try-Tiny", "0.31");
        check("Perl-Critic-v1.156.0", "Perl-Critic", "v1.156.0");
        check("Text-CSV_XS-1.50", "Text-CSV_XS", "1.50");
        check("libwww-perl-6.76", "libwww-perl", "6.76");
        check("CGI.pm-3.63", "CGI", "3.63");
        check("Test2-Suite-0.000_155", "Test2-Suite", "0.000_155");
        check("Net-SSLeay-1.93_02-TRIAL", "Net-SSLeay", "1.93_02");
        check("A-1.0-TRIAL2", "A", "1.0");
        check("Crypt-3DES-2-0.1a", "Crypt-3DES-2", "0.1a");
        check("A-2.0-withoutworldwriteables", "A", "2.0");
    }

    #[test]
    fn a_file_without_a_version_is_none() {
        for file in ["", "A", "A-B", "A-undef", "-1", "A::B-1", "A-1.0 x", "a/b-1.0", "A-1-"] {
            assert_eq!(Distribution::parse(file, None), None, "{file}");
        }
    }

    #[test]
    fn an_author_is_told_by_the_place() {
        let check = |place: &str, expected: Option<&str>| {
            let found = Distribution::parse("A-1", Some(place)).unwrap();
            assert_eq!(found.author.as_deref(), expected, "{place}");
        };
        check("E/ET/ETHER/A-1.tar.gz", Some("ETHER"));
        check("E/ET/ETHER/old/A-1.tar.gz", Some("ETHER"));
        check("D/DA/DA-X1/A-1.tgz", Some("DA-X1"));
        check("E/ET/ETHER", None);
        check("A-1.tar.gz", None);
        check("X/ET/ETHER/A-1.tar.gz", None);
        check("e/et/ether/A-1.tar.gz", None);
        check("//A/B", None);
    }

    proptest! {
        #[test]
        fn what_was_joined_is_split(
            name in "[A-Z][a-zA-Z_]{0,5}(-[A-Za-z][A-Za-z0-9_]{0,5}){0,2}",
            version in "v?[0-9]{1,3}(\\.[0-9]{1,6}){0,3}(_[0-9]{1,2})?",
        ) {
            let found = Distribution::parse(&format!("{name}-{version}"), None).unwrap();
            prop_assert_eq!((found.name, found.version), (name.clone(), version.clone()));
        }

        #[test]
        fn no_text_is_too_odd_to_be_parsed(file in "[-A1v._é ]{0,12}", place in "[A-B/é]{0,12}") {
            if let Some(found) = Distribution::parse(&file, Some(&place)) {
                prop_assert!(is_name(&found.name) && is_version(&found.version), "{found:?}");
            }
        }
    }
}
