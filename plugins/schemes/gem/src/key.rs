//! How a version becomes bytes: its segments one after the other.
//!
//! ```text
//! key      = segment* END
//! segment  = WORD text | ZERO_LESS | NUMBER number
//! ```
//!
//! What is not there is 0, so that where a version ends, it is compared with zeros without end: words are less, and
//! numbers more. A zero inside a version has a rank by the first segment behind it that is none.

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::Segment;

/// Ranks, least first.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Rank {
    Word = 1,
    /// A zero with a word behind it and all zeros that follow.
    ZeroLess,
    End,
    /// Also a zero, with a greater number behind it.
    Number,
}

/// The key of a version's segments.
pub(crate) fn of(segments: &[Segment<'_>]) -> Vec<u8> {
    // How what follows compares with zeros, from the last segment to the first.
    let mut is_less = false;
    let ranks: Vec<Rank> = segments
        .iter()
        .rev()
        .map(|segment| match segment {
            Segment::Word(_) => {
                is_less = true;
                Rank::Word
            }
            zero if zero.is_zero() && is_less => Rank::ZeroLess,
            number => {
                is_less &= number.is_zero();
                Rank::Number
            }
        })
        .collect();
    let mut key = KeyWriter::with_capacity(6 * segments.len() + 1);
    for (segment, rank) in segments.iter().zip(ranks.iter().rev()) {
        key.byte(*rank as u8);
        match (segment, rank) {
            (Segment::Word(word), _) => key.terminated(word.as_bytes()),
            (Segment::Number(_), Rank::ZeroLess) => &mut key,
            (Segment::Number(digits), _) => key.number(digits),
        };
    }
    key.byte(Rank::End as u8);
    key.finish()
}

#[cfg(test)]
mod tests;
