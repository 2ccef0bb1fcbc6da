//! A publisher, its plugin and the way between them, all made up. A document is lines:
//! `advisory ID`, `titled ID` for one that states something else, `withdraw ID`, `whole NAME URL` and `delta NAME URL` to follow, `cursor TEXT`,
//! `is NAME` for the source that it turns out to be, `bad` for what no plugin reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex};

use limpid_fetch::{FetchedDocument, Validators};
use limpid_model::{
    Advisory, Blame, Digest, FailureKind, FeedChangeKind, FeedChangePosition, ImportedFeed, Ingested,
    PluginFailure, PluginId, RunKind,
};
use limpid_runtime::{Documents, Mode, Sink, Source};
use limpid_store::tables::advisories::Advisories;
use limpid_store::tables::deltas::Deltas;
use limpid_store::tables::feeds::{self, Feeds};
use limpid_store::tables::revisions::{self, Revisions};
use limpid_store::tables::runs::{self, Runs};
use limpid_store::{Batch, Store};

use super::*;
use crate::Scanner;
use crate::history::{ChangesAsked, changes_of_feed};
use crate::test_support;

struct Fake {
    plugin: PluginId,
    /// Where runs start, without a cursor and with one.
    starts: [Vec<Source>; 2],
    /// Put before each identifier that is read.
    prefix: &'static str,
    pages: Mutex<BTreeMap<String, String>>,
    asked: Mutex<Vec<String>>,
}

fn source(text: &str) -> Source {
    let [mode, name, url] = text.split_whitespace().collect::<Vec<_>>()[..] else { panic!("`{text}`") };
    let mode = if mode == "delta" { Mode::Delta } else { Mode::Whole };
    Source { name: name.to_owned(), url: url.to_owned(), mode }
}

impl Fake {
    fn new(start: &str, with_cursor: &str) -> Self {
        let starts = [vec![source(start)], vec![source(with_cursor)]];
        let (pages, asked) = Default::default();
        Self { plugin: test_support::plugin("feed"), starts, prefix: "", pages, asked }
    }

    fn put(&self, url: &str, document: &str) {
        self.pages.lock().unwrap().insert(url.to_owned(), document.replace("; ", "\n"));
    }

    fn remove(&self, url: &str) {
        self.pages.lock().unwrap().remove(url);
    }

    /// What was asked for since it was last looked, `=` where it was as it was.
    fn asked(&self) -> String {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked.join(" ")
    }

    fn failure(&self, message: &str) -> PluginFailure {
        PluginFailure {
            plugin: self.plugin.clone(),
            call: "parse".to_owned(),
            kind: FailureKind::Refused,
            blame: Blame::Input,
            message: message.to_owned(),
        }
    }
}

impl Fetch for Fake {
    fn fetch(
        &self,
        url: &str,
        known: Option<&Validators>,
        mut file: &File,
        came: &dyn Fn(u64),
    ) -> Result<FetchedDocument, limpid_fetch::Error> {
        let status =
            |status| limpid_fetch::Error::Status { address: url.into(), status, message: String::new() };
        let short = url.trim_start_matches("https://p.test/").to_owned();
        let Some(page) = self.pages.lock().unwrap().get(url).cloned() else {
            self.asked.lock().unwrap().push(format!("{short}?"));
            return Err(status(404));
        };
        if page == "down" {
            return Err(status(500));
        }
        let etag = Digest::of(page.as_bytes());
        if known.is_some_and(|known| known.etag == Some(etag.to_string())) {
            self.asked.lock().unwrap().push(format!("{short}="));
            return Ok(FetchedDocument::Unchanged);
        }
        self.asked.lock().unwrap().push(short);
        file.write_all(page.as_bytes()).unwrap();
        came(page.len() as u64);
        let validators = Validators { address: url.into(), etag: Some(etag.to_string()), modified: None };
        Ok(FetchedDocument::New { bytes: page.len() as u64, digest: etag, validators })
    }
}

impl Parser for Fake {
    fn name(&self) -> &str {
        "feed"
    }

    fn plugin(&self) -> &PluginId {
        &self.plugin
    }

    fn sources(&self, cursor: Option<&str>) -> Result<Vec<Source>, PluginFailure> {
        Ok(self.starts[usize::from(cursor.is_some())].clone())
    }

    fn parse(
        &self,
        _source: &str,
        mut documents: Box<dyn Documents>,
        sink: Arc<Mutex<dyn Sink>>,
    ) -> Result<Option<String>, PluginFailure> {
        let mut cursor = None;
        let mut sink = sink.lock().unwrap();
        while let Some(mut document) = documents.next().unwrap() {
            let mut bytes = Vec::new();
            loop {
                let more = document.read(1 << 16).unwrap();
                if more.is_empty() {
                    break;
                }
                bytes.extend(more);
            }
            let text = String::from_utf8(bytes).unwrap();
            for line in text.lines() {
                match line.split_once(' ').unwrap_or((line, "")) {
                    ("advisory", id) => {
                        let id = format!("{}{id}", self.prefix);
                        sink.advisories(vec![Advisory { id, ..Advisory::default() }]);
                    }
                    ("titled", id) => {
                        let id = format!("{}{id}", self.prefix);
                        let title = "another".to_owned();
                        sink.advisories(vec![Advisory { id, title, ..Advisory::default() }]);
                    }
                    ("withdraw", id) => sink.withdraw(format!("{}{id}", self.prefix)),
                    ("cursor", text) => cursor = Some(text.to_owned()),
                    ("is", source) => sink.identify(source.to_owned()),
                    ("bad", _) => return Err(self.failure("bad")),
                    _ => sink.follow(source(line)),
                }
            }
        }
        Ok(cursor)
    }
}

struct World {
    scanner: Scanner,
    _scratch: tempfile::TempDir,
}

impl World {
    fn nothing() -> Self {
        Self::with(|_| ())
    }

    fn with(change: impl FnOnce(&mut crate::FeedSettings)) -> Self {
        let (scanner, scratch) =
            test_support::scanner_with(Store::in_memory(), |settings| change(&mut settings.feeds));
        Self { scanner, _scratch: scratch }
    }

    fn run(&self, fake: &Fake) -> Run {
        self.scanner.ingest().run(fake, fake, Trust::Checked, &RunProgress::default()).unwrap()
    }

    fn force(&self, fake: &Fake) -> Run {
        self.scanner.ingest().run(fake, fake, Trust::Forced, &RunProgress::default()).unwrap()
    }

    /// Advisories that are stored, as `source/id`.
    fn states(&self) -> String {
        let view = self.scanner.store().view();
        let keys = view.scan::<Advisories>(|_| ()).map(|row| row.unwrap().0);
        let keys: BTreeSet<_> = keys.map(|key| format!("{}/{}", key.source, key.id)).collect();
        keys.into_iter().collect::<Vec<_>>().join(" ")
    }

    fn runs(&self) -> runs::Row {
        self.scanner.store().view().get::<Runs>(&"feed".to_owned()).unwrap().unwrap()
    }

    fn deltas(&self) -> usize {
        self.scanner.store().view().scan::<Deltas>(|_| ()).count()
    }
}

const INDEX: &str = "https://p.test/index";

/// An index of two documents.
fn two() -> Fake {
    let fake = Fake::new("whole index https://p.test/index", "whole index https://p.test/index");
    fake.put(INDEX, "whole a https://p.test/a; whole b https://p.test/b");
    fake.put("https://p.test/a", "advisory 1; advisory 2");
    fake.put("https://p.test/b", "advisory 1; advisory 3");
    fake
}

#[test]
fn what_a_document_names_is_fetched_and_what_has_not_changed_is_not_read_again() {
    let (stored, fake) = (World::nothing(), two());
    let run = stored.run(&fake);
    assert!(run.is_complete());
    assert_eq!((run.result.ingested, run.result.unchanged, run.result.added), (3, 0, 4));
    assert_eq!(stored.states(), "a/1 a/2 b/1 b/3");
    assert_eq!(fake.asked(), "a b index");

    let run = stored.run(&fake);
    assert_eq!((run.result.ingested, run.result.unchanged, run.result.added), (0, 3, 0));
    assert_eq!(fake.asked(), "a= b= index=");

    fake.put("https://p.test/b", "advisory 3; advisory 4");
    let run = stored.run(&fake);
    assert_eq!(
        (run.result.ingested, run.result.unchanged, run.result.added, run.result.withdrawn),
        (1, 2, 1, 1)
    );
    assert_eq!(stored.states(), "a/1 a/2 b/3 b/4");
    assert_eq!(stored.scanner.feeds().unwrap()[0].advisories, 4);
}

#[test]
fn where_there_is_no_room_nothing_is_fetched_or_remembered() {
    let (scanner, _scratch) =
        test_support::scanner_with(Store::in_memory(), |settings| settings.free_bytes = u64::MAX);
    let fake = two();
    let run = scanner.ingest().run(&fake, &fake, Trust::Checked, &RunProgress::default());
    assert!(matches!(run, Err(Error::NoRoom { .. })));
    assert_eq!(fake.asked(), "");
    assert_eq!(scanner.store().view().get::<Runs>(&"feed".to_owned()).unwrap(), None);
}

#[test]
fn a_run_over_the_same_documents_leaves_the_same_however_many_workers_there_are() {
    let rows = |workers: usize| {
        let stored = World::with(|settings| settings.documents = workers);
        let fake = Fake::new("whole index https://p.test/index", "whole index https://p.test/index");
        let names = (0..40).map(|number| format!("whole s{number} https://p.test/{number}"));
        fake.put(INDEX, &names.collect::<Vec<_>>().join("; "));
        for number in 0..40 {
            fake.put(&format!("https://p.test/{number}"), &format!("advisory {number}; advisory x"));
        }
        let run = stored.run(&fake);
        assert_eq!((run.result.ingested, run.result.revision), (41, 40));
        let view = stored.scanner.store().view();
        let feed: Vec<_> = view.scan::<Feeds>(|_| ()).map(|row| format!("{:?}", row.unwrap())).collect();
        let fetches: Vec<_> = view.scan::<Fetches>(|_| ()).map(|row| format!("{:?}", row.unwrap())).collect();
        (stored.states(), feed, fetches)
    };
    let one = rows(1);
    assert_eq!(rows(7), one);
}

#[test]
fn one_that_fails_keeps_what_it_stated_and_holds_up_the_cursor_only() {
    let (stored, fake) = (World::nothing(), two());
    fake.put(INDEX, "whole a https://p.test/a; whole b https://p.test/b; cursor one");
    fake.put("https://p.test/b", "bad");
    let run = stored.run(&fake);
    assert!(!run.is_complete());
    assert!(run.why().unwrap().starts_with("source `b`: "), "{:?}", run.result.failures);
    assert_eq!(stored.states(), "a/1 a/2");
    let row = stored.runs();
    assert_eq!((row.cursor.as_deref(), row.failing_since, row.failures), (None, Some(1_000), 1));

    // The index was not taken for unchanged, although it is.
    fake.asked();
    fake.put("https://p.test/b", "advisory 3");
    let run = stored.run(&fake);
    assert!(run.is_complete());
    assert_eq!(fake.asked(), "a= b index");
    assert_eq!(stored.states(), "a/1 a/2 b/3");
    let row = stored.runs();
    assert_eq!((row.cursor.as_deref(), row.failing_since, row.failures), (Some("one"), None, 0));

    fake.put("https://p.test/a", "down");
    assert_eq!(stored.run(&fake).result.failures.len(), 1);
    assert_eq!(stored.states(), "a/1 a/2 b/3");
    assert_eq!(stored.runs().cursor.as_deref(), Some("one"));
}

#[test]
fn past_runs_say_what_each_brought_the_last_first() {
    let (stored, fake) = (World::nothing(), two());
    fake.put("https://p.test/b", "bad");
    stored.run(&fake);
    fake.put("https://p.test/a", "advisory 2; advisory 4");
    fake.put("https://p.test/b", "advisory 3");
    stored.run(&fake);
    stored.run(&fake);
    let page = |before, limit| past_runs(stored.scanner.store(), "feed", before, limit).unwrap();
    let all = page(None, 10);
    let brought =
        all.items.iter().map(|it| (it.result.added, it.result.withdrawn, it.failed, it.result.revision));
    assert_eq!(brought.collect::<Vec<_>>(), [(0, 0, 0, 3), (2, 1, 0, 3), (2, 0, 1, 1)]);
    assert_eq!(all.items[2].result.failures[0].0, "b");
    assert_eq!((all.items[0].result.unchanged, all.next), (3, None));
    // Page by page, it is the same.
    let first = page(None, 2);
    let rest = page(first.next, 2);
    assert_eq!([first.items, rest.items].concat(), all.items);
    assert_eq!(page(None, 0).items, []);
    assert_eq!(past_runs(stored.scanner.store(), "fee", None, 10).unwrap().items, []);
}

/// What changed after a revision up to another, as `revision kind source/id`, page by page.
fn changed(
    stored: &World,
    (from, to): (u64, u64),
    kind: Option<FeedChangeKind>,
    limit: usize,
) -> Vec<String> {
    let mut asked = ChangesAsked { from: Some(from), to: Some(to), kind, after: None, limit };
    let (view, mut all) = (stored.scanner.store().view(), Vec::new());
    loop {
        let changes = changes_of_feed(&stored.scanner.plugins(), &view, "feed", &asked).unwrap();
        assert!(changes.page.items.len() <= limit);
        all.extend(changes.page.items.iter().map(|it| {
            let FeedChangePosition { revision, source, id, .. } = &it.position;
            format!("{revision} {} {source}/{id}", it.kind.as_str())
        }));
        match changes.page.next {
            Some(next) => asked.after = Some(next),
            None => return all,
        }
    }
}

#[test]
fn a_run_says_after_which_revision_it_began_and_what_changed_since_is_listed() {
    let (stored, fake) = (World::nothing(), two());
    stored.run(&fake);
    fake.put("https://p.test/a", "titled 1; advisory 2");
    fake.put("https://p.test/b", "advisory 3; advisory 4");
    stored.run(&fake);
    fake.put("https://p.test/a", "advisory 2");
    fake.put("https://p.test/b", "titled 3; advisory 4");
    stored.run(&fake);
    let runs = past_runs(stored.scanner.store(), "feed", None, 10).unwrap().items;
    let between: Vec<_> = runs.iter().map(|run| (run.before.unwrap(), run.result.revision)).collect();
    assert_eq!(between, [(4, 6), (2, 4), (0, 2)]);
    let all = |run: usize| changed(&stored, between[run], None, 100);
    assert_eq!(all(2), ["1 first a/", "2 first b/"], "what a source states first is one change");
    assert_eq!(all(1), ["3 changed a/1", "4 withdrawn b/1", "4 added b/4"]);
    assert_eq!(all(0), ["5 withdrawn a/1", "6 changed b/3"]);
    let every: Vec<_> = [all(2), all(1), all(0)].concat();
    for limit in [1, 2, 3, 100] {
        assert_eq!(changed(&stored, (0, 6), None, limit), every, "{limit} on a page");
    }
    let withdrawn = changed(&stored, (0, 6), Some(FeedChangeKind::Withdrawn), 1);
    assert_eq!(withdrawn, ["4 withdrawn b/1", "5 withdrawn a/1"]);
    // What comes back was gone in between.
    fake.put("https://p.test/a", "advisory 1; advisory 2");
    stored.run(&fake);
    assert_eq!(changed(&stored, (4, 7), None, 100), ["5 withdrawn a/1", "6 changed b/3", "7 added a/1"]);
}

#[test]
fn pages_of_changes_end_after_a_bounded_look() {
    let (stored, fake) = (World::nothing(), two());
    stored.run(&fake);
    let many: Vec<_> = (10..60).map(|id| format!("advisory {id}")).collect();
    fake.put("https://p.test/a", &format!("advisory 1; advisory 2; {}", many.join("; ")));
    stored.run(&fake);
    fake.put("https://p.test/a", "advisory 1; advisory 2");
    stored.force(&fake);
    assert_eq!(changed(&stored, (2, 4), None, 7).len(), 100);
    let gone = Some(FeedChangeKind::Withdrawn);
    assert_eq!(changed(&stored, (2, 4), gone, 100).len(), 50, "also where a page has nothing to show");
    let asked = ChangesAsked { from: Some(2), to: Some(4), kind: gone, after: None, limit: 100 };
    let (plugins, view) = (stored.scanner.plugins(), stored.scanner.store().view());
    let first = changes_of_feed(&plugins, &view, "feed", &asked).unwrap().page;
    assert!(first.items.is_empty() && first.next.is_some(), "{first:?}");
}

#[test]
fn of_changes_longer_ago_than_history_it_is_said_how_many_revisions_are_not_known() {
    let (stored, fake) = (World::nothing(), two());
    stored.run(&fake);
    fake.put("https://p.test/a", "advisory 1");
    stored.run(&fake);
    let mut batch = Batch::default();
    for revision in [1, 2] {
        batch.delete::<Revisions>(&revisions::Key { feed: "feed".to_owned(), revision });
    }
    stored.scanner.store().commit(batch).unwrap();
    let changes = |from, to| {
        let asked = ChangesAsked { from: Some(from), to, limit: 100, ..ChangesAsked::default() };
        changes_of_feed(&stored.scanner.plugins(), &stored.scanner.store().view(), "feed", &asked)
    };
    let known = changes(0, None).unwrap();
    assert_eq!((known.forgotten, known.to, known.page.items.len()), (2, 3, 1));
    assert_eq!(changes(1, Some(2)).unwrap().forgotten, 1);
    assert_eq!(changes(2, None).unwrap().forgotten, 0);
    assert!(matches!(changes(0, Some(4)), Err(Error::NoRevision { revision: 4, latest: 3, .. })));
}

#[test]
fn what_somebody_does_to_a_feed_is_kept_beside_its_runs() {
    let (stored, fake) = (World::nothing(), two());
    stored.run(&fake);
    stored.scanner.remove_source("feed", "b").unwrap();
    let imported = ImportedFeed {
        feed: "feed".to_owned(),
        revision: 3,
        unchanged: 1,
        refused: vec![("a".to_owned(), "why".to_owned())],
        ..ImportedFeed::default()
    };
    stored.scanner.ingest().keep_import((0, 3), &imported);
    let ingested = Ingested {
        feed: "feed".to_owned(),
        source: "c".to_owned(),
        revision: 3,
        advisories: 5,
        added: 0,
        changed: 0,
        withdrawn: 0,
        rejected: 1,
        rejections: vec![("id".to_owned(), "why".to_owned())],
        fell_silent: Vec::new(),
        overtaken: Vec::new(),
        follow: Vec::new(),
    };
    let handed = past::handed_in(&ingested);
    assert_eq!((handed.before, handed.rejections.len()), (Some(3), 1), "nothing has changed");
    let changed = past::handed_in(&Ingested { changed: 2, ..ingested });
    assert_eq!((changed.before, changed.kind), (Some(2), RunKind::HandedIn));
    let runs = past_runs(stored.scanner.store(), "feed", None, 10).unwrap().items;
    let shown =
        runs.iter().map(|it| (it.kind, it.before, it.result.revision, it.result.withdrawn, it.failed));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            (RunKind::Imported, Some(3), 3, 0, 1),
            (RunKind::Removed, Some(2), 3, 2, 0),
            (RunKind::Fetched, Some(0), 2, 0, 0),
        ]
    );
}

#[test]
fn what_is_kept_of_past_runs_is_bounded() {
    let (stored, fake) = (World::nothing(), two());
    for _ in 0..past::KEPT + 3 {
        stored.run(&fake);
    }
    let kept = past_runs(stored.scanner.store(), "feed", None, 10 * past::KEPT).unwrap().items;
    assert_eq!(kept.len(), past::KEPT);
    let mut run = Run::default();
    let rejections: Vec<_> = (0..1_000).map(|n| (n.to_string(), "\u{e4}".repeat(1_000))).collect();
    run.reject("source", &rejections);
    run.reject("source", &rejections);
    assert_eq!(run.rejections.len(), REJECTIONS);
    assert!(run.rejections.iter().all(|it| it.reason.len() <= TEXT_BYTES));
}

#[test]
fn a_run_tells_of_each_source_that_failed_within_bounds() {
    let failed = |count: usize, length: usize| {
        let mut run = Run::default();
        let failures = (0..count).map(|number| (format!("s{number}"), "x".repeat(length)));
        run.result.failures.extend(failures);
        run
    };
    assert_eq!(Run::default().why(), None);
    assert_eq!(failed(1, 2).why().unwrap(), "source `s0`: xx");
    assert_eq!(failed(3, 1).why().unwrap(), "source `s0`: x; source `s1`: x; source `s2`: x");
    let many = failed(1_000, 1).why().unwrap();
    assert!(many.contains("source `s19`") && many.ends_with("; and 980 more"), "{many}");
    let long = failed(5, 3_000).why().unwrap();
    assert!(long.len() < 8_000 && long.ends_with("; and 4 more"), "{}", long.len());
}

#[test]
fn a_run_that_brings_nothing_answers_the_revision_that_holds() {
    let (stored, fake) = (World::nothing(), two());
    let first = stored.run(&fake);
    assert!(first.is_complete() && first.result.revision > 0, "{first:?}");
    let again = stored.run(&fake);
    assert_eq!((again.result.ingested, again.result.revision), (0, first.result.revision));
}

#[test]
fn a_run_that_starts_nowhere_makes_nothing_newer() {
    let (stored, fake) = (World::nothing(), Fake { starts: Default::default(), ..two() });
    let mut batch = Batch::default();
    let mut row = feeds::Row::default();
    row.last_success = Some(7);
    batch.put::<Feeds>(&"feed".to_owned(), &row).unwrap();
    stored.scanner.store().commit(batch).unwrap();
    let run = stored.run(&fake);
    assert!(run.is_complete(), "{run:?}");
    let state = stored.scanner.feeds().unwrap().remove(0);
    assert_eq!((state.last_success, stored.runs().last_complete), (Some(7), None));
    assert!(state.runs.last_run.is_some() && state.runs.next_run.is_some());
}

/// Rows of table `runs` as no Limpid writes them.
struct Unknown;

#[derive(serde::Serialize, serde::Deserialize)]
struct UnknownRow;

impl limpid_store::table::Table for Unknown {
    const ID: u8 = <Runs as limpid_store::table::Table>::ID;
    const NAME: &'static str = "unknown";
    type Key = String;
    type Row = UnknownRow;
}

impl limpid_store::table::Row for UnknownRow {
    const VERSION: u8 = 255;
}

#[test]
fn a_schedule_that_cannot_be_read_is_written_anew_by_the_next_run() {
    let (stored, fake) = (World::nothing(), two());
    stored.run(&fake);
    let mut batch = Batch::default();
    batch.put::<Unknown>(&"feed".to_owned(), &UnknownRow).unwrap();
    stored.scanner.store().commit(batch).unwrap();
    let state = stored.scanner.feeds().unwrap().remove(0);
    assert_eq!((state.runs.last_run, state.runs.next_run), (None, None), "it is due");
    assert!(stored.run(&fake).is_complete());
    assert!(stored.runs().next_run.is_some());
}

#[test]
fn what_is_named_but_was_never_there_is_no_failure() {
    let (stored, fake) = (World::nothing(), two());
    fake.remove("https://p.test/b");
    let run = stored.run(&fake);
    assert!(run.is_complete());
    assert_eq!((run.result.absent.len(), run.result.absent[0].0.as_str()), (1, "b"));
    assert_eq!(stored.runs().absent, run.result.absent);

    fake.put("https://p.test/b", "advisory 3");
    assert!(stored.run(&fake).is_complete());
    fake.remove("https://p.test/b");
    let run = stored.run(&fake);
    assert!(!run.is_complete(), "it was there");
    assert_eq!(stored.states(), "a/1 a/2 b/3");
    fake.remove(INDEX);
    assert!(!stored.run(&fake).is_complete(), "the feed starts there");
}

#[test]
fn a_document_that_shrinks_is_refused_unless_it_is_forced() {
    let (stored, fake) = (World::nothing(), two());
    stored.run(&fake);
    fake.put("https://p.test/a", "");
    let run = stored.run(&fake);
    assert!(run.why().unwrap().contains("states 0 advisories, and 2 before"), "{:?}", run.why());
    fake.put(INDEX, "");
    let run = stored.run(&fake);
    assert!(run.why().unwrap().contains("0 documents to follow, and 2 before"), "{:?}", run.why());
    assert_eq!(stored.states(), "a/1 a/2 b/1 b/3");
    fake.put(INDEX, "whole a https://p.test/a; whole b https://p.test/b");
    assert!(stored.force(&fake).is_complete());
    assert_eq!(stored.states(), "b/1 b/3");
}

/// Whole documents first, then lists of changes.
fn changing() -> Fake {
    let fake = Fake::new("whole index https://p.test/index", "delta changes https://p.test/changes");
    fake.put(INDEX, "whole a https://p.test/a; whole b https://p.test/b; cursor 1");
    fake.put("https://p.test/a", "advisory 1; advisory 2");
    fake.put("https://p.test/b", "advisory 3");
    fake.put(
        "https://p.test/changes",
        "delta a https://p.test/4; delta b https://p.test/5; delta a https://p.test/6; cursor 2",
    );
    fake.put("https://p.test/4", "advisory 4");
    fake.put("https://p.test/5", "advisory 5");
    fake.put("https://p.test/6", "withdraw 2; advisory 6");
    fake
}

#[test]
fn changes_change_what_they_name_and_leave_the_rest() {
    let (stored, fake) = (World::nothing(), changing());
    stored.run(&fake);
    fake.asked();
    let run = stored.run(&fake);
    assert!(run.is_complete());
    assert_eq!(fake.asked(), "4 5 6 changes");
    assert_eq!(stored.states(), "a/1 a/4 a/6 b/3 b/5");
    assert_eq!(
        (run.result.added, run.result.withdrawn, run.result.ingested),
        (3, 1, 3),
        "the changes of one source are one step"
    );
    assert_eq!(stored.runs().cursor.as_deref(), Some("2"));
    assert_eq!(stored.deltas(), 3);

    stored.run(&fake);
    assert_eq!(fake.asked(), "changes=");
    assert_eq!((stored.states().as_str(), stored.deltas()), ("a/1 a/4 a/6 b/3 b/5", 3));
}

#[test]
fn another_plugin_reads_the_whole_document_and_the_changes_since() {
    let (stored, mut fake) = (World::nothing(), changing());
    stored.run(&fake);
    stored.run(&fake);
    fake.prefix = "x";
    fake.plugin = test_support::plugin("another");
    stored.scanner.ingest().parse_all_again(&fake).unwrap();
    assert_eq!(stored.states(), "a/x1 a/x4 a/x6 b/x3 b/x5");
    assert_eq!(stored.deltas(), 3);
}

#[test]
fn too_many_changes_are_replaced_by_whole_documents() {
    let (stored, fake) = (World::with(|settings| settings.kept_deltas = 2), changing());
    stored.run(&fake);
    stored.run(&fake);
    fake.put("https://p.test/a", "advisory 1; advisory 4");
    fake.put("https://p.test/b", "advisory 3; advisory 5");
    fake.asked();
    stored.run(&fake);
    assert_eq!(fake.asked(), "a b index=");
    assert_eq!((stored.states().as_str(), stored.deltas()), ("a/1 a/4 b/3 b/5", 0));
}

#[test]
fn a_change_that_is_not_there_is_no_failure() {
    let (stored, fake) = (World::nothing(), changing());
    stored.run(&fake);
    fake.remove("https://p.test/4");
    let run = stored.run(&fake);
    assert!(run.is_complete());
    assert_eq!(run.result.absent.len(), 1);
    assert_eq!(stored.states(), "a/1 a/6 b/3 b/5");
}

#[test]
fn changes_that_fail_are_tried_again() {
    let (stored, fake) = (World::nothing(), changing());
    stored.run(&fake);
    fake.put("https://p.test/6", "down");
    assert!(!stored.run(&fake).is_complete());
    assert_eq!(stored.states(), "a/1 a/2 b/3 b/5", "the changes of a source are one step");
    assert_eq!(stored.runs().cursor.as_deref(), Some("1"));
    fake.put("https://p.test/6", "withdraw 2; advisory 6");
    assert!(stored.run(&fake).is_complete());
    assert_eq!(stored.states(), "a/1 a/4 a/6 b/3 b/5");
}

#[test]
fn documents_read_by_another_plugin_are_fetched_again() {
    let (stored, mut fake) = (World::nothing(), two());
    stored.run(&fake);
    fake.asked();
    fake.plugin = test_support::plugin("another");
    let run = stored.run(&fake);
    assert_eq!((run.result.ingested, fake.asked().as_str()), (3, "a b index"));
}

#[test]
fn pages_that_are_all_there_is_replace_those_of_before_when_they_are_in() {
    let stored = World::with(|settings| settings.kept_deltas = 1);
    let fake = Fake::new("delta p0 https://p.test/0", "delta w https://p.test/w");
    fake.put("https://p.test/0", "is p; advisory 1; delta p1 https://p.test/1; cursor a");
    fake.put("https://p.test/1", "is p; advisory 2; delta p2 https://p.test/2");
    fake.put("https://p.test/2", "is p; advisory 3");
    fake.put("https://p.test/w", "is p; advisory 4; cursor b");
    stored.run(&fake);
    assert_eq!((stored.states().as_str(), stored.deltas()), ("p/1 p/2 p/3", 3));
    assert_eq!(fake.asked(), "0 1 2");
    stored.run(&fake);
    assert_eq!((stored.states().as_str(), stored.deltas()), ("p/1 p/2 p/3 p/4", 4));
    assert_eq!(fake.asked(), "w", "what a run without a cursor brought is not too much");
    fake.put("https://p.test/w", "is p; advisory 5; cursor c");
    stored.run(&fake);
    assert_eq!((stored.deltas(), fake.asked().as_str()), (5, "w"));

    fake.put("https://p.test/2", "down");
    assert!(!stored.run(&fake).is_complete());
    assert_eq!(stored.deltas(), 7, "until all are in, those of before are kept");
    fake.put("https://p.test/2", "is p; advisory 6");
    stored.run(&fake);
    assert_eq!(stored.states(), "p/1 p/2 p/3 p/4 p/5 p/6");
    assert_eq!(stored.deltas(), 3);
    fake.asked();
    stored.run(&fake);
    assert_eq!(fake.asked(), "w");
}
