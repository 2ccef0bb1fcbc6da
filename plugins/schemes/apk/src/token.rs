/// A piece of a version. What apk-tools 3 calls a version is
///
/// ```text
/// number ("." number)* letter? ("_" suffix number?)* ("~" hash)? ("-r" number)?
/// ```
///
/// apk-tools 2 reads more, and so does this: numbers after a letter, which may go on with dots
/// (`1.9.5p2`), dots and `-r` without a number (`2.15.r-r1`), and `-r` more than once. A text that
/// goes on otherwise ends there, with [`Invalid`](Self::Invalid).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// The number that a version begins with.
    First(&'a str),
    /// A number after a dot; empty where none follows it.
    Number(&'a str),
    /// One lower-case letter.
    Letter(u8),
    /// A number right after a letter.
    LetterNumber(&'a str),
    Suffix(Suffix),
    /// The number after a suffix.
    SuffixNumber(&'a str),
    /// The beginning of a commit's hash.
    Hash(&'a str),
    /// The number after `-r`; empty where none follows it.
    Revision(&'a str),
    /// apk reads no further: whatever follows, versions are equal here. The last token.
    Invalid,
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

const SUFFIXES: [(&str, Suffix); 9] = [
    ("alpha", Suffix::Alpha),
    ("beta", Suffix::Beta),
    // Before `p`, which it begins with.
    ("pre", Suffix::Pre),
    ("rc", Suffix::Rc),
    ("cvs", Suffix::Cvs),
    ("svn", Suffix::Svn),
    ("git", Suffix::Git),
    ("hg", Suffix::Hg),
    ("p", Suffix::P),
];

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
    /// What comes next is [`Token::Invalid`].
    Broken,
    /// Nothing comes next.
    Done,
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

    /// The next token; none at the end. Each but the last takes at least one byte of the text.
    ///
    /// # Errors
    ///
    /// Where the text does not begin with a digit. apk reads a 0 there, so that `v2.0` would come
    /// before all that is published: a fix under such a name would heal whatever is installed.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>, String> {
        match self.stage {
            Stage::Start => match self.digits() {
                "" => Err(format!("version `{}` does not begin with a digit", self.version)),
                digits => {
                    self.stage = Stage::Numbers;
                    Ok(Some(Token::First(digits)))
                }
            },
            Stage::Done => Ok(None),
            Stage::Broken => Ok(Some(self.invalid())),
            _ if self.rest.is_empty() => Ok(None),
            _ => Ok(Some(self.token().unwrap_or_else(|| self.invalid()))),
        }
    }

    /// The next token where apk reads one.
    fn token(&mut self) -> Option<Token<'a>> {
        let mut characters = self.rest.chars();
        let first = characters.next()?;
        let after = characters.as_str();
        match first {
            '.' if self.stage <= Stage::Numbers => {
                self.rest = after;
                Some(Token::Number(self.digits()))
            }
            'a'..='z' if self.stage <= Stage::Numbers => {
                self.step(Stage::Letter, after);
                Some(Token::Letter(first as u8))
            }
            '0'..='9' if self.stage == Stage::Letter => {
                self.stage = Stage::Numbers;
                Some(Token::LetterNumber(self.digits()))
            }
            '_' if self.stage <= Stage::SuffixNumber => {
                self.step(Stage::Suffix, after);
                Some(Token::Suffix(self.suffix()))
            }
            '0'..='9' if self.stage == Stage::Suffix => {
                self.stage = Stage::SuffixNumber;
                Some(Token::SuffixNumber(self.digits()))
            }
            '~' if self.stage < Stage::Hash => {
                self.step(Stage::Hash, after);
                Some(self.take(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
                    .filter(|hash| !hash.is_empty())
                    .map(Token::Hash)
            }
            '-' => {
                self.step(Stage::Revision, after.strip_prefix('r')?);
                Some(Token::Revision(self.digits()))
            }
            _ => None,
        }
    }

    fn step(&mut self, stage: Stage, rest: &'a str) {
        self.stage = stage;
        self.rest = rest;
    }

    const fn invalid(&mut self) -> Token<'a> {
        self.stage = Stage::Done;
        Token::Invalid
    }

    fn digits(&mut self) -> &'a str {
        self.take(|byte| byte.is_ascii_digit())
    }

    /// The suffix that the rest begins with. apk reads one that it does not know as `rc` and no
    /// further, and where nothing follows `_`, as `cvs`.
    fn suffix(&mut self) -> Suffix {
        for (word, suffix) in SUFFIXES {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return suffix;
            }
        }
        if self.rest.is_empty() {
            return Suffix::Cvs;
        }
        self.stage = Stage::Broken;
        Suffix::Rc
    }

    /// The longest beginning of the rest whose bytes are all of this kind of ASCII.
    fn take(&mut self, kind: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|byte| !kind(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or(("", self.rest));
        self.rest = rest;
        taken
    }
}
