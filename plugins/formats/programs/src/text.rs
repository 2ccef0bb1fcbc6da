//! Where in a file a version stands, and what it looks like there.

/// Digits of one number of a version; what has more is no version, but several things without anything between.
const MAX_DIGITS: usize = 8;

/// Bytes of a version, and of what a packager wrote behind it.
pub(crate) const MAX_VERSION: usize = 64;

/// Bytes of the longest text before or behind a version, of all programs; a test holds it.
pub(crate) const MAX_LITERAL: usize = 64;

/// Words that tell of what is before a release; none before one that it begins.
const BEFORE_RELEASE: [&str; 10] =
    ["alpha", "beta", "rc", "dev", "preview", "pre", "canary", "nightly", "snapshot", "m"];

/// A text in which a version stands.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Bytes before the version. Where there are none, one of `after` tells where the version ends, and it has nothing
    /// but numbers and dots.
    pub(crate) before: &'static [u8],
    /// How many of the last bytes of `before` are the beginning of the version.
    pub(crate) kept: usize,
    pub(crate) form: Form,
    /// What follows the version, or what a packager wrote behind it: some of these. None: whatever is no part of either.
    pub(crate) after: &'static [&'static [u8]],
    pub(crate) place: Place,
}

/// Where in a file a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    /// The version is the beginning of a string that a zero byte ends.
    String,
    /// The file begins with it.
    Start,
}

/// What a version looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// How many numbers it has at least.
    pub(crate) least: usize,
    /// How many it has at most.
    pub(crate) most: usize,
    /// How many digits the second has at least.
    pub(crate) second: usize,
    /// What may stand behind the numbers.
    pub(crate) behind: Behind,
}

/// What may stand behind the numbers of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behind {
    /// A word that tells of what is before a release, with or without a number.
    PreRelease,
    /// The same, or letters of a patch: OpenSSL's `1.0.2zk`.
    Letters,
    /// The same, or the number of an update: Java's `1.8.0_392`.
    Update,
}

impl Form {
    /// So many numbers, and a word of what is before a release.
    pub(crate) const fn numbers(least: usize, most: usize) -> Self {
        Self { least, most, second: 1, behind: Behind::PreRelease }
    }

    pub(crate) const fn with(mut self, behind: Behind) -> Self {
        self.behind = behind;
        self
    }

    /// The second number has so many digits at least, where versions of other things stand in the same way.
    pub(crate) const fn of_second(mut self, digits: usize) -> Self {
        self.second = digits;
        self
    }

    /// The length of the version with which these bytes begin.
    fn length(self, bytes: &[u8]) -> Option<usize> {
        let mut end = number(bytes, 0)?;
        let mut count = 1;
        while count < self.most
            && bytes.get(end) == Some(&b'.')
            && let Some(next) = number(bytes, end + 1)
            && (count > 1 || next - end > self.second)
        {
            end = next;
            count += 1;
        }
        if count < self.least {
            return None;
        }
        match self.behind {
            Behind::Letters => {
                let letters = count_of(bytes, end, |byte| byte.is_ascii_lowercase());
                let is_whole = !bytes.get(end + letters).is_some_and(u8::is_ascii_alphanumeric);
                if (1..=2).contains(&letters) && is_whole {
                    return Some(end + letters);
                }
            }
            Behind::Update if bytes.get(end) == Some(&b'_') => return number(bytes, end + 1),
            Behind::Update | Behind::PreRelease => {}
        }
        Some(pre_release(bytes, end).unwrap_or(end))
    }
}

/// The end of the number that begins at `start`.
fn number(bytes: &[u8], start: usize) -> Option<usize> {
    let digits = count_of(bytes, start, |byte| byte.is_ascii_digit());
    (1..=MAX_DIGITS).contains(&digits).then_some(start + digits)
}

/// How many bytes from `start` on are such, up to one more than a version may have.
fn count_of(bytes: &[u8], start: usize, is_it: impl Fn(u8) -> bool) -> usize {
    bytes.iter().skip(start).take(MAX_VERSION + 1).take_while(|byte| is_it(**byte)).count()
}

/// The end of `-rc.1`, `beta2`, `.dev` that begins at `start`, in letters of either case.
fn pre_release(bytes: &[u8], start: usize) -> Option<usize> {
    let is_separator = |at: usize| matches!(bytes.get(at), Some(b'-' | b'.' | b'~'));
    let word = start + usize::from(is_separator(start));
    let rest = bytes.get(word..)?;
    let begins = |word: &&&str| {
        rest.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word.as_bytes()))
    };
    let length = BEFORE_RELEASE.iter().find(begins)?.len();
    let end = word + length;
    let digits = number(bytes, end).or_else(|| is_separator(end).then(|| number(bytes, end + 1)).flatten());
    let end = digits.unwrap_or(end);
    (!bytes.get(end).is_some_and(u8::is_ascii_alphabetic)).then_some(end)
}

/// Whether a byte may be of what a packager wrote behind a version.
const fn is_of_version(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'~' | b'_' | b'-')
}

impl Text {
    /// A version behind these bytes.
    pub(crate) const fn behind(before: &'static [u8], form: Form) -> Self {
        Self { before, kept: 0, form, after: &[], place: Place::Anywhere }
    }

    /// A version in front of these bytes, of numbers and dots.
    pub(crate) const fn in_front_of(after: &'static [&'static [u8]], form: Form) -> Self {
        Self { before: b"", kept: 0, form, after, place: Place::Anywhere }
    }

    /// So many of the last bytes before the version are its beginning.
    pub(crate) const fn keeping(mut self, kept: usize) -> Self {
        self.kept = kept;
        self
    }

    /// One of these follows.
    pub(crate) const fn then(mut self, after: &'static [&'static [u8]]) -> Self {
        self.after = after;
        self
    }

    /// The version is the beginning of a string.
    pub(crate) const fn beginning_a_string(mut self) -> Self {
        self.place = Place::String;
        self
    }

    /// The file begins with it.
    pub(crate) const fn at_start(mut self) -> Self {
        self.place = Place::Start;
        self
    }

    /// The literals by which it is looked for.
    pub(crate) fn anchors(&self) -> &[&'static [u8]] {
        if self.ends_with_anchor() { self.after } else { std::slice::from_ref(&self.before) }
    }

    /// Whether only what follows tells where a version is.
    fn ends_with_anchor(&self) -> bool {
        self.before.is_empty() && self.place != Place::Start
    }

    /// The version of a text one of whose anchors, of `length` bytes, is at `at`.
    pub(crate) fn version(&self, bytes: &[u8], at: usize, length: usize) -> Option<String> {
        let version = if self.ends_with_anchor() {
            let before = bytes.get(..at)?;
            let is_part = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
            let count = before.iter().rev().take(MAX_VERSION + 1).take_while(is_part).count();
            let (rest, version) = before.split_at_checked(at - count)?;
            if self.place == Place::String && rest.last().is_some_and(|last| *last != 0) {
                return None;
            }
            (self.form.length(version)? == count).then_some(version)?
        } else {
            let rest = bytes.get((at + length).checked_sub(self.kept)?..)?;
            let end = self.form.length(rest)?;
            let packager = count_of(rest, end, is_of_version);
            let follows = |end: usize| {
                let rest = rest.get(end..).unwrap_or_default();
                self.after.is_empty() || self.after.iter().any(|after| rest.starts_with(after))
            };
            // A number that goes on is of another form: `1.2.3` of `1.2.3.4`.
            let goes_on = rest.get(end) == Some(&b'.') && rest.get(end + 1).is_some_and(u8::is_ascii_digit);
            (!goes_on && (follows(end) || follows(end + packager))).then(|| rest.get(..end))??
        };
        (version.len() <= MAX_VERSION).then(|| String::from_utf8_lossy(version).into_owned())
    }
}
