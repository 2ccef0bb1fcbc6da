//! How a version becomes bytes: its numbers one after the other, without the zeros at the end. Fewer are before more.
//!
//! ```text
//! key  = (MORE number)* END
//! ```

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::Version;

const END: u8 = 1;
const MORE: u8 = 2;

/// The key of a version.
pub(crate) fn of(version: &Version) -> Vec<u8> {
    let is_zero = |number: &String| number.bytes().all(|digit| digit == b'0');
    let count = version.0.iter().rposition(|number| !is_zero(number)).map_or(0, |last| last + 1);
    let length: usize = version.0.iter().map(|number| number.len() + 2).sum();
    let mut key = KeyWriter::with_capacity(length + 1);
    for number in version.0.iter().take(count) {
        key.byte(MORE).number(number);
    }
    key.byte(END);
    key.finish()
}

#[cfg(test)]
mod tests;
