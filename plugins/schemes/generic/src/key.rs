//! How a version becomes bytes: its pieces one after the other.
//!
//! ```text
//! key    = piece* END
//! piece  = TILDE | BEFORE place | ZERO_LESS | WORD text | NUMBER number
//! ```
//!
//! Where a version ends, the other is compared with nothing: by its first piece that is no zero. A zero before one that is
//! less than nothing has a rank of its own.

use std::cmp::Ordering;

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::{Piece, Version};

/// Ranks, least first: those before [`Rank::End`] are less than nothing.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Rank {
    Tilde = 1,
    Before,
    ZeroLess,
    End,
    Word,
    /// Also a zero before something that is more than nothing.
    Number,
}

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let pieces = &version.0;
    // How what begins at each piece compares with nothing, from the last to the first.
    let mut sign = Ordering::Equal;
    let signs: Vec<Ordering> = pieces
        .iter()
        .rev()
        .map(|piece| {
            sign = piece.sign().then(sign);
            sign
        })
        .collect();
    let mut key = KeyWriter::with_capacity(8 * pieces.len() + 1);
    for (piece, sign) in pieces.iter().zip(signs.iter().rev()) {
        match (piece, sign) {
            (Piece::Tilde, _) => key.byte(Rank::Tilde as u8),
            (Piece::Before(place), _) => key.byte(Rank::Before as u8).byte(*place),
            (Piece::Number(_), Ordering::Less) => key.byte(Rank::ZeroLess as u8),
            (Piece::Word(word), _) => key.byte(Rank::Word as u8).terminated(word.as_bytes()),
            (Piece::Number(digits), _) => key.byte(Rank::Number as u8).number(digits),
        };
    }
    key.byte(Rank::End as u8);
    key.finish()
}

#[cfg(test)]
mod tests;
