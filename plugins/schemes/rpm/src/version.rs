/// The parts of a version: `[epoch:]version[-release]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// Digits only; empty where there is none, which is 0.
    pub(crate) epoch: &'a str,
    pub(crate) version: &'a str,
    /// None comes before all releases, the empty one included.
    pub(crate) release: Option<&'a str>,
}

impl<'a> Version<'a> {
    /// Takes a version apart where rpm does: at the colon behind leading digits, and at the last hyphen. rpm orders
    /// any text, so that only what it cannot hold is refused: an epoch has 32 bits, and a text ends at a zero byte.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the version is empty".to_owned());
        }
        if text.contains('\0') {
            return Err(format!("version `{}` has a zero byte inside", text.escape_debug()));
        }
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
            _ => ("", text),
        };
        let epoch = epoch.trim_start_matches('0');
        if !epoch.is_empty() && epoch.parse::<u32>().is_err() {
            return Err(format!("epoch `{epoch}` of version `{text}` is not between 0 and {}", u32::MAX));
        }
        let (version, release) = match rest.rsplit_once('-') {
            Some((version, release)) => (version, Some(release)),
            None => (rest, None),
        };
        Ok(Self { epoch, version, release })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_split_at_the_colon_behind_digits_and_at_its_last_hyphen() {
        let check = |text: &str, epoch: &str, version: &str, release: Option<&str>| {
            assert_eq!(Version::parse(text), Ok(Version { epoch, version, release }), "{text}");
        };
        check("1", "", "1", None);
        check("1:2-3", "1", "2", Some("3"));
        check("0:1-0", "", "1", Some("0"));
        check("007:1", "7", "1", None);
        check(":1", "", "1", None);
        check("1-2-3", "", "1-2", Some("3"));
        check("1-", "", "1", Some(""));
        check("1:", "1", "", None);
        check("a:1-2", "", "a:1", Some("2"));
        check("1.0:2", "", "1.0:2", None);
        check("4294967295:1", "4294967295", "1", None);
    }

    #[test]
    fn what_rpm_cannot_hold_is_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let error = Version::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("", "is empty");
        check("1\0", r"version `1\0` has a zero byte");
        check("4294967296:1", "not between 0 and 4294967295");
        check("99999999999999999999:1", "not between");
    }
}
