use std::sync::atomic::{AtomicU64, Ordering};

use limpid_model::DecisionKind::{PolicyJson, PolicyToml, Vex};

use super::*;
use crate::Scanner;
use crate::test_support::scanner_with;

const VEX: &str = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [
    {"vulnerability": "CVE-2026-1", "products": ["pkg:npm/a@1"], "status": "fixed"}]}"#;

fn document(kind: DecisionKind, name: &str, text: &str) -> DecisionDocument {
    DecisionDocument { name: name.to_owned(), kind, since: 0, bytes: text.as_bytes().to_vec() }
}

/// A scanner at a time that the test sets, which keeps history for so long.
fn at(time: &Arc<AtomicU64>, history: u64) -> (Scanner, tempfile::TempDir) {
    let time = Arc::clone(time);
    scanner_with(Store::in_memory(), move |settings| {
        settings.clock = Clock::new(move || time.load(Ordering::Relaxed));
        settings.history = history;
        settings.policies.documents = 3;
    })
}

fn names(scanner: &Scanner) -> Vec<String> {
    let known = scanner.0.decided.now(scanner.store()).unwrap();
    known.decisions.policies().map(|policy| policy.name().to_owned()).collect()
}

/// What was in force before a time.
fn then(scanner: &Scanner, before: u64) -> Vec<(String, u64)> {
    let documents = in_force(&scanner.store().view(), Some(before)).unwrap();
    documents.into_iter().map(|it| (it.name, it.since)).collect()
}

#[test]
fn the_last_document_of_a_name_is_in_force_and_the_past_is_known() {
    let time = Arc::new(AtomicU64::new(100));
    let (scanner, _scratch) = at(&time, 1_000);
    assert_eq!(names(&scanner), [""; 0]);
    let put = |kind, name: &str, text: &str| {
        scanner.put_decision_document(document(kind, name, text)).unwrap().since
    };
    assert_eq!(put(PolicyToml, "b", ""), 100);
    assert_eq!(put(PolicyToml, "b", ""), 100, "nothing changes");
    assert_eq!(put(PolicyJson, "b", "{}"), 101, "within the same moment, or where the clock was set back");
    assert_eq!(put(Vex, "b", VEX), 100, "another kind has names of its own");
    assert_eq!(put(PolicyToml, "a", ""), 100);
    assert_eq!(names(&scanner), ["a", "b"]);
    time.store(200, Ordering::Relaxed);
    scanner.remove_decision_document(PolicyJson, "b").unwrap();
    assert_eq!(names(&scanner), ["a"]);
    let of = |name: &str, since| (name.to_owned(), since);
    assert_eq!(then(&scanner, 100), []);
    assert_eq!(then(&scanner, 101), [of("a", 100), of("b", 100), of("b", 100)]);
    assert_eq!(then(&scanner, 200), [of("a", 100), of("b", 101), of("b", 100)]);
    assert_eq!(then(&scanner, 201), [of("a", 100), of("b", 100)]);
    let gone = scanner.remove_decision_document(PolicyToml, "b").unwrap_err();
    assert_eq!(gone.to_string(), "there is no policy `b`");
}

#[test]
fn what_was_in_force_before_history_begins_is_forgotten() {
    let time = Arc::new(AtomicU64::new(100));
    let (scanner, _scratch) = at(&time, 50);
    for (now, text) in [(100, ""), (200, "fail_on = []"), (260, "suppress = []")] {
        time.store(now, Ordering::Relaxed);
        scanner.put_decision_document(document(PolicyToml, "a", text)).unwrap();
    }
    let since = |before| then(&scanner, before).first().map(|(_, since)| *since);
    assert_eq!((since(211), since(261)), (Some(200), Some(260)));
    assert_eq!(since(200), None);
}

#[test]
fn there_are_no_more_than_the_setting_allows() {
    let (scanner, _scratch) = at(&Arc::default(), 50);
    let put = |name: &str| scanner.put_decision_document(document(PolicyToml, name, "")).map(|_| ());
    for name in ["a", "b", "c", "c"] {
        put(name).unwrap();
    }
    assert!(put("d").unwrap_err().to_string().contains("`policies.documents`"));
    scanner.remove_decision_document(PolicyToml, "a").unwrap();
    put("d").unwrap();
    for bad in ["", ".", "-a", "a/b", "a b", &"a".repeat(NAME_BYTES + 1)] {
        assert!(put(bad).unwrap_err().to_string().starts_with("a name is 1 to"), "{bad}");
    }
}
