use limpid_versions::Parts;

/// The parts of a version: up to four numbers, labels, metadata.
pub(crate) struct Version<'a>(pub(crate) Parts<'a, 4>);

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        Parts::read(text.trim()).map(Self).map_err(|why| format!("version `{text}` {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_one_to_four_numbers() {
        let check = |text: &str, numbers: [&str; 4], labels: &str| {
            let parts = Version::parse(text).map(|version| version.0).unwrap();
            assert_eq!((parts.numbers, parts.pre_release), (numbers, labels), "{text}");
        };
        check("1", ["1", "", "", ""], "");
        check(" 1.2.3.4-Beta.1+abc ", ["1", "2", "3", "4"], "Beta.1");
        check("01.2", ["01", "2", "", ""], "");
    }

    #[test]
    fn other_texts_are_refused() {
        let check = |text: &str, expected: &str| {
            let why = Version::parse(text).map(|_| ()).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        };
        check("", "does not begin with a number");
        check("v1", "does not begin with a number");
        check("1.*", "no number after a dot");
        check("1.2.3.4.5", "cannot go on with `.5`");
        check("1.0beta", "cannot go on with `beta`");
        check("1.0-", "after its hyphen");
        check("[1.0,2.0)", "does not begin with a number");
    }
}
