//! How a version becomes bytes: its numbers one after the other. Fewer are before more.
//!
//! ```text
//! key  = (MORE number)* END
//! ```

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::Version;

const END: u8 = 1;
const MORE: u8 = 2;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let length: usize = version.0.iter().map(|number| number.len() + 2).sum();
    let mut key = KeyWriter::with_capacity(length + 1);
    for number in &version.0 {
        key.byte(MORE).number(number);
    }
    key.byte(END);
    key.finish()
}

#[cfg(test)]
mod tests;
