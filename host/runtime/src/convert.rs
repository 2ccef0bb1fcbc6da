//! What plugins say, in the words of the model. Everything that crosses over is converted here,
//! once, and nowhere else are the generated types known.

use limpid_model::InputError;

use crate::contract::types;

mod detector;
mod feed;
mod fields;

pub(crate) use detector::{claim, finding};
pub(crate) use feed::{Flaw, advisory, cursor, date, enrichment, rejection, source, withdrawal};
pub(crate) use fields::Fields;

/// Longest message of a plugin that is passed on, in bytes.
const MESSAGE_BYTES: usize = 1024;

/// A plugin's words, no longer than a message may be.
pub(crate) fn shorten(mut text: String) -> String {
    if text.len() > MESSAGE_BYTES {
        text.truncate(text.floor_char_boundary(MESSAGE_BYTES));
        text.push('…');
    }
    text
}

/// Why a plugin could not use its input.
pub(crate) fn input_error(error: types::Error) -> InputError {
    match error {
        types::Error::Malformed(why) => InputError::Malformed(shorten(why)),
        types::Error::Unsupported(what) => InputError::Unsupported(shorten(what)),
        types::Error::Other(why) => InputError::Other(shorten(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut_between_characters() {
        assert_eq!(shorten("short".into()), "short");
        let cut = shorten("ü".repeat(MESSAGE_BYTES));
        assert_eq!(cut.chars().count(), MESSAGE_BYTES / 2 + 1);
        assert!(cut.ends_with("ü…"));
    }
}
