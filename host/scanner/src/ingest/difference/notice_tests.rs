//! One verdict: reports, explanations, the reverse question and statistics say the same, and the set of
//! notices from a difference equals the difference of two full evaluations, over random small images
//! with hidden files and files that packages own, and random documents in three namespaces.

use std::collections::BTreeSet;

use limpid_model::explanation::{Answer, Outcome};
use limpid_model::{
    AffectedImage, Distribution, Enrichment, EntryKind, Fact, Finding, Image, ImageLayer, KeyedVersion,
    LayerEntries, LayerEntry, LayerFindings, Ownership, Package, Platform, Range, Rating, Scope, Severity,
    Statement, Status,
};
use limpid_store::Store;
use limpid_store::tables::affects::{self, Affects};
use limpid_store::tables::entries::{self, Entries};
use limpid_store::tables::findings;
use limpid_store::tables::images::Indexing;
use limpid_store::tables::outbox::Outbox;
use limpid_store::tables::subscriptions::{self, Subscriptions};
use proptest::prelude::*;

use super::*;
use crate::Scanner;
use crate::ingest::Records;
use crate::ingest::enrichments;
use crate::inventory::Asked;
use crate::test_support::{component, keyed, keys, package, plugin, scanner_with, subscription};
use crate::vulnerabilities::{affected_images, affected_now};
use crate::{Filter, Position, inventory};

mod expressions;
mod kills;
mod rescans;

const FILES: [&str; 2] = ["db/one", "db/two"];
const NAMES: [&str; 3] = ["a", "b", "c"];
const VULNERABILITIES: [&str; 3] = ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"];
/// The one that knows the distribution's packages, and the one that reads modules.
const DETECTORS: [&str; 2] = ["manager", "reader"];
/// The distribution's, best first, and that of modules.
const NAMESPACES: [&str; 3] = ["here", "coarser", "own"];
const WORDS: [&str; 3] = ["low", "high", "critical"];

/// What a layer does to a file.
#[derive(Clone, Debug)]
enum Step {
    Leaves,
    Removes,
    /// States packages: a name and a version each, of the distribution or not.
    States(Vec<(usize, u32, bool)>),
}

/// A layer, by what it does to each file, and which file it says that a package owns.
#[derive(Clone, Debug)]
struct Layer {
    steps: Vec<Step>,
    owns: Option<(usize, usize)>,
}

/// An advisory: which, whether it goes by another identifier, how severe, and what it says of packages.
#[derive(Clone, Debug)]
struct AboutVulnerability {
    vulnerability: usize,
    is_alias: bool,
    word: Option<usize>,
    affects: Vec<(usize, usize, Option<u32>, bool)>,
}

/// What one feed says, or what is exploited.
#[derive(Clone, Debug)]
enum Document {
    Advisories(usize, Vec<AboutVulnerability>),
    Exploited(BTreeSet<usize>),
}

fn layer() -> impl Strategy<Value = Layer> {
    let packages = prop::collection::vec((0..NAMES.len(), 1..5_u32, any::<bool>()), 0..3);
    let step = prop_oneof![Just(Step::Leaves), Just(Step::Removes), packages.prop_map(Step::States)];
    let owns = prop::option::of((0..NAMES.len(), 0..FILES.len()));
    (prop::collection::vec(step, FILES.len()), owns).prop_map(|(steps, owns)| Layer { steps, owns })
}

fn document() -> impl Strategy<Value = Document> {
    // Name, namespace, the version that fixes it if any does, and whether it is vulnerable at all.
    let affects =
        (0..NAMES.len(), 0..NAMESPACES.len(), prop::option::of(1..6_u32), prop::bool::weighted(0.8));
    let stated = (
        0..VULNERABILITIES.len(),
        any::<bool>(),
        prop::option::of(0..WORDS.len()),
        prop::collection::vec(affects, 0..4),
    );
    let stated = stated.prop_map(|(vulnerability, is_alias, word, affects)| AboutVulnerability {
        vulnerability,
        is_alias,
        word,
        affects,
    });
    prop_oneof![
        4 => (0..2_usize, prop::collection::vec(stated, 1..4)).prop_map(|(feed, stated)| Document::Advisories(feed, stated)),
        1 => prop::collection::btree_set(0..VULNERABILITIES.len(), 1..3).prop_map(Document::Exploited),
    ]
}

fn advisory(stated: &AboutVulnerability) -> Advisory {
    let vulnerability = VULNERABILITIES[stated.vulnerability].to_owned();
    let (id, aliases) = match stated.is_alias {
        true => (format!("X-{}", stated.vulnerability), vec![vulnerability]),
        false => (vulnerability, Vec::new()),
    };
    let affected = stated.affects.iter().map(|&(name, namespace, fix, is_affected)| Affected {
        namespace: NAMESPACES[namespace].to_owned(),
        name: NAMES[name].to_owned(),
        source: false,
        scheme: "number".to_owned(),
        status: if is_affected { Status::Affected } else { Status::NotAffected },
        ranges: vec![Range { introduced: None, until: fix.map(|fix| Bound::Excluding(fix.to_string())) }],
        versions: Vec::new(),
        requires: Vec::new(),
        ratings: Vec::new(),
        note: None,
    });
    let rating =
        |word: usize| Rating { system: "test".to_owned(), value: WORDS[word].to_owned(), score: None };
    Advisory {
        id,
        aliases,
        affected: affected.collect(),
        ratings: stated.word.map(rating).into_iter().collect(),
        ..Advisory::default()
    }
}

/// A scanner with images, one subscriber, and a scheme of which the keys are made here.
struct World {
    scanner: Scanner,
    images: Vec<Digest>,
    _scratch: tempfile::TempDir,
}

impl World {
    fn new(layers: &[Layer], images: &[Vec<usize>]) -> Self {
        let scanner = scanner_with(Store::in_memory(), |settings| settings.flap_window = 0);
        Self::of(scanner, layers, images)
    }

    fn of((scanner, scratch): (Scanner, tempfile::TempDir), layers: &[Layer], images: &[Vec<usize>]) -> Self {
        let world = Self { scanner, images: (0..images.len()).map(image_id).collect(), _scratch: scratch };
        world.commit(|_, batch| {
            let row = subscriptions::Row::from(&subscription("s", None));
            batch.put::<Subscriptions>(&"s".to_owned(), &row).unwrap();
        });
        for (number, layer) in layers.iter().enumerate() {
            world.commit(|view, batch| put_layer(view, batch, number, layer));
        }
        for (number, chosen) in images.iter().enumerate() {
            let layer = |&layer: &usize| ImageLayer { diff_id: layer_id(layer), created_by: None };
            let image = Image {
                id: image_id(number),
                manifests: Vec::new(),
                names: vec![format!("image:{number}")],
                platform: Platform::default(),
                created: None,
                labels: Vec::new(),
                layers: chosen.iter().map(layer).collect(),
            };
            let before = Indexing::default();
            world.commit(|view, batch| {
                let of = (image.clone(), &before);
                let detectors = DETECTORS.map(|name| plugin(name).digest).to_vec();
                let rows = std::collections::BTreeMap::new();
                world.scanner.indexer().put_refreshed(view, batch, of, detectors, &rows).unwrap();
            });
        }
        world
    }

    fn commit(&self, write: impl FnOnce(&View<'_>, &mut Batch)) {
        let mut batch = Batch::default();
        write(&self.scanner.store().view(), &mut batch);
        self.scanner.store().commit(batch).unwrap();
    }

    /// Ingests a document, unless the process ends before that is committed.
    fn ingest(&self, document: &Document, revision: u64) -> Result<(), Error> {
        let (feed, advisories, exploited) = match document {
            Document::Advisories(feed, stated) => (["f", "g"][*feed], stated.as_slice(), None),
            Document::Exploited(ids) => ("known", &[][..], Some(ids)),
        };
        let source = Source { name: "s".to_owned(), url: String::new(), mode: Mode::Whole };
        let mut records = Records::default();
        for stated in advisories {
            records.state(advisory(stated)).unwrap();
        }
        for &id in exploited.into_iter().flatten() {
            records.know(enrichment(id)).unwrap();
        }
        let (advisories, known) = records.into_parts();
        let record = Record { at: 0, feed, revision, source: "s", before: None };
        let writer = self.scanner.writers().ingest();
        let view = writer.view();
        let mut batch = Batch::default();
        let of = (&record, &source);
        let withdrawn = BTreeSet::new();
        let terms = Terms {
            source: &source,
            before: None,
            guard: Guard::Forced,
            now: 0,
            least: 10,
            withdrawn: &withdrawn,
            others: BTreeSet::new(),
        };
        let ingest = self.scanner.ingest();
        let mut difference =
            Difference::write(ingest, &view, &mut batch, &record, advisories, &terms).unwrap();
        enrichments::write(&view, &mut batch, of, known, &mut difference).unwrap();
        for (_, stated) in difference.changes.fresh.values_mut() {
            stated.iter_mut().flat_map(|stated| &mut stated.statements).for_each(order);
        }
        let (cause, changes) = ((feed, revision), &difference.changes);
        self.scanner.notifying().announce(&writer, (&view, &mut batch), cause, changes)?;
        writer.commit(batch)?;
        drop((view, writer));
        self.scanner.notifying().post_now();
        self.commit(order_all);
        Ok(())
    }

    /// Ingests a document. Returns what is told of it, as image, vulnerability and kind.
    fn ingest_document(&self, document: &Document, revision: u64) -> BTreeSet<(Digest, String, String)> {
        self.ingest(document, revision).unwrap();
        let told = self.told();
        self.forget_notices();
        told
    }

    fn forget_notices(&self) {
        self.commit(|view, batch| {
            for key in view.keys::<Outbox>(|_| ()) {
                batch.delete::<Outbox>(&key.unwrap());
            }
        });
    }

    fn told(&self) -> BTreeSet<(Digest, String, String)> {
        let mut told = BTreeSet::new();
        for notice in self.scanner.notices(None, None, None, usize::MAX).unwrap().items {
            let body: serde_json::Value = serde_json::from_slice(&notice.body).unwrap();
            let text = |pointer: &str| body.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            // Why it is affected no longer is no matter of how it stands.
            let kind = text("/type").replace("image.withdrawn", "image.no-longer-affected");
            let new =
                told.insert((text("/data/image/digest").parse().unwrap(), text("/data/vulnerability"), kind));
            assert!(new, "told twice: {body}");
        }
        told
    }

    /// How every image stands, by its report.
    fn evaluate(&self) -> BTreeMap<(Digest, String), (Severity, bool, bool)> {
        let mut standing = BTreeMap::new();
        for image in &self.images {
            for finding in self.scanner.report(image).unwrap().findings {
                let now =
                    (finding.severity.severity, finding.fixed_version.is_some(), finding.exploited.is_some());
                let known = standing.entry((*image, finding.vulnerability.into())).or_insert(now);
                *known = (known.0.max(now.0), known.1 | now.1, known.2 | now.2);
            }
        }
        standing
    }
}

impl World {
    /// Holds the images that are counted for changes of a feed against reports.
    fn check_changes(&self, reported: &Standing) {
        for vulnerability in VULNERABILITIES {
            let by_report: BTreeSet<&Digest> =
                reported.keys().filter(|(_, of)| of == vulnerability).map(|(image, _)| image).collect();
            let view = self.scanner.store().view();
            let counted = affected_now(self.scanner.settings(), &view, vulnerability).unwrap();
            assert_eq!(counted.counted, by_report.len().min(2) as u64, "{vulnerability}");
            assert_eq!(counted.more, by_report.len() > 2, "{vulnerability}");
        }
    }

    fn by_digest(&self, vulnerability: &str) -> Vec<AffectedImage> {
        self.scanner.affected_images(vulnerability, &Filter::default(), None, 100).unwrap().items
    }

    /// The images that it affects in the order of the rows that bring it in, one by one, and then by digest.
    fn by_row(&self, vulnerability: &str) -> Vec<AffectedImage> {
        let (store, settings, filter) = (self.scanner.store(), self.scanner.settings(), Filter::default());
        let (mut images, mut after) = (Vec::new(), None);
        loop {
            let asked = Asked { after: after.as_ref(), limit: 1, merged: 0 };
            let page = affected_images(store, settings, vulnerability, &filter, asked).unwrap();
            images.extend(page.items);
            let Some(next) = page.next else { break };
            assert!(matches!(next, Position::Row(_)));
            after = Some(next.to_string().parse().unwrap());
        }
        images.sort_by_key(|image| image.image);
        images
    }

    /// Holds what else is stated of images against their reports.
    fn check_one_verdict(&self, reported: &Standing) {
        for vulnerability in VULNERABILITIES {
            let by_report: BTreeSet<Digest> =
                reported.keys().filter(|(_, of)| of == vulnerability).map(|(image, _)| *image).collect();
            let asked = self.scanner.affected_images(vulnerability, &Filter::default(), None, 100);
            let by_question: BTreeSet<Digest> = match asked {
                Ok(page) => page.items.into_iter().map(|item| item.image).collect(),
                Err(Error::NoVulnerability(_)) => BTreeSet::new(),
                Err(error) => panic!("{error}"),
            };
            assert_eq!(by_question, by_report, "{vulnerability}");
            if !by_report.is_empty() {
                assert_eq!(self.by_row(vulnerability), self.by_digest(vulnerability), "{vulnerability}");
            }
            for image in &self.images {
                let explained = self.scanner.explain(image, vulnerability).unwrap();
                let is_affected = explained.answer == Answer::Affected;
                assert_eq!(is_affected, by_report.contains(image), "{explained:#?}");
                let affected = explained.reasons.iter().any(|it| it.outcome == Outcome::Affected);
                assert_eq!(affected, is_affected, "{explained:#?}");
            }
        }
        self.check_changes(reported);
        let mut worst: BTreeMap<Digest, Severity> = BTreeMap::new();
        for ((image, _), (severity, ..)) in reported {
            let known = worst.entry(*image).or_insert(*severity);
            *known = (*known).max(*severity);
        }
        let mut by_worst: BTreeMap<Severity, u64> = BTreeMap::new();
        worst.into_values().for_each(|severity| *by_worst.entry(severity).or_default() += 1);
        assert_eq!(self.scanner.statistics().unwrap().by_worst, by_worst);
    }
}

fn layer_id(number: usize) -> Digest {
    Digest::of(format!("layer {number}").as_bytes())
}

fn image_id(number: usize) -> Digest {
    Digest::of(format!("image {number}").as_bytes())
}

/// What a layer holds. The lowest says which distribution it is.
fn put_layer(view: &View<'_>, batch: &mut Batch, number: usize, layer: &Layer) {
    let mut entries = Vec::new();
    let mut found = [(); 2].map(|()| (LayerFindings::default(), Vec::new()));
    let entry = |path: &str, kind| LayerEntry::new(path, kind);
    let finding = |path: &str, fact| Finding { path: path.into(), member: None, fact };
    for (path, step) in FILES.iter().zip(&layer.steps) {
        match step {
            Step::Leaves => {}
            Step::Removes => entries.push(entry(path, EntryKind::Whiteout)),
            Step::States(packages) => {
                entries.push(entry(path, EntryKind::File));
                for &(name, version, of_distribution) in packages {
                    let scope = match of_distribution {
                        true => Scope::Distribution,
                        false => Scope::Namespace("own".to_owned()),
                    };
                    let package = Package { scope, ..package(NAMES[name], &version.to_string()) };
                    let (found, row_keys) = &mut found[usize::from(!of_distribution)];
                    row_keys.push(keys(&package));
                    found.findings.push(finding(path, Fact::Package(Box::new(package))));
                }
            }
        }
    }
    if let Some((name, file)) = layer.owns {
        let list = format!("list/{file}");
        entries.push(entry(&list, EntryKind::File));
        let owned = Ownership { package: NAMES[name].to_owned(), paths: [FILES[file]].into_iter().collect() };
        found[0].0.findings.push(finding(&list, Fact::Ownership(owned)));
    }
    if number == 0 {
        let distribution = Distribution {
            id: "test".to_owned(),
            version_id: String::new(),
            pretty_name: String::new(),
            cpe: None,
            namespaces: NAMESPACES[..2].iter().map(|&namespace| namespace.to_owned()).collect(),
            supported_until: None,
        };
        entries.push(entry("os", EntryKind::File));
        found[0].0.findings.push(finding("os", Fact::Distribution(distribution)));
    }
    entries.sort();
    let entries = LayerEntries { last: entries, replaced: Vec::new() };
    batch.put::<Entries>(&layer_id(number), &entries::Row::pack(&entries).unwrap()).unwrap();
    let rows = DETECTORS.into_iter().zip(found).map(|(detector, (found, keys))| {
        (plugin(detector).digest, findings::Row::new(plugin(detector), found, keys))
    });
    inventory::put_findings(view, batch, &layer_id(number), rows.collect()).unwrap();
}

fn enrichment(vulnerability: usize) -> Enrichment {
    Enrichment {
        id: VULNERABILITIES[vulnerability].to_owned(),
        kind: "known".to_owned(),
        ratings: Vec::new(),
        facts: vec![(Enrichment::EXPLOITED.to_owned(), "2026-01-01".to_owned())],
    }
}

/// Gives a statement the keys that no plugin gives it here.
fn order(statement: &mut Statement) {
    statement.component = Some(component());
    let key = |known: &mut Option<KeyedVersion>| *known = known.take().map(|known| keyed(&known.version));
    for range in &mut statement.ranges {
        key(&mut range.introduced);
        key(&mut range.until);
    }
}

fn order_all(view: &View<'_>, batch: &mut Batch) {
    for row in view.scan::<Affects>(|_| ()) {
        let (key, row) = row.unwrap();
        let (mut statements, vulnerabilities) = row.into_parts();
        statements.iter_mut().for_each(order);
        batch.put::<Affects>(&key, &affects::Row::new(statements, vulnerabilities)).unwrap();
    }
}

type Standing = BTreeMap<(Digest, String), (Severity, bool, bool)>;

/// What lies between two evaluations.
fn between(before: &Standing, after: &Standing) -> BTreeSet<(Digest, String, String)> {
    let mut kinds = BTreeSet::new();
    for key in before.keys().chain(after.keys()) {
        let mut tell = |kind: &str| kinds.insert((key.0, key.1.clone(), format!("image.{kind}")));
        match (before.get(key), after.get(key)) {
            (None, Some(_)) => drop(tell("newly-affected")),
            (Some(_), None) => drop(tell("no-longer-affected")),
            (Some(was), Some(is)) => {
                if was.0 != is.0 {
                    tell("severity-changed");
                }
                if !was.1 && is.1 {
                    tell("fix-available");
                }
                if !was.2 && is.2 {
                    tell("became-exploited");
                }
            }
            (None, None) => {}
        }
    }
    kinds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn reports_explanations_statistics_notices_and_the_reverse_question_say_the_same(
        layers in prop::collection::vec(layer(), 4),
        images in prop::collection::vec(prop::collection::vec(0..4_usize, 1..4), 1..4),
        documents in prop::collection::vec(document(), 2..6),
    ) {
        // No layer lies twice in an image.
        let images: Vec<Vec<usize>> = images
            .into_iter()
            .map(|image| image.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
            .collect();
        let world = World::new(&layers, &images);
        let mut known = BTreeSet::new();
        for (revision, document) in documents.iter().enumerate() {
            let before = world.evaluate();
            let told = world.ingest_document(document, revision as u64 + 1);
            let first = known.insert(match document {
                Document::Advisories(feed, _) => *feed,
                Document::Exploited(_) => 9,
            });
            // What a source states first is news to nobody.
            let after = world.evaluate();
            world.check_one_verdict(&after);
            let expected = if first { BTreeSet::new() } else { between(&before, &after) };
            prop_assert_eq!(told, expected, "document {}", revision);
        }
    }
}
