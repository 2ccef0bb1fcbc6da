//! Keys as bytes whose order is the order of the keys, part by part ("memcomparable").
//!
//! Numbers are big-endian. A text ends with `00 00`, and a `00` within it is written `00 FF`, so
//! that a shorter text sorts before a longer one that begins with it, which a length in front would
//! not give. Prefixes are append-only: a part once written never changes its meaning.

use limpid_model::Digest;
use memchr::memchr;

/// Something that encodes to ordered bytes.
pub trait Key: Sized {
    /// Appends the key.
    fn encode(&self, out: &mut Writer);
    /// Reads it back; none where the bytes are not such a key.
    fn decode(from: &mut Reader<'_>) -> Option<Self>;
}

/// Builds an ordered key, or the prefix of one.
#[derive(Debug)]
pub struct Writer(Vec<u8>);

/// Room for most keys, in bytes.
const ROOM: usize = 48;

impl Default for Writer {
    fn default() -> Self {
        Self(Vec::with_capacity(ROOM))
    }
}

impl Writer {
    /// Appends bytes of a length that never varies.
    pub fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a number.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.fixed(&number.to_be_bytes())
    }

    /// Appends a digest.
    pub fn digest(&mut self, digest: &Digest) -> &mut Self {
        self.fixed(digest.as_bytes())
    }

    /// Appends a text, whole: what follows is another part.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Appends bytes of any length, whole, in the way of a text.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let mut rest = bytes;
        while let Some(zero) = memchr(0, rest) {
            let (head, tail) = rest.split_at(zero + 1);
            self.fixed(head).fixed(&[0xFF]);
            rest = tail;
        }
        self.fixed(rest).fixed(&[0, 0])
    }

    /// How many bytes were written.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets all but the first bytes.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads the parts of an ordered key back.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next `N` bytes.
    pub fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    /// The next number.
    pub fn number(&mut self) -> Option<u64> {
        self.fixed().map(u64::from_be_bytes)
    }

    /// The next digest.
    pub fn digest(&mut self) -> Option<Digest> {
        self.fixed().map(Digest::from_bytes)
    }

    /// The next text.
    pub fn text(&mut self) -> Option<String> {
        self.bytes().and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// The next bytes of any length.
    pub fn bytes(&mut self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            match *self.0 {
                [0, 0, ref rest @ ..] => {
                    self.0 = rest;
                    return Some(bytes);
                }
                [0, 0xFF, ref rest @ ..] => {
                    bytes.push(0);
                    self.0 = rest;
                }
                [0, ..] | [] => return None,
                [byte, ref rest @ ..] => {
                    bytes.push(byte);
                    self.0 = rest;
                }
            }
        }
    }

    /// Whether all was read.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Key for Digest {
    fn encode(&self, out: &mut Writer) {
        out.digest(self);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        from.digest()
    }
}

impl Key for String {
    fn encode(&self, out: &mut Writer) {
        out.text(self);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        from.text()
    }
}

impl Key for u64 {
    fn encode(&self, out: &mut Writer) {
        out.number(*self);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        from.number()
    }
}

impl Key for Vec<u8> {
    fn encode(&self, out: &mut Writer) {
        out.bytes(self);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        from.bytes()
    }
}

/// A part that may be absent: it then sorts first.
impl<K: Key> Key for Option<K> {
    fn encode(&self, out: &mut Writer) {
        match self {
            None => _ = out.fixed(&[0]),
            Some(key) => key.encode(out.fixed(&[1])),
        }
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        match from.fixed()? {
            [0] => Some(None),
            [1] => K::decode(from).map(Some),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(key: &impl Key) -> Vec<u8> {
        let mut out = Writer::default();
        key.encode(&mut out);
        out.finish()
    }

    type Composite = (String, u64, String);

    impl Key for Composite {
        fn encode(&self, out: &mut Writer) {
            out.text(&self.0).number(self.1).text(&self.2);
        }

        fn decode(from: &mut Reader<'_>) -> Option<Self> {
            Some((from.text()?, from.number()?, from.text()?))
        }
    }

    fn composite() -> impl Strategy<Value = Composite> {
        ("[\0a\u{ff}]{0,4}", 0..3_u64, "[\0a\u{ff}]{0,4}")
    }

    proptest! {
        #[test]
        fn bytes_order_as_keys_do(a in composite(), b in composite()) {
            prop_assert_eq!(encode(&a).cmp(&encode(&b)), a.cmp(&b));
        }

        #[test]
        fn a_key_reads_back(key in composite()) {
            let bytes = encode(&key);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(Composite::decode(&mut reader), Some(key));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes: Vec<u8>) {
            let _ = Composite::decode(&mut Reader::new(&bytes));
        }
    }
}
