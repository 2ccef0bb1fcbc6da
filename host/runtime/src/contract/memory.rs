//! How strings and lists lie in a plugin's memory: where they begin, and how long they are, four bytes each
//! ([Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md)).

use wasmtime::{Result, bail};

/// Size of a string or a list in a list, in bytes.
pub(super) const STRING: usize = 8;

/// The place and the length of a string or a list, of which these are the last bytes.
pub(super) fn parts(bytes: &[u8]) -> Result<[usize; 2]> {
    let words = bytes.last_chunk::<STRING>().copied().unwrap_or_default();
    let number = |bytes: Option<&[u8; STRING / 2]>| u32::from_le_bytes(bytes.copied().unwrap_or_default());
    Ok([usize::try_from(number(words.first_chunk()))?, usize::try_from(number(words.last_chunk()))?])
}

/// The bytes of a string, or of a list of bytes.
pub(super) fn part<'m>(memory: &'m [u8], bytes: &[u8]) -> Result<&'m [u8]> {
    let [place, length] = parts(bytes)?;
    match place.checked_add(length).and_then(|end| memory.get(place..end)) {
        Some(part) => Ok(part),
        None => bail!("string pointer/length out of bounds of memory"),
    }
}
