use limpid_versions::Parts;

/// The parts of a version: three numbers, a pre-release, build metadata.
pub(crate) struct Version<'a>(pub(crate) Parts<'a, 3>);

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        Parts::read(text).map(Self).map_err(|why| format!("version `{text}` {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_parts() {
        let check = |text: &str, numbers: [&str; 3], pre_release: &str, build: Option<&str>| {
            let parts = Version::parse(text).map(|version| version.0);
            assert_eq!(parts, Ok(Parts { numbers, pre_release, build }), "{text}");
        };
        check("1.2.3", ["1", "2", "3"], "", None);
        check("1.2.3-rc.1+b.2", ["1", "2", "3"], "rc.1", Some("b.2"));
        check("1.2", ["1", "2", ""], "", None);
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let why = Version::parse(text).map(|_| ()).unwrap_err();
            assert!(why.contains(expected) && why.contains(text), "{text}: {why}");
        };
        check("", "does not begin with a number");
        check("^1.0", "does not begin with a number");
        check("1.x", "no number after a dot");
        check("1.2.3.4", "cannot go on with `.4`");
        check("1.2.3rc", "cannot go on with `rc`");
        check("1.2.3-", "after its hyphen");
        check("1.2.3+", "after `+`");
        check("v1.0.0", "does not begin with a number");
    }
}
