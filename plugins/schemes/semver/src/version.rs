use limpid_versions::{are_identifiers, numbers};

/// The parts of a version that count: `major.minor.patch[-identifiers][+build]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// Major, minor and patch: digits only; empty where there are none, which is 0.
    pub(crate) numbers: [&'a str; 3],
    /// The identifiers of a pre-release, between dots; empty for a release.
    pub(crate) pre_release: &'a str,
}

impl<'a> Version<'a> {
    /// Takes a version apart. What stands before its first number is left out as npm does, and so
    /// are numbers that are missing; the hyphen may be missing before a pre-release that begins
    /// with a letter (`1.2.3beta`).
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let refuse = |why: &str| format!("version `{text}` {why}");
        let is_before = |character: char| matches!(character, 'v' | '=') || character.is_whitespace();
        let rest = text.trim_end().trim_start_matches(is_before);
        if rest.is_empty() {
            return Err(refuse("has no number"));
        }
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (rest, None),
        };
        if build.is_some_and(|build| !are_identifiers(build)) {
            return Err(refuse("has no identifiers between dots after `+`"));
        }
        let (numbers, rest) = numbers(rest).map_err(refuse)?;
        let pre_release = match rest.strip_prefix('-') {
            Some(pre_release) if are_identifiers(pre_release) => pre_release,
            Some(_) => return Err(refuse("has no identifiers between dots after its hyphen")),
            None if rest.is_empty() || begins_pre_release(numbers, rest) => rest,
            None => return Err(refuse(&format!("cannot go on with `{rest}`"))),
        };
        Ok(Self { numbers, pre_release })
    }
}

/// Whether what follows the numbers is a pre-release without its hyphen. Only after all three of
/// them: `1x` is no version.
fn begins_pre_release(numbers: [&str; 3], rest: &str) -> bool {
    numbers.iter().all(|number| !number.is_empty())
        && rest.starts_with(|first: char| first.is_ascii_alphabetic())
        && are_identifiers(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_taken_apart_where_npm_and_advisories_write_it_loosely() {
        let check = |text: &str, numbers: [&str; 3], pre_release: &str| {
            assert_eq!(Version::parse(text), Ok(Version { numbers, pre_release }), "{text}");
        };
        check("1.2.3", ["1", "2", "3"], "");
        check("1.2.3-rc.1+build.5", ["1", "2", "3"], "rc.1");
        check("1.2.3+build-5", ["1", "2", "3"], "");
        check("1.2.3--a-", ["1", "2", "3"], "-a-");
        check("v0.0.0-20190101000000-abcdef012345", ["0", "0", "0"], "20190101000000-abcdef012345");
        check("v2.0.0+incompatible", ["2", "0", "0"], "");
        check("=v1.2.3", ["1", "2", "3"], "");
        check(" = v 1.2.3\n", ["1", "2", "3"], "");
        check("01.2.3-01", ["01", "2", "3"], "01");
        check("1.2.3beta.1", ["1", "2", "3"], "beta.1");
        check("0", ["0", "", ""], "");
        check("1.2", ["1", "2", ""], "");
        check("1.0-rc1", ["1", "0", ""], "rc1");
        check("1-1", ["1", "", ""], "1");
        check("1+1", ["1", "", ""], "");
    }

    #[test]
    fn what_cannot_be_ordered_is_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let error = Version::parse(text).unwrap_err();
            assert!(error.contains(expected) && error.contains(text), "{text}: {error}");
        };
        check("", "has no number");
        check(" v=", "has no number");
        check("latest", "does not begin with a number");
        check("-1", "does not begin with a number");
        check("V1", "does not begin with a number");
        check("+1", "does not begin with a number");
        check("1.", "no number after a dot");
        check("1.x", "no number after a dot");
        check("1..2", "no number after a dot");
        check("1x", "cannot go on with `x`");
        check("1.0rc1", "cannot go on with `rc1`");
        check("1.2.3.4", "cannot go on with `.4`");
        check("1.2.3_4", "cannot go on with `_4`");
        check("1.2.3ä", "cannot go on with `ä`");
        check("1.2.3 4", "cannot go on with ` 4`");
        check("1.2.3-", "after its hyphen");
        check("1.2.3-a..b", "after its hyphen");
        check("1.2.3-a_b", "after its hyphen");
        check("1.2.3beta_1", "cannot go on with `beta_1`");
        check("1.2.3+", "after `+`");
        check("1.2.3+a+b", "after `+`");
        check("1.2.3-rc+ä", "after `+`");
    }
}
