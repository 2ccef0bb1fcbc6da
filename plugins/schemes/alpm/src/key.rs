//! How a version becomes bytes.
//!
//! libalpm compares two strings as separators, segment, separators, segment and so on, where a segment has letters only
//! or digits only. Separators compare by their length, whatever they are; letters come before digits, and compare as
//! bytes; digits compare by value. Where one string goes on and the other ends, letters without a separator come before
//! the end, and all else behind it. So a part becomes
//!
//! ```text
//! part     = segment* END
//! segment  = LETTERS text                               of no separator
//!          | DIGITS number                              of no separator
//!          | SEPARATED length (1 text | 2 number)
//! ```
//!
//! Behind digits without a separator there are letters, and behind letters digits, so that these two are compared with
//! each other at the beginning of a part only.

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::Version;

const LETTERS: u8 = 1;
const END: u8 = 2;
const DIGITS: u8 = 3;
const SEPARATED: u8 = 4;

/// Whether there is a release.
const NO_RELEASE: u8 = 1;
const RELEASE: u8 = 2;
const BEHIND_RELEASES: u8 = 3;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let mut key = before_release(version);
    match version.release {
        None => {
            key.byte(NO_RELEASE);
        }
        Some(release) => {
            key.byte(RELEASE);
            part(&mut key, release);
        }
    }
    key.finish()
}

/// The key behind all releases of a version without one.
pub(crate) fn ceiling(version: &Version<'_>) -> Vec<u8> {
    match version.release {
        Some(_) => of(version),
        None => {
            let mut key = before_release(version);
            key.byte(BEHIND_RELEASES);
            key.finish()
        }
    }
}

fn before_release(version: &Version<'_>) -> KeyWriter {
    let length = version.epoch.len() + version.version.len() + version.release.unwrap_or_default().len();
    let mut key = KeyWriter::with_capacity(3 * length + 8);
    key.number(version.epoch);
    part(&mut key, version.version);
    key
}

fn part(key: &mut KeyWriter, mut rest: &str) {
    while !rest.is_empty() {
        let (separators, after) = split(rest, |byte| byte.is_ascii_alphanumeric());
        let has_digits = after.starts_with(|first: char| first.is_ascii_digit());
        match (separators.len(), has_digits) {
            (0, false) => key.byte(LETTERS),
            (0, true) => key.byte(DIGITS),
            (length, has_digits) => {
                key.byte(SEPARATED).number(&length.to_string()).byte(if has_digits { 2 } else { 1 })
            }
        };
        let (segment, after) = match has_digits {
            true => split(after, |byte| !byte.is_ascii_digit()),
            false => split(after, |byte| !byte.is_ascii_alphabetic()),
        };
        match has_digits {
            true => key.number(segment),
            false => key.terminated(segment.as_bytes()),
        };
        rest = after;
    }
    key.byte(END);
}

/// Splits before the first byte for which `stop` holds.
fn split(text: &str, stop: impl Fn(u8) -> bool) -> (&str, &str) {
    let at = text.bytes().position(stop).unwrap_or(text.len());
    // What is told apart is ASCII on one of its sides: this is a character boundary.
    text.split_at_checked(at).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests;
