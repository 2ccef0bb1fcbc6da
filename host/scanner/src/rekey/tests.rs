use limpid_model::{Finding, LayerFindings, SourcePackage, Status};
use limpid_model::{KeyedRange, RangeEnd};
use limpid_store::Store;

use super::*;
use crate::test_support::{component, keyed, keys, package, plugin, scanner};

/// A package and a statement whose keys a component computed that is not loaded.
fn store() -> (Store, findings::Key, affects::Key) {
    let package = Package {
        source: Some(SourcePackage { name: "s".into(), version: "2".into() }),
        ..package("a", "1")
    };
    let row_keys = vec![keys(&package)];
    let finding = Finding { path: "db".into(), member: None, fact: Fact::Package(Box::new(package)) };
    let found = LayerFindings { findings: vec![finding], ..LayerFindings::default() };
    let statement = Statement {
        of_source: false,
        scheme: "number".to_owned(),
        component: Some(component()),
        status: Status::Affected,
        ranges: vec![KeyedRange {
            introduced: Some(keyed("1")),
            until: Some(keyed("2")),
            end: RangeEnd::Fix,
        }],
        versions: vec![keyed("3")],
        requires: Vec::new(),
        ratings: Vec::new(),
        note: None,
    };
    let detector = plugin("detector");
    let of_findings = findings::Key { diff_id: Digest::of(b"layer"), component: detector.digest };
    let of_affects = affects::Key {
        namespace: "here".to_owned(),
        name: "a".to_owned(),
        feed: "f".to_owned(),
        id: "X".to_owned(),
        source: "s".to_owned(),
    };
    let mut batch = Batch::default();
    batch.put::<Findings>(&of_findings, &findings::Row::new(detector, found, row_keys)).unwrap();
    batch.put::<Affects>(&of_affects, &affects::Row::new(vec![statement], Vec::new())).unwrap();
    let store = Store::in_memory();
    store.commit(batch).unwrap();
    (store, of_findings, of_affects)
}

#[test]
fn keys_of_a_component_that_is_gone_do_not_outlive_it() {
    let (store, of_findings, of_affects) = store();
    let (_scanner, _scratch) = scanner(store.clone());
    let view = store.view();
    let why = Err("no plugin orders versions of scheme `number`".to_owned());

    let (_, found, keys) = view.get::<Findings>(&of_findings).unwrap().unwrap().into_parts();
    assert_eq!(found.findings.len(), 1);
    assert_eq!(keys[0].scheme, None);
    let source = keys[0].source.clone().unwrap();
    assert_eq!((keys[0].version.version.as_str(), source.version.as_str()), ("1", "2"));
    assert_eq!((&keys[0].version.key, &source.key), (&why, &why));

    let statement = view.get::<Affects>(&of_affects).unwrap().unwrap().into_statements().remove(0);
    assert_eq!(statement.component, None);
    let versions: Vec<_> =
        versions_of(&statement).map(|keyed| (keyed.version.as_str(), &keyed.key)).collect();
    assert_eq!(versions, [("1", &why), ("2", &why), ("3", &why)]);
}

#[test]
fn what_was_stated_before_it_changed_is_keyed_like_what_is_stated() {
    let (store, _, of_affects) = store();
    let stated = store.view().get::<Affects>(&of_affects).unwrap().unwrap();
    let changed = history::Key {
        at: 1,
        feed: "f".to_owned(),
        revision: 1,
        source: "s".to_owned(),
        id: "X".to_owned(),
        kind: String::new(),
    };
    let advisory = Box::new(limpid_model::Advisory::default().into());
    let before = history::Row::Advisory(advisory, vec![("here".to_owned(), "a".to_owned(), stated)]);
    let mut batch = Batch::default();
    batch.put::<History>(&changed, &before).unwrap();
    store.commit(batch).unwrap();
    let (_scanner, _scratch) = scanner(store.clone());

    let row = store.view().get::<History>(&changed).unwrap().unwrap();
    let history::Row::Advisory(_, mut stated) = row else { panic!("{row:?}") };
    assert_eq!(stated.remove(0).2, store.view().get::<Affects>(&of_affects).unwrap().unwrap());
}

#[test]
fn what_is_keyed_by_what_is_loaded_is_left_alone() {
    let (store, of_findings, of_affects) = store();
    let (scanner, _scratch) = scanner(store.clone());
    let row = |key| store.view().get::<Findings>(key).unwrap().unwrap();
    assert_eq!(scanner.rekeying().rekeyed_findings(&of_findings, row(&of_findings)), None);
    let row = store.view().get::<Affects>(&of_affects).unwrap().unwrap();
    assert_eq!(scanner.rekeying().rekeyed_statements(&of_affects, row), None);
}

#[test]
fn what_was_written_by_a_scheme_that_came_and_went_is_found_all_the_same() {
    let (_, of_findings, _) = store();
    let (scanner, _scratch) = scanner(Store::in_memory());
    let component_of = || {
        let row = scanner.store().view().get::<Findings>(&of_findings).unwrap();
        row.map(|row| row.into_parts().2[0].scheme)
    };
    let write = || {
        let (written, of_findings, _) = store();
        let row = written.view().get::<Findings>(&of_findings).unwrap().unwrap();
        let mut batch = Batch::default();
        batch.put::<Findings>(&of_findings, &row).unwrap();
        scanner.store().commit(batch).unwrap();
    };
    scanner.rekeying().doubt_keys().unwrap();
    write();
    assert_eq!(component_of(), Some(Some(component())));
    scanner.rekeying().doubt_keys().unwrap();
    scanner.rekeying().rekey().unwrap();
    assert_eq!(component_of(), Some(None));

    // As long as nothing changes, nobody looks.
    write();
    scanner.rekeying().rekey().unwrap();
    assert_eq!(component_of(), Some(Some(component())));
    // Nor does anybody rely on a look during which something has changed.
    scanner.rekeying().doubt_keys().unwrap();
    scanner.rekeying().vouch_for_keys(0, Vec::new()).unwrap();
    scanner.rekeying().rekey().unwrap();
    assert_eq!(component_of(), Some(None));
}
