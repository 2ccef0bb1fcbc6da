use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use limpid_bytes::{Part, unnamed};

use crate::{Error, Want};

/// A file of a layer that somebody claimed. Cheap to clone; its content is shared.
#[derive(Clone, Debug)]
pub struct ClaimedFile {
    path: Arc<str>,
    ordinal: u64,
    executable: bool,
    size: u64,
    /// As much of it as somebody wants.
    content: Content,
    /// How much of that is shown.
    shown: u64,
    claims: Arc<[u32]>,
}

impl ClaimedFile {
    /// A file of so many bytes, of which so much is at hand.
    pub(crate) fn new(path: Arc<str>, ordinal: u64, executable: bool, size: u64, content: Content) -> Self {
        let shown = content.size();
        Self { path, ordinal, executable, size, content, shown, claims: Arc::default() }
    }

    /// As much of it as somebody wants to see.
    pub(crate) fn wanted(&self, want: &Want) -> Self {
        let head = want.head.map_or(u64::MAX, u64::from);
        Self { shown: self.content.size().min(head), claims: want.claims.as_slice().into(), ..self.clone() }
    }

    /// Its path in the layer, normalised, without a leading slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Which entry of the layer it is: a path that a layer holds twice is shown twice, and
    /// [`LayerContents::superseded`](crate::LayerContents::superseded) tells by this which showing
    /// does not hold.
    pub fn ordinal(&self) -> u64 {
        self.ordinal
    }

    /// Its size in bytes, however much of it is shown.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many of its first bytes are shown.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    /// Which claims of whom it is shown to it matches: their places among its claims, in order.
    pub fn claims(&self) -> &[u32] {
        &self.claims
    }

    /// How much of it takes memory or a temporary file, in bytes.
    pub(crate) fn kept(&self) -> u64 {
        self.content.size()
    }

    /// Whether anybody may execute it.
    pub fn executable(&self) -> bool {
        self.executable
    }

    /// At most `len` bytes from `offset`; fewer only where the file, or what is shown of it, ends. Fails
    /// only where its temporary file does.
    pub fn read(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        let left = usize::try_from(self.shown.saturating_sub(offset)).unwrap_or(usize::MAX);
        let len = left.min(len);
        match &self.content {
            Content::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                Ok(bytes.get(start..).and_then(|rest| rest.get(..len)).unwrap_or_default().into())
            }
            Content::Spilled(part) => {
                let mut bytes = vec![0; len];
                if len > 0 && part.read_at(&mut bytes, offset)? < len {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(bytes.into())
            }
        }
    }
}

/// Where the content of a claimed file is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Memory(Arc<Vec<u8>>),
    Spilled(Part),
}

impl Content {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Spilled(part) => part.len(),
        }
    }

    pub(crate) fn in_memory(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Spilled(_) => 0,
        }
    }
}

/// Ingests the content of one file.
pub(crate) enum Writer {
    Memory(Vec<u8>),
    Spilled { file: Arc<File>, start: u64, written: u64 },
}

impl Writer {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Memory(content) => content.extend_from_slice(bytes),
            Self::Spilled { file, start, written } => {
                file.write_all_at(bytes, *start + *written).map_err(Error::io("writing a temporary file"))?;
                *written += bytes.len() as u64;
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Content {
        match self {
            Self::Memory(content) => Content::Memory(Arc::new(content)),
            Self::Spilled { file, start, written } => Content::Spilled(Part::of(file, start, written)),
        }
    }
}

/// Decides where content goes: in memory up to the budgets, then in temporary files.
pub(crate) struct Storage<'a> {
    scratch: &'a Path,
    /// Largest content of a file that stands alone that stays in memory.
    alone: u64,
    /// What is left of the memory for files that belong together.
    together: u64,
    /// Files that belong together and have no place in memory: one temporary file for all, because
    /// there may be more of them than a process may open.
    overflow: Option<(Arc<File>, u64)>,
    /// Used again for every file that is kept until it is known whether somebody wants it.
    spare: Vec<u8>,
}

impl<'a> Storage<'a> {
    pub(crate) fn new(scratch: &'a Path, alone: u64, together: u64) -> Self {
        Self { scratch, alone, together, overflow: None, spare: Vec::new() }
    }

    /// For a file that is shown soon and then forgotten.
    pub(crate) fn alone(&self, size: u64) -> Result<Writer, Error> {
        if size <= self.alone {
            return Ok(in_memory(size));
        }
        Ok(Writer::Spilled { file: Arc::new(unnamed(self.scratch)?), start: 0, written: 0 })
    }

    /// For a file of which it is not known yet whether somebody wants it.
    pub(crate) fn for_now(&mut self, size: u64) -> Result<Writer, Error> {
        if size <= self.alone {
            return Ok(Writer::Memory(std::mem::take(&mut self.spare)));
        }
        self.alone(size)
    }

    /// Nobody wants it.
    pub(crate) fn give_back(&mut self, writer: Writer) {
        if let Writer::Memory(mut content) = writer {
            content.clear();
            self.spare = content;
        }
    }

    /// Somebody wants it.
    pub(crate) fn settle(&mut self, writer: Writer) -> Content {
        let Writer::Memory(content) = writer else { return writer.finish() };
        let settled = Content::Memory(Arc::new(content.as_slice().to_vec()));
        self.give_back(Writer::Memory(content));
        settled
    }

    /// For a file that waits for the layer's end.
    pub(crate) fn together(&mut self, size: u64) -> Result<Writer, Error> {
        if size <= self.together {
            self.together -= size;
            return Ok(in_memory(size));
        }
        let (file, start) = match self.overflow.take() {
            Some(overflow) => overflow,
            None => (Arc::new(unnamed(self.scratch)?), 0),
        };
        self.overflow = Some((file.clone(), start + size));
        Ok(Writer::Spilled { file, start, written: 0 })
    }
}

/// `size` is what a header states, but never more than a budget.
fn in_memory(size: u64) -> Writer {
    Writer::Memory(Vec::with_capacity(usize::try_from(size).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Claimant;

    fn file(mut writer: Writer, bytes: &[u8]) -> ClaimedFile {
        writer.write(bytes).unwrap();
        let content = writer.finish();
        ClaimedFile::new("a".into(), 0, false, content.size(), content)
    }

    #[test]
    fn content_reads_the_same_wherever_it_is() {
        let scratch = tempfile::tempdir().unwrap();
        let mut storage = Storage::new(scratch.path(), 4, 4);
        let files = [
            file(storage.alone(4).unwrap(), b"1234"),
            file(storage.alone(8).unwrap(), b"12345678"),
            file(storage.together(4).unwrap(), b"1234"),
            file(storage.together(8).unwrap(), b"12345678"),
            file(storage.together(2).unwrap(), b"12"),
        ];
        let spilled = files.each_ref().map(|file| matches!(file.content, Content::Spilled(_)));
        assert_eq!(spilled, [false, true, false, true, true]);
        for file in &files {
            let all = b"12345678".get(..file.size() as usize).unwrap();
            assert_eq!(&*file.read(0, 100).unwrap(), all);
            assert_eq!(&*file.read(1, 1).unwrap(), b"2");
            assert_eq!(&*file.read(8, 1).unwrap(), b"");
            assert_eq!(&*file.read(u64::MAX, usize::MAX).unwrap(), b"");
            let by = Claimant { index: 0, together: false };
            let head = file.wanted(&Want { by, claims: vec![3], head: Some(1) });
            assert_eq!((head.size(), head.shown(), head.claims()), (file.size(), 1, &[3][..]));
            assert_eq!(&*head.read(0, 100).unwrap(), b"1");
        }
    }
}
