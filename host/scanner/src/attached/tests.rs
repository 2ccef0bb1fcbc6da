use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use limpid_images::{AttachedSettings, Belief};
use limpid_model::Attachment;
use limpid_store::Store;

use super::*;
use crate::Clock;

fn image() -> Digest {
    Digest::of(b"image")
}

fn found(kind: AttachmentKind, text: &str) -> FoundAttachment {
    let (from, about) = ("tag `a.att`".to_owned(), Digest::of(b"manifest"));
    let attachment = Attachment { kind, from, about, signer: None, unused: None };
    FoundAttachment { attachment, extension: "cdx.json", bytes: text.as_bytes().to_vec() }
}

fn attaching(vex: Belief, sboms: Belief) -> Attaching {
    Attaching::new(AttachedSettings { vex, sboms, ..AttachedSettings::default() }).unwrap()
}

const VEX: &str = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "a", "author": "a",
    "timestamp": "2026-05-01T00:00:00Z", "statements": [{"vulnerability": {"name": "CVE-2026-1"},
    "products": [{"@id": "pkg:npm/a"}], "status": "not_affected", "justification": "component_not_present"}]}"#;

/// A store, and a clock that is set.
struct Fixture {
    store: Store,
    settings: Settings,
    now: Arc<AtomicU64>,
}

impl Fixture {
    fn new() -> Self {
        let now = Arc::new(AtomicU64::new(1_000));
        let clock = Arc::clone(&now);
        let clock = Clock::new(move || clock.load(Ordering::Relaxed));
        let settings = Settings { clock, history: 500, ..Settings::new(PathBuf::new()) };
        Self { store: Store::in_memory(), settings, now }
    }

    fn attached(&self, attaching: &Attaching, found: Option<Vec<FoundAttachment>>) -> ImageAttached {
        ImageAttached::new(&self.store.view(), attaching, &image(), (found, true)).unwrap()
    }

    /// Indexes the image at a moment, and returns how many rows there are.
    fn put(&self, now: u64, attached: &ImageAttached) -> usize {
        self.now.store(now, Ordering::Relaxed);
        let (view, mut batch) = (self.store.view(), Batch::default());
        attached.put(&view, &mut batch, &self.settings, &image()).unwrap();
        drop(view);
        self.store.commit(batch).unwrap();
        keys(&self.store.view(), &image()).unwrap().len()
    }

    /// What counted before a moment, or does now.
    fn counting(&self, attaching: &Attaching, before: Option<u64>) -> Vec<AttachmentKind> {
        let documents = of(&self.store.view(), attaching, &image(), before).unwrap();
        let counting = documents.into_iter().filter(|document| document.attachment.unused.is_none());
        counting.map(|document| document.attachment.kind).collect()
    }
}

#[test]
fn what_is_attached_is_dated_and_written_where_it_changes() {
    let (fixture, all) = (Fixture::new(), attaching(Belief::Any, Belief::Any));
    assert!(!is_any(&fixture.store.view()).unwrap());
    let none = fixture.attached(&all, Some(Vec::new()));
    assert_eq!(fixture.put(1_000, &none), 0, "nothing is written of an image to which nothing is attached");
    let vex = fixture.attached(&all, Some(vec![found(AttachmentKind::Vex, VEX)]));
    assert_eq!(fixture.put(1_100, &vex), 1);
    assert_eq!(fixture.put(1_200, &vex), 1);
    assert_eq!(fixture.put(1_300, &none), 2);
    assert_eq!(fixture.counting(&all, Some(1_100)), []);
    assert_eq!(fixture.counting(&all, Some(1_300)), [AttachmentKind::Vex]);
    assert_eq!(fixture.counting(&all, None), []);
    // A clock that was set back changes no order.
    assert_eq!(fixture.put(900, &vex), 3);
    assert_eq!(fixture.counting(&all, None), [AttachmentKind::Vex]);
    // Of the time before history is kept, nothing is reported.
    assert_eq!(fixture.put(5_000, &none), 2);
    let (view, mut batch) = (fixture.store.view(), Batch::default());
    delete(&view, &mut batch, &image()).unwrap();
    drop(view);
    fixture.store.commit(batch).unwrap();
    assert!(!is_any(&fixture.store.view()).unwrap());
}

#[test]
fn vex_counts_by_the_settings_of_the_moment_and_what_nobody_understands_never() {
    let (fixture, all) = (Fixture::new(), attaching(Belief::Any, Belief::Any));
    let documents = vec![found(AttachmentKind::Vex, VEX), found(AttachmentKind::Vex, "{}")];
    let attached = fixture.attached(&all, Some(documents));
    fixture.put(1_000, &attached);
    assert_eq!(fixture.counting(&all, None), [AttachmentKind::Vex]);
    let told = of(&fixture.store.view(), &all, &image(), None).unwrap();
    let why = told[1].attachment.unused.as_deref().unwrap();
    assert!(why.contains("neither OpenVEX") && told[1].bytes.is_empty(), "{why}");
    assert_eq!(fixture.counting(&attaching(Belief::Verified, Belief::Any), None), []);
    assert_eq!(fixture.counting(&attaching(Belief::Off, Belief::Any), None), []);
}

#[test]
fn bills_count_as_they_did_when_the_image_was_indexed() {
    let (fixture, all) = (Fixture::new(), attaching(Belief::Any, Belief::Any));
    let attached = fixture.attached(&all, Some(vec![found(AttachmentKind::Sbom, "bill")]));
    let path = format!("{FOLDER}{}.cdx.json", Digest::of(b"bill").hex());
    assert_eq!(attached.bills.iter().collect::<Vec<_>>(), [(&path, &Arc::from(&b"bill"[..]))]);
    fixture.put(1_000, &attached);
    let verified = attaching(Belief::Verified, Belief::Verified);
    assert_eq!(fixture.counting(&verified, None), [AttachmentKind::Sbom]);
    // A source that can say nothing leaves what is known, as far as it still counts.
    assert_eq!(fixture.attached(&all, None).bills, attached.bills);
    let later = fixture.attached(&verified, None);
    assert!(later.bills.is_empty());
    fixture.put(1_100, &later);
    assert_eq!(fixture.counting(&all, None), []);
}

#[test]
fn what_an_archive_has_comes_beside_what_a_registry_said() {
    let (fixture, all) = (Fixture::new(), attaching(Belief::Any, Belief::Any));
    fixture.put(1_000, &fixture.attached(&all, Some(vec![found(AttachmentKind::Vex, VEX)])));
    let archived = |from: &str, text: &str| {
        let mut found = found(AttachmentKind::Sbom, text);
        found.attachment.from = from.to_owned();
        let found = (Some(vec![found]), false);
        ImageAttached::new(&fixture.store.view(), &all, &image(), found).unwrap()
    };
    fixture.put(1_100, &archived("referrer `b`", "{}"));
    assert_eq!(fixture.counting(&all, None), [AttachmentKind::Vex, AttachmentKind::Sbom]);
    // Once, wherever it was.
    assert_eq!(fixture.put(1_200, &archived("referrer `c`", "{}")), 2);
    for number in 0..100 {
        fixture.put(1_300 + number, &archived(&format!("referrer `{number}`"), &number.to_string()));
    }
    assert_eq!(fixture.counting(&all, None).len() as u64, all.documents());
    // A registry says all.
    fixture.put(2_000, &fixture.attached(&all, Some(Vec::new())));
    assert_eq!(fixture.counting(&all, None), []);
}
