//! The order of Debian's versions, by
//! [Debian Policy 5.6.12](https://www.debian.org/doc/debian-policy/ch-controlfields.html#version).
//!
//! The host orders versions when it judges; here the order only serves to tell what one release says of
//! the versions of another. A test holds it against the scheme `dpkg`.

use std::cmp::Ordering;

/// Compares two versions. What is no version has an order, too, but it means nothing.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    // Releases mostly have, and name, the same versions.
    if left == right {
        return Ordering::Equal;
    }
    let ((left_epoch, left), (right_epoch, right)) = (epoch(left), epoch(right));
    let ((left, left_revision), (right, right_revision)) = (revision(left), revision(right));
    numbers(left_epoch, right_epoch)
        .then_with(|| parts(left, right))
        .then_with(|| parts(left_revision, right_revision))
}

fn epoch(version: &str) -> (&str, &str) {
    version.split_once(':').unwrap_or(("", version))
}

fn revision(version: &str) -> (&str, &str) {
    version.rsplit_once('-').unwrap_or((version, ""))
}

/// Compares upstream versions or revisions: signs, a number, signs, a number, and so on.
fn parts(mut left: &str, mut right: &str) -> Ordering {
    while !(left.is_empty() && right.is_empty()) {
        let ((left_signs, left_rest), (right_signs, right_rest)) =
            (split(left, |byte| byte.is_ascii_digit()), split(right, |byte| byte.is_ascii_digit()));
        let ((left_digits, left_rest), (right_digits, right_rest)) = (
            split(left_rest, |byte| !byte.is_ascii_digit()),
            split(right_rest, |byte| !byte.is_ascii_digit()),
        );
        let order = signs(left_signs, right_signs).then_with(|| numbers(left_digits, right_digits));
        if order.is_ne() {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    Ordering::Equal
}

/// Splits before the first byte for which `stop` holds.
fn split(text: &str, stop: impl Fn(u8) -> bool) -> (&str, &str) {
    let at = text.bytes().position(stop).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Compares what stands between numbers: `~` comes before the end, that before letters, and those before
/// all else.
fn signs<'a>(left: &'a str, right: &'a str) -> Ordering {
    let rank = |byte: u8| match byte {
        b'~' => 0,
        byte if byte.is_ascii_alphabetic() => u16::from(byte) + 1,
        byte => u16::from(byte) + 257,
    };
    let ranks = |text: &'a str| text.bytes().map(rank).chain([1]);
    ranks(left).cmp(ranks(right))
}

/// Compares numbers of any length; one that is not there is 0.
fn numbers(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    // They are short: to compare them byte by byte takes less time than to call what compares memory.
    left.len().cmp(&right.len()).then_with(|| left.bytes().cmp(right.bytes()))
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::scheme::Scheme;
    use limpid_scheme_dpkg::Dpkg;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_in_dpkgs_order() {
        let ascending = [
            "1.0~~",
            "1.0~rc1-1",
            "1.0",
            "1.0-1~bpo12+1",
            "1.0-1~deb12u1",
            "1.0-1",
            "1.0-1+b1",
            "1.0-1+deb12u1",
            "1.0-1+deb12u2",
            "1.0-1+deb12u10",
            "1.0a-1",
            "1.0+dfsg-1",
            "1.0.1-1",
            "1.10-1",
            "1:0.1-1",
            "10:0",
        ];
        for pair in ascending.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare("1.0", "0:1.0-0"), Ordering::Equal);
        assert_eq!(compare("1.01-1", "1.1-01"), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_scheme(
            left in "([0-2]:)?[0-2][0-9a-c.+~]{0,8}(-[0-9a-c.+~]{1,5})?",
            right in "([0-2]:)?[0-2][0-9a-c.+~]{0,8}(-[0-9a-c.+~]{1,5})?",
        ) {
            let keys = (Dpkg::key(&left).unwrap(), Dpkg::key(&right).unwrap());
            prop_assert_eq!(compare(&left, &right), keys.0.cmp(&keys.1));
        }
    }
}
