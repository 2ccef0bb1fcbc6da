//! How a version becomes bytes.
//!
//! Lists of numbers are compared from left to right, as if zeros without end followed each. So a zero does not say how it
//! compares with the end: the next number that is none does. What a zero leads to, less than nothing or more, is
//! therefore written in its place, and zeros that lead to nothing are left out:
//!
//! ```text
//! key       = component* END revision
//! component = ALPHA | BETA | CANDIDATE | TO_LESS | TO_MORE | MORE number
//! ```

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::{Component, Version};

const ALPHA: u8 = 1;
const BETA: u8 = 2;
const CANDIDATE: u8 = 3;
/// A zero; the next number that is none is less.
const TO_LESS: u8 = 4;
const END: u8 = 5;
/// A zero; the next number that is none is more.
const TO_MORE: u8 = 6;
const MORE: u8 = 7;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let length: usize = version.components.iter().map(|component| 2 + digits(*component)).sum();
    let mut key = KeyWriter::with_capacity(length + version.revision.len() + 3);
    let mut rest = version.components.as_slice();
    while let [first, after @ ..] = rest {
        match first {
            Component::Alpha => key.byte(ALPHA),
            Component::Beta => key.byte(BETA),
            Component::Candidate => key.byte(CANDIDATE),
            Component::Number(digits) => key.byte(MORE).number(digits),
            Component::Letter(place) => key.byte(MORE).number(&place.to_string()),
            Component::Zero => {
                // All zeros of a run lead to the same.
                let zeros = rest.iter().take_while(|component| **component == Component::Zero).count();
                let to = match rest.get(zeros) {
                    None => break,
                    Some(Component::Alpha | Component::Beta | Component::Candidate) => TO_LESS,
                    Some(_) => TO_MORE,
                };
                for _ in 0..zeros {
                    key.byte(to);
                }
                rest = rest.get(zeros..).unwrap_or_default();
                continue;
            }
        };
        rest = after;
    }
    key.byte(END).number(version.revision);
    key.finish()
}

/// How many digits a number may take in a key.
fn digits(component: Component<'_>) -> usize {
    match component {
        Component::Number(digits) => digits.len() + digits.len() / 255,
        _ => 2,
    }
}

#[cfg(test)]
mod tests;
