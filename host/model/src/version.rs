use crate::{Digest, Text};

/// A version as bytes: two keys of one [`SchemeRevision`] compare as the versions do. Keys of two
/// revisions have nothing to say to each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// The key that a scheme computed.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Its bytes, which are its order.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What a scheme says of versions, one after the other in one piece of memory: a document may name a hundred
/// thousand of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    bytes: Vec<u8>,
    answers: Vec<Answer>,
}

/// Where a key, or the reason why there is none, ends among the bytes of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Key(usize),
    None(usize),
}

impl Answer {
    const fn end(self) -> usize {
        match self {
            Self::Key(end) | Self::None(end) => end,
        }
    }
}

impl Keys {
    /// None yet, with room for so many.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::new(), answers: Vec::with_capacity(capacity) }
    }

    /// One more version, with its key, or why it has none.
    pub fn push(&mut self, answer: Result<&[u8], &str>) {
        self.bytes.extend_from_slice(answer.unwrap_or_else(str::as_bytes));
        let end = self.bytes.len();
        self.answers.push(if answer.is_ok() { Answer::Key(end) } else { Answer::None(end) });
    }

    /// What is stated of more versions.
    pub fn append(&mut self, others: &Self) {
        let before = self.bytes.len();
        self.bytes.extend_from_slice(&others.bytes);
        self.answers.extend(others.answers.iter().map(|answer| match answer {
            Answer::Key(end) => Answer::Key(before + end),
            Answer::None(end) => Answer::None(before + end),
        }));
    }

    /// What is stated of the version at a place.
    pub fn get(&self, place: usize) -> Option<Result<&[u8], &str>> {
        let answer = *self.answers.get(place)?;
        let start = place.checked_sub(1).and_then(|before| self.answers.get(before)).map_or(0, |it| it.end());
        let bytes = self.bytes.get(start..answer.end())?;
        Some(match answer {
            Answer::Key(_) => Ok(bytes),
            Answer::None(_) => Err(std::str::from_utf8(bytes).unwrap_or_default()),
        })
    }

    /// What is stated of each version, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Result<&[u8], &str>> {
        (0..self.len()).map(|place| self.get(place).unwrap_or(Err("")))
    }

    /// Of how many versions something is stated.
    pub const fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether that is none.
    pub const fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

/// Which scheme, and which build of it, computed a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemeRevision {
    /// The scheme's own name.
    pub name: String,
    /// Digest of the component that computed the keys.
    pub component: Digest,
}

/// A version and its key, or why it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedVersion {
    /// As its publisher writes it.
    pub version: Text,
    /// Its key, or why it cannot be ordered.
    pub key: Result<Key, String>,
}

/// The keys of the versions of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageKeys {
    /// The component that computed them; none where no plugin orders that scheme.
    pub scheme: Option<Digest>,
    /// The package's version.
    pub version: KeyedVersion,
    /// Its source package's version.
    pub source: Option<KeyedVersion>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_what_was_stated(answers: Vec<Result<Vec<u8>, String>>) {
            let mut keys = Keys::default();
            for answer in &answers {
                keys.push(answer.as_deref().map_err(String::as_str));
            }
            prop_assert_eq!((keys.len(), keys.is_empty()), (answers.len(), answers.is_empty()));
            let stated: Vec<_> = answers.iter().map(|it| it.as_deref().map_err(String::as_str)).collect();
            prop_assert_eq!(&keys.iter().collect::<Vec<_>>(), &stated);
            prop_assert_eq!(keys.get(answers.len()), None);
            let mut twice = keys.clone();
            twice.append(&keys);
            prop_assert_eq!(twice.iter().collect::<Vec<_>>(), [&stated[..], &stated[..]].concat());
        }
    }
}
