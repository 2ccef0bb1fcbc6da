use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use limpid_layers::inflated;
use limpid_scanner::runtime;

use super::layer::tree;

/// The files of a folder as the documents of one source, by path; inflated where they are
/// compressed, as the host does it.
#[derive(Debug)]
pub(super) struct Documents(VecDeque<(String, PathBuf)>);

struct Document {
    name: String,
    bytes: Box<dyn Read + Send>,
}

impl Documents {
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        let mut documents = VecDeque::new();
        for path in tree(folder)?.into_iter().filter(|path| path.is_file()) {
            let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
            documents.push_back((name, path));
        }
        Ok(Self(documents))
    }

    /// The name of the first, which a source that nobody names goes by.
    pub(super) fn first(&self) -> Option<&str> {
        self.0.front().map(|(name, _)| name.as_str())
    }
}

impl runtime::Documents for Documents {
    fn next(&mut self) -> io::Result<Option<Box<dyn runtime::Document>>> {
        let Some((name, path)) = self.0.pop_front() else { return Ok(None) };
        let bytes = inflated(Box::new(File::open(path)?))?;
        Ok(Some(Box::new(Document { name, bytes })))
    }
}

impl runtime::Document for Document {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        let read = loop {
            match self.bytes.read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        bytes.truncate(read);
        Ok(bytes)
    }
}
