//! The order of apk versions: both are read at once, token by token, and the first that differ decide.
//!
//! What apk-tools 3 calls a version is ordered as it does. Of other texts that begin with a digit this
//! has the order of apk-tools 2, which compares whatever it is given.

use std::cmp::Ordering;

/// Suffixes in their order; the first four come before a version that has none.
const SUFFIXES: [&str; 9] = ["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];
const BEFORE: usize = 4;

/// Kinds of tokens. Where two differ, the version whose token has the lower one goes further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Invalid,
    AfterDot,
    Digits,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
    End,
}

/// What a token holds, which is of one sort for each kind.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    None,
    Number(&'a str),
    Text(&'a str),
    Suffix(usize),
}

/// What is left of a version, and the kind of the token before it.
struct Reader<'a> {
    rest: &'a str,
    before: Kind,
}

/// The order of two versions; none where one of them does not begin with a digit.
pub(in crate::verify) fn order_of(a: &str, b: &str) -> Option<Ordering> {
    let first = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if !first(a) || !first(b) {
        return None;
    }
    let (mut a, mut b) = (Reader::of(a), Reader::of(b));
    loop {
        let ((kind, left), (other, right)) = (a.next(), b.next());
        if kind != other {
            return Some(match (is_before(left), is_before(right)) {
                (true, _) => Ordering::Less,
                (_, true) => Ordering::Greater,
                _ => other.cmp(&kind),
            });
        }
        let order = compare(left, right);
        if order.is_ne() || matches!(kind, Kind::End | Kind::Invalid) {
            return Some(order);
        }
    }
}

fn is_before(value: Value<'_>) -> bool {
    matches!(value, Value::Suffix(place) if place < BEFORE)
}

fn compare(left: Value<'_>, right: Value<'_>) -> Ordering {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => by_value(a, b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Suffix(a), Value::Suffix(b)) => a.cmp(&b),
        // A number after a dot that begins with 0, or is not there, against one that does not.
        (Value::None, Value::Number(_)) => Ordering::Less,
        (Value::Number(_), Value::None) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// The order of two numbers of any length.
fn by_value(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

impl<'a> Reader<'a> {
    const fn of(rest: &'a str) -> Self {
        Self { rest, before: Kind::Letter }
    }

    fn next(&mut self) -> (Kind, Value<'a>) {
        let (kind, value) = self.token().unwrap_or((Kind::Invalid, Value::None));
        self.before = kind;
        (kind, value)
    }

    fn token(&mut self) -> Option<(Kind, Value<'a>)> {
        let before = self.before;
        let is_number = matches!(before, Kind::AfterDot | Kind::Digits);
        let Some(first) = self.rest.chars().next() else { return Some((Kind::End, Value::None)) };
        match first {
            // Behind a dot, this is a number that begins with 0: it is text.
            '0' if before == Kind::AfterDot => Some((Kind::Digits, Value::Text(self.digits()))),
            '0'..='9' if before == Kind::Letter => Some((Kind::Digits, Value::Number(self.digits()))),
            '0'..='9' if before == Kind::Suffix => Some((Kind::SuffixNumber, Value::Number(self.digits()))),
            '.' if is_number => {
                self.skip(1);
                let value = match self.rest.chars().next() {
                    Some('1'..='9') => Value::Number(self.digits()),
                    _ => Value::None,
                };
                Some((Kind::AfterDot, value))
            }
            'a'..='z' if is_number => {
                let letter = self.rest.get(..1)?;
                self.skip(1);
                Some((Kind::Letter, Value::Text(letter)))
            }
            '_' if before <= Kind::SuffixNumber && before != Kind::Invalid => {
                self.skip(1);
                Some((Kind::Suffix, Value::Suffix(self.suffix())))
            }
            '~' if before <= Kind::SuffixNumber && before != Kind::Invalid => {
                self.skip(1);
                let hash = self.take(|c| matches!(c, '0'..='9' | 'a'..='f'));
                (!hash.is_empty()).then_some((Kind::Hash, Value::Text(hash)))
            }
            '-' if before != Kind::Invalid && self.rest.starts_with("-r") => {
                self.skip(2);
                Some((Kind::Revision, Value::Number(self.digits())))
            }
            _ => None,
        }
    }

    /// The place of the suffix that comes next. One that is not known has that of `rc`, and nothing that
    /// may follow it is left; where nothing comes, it is that of `cvs`.
    fn suffix(&mut self) -> usize {
        if self.rest.is_empty() {
            return BEFORE;
        }
        match SUFFIXES.iter().position(|suffix| self.rest.starts_with(suffix)) {
            Some(place) => {
                self.skip(SUFFIXES.get(place).map_or(0, |suffix| suffix.len()));
                place
            }
            None => {
                self.rest = "!";
                BEFORE - 1
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn digits(&mut self) -> &'a str {
        self.take(|c| c.is_ascii_digit())
    }

    fn take(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_apk_orders_them() {
        let check = |a: &str, sign: &str, b: &str| {
            let expected = match sign {
                "<" => Ordering::Less,
                "=" => Ordering::Equal,
                _ => Ordering::Greater,
            };
            assert_eq!(order_of(a, b), Some(expected), "{a} {b}");
            assert_eq!(order_of(b, a), Some(expected.reverse()), "{b} {a}");
        };
        check("1.2.3", "<", "1.2.10");
        check("1.2", "<", "1.2.0");
        check("1.2.3", "<", "1.2.3a");
        check("1.2.3_pre1", "<", "1.2.3");
        check("1.2.3_p1", ">", "1.2.3");
        check("1.2.3_alpha", "<", "1.2.3_beta");
        check("1.2.3_pre", "<", "1.2.3_pre1");
        check("1.2.3-r1", "<", "1.2.3-r10");
        check("1.2.3", "<", "1.2.3-r0");
        check("1.02", "<", "1.1");
        check("1.010", ">", "1.01");
        check("01", "=", "1");
        check("1.0_git20240101-r0", ">", "1.0-r3");
        // What only apk-tools 2 compares.
        check("1.9.5p2-r0", "<", "1.9.5p10-r0");
        check("1.2.31-0", ">", "1.2.31.1-r3");
        check("1.2.31-0", "<", "1.2.32-r0");
        check("2.15.r-r1", ">", "2.15-r1");
        check("2.15.r-r1", "<", "2.15.0");
        check("1_foo", "<", "1");
        check("1_foo", ">", "1_rc1");
    }

    #[test]
    fn what_does_not_begin_with_a_digit_is_no_version() {
        for text in ["", "a", ".1", "v1", "-r1"] {
            assert_eq!(order_of(text, "1"), None, "{text}");
        }
    }
}
