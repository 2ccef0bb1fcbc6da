use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Document, Documents, Sink};

use crate::publisher::{Publisher, Scope};

/// Reads the records of a repository that has them in some `folders`, for a publisher whose one source is `whole`, and
/// tells which source they are: an archive stands for all records, whatever it is called; a single one that is handed in
/// as anything but `whole` stands for itself.
///
/// # Errors
/// As [`read`](crate::read) has them: where there is no record that could be used.
pub fn read_folders(
    publisher: &dyn Publisher,
    folders: &[&str],
    Sources { whole, named }: Sources<'_>,
    documents: &mut dyn Documents,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let mut records = Folders::new(documents, folders);
    let summary = crate::read(publisher, Scope::Everything, &mut records, sink)?;
    let is_one = summary.records == 1 && named != whole;
    sink.identify(if is_one { &summary.first } else { whole });
    Ok(())
}

/// What the source of a repository is called, and what it was called as it was handed in.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The name of the one source.
    pub whole: &'a str,
    /// The name that came with the documents.
    pub named: &'a str,
}

/// The documents of a tree that lie in one of some folders, such as those of a repository where there are tools and
/// other documents as well. A document that was handed in by itself lies in no folder, and comes too.
///
/// ```
/// use limpid_osv::Folders;
/// use limpid_plugin_sdk::feed::Documents;
/// use limpid_plugin_sdk::testing::InMemory;
///
/// let mut tree = InMemory::new([("pads-main/tools/PADS-1.json", "{}"), ("pads-main/advisories/PADS-1.json", "{}")]);
/// let mut documents = Folders::new(&mut tree, &["advisories"]);
/// assert_eq!(documents.next().unwrap().name(), "pads-main/advisories/PADS-1.json");
/// assert!(documents.next().is_none());
/// ```
pub struct Folders<'a> {
    documents: &'a mut dyn Documents,
    folders: &'a [&'a str],
}

impl<'a> Folders<'a> {
    /// Those of `documents` that lie in `folders`, at whatever depth: `advisories`, `dhi/osv`.
    pub fn new(documents: &'a mut dyn Documents, folders: &'a [&'a str]) -> Self {
        Self { documents, folders }
    }

    fn hold(&self, path: &str) -> bool {
        let is_in = |folder: &&str| {
            let is_at = |at: usize| {
                let begins = path.get(..at).is_some_and(|before| before.is_empty() || before.ends_with('/'));
                begins && path.get(at + folder.len()..).is_some_and(|rest| rest.starts_with('/'))
            };
            path.match_indices(*folder).any(|(at, _)| is_at(at))
        };
        !path.contains('/') || self.folders.iter().any(is_in)
    }
}

impl std::fmt::Debug for Folders<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Folders").field("folders", &self.folders).finish_non_exhaustive()
    }
}

impl Documents for Folders<'_> {
    fn next(&mut self) -> Option<Document> {
        loop {
            let document = self.documents.next()?;
            if self.hold(document.name()) {
                return Some(document);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::testing::InMemory;

    use super::*;

    #[test]
    fn a_document_lies_in_a_folder_by_whole_names() {
        let check = |path: &str, expected: bool| {
            let folders = ["advisories", "dhi/osv"];
            assert_eq!(Folders::new(&mut InMemory::default(), &folders).hold(path), expected, "{path}");
        };
        check("PADS-1.json", true);
        check("tree/advisories/2026/PADS-1.json", true);
        check("advisories/PADS-1.json", true);
        check("tree/dhi/osv/PADS-1.json", true);
        check("tree/my-advisories/advisories/PADS-1.json", true);
        check("tree/my-advisories/PADS-1.json", false);
        check("tree/advisories-old/PADS-1.json", false);
        check("tree/osv/dhi/PADS-1.json", false);
        check("tree/advisories", false);
    }
}
