use std::io::Read;

use limpid_plugin_sdk::Error;

/// Bytes of a document; the largest secdb has about 1 MB.
const MAX_DOCUMENT: u64 = 32 << 20;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The directory listing that names the releases; HTML.
    Index,
    /// What one repository of one release fixed; JSON.
    Secdb,
}

/// Reads a document to its end, and tells by its first character what it is.
///
/// # Errors
///
/// [`Error::Malformed`] where it is empty, larger than 32 MiB, not UTF-8, or neither HTML nor a
/// JSON object.
pub(crate) fn read(input: impl Read) -> Result<(Kind, String), Error> {
    let mut bytes = Vec::new();
    input.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_DOCUMENT) {
        return Err(Error::malformed(format!("the document is over the limit of {MAX_DOCUMENT} bytes")));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::malformed(format!("the document is no text: {error}")))?;
    match text.trim_start().chars().next() {
        Some('<') => Ok((Kind::Index, text)),
        Some('{') => Ok((Kind::Secdb, text)),
        Some(other) => Err(Error::malformed(format!(
            "the document is neither HTML nor a JSON object: it begins with `{}`",
            other.escape_debug()
        ))),
        None => Err(Error::malformed("the document is empty")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_known_by_its_first_character() {
        assert_eq!(read("\n<!DOCTYPE html>".as_bytes()), Ok((Kind::Index, "\n<!DOCTYPE html>".into())));
        assert_eq!(read(" {}".as_bytes()), Ok((Kind::Secdb, " {}".into())));
    }

    #[test]
    fn what_is_neither_is_refused_by_what_it_is() {
        let check = |bytes: &[u8], expected: &str| {
            let Err(Error::Malformed(why)) = read(bytes) else { panic!("{expected}: was read") };
            assert!(why.contains(expected), "{why}");
        };
        check(b"", "is empty");
        check(b" \n ", "is empty");
        check(b"---\ndistroversion: v3.5", "begins with `-`");
        check(b"[]", "begins with `[`");
        check(b"\0", "begins with `\\0`");
        check(b"\x28\xb5\x2f\xfd", "no text");
    }

    #[test]
    fn a_document_over_the_limit_is_not_kept() {
        let Err(Error::Malformed(why)) = read(std::io::repeat(b' ')) else { panic!("was read") };
        assert_eq!(why, "the document is over the limit of 33554432 bytes");
    }
}
