use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use limpid_documents::Part;
use limpid_scanner::{DocumentLimits, runtime};

use super::layer::tree;

/// The files of a folder as the documents of one source, by path; inflated where they are
/// compressed, and as their members where they are archives, as the host does it.
#[derive(Debug)]
pub(super) struct Documents {
    files: VecDeque<(String, PathBuf)>,
    open: Option<limpid_documents::Documents>,
}

struct Document(limpid_documents::Document);

impl Documents {
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        let mut files = VecDeque::new();
        for path in tree(folder)?.into_iter().filter(|path| path.is_file()) {
            let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
            files.push_back((name, path));
        }
        Ok(Self { files, open: None })
    }

    /// The name of the first, which a source that nobody names goes by.
    pub(super) fn first(&self) -> Option<&str> {
        self.files.front().map(|(name, _)| name.as_str())
    }
}

impl runtime::Documents for Documents {
    fn next(&mut self) -> io::Result<Option<Box<dyn runtime::Document>>> {
        loop {
            if let Some(open) = &mut self.open
                && let Some(document) = open.next()?
            {
                return Ok(Some(Box::new(Document(document))));
            }
            let Some((name, path)) = self.files.pop_front() else { return Ok(None) };
            let file = Part::whole(File::open(path)?)?;
            self.open = Some(limpid_documents::Documents::open(&name, file, &DocumentLimits::default())?);
        }
    }
}

impl runtime::Document for Document {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn read(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        let read = loop {
            match self.0.read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        bytes.truncate(read);
        Ok(bytes)
    }
}
