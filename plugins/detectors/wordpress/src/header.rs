//! The comment at the beginning of a plugin or of a theme's style sheet, as
//! [`get_file_data`](https://developer.wordpress.org/reference/functions/get_file_data/) reads it: a field is at the beginning of a
//! line, behind nothing but what begins a comment, whatever its case; the first of its name counts.

/// The longest licence that is kept, in bytes: longer ones are no names, but texts.
const MAX_LICENSE: usize = 200;

/// What such a comment says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Whether it names a plugin.
    pub is_plugin: bool,
    /// Whether it names a theme.
    pub is_theme: bool,
    /// Without spaces in it; none where it has some, or nothing.
    pub version: Option<String>,
    /// In the author's own words.
    pub license: Option<String>,
}

impl Header {
    /// Reads the first bytes of a file, whose lines end with a line feed, a carriage return or both.
    pub fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let field = |wanted: &str| {
            let mut values = text.split(['\n', '\r']).filter_map(|line| value(line, wanted));
            values.next().filter(|value| !value.is_empty())
        };
        let is_version = |text: &&str| !text.chars().any(|c| c.is_whitespace() || c.is_control());
        let is_license = |text: &&str| text.len() <= MAX_LICENSE && !text.chars().any(char::is_control);
        Self {
            is_plugin: field("Plugin Name").is_some(),
            is_theme: field("Theme Name").is_some(),
            version: field("Version").filter(is_version).map(str::to_owned),
            license: field("License").filter(is_license).map(str::to_owned),
        }
    }
}

/// The value of a field that a line has, without what ends a comment.
fn value<'a>(line: &'a str, field: &str) -> Option<&'a str> {
    let line = line.trim_start_matches([' ', '\t']);
    let line = line.strip_prefix("<?php").unwrap_or(line);
    let line = line.trim_start_matches([' ', '\t', '/', '*', '#', '@']);
    let (name, value) = line.split_at_checked(field.len())?;
    let value = value.strip_prefix(':').filter(|_| name.eq_ignore_ascii_case(field))?;
    let end = [value.find("*/"), value.find("?>")].into_iter().flatten().min().unwrap_or(value.len());
    value.get(..end).map(str::trim)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_field_is_at_the_beginning_of_a_line() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(Header::read(text.as_bytes()).version.as_deref(), expected, "{text}");
        };
        check("Version: 1.0", Some("1.0"));
        check("<?php /* Version: 1.0 */", Some("1.0"));
        check("<?php\n/**\n * @version: 2.0-beta1\n */", Some("2.0-beta1"));
        check("\t# VERSION:1.0 ?> x", Some("1.0"));
        check("x\rVersion: 1.0\rVersion: 2.0", Some("1.0"));
        check("The Version: 1.0", None);
        check("Version : 1.0", None);
        check("Version:", None);
        check("Version: 1.0 or so", None);
        check("$version: 1", None);
        check("Versions: 1", None);
    }

    #[test]
    fn plugins_and_themes_are_told_by_their_names() {
        let header = Header::read(b"/*\nTheme Name: A\nLicense: MIT\n*/");
        assert_eq!(
            (header.is_plugin, header.is_theme, header.license.as_deref()),
            (false, true, Some("MIT"))
        );
        let header = Header::read(b"// Plugin Name: A\n// License: \xff\n");
        assert_eq!((header.is_plugin, header.is_theme), (true, false));
        assert!(!Header::read(b"// Plugin Name:\n").is_plugin);
        let long = format!("License: {}", "x".repeat(MAX_LICENSE + 1));
        assert_eq!(Header::read(long.as_bytes()).license, None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(text in "(<\\?php|/\\*|\\*/| |Version:|Plugin Name:|License:|1|\n|\r|é){0,30}") {
            let header = Header::read(text.as_bytes());
            prop_assert!(header.version.is_none_or(|version| !version.is_empty()));
        }
    }
}
