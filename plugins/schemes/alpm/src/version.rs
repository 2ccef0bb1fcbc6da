/// The parts of a version: `[epoch:]version[-release]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// Digits only; empty where there is none, which is 0.
    pub(crate) epoch: &'a str,
    pub(crate) version: &'a str,
    pub(crate) release: Option<&'a str>,
}

impl<'a> Version<'a> {
    /// Takes a version apart where libalpm does: at a colon behind digits, and at the last hyphen.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        if text.contains('\0') || text.contains(char::is_whitespace) {
            return Err(format!("version `{text}` has a space or zero byte inside"));
        }
        let (rest, release) = match text.rsplit_once('-') {
            Some((rest, release)) => (rest, Some(release)),
            None => (text, None),
        };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (epoch, version) = match rest.split_at_checked(digits) {
            Some((epoch, rest)) if rest.starts_with(':') => (epoch, rest.get(1..).unwrap_or_default()),
            _ => ("", rest),
        };
        check(version, "version", text)?;
        if let Some(release) = release {
            check(release, "release", text)?;
        }
        Ok(Self { epoch, version, release })
    }
}

/// Whether a part begins or goes on to something behind its last separator.
fn check(part: &str, what: &str, text: &str) -> Result<(), String> {
    match part.bytes().next_back() {
        None => Err(format!("the {what} of `{text}` is empty")),
        Some(last) if !last.is_ascii_alphanumeric() => Err(format!(
            "the {what} of `{text}` ends in a separator: libalpm orders such versions in a circle"
        )),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_split_where_libalpm_does() {
        let check = |text: &str, epoch: &str, version: &str, release: Option<&str>| {
            assert_eq!(Version::parse(text), Ok(Version { epoch, version, release }), "{text}");
        };
        check("1", "", "1", None);
        check("2.36.0+2+ga7c869a-1", "", "2.36.0+2+ga7c869a", Some("1"));
        check("1:2-3", "1", "2", Some("3"));
        check(":2-3", "", "2", Some("3"));
        check("a:2-3", "", "a:2", Some("3"));
        check("1-2-3", "", "1-2", Some("3"));
        check("1:2:3", "1", "2:3", None);
        check("1-2:3", "", "1", Some("2:3"));
    }

    #[test]
    fn what_has_no_order_is_refused() {
        let check = |text: &str, expected: &str| {
            let why = Version::parse(text).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        };
        check("", "the version of `` is empty");
        check("1:", "the version of `1:` is empty");
        check("-1", "the version of `-1` is empty");
        check("1-", "the release of `1-` is empty");
        check("1.", "ends in a separator");
        check("1-1.", "ends in a separator");
        check("1.ä", "ends in a separator");
        check("1 2", "has a space");
        check("1\0", "zero byte");
    }
}
