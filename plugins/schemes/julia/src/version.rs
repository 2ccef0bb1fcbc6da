use limpid_versions::{are_identifiers, numbers};

/// The parts of a version: numbers, a pre-release, a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// Digits; empty where there are none, which is 0.
    pub(crate) numbers: [&'a str; 3],
    pub(crate) pre_release: PreRelease<'a>,
    pub(crate) build: Build<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PreRelease<'a> {
    /// Before all pre-releases: a hyphen that nothing follows.
    First,
    /// Identifiers between dots.
    Of(&'a str),
    Release,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build<'a> {
    None,
    /// Identifiers between dots.
    Of(&'a str),
    /// Behind all builds: a plus sign that nothing follows.
    Last,
}

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let refuse = |why: &str| format!("version `{text}` {why}");
        let rest = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (numbers, rest) = numbers(rest).map_err(refuse)?;
        if rest == "-" {
            return Ok(Self { numbers, pre_release: PreRelease::First, build: Build::None });
        }
        let (rest, build) = match rest.split_once('+') {
            None => (rest, Build::None),
            Some((rest, "")) => (rest, Build::Last),
            Some((rest, build)) if are_identifiers(build) => (rest, Build::Of(build)),
            Some(_) => return Err(refuse("has no identifiers between dots after `+`")),
        };
        let begins_with_letter = rest.starts_with(|first: char| first.is_ascii_alphabetic());
        let pre_release = match rest.strip_prefix('-') {
            None if rest.is_empty() => PreRelease::Release,
            None if begins_with_letter && are_identifiers(rest) => PreRelease::Of(rest),
            None => return Err(refuse(&format!("cannot go on with `{rest}`"))),
            Some(identifiers) if are_identifiers(identifiers) => PreRelease::Of(identifiers),
            Some(_) => return Err(refuse("has no identifiers between dots after its hyphen")),
        };
        Ok(Self { numbers, pre_release, build })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_taken_apart_as_julia_reads_it() {
        let check = |text: &str, numbers: [&str; 3], pre_release: PreRelease<'_>, build: Build<'_>| {
            assert_eq!(Version::parse(text), Ok(Version { numbers, pre_release, build }), "{text}");
        };
        check("1.2.3", ["1", "2", "3"], PreRelease::Release, Build::None);
        check("v1", ["1", "", ""], PreRelease::Release, Build::None);
        check("1.2-", ["1", "2", ""], PreRelease::First, Build::None);
        check("1.2+", ["1", "2", ""], PreRelease::Release, Build::Last);
        check("1.2rc1.2", ["1", "2", ""], PreRelease::Of("rc1.2"), Build::None);
        check("1.2.3-rc+5.a", ["1", "2", "3"], PreRelease::Of("rc"), Build::Of("5.a"));
        check("1--", ["1", "", ""], PreRelease::Of("-"), Build::None);
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let why = Version::parse(text).unwrap_err();
            assert!(why.contains(expected) && why.contains(text), "{text}: {why}");
        };
        check("", "does not begin with a number");
        check("^1", "does not begin with a number");
        check("1.x", "no number after a dot");
        check("1.2.3.4", "cannot go on with `.4`");
        check("1.2_3", "cannot go on with `_3`");
        check("1.2-+5", "after its hyphen");
        check("1.2-a..b", "after its hyphen");
        check("1.2+a+b", "after `+`");
    }
}
