use limpid_runtime::Sink as _;
use limpid_store::Store;

use super::*;
use crate::test_support::scanner;

fn source(name: &str, mode: Mode) -> Source {
    Source { name: name.to_owned(), url: "https://example.test/".to_owned(), mode }
}

#[test]
fn a_document_belongs_to_the_source_that_knows_best() {
    let check = |asked: Option<&str>, identified: Option<&str>, starts: &[Source], expected: &str| {
        let mut collector = Collector::new(1, 1);
        collector.identified = identified.map(str::to_owned);
        assert_eq!(resolve(asked, &collector, starts, "file.json").name, expected);
    };
    let (one, two) = (source("one", Mode::Whole), source("two", Mode::Whole));
    let both = [one, two];
    check(Some("asked"), Some("identified"), &both[..1], "asked");
    check(None, Some("identified"), &both[..1], "identified");
    check(None, None, &both[..1], "one");
    check(None, None, &both, "file.json");
    check(None, None, &[], "file.json");
}

#[test]
fn an_index_that_names_others_is_not_the_only_source() {
    let mut collector = Collector::new(1, 1);
    collector.follow(source("next", Mode::Whole));
    let starts = [source("index", Mode::Whole)];
    assert_eq!(resolve(None, &collector, &starts, "file.json").name, "file.json");
}

#[test]
fn a_source_that_the_plugin_names_keeps_its_mode() {
    let starts = [source("changes", Mode::Delta)];
    let collector = Collector::new(1, 1);
    assert_eq!(resolve(Some("changes"), &collector, &starts, "x").mode, Mode::Delta);
    assert_eq!(resolve(Some("other"), &collector, &starts, "x").mode, Mode::Whole);
}

#[test]
fn a_feed_that_nobody_reads_is_an_error_that_names_those_that_are() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let handed = Handed { source: None, name: "x", trust: Trust::Checked };
    let error = scanner.take_in("x", handed, tempfile::tempfile().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "no plugin named `x` reads a feed; there are: none");
    assert!(scanner.feeds().unwrap().is_empty());
}

#[test]
fn why_a_document_was_refused_is_remembered() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let error = scanner.failed("x", Error::TooManyAdvisories { limit: 3 });
    let state = scanner.feeds().unwrap().remove(0);
    assert_eq!((state.name.as_str(), state.plugin, state.sources.len()), ("x", None, 0));
    assert_eq!(state.row.last_failure, Some((1_000, error.to_string())));
}
