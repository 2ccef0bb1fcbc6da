//! What of [protobuf's encoding](https://protobuf.dev/programming-guides/encoding/) messages of spans and profiles need. Crates
//! that generate it from `.proto` files bring a compiler of macros along, which is more than this file.

/// A message on its way.
#[derive(Debug, Default)]
pub(crate) struct Message(Vec<u8>);

const VARINT: u32 = 0;
const FIXED_64: u32 = 1;
const LENGTH: u32 = 2;
const FIXED_32: u32 = 5;

impl Message {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            // The lowest seven bits, and that more follow.
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn tag(&mut self, field: u32, kind: u32) {
        self.varint(u64::from(field << 3 | kind));
    }

    /// A number: an `int64`, `uint32`, `bool` or `enum`. Zero is left out.
    pub(crate) fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.one_of_number(field, value);
        }
    }

    /// A number of a `oneof`, where zero is a value.
    pub(crate) fn one_of_number(&mut self, field: u32, value: u64) {
        self.tag(field, VARINT);
        self.varint(value);
    }

    /// A `fixed64`, or the bits of a `double`.
    pub(crate) fn fixed64(&mut self, field: u32, value: u64) {
        self.tag(field, FIXED_64);
        self.0.extend(value.to_le_bytes());
    }

    /// A `fixed32`.
    pub(crate) fn fixed32(&mut self, field: u32, value: u32) {
        self.tag(field, FIXED_32);
        self.0.extend(value.to_le_bytes());
    }

    /// A `string` or `bytes`. What is empty is left out.
    pub(crate) fn bytes(&mut self, field: u32, value: &[u8]) {
        if !value.is_empty() {
            self.one_of_bytes(field, value);
        }
    }

    /// A `string` of a `oneof`, where an empty one is a value.
    pub(crate) fn one_of_bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, LENGTH);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// Numbers of a `repeated` field.
    pub(crate) fn packed(&mut self, field: u32, values: &[u64]) {
        let mut inner = Self::default();
        values.iter().for_each(|value| inner.varint(*value));
        self.bytes(field, &inner.0);
    }

    /// A message within this one, also where it is empty.
    pub(crate) fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.one_of_bytes(field, &inner.0);
    }
}

/// The fields of a message, as far as it can be read: what is damaged ends it.
#[derive(Debug)]
pub(crate) struct Fields<'m>(pub(crate) &'m [u8]);

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'m> {
    Number(u64),
    Bytes(&'m [u8]),
}

impl Fields<'_> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

impl<'m> Fields<'m> {
    fn take(&mut self, length: usize) -> Option<&'m [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

impl<'m> Iterator for Fields<'m> {
    type Item = (u64, Value<'m>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match u32::try_from(tag & 7).ok()? {
            VARINT => Value::Number(self.varint()?),
            FIXED_64 => Value::Number(u64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            LENGTH => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            FIXED_32 => Value::Number(u32::from_le_bytes(self.take(4)?.try_into().ok()?).into()),
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_encoding_are_written_so() {
        let mut message = Message::default();
        message.number(1, 150);
        assert_eq!(message.into_bytes(), [0x08, 0x96, 0x01]);
        let mut message = Message::default();
        message.bytes(2, b"testing");
        assert_eq!(message.into_bytes(), [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
        let mut message = Message::default();
        message.message(3, |inner| inner.number(1, 150));
        message.number(4, 0);
        message.bytes(5, b"");
        assert_eq!(message.into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let mut message = Message::default();
        message.number(1, u64::MAX);
        assert_eq!(message.into_bytes(), [[0x08].as_slice(), &[0xff; 9], &[0x01]].concat());
    }

    #[test]
    fn what_is_written_is_read() {
        let mut message = Message::default();
        message.number(1, 300);
        message.fixed64(16, 7);
        message.fixed32(2, 9);
        message.one_of_bytes(3, b"");
        let bytes = message.into_bytes();
        let read: Vec<_> = Fields(&bytes).collect();
        let expected =
            [(1, Value::Number(300)), (16, Value::Number(7)), (2, Value::Number(9)), (3, Value::Bytes(b""))];
        assert_eq!(read, expected);
        for length in 0..bytes.len() {
            assert!(Fields(&bytes[..length]).count() < 4);
        }
        assert_eq!(Fields(&[0xff; 20]).next(), None);
    }
}
