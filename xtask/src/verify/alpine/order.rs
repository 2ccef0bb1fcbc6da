//! The order of apk versions, part by part: a version is taken apart as a whole first, by the form
//! `number(.number)*letter?(_suffix number?)*(~hash)?(-r number)?`, and then compared. What has no
//! such form is no version to apk-tools 3.

use std::cmp::Ordering;

/// Suffixes in their order; the first four come before a version that has none.
const SUFFIXES: [&str; 9] = ["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];
const BEFORE: usize = 4;

#[derive(Debug)]
struct Version<'a> {
    numbers: Vec<&'a str>,
    letter: Option<char>,
    suffixes: Vec<(usize, &'a str)>,
    hash: Option<&'a str>,
    revision: Option<&'a str>,
}

/// The order of two versions; none where one of them is no version.
pub(in crate::verify) fn order_of(a: &str, b: &str) -> Option<Ordering> {
    Some(parse(a)?.compare(&parse(b)?))
}

fn parse(text: &str) -> Option<Version<'_>> {
    let (rest, revision) = match text.split_once('-') {
        Some((rest, revision)) => (rest, Some(revision.strip_prefix('r').filter(|it| is_number(it))?)),
        None => (text, None),
    };
    let (rest, hash) = match rest.split_once('~') {
        Some((rest, hash)) => (rest, Some(hash).filter(|it| is_hash(it)).map(Some)?),
        None => (rest, None),
    };
    let mut parts = rest.split('_');
    let numbers = parts.next()?;
    let letter = numbers.chars().last().filter(char::is_ascii_lowercase);
    let numbers = letter.map_or(numbers, |letter| numbers.trim_end_matches(letter));
    // More than one of the same letter at the end leaves less than was meant.
    if numbers.len() + usize::from(letter.is_some()) != rest.split('_').next()?.len() {
        return None;
    }
    let numbers: Vec<&str> = numbers.split('.').collect();
    if !numbers.iter().all(|number| is_number(number)) {
        return None;
    }
    let suffixes = parts.map(suffix).collect::<Option<Vec<_>>>()?;
    Some(Version { numbers, letter, suffixes, hash, revision })
}

fn suffix(part: &str) -> Option<(usize, &str)> {
    let number = part.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let word = part.strip_suffix(number)?;
    let place = SUFFIXES.iter().position(|known| *known == word)?;
    (number.is_empty() || is_number(number)).then_some((place, number))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hash(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl Version<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        self.compare_numbers(other)
            .then_with(|| self.letter.cmp(&other.letter))
            .then_with(|| self.compare_suffixes(other))
            .then_with(|| self.hash.cmp(&other.hash))
            .then_with(|| match (self.revision, other.revision) {
                (Some(a), Some(b)) => by_value(a, b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
    }

    /// The first by its value; each further one too, unless one of the two begins with 0: those are
    /// compared as text, as if they stood behind a decimal point.
    fn compare_numbers(&self, other: &Self) -> Ordering {
        for (place, (a, b)) in self.numbers.iter().zip(&other.numbers).enumerate() {
            let as_text = place > 0 && (a.starts_with('0') || b.starts_with('0'));
            let order = if as_text { a.cmp(b) } else { by_value(a, b) };
            if order.is_ne() {
                return order;
            }
        }
        self.numbers.len().cmp(&other.numbers.len())
    }

    fn compare_suffixes(&self, other: &Self) -> Ordering {
        let mut place = 0;
        loop {
            let order = match (self.suffixes.get(place), other.suffixes.get(place)) {
                (None, None) => return Ordering::Equal,
                (Some((suffix, _)), None) => return beside_none(*suffix),
                (None, Some((suffix, _))) => return beside_none(*suffix).reverse(),
                (Some((a, m)), Some((b, n))) => {
                    a.cmp(b).then_with(|| self.compare_suffix_numbers(other, place, m, n))
                }
            };
            if order.is_ne() {
                return order;
            }
            place += 1;
        }
    }

    /// Where one of two equal suffixes has a number and the other has not, what follows the other
    /// decides: a further suffix counts for more than a number, unless it is one of those that come
    /// before; anything else counts for less.
    fn compare_suffix_numbers(&self, other: &Self, place: usize, m: &str, n: &str) -> Ordering {
        let without = |version: &Self| match version.suffixes.get(place + 1) {
            Some((suffix, _)) => beside_none(*suffix),
            None => Ordering::Less,
        };
        match (m.is_empty(), n.is_empty()) {
            (true, true) => Ordering::Equal,
            (false, false) => by_value(m, n),
            (true, false) => without(self),
            (false, true) => without(other).reverse(),
        }
    }
}

/// How a version with this suffix compares with one that has none there.
fn beside_none(suffix: usize) -> Ordering {
    if suffix < BEFORE { Ordering::Less } else { Ordering::Greater }
}

/// The order of two numbers of any length.
fn by_value(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
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
        check("01", "=", "1");
        check("1.0_git20240101-r0", ">", "1.0-r3");
    }

    #[test]
    fn other_texts_are_no_versions() {
        for text in ["", "a", "1.", ".1", "1.a", "1aa", "1a1", "1_x", "1-1", "1-r", "1~", "1~g", "1.2-r1-r2"]
        {
            assert_eq!(order_of(text, "1"), None, "{text}");
        }
    }
}
