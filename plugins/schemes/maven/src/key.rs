//! How a version becomes bytes: its items one after the other, up to the last that counts.
//!
//! ```text
//! key   = item* END
//! item  = LESS word | RELEASE_LESS | LIST_LESS | ZERO_LESS
//!       | RELEASE_MORE | RELEASE number | MORE word | LIST_MORE | NUMBER number
//! word  = rank text? (WORD | NUMBERED number)
//! ```
//!
//! Where one version ends, the other is compared with nothing, over and over: by its first item that is not equal to
//! nothing. So what is equal to nothing itself (0, `final`) has a rank by what follows it, and a list has one by what is
//! in it. Behind a list there is nothing, so that where it ends need not be said.

use std::cmp::Ordering;

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::{Item, Qualifier, Version};

/// Ranks, least first: those before [`Rank::End`] are less than nothing.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Rank {
    Less = 1,
    ReleaseLess,
    ListLess,
    ZeroLess,
    End,
    ReleaseMore,
    Release,
    More,
    ListMore,
    Number,
}

/// Ends a word.
const WORD: u8 = 1;
const NUMBERED: u8 = 2;

/// What a version goes on with.
enum Part<'a> {
    Item(&'a Item<'a>),
    List,
}

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let mut parts = Vec::new();
    for (place, list) in version.lists.iter().enumerate() {
        if place > 0 {
            parts.push(Part::List);
        }
        parts.extend(list.iter().map(Part::Item));
    }
    let mut key = KeyWriter::with_capacity(8 * parts.len() + 1);
    let signs = signs(&parts);
    for (part, (sign, after)) in parts.iter().zip(signs.iter().zip(signs.iter().skip(1))) {
        match sign {
            Ordering::Equal => break,
            _ => write(&mut key, part, *sign, *after),
        }
    }
    key.byte(Rank::End as u8);
    key.finish()
}

/// How what begins at each part compares with nothing, and at the end nothing itself.
fn signs(parts: &[Part<'_>]) -> Vec<Ordering> {
    let mut sign = Ordering::Equal;
    let mut signs = vec![sign];
    for part in parts.iter().rev() {
        if let Part::Item(item) = part {
            sign = item.sign().then(sign);
        }
        signs.push(sign);
    }
    signs.reverse();
    signs
}

/// Writes a part, with how it compares with nothing, and what follows it.
fn write(key: &mut KeyWriter, part: &Part<'_>, sign: Ordering, after: Ordering) {
    let by = |sign: Ordering, less: Rank, more: Rank| if sign == Ordering::Less { less } else { more } as u8;
    match part {
        Part::List => key.byte(by(sign, Rank::ListLess, Rank::ListMore)),
        Part::Item(Item::Number(_)) if sign == Ordering::Less => key.byte(Rank::ZeroLess as u8),
        Part::Item(Item::Number(digits)) => key.byte(Rank::Number as u8).number(digits),
        Part::Item(Item::Word(Qualifier::Release)) => {
            key.byte(by(after, Rank::ReleaseLess, Rank::ReleaseMore))
        }
        Part::Item(Item::Numbered(Qualifier::Release, digits)) => {
            key.byte(Rank::Release as u8).number(digits)
        }
        Part::Item(Item::Word(word)) => {
            key.byte(by(sign, Rank::Less, Rank::More));
            qualifier(key, word).byte(WORD)
        }
        Part::Item(Item::Numbered(word, digits)) => {
            key.byte(by(sign, Rank::Less, Rank::More));
            qualifier(key, word).byte(NUMBERED).number(digits)
        }
    };
}

fn qualifier<'a>(key: &'a mut KeyWriter, word: &Qualifier<'_>) -> &'a mut KeyWriter {
    match word {
        Qualifier::Alpha => key.byte(1),
        Qualifier::Beta => key.byte(2),
        Qualifier::Milestone => key.byte(3),
        Qualifier::Candidate => key.byte(4),
        Qualifier::Snapshot => key.byte(5),
        // It has ranks of its own.
        Qualifier::Release => key.byte(6),
        Qualifier::ServicePack => key.byte(7),
        Qualifier::Other(word) => key.byte(8).terminated(&in_utf_16_order(word)),
    }
}

/// Bytes that sort as Java sorts strings: by units of UTF-16, of which those of characters beyond U+FFFF are less than
/// U+E000.
fn in_utf_16_order(word: &str) -> Vec<u8> {
    // 0xee and 0xef begin U+E000 to U+FFFF, 0xf0 to 0xf4 what is beyond.
    word.bytes().map(|byte| if matches!(byte, 0xee | 0xef) { byte + 0x10 } else { byte }).collect()
}

#[cfg(test)]
mod tests;
