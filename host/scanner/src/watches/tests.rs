use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use limpid_images::{AttachedSettings, Attaching, Belief, Content, FoundImage, FoundLayer, ImageSource};
use limpid_model::{Digest, Image, Naming, Platform, Platforms, WatchSpec, WatchedTag};
use limpid_store::Store;
use limpid_store::tables::images::Images;
use limpid_store::tables::names::Names;
use limpid_store::tables::tags::Tags;

use super::*;
use crate::names::Name;
use crate::test_support::scanner_with;
use crate::{Clock, ImageInput, Progress};

const REGISTRY: &str = "registry.example";
const DAY: u64 = 86_400_000;

/// A registry in this process, which indexes what is submitted of it at once.
#[derive(Default)]
struct Registry {
    /// What each tag of each repository holds.
    repositories: Mutex<BTreeMap<String, BTreeMap<String, u64>>>,
    asked: Mutex<BTreeMap<&'static str, u64>>,
    /// What refers to manifests; none where the registry has no such lists.
    referrers: Mutex<Option<BTreeMap<Digest, Vec<Digest>>>>,
    /// Repositories that fail, and what they say.
    failing: Mutex<BTreeMap<String, Unlisted>>,
    scanner: Mutex<Option<Scanner>>,
    jobs: AtomicU64,
}

fn manifest(content: u64) -> Digest {
    Digest::of(format!("manifest {content}").as_bytes())
}

fn image(content: u64) -> Digest {
    Digest::of(format!("image {content}").as_bytes())
}

impl Registry {
    fn push(&self, repository: &str, tag: &str, content: u64) {
        let mut repositories = self.repositories.lock().unwrap();
        repositories.entry(repository.to_owned()).or_default().insert(tag.to_owned(), content);
    }

    fn delete(&self, repository: &str, tag: &str) {
        let mut repositories = self.repositories.lock().unwrap();
        repositories.get_mut(repository).unwrap().remove(tag);
    }

    fn count(&self, what: &'static str) {
        *self.asked.lock().unwrap().entry(what).or_default() += 1;
    }

    /// What was asked since this was last called.
    fn asked(&self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn fails(&self, what: &str) -> Result<(), Unlisted> {
        self.failing.lock().unwrap().get(what).cloned().map_or(Ok(()), Err)
    }
}

impl RegistryLister for Registry {
    fn repositories(&self, registry: &str, _: &Stop) -> Result<Vec<String>, Unlisted> {
        assert_eq!(registry, REGISTRY);
        self.count("catalog");
        self.fails("")?;
        Ok(self.repositories.lock().unwrap().keys().cloned().collect())
    }

    fn tags(&self, _: &str, repository: &str, _: &Stop) -> Result<Vec<String>, Unlisted> {
        self.count("tags");
        self.fails(repository)?;
        let repositories = self.repositories.lock().unwrap();
        let tags = repositories.get(repository).ok_or(Unlisted::Absent)?;
        Ok(tags.keys().cloned().collect())
    }

    fn digest(
        &self,
        _: &str,
        repository: &str,
        tag: &str,
        _: Option<&Digest>,
        _: &Stop,
    ) -> Result<Digest, Unlisted> {
        self.count("head");
        self.fails(&format!("{repository}:{tag}"))?;
        let repositories = self.repositories.lock().unwrap();
        let content = repositories.get(repository).and_then(|tags| tags.get(tag));
        content.map(|content| manifest(*content)).ok_or(Unlisted::Absent)
    }

    fn referrers(&self, _: &str, _: &str, about: &Digest, _: u64, _: &Stop) -> Result<Referrers, Unlisted> {
        self.count("referrers");
        self.fails("referrers")?;
        let known = self.referrers.lock().unwrap();
        let listed = known.as_ref().map(|known| known.get(about).cloned().unwrap_or_default());
        Ok(listed.map_or(Referrers::Unsupported, Referrers::Listed))
    }

    /// Contents are numbered by the day on which they were made.
    fn made(&self, reference: &ImageReference, _: &Stop) -> Result<Vec<String>, Unlisted> {
        self.count("made");
        let (_, digest) = reference.reference.split_once('@').unwrap();
        let content = (0..1_000).find(|content| manifest(*content).to_string() == digest).unwrap();
        let older = "1970-01-01T00:00:00Z".to_owned();
        Ok(vec![older, limpid_formats::rfc3339(content * DAY), "yesterday".to_owned()])
    }
}

impl Submit for Registry {
    fn has_room(&self) -> bool {
        true
    }

    fn submit(&self, reference: ImageReference, naming: Naming) -> Result<u64, Error> {
        self.count("submitted");
        let scanner = self.scanner.lock().unwrap().clone().unwrap();
        let source = Source(reference, naming);
        scanner.index(ImageInput { source: &source, stop: &Stop::default() }, &Progress::default())?;
        Ok(self.jobs.fetch_add(1, Ordering::Relaxed))
    }
}

/// What a reference of that registry names.
struct Source(ImageReference, Naming);

impl ImageSource for Source {
    fn images(&self, _: &Stop) -> Result<Vec<FoundImage>, limpid_images::Error> {
        let (name, digest) = self.0.reference.split_once('@').unwrap();
        let content = (0..1_000).find(|content| manifest(*content).to_string() == digest).unwrap();
        let image = Image {
            id: image(content),
            manifests: vec![manifest(content)],
            names: match self.1 {
                Naming::Reference => vec![format!("{REGISTRY}/a@{digest}")],
                Naming::Tag => vec![name.to_owned()],
                Naming::Known => Vec::new(),
            },
            platform: Platform { os: "linux".into(), architecture: "amd64".into(), variant: None },
            created: None,
            labels: Vec::new(),
            layers: Vec::new(),
        };
        Ok(vec![FoundImage { image, layers: Vec::new() }])
    }

    fn digest(&self) -> Option<Digest> {
        self.0.reference.split_once('@').and_then(|(_, digest)| digest.parse().ok())
    }

    fn reference(&self) -> Option<ImageReference> {
        Some(self.0.clone())
    }

    fn open(&self, _: &FoundLayer, _: &Stop) -> Result<Content, limpid_images::Error> {
        unreachable!("there are no layers")
    }
}

/// A service that watches a registry, with a clock that is set by hand.
struct Service {
    registry: Arc<Registry>,
    store: Store,
    clock: Arc<AtomicU64>,
    parts: Parts,
    _scratch: tempfile::TempDir,
}

impl Service {
    fn new() -> Self {
        let clock = Arc::new(AtomicU64::new(1_000 * DAY));
        Self::on(Arc::default(), Store::in_memory(), clock)
    }

    fn on(registry: Arc<Registry>, store: Store, clock: Arc<AtomicU64>) -> Self {
        Self::with(registry, store, clock, |_| ())
    }

    /// One that believes whoever attaches something.
    fn believing(registry: Registry) -> Self {
        let clock = Arc::new(AtomicU64::new(1_000 * DAY));
        Self::with(Arc::new(registry), Store::in_memory(), clock, |settings| {
            let believed = AttachedSettings { vex: Belief::Any, ..AttachedSettings::default() };
            settings.attached = Arc::new(Attaching::new(believed).unwrap());
        })
    }

    fn with(
        registry: Arc<Registry>,
        store: Store,
        clock: Arc<AtomicU64>,
        change: impl FnOnce(&mut crate::Settings),
    ) -> Self {
        let time = Arc::clone(&clock);
        let (scanner, scratch) = scanner_with(store.clone(), |settings| {
            settings.clock = Clock::new(move || time.load(Ordering::Relaxed));
            settings.watches.requests = 1;
            change(settings);
        });
        *registry.scanner.lock().unwrap() = Some(scanner.clone());
        let parts = Parts {
            scanner,
            lister: Arc::clone(&registry) as Arc<dyn RegistryLister>,
            submit: Arc::clone(&registry) as Arc<dyn Submit>,
            queue: Mutex::default(),
            changed: Condvar::new(),
            stop: Stop::default(),
        };
        Self { registry, store, clock, parts, _scratch: scratch }
    }

    /// Another process that finds what this one left.
    fn restarted(self) -> Self {
        Self::on(self.registry, self.store, self.clock)
    }

    fn pass(&self, milliseconds: u64) {
        self.clock.fetch_add(milliseconds, Ordering::Relaxed);
    }

    fn put(&self, change: impl FnOnce(&mut WatchSpec)) {
        self.parts.scanner.put_watch("w", spec(change)).unwrap();
    }

    fn list(&self) -> limpid_model::Listings {
        self.try_list().unwrap();
        self.parts.scanner.watch_state("w").unwrap().listings
    }

    fn try_list(&self) -> Result<(), Error> {
        let watch = watched::watch(&self.store.view(), "w")?;
        listing::list(&self.parts, &watch)
    }

    fn follows(&self) -> Vec<WatchedTag> {
        self.parts.scanner.watched_tags("w", None, 1_000).unwrap().items
    }

    /// Tags, where each points, and where it pointed before.
    fn tags(&self) -> Vec<(String, Vec<Digest>)> {
        let view = self.store.view();
        let rows = view.scan::<Tags>(|_| ()).map(Result::unwrap);
        rows.map(|(key, row)| (format!("{}:{}", key.repository, key.tag), row.images().collect())).collect()
    }

    fn images(&self) -> Vec<Digest> {
        self.store.view().keys::<Images>(|_| ()).map(Result::unwrap).collect()
    }

    /// All that is known in the end, without the numbers of jobs.
    fn state(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let followed: Vec<_> =
            self.follows().into_iter().map(|tag| WatchedTag { job: tag.job.map(|_| 0), ..tag }).collect();
        let names: Vec<_> = self.store.view().keys::<Names>(|_| ()).map(Result::unwrap).collect();
        (followed, self.tags(), self.images(), names)
    }
}

fn spec(change: impl FnOnce(&mut WatchSpec)) -> WatchSpec {
    let mut spec = WatchSpec {
        registry: REGISTRY.to_owned(),
        aliases: vec!["registry:5000".to_owned()],
        repositories: vec!["*".to_owned()],
        tags: Vec::new(),
        newest: None,
        max_age: None,
        platforms: Platforms::All,
        interval: None,
        enabled: true,
    };
    change(&mut spec);
    spec
}

fn sorted(mut digests: Vec<Digest>) -> Vec<Digest> {
    digests.sort();
    digests
}

fn counts<const N: usize>(counts: [(&'static str, u64); N]) -> BTreeMap<&'static str, u64> {
    counts.into()
}

#[test]
fn a_listing_with_nothing_new_only_asks_where_tags_point() {
    let service = Service::new();
    for n in 0..300 {
        service.registry.push(&format!("team/{}", n % 60), &format!("1.{n}"), n);
    }
    service.put(|_| ());
    let first = service.list();
    assert_eq!(
        service.registry.asked(),
        counts([("catalog", 1), ("tags", 60), ("head", 300), ("submitted", 300)])
    );
    assert_eq!((first.repositories, first.tags, first.submitted, first.failed_count), (60, 300, 300, 0));
    assert_eq!(service.images().len(), 300);
    service.pass(1_000);
    let second = service.list();
    assert_eq!(service.registry.asked(), counts([("catalog", 1), ("tags", 60), ("head", 300)]));
    assert_eq!((second.tags, second.submitted), (300, 0));
    assert_eq!(second.last_complete, Some(service.parts.now()));
    assert_eq!(second.next, Some(service.parts.now() + 3_600_000));
    assert!(service.follows().iter().all(|tag| tag.seen == tag.since + 1_000));
}

/// The tag under which something is attached to a content.
fn place(content: u64, what: &str) -> String {
    format!("sha256-{}{what}", manifest(content).hex())
}

fn numbers(spec: &mut WatchSpec) {
    spec.tags = vec!["[0-9]*".to_owned()];
}

#[test]
fn what_comes_to_be_attached_under_a_tag_has_its_image_indexed_again() {
    let service = Service::believing(Registry::default());
    service.registry.push("a", "1", 1);
    service.registry.push("a", "2", 2);
    service.registry.push("a", &place(2, ".sbom"), 20);
    service.put(numbers);
    service.list();
    // The first is found to have no lists of referrers, and the second is not asked for them.
    let first = [("catalog", 1), ("tags", 1), ("head", 3), ("submitted", 2), ("referrers", 1)];
    assert_eq!(service.registry.asked(), counts(first));
    service.pass(1_000);
    service.list();
    let nothing_new = [("catalog", 1), ("tags", 1), ("head", 3)];
    assert_eq!(
        service.registry.asked(),
        counts([nothing_new[0], nothing_new[1], nothing_new[2], ("referrers", 1)])
    );
    for (what, content, heads) in [(".att", 10, 4), (".att", 11, 4), (".sbom", 12, 5), ("", 13, 6)] {
        service.registry.push("a", &place(1, what), content);
        service.pass(1_000);
        assert_eq!(service.list().submitted, 1, "{what} {content}");
        service.pass(1_000);
        service.registry.asked();
        assert_eq!(service.list().submitted, 0, "{what} {content}");
        assert_eq!(service.registry.asked()["head"], heads);
    }
    // What is attached no longer changes nothing, and neither what is attached to what nobody has.
    service.registry.delete("a", &place(1, ".att"));
    service.registry.push("a", &place(3, ".att"), 14);
    assert_eq!(service.list().submitted, 0);
    // Of an image that has been there for long nothing is asked.
    service.pass(30 * DAY);
    service.registry.push("a", &place(1, ".att"), 15);
    service.registry.asked();
    assert_eq!(service.list().submitted, 0);
    assert_eq!(service.registry.asked(), counts([("catalog", 1), ("tags", 1), ("head", 2)]));
}

#[test]
fn lists_of_referrers_are_asked_for_now_and_then() {
    let referrers = Mutex::new(Some(BTreeMap::new()));
    let service = Service::believing(Registry { referrers, ..Registry::default() });
    service.registry.push("a", "1", 1);
    service.registry.push("a", "2", 2);
    service.put(numbers);
    service.list();
    assert_eq!(service.registry.asked()["referrers"], 2);
    let attach = |content: u64, what: u64| {
        let mut known = service.registry.referrers.lock().unwrap();
        known.as_mut().unwrap().entry(manifest(content)).or_default().push(manifest(what));
    };
    attach(1, 10);
    service.pass(1_000);
    assert_eq!(service.list().submitted, 0);
    assert_eq!(service.registry.asked(), counts([("catalog", 1), ("tags", 1), ("head", 2)]));
    service.pass(DAY);
    assert_eq!(service.list().submitted, 1);
    assert_eq!(service.registry.asked()["referrers"], 2);
    service.pass(1_000);
    assert_eq!(service.list().submitted, 0, "what was seen is remembered while nobody asks");
    service.pass(DAY);
    assert_eq!(service.list().submitted, 0);
    attach(1, 11);
    service.pass(DAY);
    assert_eq!(service.list().submitted, 1);
}

#[test]
fn lists_of_referrers_that_cannot_be_read_hide_nothing_under_tags() {
    let service = Service::believing(Registry::default());
    let too_many = Unlisted::Failed("more than `attached.referrers`".to_owned());
    service.registry.failing.lock().unwrap().insert("referrers".to_owned(), too_many);
    service.registry.push("a", "1", 1);
    service.put(numbers);
    service.list();
    service.pass(DAY);
    service.registry.push("a", &place(1, ".att"), 10);
    let listed = service.list();
    assert_eq!((listed.submitted, listed.failed_count), (1, 1));
    let failed: BTreeMap<_, _> = listed.failed.into_iter().collect();
    assert_eq!(failed["a"], "what is attached to tag `1`: more than `attached.referrers`");
}

#[test]
fn a_tag_that_moves_is_indexed_and_what_it_pointed_at_before_stays() {
    let service = Service::new();
    service.put(|_| ());
    for content in 1..=3 {
        service.registry.push("a", "latest", content);
        assert_eq!(service.list().submitted, 1);
        service.pass(DAY);
    }
    let expected = |contents: &[u64]| -> Vec<(String, Vec<Digest>)> {
        contents
            .iter()
            .map(|content| ("registry.example/a:latest".to_owned(), vec![image(*content)]))
            .collect()
    };
    assert_eq!(service.tags(), expected(&[1, 2, 3]));
    let [tag] = &service.follows()[..] else { panic!() };
    assert_eq!((tag.digest, tag.since), (manifest(3), 1_002 * DAY));
    // When the grace of the first is over, the two last ones are still there to be compared.
    service.pass(6 * DAY);
    service.list();
    assert_eq!(service.tags(), expected(&[2, 3]));
    assert_eq!(service.images(), sorted(vec![image(2), image(3)]));
    service.pass(100 * DAY);
    service.list();
    assert_eq!(service.tags(), expected(&[2, 3]));
}

#[test]
fn what_is_gone_is_dropped_after_a_while() {
    let service = Service::new();
    service.put(|_| ());
    service.registry.push("a", "1", 1);
    service.registry.push("a", "2", 2);
    // Two names of one image.
    service.registry.push("a", "3", 2);
    service.registry.push("b", "1", 3);
    service.list();
    service.registry.delete("a", "1");
    service.registry.delete("a", "2");
    service.registry.repositories.lock().unwrap().remove("b");
    let listed = service.list();
    assert_eq!((listed.tags, listed.gone, listed.dropped), (1, 3, 0));
    service.pass(7 * DAY - 1);
    // One that comes back was never gone.
    service.registry.push("b", "1", 3);
    let listed = service.list();
    assert_eq!((listed.tags, listed.gone, listed.dropped, listed.submitted), (2, 2, 0, 0));
    service.pass(1);
    assert_eq!(service.list().dropped, 2);
    assert_eq!(service.images(), sorted(vec![image(2), image(3)]));
    assert_eq!(service.parts.scanner.image(&image(2)).unwrap().image.names, ["registry.example/a:3"]);
    assert_eq!(service.follows().len(), 2);
    assert!(service.parts.scanner.find_image("registry.example/a:2").is_err());
}

#[test]
fn what_was_submitted_by_hand_or_is_followed_by_another_watch_is_not_dropped() {
    let service = Service::new();
    service.put(|spec| spec.repositories = vec!["a".to_owned()]);
    service.registry.push("a", "1", 1);
    service.registry.push("a", "2", 2);
    service.list();
    let mut batch = limpid_store::Batch::default();
    batch.delete::<limpid_store::tables::origins::Origins>(&image(1));
    service.store.commit(batch).unwrap();
    let other = spec(|spec| spec.tags = vec!["2".to_owned()]);
    let other = service.parts.scanner.put_watch("other", other).unwrap();
    listing::list(&service.parts, &other).unwrap();
    // From now on, the first watch follows neither.
    service.put(|spec| {
        spec.repositories = vec!["a".to_owned()];
        spec.tags = vec!["3".to_owned()];
    });
    assert_eq!(service.list().gone, 2);
    service.pass(8 * DAY);
    assert_eq!(service.list().dropped, 2);
    assert_eq!(service.images(), sorted(vec![image(1), image(2)]));
    assert_eq!(service.follows(), []);
}

#[test]
fn a_failure_is_told_and_makes_nothing_gone() {
    let service = Service::new();
    service.put(|spec| spec.repositories = vec!["*".to_owned(), "named".to_owned()]);
    for repository in ["a", "b", "named"] {
        service.registry.push(repository, "1", 1);
        service.registry.push(repository, "2", 2);
    }
    service.list();
    let fail = |what: &str, why: Unlisted| {
        service.registry.failing.lock().unwrap().insert(what.to_owned(), why);
    };
    fail("", Unlisted::Failed("no catalog".to_owned()));
    fail("a", Unlisted::Failed("no tags".to_owned()));
    fail("b:1", Unlisted::Failed("no digest".to_owned()));
    service.registry.delete("b", "2");
    service.registry.push("named", "3", 3);
    let listed = service.list();
    let why = listed.why.unwrap();
    assert!(why.contains("no catalog"), "{why}");
    let failed: BTreeMap<_, _> = listed.failed.into_iter().collect();
    assert_eq!(failed["a"], "no tags");
    assert_eq!(failed["b"], "tag `1`: no digest");
    // What could be listed was, and of the rest nobody knows that it is gone.
    assert_eq!((listed.tags, listed.gone, listed.submitted), (7, 0, 1));
    assert_eq!((listed.failures, listed.next), (1, Some(service.parts.now() + 60_000)));
    assert_eq!(service.list().next, Some(service.parts.now() + 120_000));
    fail("a", Unlisted::Later { why: "too many".to_owned(), after: Duration::from_secs(7_200) });
    assert_eq!(service.list().next, Some(service.parts.now() + 7_200_000));
    service.registry.failing.lock().unwrap().clear();
    let listed = service.list();
    assert_eq!((listed.failures, listed.failed_count, listed.gone), (0, 0, 1));
}

#[test]
fn a_repository_that_keeps_failing_is_given_up_for_this_time() {
    let service = Service::new();
    service.put(|_| ());
    for tag in 0..20 {
        service.registry.push("a", &tag.to_string(), tag);
        let why = Unlisted::Failed("unreachable".to_owned());
        service.registry.failing.lock().unwrap().insert(format!("a:{tag}"), why);
    }
    assert_eq!(service.list().failed_count, 3);
    assert_eq!(service.registry.asked()["head"], 3);
}

#[test]
fn what_a_registry_lists_is_checked() {
    let service = Service::new();
    service.put(|_| ());
    service.registry.push("a", "1", 1);
    service.registry.push("a", "1@sha256:00", 2);
    service.registry.push("b:c", "1", 3);
    let listed = service.list();
    assert_eq!((listed.submitted, listed.failed_count), (1, 2));
    let failed = format!("{:?}", listed.failed);
    assert!(failed.contains("`b:c`") && failed.contains("`1@sha256:00`"), "{failed}");
}

#[test]
fn old_images_are_asked_once_how_old_they_are() {
    let service = Service::new();
    // Contents are made on the day of their number, and it is day 1,000.
    service.put(|spec| spec.max_age = Some(100 * DAY / 1_000));
    service.registry.push("a", "old", 800);
    service.registry.push("a", "young", 950);
    assert_eq!(service.list().submitted, 1);
    assert_eq!(service.registry.asked()["made"], 2);
    assert_eq!(service.list().submitted, 0);
    assert_eq!(service.registry.asked().get("made"), None);
    // It becomes too old, and is dropped as if it were gone.
    service.pass(51 * DAY);
    assert_eq!(service.list().gone, 1);
    service.pass(7 * DAY);
    assert_eq!(service.list().dropped, 1);
    assert_eq!(service.images(), []);
    service.pass(DAY);
    assert_eq!(service.list().dropped, 0);
    assert_eq!(service.registry.asked().get("made"), None);
    // Older ones are wanted after all.
    service.put(|_| ());
    assert_eq!(service.list().submitted, 2);
}

#[test]
fn only_the_newest_tags_are_followed() {
    let service = Service::new();
    service.put(|spec| (spec.newest, spec.tags) = (Some(2), vec!["1.*".to_owned()]));
    for (tag, content) in [("1.8", 1), ("1.9", 2), ("1.10", 3), ("dev", 4)] {
        service.registry.push("a", tag, content);
    }
    let tags = |service: &Service| -> Vec<(String, bool)> {
        service.follows().into_iter().map(|tag| (tag.tag, tag.gone.is_none())).collect()
    };
    service.list();
    assert_eq!(tags(&service), [("1.10".to_owned(), true), ("1.9".to_owned(), true)]);
    service.registry.push("a", "1.11", 5);
    service.list();
    let expected = [("1.10", true), ("1.11", true), ("1.9", false)];
    assert_eq!(tags(&service), expected.map(|(tag, there)| (tag.to_owned(), there)));
}

fn push(registry: Option<&str>, repository: &str, tag: &str) -> Push {
    Push { registry: registry.map(str::to_owned), repository: repository.to_owned(), tag: tag.to_owned() }
}

#[test]
fn a_push_that_a_watch_covers_is_indexed_without_a_listing() {
    let service = Service::new();
    service.put(|spec| spec.repositories = vec!["a/*".to_owned()]);
    service.list();
    service.registry.push("a/b", "1", 1);
    service.registry.asked();
    let taken = pushes::take(
        &service.parts,
        vec![
            push(Some(REGISTRY), "a/b", "1"),
            push(Some("REGISTRY:5000"), "a/b", "2"),
            push(None, "a/b", "1"),
            push(None, "b", "1"),
            push(Some("elsewhere.example"), "a/b", "1"),
            push(None, "a/b@c", "1"),
        ],
    );
    assert_eq!(taken.unwrap(), PushesTaken { accepted: 3, ignored: 3, put_off: 0 });
    let waiting = std::mem::take(&mut service.parts.lock().pushes);
    assert_eq!(waiting.len(), 3);
    for push in &waiting {
        pushes::look(&service.parts, push).unwrap();
    }
    // What is not there is no failure: it may be gone again.
    assert_eq!(service.registry.asked(), counts([("head", 3), ("submitted", 1)]));
    assert_eq!(service.images(), [image(1)]);
    assert_eq!(service.list().submitted, 0);
}

#[test]
fn a_name_that_somebody_else_gave_goes_back_with_the_next_listing() {
    let service = Service::new();
    service.put(|_| ());
    service.registry.push("a", "1", 1);
    assert_eq!([service.list().submitted, service.list().submitted], [1, 0]);
    let reference = format!("{REGISTRY}/a:1@{}", manifest(2));
    let reference = ImageReference { reference, platforms: Platforms::All };
    service.registry.submit(reference, Naming::Tag).unwrap();
    assert_eq!([service.list().submitted, service.list().submitted], [1, 0]);
}

#[test]
fn one_registry_that_does_not_answer_keeps_no_push_of_another_waiting() {
    let service = Service::new();
    service.put(|spec| spec.aliases = vec!["other:1".to_owned()]);
    let pushes =
        [(REGISTRY, "1"), (REGISTRY, "2"), ("other:1", "3")].map(|(host, tag)| push(Some(host), "a", tag));
    pushes::take(&service.parts, pushes.to_vec()).unwrap();
    let tags: Vec<_> = (0..2).map(|_| pushes::next(&service.parts).unwrap().push.tag).collect();
    assert_eq!(tags, ["1", "3"]);
}

#[test]
fn a_push_that_is_told_before_the_tag_points_there_moves_it_all_the_same() {
    let service = Service::new();
    service.put(|_| ());
    service.registry.push("a", "1", 1);
    service.list();
    let told = push(None, "a", "1");
    assert_eq!(pushes::look(&service.parts, &told).unwrap(), pushes::Looked::AsBefore);
    assert_eq!(pushes::look(&service.parts, &push(None, "a", "2")).unwrap(), pushes::Looked::AsBefore);
    service.registry.push("a", "1", 2);
    assert_eq!(pushes::look(&service.parts, &told).unwrap(), pushes::Looked::Moved);
    // It waits for its time behind all others.
    service.parts.lock().again.push_back((Instant::now(), told.clone()));
    pushes::take(&service.parts, vec![push(Some("other:1"), "a", "3"), push(None, "a", "3")]).unwrap();
    let tags: Vec<_> = (0..1).map(|_| pushes::next(&service.parts).unwrap().push.tag).collect();
    assert_eq!(tags, ["3"]);
    service.parts.lock().asking.clear();
    assert_eq!(pushes::next(&service.parts).unwrap().push, told);
}

#[test]
fn a_push_that_was_missed_is_caught_by_the_next_listing() {
    let service = Service::new();
    service.put(|_| ());
    service.registry.push("a", "1", 1);
    service.list();
    service.registry.push("a", "1", 2);
    let waiting = pushes::take(&service.parts, vec![push(None, "a", "1")]).unwrap();
    assert_eq!(waiting.accepted, 1);
    // The process ends before it looks.
    let service = service.restarted();
    assert!(service.parts.lock().pushes.is_empty());
    assert_eq!(service.list().submitted, 1);
    assert_eq!(service.tags().len(), 2);
}

#[test]
fn killed_after_any_write_the_end_is_the_same() {
    let steps: [fn(&Service); 5] = [
        |service| (0..8).for_each(|n| service.registry.push(&format!("r{}", n % 3), &n.to_string(), n)),
        |_| (),
        |service| service.registry.push("r0", "0", 20),
        |service| service.registry.push("r0", "0", 21),
        |service| service.registry.delete("r1", "1"),
    ];
    let run = |kill: Option<(usize, u64)>| {
        let mut service = Service::new();
        service.put(|_| ());
        let mut was_killed = false;
        for (place, step) in steps.iter().enumerate() {
            step(&service);
            service.pass(8 * DAY);
            if let Some((_, commits)) = kill.filter(|(at, _)| *at == place) {
                service.parts.scanner.writers().commits_left.store(commits, Ordering::Relaxed);
                was_killed = service.try_list().is_err();
                service = service.restarted();
            }
            service.list();
            // What is gone is dropped by the listing after its grace.
            service.pass(8 * DAY);
            service.list();
        }
        (service.state(), was_killed)
    };
    let (expected, _) = run(None);
    for place in 0..steps.len() {
        for commits in 0.. {
            let (state, was_killed) = run(Some((place, commits)));
            assert_eq!(state, expected, "killed in step {place} after {commits} commits");
            if !was_killed {
                assert!(commits > 1, "step {place} writes something");
                break;
            }
        }
    }
}

#[test]
fn a_watch_that_is_removed_meanwhile_writes_nothing_more() {
    let service = Service::new();
    service.put(|_| ());
    service.registry.push("a", "1", 1);
    let watch = watched::watch(&service.store.view(), "w").unwrap();
    service.parts.scanner.remove_watch("w").unwrap();
    assert!(matches!(listing::list(&service.parts, &watch), Err(Error::NoWatch(_))));
    service.pass(1);
    service.put(|_| ());
    assert_eq!(service.follows(), []);
    // Nor does one of the same name that was made since.
    assert!(listing::list(&service.parts, &watch).is_err());
    assert_eq!(service.follows(), []);
}

#[test]
fn a_listing_that_is_asked_for_while_another_is_under_way_comes_after_it() {
    let service = Service::new();
    service.put(|_| ());
    assert!(service.list().next.is_some());
    assert!(service.parts.due(&Queue::default()).unwrap().is_none());
    service.parts.scanner.list_watch("w").unwrap();
    assert!(service.parts.due(&Queue::default()).unwrap().is_some());
    service.list();
    // The same again changes nothing, another spec does.
    service.put(|_| ());
    assert!(service.parts.due(&Queue::default()).unwrap().is_none());
    service.put(|spec| spec.newest = Some(1));
    assert!(service.parts.due(&Queue::default()).unwrap().is_some());
    service.put(|spec| spec.enabled = false);
    assert!(service.parts.due(&Queue::default()).unwrap().is_none());
}

#[test]
fn a_running_watch_lists_by_itself_and_looks_at_pushes() {
    let service = Service::new();
    service.registry.push("a", "1", 1);
    let (lister, submit) = (Arc::clone(&service.registry) as _, Arc::clone(&service.registry) as _);
    let watching = Watching::start(service.parts.scanner.clone(), lister, submit).unwrap();
    service.put(|_| ());
    let until = |is_done: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !is_done() {
            assert!(begun.elapsed() < Duration::from_secs(30), "it takes too long");
            std::thread::yield_now();
        }
    };
    until(&|| service.parts.scanner.watch_state("w").unwrap().listings.last.is_some());
    service.registry.push("a", "2", 2);
    watching.take(vec![push(Some(REGISTRY), "a", "2")]).unwrap();
    until(&|| service.images().len() == 2);
}

/// Says how the job of the only tag that is followed ended.
fn end_job(service: &Service, code: &str) {
    use limpid_model::{Job, JobState, Submission};
    use limpid_store::tables::jobs::Jobs;

    let id = service.follows()[0].job.unwrap();
    let job = Job {
        id,
        state: JobState::Failed { code: code.to_owned(), message: "it was refused".to_owned() },
        created: 0,
        updated: 0,
        submission: Submission::Archive { bytes: 0 },
        with_secrets: false,
        images: Vec::new(),
        layers_read: 0,
        layers_known: 0,
    };
    let mut batch = limpid_store::Batch::default();
    batch.put::<Jobs>(&id, &(&job).into()).unwrap();
    service.store.commit(batch).unwrap();
}

#[test]
fn what_was_refused_is_told_and_submitted_again_where_that_may_help() {
    let service = Service::new();
    service.put(|_| ());
    service.registry.push("a", "1", 1);
    service.list();
    end_job(&service, "unsupported");
    let listed = service.list();
    assert_eq!((listed.submitted, listed.failed_count), (0, 1));
    assert_eq!(listed.failed, [("a".to_owned(), "tag `1`: it was refused".to_owned())]);
    // The registry itself has said all that it was asked.
    assert_eq!((listed.failures, listed.last_complete), (0, Some(service.parts.now())));
    service.parts.scanner.list_watch("w").unwrap();
    assert_eq!(service.list().submitted, 1);
    assert_eq!(service.list().submitted, 0);
    end_job(&service, "source-unavailable");
    assert_eq!(service.list().submitted, 1);
}

#[test]
fn an_image_is_known_through_the_watches_that_follow_a_name_of_it() {
    let service = Service::new();
    service.put(|spec| spec.repositories = vec!["a".to_owned()]);
    service.registry.push("a", "1", 1);
    service.list();
    let watches = watched::all(&service.store.view()).unwrap();
    let check = |names: &[&str], expected: bool| {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(
            watched::know(&service.store.view(), &watches, names.iter()).unwrap(),
            expected,
            "{names:?}"
        );
    };
    check(&["registry.example/a:1"], true);
    check(&["x", "registry.example/a:1@sha256:00"], true);
    check(&["registry.example/a:2"], false);
    check(&["a:1", "elsewhere.example/a:1"], false);
    check(&[], false);
    assert!(!watched::know(&service.store.view(), &[], ["registry.example/a:1".to_owned()].iter()).unwrap());
}

#[test]
fn images_that_rest_on_other_detectors_are_fetched_again_where_they_can_be() {
    let service = Service::new();
    service.put(|_| ());
    service.registry.push("a", "1", 1);
    service.registry.push("a", "2", 2);
    service.list();
    let mut batch = limpid_store::Batch::default();
    batch.delete::<limpid_store::tables::origins::Origins>(&image(2));
    service.store.commit(batch).unwrap();
    // No detector is loaded here, and none has seen the images.
    let loaded = [Digest::of(b"detector")];
    let view = service.store.view();
    assert_eq!(refetch::behind(&view, &loaded).unwrap(), [image(1)]);
    assert_eq!(refetch::behind(&view, &[]).unwrap(), []);
    service.registry.asked();
    assert!(refetch::fetch(&service.parts, &image(1), &loaded).unwrap().is_some());
    assert!(refetch::fetch(&service.parts, &image(2), &loaded).unwrap().is_none());
    assert!(refetch::fetch(&service.parts, &image(1), &[]).unwrap().is_none());
    assert!(refetch::fetch(&service.parts, &image(3), &loaded).unwrap().is_none());
    assert_eq!(service.registry.asked(), counts([("submitted", 1)]));
}

#[test]
fn an_image_that_is_fetched_again_does_not_move_its_tag_back() {
    let service = Service::new();
    service.put(|_| ());
    for content in [1, 2] {
        service.registry.push("a", "1", content);
        service.list();
    }
    let pointed = || {
        let rows = crate::tags::rows(&service.store.view(), &Name::of(&format!("{REGISTRY}/a:1"))).unwrap();
        rows.into_iter().map(|(_, row)| row.digest()).collect::<Vec<_>>()
    };
    assert_eq!(pointed(), [Some(manifest(1)), Some(manifest(2))]);
    assert!(refetch::fetch(&service.parts, &image(1), &[Digest::of(b"detector")]).unwrap().is_some());
    assert_eq!(pointed(), [Some(manifest(1)), Some(manifest(2))]);
    assert_eq!(service.list().submitted, 0);
}

#[test]
fn images_of_further_platforms_are_submitted_with_the_next_listing() {
    let service = Service::new();
    let only = |texts: &[&str]| Platforms::Only(texts.iter().map(|text| text.parse().unwrap()).collect());
    let put = |platforms: Platforms| service.put(|spec| spec.platforms = platforms);
    put(only(&["linux/amd64"]));
    service.registry.push("a", "1", 1);
    service.registry.push("a", "2", 2);
    assert_eq!(service.list().submitted, 2);
    let before = watched::watch(&service.store.view(), "w").unwrap();
    for (platforms, submitted) in [
        (only(&["linux/amd64", "linux/arm64"]), 2),
        (only(&["linux/arm64"]), 0),
        (only(&["linux/amd64"]), 2),
        (Platforms::All, 2),
        (only(&["linux/s390x"]), 0),
    ] {
        put(platforms.clone());
        let listed = [service.list().submitted, service.list().submitted];
        assert_eq!(listed, [submitted, 0], "{platforms:?}");
    }
    // A listing that began before the change.
    service.registry.push("a", "3", 3);
    put(Platforms::All);
    assert!(service.follows().iter().all(|tag| tag.job.is_none()));
    assert_eq!(service.list().submitted, 3);
    service.registry.push("a", "4", 4);
    listing::list(&service.parts, &before).unwrap();
    assert_eq!([service.list().submitted, service.list().submitted], [1, 0]);
}

#[test]
fn what_grew_too_old_while_further_platforms_were_wanted_is_dropped() {
    let service = Service::new();
    service.put(|spec| (spec.max_age, spec.platforms) = (Some(2 * DAY / 1_000), Platforms::Only(Vec::new())));
    service.registry.push("a", "1", 999);
    assert_eq!(service.list().submitted, 1);
    service.put(|spec| spec.max_age = Some(2 * DAY / 1_000));
    service.pass(10 * DAY);
    assert_eq!(service.list().submitted, 0);
    service.pass(10 * DAY);
    assert_eq!(service.list().dropped, 1);
    assert!(service.images().is_empty());
}
