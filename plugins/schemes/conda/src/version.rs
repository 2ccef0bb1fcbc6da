/// The parts of a version: epoch, version, local version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// Digits; empty where there are none, which is 0.
    pub(crate) epoch: String,
    pub(crate) components: Vec<Component>,
    /// Empty where there is none.
    pub(crate) local: Vec<Component>,
}

/// What stands between dots: numbers and words. It begins with a number.
pub(crate) type Component = Vec<Piece>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Digits.
    Number(String),
    /// Small letters, a `_` or asterisks; `DEV` is in capital letters, which are before all others.
    Word(String),
    /// Greater than any number.
    Post,
}

impl Version {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let refuse = |why: &str| format!("version `{text}` {why}");
        let mut version = text.trim().to_ascii_lowercase();
        if version.contains('-') && !version.contains('_') {
            version = version.replace('-', "_");
        }
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"*.+!_".contains(&byte);
        if !version.bytes().all(is_allowed) {
            return Err(refuse("has a character that is not allowed"));
        }
        let (epoch, rest) = version.split_once('!').unwrap_or(("", &version));
        if rest.len() < version.len() && (epoch.is_empty() || !is_number(epoch)) {
            return Err(refuse("has an epoch that is no number"));
        }
        let (public, local) = match rest.split_once('+') {
            Some((public, local)) => (public, Some(local)),
            None => (rest, None),
        };
        if rest.contains('!') || local.is_some_and(|local| local.contains('+')) {
            return Err(refuse("has two epochs or two local versions"));
        }
        let (public, has_mark) = match public.strip_suffix('_') {
            Some(before) => (before, true),
            None => (public, false),
        };
        let components =
            components(public, has_mark).ok_or_else(|| refuse("has nothing between two dots"))?;
        let local = match local {
            Some(local) => {
                self::components(local, false).ok_or_else(|| refuse("has nothing between two dots"))?
            }
            None => Vec::new(),
        };
        Ok(Self { epoch: epoch.to_owned(), components, local })
    }
}

/// What stands between dots and underscores; none where there is nothing between two.
fn components(text: &str, has_mark: bool) -> Option<Vec<Component>> {
    let mut parts = text.split(['.', '_']).peekable();
    let mut components = Vec::new();
    while let Some(part) = parts.next() {
        let marked = has_mark && parts.peek().is_none();
        let part = if marked { format!("{part}_") } else { part.to_owned() };
        if part.is_empty() {
            return None;
        }
        components.push(pieces(&part));
    }
    Some(components)
}

/// Runs of digits, of asterisks and of all others.
fn pieces(mut part: &str) -> Component {
    let mut pieces = Vec::new();
    if !part.starts_with(|first: char| first.is_ascii_digit()) {
        pieces.push(Piece::Number(String::new()));
    }
    while let Some(first) = part.bytes().next() {
        let end = part.bytes().position(|byte| kind(byte) != kind(first)).unwrap_or(part.len());
        let (run, rest) = part.split_at_checked(end).unwrap_or((part, ""));
        pieces.push(match run {
            "post" => Piece::Post,
            "dev" => Piece::Word("DEV".to_owned()),
            digits if kind(first) == 0 => Piece::Number(digits.to_owned()),
            word => Piece::Word(word.to_owned()),
        });
        part = rest;
    }
    pieces
}

const fn kind(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'*' => 1,
        _ => 2,
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(digits: &str) -> Piece {
        Piece::Number(digits.to_owned())
    }

    fn word(word: &str) -> Piece {
        Piece::Word(word.to_owned())
    }

    #[test]
    fn a_version_is_split_as_conda_does() {
        let check = |text: &str, epoch: &str, components: &[Component], local: &[Component]| {
            let expected =
                Version { epoch: epoch.to_owned(), components: components.to_vec(), local: local.to_vec() };
            assert_eq!(Version::parse(text), Ok(expected), "{text}");
        };
        // The documentation of `VersionOrder`.
        check(
            "1.2g.beta15.rc",
            "",
            &[
                vec![number("1")],
                vec![number("2"), word("g")],
                vec![number(""), word("beta"), number("15")],
                vec![number(""), word("rc")],
            ],
            &[],
        );
        check(
            "1!2-A+3.b",
            "1",
            &[vec![number("2")], vec![number(""), word("a")]],
            &[vec![number("3")], vec![number(""), word("b")]],
        );
        check(
            "1.dev*post",
            "",
            &[vec![number("1")], vec![number(""), word("DEV"), word("*"), Piece::Post]],
            &[],
        );
        check("1.0.1_", "", &[vec![number("1")], vec![number("0")], vec![number("1"), word("_")]], &[]);
        check("_", "", &[vec![number(""), word("_")]], &[]);
        check("1.a_", "", &[vec![number("1")], vec![number(""), word("a_")]], &[]);
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let why = Version::parse(text).unwrap_err();
            assert!(why.contains(expected) && why.contains(text), "{text}: {why}");
        };
        check("", "nothing between two dots");
        check("1..2", "nothing between two dots");
        check("1.", "nothing between two dots");
        check("_1", "nothing between two dots");
        check("1+", "nothing between two dots");
        check("+1", "nothing between two dots");
        check("1!", "nothing between two dots");
        check("a!1", "an epoch that is no number");
        check("!1", "an epoch that is no number");
        check("1!2!3", "two epochs");
        check("1+2+3", "two local versions");
        check("1-2_3", "not allowed");
        check("1 2", "not allowed");
        check("1.\u{e4}", "not allowed");
    }
}
