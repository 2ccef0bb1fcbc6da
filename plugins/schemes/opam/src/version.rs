/// The parts of a version: `version[-revision]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    pub(crate) version: &'a str,
    /// Empty where there is none, which is 0.
    pub(crate) revision: &'a str,
}

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_+.~".contains(&byte);
        if text.is_empty() {
            return Err("the version is empty".to_owned());
        }
        if !text.bytes().all(is_allowed) {
            return Err(format!("version `{text}` has a character that is not allowed"));
        }
        let (version, revision) = text.rsplit_once('-').unwrap_or((text, ""));
        Ok(Self { version, revision })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hyphen_begins_a_revision() {
        let check = |text: &str, version: &str, revision: &str| {
            assert_eq!(Version::parse(text), Ok(Version { version, revision }), "{text}");
        };
        check("1.0~rc1", "1.0~rc1", "");
        check("1-2-3", "1-2", "3");
        check("-1", "", "1");
        check("v0.9.0", "v0.9.0", "");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1 2", "1:2", "1/2", "1\u{e4}"] {
            assert!(Version::parse(text).is_err(), "{text}");
        }
    }
}
