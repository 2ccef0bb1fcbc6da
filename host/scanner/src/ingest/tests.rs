use std::sync::Arc;

use limpid_model::{PluginFailure, PluginId};
use limpid_runtime::{Documents, Sink, Source};
use limpid_store::Store;

use super::*;
use crate::test_support::{plugin, scanner};

/// Reads all documents, and fails where that cannot be done.
struct Reader(PluginId);

impl Parser for Reader {
    fn name(&self) -> &str {
        "feed"
    }

    fn plugin(&self) -> &PluginId {
        &self.0
    }

    fn sources(&self, _: Option<&str>) -> Result<Vec<Source>, PluginFailure> {
        Ok(Vec::new())
    }

    fn parse(
        &self,
        _: &str,
        mut documents: Box<dyn Documents>,
        sink: Arc<Mutex<dyn Sink>>,
    ) -> Result<Option<String>, PluginFailure> {
        while let Some(mut document) = documents.next().unwrap() {
            while !document.read(100).unwrap().is_empty() {}
            sink.lock().unwrap().withdraw(document.name().to_owned());
        }
        Ok(Some("cursor".to_owned()))
    }
}

#[test]
fn of_many_documents_none_is_an_open_file_more() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let reader = Reader(plugin("feed"));
    let check = |count: usize, keeping: Keeping, compressed: usize| {
        let file = || limpid_test_archives::file(b"a document");
        let documents: Vec<_> =
            (0..count).map(|number| Document::new(&number.to_string(), file()).unwrap()).collect();
        let parsed = scanner.ingest().parse(&reader, "s", &documents, keeping).unwrap();
        assert_eq!((parsed.collected.withdrawn.len(), parsed.cursor.as_deref()), (count, Some("cursor")));
        let known = documents.iter().filter(|document| document.compressed.get().is_some()).count();
        assert_eq!(known, compressed, "{count} {keeping:?}");
        // Compressed ahead or not, what is kept is the same.
        for document in documents {
            let mut bytes = Vec::new();
            let kept = document.compressed(scanner.settings()).unwrap();
            zstd::stream::copy_decode(kept.reader(), &mut bytes).unwrap();
            assert_eq!(bytes, b"a document");
        }
    };
    check(1, Keeping::Later, 1);
    check(1, Keeping::Already, 0);
    check(0, Keeping::Later, 0);
    check(30, Keeping::Later, 0);
}

#[test]
fn a_feed_that_nobody_reads_is_an_error_that_names_those_that_are() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let handed = Handed { source: None, name: "x", trust: Trust::Checked };
    let error = scanner.ingest_document("x", handed, tempfile::tempfile().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "no plugin named `x` reads a feed; there are: none");
    assert!(scanner.feeds().unwrap().is_empty());
}

#[test]
fn why_a_document_was_refused_is_remembered() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let error = scanner.ingest().failed("x", Error::TooManyAdvisories { limit: 3 });
    let state = scanner.feeds().unwrap().remove(0);
    assert_eq!((state.name.as_str(), state.plugin, state.sources.len()), ("x", None, 0));
    let failure = state.last_failure.unwrap();
    assert_eq!((failure.at, failure.reason), (1_000, error.to_string()));
}
