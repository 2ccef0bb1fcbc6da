//! How a version becomes bytes: its tokens one after the other, each a rank and what it holds.
//!
//! apk compares versions token by token. Where the tokens are of different kinds, the kind decides:
//! ranks are the order of the kinds, with the end of the version among them. Where they are of one
//! kind, what they hold decides.
//!
//! A number after a dot that begins with 0 is compared as text, with one that does not as well
//! (`8.2.0 < 8.2.0015 < 8.2.002 < 8.2.1`). That is a total order: a text that begins with 0 comes
//! before all others, and only two that do not are compared by value. So such a number has a rank
//! of its own, below that of the others. A dot without a number has that rank, too, and what
//! follows the dot decides (`1.2. < 1.2.0`). apk reads numbers modulo 2^64; keys hold them whole.

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::token::{Suffix, Token, Tokens};

/// Ranks, least first: a pre-release comes before the end, all else after it. Suffixes are of one
/// kind for apk, and lie next to each other but for what parts those before the end from the rest.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Rank {
    Alpha = 1,
    Beta,
    Pre,
    Rc,
    End,
    Revision,
    /// Of no token: where the revisions of a version end.
    AnyRevision,
    Hash,
    SuffixNumber,
    Cvs,
    Svn,
    Git,
    Hg,
    P,
    Letter,
    LetterNumber,
    /// The digits behind a [`LeastNumber`](Self::LeastNumber).
    Text,
    LeastNumber,
    Number,
    Invalid,
}

/// The key of a version, or why it is none.
pub(crate) fn of(version: &str) -> Result<Vec<u8>, String> {
    let (mut key, last) = tokens(version)?;
    if last != Some(Token::Invalid) {
        key.byte(Rank::End as u8);
    }
    Ok(key.finish())
}

/// The greatest key of the builds that a version stands for: all revisions of one that has none.
pub(crate) fn ceiling(version: &str) -> Result<Vec<u8>, String> {
    let (mut key, last) = tokens(version)?;
    match last {
        Some(Token::Invalid) => {}
        Some(Token::Revision(_)) => {
            key.byte(Rank::End as u8);
        }
        _ => {
            key.byte(Rank::AnyRevision as u8);
        }
    }
    Ok(key.finish())
}

/// All tokens, and the last of them.
fn tokens(version: &str) -> Result<(KeyWriter, Option<Token<'_>>), String> {
    let mut tokens = Tokens::of(version);
    let mut key = KeyWriter::with_capacity(2 * version.len() + 4);
    let mut last = None;
    while let Some(token) = tokens.next()? {
        write(&mut key, token);
        last = Some(token);
    }
    Ok((key, last))
}

fn write(key: &mut KeyWriter, token: Token<'_>) {
    match token {
        // Every version begins with it: no rank is needed.
        Token::First(digits) => key.number(digits),
        Token::Number("") => key.byte(Rank::LeastNumber as u8),
        Token::Number(digits) if digits.starts_with('0') => {
            key.byte(Rank::LeastNumber as u8).byte(Rank::Text as u8).terminated(digits.as_bytes())
        }
        Token::Number(digits) => key.byte(Rank::Number as u8).number(digits),
        Token::Letter(letter) => key.byte(Rank::Letter as u8).byte(letter),
        Token::LetterNumber(digits) => key.byte(Rank::LetterNumber as u8).number(digits),
        Token::Suffix(suffix) => key.byte(rank_of(suffix) as u8),
        Token::SuffixNumber(digits) => key.byte(Rank::SuffixNumber as u8).number(digits),
        Token::Hash(hash) => key.byte(Rank::Hash as u8).terminated(hash.as_bytes()),
        Token::Revision(digits) => key.byte(Rank::Revision as u8).number(digits),
        Token::Invalid => key.byte(Rank::Invalid as u8),
    };
}

const fn rank_of(suffix: Suffix) -> Rank {
    match suffix {
        Suffix::Alpha => Rank::Alpha,
        Suffix::Beta => Rank::Beta,
        Suffix::Pre => Rank::Pre,
        Suffix::Rc => Rank::Rc,
        Suffix::Cvs => Rank::Cvs,
        Suffix::Svn => Rank::Svn,
        Suffix::Git => Rank::Git,
        Suffix::Hg => Rank::Hg,
        Suffix::P => Rank::P,
    }
}

#[cfg(test)]
mod tests;
