/// A piece of a version:
///
/// ```text
/// number ("." number)* letter? ("_" suffix number?)* ("~" hash)? ("-r" number)?
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// The number that a version begins with.
    First(&'a str),
    /// A number after a dot.
    Number(&'a str),
    /// One lower-case letter.
    Letter(u8),
    Suffix(Suffix),
    /// The number after a suffix.
    SuffixNumber(&'a str),
    /// The beginning of a commit's hash.
    Hash(&'a str),
    Revision(&'a str),
}

/// Suffixes, first those that come before a version without a suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suffix {
    Alpha,
    Beta,
    Pre,
    Rc,
    Cvs,
    Svn,
    Git,
    Hg,
    P,
}

impl Suffix {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "alpha" => Self::Alpha,
            "beta" => Self::Beta,
            "pre" => Self::Pre,
            "rc" => Self::Rc,
            "cvs" => Self::Cvs,
            "svn" => Self::Svn,
            "git" => Self::Git,
            "hg" => Self::Hg,
            "p" => Self::P,
            _ => return None,
        })
    }
}

/// Where in a version the tokenizer is; what may come next follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Start,
    Numbers,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
}

/// The tokens of a version, one after the other.
#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    version: &'a str,
    rest: &'a str,
    stage: Stage,
}

impl<'a> Tokens<'a> {
    pub(crate) const fn of(version: &'a str) -> Self {
        Self { version, rest: version, stage: Stage::Start }
    }

    /// The next token; none at the end. Each takes at least one byte of the text.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>, String> {
        if self.stage == Stage::Start {
            self.stage = Stage::Numbers;
            return self.digits("at its beginning").map(|digits| Some(Token::First(digits)));
        }
        let mut characters = self.rest.chars();
        let Some(first) = characters.next() else { return Ok(None) };
        let after = characters.as_str();
        match first {
            '.' if self.stage <= Stage::Numbers => {
                self.rest = after;
                self.digits("after a dot").map(|digits| Some(Token::Number(digits)))
            }
            'a'..='z' if self.stage <= Stage::Numbers => {
                self.step(Stage::Letter, after);
                Ok(Some(Token::Letter(first as u8)))
            }
            '_' if self.stage <= Stage::SuffixNumber => {
                self.step(Stage::Suffix, after);
                self.suffix().map(|suffix| Some(Token::Suffix(suffix)))
            }
            '0'..='9' if self.stage == Stage::Suffix => {
                self.stage = Stage::SuffixNumber;
                self.digits("after a suffix").map(|digits| Some(Token::SuffixNumber(digits)))
            }
            '~' if self.stage < Stage::Hash => {
                self.step(Stage::Hash, after);
                self.hash().map(|hash| Some(Token::Hash(hash)))
            }
            '-' if self.stage < Stage::Revision && after.starts_with('r') => {
                self.step(Stage::Revision, after.get(1..).unwrap_or_default());
                self.digits("after `-r`").map(|digits| Some(Token::Revision(digits)))
            }
            _ => Err(format!("version `{}` cannot go on with `{}`", self.version, self.rest)),
        }
    }

    fn step(&mut self, stage: Stage, rest: &'a str) {
        self.stage = stage;
        self.rest = rest;
    }

    fn digits(&mut self, place: &str) -> Result<&'a str, String> {
        match self.take(|byte| byte.is_ascii_digit()) {
            "" => Err(format!("version `{}` has no digit {place}", self.version)),
            digits => Ok(digits),
        }
    }

    fn suffix(&mut self) -> Result<Suffix, String> {
        let word = self.take(|byte| byte.is_ascii_lowercase());
        Suffix::of(word).ok_or_else(|| format!("version `{}` has the unknown suffix `_{word}`", self.version))
    }

    fn hash(&mut self) -> Result<&'a str, String> {
        match self.take(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            "" => Err(format!("version `{}` has no hash after `~`", self.version)),
            hash => Ok(hash),
        }
    }

    /// The longest beginning of the rest whose bytes are all of this kind of ASCII.
    fn take(&mut self, kind: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|byte| !kind(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or(("", self.rest));
        self.rest = rest;
        taken
    }
}
