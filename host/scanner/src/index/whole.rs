//! Files that are at hand whole, as detectors are shown them.

use std::io;
use std::sync::Arc;

use limpid_model::{Digest, Grouping, LayerFindings};
use limpid_runtime::{LayerFile, Plugin};

use super::{Answer, detection};

/// Files that stand alone are shown this many at a time.
const ALONE: usize = 256;

/// Files that a detector claims, by how they are shown.
#[derive(Default)]
pub(crate) struct WholeFiles {
    alone: Vec<WholeFile>,
    together: Vec<WholeFile>,
}

/// A file as a detector sees it.
#[derive(Clone)]
pub(crate) struct WholeFile {
    pub(crate) path: String,
    pub(crate) executable: bool,
    pub(crate) content: Arc<[u8]>,
    pub(crate) claims: Arc<[u32]>,
}

impl WholeFiles {
    pub(crate) fn add(&mut self, grouping: Grouping, file: WholeFile) {
        match grouping {
            Grouping::Alone => self.alone.push(file),
            Grouping::Together => self.together.push(file),
        }
    }
}

/// What a detector finds in files of an image.
pub(crate) fn detect(detector: &Plugin, image: &Digest, files: WholeFiles) -> LayerFindings {
    let mut found = LayerFindings::default();
    let cause = detection::cause(image);
    let alone = files.alone.chunks(ALONE).map(|batch| (Grouping::Alone, batch));
    let together = std::iter::once((Grouping::Together, files.together.as_slice()));
    for (grouping, batch) in alone.chain(together).filter(|(_, batch)| !batch.is_empty()) {
        let Answer { detected, failures } = detection::show(detector, Some(&cause), grouping, batch);
        found.findings.extend(detected.findings);
        found.unread.extend(detected.unread);
        found.failures.extend(failures);
    }
    detection::sort(&mut found);
    found
}

impl LayerFile for WholeFile {
    fn path(&self) -> &str {
        &self.path
    }

    fn size(&self) -> u64 {
        self.content.len() as u64
    }

    fn executable(&self) -> bool {
        self.executable
    }

    fn claims(&self) -> &[u32] {
        &self.claims
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.content.len());
        let end = start.saturating_add(len).min(self.content.len());
        Ok(self.content.get(start..end).unwrap_or_default().to_vec())
    }
}
