/// The parts of a version: `[epoch:]upstream[-revision]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// Digits only; empty where there is none, which is 0.
    pub(crate) epoch: &'a str,
    pub(crate) upstream: &'a str,
    /// Empty where there is none, which compares equal to `0`.
    pub(crate) revision: &'a str,
}

/// dpkg keeps epochs in an `int`.
const MAX_EPOCH: u64 = 2_147_483_647;

impl<'a> Version<'a> {
    /// Takes a version apart where dpkg does. Where dpkg only warns (a first character that is no
    /// digit, characters that the policy does not allow) the version is ordered all the same.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let text = text.trim_matches([' ', '\t']);
        if text.is_empty() {
            return Err("the version is empty".to_owned());
        }
        if text.contains([' ', '\t', '\0']) {
            return Err(format!("version `{text}` has a space or zero byte inside"));
        }
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) => (parse_epoch(epoch, text)?, rest),
            None => ("", text),
        };
        let (upstream, revision) = match rest.rsplit_once('-') {
            Some((_, "")) => return Err(format!("version `{text}` has nothing after its last hyphen")),
            Some(parts) => parts,
            None => (rest, ""),
        };
        if upstream.is_empty() {
            return Err(format!("version `{text}` has no upstream version"));
        }
        Ok(Self { epoch, upstream, revision })
    }
}

/// The digits of an epoch. dpkg reads it with `strtol`, which takes a sign.
fn parse_epoch<'a>(epoch: &'a str, version: &str) -> Result<&'a str, String> {
    let digits = epoch.strip_prefix(['+', '-']).unwrap_or(epoch);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("epoch `{epoch}` of version `{version}` is not a number"));
    }
    match digits.parse::<u64>() {
        Ok(0) => Ok(""),
        Ok(number) if number <= MAX_EPOCH && !epoch.starts_with('-') => Ok(digits),
        _ => Err(format!("epoch `{epoch}` of version `{version}` is not between 0 and {MAX_EPOCH}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_split_at_its_first_colon_and_last_hyphen() {
        let check = |text: &str, epoch: &str, upstream: &str, revision: &str| {
            assert_eq!(Version::parse(text), Ok(Version { epoch, upstream, revision }), "{text}");
        };
        check("1", "", "1", "");
        check("1:2:3-4-5", "1", "2:3-4", "5");
        check("0:1-0", "", "1", "0");
        check("+1:1", "1", "1", "");
        check(" 1.0 ", "", "1.0", "");
        check("1-1_2", "", "1", "1_2");
        check("2147483647:1", "2147483647", "1", "");
    }

    #[test]
    fn what_dpkg_refuses_is_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let error = Version::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("", "is empty");
        check(" \t", "is empty");
        check("1 2", "has a space");
        check("1\0", "zero byte");
        check("a:1", "epoch `a` of version `a:1` is not a number");
        check(":1", "epoch `` of");
        check("+:1", "epoch `+` of");
        check("1-1:2", "epoch `1-1`");
        check("-1:1", "not between 0 and 2147483647");
        check("2147483648:1", "not between");
        check("99999999999999999999:1", "not between");
        check("1:", "no upstream version");
        check("-1", "no upstream version");
        check("1-", "nothing after its last hyphen");
    }
}
