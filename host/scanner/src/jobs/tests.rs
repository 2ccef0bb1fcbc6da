use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};

use limpid_images::{Content, FoundImage, FoundLayer, KnownLayer};
use limpid_model::{Digest, Platforms};
use limpid_store::Store;

use super::opened::without_queries;
use super::*;
use crate::test_support::archive::{docker, tar};
use crate::test_support::scanner_with;
use crate::{Clock, Settings};

fn code(error: &Error) -> String {
    match error {
        Error::Images(_) => "archive".to_owned(),
        Error::Host { .. } => "host".to_owned(),
        _ => "other".to_owned(),
    }
}

/// An image without a layer: nothing of it must be read.
fn empty_image(name: &str) -> (Vec<u8>, Digest) {
    docker(name, &[])
}

fn submit(jobs: &Jobs, archive: &[u8]) -> Result<Job, Error> {
    use std::io::Write as _;

    let mut spool = jobs.spool()?;
    spool.write_all(archive).unwrap();
    assert_eq!(spool.bytes(), archive.len() as u64);
    jobs.submit(spool)
}

/// Waits until a job has ended.
fn ended(jobs: &Jobs, id: u64) -> Job {
    let (sender, receiver) = mpsc::channel();
    jobs.when_ended(id, move || sender.send(()).unwrap()).unwrap();
    receiver.recv().unwrap();
    jobs.job(id).unwrap()
}

fn start(scanner: &Scanner) -> Jobs {
    start_with(scanner, Nowhere)
}

fn start_with(scanner: &Scanner, sources: impl OpenSource + 'static) -> Jobs {
    Jobs::start(scanner.clone(), Arc::new(sources), code).unwrap()
}

/// Where nothing but archives can be had from.
struct Nowhere;

impl OpenSource for Nowhere {
    fn open(
        &self,
        _: &Submission,
        _: &Secrets,
        _: BTreeMap<Digest, KnownLayer>,
    ) -> Result<Box<dyn ImageSource>, limpid_images::Error> {
        Err(limpid_images::Error::NotAnImage("there is no registry".to_owned()))
    }
}

fn submitted(scratch: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(scratch.join("submitted")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Lets workers begin jobs one by one: each asks what time it is when it begins.
struct Gate {
    begun: Receiver<()>,
    open: Sender<()>,
}

impl Gate {
    /// One worker behind a gate, and a queue of one.
    fn new(settings: &mut Settings) -> Self {
        let (begin, begun) = mpsc::channel();
        let (open, opened) = mpsc::channel();
        let opened = Mutex::new(opened);
        settings.clock = Clock::new(move || {
            let thread = std::thread::current();
            if thread.name().is_some_and(|name| name.starts_with("index-")) {
                let _ = begin.send(());
                // Once nobody holds the gate, it is open.
                let _ = opened.lock().unwrap().recv();
            }
            1_000
        });
        (settings.jobs, settings.queue) = (1, 1);
        Self { begun, open }
    }
}

fn gated(store: Store) -> (Scanner, tempfile::TempDir, Gate) {
    let mut gate = None;
    let (scanner, scratch) = scanner_with(store, |settings| gate = Some(Gate::new(settings)));
    (scanner, scratch, gate.unwrap())
}

#[test]
fn a_submission_is_acknowledged_and_then_done() {
    let (scanner, scratch) = scanner_with(Store::in_memory(), |_| ());
    let jobs = start(&scanner);
    let (archive, image) = docker("a", &[tar(&[("etc/x", b"x")]), tar(&[])]);
    let job = submit(&jobs, &archive).unwrap();
    assert_eq!((job.id, &job.state, job.created), (1, &JobState::Queued, 1_000));
    assert_eq!(job.submission, Submission::Archive { bytes: archive.len() as u64 });

    let job = ended(&jobs, job.id);
    assert_eq!(job.state, JobState::Done);
    assert_eq!((job.images, job.layers_read, job.layers_known), (vec![image], 2, 0));
    assert_eq!(scanner.image(&image).unwrap().image.names, ["a"]);

    let again = submit(&jobs, &archive).unwrap();
    assert_eq!(again.id, 2);
    let again = ended(&jobs, again.id);
    assert_eq!((again.layers_read, again.layers_known), (0, 2));
    drop(jobs);
    assert_eq!(submitted(scratch.path()), [""; 0]);
}

#[test]
fn a_submission_waits_where_no_detector_is_loaded() {
    let (scanner, scratch) = scanner_with(Store::in_memory(), |settings| settings.waits_for_detectors = true);
    let jobs = start(&scanner);
    let (archive, _) = docker("a", &[tar(&[("etc/x", b"x")])]);
    let id = submit(&jobs, &archive).unwrap().id;
    let reason = loop {
        match jobs.job(id).unwrap().state {
            JobState::Waiting { reason, .. } => break reason,
            JobState::Queued | JobState::Running => std::thread::yield_now(),
            other => panic!("{other:?}"),
        }
    };
    assert!(reason.contains("no detector is loaded"), "{reason}");
    assert_eq!(submitted(scratch.path()), [format!("{id}.archive")], "its archive is kept");
}

#[test]
fn an_archive_that_cannot_be_used_fails_with_code_and_reason() {
    let (scanner, scratch) = scanner_with(Store::in_memory(), |_| ());
    let jobs = start(&scanner);
    let (whole, image) = docker("a", &[tar(&[("etc/x", b"x")])]);
    let no_image = tar(&[("x", b"x")]);
    for archive in [&no_image[..], &[], &whole[..1_000], b"nonsense"] {
        let job = submit(&jobs, archive).unwrap();
        let job = ended(&jobs, job.id);
        let JobState::Failed { code, message } = job.state else { panic!("{:?}", job.state) };
        assert_eq!(code, "archive");
        assert!(!message.is_empty());
    }
    let job = submit(&jobs, &whole).unwrap();
    assert_eq!(ended(&jobs, job.id).images, [image]);
    drop(jobs);
    assert_eq!(submitted(scratch.path()), [""; 0]);
}

#[test]
fn a_job_that_has_ended_calls_back_at_once() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let jobs = start(&scanner);
    let job = submit(&jobs, &empty_image("a").0).unwrap();
    ended(&jobs, job.id);
    let (sender, receiver) = mpsc::channel();
    jobs.when_ended(job.id, move || sender.send(()).unwrap()).unwrap();
    assert_eq!(receiver.try_recv(), Ok(()));
}

#[test]
fn a_job_that_is_not_there_is_an_error() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let jobs = start(&scanner);
    assert!(matches!(jobs.job(7), Err(Error::NoJob(7))));
    assert!(matches!(jobs.when_ended(7, || ()), Err(Error::NoJob(7))));
    assert!(jobs.parts.waiters().is_empty());
}

#[test]
fn one_submission_more_than_may_wait_is_refused() {
    let (scanner, scratch, gate) = gated(Store::in_memory());
    let jobs = start(&scanner);
    let spool = jobs.spool().unwrap();
    let running = submit(&jobs, &empty_image("a").0).unwrap();
    gate.begun.recv().unwrap();
    let waiting = submit(&jobs, &empty_image("b").0).unwrap();

    assert!(matches!(jobs.spool(), Err(Error::Busy { limit: 1 })));
    assert!(matches!(jobs.submit(spool), Err(Error::Busy { limit: 1 })));
    assert!(matches!(jobs.job(waiting.id + 1), Err(Error::NoJob(_))));
    assert_eq!(submitted(scratch.path()), ["1.archive", "2.archive"]);

    drop(gate.open);
    assert_eq!(ended(&jobs, running.id).state, JobState::Done);
    assert_eq!(ended(&jobs, waiting.id).state, JobState::Done);
    assert!(submit(&jobs, &empty_image("c").0).is_ok());
}

#[test]
fn stopping_ends_what_is_under_way_and_the_next_start_takes_up_the_rest() {
    let (scanner, scratch, gate) = gated(Store::in_memory());
    let jobs = start(&scanner);
    let parts = Arc::clone(&jobs.parts);
    let running = submit(&jobs, &empty_image("a").0).unwrap();
    gate.begun.recv().unwrap();
    let (archive, image) = empty_image("b");
    let waiting = submit(&jobs, &archive).unwrap();

    let stopped = std::thread::spawn(move || drop(jobs));
    while !parts.queue.is_closed() {
        std::thread::yield_now();
    }
    drop(gate.open);
    stopped.join().unwrap();
    assert_eq!(parts.job(running.id).unwrap().state, JobState::Done);
    assert_eq!(parts.job(waiting.id).unwrap().state, JobState::Queued);
    assert_eq!(submitted(scratch.path()), ["2.archive"]);

    let jobs = start(&scanner);
    let job = ended(&jobs, waiting.id);
    assert_eq!((job.state, job.images), (JobState::Done, vec![image]));
    let next = submit(&jobs, &archive).unwrap();
    assert_eq!(next.id, waiting.id + 1);
}

#[test]
fn a_job_that_was_running_when_the_process_ended_is_taken_up_again() {
    let (scanner, scratch) = scanner_with(Store::in_memory(), |settings| settings.jobs = 1);
    let (archive, image) = empty_image("a");
    let left = |id: u64, state: JobState| {
        let mut batch = Batch::default();
        let job = Job {
            id,
            state,
            created: 1,
            updated: 1,
            submission: Submission::Archive { bytes: archive.len() as u64 },
            with_secrets: false,
            images: Vec::new(),
            layers_read: 0,
            layers_known: 0,
        };
        batch.put::<jobs::Jobs>(&id, &(&job).into()).unwrap();
        scanner.store().commit(batch).unwrap();
    };
    left(5, JobState::Running);
    left(6, JobState::Queued);
    left(7, JobState::Done);
    let submitted_dir = scratch.path().join("submitted");
    std::fs::create_dir(&submitted_dir).unwrap();
    std::fs::write(submitted_dir.join("5.archive"), &archive).unwrap();

    let jobs = start(&scanner);
    assert_eq!(ended(&jobs, 5).images, [image]);
    assert_eq!(waiting(&jobs, 6).1, 1, "its archive may come back");
    assert_eq!(ended(&jobs, 7).updated, 1);
    assert_eq!(submit(&jobs, &archive).unwrap().id, 8);
}

/// Waits until a job waits. Returns why, and how often it was tried.
fn waiting(jobs: &Jobs, id: u64) -> (String, u32) {
    loop {
        match jobs.job(id).unwrap().state {
            JobState::Waiting { reason, attempts, next } => {
                assert!(next >= 1_000);
                return (reason, attempts);
            }
            JobState::Queued | JobState::Running => std::thread::yield_now(),
            ended => panic!("{ended:?}"),
        }
    }
}

#[test]
fn what_this_machine_fails_waits_with_its_archive_and_goes_on() {
    let (scanner, scratch) =
        scanner_with(Store::in_memory(), |settings| (settings.jobs, settings.retry.backoff) = (1, 100));
    let jobs = start(&scanner);
    let (archive, image) = docker("a", &[tar(&[("etc/x", b"x")])]);
    let compressed = zstd::encode_all(&archive[..], 1).unwrap();

    let place = scratch.path().join("submitted");
    // Its archive is out of sight.
    let second = submit_hidden(&jobs, &place, &compressed);
    let (reason, _) = waiting(&jobs, second);
    assert!(reason.contains("cannot be opened"), "{reason}");
    assert_eq!(jobs.obstacle(), None, "there is room for all others");
    assert_eq!((jobs.length().waiting, jobs.length().queued), (1, 0));
    std::fs::rename(place.join("hidden"), place.join(format!("{second}.archive"))).unwrap();
    let done = ended(&jobs, second);
    assert_eq!((done.state, done.images), (JobState::Done, vec![image]));
    assert_eq!((jobs.obstacle(), jobs.length().waiting), (None, 0));
    assert_eq!(submitted(scratch.path()), [""; 0]);
}

/// Submits an archive that is out of sight when its turn comes.
fn submit_hidden(jobs: &Jobs, place: &Path, archive: &[u8]) -> u64 {
    // The row alone: a worker that finds it has no archive.
    let id = jobs.last.fetch_add(1, Ordering::Relaxed) + 1;
    std::fs::write(place.join("hidden"), archive).unwrap();
    let job = Job {
        id,
        state: JobState::Queued,
        created: 1_000,
        updated: 1_000,
        submission: Submission::Archive { bytes: archive.len() as u64 },
        with_secrets: false,
        images: Vec::new(),
        layers_read: 0,
        layers_known: 0,
    };
    jobs.parts.put(&job).unwrap();
    jobs.parts.queue.push(id).unwrap();
    id
}

#[test]
fn nothing_is_taken_on_when_the_disk_is_full() {
    let (scanner, scratch) = scanner_with(Store::in_memory(), |settings| settings.free_bytes = u64::MAX);
    let jobs = start(&scanner);
    let error = jobs.spool().unwrap_err();
    assert!(matches!(error, Error::NoRoom { .. }), "{error}");
    assert_eq!(submitted(scratch.path()), [""; 0]);
}

#[test]
fn a_job_that_waits_is_not_forgotten_however_many_come_after_it() {
    let (scanner, scratch) = scanner_with(Store::in_memory(), |_| ());
    let jobs = start(&scanner);
    let id = submit_hidden(&jobs, &scratch.path().join("submitted"), b"x");
    waiting(&jobs, id);
    jobs.parts.forget(Some(id));
    assert!(jobs.job(id).is_ok());
    let done = submit(&jobs, &empty_image("a").0).unwrap();
    ended(&jobs, done.id);
    jobs.parts.forget(Some(done.id));
    assert!(matches!(jobs.job(done.id), Err(Error::NoJob(_))));
}

#[test]
fn only_what_is_wrong_with_the_input_refuses_it() {
    use limpid_images::Error as Images;
    use limpid_layers::Error as Layer;
    let io = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    let full = Error::from(Layer::Io { doing: "x".into(), source: io() });
    assert!(!full.refuses_input() && full.is_for_lack_of_room() && !full.is_bug());
    let host = Error::Host { what: "x".into(), source: std::io::Error::other("x") };
    assert!(!host.refuses_input() && !host.is_for_lack_of_room() && !host.is_bug());
    let bug = Error::bug("x");
    assert!(!bug.refuses_input() && bug.is_bug());
    let claim = Layer::Claim { claimant: 0, pattern: "[".into(), why: "x".into() };
    assert!(!Error::from(claim).refuses_input(), "a plugin is to blame");
    let reset = std::io::ErrorKind::ConnectionReset.into();
    let away = Images::Unavailable { what: "x".into(), source: reset };
    assert!(!Error::from(away).refuses_input(), "the source is to blame");
    assert!(!Error::from(Images::Interrupted { what: "x".into() }).refuses_input());
    let damaged = Layer::Damaged { what: "x".into(), offset: 0, why: "x".into() };
    assert!(Error::from(damaged).refuses_input());
    assert!(Error::from(Images::NotAnImage("x".into())).refuses_input());
}

#[test]
fn uploads_that_were_cut_short_are_removed_at_the_start() {
    let (scanner, scratch) = scanner_with(Store::in_memory(), |_| ());
    let directory = scratch.path().join("submitted");
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("incoming-x"), b"x").unwrap();
    std::fs::write(directory.join("3.archive"), b"x").unwrap();
    let jobs = start(&scanner);
    assert_eq!(submitted(scratch.path()), [""; 0]);

    let spool = jobs.spool().unwrap();
    assert_eq!(submitted(scratch.path()).len(), 1);
    drop(spool);
    assert_eq!(submitted(scratch.path()), [""; 0]);
}

/// A registry that answers when it likes to, whoever asks.
#[derive(Clone, Default)]
struct Registry(Arc<Shelf>);

#[derive(Default)]
struct Shelf {
    archive: Mutex<Option<Vec<u8>>>,
    asked_by: Mutex<Vec<Option<String>>>,
    known: Mutex<BTreeMap<Digest, KnownLayer>>,
}

impl OpenSource for Registry {
    fn open(
        &self,
        _: &Submission,
        secrets: &Secrets,
        known: BTreeMap<Digest, KnownLayer>,
    ) -> Result<Box<dyn ImageSource>, limpid_images::Error> {
        *self.0.known.lock().unwrap() = known;
        let who = secrets.login.as_ref().map(|login| match login {
            limpid_fetch::Login::Password { username, .. } => username.clone(),
            other => format!("{other:?}"),
        });
        self.0.asked_by.lock().unwrap().push(who);
        let Some(archive) = self.0.archive.lock().unwrap().clone() else { return Ok(Box::new(Closed)) };
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &archive).unwrap();
        let limits = limpid_layers::Limits::default();
        Ok(Box::new(Archive::open_file(file, &std::env::temp_dir(), &limits)?))
    }
}

struct Closed;

impl ImageSource for Closed {
    fn images(&self, _: &Stop) -> Result<Vec<FoundImage>, limpid_images::Error> {
        let what = "manifest `1`".to_owned();
        Err(limpid_images::Error::Unavailable { what, source: std::io::Error::other("503") })
    }

    fn open(&self, _: &FoundLayer, _: &Stop) -> Result<Content, limpid_images::Error> {
        unreachable!("it names no layer")
    }
}

#[test]
fn what_names_nothing_is_no_job() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let jobs = start(&scanner);
    let error = jobs.submit_named(reference(), Secrets::default()).unwrap_err();
    assert!(error.refuses_input(), "{error}");
    assert!(matches!(jobs.job(1), Err(Error::NoJob(1))));
}

fn reference() -> Submission {
    let reference = "registry.test/a:1".to_owned();
    Submission::Reference(limpid_model::ImageReference { reference, platforms: Platforms::All })
}

fn secrets() -> Secrets {
    let login = limpid_fetch::Login::password("me", "hunter2");
    Secrets { login: Some(login), headers: Vec::new() }
}

fn addresses(manifest: &[u8]) -> Submission {
    let hash = Digest::of(manifest);
    Submission::Addresses(limpid_model::LayerAddresses { hash, layers: Vec::new() })
}

#[test]
fn what_was_opened_before_it_was_submitted_is_not_opened_again() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let (archive, image) = empty_image("a");
    let registry = Registry::default();
    *registry.0.archive.lock().unwrap() = Some(archive);
    let jobs = start_with(&scanner, registry.clone());
    let opened = jobs.open(addresses(b"manifest"), secrets()).unwrap();
    assert_eq!(opened.to_fetch(), 0);
    opened.fetch(8);
    let job = jobs.submit_opened(&opened).unwrap();
    assert_eq!(ended(&jobs, job.id).images, [image]);
    assert_eq!(registry.0.asked_by.lock().unwrap().len(), 1);
    assert!(jobs.parts.opened().is_empty(), "what was fetched lives as long as its job");
}

#[test]
fn what_lets_fetch_a_layer_is_not_stored() {
    let address = |uri: &str| limpid_model::LayerAddress { hash: Digest::of(b"a"), uri: uri.to_owned() };
    let manifest = |layers| {
        Submission::Addresses(limpid_model::LayerAddresses { hash: Digest::of(b"manifest"), layers })
    };
    let given = manifest(vec![address("https://s.test/a?signature=x"), address("https://r.test/b")]);
    let stored = manifest(vec![address("https://s.test/a"), address("https://r.test/b")]);
    assert_eq!(without_queries(&given), stored);
    assert_eq!(without_queries(&reference()), reference());
}

#[test]
fn a_manifest_is_known_by_its_latest_job_as_long_as_that_is_remembered() {
    let (store, manifest) = (Store::in_memory(), Digest::of(b"manifest"));
    let (scanner, _scratch) = scanner_with(store.clone(), |settings| settings.retry.source_attempts = 1);
    let jobs = start_with(&scanner, Registry::default());
    assert!(jobs.of_manifest(&manifest).unwrap().is_none());
    let submit = || {
        let opened = jobs.open(addresses(b"manifest"), Secrets::default()).unwrap();
        ended(&jobs, jobs.submit_opened(&opened).unwrap().id)
    };
    let (first, second) = (submit(), submit());
    assert!(matches!(second.state, JobState::Failed { .. }));
    assert_eq!(jobs.of_manifest(&manifest).unwrap(), Some(second.clone()));
    // An earlier one that is forgotten takes nothing along.
    jobs.parts.forget(Some(first.id));
    assert_eq!(jobs.of_manifest(&manifest).unwrap(), Some(second.clone()));
    drop(jobs);
    let (scanner, _scratch) = scanner_with(store, |_| ());
    let jobs = start_with(&scanner, Registry::default());
    assert_eq!(jobs.of_manifest(&manifest).unwrap(), Some(second.clone()));
    jobs.forget_manifest(&manifest).unwrap();
    assert!(jobs.of_manifest(&manifest).unwrap().is_none());
    assert!(matches!(jobs.job(second.id), Err(Error::NoJob(_))));
}

#[test]
fn what_is_elsewhere_is_asked_for_again_until_it_answers() {
    let store = Store::in_memory();
    let (scanner, _scratch) = scanner_with(store, |settings| settings.retry.backoff = 100);
    let (archive, image) = empty_image("a");
    let registry = Registry::default();
    let jobs = start_with(&scanner, registry.clone());
    let job = jobs.submit_named(reference(), secrets()).unwrap();
    assert_eq!((&job.submission, job.with_secrets), (&reference(), true));
    let (reason, _) = waiting(&jobs, job.id);
    assert!(reason.contains("manifest `1`") && reason.contains("503"), "{reason}");
    *registry.0.archive.lock().unwrap() = Some(archive);
    assert_eq!(ended(&jobs, job.id).images, [image]);
    assert!(
        registry
            .0
            .asked_by
            .lock()
            .unwrap()
            .iter()
            .all(|who| who.as_ref().is_some_and(|who| who.contains("me")))
    );
    assert!(jobs.parts.secrets().is_empty(), "secrets live as long as their job");
    assert!(jobs.progress(job.id).unwrap().indexing.is_none());
}

#[test]
fn layers_that_are_known_by_their_stored_form_are_named_to_whoever_would_fetch_them() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let (layer, mut layout) = (tar(&[("etc/x", b"x")]), limpid_test_archives::Layout::default());
    let manifest = layout.image(&[("application/vnd.oci.image.layer.v1.tar", &layer, &layer)]);
    let archive = layout.tar(&[manifest]);
    let registry = Registry::default();
    let jobs = start_with(&scanner, registry.clone());
    let id = submit(&jobs, &archive).unwrap().id;
    let image = ended(&jobs, id).images[0];
    let layer = &scanner.image(&image).unwrap().image.layers[0];
    let blob = scanner.layer(&layer.diff_id).unwrap().digest.unwrap();

    *registry.0.archive.lock().unwrap() = Some(archive);
    let layers = [blob, Digest::of(b"unknown")]
        .map(|hash| limpid_model::LayerAddress { hash, uri: "https://registry.test/x".to_owned() });
    let addresses = limpid_model::LayerAddresses { hash: Digest::of(b"m"), layers: layers.to_vec() };
    let id = jobs.submit_named(Submission::Addresses(addresses), Secrets::default()).unwrap().id;
    ended(&jobs, id);
    let known = KnownLayer { diff_id: layer.diff_id, size: scanner.layer(&layer.diff_id).unwrap().size };
    assert_eq!(*registry.0.known.lock().unwrap(), BTreeMap::from([(blob, known)]));
    scanner.delete_image(&image).unwrap();
    assert_eq!(blobs::known(scanner.store(), &blob).unwrap(), None);
}

#[test]
fn what_never_answers_fails_and_says_how_often_it_was_tried() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |settings| {
        (settings.retry.backoff, settings.retry.source_attempts) = (1, 2);
    });
    let jobs = start_with(&scanner, Registry::default());
    let job = jobs.submit_named(reference(), Secrets::default()).unwrap();
    let JobState::Failed { message, .. } = ended(&jobs, job.id).state else { panic!("it has not failed") };
    assert!(message.contains("tried 2 times (setting `index.source_attempts`)"), "{message}");
}

#[test]
fn a_submission_outlives_the_process_and_its_secrets_do_not() {
    let store = Store::in_memory();
    let (scanner, scratch) = scanner_with(store, |settings| settings.retry.backoff = 100_000);
    let jobs = start_with(&scanner, Registry::default());
    let job = jobs.submit_named(reference(), secrets()).unwrap();
    waiting(&jobs, job.id);
    drop(jobs);

    let jobs = start_with(&scanner, Nowhere);
    let JobState::Failed { message, .. } = ended(&jobs, job.id).state else { panic!("it has not failed") };
    assert!(message.contains("lost when the service was restarted"), "{message}");
    assert_eq!(submitted(scratch.path()), [""; 0]);
    assert!(!format!("{:?} {:?}", jobs.job(job.id), secrets()).contains("hunter2"));
}

/// A registry of which one layer comes when it likes to.
#[derive(Clone)]
struct SlowRegistry {
    archive: Arc<Vec<u8>>,
    asked: Sender<()>,
    goes_on: Arc<Mutex<Receiver<()>>>,
}

struct SlowArchive(Archive, SlowRegistry);

impl OpenSource for SlowRegistry {
    fn open(
        &self,
        _: &Submission,
        _: &Secrets,
        _: BTreeMap<Digest, KnownLayer>,
    ) -> Result<Box<dyn ImageSource>, limpid_images::Error> {
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &self.archive).unwrap();
        let limits = limpid_layers::Limits::default();
        let archive = Archive::open_file(file, &std::env::temp_dir(), &limits)?;
        Ok(Box::new(SlowArchive(archive, self.clone())))
    }
}

impl ImageSource for SlowArchive {
    fn images(&self, stop: &Stop) -> Result<Vec<FoundImage>, limpid_images::Error> {
        self.0.images(stop)
    }

    fn open(&self, layer: &FoundLayer, stop: &Stop) -> Result<Content, limpid_images::Error> {
        let _ = self.1.asked.send(());
        let _ = self.1.goes_on.lock().unwrap().recv();
        self.0.open(layer, stop)
    }
}

#[test]
fn two_that_wait_for_one_slow_layer_do_not_keep_a_third_from_its_turn() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |settings| settings.jobs = 2);
    let (slow, image) = docker("slow", &[tar(&[("a", b"a")])]);
    let (asked, is_asked) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let goes_on = Arc::new(Mutex::new(goes_on));
    let jobs = start_with(&scanner, SlowRegistry { archive: Arc::new(slow), asked, goes_on });
    let slow = [(); 2].map(|()| jobs.submit_named(reference(), Secrets::default()).unwrap().id);
    is_asked.recv().unwrap();
    let (archive, other) = empty_image("other");
    let id = submit(&jobs, &archive).unwrap().id;
    assert_eq!(ended(&jobs, id).images, [other]);
    assert!(slow.iter().all(|id| !jobs.job(*id).unwrap().state.is_final()));
    drop(go_on);
    assert!(slow.iter().all(|id| ended(&jobs, *id).images == [image]));
    assert!(is_asked.try_recv().is_err(), "a layer is read once");
}
