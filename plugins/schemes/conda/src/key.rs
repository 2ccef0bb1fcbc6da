//! How a version becomes bytes: its epoch, the components of the version and those of the local version.
//!
//! ```text
//! key         = number components components
//! components  = component* LAST
//! component   = EMPTY_LESS | EMPTY_MORE | piece+ END
//! piece       = WORD text | ZERO_LESS | NUMBER number | POST
//! ```
//!
//! What is not there is 0, so that where a component or a version ends, it is compared with zeros without end: words are
//! less, and numbers more. A zero, or a component of zeros, has a rank by what follows it.

use std::cmp::Ordering;

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::{Component, Piece, Version};

/// Ranks, least first.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Rank {
    Word = 1,
    ZeroLess,
    /// The end of a component that is none of zeros.
    End,
    EmptyLess,
    /// The end of all components.
    Last,
    EmptyMore,
    /// Also a zero before a greater number.
    Number,
    Post,
}

/// The key of a version.
pub(crate) fn of(version: &Version) -> Vec<u8> {
    let mut key = KeyWriter::with_capacity(16 * (version.components.len() + version.local.len()) + 8);
    key.number(&version.epoch);
    write(&mut key, &version.components);
    write(&mut key, &version.local);
    key.finish()
}

fn write(key: &mut KeyWriter, components: &[Component]) {
    let signs = signs(components.iter().map(|component| component.iter().map(sign).find(|it| it.is_ne())));
    for (component, sign) in components.iter().zip(&signs) {
        let pieces = self::signs(component.iter().map(|piece| Some(self::sign(piece))));
        match (pieces.first(), sign) {
            (_, Ordering::Equal) => break,
            (Some(Ordering::Equal) | None, Ordering::Less) => key.byte(Rank::EmptyLess as u8),
            (Some(Ordering::Equal) | None, Ordering::Greater) => key.byte(Rank::EmptyMore as u8),
            _ => {
                let pieces = component.iter().zip(&pieces).take_while(|(_, sign)| sign.is_ne());
                pieces.for_each(|(piece, sign)| write_piece(key, piece, *sign));
                key.byte(Rank::End as u8)
            }
        };
    }
    key.byte(Rank::Last as u8);
}

/// Writes a piece, with how what begins there compares with zeros.
fn write_piece(key: &mut KeyWriter, piece: &Piece, sign: Ordering) {
    match piece {
        Piece::Word(word) => key.byte(Rank::Word as u8).terminated(word.as_bytes()),
        Piece::Number(_) if sign.is_lt() => key.byte(Rank::ZeroLess as u8),
        Piece::Number(digits) => key.byte(Rank::Number as u8).number(digits),
        Piece::Post => key.byte(Rank::Post as u8),
    };
}

/// How a piece compares with zero.
fn sign(piece: &Piece) -> Ordering {
    match piece {
        Piece::Word(_) => Ordering::Less,
        Piece::Number(digits) if digits.bytes().all(|digit| digit == b'0') => Ordering::Equal,
        Piece::Number(_) | Piece::Post => Ordering::Greater,
    }
}

/// How what begins at each place compares with zeros, and at the end nothing itself.
fn signs(parts: impl DoubleEndedIterator<Item = Option<Ordering>>) -> Vec<Ordering> {
    let mut sign = Ordering::Equal;
    let mut signs = vec![sign];
    for part in parts.rev() {
        sign = part.unwrap_or(Ordering::Equal).then(sign);
        signs.push(sign);
    }
    signs.reverse();
    signs
}

#[cfg(test)]
mod tests;
