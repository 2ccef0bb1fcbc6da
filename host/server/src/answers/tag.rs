use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hash};

/// By which a client knows an answer again: as long as it is the same, the answer says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tag([u64; 2]);

/// Tags of one process. The settings, and the program, are those of the process: another one gives others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tags([RandomState; 2]);

impl Tags {
    /// The tag of what depends on this.
    pub(crate) fn of(&self, on: &impl Hash) -> Tag {
        Tag(self.0.each_ref().map(|hasher| hasher.hash_one(on)))
    }
}

impl Tag {
    /// Whether it is meant by what a client says. Strong or weak is the same here.
    pub(super) fn is(&self, known: &str) -> bool {
        let bare = known.strip_prefix("W/").unwrap_or(known);
        known == "*" || self.to_string().strip_prefix("W/") == Some(bare)
    }
}

impl fmt::Display for Tag {
    /// It is weak, because it is the same for all encodings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [high, low] = self.0;
        write!(f, "W/\"{high:016x}{low:016x}\"")
    }
}
