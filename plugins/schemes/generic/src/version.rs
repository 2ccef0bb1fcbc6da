use std::cmp::Ordering;

/// What a version is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// A tilde: what follows is before everything else.
    Tilde,
    /// A word that tells of what is before a release, by its place among such.
    Before(u8),
    /// Digits.
    Number(&'a str),
    /// Any other word, in small letters.
    Word(String),
}

/// Words that tell of what is before a release, in ascending order.
const BEFORE: [&[&str]; 9] = [
    &["dev", "devel", "develop", "development"],
    &["nightly", "daily"],
    &["canary", "experimental"],
    &["snapshot"],
    &["alpha"],
    &["milestone"],
    &["beta"],
    &["pre", "preview", "prerelease", "next"],
    &["rc", "cr", "candidate"],
];

/// The same where a number follows.
const NUMBERED: [(&str, &str); 3] = [("a", "alpha"), ("m", "milestone"), ("b", "beta")];

/// The pieces of a version that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a>(pub(crate) Vec<Piece<'a>>);

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let bare = text.trim_start();
        let rest = match bare.strip_prefix(['v', 'V']) {
            Some(rest) if rest.starts_with(|first: char| first.is_ascii_digit()) => rest,
            _ => bare,
        };
        let pieces = pieces(rest);
        if pieces.iter().all(|piece| *piece == Piece::Tilde) {
            return Err(format!("version `{text}` has neither a letter nor a digit"));
        }
        Ok(Self(significant(pieces)))
    }
}

fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some(first) = text.chars().next() {
        let kind = Kind::of(first);
        let end = text.find(|other| Kind::of(other) != kind).unwrap_or(text.len());
        let (run, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        match kind {
            Kind::Digit => pieces.push(Piece::Number(run)),
            Kind::Letter => pieces.push(word(run, rest)),
            Kind::Tilde => pieces.extend(run.chars().map(|_| Piece::Tilde)),
            Kind::Separator => {}
        }
        text = rest;
    }
    pieces
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digit,
    Letter,
    Tilde,
    Separator,
}

impl Kind {
    fn of(character: char) -> Self {
        match character {
            '0'..='9' => Self::Digit,
            '~' => Self::Tilde,
            letter if letter.is_alphabetic() => Self::Letter,
            _ => Self::Separator,
        }
    }
}

/// What a word means before what follows it.
fn word<'a>(run: &str, rest: &str) -> Piece<'a> {
    let word = run.to_lowercase();
    let number = rest.trim_start_matches(['.', '-', '_']);
    let is_numbered = number.starts_with(|next: char| next.is_ascii_digit());
    let numbered = NUMBERED.iter().find(|(short, _)| is_numbered && word == *short);
    let name = numbered.map_or(word.as_str(), |(_, name)| name);
    let place = BEFORE.iter().position(|names| names.contains(&name));
    match place.and_then(|place| u8::try_from(place).ok()) {
        Some(place) => Piece::Before(place),
        None => Piece::Word(word),
    }
}

/// Without the zeros at the end, and before the first word where that is less than nothing.
fn significant(mut pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let last =
        |pieces: &[Piece<'_>]| pieces.iter().rposition(|piece| !piece.is_zero()).map_or(0, |last| last + 1);
    pieces.truncate(last(&pieces));
    let first = pieces.iter().position(|piece| !matches!(piece, Piece::Number(_))).unwrap_or(pieces.len());
    if pieces.get(first).is_some_and(|piece| piece.sign().is_lt()) {
        let numbers = last(pieces.get(..first).unwrap_or_default());
        pieces.drain(numbers..first);
    }
    pieces
}

impl Piece<'_> {
    fn is_zero(&self) -> bool {
        matches!(self, Self::Number(digits) if digits.bytes().all(|digit| digit == b'0'))
    }

    /// How it compares with nothing.
    pub(crate) fn sign(&self) -> Ordering {
        match self {
            Self::Tilde | Self::Before(_) => Ordering::Less,
            Self::Number(_) if self.is_zero() => Ordering::Equal,
            Self::Number(_) | Self::Word(_) => Ordering::Greater,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_numbers_and_words() {
        let check = |text: &str, expected: &[Piece<'_>]| {
            assert_eq!(Version::parse(text).map(|version| version.0).as_deref(), Ok(expected), "{text}");
        };
        let (number, word) = (|digits| Piece::Number(digits), |word: &str| Piece::Word(word.to_owned()));
        check("v1.2-3", &[number("1"), number("2"), number("3")]);
        check("1.0", &[number("1")]);
        check("1.0.0-RC.1", &[number("1"), Piece::Before(8), number("1")]);
        check("1.0b2", &[number("1"), Piece::Before(6), number("2")]);
        check("1.0.2b", &[number("1"), number("0"), number("2"), word("b")]);
        check("r12~x", &[word("r"), number("12"), Piece::Tilde, word("x")]);
        check("vim 9", &[word("vim"), number("9")]);
        check("\u{c4}1", &[word("\u{e4}"), number("1")]);
        check("0", &[]);
    }

    #[test]
    fn what_has_neither_letter_nor_digit_is_refused() {
        for text in ["", " ", "-", "~", "..."] {
            assert!(Version::parse(text).unwrap_err().contains("neither a letter nor a digit"), "{text}");
        }
    }
}
