use limpid_plugin_sdk::scheme::KeyWriter;

const TILDE: u8 = 1;
const END: u8 = 2;

/// The rank of a byte among the non-digits: `~`, the end, letters, all others. In what the policy
/// leaves open it follows dpkg, which adds 256 to what is not a letter and sees bytes beyond ASCII
/// as negative numbers: these stand after the letters and before the other characters of ASCII.
const fn rank(byte: u8) -> u8 {
    match byte {
        b'~' => TILDE,
        b'A'..=b'Z' => byte - b'A' + 3,
        b'a'..=b'z' => byte - b'a' + 29,
        // Up to 171, because no byte of UTF-8 is greater than 0xf4.
        0x80.. => byte - 0x80 + 55,
        ..=b'@' => byte + 172,
        b'['..=b'`' => byte - b'[' + 237,
        b'{'.. => byte - b'{' + 243,
    }
}

/// Writes an upstream version or a revision, as
/// [Debian Policy](https://www.debian.org/doc/debian-policy/ch-controlfields.html#version) compares them: non-digits,
/// number, non-digits, number and so on, where non-digits compare character by character with `~` before the end, the end
/// before letters, and letters before everything else; a number that is not there is 0.
///
/// ```text
/// part    = run+ END
/// run     = rank* END number        the ranks of the non-digits, then the digits after them
/// ```
///
/// Only the first run may have no ranks, because a number takes all digits that follow it. Where one version goes on and
/// another ends, the rank that goes on is thus compared with the `END` of the other's part, which stands where the policy
/// puts an end: after `~`, before all else.
pub fn debian_part(key: &mut KeyWriter, mut rest: &str) {
    // One run for each change from digits to non-digits: bounded by the length of the text.
    loop {
        let (signs, after) = split(rest, |byte| byte.is_ascii_digit());
        for byte in signs.bytes() {
            key.byte(rank(byte));
        }
        let (digits, after) = split(after, |byte| !byte.is_ascii_digit());
        key.byte(END).number(digits);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    key.byte(END);
}

/// Splits before the first byte for which `stop` holds.
fn split(text: &str, stop: impl Fn(u8) -> bool) -> (&str, &str) {
    let at = text.bytes().position(stop).unwrap_or(text.len());
    // Both kinds of byte that end a run are ASCII or follow ASCII: this is a character boundary.
    text.split_at_checked(at).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_order_as_the_policy_says() {
        let key = |text: &str| {
            let mut key = KeyWriter::default();
            debian_part(&mut key, text);
            key.finish()
        };
        // The sequence of the policy, and numbers and letters between.
        for (left, right) in
            [("~~", "~~a"), ("~~a", "~"), ("~", ""), ("", "a"), ("1a", "1+"), ("1.9", "1.10")]
        {
            assert!(key(left) < key(right), "{left} < {right}");
        }
        assert_eq!(key(""), key("0"));
    }

    /// dpkg adds 256 to what is no letter, and sees bytes beyond ASCII as negative numbers.
    fn weight(byte: u8) -> i32 {
        match byte {
            b'~' => -1,
            b'a'..=b'z' | b'A'..=b'Z' => i32::from(byte),
            _ => i32::from(byte.cast_signed()) + 256,
        }
    }

    #[test]
    fn ranks_are_in_dpkg_order_for_every_byte_of_a_text() {
        let mut bytes: Vec<u8> = (1..=0xf4).filter(|byte: &u8| !byte.is_ascii_digit()).collect();
        bytes.sort_by_key(|&byte| weight(byte));
        assert!(bytes.is_sorted_by(|&left, &right| rank(left) < rank(right)));
        assert!(bytes.iter().all(|&byte| if byte == b'~' { rank(byte) < END } else { rank(byte) > END }));
    }
}
