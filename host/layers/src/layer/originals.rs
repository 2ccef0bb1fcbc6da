use std::collections::{HashMap, VecDeque};

use crate::files::Content;

/// Claimed files that hard links may still lead to. The content of the last few is kept, because
/// links mostly come right after what they lead to.
pub(super) struct Originals {
    files: HashMap<u64, Original>,
    /// Those with content, oldest first, and how much memory each takes.
    kept: VecDeque<(u64, u64)>,
    memory: u64,
    limit: u64,
}

/// A claimed file.
pub(super) struct Original {
    /// The claims that it matches for what it holds, and that every link to it matches, too: their places.
    pub(super) by_content: Vec<usize>,
    /// In bytes.
    pub(super) size: u64,
    /// As much of it as somebody wanted.
    pub(super) content: Option<Content>,
}

/// Each spilled content holds a file open.
const KEPT: usize = 64;

impl Originals {
    /// Keeps content up to `limit` bytes of memory.
    pub(super) fn new(limit: u64) -> Self {
        Self { files: HashMap::new(), kept: VecDeque::new(), memory: 0, limit }
    }

    pub(super) fn get(&self, ordinal: u64) -> Option<&Original> {
        self.files.get(&ordinal)
    }

    /// Notes a claimed file.
    pub(super) fn add(&mut self, ordinal: u64, size: u64, by_content: Vec<usize>) {
        self.files.insert(ordinal, Original { by_content, size, content: None });
    }

    /// Keeps the content of a claimed file, and drops that of the oldest where it becomes too much.
    pub(super) fn keep(&mut self, ordinal: u64, content: &Content) {
        let memory = content.in_memory();
        let Some(original) = self.files.get_mut(&ordinal).filter(|_| memory <= self.limit) else { return };
        original.content = Some(content.clone());
        self.kept.push_back((ordinal, memory));
        self.memory += memory;
        while self.memory > self.limit || self.kept.len() > KEPT {
            let Some((oldest, memory)) = self.kept.pop_front() else { return };
            self.memory -= memory;
            if let Some(original) = self.files.get_mut(&oldest) {
                original.content = None;
            }
        }
    }
}
