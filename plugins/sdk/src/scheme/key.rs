/// Writes a key piece by piece, such that keys compare as bytes the way their pieces compare one
/// after the other.
///
/// No piece is a prefix of another of its kind, so that what follows a piece is only ever compared
/// where the piece itself is equal. Keys that are compared must write pieces of the same kind at
/// the same place; where kinds may differ, a [`byte`](Self::byte) first says which kind follows.
#[derive(Clone, Debug, Default)]
pub struct KeyWriter(Vec<u8>);

impl KeyWriter {
    /// An empty key, with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// A byte as it is: a rank, or which kind of piece follows.
    #[inline]
    pub fn byte(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    /// A decimal number of any length, by its value: leading zeros do not count, and no digits at
    /// all are zero. The caller passes ASCII digits only.
    #[inline]
    pub fn number(&mut self, digits: &str) -> &mut Self {
        let digits = digits.trim_start_matches('0');
        self.length(digits.len());
        self.0.extend_from_slice(digits.as_bytes());
        self
    }

    /// A string by its bytes. A string sorts before those that it begins.
    pub fn terminated(&mut self, text: &[u8]) -> &mut Self {
        for &byte in text {
            self.0.push(byte);
            // A zero byte inside is told from the end by what follows it.
            if byte == 0 {
                self.0.push(0xff);
            }
        }
        self.0.extend_from_slice(&[0, 0]);
        self
    }

    /// The key.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    /// How many digits follow, of which more are a greater number: one byte, and as many 255s
    /// before it as there are 255s in the length.
    #[inline]
    fn length(&mut self, mut length: usize) {
        while length >= 255 {
            self.0.push(255);
            length -= 255;
        }
        self.0.push(length as u8);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(digits: &str) -> Vec<u8> {
        let mut key = KeyWriter::default();
        key.number(digits);
        key.finish()
    }

    fn terminated(text: &[u8]) -> Vec<u8> {
        let mut key = KeyWriter::default();
        key.terminated(text);
        key.finish()
    }

    #[test]
    fn numbers_of_any_length_order_by_value() {
        let long = |length: usize| "9".repeat(length);
        let ascending =
            ["", "1", "2", "10", &long(254), &long(255), &long(256), &long(509), &long(510), &long(511)];
        let keys: Vec<_> = ascending.iter().map(|digits| number(digits)).collect();
        assert!(keys.is_sorted_by(|left, right| left < right), "{keys:?}");
    }

    proptest! {
        #[test]
        fn numbers_order_by_value(left in any::<u64>(), right in 0_u64..3000, zeros in "0{0,3}") {
            let keys = (number(&left.to_string()), number(&format!("{zeros}{right}")));
            prop_assert_eq!(keys.0.cmp(&keys.1), left.cmp(&right));
        }

        #[test]
        fn strings_order_as_bytes_and_what_follows_does_not_matter(
            left in prop::collection::vec(0_u8..3, 0..5),
            right in prop::collection::vec(0_u8..3, 0..5),
            after in any::<(u8, u8)>(),
        ) {
            let (mut l, mut r) = (terminated(&left), terminated(&right));
            if left != right {
                l.push(after.0);
                r.push(after.1);
            }
            prop_assert_eq!(l.cmp(&r), left.cmp(&right));
        }
    }
}
