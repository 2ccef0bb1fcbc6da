use std::fmt;
use std::io::{self, BufRead, Read};

use super::{Advisory, Enrichment};
use crate::Error;

/// The documents of one source, one after the other.
pub trait Documents {
    /// The next document: a fetched file, or a member of a fetched archive. What was not read of the one before
    /// is passed by, and can be read no more.
    fn next(&mut self) -> Option<Document>;
}

/// A document: its name and its content, decompressed. It reads ahead: no buffer around it is
/// needed.
pub struct Document {
    name: String,
    content: Box<dyn BufRead>,
}

impl Document {
    /// A document of this name and content.
    pub fn new(name: impl Into<String>, content: impl BufRead + 'static) -> Self {
        Self { name: name.into(), content: Box::new(content) }
    }

    /// The name of the file, or of the member of the archive.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Read for Document {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.content.read(buffer)
    }
}

impl BufRead for Document {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.content.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.content.consume(amount);
    }
}

/// Where what the documents say goes.
pub trait Sink {
    /// Which source the document turns out to be, where its content tells: a document may be handed
    /// in by hand, under any name. What it states replaces what that source stated before. Stated at
    /// most once.
    fn identify(&mut self, source: &str);

    /// Of when the document says that it is: a date or a time, RFC 3339. Where it is stated more than
    /// once, the last holds.
    fn dated(&mut self, when: &str);

    /// An advisory. An id may come more than once from one source, each time with more of what is
    /// affected: the host joins them.
    fn advisory(&mut self, advisory: Advisory);

    /// What is known of a vulnerability whoever is affected.
    fn enrichment(&mut self, enrichment: Enrichment);

    /// The publisher took this advisory back.
    fn withdraw(&mut self, id: &str);

    /// A record that could not be used, and why.
    fn reject(&mut self, id: &str, why: Error);

    /// More to fetch and parse in this run, named by what was just read: an index, a mirror list, a
    /// list of changes.
    fn follow(&mut self, source: Source);
}

/// Something to fetch. Its name stands for it over all runs; advisories belong to the source that
/// stated them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Where it is fetched from.
    pub url: String,
    /// Whether it is all that there is, or what changed.
    pub mode: Mode,
}

impl Source {
    /// A source that has all: what it no longer names is gone.
    pub fn whole(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self { name: name.into(), url: url.into(), mode: Mode::Whole }
    }

    /// A source that has only what changed since the cursor.
    pub fn delta(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self { name: name.into(), url: url.into(), mode: Mode::Delta }
    }
}

/// Whether a source is all that there is, or what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All that this source has: what it no longer names is gone.
    Whole,
    /// Only what changed since the cursor.
    Delta,
}
