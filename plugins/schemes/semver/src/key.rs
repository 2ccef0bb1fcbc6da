//! How a version becomes bytes: its three numbers, then its pre-release.
//!
//! ```text
//! key         = number number number (RELEASE | identifier+ END)
//! identifier  = NUMERIC number | ALPHANUMERIC text
//! ```
//!
//! Where two versions differ in what kind of thing comes next, these ranks say which is less: fewer
//! identifiers before more, numeric ones before others, and any pre-release before the release.

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::Version;

/// Ranks, least first.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Rank {
    End = 1,
    Numeric,
    Alphanumeric,
    Release,
}

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let length = version.numbers.iter().map(|number| number.len()).sum::<usize>() + version.pre_release.len();
    let mut key = KeyWriter::with_capacity(2 * length + 8);
    for number in version.numbers {
        key.number(number);
    }
    if version.pre_release.is_empty() {
        key.byte(Rank::Release as u8);
    } else {
        version.pre_release.split('.').for_each(|identifier| write(&mut key, identifier));
        key.byte(Rank::End as u8);
    }
    key.finish()
}

fn write(key: &mut KeyWriter, identifier: &str) {
    if identifier.bytes().all(|byte| byte.is_ascii_digit()) {
        key.byte(Rank::Numeric as u8).number(identifier);
    } else {
        key.byte(Rank::Alphanumeric as u8).terminated(identifier.as_bytes());
    }
}

#[cfg(test)]
mod tests;
