/// What may stand between the parts of a version.
const SEPARATORS: [char; 3] = ['-', '_', '.'];

/// Takes a text apart from its beginning; what it cannot take, it leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(crate) const fn of(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// What was not taken yet.
    pub(crate) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// Whether this character came next; it is taken then, in upper or lower case.
    pub(crate) fn character(&mut self, character: char) -> bool {
        self.word(character.encode_utf8(&mut [0; 4]))
    }

    /// One or more ASCII digits.
    pub(crate) fn digits(&mut self) -> Option<&'a str> {
        let end = self.rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!digits.is_empty()).then_some(digits)
    }

    /// A part of a version that one of these words begins: a separator or none, the word, a
    /// separator or none, and its number, which is empty where there is none. Of two words that
    /// begin alike the longer one has to come first.
    pub(crate) fn part<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<(T, &'a str)> {
        let mut ahead = *self;
        ahead.separator();
        let (_, meaning) = words.iter().find(|(word, _)| ahead.word(word))?;
        ahead.separator();
        let number = ahead.digits().unwrap_or_default();
        *self = ahead;
        Some((*meaning, number))
    }

    fn separator(&mut self) {
        self.rest = self.rest.strip_prefix(SEPARATORS).unwrap_or(self.rest);
    }

    fn word(&mut self, word: &str) -> bool {
        match self.rest.split_at_checked(word.len()) {
            Some((start, rest)) if start.eq_ignore_ascii_case(word) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }
}

/// The segments of a local version: letters and digits between separators, none of them empty.
pub(crate) fn segments(local: &str) -> impl Iterator<Item = &str> {
    local.split(SEPARATORS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_taken_whole_or_left() {
        let check = |text: &str, expected: Option<(u8, &str)>, rest: &str| {
            let mut scanner = Scanner::of(text);
            assert_eq!(scanner.part(&[("alpha", 1), ("a", 2)]), expected, "{text}");
            assert_eq!(scanner.rest(), rest, "{text}");
        };
        check("a1.2", Some((2, "1")), ".2");
        check("-Alpha_01", Some((1, "01")), "");
        check(".a.dev", Some((2, "")), "dev");
        check("a--1", Some((2, "")), "-1");
        check("--a1", None, "--a1");
        check(".b", None, ".b");
        check("ä", None, "ä");
        check("", None, "");
    }
}
