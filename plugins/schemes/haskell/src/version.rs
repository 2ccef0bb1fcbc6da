/// The numbers of a version: digits, one at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a>(pub(crate) Vec<&'a str>);

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let numbers: Vec<_> = text.split('.').collect();
        match numbers.iter().find(|part| !is_number(part)) {
            Some(part) => Err(format!("version `{text}` has `{part}` between its dots, which is no number")),
            None => Ok(Self(numbers)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_numbers() {
        assert_eq!(Version::parse("1.02.3"), Ok(Version(vec!["1", "02", "3"])));
        assert_eq!(Version::parse("7"), Ok(Version(vec!["7"])));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1.", ".1", "1..2", "a", "1.2a", "v1", "1 .2", "1+2", "1.2_3"] {
            let why = Version::parse(text).unwrap_err();
            assert!(why.contains("which is no number") && why.contains(text), "{text}: {why}");
        }
    }
}
