use std::borrow::Cow;

use limpid_versions::{Parts, numbers, split_digits};

/// The parts of a version that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// Digits; empty where there are none, which is 0.
    pub(crate) numbers: [&'a str; 3],
    /// The identifiers of a pre-release, between dots; empty for a release.
    pub(crate) pre_release: Cow<'a, str>,
}

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let refuse = |why: String| format!("version `{text}` {why}");
        if let Some(toolchain) = text.strip_prefix("go") {
            let end = toolchain.find([' ', '-']).unwrap_or(toolchain.len());
            return Self::of_toolchain(toolchain.get(..end).unwrap_or_default()).map_err(refuse);
        }
        let module = Parts::read(text.strip_prefix('v').unwrap_or(text));
        module
            .map(|parts| Self { numbers: parts.numbers, pre_release: Cow::Borrowed(parts.pre_release) })
            .or_else(|why| Self::of_toolchain(text).map_err(|_| refuse(why)))
    }

    /// `1.21.0`, `1.21rc2`: the number of a candidate stands right behind its kind.
    fn of_toolchain(text: &'a str) -> Result<Self, String> {
        let (numbers, rest) = numbers(text)?;
        if rest.is_empty() {
            return Ok(Self { numbers, pre_release: Cow::Borrowed("") });
        }
        let end = rest.bytes().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(rest.len());
        let (kind, digits) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let (number, after) = split_digits(digits);
        if kind.is_empty() || number.is_empty() || !after.is_empty() {
            return Err(format!("cannot go on with `{rest}`"));
        }
        Ok(Self { numbers, pre_release: Cow::Owned(format!("{kind}.{number}")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_modules_and_toolchains_have_the_same_parts() {
        let check = |text: &str, numbers: [&str; 3], pre_release: &str| {
            assert_eq!(
                Version::parse(text),
                Ok(Version { numbers, pre_release: pre_release.into() }),
                "{text}"
            );
        };
        check("v1.2.3", ["1", "2", "3"], "");
        check("1.2.3-rc.1+meta", ["1", "2", "3"], "rc.1");
        check("v2.0.0+incompatible", ["2", "0", "0"], "");
        check("v1.2", ["1", "2", ""], "");
        check("go1.21rc2", ["1", "21", ""], "rc.2");
        check("1.21rc2", ["1", "21", ""], "rc.2");
        check("go1.9.2rc2", ["1", "9", "2"], "rc.2");
        check("go1.21.3 X:boringcrypto", ["1", "21", "3"], "");
        check("go1.21.3-bigcorp.1", ["1", "21", "3"], "");
        check("go1", ["1", "", ""], "");
    }

    #[test]
    fn what_cannot_be_ordered_is_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let error = Version::parse(text).unwrap_err();
            assert!(error.contains(expected) && error.contains(text), "{text}: {error}");
        };
        check("", "does not begin with a number");
        check("(devel)", "does not begin with a number");
        check("devel go1.22-abcdef", "does not begin with a number");
        check("vv1", "does not begin with a number");
        check("go", "does not begin with a number");
        check("v1.2.3.4", "cannot go on with `.4`");
        check("go1.21rc", "cannot go on with `rc`");
        check("go1.21+1", "cannot go on with `+1`");
        check("v1.21rc2", "cannot go on with `rc2`");
        check("v1.2.3-", "after its hyphen");
    }
}
