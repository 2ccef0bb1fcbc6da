//! The order of Debian versions, straight from
//! [Debian Policy 5.6.12](https://www.debian.org/doc/debian-policy/ch-controlfields.html#version):
//! it compares two versions and knows nothing of keys. Only for what the policy allows in versions.

use std::cmp::Ordering;

/// Whether the policy says of this text how it compares.
pub fn allows(version: &str) -> bool {
    version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-~:".contains(&byte))
}

/// Compares two versions that [`allows`] allows and that have a key.
pub fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (Parts::of(left), Parts::of(right));
    compare_parts(left.epoch, right.epoch)
        .then_with(|| compare_parts(left.upstream, right.upstream))
        .then_with(|| compare_parts(left.revision, right.revision))
}

struct Parts<'a> {
    epoch: &'a [u8],
    upstream: &'a [u8],
    revision: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
        // The policy has no signs; dpkg allows one.
        let epoch = epoch.trim_start_matches(['+', '-']);
        Self { epoch: epoch.as_bytes(), upstream: upstream.as_bytes(), revision: revision.as_bytes() }
    }
}

fn compare_parts(mut left: &[u8], mut right: &[u8]) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        let signs =
            (take(&mut left, |byte| !byte.is_ascii_digit()), take(&mut right, |byte| !byte.is_ascii_digit()));
        let numbers = (take(&mut left, u8::is_ascii_digit), take(&mut right, u8::is_ascii_digit));
        let order = compare_signs(signs.0, signs.1).then_with(|| compare_numbers(numbers.0, numbers.1));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn take<'a>(text: &mut &'a [u8], is_wanted: impl Fn(&u8) -> bool) -> &'a [u8] {
    let end = text.iter().position(|byte| !is_wanted(byte)).unwrap_or(text.len());
    let (taken, rest) = text.split_at(end);
    *text = rest;
    taken
}

/// "All the letters sort earlier than all the non-letters", and a tilde before everything, "even
/// the end of a part".
fn compare_signs(left: &[u8], right: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        Some(b'~') => (0, 0),
        None => (1, 0),
        Some(letter) if letter.is_ascii_alphabetic() => (2, *letter),
        Some(other) => (3, *other),
    };
    let length = left.len().max(right.len());
    let pairs = (0..length).map(|at| weight(left.get(at)).cmp(&weight(right.get(at))));
    pairs.fold(Ordering::Equal, Ordering::then)
}

/// "The empty string (which can only occur at the end of one or both version strings being
/// compared) counts as zero."
fn compare_numbers(left: &[u8], right: &[u8]) -> Ordering {
    let significant =
        |digits: &[u8]| digits.iter().copied().skip_while(|&digit| digit == b'0').collect::<Vec<_>>();
    let (left, right) = (significant(left), significant(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(&right))
}
