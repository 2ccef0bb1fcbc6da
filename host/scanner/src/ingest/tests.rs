use limpid_store::Store;

use super::*;
use crate::test_support::scanner;

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
