//! How a version becomes bytes.
//!
//! rpm compares two strings piece by piece: runs of letters, numbers, `~` and `^`, and all other characters only
//! separate these. Where both have a piece of the same kind, that decides; where they have not, `~` is less than the
//! end, the end less than `^`, and this less than letters, which are less than a number. So
//!
//! ```text
//! key     = number, part, ABSENT | PRESENT part          epoch, version, release
//! part    = piece* END
//! piece   = TILDE | CARET | LETTERS letters 0 | NUMBER number
//! ```

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::Version;

const TILDE: u8 = 1;
const END: u8 = 2;
const CARET: u8 = 3;
const LETTERS: u8 = 4;
const NUMBER: u8 = 5;

/// Whether there is a release.
const ABSENT: u8 = 1;
const PRESENT: u8 = 2;
/// Behind all releases; in a ceiling only.
const LAST: u8 = 3;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let mut key = up_to_release(version);
    match version.release {
        Some(release) => part(key.byte(PRESENT), release),
        None => {
            key.byte(ABSENT);
        }
    }
    key.finish()
}

/// The key behind all releases of a version without one.
pub(crate) fn ceiling(version: &Version<'_>) -> Vec<u8> {
    if version.release.is_some() {
        return of(version);
    }
    let mut key = up_to_release(version);
    key.byte(LAST);
    key.finish()
}

fn up_to_release(version: &Version<'_>) -> KeyWriter {
    let length = version.epoch.len() + version.version.len() + version.release.map_or(0, str::len);
    let mut key = KeyWriter::with_capacity(2 * length + 10);
    key.number(version.epoch);
    part(&mut key, version.version);
    key
}

fn part(key: &mut KeyWriter, text: &str) {
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let length = match first {
            b'~' => {
                key.byte(TILDE);
                1
            }
            b'^' => {
                key.byte(CARET);
                1
            }
            b'0'..=b'9' => {
                let digits = run(rest, |byte| byte.is_ascii_digit());
                key.byte(NUMBER).number(digits);
                digits.len()
            }
            b'a'..=b'z' | b'A'..=b'Z' => {
                let letters = run(rest, |byte| byte.is_ascii_alphabetic());
                key.byte(LETTERS);
                for byte in letters.bytes() {
                    key.byte(byte);
                }
                key.byte(0);
                letters.len()
            }
            _ => run(rest, is_separator).len(),
        };
        // Each kind of run ends before ASCII or at the end: this is a character boundary.
        rest = rest.get(length..).unwrap_or_default();
    }
    key.byte(END);
}

const fn is_separator(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && byte != b'~' && byte != b'^'
}

/// The bytes that a text begins with, of one kind.
fn run(text: &str, is_of_kind: impl Fn(u8) -> bool) -> &str {
    let end = text.bytes().position(|byte| !is_of_kind(byte)).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests;
