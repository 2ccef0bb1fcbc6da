//! References of recipes: `name/version[@user/channel][#revision][%time]`.

/// A recipe in one version, and in one revision where that is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// `zlib`.
    pub name: String,
    /// `1.3`.
    pub version: String,
    /// Who published it, where that is not ConanCenter.
    pub user: Option<String>,
    /// `stable`.
    pub channel: Option<String>,
    /// A hash of the recipe.
    pub revision: Option<String>,
}

impl Reference {
    /// Reads a reference. None where it has no name or no version, or a range of them.
    pub fn parse(text: &str) -> Option<Self> {
        let (text, _) = text.rsplit_once('%').unwrap_or((text, ""));
        let (text, revision) = text.split_once('#').unwrap_or((text, ""));
        let (text, publisher) = text.split_once('@').unwrap_or((text, ""));
        let (name, version) = text.split_once('/')?;
        let (user, channel) = publisher.split_once('/').unwrap_or((publisher, ""));
        Self::of(name, version, user, channel).map(|it| Self { revision: stated(revision), ..it })
    }

    /// A reference of these parts, of which user and channel may be `_` or empty.
    pub fn of(name: &str, version: &str, user: &str, channel: &str) -> Option<Self> {
        let parts = [name, version, user, channel];
        if name.is_empty() || version.is_empty() || !parts.iter().all(|part| is_word(part)) {
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            user: stated(user),
            channel: stated(channel),
            revision: None,
        })
    }
}

/// What is not stated is `_` in the cache of Conan 1.
fn stated(text: &str) -> Option<String> {
    Some(text).filter(|text| !text.is_empty() && *text != "_" && is_word(text)).map(str::to_owned)
}

/// Whether a text has none but the characters that Conan allows.
fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Option<String> {
        let Reference { name, version, user, channel, revision } = Reference::parse(text)?;
        let word = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        Some(format!("{name} {version} {} {} {}", word(user), word(channel), word(revision)))
    }

    #[test]
    fn a_reference_has_parts() {
        let check = |text: &str, expected: &str| assert_eq!(words(text).as_deref(), Some(expected), "{text}");
        check("zlib/1.3", "zlib 1.3 - - -");
        check("zlib/1.3#0123abc%1692672717.68", "zlib 1.3 - - 0123abc");
        check("zlib/1.3@acme/stable", "zlib 1.3 acme stable -");
        check("zlib/1.3@acme#01", "zlib 1.3 acme - 01");
        check("zlib/1.3@_/_#01", "zlib 1.3 - - 01");
        check("zlib/1.3@", "zlib 1.3 - - -");
        check("libstdc++/cci.20230609-1", "libstdc++ cci.20230609-1 - - -");
    }

    #[test]
    fn what_names_no_version_is_none() {
        for text in ["", "zlib", "zlib/", "/1.3", "zlib/[>=1.2 <2]", "a b/1", "conanfile.py (a/1.0)", "a/1/2"]
        {
            assert_eq!(words(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_parsed(text in "[a1/@#%._é \\[-]{0,20}") {
            if let Some(found) = Reference::parse(&text) {
                prop_assert!(!found.name.is_empty() && !found.version.is_empty());
            }
        }
    }
}
