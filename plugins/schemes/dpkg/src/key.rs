//! How a version becomes bytes.
//!
//! The policy compares two strings as non-digits, number, non-digits, number and so on, where
//! non-digits compare character by character with `~` before the end, the end before letters, and
//! letters before everything else; a number that is not there is 0. So a part becomes
//!
//! ```text
//! part    = run+ END
//! run     = rank* END number        the ranks of the non-digits, then the digits after them
//! number  = count of digits, digits without leading zeros
//! ```
//!
//! Only the first run may have no ranks, because a number takes all digits that follow it. Where
//! one version goes on and another ends, the rank that goes on is thus compared with the `END` of
//! the other's part, which stands where the policy puts an end: after `~`, before all else.

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::Version;

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

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let length = version.epoch.len() + version.upstream.len() + version.revision.len();
    let mut key = KeyWriter::with_capacity(2 * length + 10);
    key.number(version.epoch);
    part(&mut key, version.upstream);
    part(&mut key, version.revision);
    key.finish()
}

fn part(key: &mut KeyWriter, mut rest: &str) {
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
mod tests;
