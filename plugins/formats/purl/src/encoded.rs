//! Percent-encoding (clause 5.4).

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use crate::Invalid;

/// Text in which everything but ASCII letters, digits, `.-_~` and the colon is percent-encoded.
pub(crate) struct Encoded<'a>(pub(crate) &'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.bytes().position(|byte| !is_plain(byte)) {
            let (plain, special) = rest.split_at(at);
            f.write_str(plain)?;
            let mut characters = special.chars();
            let mut buffer = [0; 4];
            if let Some(character) = characters.next() {
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    let digit =
                        |four: u8| char::from_digit(four.into(), 16).unwrap_or_default().to_ascii_uppercase();
                    f.write_char('%')?;
                    f.write_char(digit(byte >> 4))?;
                    f.write_char(digit(byte & 0xF))?;
                }
            }
            rest = characters.as_str();
        }
        f.write_str(rest)
    }
}

/// Whether a byte is written as it is.
pub(crate) const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':')
}

/// Text without percent-encoding.
pub(crate) fn decode(text: &str) -> Result<Cow<'_, str>, Invalid> {
    if !text.contains('%') {
        return Ok(text.into());
    }
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => digit(bytes.next())? << 4 | digit(bytes.next())?,
            byte => byte,
        });
    }
    String::from_utf8(decoded).map(Cow::from).map_err(|_| Invalid::Encoding)
}

fn digit(byte: Option<u8>) -> Result<u8, Invalid> {
    let digit = byte.and_then(|byte| char::from(byte).to_digit(16));
    digit.and_then(|digit| u8::try_from(digit).ok()).ok_or(Invalid::Encoding)
}
