//! Documents come in at random, and every moment is asked for again: the report as of then must be
//! the one that was given then.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use limpid_bytes::Stop;
use limpid_model::report::Report;
use limpid_model::{
    Advisory, Affected, Digest, Distribution, Enrichment, EntryKind, Fact, Finding, Image, ImageLayer,
    LayerEntries, LayerEntry, LayerFindings, Package, Platform, PluginFailure, PluginId, Range, Rating,
    Scope, Status,
};
use limpid_runtime::{Documents, Mode, Sink, Source};
use limpid_store::Store;
use limpid_store::tables::entries::{self, Entries};
use limpid_store::tables::findings;
use limpid_store::tables::history_names::HistoryNames;
use limpid_store::tables::history_subjects::HistorySubjects;
use limpid_store::tables::images::Indexing;
use limpid_store::tables::marks::Marks;
use limpid_store::tables::names::{self, Names};
use limpid_store::tables::tags::{self, Tags};
use proptest::prelude::*;

use super::*;
use crate::Scanner;
use crate::ingest::{Input, News, Parsed, Parser, Trust};
use crate::settings::DAY;
use crate::spans::{Exploits, Print, Reach, Span, Spans, places};
use crate::test_support::{keys, package, plugin, scanner_with};
use crate::{AgeLimits, Clock, inventory};

/// A span, and when something of it was known to be exploited.
type Spanned = (Span, Rc<[(u64, u64)]>);

const FEEDS: [&str; 2] = ["f", "g"];
const SOURCES: [&str; 2] = ["one", "two"];
const VULNERABILITIES: [&str; 3] = ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"];
const NAMES: [&str; 3] = ["a", "b", "c"];
const VERSIONS: [&str; 3] = ["1", "2", "3"];
const REPOSITORY: &str = "shop";
const NO_LIMITS: AgeLimits =
    AgeLimits { malicious: 0, critical: 0, high: 0, medium: 0, unknown: 0, low: 0, negligible: 0 };
const WORDS: [&str; 3] = ["low", "high", "critical"];

/// A document, and when it comes.
#[derive(Clone, Debug)]
struct Step {
    /// What the clock says more than at the step before, in milliseconds.
    later: i64,
    /// Whether the process ended before it, and another goes on.
    restarted: bool,
    /// Whether that process was one that did not keep by what changes are found.
    unindexed: bool,
    /// Whether the source is removed, and there is no document.
    removed: bool,
    feed: usize,
    source: usize,
    mode: Mode,
    stated: BTreeMap<usize, AboutVulnerability>,
    withdrawn: BTreeSet<usize>,
    /// What is known of vulnerabilities, by kind: a word, or that it is exploited.
    known: BTreeMap<(usize, usize), Option<usize>>,
}

/// An advisory.
#[derive(Clone, Debug)]
struct AboutVulnerability {
    is_alias: bool,
    is_taken_back: bool,
    word: Option<usize>,
    /// Name, whether it is published for the distribution, which version, whether it is vulnerable.
    affects: Vec<(usize, bool, Option<usize>, bool)>,
}

fn step() -> impl Strategy<Value = Step> {
    let affects = (0..NAMES.len(), any::<bool>(), prop::option::of(0..VERSIONS.len()), any::<bool>());
    let stated = (
        any::<bool>(),
        prop::bool::weighted(0.1),
        prop::option::of(0..WORDS.len()),
        prop::collection::vec(affects, 0..4),
    );
    let stated = stated.prop_map(|(is_alias, is_taken_back, word, affects)| AboutVulnerability {
        is_alias,
        is_taken_back,
        word,
        affects,
    });
    let of_vulnerability = 0..VULNERABILITIES.len();
    let stated = (
        prop::collection::btree_map(of_vulnerability.clone(), stated, 0..4),
        prop::collection::btree_set(of_vulnerability.clone(), 0..2),
        prop::collection::btree_map((of_vulnerability, 0..2_usize), prop::option::of(0..WORDS.len()), 0..3),
    );
    let mode = prop_oneof![2 => Just(Mode::Whole), 1 => Just(Mode::Delta)];
    let place = (0..FEEDS.len(), 0..SOURCES.len(), mode);
    let events = (prop::bool::weighted(0.2), prop::bool::weighted(0.3), prop::bool::weighted(0.15));
    (-2..4_i64, events, place, stated).prop_map(
        |(later, (restarted, unindexed, removed), (feed, source, mode), (stated, withdrawn, known))| Step {
            later,
            restarted,
            unindexed,
            removed,
            feed,
            source,
            mode,
            stated,
            withdrawn,
            known,
        },
    )
}

/// Reads nothing: what documents hold is made here.
struct Feed(&'static str, PluginId);

impl Parser for Feed {
    fn name(&self) -> &str {
        self.0
    }

    fn plugin(&self) -> &PluginId {
        &self.1
    }

    fn sources(&self, _cursor: Option<&str>) -> Result<Vec<Source>, PluginFailure> {
        Ok(Vec::new())
    }

    fn parse(
        &self,
        _source: &str,
        _documents: Box<dyn Documents>,
        _sink: Arc<std::sync::Mutex<dyn Sink>>,
    ) -> Result<Option<String>, PluginFailure> {
        Ok(None)
    }
}

/// A scanner with an image, at a time that is set.
struct World {
    store: Store,
    now: Arc<AtomicU64>,
    kept: u64,
    scanner: Scanner,
    image: Digest,
    _scratch: tempfile::TempDir,
}

impl World {
    /// History is kept for so many milliseconds.
    fn new(kept: u64) -> Self {
        let (store, now) = (Store::in_memory(), Arc::new(AtomicU64::new(1_000)));
        let (scanner, scratch) = start(&store, &now, kept);
        let image = put_image(&scanner);
        Self { store, now, kept, scanner, image, _scratch: scratch }
    }

    fn restart(&mut self) {
        (self.scanner, self._scratch) = start(&self.store, &self.now, self.kept);
    }

    /// Forgets by what changes are found, as if it had never been kept.
    fn unindex(&self) {
        let (view, mut batch) = (self.store.view(), Batch::default());
        for key in view.keys::<HistorySubjects>(|_| ()) {
            batch.delete::<HistorySubjects>(&key.unwrap());
        }
        for key in view.keys::<HistoryNames>(|_| ()) {
            batch.delete::<HistoryNames>(&key.unwrap());
        }
        batch.delete::<Marks>(&changes::MARK.to_owned());
        self.store.commit(batch).unwrap();
    }

    /// By how many rows changes are found.
    fn found_by(&self) -> usize {
        let view = self.store.view();
        view.keys::<HistorySubjects>(|_| ()).count() + view.keys::<HistoryNames>(|_| ()).count()
    }

    /// Ingests a document, or removes a source. Returns the revision of its feed.
    fn ingest_document(&self, step: &Step) -> u64 {
        let (feed, source) = (FEEDS[step.feed], SOURCES[step.source]);
        if step.removed {
            return match self.scanner.remove_source(feed, source) {
                Ok(removed) => removed.revision,
                Err(Error::NoFeed { .. } | Error::NoSource { .. }) => {
                    let known = self.store.view().get::<Feeds>(&feed.to_owned()).unwrap();
                    known.map_or(0, |known| known.revision)
                }
                Err(other) => panic!("{other}"),
            };
        }
        let mut parsed = Parsed::default();
        for (&vulnerability, stated) in &step.stated {
            let advisory = advisory(vulnerability, stated);
            parsed.collected.records.state(advisory).unwrap();
        }
        parsed.collected.withdrawn =
            step.withdrawn.iter().map(|&id| VULNERABILITIES[id].to_owned()).collect();
        for (&(vulnerability, kind), &word) in &step.known {
            parsed.collected.records.know(enrichment(vulnerability, kind, word)).unwrap();
        }
        let source = Source { name: SOURCES[step.source].to_owned(), url: String::new(), mode: step.mode };
        let (validators, trust, news) = (None, Trust::Forced, News::Told);
        let input = Input { source: &source, documents: &[], validators, trust, news };
        let feed = Feed(FEEDS[step.feed], plugin("feed"));
        self.scanner.ingest().write(&feed, input, parsed).unwrap().ingested.revision
    }

    /// A document that says one thing of one package.
    fn say(&self, feed: usize, word: usize) -> u64 {
        let affects = vec![(0, true, None, true)];
        let stated = AboutVulnerability { is_alias: false, is_taken_back: false, word: Some(word), affects };
        self.ingest_document(&Step {
            later: 0,
            restarted: false,
            unindexed: false,
            removed: false,
            feed,
            source: 0,
            mode: Mode::Whole,
            stated: BTreeMap::from([(0, stated)]),
            withdrawn: BTreeSet::new(),
            known: BTreeMap::new(),
        })
    }

    /// What is counted of the repository of the image, by a scanner that has counted before.
    fn summary(&self) -> (u64, BTreeMap<limpid_model::Severity, u64>, u64, u64) {
        let counted = (0..1_000).map(|_| self.scanner.repository(REPOSITORY).unwrap());
        let counted = counted.into_iter().find(|it| it.is_current).expect("it is counted by and by");
        let summary = counted.summary.unwrap();
        assert_eq!((summary.images, summary.overdue), (1, None));
        (summary.vulnerabilities, summary.findings, summary.exploited, summary.fixable)
    }

    /// What has affected the image, from when until when, and when that was exploited.
    fn spans(&self) -> Vec<Spanned> {
        let view = self.store.view();
        let (image, indexing) = crate::images::image(&view, &self.image).unwrap();
        let mut spans = Spans::new(&view, self.scanner.settings(), Reach::History).unwrap();
        let mut exploits = Exploits::beside(&spans);
        let mut found = Vec::new();
        for place in places(&image, &indexing) {
            for span in spans.of(place).unwrap().iter().flat_map(|package| &package.spans) {
                found.push((span.clone(), exploits.of(&span.vulnerability).unwrap()));
            }
        }
        found
    }

    fn set(&self, now: u64) {
        self.now.store(now, Relaxed);
    }

    fn report(&self) -> Report {
        let report = comparable(self.scanner.report(&self.image).unwrap());
        let (same, held) = self.scanner.report_with_inventory(&self.image).unwrap();
        let inventory = self.scanner.inventory(&self.image).unwrap();
        assert_eq!(comparable(same), report, "beside what the image holds");
        assert_eq!((&held.packages, &held.image), (&inventory.packages, &inventory.image));
        assert_eq!((held.distribution, held.examination), (inventory.distribution, inventory.examination));
        report
    }

    fn as_of(&self, as_of: &AsOf) -> Result<Report, Error> {
        self.scanner.report_as_of(&self.image, Some(as_of)).map(comparable)
    }

    /// When the last change was made.
    fn last_change(&self) -> u64 {
        self.store.view().scan::<Revisions>(|_| ()).map(|row| row.unwrap().1.at).max().unwrap_or(0)
    }

    fn rows(&self) -> usize {
        let view = self.store.view();
        view.keys::<History>(|_| ()).count() + view.keys::<Revisions>(|_| ()).count()
    }
}

/// What affected the image at a time, and whether it was exploited.
fn at_time(spans: &[Spanned], time: u64) -> Vec<(Print, bool)> {
    let then = spans.iter().filter(|(span, _)| (span.from..span.until).contains(&time));
    let is_then = |all: &[(u64, u64)]| all.iter().any(|(from, until)| (*from..*until).contains(&time));
    let mut found: Vec<_> = then.map(|(span, exploited)| (span.print, is_then(exploited))).collect();
    found.sort_unstable();
    found
}

fn findings_of(report: &Report) -> Vec<(Print, bool)> {
    let found = report.findings.iter().map(|it| (Print::of_finding(it), it.exploited.is_some()));
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    found
}

/// The same as [`World::summary`], of a report.
fn summary_of(report: &Report) -> (u64, BTreeMap<limpid_model::Severity, u64>, u64, u64) {
    let vulnerabilities: BTreeSet<_> = report.findings.iter().map(|it| &it.vulnerability).collect();
    let mut by_severity = BTreeMap::new();
    report.findings.iter().for_each(|it| *by_severity.entry(it.severity.severity).or_default() += 1);
    let count =
        |is: fn(&limpid_model::report::Finding) -> bool| report.findings.iter().filter(|it| is(it)).count();
    let exploited = count(|it| it.exploited.is_some()) as u64;
    (vulnerabilities.len() as u64, by_severity, exploited, count(|it| it.fixed_version.is_some()) as u64)
}

fn start(store: &Store, now: &Arc<AtomicU64>, kept: u64) -> (Scanner, tempfile::TempDir) {
    let clock = Arc::clone(now);
    scanner_with(store.clone(), |settings| {
        settings.clock = Clock::new(move || clock.load(Relaxed));
        settings.history = kept;
        settings.ages.limits = NO_LIMITS;
    })
}

/// When its documents last came is kept of a source, and not when they came before.
fn comparable(mut report: Report) -> Report {
    // What is not kept of the past.
    report.coverage.enrichments.clear();
    for source in &mut report.coverage.sources {
        source.ingested = 0;
        // Of what was removed it is not kept who read it.
        source.plugin = None;
    }
    report.plugins.retain(|plugin| plugin.name != "feed");
    report
}

/// An image of a distribution with a package of it and one of its own of each name.
fn put_image(scanner: &Scanner) -> Digest {
    let layer = Digest::of(b"layer");
    let distribution = Distribution {
        id: "test".to_owned(),
        version_id: String::new(),
        pretty_name: String::new(),
        cpe: None,
        namespaces: vec!["here".to_owned()],
        supported_until: None,
    };
    let finding = |fact| Finding { path: "db".into(), member: None, fact };
    let mut found = LayerFindings::default();
    found.findings.push(finding(Fact::Distribution(distribution)));
    let mut of_packages = Vec::new();
    for (name, version) in NAMES.iter().zip(VERSIONS) {
        for scope in [Scope::Distribution, Scope::Namespace("own".to_owned())] {
            let package = Package { scope, ..package(name, version) };
            of_packages.push(keys(&package));
            found.findings.push(finding(Fact::Package(Box::new(package))));
        }
    }
    let image = Image {
        id: Digest::of(b"image"),
        manifests: Vec::new(),
        names: Vec::new(),
        platform: Platform::default(),
        created: None,
        labels: Vec::new(),
        layers: vec![ImageLayer { diff_id: layer, created_by: None }],
    };
    let id = image.id;
    let detector = plugin("detector");
    let commit = |write: &dyn Fn(&View<'_>, &mut Batch)| {
        let mut batch = Batch::default();
        write(&scanner.store().view(), &mut batch);
        scanner.store().commit(batch).unwrap();
    };
    commit(&|view, batch| {
        let entries =
            LayerEntries { last: vec![LayerEntry::new("db", EntryKind::File)], replaced: Vec::new() };
        batch.put::<Entries>(&layer, &entries::Row::pack(&entries).unwrap()).unwrap();
        let row = findings::Row::new(detector.clone(), found.clone(), of_packages.clone());
        inventory::put_findings(view, batch, &layer, vec![(detector.digest, row)]).unwrap();
    });
    commit(&|_, batch| {
        let (repository, tag) = (REPOSITORY.to_owned(), "1".to_owned());
        let name = names::Key { repository: repository.clone(), tag: tag.clone(), image: id };
        batch.put::<Names>(&name, &names::Row).unwrap();
        let row = tags::Row::new(None, vec![id], 1_000);
        batch.put::<Tags>(&tags::Key { repository, tag, since: 1_000 }, &row).unwrap();
    });
    commit(&|view, batch| {
        let before = Indexing::default();
        let (of, rows) = ((image.clone(), &before), BTreeMap::new());
        scanner.indexer().put_refreshed(view, batch, of, vec![detector.digest], &rows).unwrap();
    });
    id
}

fn rating(word: usize) -> Rating {
    Rating { system: "test".to_owned(), value: WORDS[word].to_owned(), score: None }
}

fn advisory(vulnerability: usize, stated: &AboutVulnerability) -> Advisory {
    let vulnerability = VULNERABILITIES[vulnerability];
    let (id, aliases) = match stated.is_alias {
        true => (format!("X-{vulnerability}"), vec![vulnerability.to_owned()]),
        false => (vulnerability.to_owned(), Vec::new()),
    };
    let affected = stated.affects.iter().map(|&(name, is_here, version, is_affected)| Affected {
        namespace: if is_here { "here" } else { "own" }.to_owned(),
        name: NAMES[name].to_owned(),
        source: false,
        scheme: "number".to_owned(),
        status: if is_affected { Status::Affected } else { Status::NotAffected },
        // All versions, or one.
        ranges: if version.is_none() { vec![Range { introduced: None, until: None }] } else { Vec::new() },
        versions: version.map(|version| VERSIONS[version].to_owned()).into_iter().collect(),
        requires: Vec::new(),
        ratings: Vec::new(),
        note: version.map(|version| format!("note {version}")),
    });
    Advisory {
        id,
        aliases,
        affected: affected.collect(),
        ratings: stated.word.map(rating).into_iter().collect(),
        withdrawn: stated.is_taken_back.then(|| "2026-01-02T00:00:00Z".to_owned()),
        ..Advisory::default()
    }
}

fn enrichment(vulnerability: usize, kind: usize, word: Option<usize>) -> Enrichment {
    let exploited = (Enrichment::EXPLOITED.to_owned(), "2026-01-01".to_owned());
    Enrichment {
        id: VULNERABILITIES[vulnerability].to_owned(),
        kind: ["scores", "others"][kind].to_owned(),
        ratings: word.map(rating).into_iter().collect(),
        facts: if word.is_none() { vec![exploited] } else { Vec::new() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_report_as_of_a_moment_is_the_one_that_was_given_then(
        steps in prop::collection::vec(step(), 1..12),
    ) {
        let mut world = World::new(u64::MAX);
        let mut revisions = [0; FEEDS.len()];
        // By feed and revision, the last report; by time, what there was from then on.
        let (mut given, mut at) = (BTreeMap::new(), BTreeMap::from([(0, world.report())]));
        for feed in 0..FEEDS.len() {
            given.insert((feed, 0), world.report());
        }
        for step in &steps {
            let now = world.now.load(Relaxed);
            world.set(now.saturating_add_signed(step.later));
            if step.restarted && step.unindexed {
                world.unindex();
            }
            if step.restarted {
                world.restart();
            }
            revisions[step.feed] = world.ingest_document(step);
            let report = world.report();
            prop_assert_eq!(world.summary(), summary_of(&report));
            for (feed, &revision) in revisions.iter().enumerate() {
                given.insert((feed, revision), report.clone());
            }
            at.insert(world.last_change(), report);
        }
        for ((feed, revision), report) in given {
            let feed = FEEDS[feed].to_owned();
            // A feed of which nothing came is not known at all.
            if revision == 0 && world.store.view().get::<Feeds>(&feed).unwrap().is_none() {
                continue;
            }
            let as_of = AsOf::Revision { feed, revision };
            prop_assert_eq!(world.as_of(&as_of).unwrap(), report, "{:?}", as_of);
        }
        let spans = world.spans();
        for time in [0, 1, 999].into_iter().chain(990..world.last_change() + 2) {
            let (_, report) = at.range(..=time).next_back().unwrap();
            prop_assert_eq!(&world.as_of(&AsOf::Time(time)).unwrap(), report, "at {}", time);
            prop_assert_eq!(at_time(&spans, time), findings_of(report), "at {}", time);
        }
    }
}

#[test]
fn what_is_longer_ago_than_is_kept_is_refused_whether_it_was_forgotten_or_not() {
    let world = World::new(15);
    let mut given = Vec::new();
    for (at, word) in [(1_010, 0), (1_020, 1), (1_030, 2)] {
        world.set(at);
        world.say(0, word);
        given.push(world.report());
    }
    world.set(1_040);
    let revision = |revision| AsOf::Revision { feed: "f".to_owned(), revision };
    let refused = |as_of: AsOf| match world.as_of(&as_of) {
        Err(error @ Error::BeforeHistory { .. }) => error.to_string(),
        other => panic!("{as_of:?} is answered with {other:?}"),
    };
    let check = || {
        for as_of in [AsOf::Time(0), AsOf::Time(1_023), revision(0), revision(1)] {
            let stated = refused(as_of);
            assert!(stated.contains("`history.days` reaches back to 1970-01-01T00:00:01Z"), "{stated}");
        }
        for (as_of, expected) in
            [(AsOf::Time(1_024), 1), (revision(2), 1), (revision(3), 2), (AsOf::Time(2_000), 2)]
        {
            assert_eq!(world.as_of(&as_of).unwrap(), given[expected], "{as_of:?}");
        }
    };
    check();
    let before = world.rows();
    world.scanner.forget_history().unwrap();
    assert!(world.rows() < before, "nothing was forgotten");
    check();
    world.set(9_000);
    world.scanner.forget_history().unwrap();
    assert_eq!((world.rows(), world.found_by()), (0, 0), "something stays for ever");
}

#[test]
fn a_moment_that_no_feed_has_come_to_is_refused() {
    let world = World::new(u64::MAX);
    world.say(0, 0);
    let refused = |feed: &str, revision| {
        let as_of = AsOf::Revision { feed: feed.to_owned(), revision };
        world.as_of(&as_of).unwrap_err().to_string()
    };
    assert_eq!(refused("f", 2), "feed `f` has no revision 2 yet: its latest is 1");
    assert_eq!(refused("f", u64::MAX), format!("feed `f` has no revision {} yet: its latest is 1", u64::MAX));
    assert_eq!(refused("x", 0), "no plugin named `x` reads a feed; there are: none");
}

#[test]
fn a_moment_is_a_time_or_a_revision() {
    let revision = |feed: &str, revision| Ok(AsOf::Revision { feed: feed.to_owned(), revision });
    let check = |text: &str, expected: Result<AsOf, ()>| {
        assert_eq!(text.parse::<AsOf>().map_err(drop), expected, "{text}");
    };
    check("1970-01-01T00:00:01Z", Ok(AsOf::Time(1_000)));
    check("1970-01-01T01:00:01.5+01:00", Ok(AsOf::Time(1_500)));
    check("1969-12-31T00:00:00Z", Ok(AsOf::Time(0)));
    check("debian@17", revision("debian", 17));
    check("a@b@0", revision("a@b", 0));
    for bad in ["", "@", "debian", "debian@", "debian@-1", "debian@18446744073709551616", "2026-11-26", "now"]
    {
        check(bad, Err(()));
        let why = bad.parse::<AsOf>().unwrap_err();
        assert!(why.contains(&format!("`{bad}`")) && why.contains("`debian@17`"), "{why}");
    }
}

#[test]
fn trends_ages_and_repairs_are_those_of_reports_as_of_then() {
    let world = World::new(90 * DAY);
    let empty = |feed, known| Step {
        later: 0,
        restarted: false,
        unindexed: false,
        removed: false,
        feed,
        source: 0,
        mode: Mode::Whole,
        stated: BTreeMap::new(),
        withdrawn: BTreeSet::new(),
        known,
    };
    assert_eq!(world.scanner.repository_trend(REPOSITORY, 30, &Stop::default()).unwrap().days.len(), 1);
    world.set(2 * DAY + 5);
    world.say(0, 1);
    world.set(4 * DAY + 7);
    world.ingest_document(&empty(1, BTreeMap::from([((0, 0), None)])));
    world.set(6 * DAY);
    world.ingest_document(&empty(0, BTreeMap::new()));
    world.set(8 * DAY);
    world.say(0, 1);
    world.set(9 * DAY);

    let trend = world.scanner.repository_trend(REPOSITORY, 30, &Stop::default()).unwrap();
    assert_eq!(trend, world.scanner.trend(30, &Stop::default()).unwrap());
    let stopped = Stop::default();
    stopped.stop();
    let failed = [
        world.scanner.trend(30, &stopped).err(),
        world.scanner.repository_trend(REPOSITORY, 30, &stopped).err(),
        world.scanner.repairs(REPOSITORY, 90, &stopped).err(),
    ];
    let is_stopped = |it: &Option<Error>| matches!(it, Some(Error::Fetch(limpid_fetch::Error::Stopped)));
    assert!(failed.iter().all(is_stopped), "{failed:?}");
    // Before the first document nothing was known.
    assert_eq!((trend.since, trend.days.len()), (Some(2 * DAY + 5), 8));
    assert_eq!(world.scanner.trend(3, &Stop::default()).unwrap().days, trend.days[5..]);
    let mut counts = BTreeSet::new();
    for day in &trend.days {
        let report = world.as_of(&AsOf::Time(day.at)).unwrap();
        let (vulnerabilities, by_severity, exploited, _) = summary_of(&report);
        let findings = by_severity.values().sum::<u64>();
        assert_eq!(
            (day.vulnerabilities, day.findings, day.exploited),
            (vulnerabilities, findings, exploited)
        );
        let not_judged = u64::from(report.coverage.judged == 0 && findings == 0);
        assert_eq!((day.images, day.not_judged), (1, not_judged), "{day:?}");
        counts.insert((findings, exploited));
    }
    assert_eq!(counts, BTreeSet::from([(0, 0), (1, 0), (1, 1)]));

    let set = |high, images| {
        let limits = AgeLimits { high, ..NO_LIMITS };
        let ages = crate::AgeSettings { limits, images };
        world.scanner.change_settings(Settings { ages, ..world.scanner.settings().clone() }).unwrap();
        let mut counted = (0..1_000).map(|_| world.scanner.repository(REPOSITORY).unwrap());
        let counted = counted.find(|it| it.is_current).expect("it is counted by and by");
        (counted.summary.unwrap().overdue, world.scanner.ages(&world.image, "").unwrap())
    };
    for (limit, expected) in [(0, None), (6, Some(true)), (7, Some(false))] {
        let (overdue, ages) = set(limit, 10);
        let [age] = &ages.findings[..] else { panic!("{ages:?}") };
        assert_eq!(age.is_overdue, expected);
        assert_eq!(overdue, expected.map(u64::from));
        // The image was never submitted by a name: its findings are as old as it is known.
        let first = limpid_model::Seen { at: 2 * DAY + 5, or_earlier: false };
        assert_eq!((age.first_seen, age.fix_known), (Some(first), None));
        assert_eq!(age.fingerprint, world.scanner.report(&world.image).unwrap().findings[0].fingerprint);
    }

    let repairs = || world.scanner.repairs(REPOSITORY, 90, &Stop::default()).unwrap();
    assert_eq!((repairs().repaired, repairs().withdrawn, repairs().open), (vec![], 1, 1));
    let (mut batch, other) = (Batch::default(), Digest::of(b"other"));
    let (image, indexing) = crate::images::image(&world.store.view(), &world.image).unwrap();
    let image = Image { id: other, layers: Vec::new(), ..image };
    let row = limpid_store::tables::images::Row::new(image, Indexing { contexts: Vec::new(), ..indexing });
    batch.put::<limpid_store::tables::images::Images>(&other, &row).unwrap();
    let key = tags::Key { repository: REPOSITORY.to_owned(), tag: "1".to_owned(), since: 10 * DAY };
    batch.put::<Tags>(&key, &tags::Row::new(None, vec![other], 10 * DAY)).unwrap();
    world.store.commit(batch).unwrap();
    world.set(11 * DAY);
    assert_eq!(repairs().repaired, [std::time::Duration::from_millis(2 * DAY)]);
    assert_eq!((repairs().withdrawn, repairs().open, repairs().begun_before), (1, 0, 0));
    assert_eq!(world.scanner.repairs(REPOSITORY, 4, &Stop::default()).unwrap().withdrawn, 0);
    let stated = crate::OwnerSettings::from([("team".to_owned(), vec![REPOSITORY.to_owned()])]);
    let owners = std::sync::Arc::new(crate::Owners::read(&stated).unwrap());
    world.scanner.change_settings(Settings { owners, ..world.scanner.settings().clone() }).unwrap();
    assert_eq!(world.scanner.repairs_of_owner("team", 90, &Stop::default()).unwrap(), repairs());
    assert!(matches!(world.scanner.repairs_of_owner("none", 90, &Stop::default()), Err(Error::NoOwner(_))));
    let today = world.scanner.trend(1, &Stop::default()).unwrap().days[0].clone();
    assert_eq!((today.images, today.findings, today.not_judged), (1, 0, 1));

    // Of what was so before history it is not known when it began.
    world.set(98 * DAY + 1);
    assert_eq!((repairs().begun_before, repairs().repaired), (1, vec![]));
    set(1, 1);
    let error = world.scanner.trend(90, &Stop::default()).unwrap_err();
    assert!(matches!(error, Error::TooManyImages { limit: 1 }), "{error}");
    assert!(matches!(
        world.scanner.repairs(REPOSITORY, 1, &Stop::default()),
        Err(Error::TooManyImages { .. })
    ));
    assert!(matches!(
        world.scanner.repository_trend("none", 1, &Stop::default()),
        Err(Error::NoRepository(_))
    ));
}

#[test]
fn a_score_over_time_is_what_was_known_at_each_time() {
    let world = World::new(90 * DAY);
    let know = |at: u64, score: Option<f32>| {
        world.set(at);
        let mut parsed = Parsed::default();
        if let Some(score) = score {
            let rating = Rating {
                system: Enrichment::PROBABILITY.to_owned(),
                value: score.to_string(),
                score: Some(score),
            };
            let known = Enrichment { ratings: vec![rating], ..enrichment(0, 0, None) };
            parsed.collected.records.know(known).unwrap();
        }
        // What else the source says keeps it from being empty.
        parsed.collected.records.know(enrichment(1, 0, Some(1))).unwrap();
        let source = Source { name: "scores".to_owned(), url: String::new(), mode: Mode::Whole };
        let input = Input {
            source: &source,
            documents: &[],
            validators: None,
            trust: Trust::Forced,
            news: News::Told,
        };
        world.scanner.ingest().write(&Feed(FEEDS[0], plugin("feed")), input, parsed).unwrap();
    };
    know(2 * DAY, Some(0.1));
    know(3 * DAY, Some(0.1));
    know(4 * DAY, Some(0.2));
    know(4 * DAY + 9, Some(0.3));
    know(6 * DAY, None);
    know(7 * DAY, Some(0.4));
    let scores = |before, limit| world.scanner.scores(VULNERABILITIES[0], before, limit).unwrap();
    let all = scores(None, 100);
    let points = all.changes.iter().map(|it| (it.at, it.score)).collect::<Vec<_>>();
    assert_eq!(
        points,
        [
            (Some(7 * DAY), Some(0.4)),
            (Some(6 * DAY), None),
            (Some(4 * DAY + 9), Some(0.3)),
            (Some(2 * DAY), Some(0.1)),
        ]
    );
    assert!(all.changes.iter().all(|it| it.vulnerability == VULNERABILITIES[0] && it.feed == FEEDS[0]));
    let first = scores(None, 3);
    let rest = scores(first.next, 3);
    assert_eq!(([first.changes, rest.changes].concat(), rest.next), (all.changes, None));
    assert!(matches!(world.scanner.scores("CVE-1999-0001", None, 1), Err(Error::NoVulnerability(_))));
    // What is longer ago than history holds is only known to have been so.
    world.set(94 * DAY);
    super::forget_history(&world.store, world.scanner.settings()).unwrap();
    let points = scores(None, 100).changes.iter().map(|it| (it.at, it.score)).collect::<Vec<_>>();
    assert_eq!(
        points,
        [
            (Some(7 * DAY), Some(0.4)),
            (Some(6 * DAY), None),
            (Some(4 * DAY + 9), Some(0.3)),
            (None, Some(0.1)),
        ]
    );
}
