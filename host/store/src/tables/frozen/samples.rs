//! What the samples say. Every variant of what is stored stands in one of them, so that none can
//! change its number unnoticed.

use limpid_model::{
    Advisory, Affected, Blame, Bound, Digest, Distribution, Enrichment, EntryKind, Evidence, Fact,
    FailureKind, Finding, Image, ImageLayer, InputError, Key, KeyedVersion, LayerEntries, LayerEntry,
    LayerFindings, Leads, Ownership, Package, Platform, PluginFailure, PluginId, Range, Rating, Requirement,
    Scope, SourcePackage, Status, Unread,
};

mod access;
mod deciding;
mod fetching;
mod watching;

use super::{Sample, packed, sample};
use crate::table::{decode_key, decode_row};
use crate::tables::entries::{Entries, Row};
use crate::tables::inventory::Named;
use crate::tables::{
    advisories, affects, announced, announcements, blobs, chains, contexts, documents, enriched, enrichments,
    feeds, findings, history, history_names, history_subjects, holders, images, inventory, jobs, kept, kinds,
    known_as, layers, manifests, marks, names, outbox, placements, raised, references, revisions, sources,
    stated, subscriptions, unexamined,
};

pub(super) fn all() -> Vec<Sample> {
    let mut all = of_images();
    all.extend(of_layers());
    all.extend(of_unexamined());
    all.extend(of_advisories());
    all.extend(of_jobs());
    all.extend(of_notices());
    all.extend(deciding::all());
    all.extend(access::all());
    all.extend(fetching::all());
    all.extend(watching::all());
    all
}

const STATUSES: [Status; 7] = [
    Status::Affected,
    Status::Fixed,
    Status::NotAffected,
    Status::UnderInvestigation,
    Status::WontFix,
    Status::FixDeferred,
    Status::EndOfLife,
];

const KINDS: [FailureKind; 8] = [
    FailureKind::Time,
    FailureKind::Memory,
    FailureKind::Tables,
    FailureKind::Output,
    FailureKind::Trap,
    FailureKind::Contract,
    FailureKind::Refused,
    FailureKind::Host,
];

const fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn plugin() -> PluginId {
    PluginId { name: "plugin".to_owned(), version: "1.2.3".to_owned(), digest: digest(9) }
}

fn keyed(version: &str) -> KeyedVersion {
    KeyedVersion { version: version.into(), key: Ok(Key::new(version.as_bytes().to_vec())) }
}

fn unkeyed(version: &str) -> KeyedVersion {
    KeyedVersion { version: version.into(), key: Err("no key".to_owned()) }
}

fn ratings() -> Vec<Rating> {
    let rating = |system: &str, score| Rating { system: system.to_owned(), value: "value".to_owned(), score };
    vec![rating("CVSS:3.1", Some(9.8)), rating("words", None)]
}

fn of_images() -> Vec<Sample> {
    let image = Image {
        id: digest(1),
        manifests: vec![digest(2), digest(3)],
        names: texts(["a:1", "a:2"]),
        platform: Platform { os: "linux".into(), architecture: "arm64".into(), variant: some("v8") },
        created: some("2026-01-02T03:04:05Z"),
        labels: vec![("label".to_owned(), "value".to_owned())],
        layers: vec![
            ImageLayer { diff_id: digest(4), created_by: some("RUN x") },
            ImageLayer { diff_id: digest(5), created_by: None },
        ],
    };
    let indexing = images::Indexing {
        indexed_at: 1_767_323_045_000,
        detectors: vec![digest(9)],
        contexts: vec![0, 0],
        linked: None,
    };
    let placed = images::Indexing { contexts: vec![u64::MAX, 0], ..indexing.clone() };
    let context = contexts::Row::new(
        texts(["a", "b"]),
        vec![("property".to_owned(), "value".to_owned())],
        vec![digest(9)],
        vec![("var/db".to_owned(), 300)],
        Vec::new(),
    );
    let owner = |vendor| limpid_model::Owner { package: "nodejs".into(), source: "node".into(), vendor };
    let owned = [("a/package.json", owner(None)), ("b/package.json", owner(some("vendor")))];
    let owned = owned.map(|(path, owner)| (path.to_owned(), owner)).to_vec();
    let owning = contexts::Row::new(Vec::new(), Vec::new(), Vec::new(), Vec::new(), owned);
    let through_links = context.clone().standing_for(vec![("var/db".to_owned(), digest(4))]);
    let file = limpid_model::LinkedFile { path: "var/db".to_owned(), layer: 1, since: 300 };
    let linked = images::Linked { diff_id: digest(6), context: 7, files: vec![file] };
    let with_links = images::Indexing { linked: Some(linked), ..indexing.clone() };
    let in_context = contexts::Key { diff_id: digest(4), context: 7 };
    let placement = placements::Key { diff_id: digest(4), context: 7, image: digest(1) };
    let holder = holders::Key { diff_id: digest(4), image: digest(1) };
    vec![
        sample::<images::Images>("full", &digest(1), &images::Row::new(image.clone(), indexing)),
        sample::<images::Images>("in-contexts", &digest(1), &images::Row::new(image.clone(), placed)),
        sample::<images::Images>("with-links", &digest(1), &images::Row::new(image, with_links)),
        sample::<contexts::Contexts>("one", &in_context, &context),
        sample::<contexts::Contexts>("owning", &in_context, &owning),
        sample::<contexts::Contexts>("through-links", &in_context, &through_links),
        sample::<placements::Placements>("one", &placement, &placements::Row),
        sample::<marks::Marks>("one", &"mark".to_owned(), &marks::Row::new(vec![digest(8)])),
        sample::<blobs::Blobs>("one", &digest(4), &blobs::Row { diff_id: digest(5).into() }),
        sample::<manifests::Manifests>("one", &digest(2), &manifests::Row::of(digest(1).into())),
        sample::<manifests::Manifests>(
            "with-layers",
            &digest(2),
            &manifests::Row { image: digest(1).into(), layers: vec![digest(4).into(), digest(5).into()] },
        ),
        sample::<holders::Holders>("one", &holder, &holders::Row),
    ]
}

fn of_unexamined() -> Vec<Sample> {
    let files = |code: &str, more| kinds::Files { code: code.to_owned(), paths: texts(["a/b", "c"]), more };
    let counted = kinds::Row {
        rules: digest(8).into(),
        files: vec![files("java-archive", 0), files("lock-file", 300)],
        long_paths: 2,
        path_length: 4_096,
    };
    let unread = unexamined::Unread {
        code: "over-limit".to_owned(),
        message: "over the limit".to_owned(),
        was_read: true,
    };
    let layers = vec![
        unexamined::Layer { place: 1, unread: Some(unread), ..unexamined::Layer::default() },
        unexamined::Layer {
            place: 300,
            unread: None,
            stored_as: Some("gzip".to_owned()),
            long_paths: Some((2, 4_096)),
        },
    ];
    let files = vec![files("go-executable", 1)];
    let row = unexamined::Row { rules: digest(8).into(), layers, files, uncounted: 3 };
    vec![
        sample::<kinds::Kinds>("one", &digest(4), &counted),
        sample::<unexamined::Unexamined>("one", &digest(1), &row),
        sample::<unexamined::Unexamined>("nothing", &digest(1), &unexamined::Row::default()),
    ]
}

fn of_layers() -> Vec<Sample> {
    let layer = layers::Row {
        digest: Some(digest(6).into()),
        size: 1_000,
        inflated_size: 5_000_000_000,
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
        entries: 7,
        kept_bytes: 700,
    };
    let key = findings::Key { diff_id: digest(4), component: digest(9) };
    let row = findings::Row::new(plugin(), found(), package_keys());
    let stored = |namespace: &str, named, scope, keys: &limpid_model::PackageKeys| {
        let version = keys.version.key.as_ref().map(|key| key.as_bytes().to_vec());
        let key = inventory::Key {
            namespace: namespace.to_owned(),
            name: "a\0b".to_owned(),
            named,
            scheme: keys.scheme,
            version: version.unwrap_or_default(),
            diff_id: digest(4),
            component: digest(9),
            place: 3,
        };
        (key, inventory::Row::new("var/db", &package(scope, Evidence::Installed), keys.clone()))
    };
    let linked_package = Package {
        symbols: Some(["a.F", "a.G"].iter().collect()),
        ..package(Scope::Namespace("golang".to_owned()), Evidence::Installed)
    };
    let fact = Fact::Package(Box::new(linked_package.clone()));
    let found_linked = LayerFindings {
        findings: vec![Finding { path: "bin/a".into(), member: None, fact }],
        ..LayerFindings::default()
    };
    let of_linked = findings::Row::new(plugin(), found_linked, package_keys().split_off(2));
    let [first, second, ..] = &package_keys()[..] else { panic!("two packages have keys") };
    let (source, unowned) = stored("", Named::Source, Scope::Distribution, first);
    let npm = || Scope::Namespace("npm".to_owned());
    let (own, owned) = stored("npm", Named::Package, npm(), second);
    let (alike, _) = stored("npm", Named::Alike, npm(), second);
    let [paths, links] = entries();
    vec![
        sample::<inventory::Inventory>("of-distribution", &source, &unowned),
        sample::<inventory::Inventory>("owned", &own, &owned),
        sample::<inventory::Inventory>("alike", &alike, &owned),
        sample::<inventory::Inventory>(
            "linked",
            &alike,
            &inventory::Row::new("bin/a", &linked_package, second.clone()),
        ),
        sample::<layers::Layers>("one", &digest(4), &layer),
        paths,
        links,
        kept(),
        sample::<findings::Findings>("all-facts", &key, &row),
        sample::<findings::Findings>("linked", &key, &of_linked),
        sample::<findings::Findings>("requiring", &key, &requiring()),
    ]
}

fn requiring() -> findings::Row {
    let needed = |name: &str, version: Option<&str>| Requirement {
        name: name.into(),
        version: version.map(Into::into),
    };
    let requires = vec![needed("libc6", None), needed("libc6", Some("2.36-9")), needed("gcc-12-base", None)];
    let requiring = Package {
        name: "libgcc-s1".into(),
        requires: Some(requires),
        ..package(Scope::Distribution, Evidence::Installed)
    };
    let packages = [package(Scope::Distribution, Evidence::Installed), requiring];
    let finding =
        |package| Finding { path: "var/db".into(), member: None, fact: Fact::Package(Box::new(package)) };
    let found = LayerFindings { findings: packages.map(finding).into(), ..LayerFindings::default() };
    findings::Row::new(plugin(), found, package_keys().split_off(1))
}

fn entries() -> [Sample; 2] {
    let entries = [
        LayerEntry::new("etc", EntryKind::Directory),
        LayerEntry::new("etc", EntryKind::Opaque),
        LayerEntry::new("etc/os-release", EntryKind::Other),
        LayerEntry::new("etc/passwd", EntryKind::File),
        LayerEntry::new("var/é", EntryKind::Whiteout),
    ];
    let leads = [
        Leads::Nowhere,
        Leads::Nowhere,
        Leads::Symbolic("../usr/lib/os-release".to_owned()),
        Leads::Within("etc/shadow".to_owned(), 300),
        Leads::Below("é".to_owned()),
    ];
    let places = [5, 4, 3, 300_000, 0].into_iter().zip(leads);
    let links = entries.clone().into_iter().zip(places);
    let links: Vec<_> =
        links.map(|(entry, (ordinal, leads))| LayerEntry { ordinal, leads, ..entry }).collect();
    let plain = Row::pack(&LayerEntries { last: entries.into(), replaced: Vec::new() }).unwrap();
    let links = Row::pack(&LayerEntries { last: links.clone(), replaced: links }).unwrap();
    // Only the paths and kinds are what every version has.
    let paths = packed::<Entries>("all-kinds", &digest(4), &plain, |key, row| {
        let (key, row) = (decode_key::<Entries>(key).unwrap(), decode_row::<Entries>(row).unwrap());
        format!("{key:?} {:?}", row.unpack().unwrap())
    });
    let links = packed::<Entries>("links", &digest(4), &links, |key, row| {
        let (key, row) = (decode_key::<Entries>(key).unwrap(), decode_row::<Entries>(row).unwrap());
        format!("{key:?} {:?} {}", row.unpack().unwrap(), row.knows_links())
    });
    [paths, links]
}

fn kept() -> Sample {
    let key = kept::Key { diff_id: digest(4), path: "etc/os-release".to_owned() };
    let row = kept::Packer::new().unwrap().pack(b"ID=debian\n", true).unwrap();
    packed::<kept::Kept>("one", &key, &row, |key, row| {
        let (key, row) = (decode_key::<kept::Kept>(key).unwrap(), decode_row::<kept::Kept>(row).unwrap());
        format!("{key:?} {} {:?}", row.executable(), row.unpack().unwrap())
    })
}

fn found() -> LayerFindings {
    let packages = [
        (Scope::Distribution, Evidence::Installed),
        (Scope::Namespace("npm".to_owned()), Evidence::Declared),
        (Scope::Distribution, Evidence::Inferred),
    ];
    let packages = packages.map(|(scope, evidence)| Fact::Package(Box::new(package(scope, evidence))));
    let distribution = Distribution {
        id: "debian".to_owned(),
        version_id: "12".to_owned(),
        pretty_name: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        cpe: some("cpe:/o:debian:debian_linux:12"),
        namespaces: texts(["debian:bookworm"]),
        supported_until: some("2028-06-30"),
    };
    let owned = Ownership { package: "p".to_owned(), paths: ["usr/lib/x.jar"].into_iter().collect() };
    let others = [
        Fact::Distribution(distribution),
        Fact::Ownership(owned),
        Fact::Property("libc".to_owned(), "musl".to_owned()),
    ];
    let finding = |fact| Finding { path: "var/db".into(), member: some("member"), fact };
    let errors = [InputError::Malformed, InputError::Unsupported, InputError::Other];
    let unread =
        |error: fn(String) -> InputError| Unread { path: "p".to_owned(), error: error("why".into()) };
    let blames = [Blame::Plugin, Blame::Input, Blame::Host];
    let failure = |(kind, blame)| PluginFailure {
        plugin: plugin(),
        call: "detect".to_owned(),
        kind,
        blame,
        message: "message".to_owned(),
    };
    LayerFindings {
        findings: others.into_iter().chain(packages).map(finding).collect(),
        unread: errors.map(unread).to_vec(),
        failures: KINDS.into_iter().zip(blames.into_iter().cycle()).map(failure).collect(),
    }
}

fn package(scope: Scope, evidence: Evidence) -> Package {
    Package {
        name: "libc6".into(),
        version: "2.36-9".into(),
        scheme: "dpkg".into(),
        scope,
        evidence,
        purl: "pkg:deb/libc6@2.36-9".to_owned(),
        arch: Some("amd64".into()),
        source: Some(SourcePackage { name: "glibc".into(), version: "2.36-9".into() }),
        symbols: None,
        qualifiers: vec![("modularity".to_owned(), "x".to_owned())],
        licenses: texts(["LGPL-2.1-or-later"]),
        requires: None,
    }
}

fn package_keys() -> Vec<limpid_model::PackageKeys> {
    let keys = |scheme, version, source| limpid_model::PackageKeys { scheme, version, source };
    vec![
        keys(Some(digest(8)), keyed("2.36-9"), Some(keyed("2.36-9"))),
        keys(None, unkeyed("2.36-9"), Some(unkeyed("2.36-9"))),
        keys(Some(digest(8)), keyed("2.36-9"), None),
    ]
}

fn of_advisories() -> Vec<Sample> {
    let stated = stated::Key { feed: "feed".into(), source: "source".into(), id: "CVE-2026-1".into() };
    let advisory = advisories::Key { feed: "feed".into(), id: "CVE-2026-1".into(), source: "source".into() };
    let affects = affects::Key {
        namespace: "debian:bookworm".into(),
        name: "glibc".into(),
        feed: "feed".into(),
        id: "CVE-2026-1".into(),
        source: "source".into(),
    };
    let alias = known_as::Key {
        alias: "GHSA-x".into(),
        feed: "feed".into(),
        id: "CVE-2026-1".into(),
        source: "source".into(),
    };
    let enrichment = Enrichment {
        id: "CVE-2026-1".into(),
        kind: "kind".into(),
        ratings: ratings(),
        facts: vec![("exploited".to_owned(), "2026-01-01".to_owned())],
    };
    let knowledge = enrichments::Key {
        id: "CVE-2026-1".into(),
        kind: "kind".into(),
        feed: "feed".into(),
        source: "source".into(),
    };
    let enriched = enriched::Key {
        feed: "feed".into(),
        source: "source".into(),
        id: "CVE-2026-1".into(),
        kind: "kind".into(),
    };
    let change = history::Key {
        at: 1,
        feed: "feed".into(),
        revision: 2,
        source: "source".into(),
        id: "CVE-2026-1".into(),
        kind: "kind".into(),
    };
    let before = history::Row::Advisory(
        Box::new(super::super::advisories::Row::from(self::advisory())),
        vec![("debian:bookworm".into(), "glibc".into(), affects::Row::new(Vec::new(), Vec::new()))],
    );
    let piece = documents::Key { feed: "feed".into(), source: "source".into(), piece: 300 };
    let zeros = sources::Key { feed: "a\0b".into(), source: String::new() };
    let named =
        sources::Row { advisories: 2, rejected: 3, ..sources::Row::new(plugin(), 1, texts(["a", "b"])) };
    let source = sources::Row { plugin: None, ..named.clone() };
    let spoken = |silent_since| sources::Spoken {
        namespace: "a".to_owned(),
        records: 1,
        statements: 300,
        last_stated: 4,
        silent_since,
    };
    let mut knowing = named.clone();
    knowing.set_knows(limpid_model::EnrichmentKinds { exploited: true, probability: false, other: true });
    let speaking =
        sources::Row { dated: Some(5), spoken: vec![spoken(None), spoken(Some(6))], ..named.clone() };
    let feed = feed();
    let statements = STATUSES.map(statement).to_vec();
    vec![
        sample::<advisories::Advisories>("all-statuses", &advisory, &self::advisory().into()),
        sample::<stated::Stated>("one", &stated, &stated::Row { digest: digest(7).into() }),
        sample::<affects::Affects>(
            "all-statuses",
            &affects,
            &affects::Row::new(statements.clone(), Vec::new()),
        ),
        sample::<affects::Affects>(
            "of-vulnerabilities",
            &affects,
            &affects::Row::new(statements.clone(), texts(["CVE-2026-1", "CVE-2026-2"])),
        ),
        sample::<affects::Affects>(
            "renamed",
            &affects,
            &affects::Row::new(statements, texts(["CVE-2026-1"])).first_called(some("GHSA-1")),
        ),
        sample::<known_as::KnownAs>("alias", &alias, &known_as::Row),
        sample::<enrichments::Enrichments>(
            "one",
            &knowledge,
            &enrichments::Row::new(enrichment.ratings.clone(), enrichment.facts.clone()),
        ),
        sample::<names::Names>(
            "one",
            &names::Key { repository: "shop/web".into(), tag: "1.2".into(), image: digest(7) },
            &names::Row,
        ),
        sample::<chains::Chains>("one", &chains::Key { chain: digest(8), image: digest(7) }, &chains::Row),
        sample::<enriched::Enriched>("one", &enriched, &enriched::Row { digest: digest(7).into() }),
        sample::<history::History>("nothing", &change, &history::Row::Nothing),
        sample::<history::History>("advisory", &change, &before),
        sample::<history::History>(
            "enrichment",
            &change,
            &history::Row::Enrichment(enrichments::Row::new(enrichment.ratings, enrichment.facts)),
        ),
        sample::<history::History>(
            "source",
            &history::Key { id: String::new(), kind: String::new(), ..change.clone() },
            &history::Row::Source(texts(["a", "b"])),
        ),
        sample::<history_subjects::HistorySubjects>("one", &change.clone().into(), &history_subjects::Row),
        sample::<history_names::HistoryNames>(
            "one",
            &history_names::Key::new("debian:bookworm".into(), "glibc".into(), change),
            &history_names::Row,
        ),
        sample::<revisions::Revisions>(
            "one",
            &revisions::Key { feed: "feed".into(), revision: 300 },
            &revisions::Row { at: 1 },
        ),
        sample::<feeds::Feeds>("full", &"feed".to_owned(), &feed),
        sample::<feeds::Feeds>("new", &"feed".to_owned(), &feeds::Row::default()),
        sample::<documents::Documents>("one", &piece, &documents::Row { bytes: b"piece".to_vec() }),
        sample::<sources::Sources>("zero-in-key", &zeros, &source),
        sample::<sources::Sources>("with-plugin", &zeros, &named),
        sample::<sources::Sources>("speaking", &zeros, &speaking),
        sample::<sources::Sources>("knowing", &zeros, &knowing),
    ]
}

fn feed() -> feeds::Row {
    let mut feed = feeds::Row::default();
    feed.set_plugin(plugin());
    feed.revision = 4;
    feed.last_success = Some(5);
    feed.last_failure = Some((6, "why".to_owned()));
    feed.advisories = 7;
    feed.rejected = 8;
    feed.rejections = vec![("CVE-2026-2".to_owned(), "why".to_owned())];
    feed
}

fn advisory() -> Advisory {
    let affected = |status| Affected {
        namespace: "debian:bookworm".to_owned(),
        name: "glibc".to_owned(),
        source: true,
        scheme: "dpkg".to_owned(),
        status,
        ranges: vec![
            Range { introduced: some("1"), until: Some(Bound::Excluding("2".to_owned())) },
            Range { introduced: None, until: Some(Bound::Including("0.5".to_owned())) },
            Range { introduced: some("3"), until: None },
        ],
        versions: texts(["1.5"]),
        requires: vec![("modularity".to_owned(), texts(["x", "y"]))],
        ratings: ratings(),
        note: some("note"),
    };
    Advisory {
        id: "CVE-2026-1".to_owned(),
        aliases: texts(["GHSA-x"]),
        title: "title".to_owned(),
        details: "details".to_owned(),
        ratings: ratings(),
        weaknesses: texts(["CWE-79"]),
        references: texts(["https://example.test/"]),
        published: some("2026-01-01T00:00:00Z"),
        modified: some("2026-01-02T00:00:00Z"),
        withdrawn: some("2026-01-03T00:00:00Z"),
        affected: STATUSES.map(affected).to_vec(),
    }
}

fn statement(status: Status) -> limpid_model::Statement {
    let range = |introduced, until, end| limpid_model::KeyedRange { introduced, until, end };
    limpid_model::Statement {
        of_source: true,
        scheme: "dpkg".to_owned(),
        component: Some(digest(8)),
        status,
        ranges: vec![
            range(Some(keyed("1")), Some(keyed("2")), limpid_model::RangeEnd::Fix),
            range(None, Some(unkeyed("x")), limpid_model::RangeEnd::Last),
            range(Some(keyed("3")), None, limpid_model::RangeEnd::Fix),
        ],
        versions: vec![keyed("1.5"), unkeyed("y")],
        requires: vec![("modularity".to_owned(), texts(["x", "y"]))],
        ratings: ratings(),
        note: some("note"),
    }
}

fn of_jobs() -> Vec<Sample> {
    use limpid_model::{
        ImageReference, Job, JobState, LayerAddress, LayerAddresses, Naming, Platforms, Submission,
    };

    let failed = JobState::Failed { code: "damaged".to_owned(), message: "message".to_owned() };
    let states = [
        ("queued", JobState::Queued),
        ("running", JobState::Running),
        ("done", JobState::Done),
        ("failed", failed),
    ];
    let job = |name, state, submission| {
        let job = Job {
            id: 300,
            state,
            created: 1,
            updated: 2,
            with_secrets: !matches!(submission, Submission::Archive { .. }),
            submission,
            images: vec![digest(1)],
            layers_read: 4,
            layers_known: 5,
        };
        sample::<jobs::Jobs>(name, &300, &(&job).into())
    };
    let archive = Submission::Archive { bytes: 3 };
    let mut all: Vec<_> = states.map(|(name, state)| job(name, state, archive.clone())).into_iter().collect();
    let reference = |platforms| {
        let reference = "registry.test/a:1".to_owned();
        Submission::Reference(ImageReference { reference, platforms })
    };
    let watched = |platforms, naming| {
        let reference = ImageReference { reference: "registry.test/a:1".to_owned(), platforms };
        Submission::Watched { reference, naming }
    };
    let arm = Platform { os: "linux".into(), architecture: "arm".into(), variant: some("v7") };
    let layer = LayerAddress { hash: digest(3), uri: "https://registry.test/layer".to_owned() };
    let addresses = LayerAddresses { hash: digest(2), layers: vec![layer] };
    let submissions = [
        ("reference", reference(Platforms::All)),
        ("platforms", reference(Platforms::Only(vec![arm]))),
        ("addresses", Submission::Addresses(addresses)),
        ("watched", watched(Platforms::All, Naming::Tag)),
        ("known", watched(Platforms::All, Naming::Known)),
    ];
    all.extend(submissions.map(|(name, submission)| job(name, JobState::Queued, submission)));
    all
}

fn of_notices() -> Vec<Sample> {
    use limpid_model::{NoticeFilter, NoticeKind, Severity, Subscription, SubscriptionSpec, Target};

    let filter = NoticeFilter {
        kinds: vec![NoticeKind::NewlyAffected],
        names: texts(["a/*"]),
        labels: texts(["team=x"]),
        namespaces: texts(["debian:bookworm"]),
        severity: Some(Severity::High),
        fixable: Some(true),
        exploited: true,
        leave_out_unrated: false,
        watches: Vec::new(),
        expression: None,
    };
    let webhook = Target::Webhook { url: "https://example.test/".into(), secret: "whsec_MfKQ".into() };
    let amqp = Target::Amqp {
        url: "amqp://example.test".into(),
        exchange: "exchange".into(),
        routing_key: "key".into(),
    };
    let subscription = |target, leave_out_unrated| {
        let filter = NoticeFilter { leave_out_unrated, ..filter.clone() };
        let spec = SubscriptionSpec { target, filter, period: Some(60), enabled: true };
        subscriptions::Row::from(&Subscription { name: "s".to_owned(), created: 1, next_number: 7, spec })
    };
    let clair = Target::Clair {
        url: "https://example.test/".into(),
        callback: "https://limpid.test/notifier/api/v1/notification/".into(),
        key: "AAEC".into(),
    };
    let sealed = Target::Sealed(limpid_model::SealedTarget { key: "33bc3d21".into(), bytes: vec![1, 2, 3] });
    let harbor = Target::Harbor(limpid_model::HarborTarget {
        url: "https://harbor.example".into(),
        registry: "harbor.example".into(),
        username: "robot$x".into(),
        password: "secret".into(),
        rate: 60,
    });
    let filtered = |filter| {
        let spec = SubscriptionSpec { target: amqp.clone(), filter, period: None, enabled: true };
        subscriptions::Row::from(&Subscription { name: "s".to_owned(), created: 1, next_number: 7, spec })
    };
    let watching = filtered(NoticeFilter { watches: texts(["watch"]), ..filter.clone() });
    let judging =
        filtered(NoticeFilter { expression: some("finding.fixed_version != null"), ..filter.clone() });
    let number = outbox::Key { subscription: "s".into(), number: 7 };
    let notice = |state| outbox::Row {
        id: "msg_1".into(),
        at: 1,
        body: outbox::Body::Own(b"{}".to_vec()),
        state,
        attempts: 2,
        when: 3,
        failure: some("why"),
    };
    let change = announced::Key { announcement: 3, place: 4 };
    let referring = outbox::Row { body: outbox::Body::from(&change), ..notice(outbox::State::Pending) };
    let raised = raised::Key { image: digest(1), vulnerability: "CVE-2026-1".into() };
    let told = |deferred| raised::Row { at: 1, affected: true, deferred };
    let copies = raised::Deferred::Copies(vec![("s".to_owned(), b"{}".to_vec())]);
    let receivers = vec![("s".to_owned(), 1)];
    let deferred = raised::Deferred::Announced { announcement: 3, place: 4, receivers };
    let announcement = |stage| announcements::Row {
        at: 1,
        stage,
        receivers: vec![announcements::Receiver { name: "s".into(), created: 1, unposted: 2 }],
    };
    let announced = announced::Row {
        image: digest(1),
        vulnerability: "CVE-2026-1".into(),
        affected: Some(true),
        receivers: vec![0],
        body: b"{}".to_vec(),
        undecided: Vec::new(),
    };
    let undecided =
        announced::Row { undecided: vec![("s".to_owned(), "why".to_owned())], ..announced.clone() };
    vec![
        sample::<subscriptions::Subscriptions>(
            "webhook",
            &"s".to_owned(),
            &subscription(webhook.clone(), false),
        ),
        sample::<subscriptions::Subscriptions>("watches", &"s".to_owned(), &watching),
        sample::<subscriptions::Subscriptions>("expression", &"s".to_owned(), &judging),
        sample::<subscriptions::Subscriptions>("amqp", &"s".to_owned(), &subscription(amqp, false)),
        sample::<subscriptions::Subscriptions>("sealed", &"s".to_owned(), &subscription(sealed, false)),
        sample::<subscriptions::Subscriptions>("harbor", &"s".to_owned(), &subscription(harbor, false)),
        sample::<subscriptions::Subscriptions>("clair", &"s".to_owned(), &subscription(clair, false)),
        sample::<subscriptions::Subscriptions>("rated", &"s".to_owned(), &subscription(webhook, true)),
        sample::<outbox::Outbox>("pending", &number, &notice(outbox::State::Pending)),
        sample::<outbox::Outbox>("delivered", &number, &notice(outbox::State::Delivered)),
        sample::<outbox::Outbox>("dead", &number, &notice(outbox::State::Dead)),
        sample::<outbox::Outbox>("referring", &number, &referring),
        sample::<raised::Raised>("one", &raised, &told(copies)),
        sample::<raised::Raised>("nothing", &raised, &told(raised::Deferred::Nothing)),
        sample::<raised::Raised>("referring", &raised, &told(deferred)),
        sample::<announcements::Announcements>("staging", &3, &announcement(announcements::Stage::Staging)),
        sample::<announcements::Announcements>(
            "posting",
            &3,
            &announcement(announcements::Stage::Posting { next: 4 }),
        ),
        sample::<announcements::Announcements>("posted", &3, &announcement(announcements::Stage::Posted)),
        sample::<announced::Announced>("one", &change, &announced),
        sample::<announced::Announced>("undecided", &change, &undecided),
        sample::<references::References>("one", &change, &references::Row { count: 29 }),
    ]
}
