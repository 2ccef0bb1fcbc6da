//! How a version becomes bytes: its numbers and words one after the other.
//!
//! ```text
//! key   = part* END
//! part  = UNKNOWN | DEV | ALPHA | BETA | CANDIDATE | NUMBER number | PATCH
//! ```
//!
//! `version_compare` puts these words in that order, with the end of a version and then a number before the last.

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::{Version, Word};

/// Ranks, least first.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Rank {
    Unknown = 1,
    Dev,
    Alpha,
    Beta,
    Candidate,
    End,
    Number,
    Patch,
}

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let length: usize = version.numbers.iter().map(|number| number.len() + 2).sum();
    let mut key = KeyWriter::with_capacity(length + 8);
    for number in &version.numbers {
        key.byte(Rank::Number as u8).number(number);
    }
    if let Some(stability) = version.stability {
        key.byte(match stability.word {
            Word::Unknown => Rank::Unknown,
            Word::Alpha => Rank::Alpha,
            Word::Beta => Rank::Beta,
            Word::Candidate => Rank::Candidate,
            Word::Patch => Rank::Patch,
            Word::Stable => Rank::End,
        } as u8);
        for number in stability.numbers.split(['.', '-']).filter(|number| !number.is_empty()) {
            key.byte(Rank::Number as u8).number(number);
        }
    }
    if version.is_dev {
        key.byte(Rank::Dev as u8);
    }
    key.byte(Rank::End as u8);
    key.finish()
}

#[cfg(test)]
mod tests;
