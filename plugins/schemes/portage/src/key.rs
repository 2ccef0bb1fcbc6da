//! How a version becomes bytes.
//!
//! The specification compares the first numbers by their value. Of further ones it compares those by their value of
//! which neither begins with a zero; where one of two does, it compares both as what stands behind a decimal point:
//! as texts, without the zeros at their ends. So all that begin with a zero come before all that do not. Of two
//! versions of which one has more numbers, and the same otherwise, it is greater.
//!
//! ```text
//! key       = number further* END letter suffix* END revision
//! further   = FRACTION text | WHOLE number
//! suffix    = rank number
//! ```
//!
//! Where suffixes end stands before `_p` and behind all others.

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::{Suffix, Version};

const END: u8 = 0;
const FRACTION: u8 = 1;
const WHOLE: u8 = 2;

/// The rank of the end among suffixes.
const NO_SUFFIX: u8 = 5;

const fn rank(suffix: Suffix) -> u8 {
    match suffix {
        Suffix::Alpha => 1,
        Suffix::Beta => 2,
        Suffix::Pre => 3,
        Suffix::Rc => 4,
        Suffix::Patch => 6,
    }
}

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let length: usize = version.numbers.iter().map(|number| number.len() + 4).sum();
    let mut key = KeyWriter::with_capacity(length + 4 * version.suffixes.len() + version.revision.len() + 8);
    for (index, number) in version.numbers.iter().enumerate() {
        match index {
            0 => key.number(number),
            _ if number.starts_with('0') => {
                key.byte(FRACTION).terminated(number.trim_end_matches('0').as_bytes())
            }
            _ => key.byte(WHOLE).number(number),
        };
    }
    key.byte(END).byte(version.letter.unwrap_or(0));
    for (suffix, digits) in &version.suffixes {
        key.byte(rank(*suffix)).number(digits);
    }
    key.byte(NO_SUFFIX).number(version.revision);
    key.finish()
}

#[cfg(test)]
mod tests;
