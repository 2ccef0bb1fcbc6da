/// The parts of a version: `number(.number)*[-identifiers][+identifiers]`, with one to `N` numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a, const N: usize> {
    /// Digits; those that are not there are empty, which is 0.
    pub numbers: [&'a str; N],
    /// The identifiers of a pre-release, between dots; empty for a release.
    pub pre_release: &'a str,
    /// The identifiers of build metadata, between dots.
    pub build: Option<&'a str>,
}

impl<'a, const N: usize> Parts<'a, N> {
    /// Takes a version apart.
    ///
    /// # Errors
    ///
    /// What the text has or has not, so that it is no version: `has no number after a dot`.
    pub fn read(text: &'a str) -> Result<Self, String> {
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build)),
            None => (text, None),
        };
        if build.is_some_and(|build| !are_identifiers(build)) {
            return Err("has no identifiers between dots after `+`".to_owned());
        }
        let (numbers, rest) = numbers(text)?;
        let pre_release = match rest.strip_prefix('-') {
            Some(identifiers) if are_identifiers(identifiers) => identifiers,
            Some(_) => return Err("has no identifiers between dots after its hyphen".to_owned()),
            None if rest.is_empty() => rest,
            None => return Err(format!("cannot go on with `{rest}`")),
        };
        Ok(Self { numbers, pre_release, build })
    }

    /// How long its parts are, to make room for a key.
    pub fn length(&self) -> usize {
        let numbers: usize = self.numbers.iter().map(|number| number.len() + 1).sum();
        numbers + 2 * (self.pre_release.len() + self.build.map_or(0, str::len)) + 8
    }
}

/// One to `N` numbers between dots, and what follows them. Those that are not there are empty.
///
/// # Errors
///
/// Where there is no number at the beginning or behind a dot.
pub fn numbers<const N: usize>(text: &str) -> Result<([&str; N], &str), &'static str> {
    let mut numbers = [""; N];
    let mut rest = text;
    for (place, number) in numbers.iter_mut().enumerate() {
        let after = if place == 0 { Some(rest) } else { rest.strip_prefix('.') };
        let Some(after) = after else { break };
        (*number, rest) = split_digits(after);
        match (number.is_empty(), place) {
            (true, 0) => return Err("does not begin with a number"),
            (true, _) => return Err("has no number after a dot"),
            (false, _) => {}
        }
    }
    Ok((numbers, rest))
}

/// The digits that a text begins with, and what follows them.
pub fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    // What ends the digits is ASCII or the first byte of a character: this is a boundary.
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Whether these are identifiers between dots: of letters, digits and hyphens, none of them empty.
pub fn are_identifiers(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.split('.').all(|identifier| !identifier.is_empty() && identifier.bytes().all(is_allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_parts() {
        let check = |text: &str, numbers: [&str; 3], pre_release: &str, build: Option<&str>| {
            assert_eq!(Parts::read(text), Ok(Parts { numbers, pre_release, build }), "{text}");
        };
        check("1.2.3", ["1", "2", "3"], "", None);
        check("01.2", ["01", "2", ""], "", None);
        check("1-rc.1+b.2", ["1", "", ""], "rc.1", Some("b.2"));
        check("1.2.3+b-2", ["1", "2", "3"], "", Some("b-2"));
        check("1.2.3--", ["1", "2", "3"], "-", None);
        assert_eq!(Parts::read("1.2.3.4").map(|parts| parts.numbers), Ok(["1", "2", "3", "4"]));
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let why = Parts::<3>::read(text).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        };
        check("", "does not begin with a number");
        check("v1", "does not begin with a number");
        check("1.", "no number after a dot");
        check("1.x", "no number after a dot");
        check("1.2.3.4", "cannot go on with `.4`");
        check("1.2.3a", "cannot go on with `a`");
        check("1 ", "cannot go on with ` `");
        check("1-", "after its hyphen");
        check("1-a..b", "after its hyphen");
        check("1-\u{e4}", "after its hyphen");
        check("1+", "after `+`");
        check("1+a+b", "after `+`");
    }
}
