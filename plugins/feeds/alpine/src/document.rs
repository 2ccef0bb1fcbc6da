use std::io::{BufRead, Read};

use limpid_plugin_sdk::Error;

/// Bytes of an index; Alpine's has a few KiB.
const MAX_INDEX: u64 = 1 << 20;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The directory listing that names the releases; HTML.
    Index,
    /// What one repository of one release fixed; JSON.
    Secdb,
}

/// Tells by its first character what a document is, and goes there, over what is blank before it.
///
/// # Errors
///
/// [`Error::Malformed`] where it is empty, or neither HTML nor a JSON object.
pub(crate) fn kind(input: &mut impl BufRead) -> Result<Kind, Error> {
    loop {
        let buffer = input.fill_buf()?;
        let length = buffer.len();
        let blank = buffer.iter().position(|byte| !byte.is_ascii_whitespace());
        let first = blank.and_then(|blank| buffer.get(blank)).copied();
        input.consume(blank.unwrap_or(length));
        match first {
            Some(b'<') => return Ok(Kind::Index),
            Some(b'{') => return Ok(Kind::Secdb),
            Some(other) => {
                return Err(Error::malformed(format!(
                    "the document is neither HTML nor a JSON object: it begins with `{}`",
                    other.escape_ascii()
                )));
            }
            None if length == 0 => return Err(Error::malformed("the document is empty")),
            None => {}
        }
    }
}

/// The text of an index.
///
/// # Errors
///
/// [`Error::Malformed`] where it is larger than 1 MiB, or no UTF-8.
pub(crate) fn index(input: impl Read) -> Result<String, Error> {
    let mut bytes = Vec::new();
    input.take(MAX_INDEX + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_INDEX) {
        return Err(Error::malformed(format!("the index is over the limit of {MAX_INDEX} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| Error::malformed(format!("the index is no text: {error}")))
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn a_document_is_known_by_its_first_character() {
        let check = |text: &str, expected: Kind| {
            let mut input = BufReader::with_capacity(2, text.as_bytes());
            assert_eq!(kind(&mut input), Ok(expected), "{text}");
        };
        check("\n   \n<!DOCTYPE html>", Kind::Index);
        check(" {}", Kind::Secdb);
    }

    #[test]
    fn what_is_neither_is_refused_by_what_it_is() {
        let check = |bytes: &[u8], expected: &str| {
            let Err(Error::Malformed(why)) = kind(&mut &*bytes) else { panic!("{expected}: was read") };
            assert!(why.contains(expected), "{why}");
        };
        check(b"", "is empty");
        check(b" \n ", "is empty");
        check(b"---\ndistroversion: v3.5", "begins with `-`");
        check(b"[]", "begins with `[`");
        check(b"\0", "begins with `\\x00`");
        check(b"\x28\xb5\x2f\xfd", "begins with `(`");
    }

    #[test]
    fn an_index_over_the_limit_or_in_another_encoding_is_refused() {
        assert_eq!(index("<a>".as_bytes()), Ok("<a>".to_owned()));
        let check = |input: &mut dyn Read, expected: &str| {
            let Err(Error::Malformed(why)) = index(input) else { panic!("{expected}: was read") };
            assert!(why.contains(expected), "{why}");
        };
        check(&mut std::io::repeat(b' '), "the index is over the limit of 1048576 bytes");
        check(&mut &b"<\xff>"[..], "the index is no text");
    }
}
