//! Documents are written as `id:package<fix,package<fix`; `id!:` is an advisory that its publisher
//! took back but still lists. All packages are of one namespace, unless written `namespace/package`.

use std::collections::BTreeSet;

use limpid_model::{Range, Status};
use limpid_store::table::Table;
use limpid_store::tables::advisories::Advisories;
use limpid_store::tables::affects::Affects;
use limpid_store::tables::sources::Sources;
use limpid_store::{Batch, Store};
use proptest::prelude::*;

use super::*;
use crate::Scanner;
use crate::ingest::Records;
use crate::test_support;

fn advisory(text: &str) -> Advisory {
    let (id, affected) = text.split_once(':').unwrap();
    let affected = affected.split(',').filter(|word| !word.is_empty()).map(|word| {
        let (place, fix) = word.split_once('<').unwrap();
        let (namespace, name) = place.split_once('/').unwrap_or(("here", place));
        Affected {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            source: false,
            scheme: "number".to_owned(),
            status: Status::Affected,
            ranges: vec![Range { introduced: None, until: Some(Bound::Excluding(fix.to_owned())) }],
            versions: Vec::new(),
            requires: Vec::new(),
            ratings: Vec::new(),
            note: None,
        }
    });
    Advisory {
        id: id.trim_end_matches('!').to_owned(),
        withdrawn: id.ends_with('!').then(|| "2026-01-02T00:00:00Z".to_owned()),
        affected: affected.collect(),
        ..Advisory::default()
    }
}

fn packed(advisories: impl IntoIterator<Item = Advisory>) -> AdvisorySet {
    let mut records = Records::default();
    advisories.into_iter().for_each(|advisory| records.state(advisory).unwrap());
    records.into_parts().0
}

struct World {
    scanner: Scanner,
    _scratch: tempfile::TempDir,
}

impl World {
    fn nothing() -> Self {
        let (scanner, scratch) = test_support::scanner(Store::in_memory());
        Self { scanner, _scratch: scratch }
    }

    /// Ingests a document. Says how many rows were written.
    fn take(&self, source: &str, mode: Mode, document: &str, withdrawn: &str) -> (Difference, usize) {
        self.take_guarded(source, mode, document, withdrawn, Guard::Forced).unwrap()
    }

    /// The same, compared with what was there before.
    fn take_guarded(
        &self,
        source: &str,
        mode: Mode,
        document: &str,
        withdrawn: &str,
        guard: Guard,
    ) -> Result<(Difference, usize), Error> {
        let (feed, source) = source.split_once('/').unwrap_or(("feed", source));
        let source = Source { name: source.to_owned(), url: String::new(), mode };
        let advisories = packed(document.split_whitespace().map(advisory));
        let withdrawn: BTreeSet<_> = withdrawn.split_whitespace().map(str::to_owned).collect();
        let view = self.scanner.store().view();
        let mut batch = Batch::default();
        let record = Record { at: 0, feed, revision: 1, source: &source.name, before: None };
        let key = sources::Key { feed: feed.to_owned(), source: source.name.clone() };
        let before = view.get::<Sources>(&key)?;
        let (before, withdrawn) = (before.as_ref(), &withdrawn);
        let terms =
            Terms { source: &source, before, guard, now: 7, least: 10, withdrawn, others: BTreeSet::new() };
        let mut difference =
            Difference::write(self.scanner.ingest(), &view, &mut batch, &record, advisories, &terms)?;
        let rows = batch.len();
        let namespaces = difference.namespaces.iter().cloned().collect();
        let mut row = sources::Row::new(test_support::plugin("feed"), 0, namespaces);
        row.advisories = difference.stored;
        row.spoken = std::mem::take(&mut difference.spoken);
        batch.put::<Sources>(&key, &row).unwrap();
        self.scanner.store().commit(batch).unwrap();
        Ok((difference, rows))
    }

    fn whole(&self, source: &str, document: &str) -> (Difference, usize) {
        self.take(source, Mode::Whole, document, "")
    }

    fn rows<T: Table<Key: std::fmt::Debug, Row: std::fmt::Debug>>(&self) -> Vec<String> {
        let view = self.scanner.store().view();
        view.scan::<T>(|_| ()).map(|row| format!("{:?}", row.unwrap())).collect()
    }

    fn tables(&self) -> [Vec<String>; 4] {
        [self.rows::<Advisories>(), self.rows::<Stated>(), self.rows::<Affects>(), self.rows::<Sources>()]
    }

    /// Whom advisories affect, as `package id source`.
    fn affects(&self) -> Vec<String> {
        let view = self.scanner.store().view();
        let keys = view.scan::<Affects>(|_| ()).map(|row| row.unwrap().0);
        keys.map(|key| format!("{} {} {}", key.name, key.id, key.source)).collect()
    }
}

/// Added, changed, withdrawn.
fn counts(difference: &Difference) -> [u64; 3] {
    [difference.added, difference.changed, difference.withdrawn]
}

#[test]
fn a_document_is_stored_against_what_its_source_stated_before() {
    let stored = World::nothing();
    let check = |document: &str, expected: [u64; 3]| {
        let difference = stored.whole("s", document).0;
        assert_eq!(counts(&difference), expected, "{document}");
        assert_eq!(difference.any(), expected != [0; 3]);
        assert_eq!(difference.stated, document.split_whitespace().count() as u64);
        assert_eq!(difference.stored, difference.stated);
    };
    check("X:a<1 Y:b<1", [2, 0, 0]);
    check("X:a<1 Y:b<1", [0, 0, 0]);
    check("X:a<2 Y:b<1", [0, 1, 0]);
    check("X:a<2,b<1 Z:", [1, 1, 1]);
    check("X!:a<2,b<1 Z:", [0, 1, 0]);
    check("", [0, 0, 2]);
    check("X:a<1", [1, 0, 0]);
}

#[test]
fn what_is_unchanged_is_not_written() {
    let stored = World::nothing();
    stored.whole("s", "X:a<1 Y:b<1");
    assert_eq!(stored.whole("s", "Y:b<1 X:a<1").1, 0);
    assert_eq!(stored.whole("s", "X:a<1 Y:b<1").1, 0);
    let before = stored.tables();
    stored.whole("s", "X:a<1 Y:b<1");
    assert_eq!(stored.tables(), before);
}

#[test]
fn packages_that_are_no_longer_named_are_no_longer_affected() {
    let stored = World::nothing();
    let check = |document: &str, expected: &[&str]| {
        stored.whole("s", document);
        assert_eq!(stored.affects(), expected, "{document}");
    };
    check("X:a<1,b<1 Y:a<1", &["a X s", "a Y s", "b X s"]);
    check("X:b<1,c<1 Y:a<1", &["a Y s", "b X s", "c X s"]);
    check("X!:b<1,c<1 Y:a<1", &["a Y s"]);
    check("X:b<1 Y:a<1", &["a Y s", "b X s"]);
    check("X:", &[]);
    check("", &[]);
}

#[test]
fn all_that_is_stated_of_one_package_stands_in_one_row() {
    let stored = World::nothing();
    stored.whole("s", "X:a<1,a<2,there/a<3");
    assert_eq!(stored.affects(), ["a X s", "a X s"]);
    let view = stored.scanner.store().view();
    let rows: Vec<_> = view.scan::<Affects>(|_| ()).map(|row| row.unwrap()).collect();
    let lengths = rows.into_iter().map(|(key, row)| (key.namespace, row.into_statements().len()));
    assert_eq!(lengths.collect::<Vec<_>>(), [("here".to_owned(), 2), ("there".to_owned(), 1)]);
}

#[test]
fn a_version_of_a_scheme_that_nobody_orders_has_no_key_and_says_why() {
    let stored = World::nothing();
    stored.whole("s", "X:a<1");
    let view = stored.scanner.store().view();
    let (_, row) = view.scan::<Affects>(|_| ()).next().unwrap().unwrap();
    let statement = row.into_statements().remove(0);
    assert_eq!(statement.component, None);
    let until = statement.ranges[0].until.clone().unwrap();
    assert_eq!(until.version, "1");
    assert_eq!(until.key, Err("no plugin orders versions of scheme `number`".to_owned()));
}

#[test]
fn a_source_never_touches_what_another_states() {
    let stored = World::nothing();
    stored.whole("s1", "X:a<1 Y:a<1");
    let check = |source: &str, document: &str, expected: &[&str]| {
        stored.whole(source, document);
        assert_eq!(stored.affects(), expected);
    };
    check("s2", "X:a<2", &["a X s1", "a X s2", "a Y s1"]);
    check("s2", "", &["a X s1", "a Y s1"]);
    check("other/s1", "X:a<2", &["a X s1", "a Y s1", "a X s1"]);
    check("s", "X:b<1", &["a X s1", "a Y s1", "a X s1", "b X s"]);
    check("s1", "", &["a X s1", "b X s"]);
}

#[test]
fn a_delta_withdraws_only_what_it_says() {
    let stored = World::nothing();
    stored.whole("s", "X:a<1 Y:there/b<1 Z:c<1");
    let (difference, _) = stored.take("s", Mode::Delta, "Y:there/b<2 W:d<1", "X UNKNOWN");
    assert_eq!(counts(&difference), [1, 1, 1]);
    assert_eq!((difference.stated, difference.stored), (2, 3));
    assert_eq!(stored.affects(), ["c Z s", "d W s", "b Y s"]);
}

#[test]
fn a_source_that_states_changes_still_speaks_of_what_it_spoke_of_before() {
    let stored = World::nothing();
    stored.whole("s", "X:a<1 Y:there/b<1");
    let (difference, _) = stored.take("s", Mode::Delta, "Z:new/c<1", "");
    assert_eq!(difference.namespaces.iter().collect::<Vec<_>>(), ["here", "new", "there"]);
    let (difference, _) = stored.whole("s", "Z:new/c<1");
    assert_eq!(difference.namespaces.iter().collect::<Vec<_>>(), ["new"]);
}

/// One advisory for each of some identifiers.
fn document() -> impl Strategy<Value = BTreeMap<String, String>> {
    let affected = prop::collection::vec("(there/)?[ab]<[12]", 0..3);
    let advisory = (prop::bool::weighted(0.1), affected);
    prop::collection::btree_map("[XYZ]", advisory, 0..4).prop_map(|advisories| {
        let text = |(id, (withdrawn, affected)): (String, (bool, Vec<String>))| {
            let mark = if withdrawn { "!" } else { "" };
            (id.clone(), format!("{id}{mark}:{}", affected.join(",")))
        };
        advisories.into_iter().map(text).collect()
    })
}

fn text(document: &BTreeMap<String, String>) -> String {
    document.values().cloned().collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn only_the_last_document_of_each_source_counts(
        documents in prop::collection::vec(("(other/)?s[12]?", document()), 1..10),
    ) {
        let (stored, mut last, mut sum) = (World::nothing(), BTreeMap::new(), 0);
        for (source, document) in documents {
            let (difference, rows) = stored.whole(&source, &text(&document));
            prop_assert_eq!(difference.any(), rows > 0);
            sum += difference.added;
            sum -= difference.withdrawn;
            last.insert(source, document);
        }
        let fresh = World::nothing();
        for (source, document) in last {
            fresh.whole(&source, &text(&document));
        }
        prop_assert_eq!(stored.tables(), fresh.tables());
        prop_assert_eq!(stored.rows::<Stated>().len() as u64, sum);
    }

    #[test]
    fn changes_add_up_to_the_whole(
        changes in prop::collection::vec((document(), prop::collection::vec("[XYZ]", 0..2)), 1..8),
    ) {
        let (stored, mut whole) = (World::nothing(), BTreeMap::new());
        for (document, withdrawn) in changes {
            let (difference, _) = stored.take("s", Mode::Delta, &text(&document), &withdrawn.join(" "));
            whole.retain(|id, _| document.contains_key(id) || !withdrawn.contains(id));
            whole.extend(document);
            prop_assert_eq!(difference.stored, whole.len() as u64);
        }
        let fresh = World::nothing();
        fresh.whole("s", &text(&whole));
        let ([a, b, c, _], [x, y, z, _]) = (stored.tables(), fresh.tables());
        prop_assert_eq!([a, b, c], [x, y, z]);
    }
}

#[test]
fn what_was_stated_of_a_namespace_stays_where_its_publisher_stops_speaking_of_it() {
    let stored = World::nothing();
    let take =
        |document: &str| stored.take_guarded("s", Mode::Whole, document, "", Guard::Checked).unwrap().0;
    take("X:old/a<1,new/a<1 Y:old/b<1 Z:new/c<1");
    // X says something else of the other namespace, Y is not there at all.
    let difference = take("X:new/a<2 Z:new/c<1");
    assert_eq!((counts(&difference), difference.fell_silent.clone()), ([0, 1, 0], vec!["old".to_owned()]));
    let all = ["a X s", "c Z s", "a X s", "b Y s"];
    assert_eq!(stored.affects(), all);
    // It is told once.
    let again = take("X:new/a<2 Z:new/c<1");
    assert_eq!(
        (counts(&again), again.fell_silent.len(), stored.affects()),
        ([0; 3], 0, all.map(str::to_owned).to_vec())
    );
    // What is stated of other namespaces goes on as ever.
    assert_eq!(counts(&take("Z:new/c<1")), [0, 1, 0]);
    assert_eq!(stored.affects(), ["c Z s", "a X s", "b Y s"]);
    // It is spoken of again: what is not stated of it is gone.
    assert_eq!(counts(&take("Z:new/c<1,old/d<1 V:old/a<1")), [1, 1, 2]);
    assert_eq!(stored.affects(), ["c Z s", "a V s", "d Z s"]);
}

#[test]
fn a_document_that_somebody_has_looked_at_is_taken_as_it_is() {
    let stored = World::nothing();
    stored.whole("s", "X:old/a<1,new/a<1 Y:old/b<1");
    stored.take_guarded("s", Mode::Whole, "X:new/a<1", "", Guard::Checked).unwrap();
    assert_eq!(stored.affects().len(), 3);
    // Unchanged, and yet what was kept goes.
    assert_eq!(counts(&stored.whole("s", "X:new/a<1").0), [0, 1, 1]);
    assert_eq!(stored.affects(), ["a X s"]);
}

#[test]
fn what_is_taken_back_by_its_identifier_is_no_silence() {
    let stored = World::nothing();
    stored.whole("s", "X:old/a<1 Y:new/b<1");
    let difference =
        stored.take_guarded("s", Mode::Whole, "X!:old/a<1 Y:new/b<1", "", Guard::Checked).unwrap().0;
    assert_eq!((counts(&difference), difference.fell_silent.len()), ([0, 1, 0], 0));
    assert_eq!(stored.affects(), ["b Y s"]);
}

#[test]
fn an_older_record_never_replaces_a_newer_one() {
    let stored = World::nothing();
    let take = |fix: &str, modified: Option<&str>, guard: Guard| {
        let advisory = Advisory { modified: modified.map(str::to_owned), ..advisory(&format!("X:a<{fix}")) };
        let source = Source { name: "s".to_owned(), url: String::new(), mode: Mode::Whole };
        let view = stored.scanner.store().view();
        let record = Record { at: 0, feed: "feed", revision: 1, source: "s", before: None };
        let withdrawn = BTreeSet::new();
        let terms = Terms {
            source: &source,
            before: None,
            guard,
            now: 7,
            least: 10,
            withdrawn: &withdrawn,
            others: BTreeSet::new(),
        };
        let advisories = packed([advisory]);
        let mut batch = Batch::default();
        let difference =
            Difference::write(stored.scanner.ingest(), &view, &mut batch, &record, advisories, &terms)
                .unwrap();
        stored.scanner.store().commit(batch).unwrap();
        (difference.changed + difference.added, difference.stale.len())
    };
    let [older, newer] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"].map(Some);
    assert_eq!(take("2", newer, Guard::Checked), (1, 0));
    assert_eq!(take("1", older, Guard::Checked), (0, 1));
    assert_eq!(take("3", newer, Guard::Checked), (1, 0));
    assert_eq!(take("4", None, Guard::Checked), (1, 0));
    assert_eq!(take("5", newer, Guard::Checked), (1, 0));
    assert_eq!(take("1", older, Guard::Forced), (1, 0));
}

/// Under which names what is stated of packages stands: `package id names`.
fn names(stored: &World) -> Vec<String> {
    let view = stored.scanner.store().view();
    let rows = view.scan::<Affects>(|_| ()).map(Result::unwrap);
    let rows = rows.map(|(key, row)| {
        let first = row.first_name().map(|first| format!(" was {first}")).unwrap_or_default();
        format!("{} {} {}{first}", key.name, key.id, row.vulnerabilities().join(","))
    });
    rows.collect()
}

/// Ingests advisories written `ID=ALIAS=ALIAS`, each about a package of its name.
fn link(stored: &World, source: &str, document: &str) {
    let advisory = |text: &str| {
        let (id, aliases) = text.split_once('=').unwrap_or((text, ""));
        let aliases = aliases.split('=').filter(|alias| !alias.is_empty()).map(str::to_owned).collect();
        let package = id.to_lowercase();
        Advisory { aliases, ..advisory(&format!("{id}:{package}<1")) }
    };
    let source = Source { name: source.to_owned(), url: String::new(), mode: Mode::Whole };
    let view = stored.scanner.store().view();
    let record = Record { at: 0, feed: "feed", revision: 1, source: &source.name, before: None };
    let (guard, withdrawn) = (Guard::Forced, &BTreeSet::new());
    let terms =
        Terms { source: &source, before: None, guard, now: 7, least: 10, withdrawn, others: BTreeSet::new() };
    let mut batch = Batch::default();
    let advisories = packed(document.split_whitespace().map(advisory));
    Difference::write(stored.scanner.ingest(), &view, &mut batch, &record, advisories, &terms).unwrap();
    stored.scanner.store().commit(batch).unwrap();
}

#[test]
fn aliases_are_transitive_whoever_states_them_and_when() {
    let stored = World::nothing();
    link(&stored, "s", "G-1");
    assert_eq!(names(&stored), ["g-1 G-1 G-1"]);
    link(&stored, "t", "P-1=G-1");
    assert_eq!(names(&stored), ["g-1 G-1 G-1", "p-1 P-1 G-1"]);
    link(&stored, "u", "X-1=P-1=CVE-2026-0001");
    let joined = ["g-1 G-1 CVE-2026-0001 was G-1", "p-1 P-1 CVE-2026-0001 was G-1", "x-1 X-1 CVE-2026-0001"];
    assert_eq!(names(&stored), joined);
    // By any of its names all of it is found.
    let view = stored.scanner.store().view();
    for name in ["G-1", "P-1", "X-1", "CVE-2026-0001"] {
        let known = crate::inventory::Vulnerability::find(&view, name).unwrap();
        assert_eq!(known.names, BTreeSet::from(["CVE-2026-0001".to_owned()]), "{name}");
        assert_eq!(known.all_package_advisories(&view).unwrap().len(), 3, "{name}");
    }
    // The link goes: each has the name again that it had.
    link(&stored, "u", "");
    assert_eq!(names(&stored), ["g-1 G-1 G-1", "p-1 P-1 G-1"]);
    link(&stored, "t", "");
    assert_eq!(names(&stored), ["g-1 G-1 G-1"]);
    let view = stored.scanner.store().view();
    assert!(crate::inventory::Vulnerability::find(&view, "CVE-2026-0001").unwrap().advisories.is_empty());
}

#[test]
fn one_document_links_its_own_advisories() {
    let stored = World::nothing();
    link(&stored, "s", "G-1 P-1=G-1 X-1=P-1=CVE-2026-0001");
    let names = names(&stored);
    assert!(names.iter().all(|name| name.ends_with(" CVE-2026-0001")), "{names:?}");
}

#[test]
fn a_group_that_would_join_two_cves_stays_apart() {
    let stored = World::nothing();
    link(&stored, "s", "G-1 A=G-1=CVE-2026-0001 B=G-1=CVE-2026-0002");
    assert_eq!(names(&stored), ["a A CVE-2026-0001", "b B CVE-2026-0002", "g-1 G-1 G-1"]);
    let stored = World::nothing();
    link(&stored, "s", "G-1 D=G-1=CVE-2026-0001=CVE-2026-0002");
    assert_eq!(names(&stored), ["d D CVE-2026-0001,CVE-2026-0002", "g-1 G-1 G-1"]);
}
