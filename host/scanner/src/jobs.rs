//! Jobs: submissions that were acknowledged. Archives lie on disk until their images are known, and what
//! is elsewhere is named by their job, so that a process that ends meanwhile takes them up again when it
//! starts. What is secret of a submission is in memory only, and ends with the process.
//!
//! Only what is wrong with its input refuses a job. Where this machine fails it (no room, the store, a
//! file that is not there, a bug), or where its images come from, it waits with its input and is tried
//! again, after a wait that grows.

mod input;
mod known;
mod manifests;
mod opened;
mod queue;
mod spool;

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use limpid_bytes::Stop;
use limpid_images::{Archive, ImageSource, KnownLayer, pack_bill};
use limpid_model::{Digest, Job, JobState, Submission, chain};
use limpid_store::Batch;
use limpid_store::tables::jobs;
use limpid_telemetry::Cause;
use prometheus_client::metrics::histogram::Histogram;
use tracing::field::Empty;

use crate::index::{Ahead, Aheads};
use crate::notices::backoff;
use crate::{Error, ImageInput, Indexed, Progress, Scanner, background, blobs, room};
pub use input::{OpenSource, Secrets};
pub use opened::Opened;
pub use queue::QueueLength;
use queue::{Doing, Queue, Waiting};
pub use spool::Spool;

/// Ended jobs that are remembered.
const REMEMBERED: u64 = 10_000;

/// How long a failure for lack of room is told of where nothing was done since.
const TOLD: Duration = Duration::from_secs(30);

/// The longest wait of a job at which indexing itself has failed, in milliseconds: that is a bug, which
/// mostly does the same again.
const AFTER_A_BUG: u64 = 3_600_000;

/// Submissions that have ended since this process began.
#[derive(Clone, Debug)]
pub struct JobTimes {
    /// How many were indexed.
    pub done: u64,
    /// How many were refused.
    pub refused: u64,
    /// How long indexing took of those that were indexed, in seconds.
    pub took: Histogram,
    /// Layers that were read for them.
    pub layers_read: u64,
    /// Layers of theirs of which everything was known.
    pub layers_known: u64,
}

/// Bounds of how long indexing takes, in seconds.
const BOUNDS: [f64; 10] = [0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1_800.0];

impl Default for JobTimes {
    fn default() -> Self {
        Self { done: 0, refused: 0, took: Histogram::new(BOUNDS), layers_read: 0, layers_known: 0 }
    }
}

/// How far a job is that is being done.
#[derive(Clone, Debug)]
pub struct JobProgress {
    /// The job as it is now.
    pub job: Job,
    /// How far indexing is; none while it has not begun, and when it has ended.
    pub indexing: Option<Progress>,
}

/// The queue of submissions, and the threads that work on it.
pub struct Jobs {
    parts: Arc<Parts>,
    workers: Vec<JoinHandle<()>>,
    last: AtomicU64,
}

/// Submissions that may wait for layers which others read, beside those of `index.jobs`.
const WAITING: usize = 8;

type Waiter = Box<dyn FnOnce() + Send>;

struct Parts {
    scanner: Scanner,
    spool: spool::Directory,
    sources: Arc<dyn OpenSource>,
    secrets: Mutex<HashMap<u64, Secrets>>,
    /// Where the images of jobs come from that was opened before they were submitted.
    opened: Mutex<HashMap<u64, Arc<dyn ImageSource>>>,
    /// The latest job of each manifest that was submitted with the addresses of its layers.
    manifests: Mutex<HashMap<Digest, u64>>,
    /// Which requests led to them, for the traces of jobs.
    causes: Mutex<HashMap<u64, Cause>>,
    progress: Mutex<HashMap<u64, Progress>>,
    /// What is read ahead of jobs that were not begun.
    ahead: Mutex<HashMap<u64, Ahead>>,
    aheads: Arc<Aheads>,
    queue: Queue,
    waiters: Mutex<HashMap<u64, Vec<Waiter>>>,
    /// Jobs that may be in the store although they were not acknowledged: nobody knows of them.
    doubtful: Mutex<Vec<u64>>,
    times: Mutex<JobTimes>,
    /// Says of an error what programs can tell it by.
    code: fn(&Error) -> String,
    /// Ends what waits for sources when the service ends.
    stop: Stop,
}

impl Jobs {
    /// Starts the workers, and takes up what an earlier process left. `sources` opens what is elsewhere;
    /// `code` gives errors the codes under which programs know them.
    ///
    /// # Errors
    /// Where the directory for archives cannot be made, or the store fails.
    pub fn start(
        scanner: Scanner,
        sources: Arc<dyn OpenSource>,
        code: fn(&Error) -> String,
    ) -> Result<Self, Error> {
        let spool = spool::Directory::open(&scanner.settings().scratch)?;
        // What was left over may be more than the queue takes.
        let (left, manifests) = left_over(&scanner)?;
        let last = last_id(&scanner)?;
        spool.keep_only(&left);
        let workers = scanner.settings().jobs.max(1);
        let queue = Queue::new(scanner.settings().queue, workers, left);
        let (waiters, doubtful, times) = (Mutex::default(), Mutex::default(), Mutex::default());
        let stop = Stop::default();
        let (secrets, progress, ahead) = (Mutex::default(), Mutex::default(), Mutex::default());
        let causes = Mutex::default();
        let parts = Arc::new(Parts {
            scanner,
            spool,
            sources,
            secrets,
            opened: Mutex::default(),
            manifests: Mutex::new(manifests),
            causes,
            progress,
            ahead,
            aheads: Aheads::new(workers),
            queue,
            waiters,
            doubtful,
            times,
            code,
            stop,
        });
        let mut jobs = Self { parts, workers: Vec::new(), last: AtomicU64::new(last) };
        for _ in 0..workers.saturating_add(WAITING) {
            jobs.workers.push(jobs.worker()?);
        }
        Ok(jobs)
    }

    /// A place on disk for an archive that is being submitted.
    ///
    /// # Errors
    /// [`Error::Busy`] where too many wait already, [`Error::NoRoom`] where the disk is full.
    pub fn spool(&self) -> Result<Spool, Error> {
        self.require_place()?;
        let Parts { scanner, aheads, .. } = &*self.parts;
        self.parts.spool.create(|archive| Ahead::of_archive(scanner, aheads, archive))
    }

    /// Acknowledges an archive: from now on nothing that happens to the process loses it.
    ///
    /// # Errors
    /// [`Error::Busy`] where too many wait already, and where disk or store fail.
    pub fn submit(&self, spool: Spool) -> Result<Job, Error> {
        let id = self.next_id();
        let (bytes, ahead) = self.parts.spool.keep(spool, id)?;
        if let Some(ahead) = ahead {
            self.parts.ahead().insert(id, ahead);
        }
        self.admit(id, Submission::Archive { bytes }, Secrets::default(), None)
    }

    /// Acknowledges a submission of what is elsewhere: the same, but for its secrets, which end with the
    /// process.
    ///
    /// # Errors
    /// [`Error::Images`] where it names nothing that can be asked, [`Error::Busy`] where too many wait
    /// already, [`Error::NoRoom`] where the disk is full, and where the store fails.
    pub fn submit_named(&self, submission: Submission, secrets: Secrets) -> Result<Job, Error> {
        // What names nothing is told at once.
        self.parts.sources.open(&submission, &secrets, BTreeMap::new())?;
        self.require_place()?;
        self.admit(self.next_id(), submission, secrets, None)
    }

    /// That there is room for one more, in the queue and on the disk.
    fn require_place(&self) -> Result<(), Error> {
        if self.parts.queue.is_full() {
            return Err(self.busy());
        }
        room::require_room(self.parts.scanner.settings())
    }

    fn next_id(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn admit(
        &self,
        id: u64,
        submission: Submission,
        secrets: Secrets,
        opened: Option<Arc<dyn ImageSource>>,
    ) -> Result<Job, Error> {
        let now = self.parts.scanner.settings().clock.now();
        let job = Job {
            id,
            state: JobState::Queued,
            created: now,
            updated: now,
            submission,
            with_secrets: !secrets.is_empty() || opened.is_some(),
            images: Vec::new(),
            layers_read: 0,
            layers_known: 0,
        };
        if job.with_secrets {
            self.parts.secrets().insert(id, secrets);
        }
        if let Some(opened) = opened {
            self.parts.opened().insert(id, opened);
        }
        let cause = Cause::current();
        if cause.is_known() {
            self.parts.causes().insert(id, cause);
        }
        if let Err(error) = self.parts.acknowledge(&job) {
            self.parts.let_go(&job);
            // It may be in the store all the same.
            self.parts.doubtful().push(id);
            return Err(error);
        }
        match self.parts.queue.push(id) {
            Ok(()) => {
                if let Submission::Addresses(manifest) = &job.submission {
                    self.parts.manifests().insert(manifest.hash, id);
                }
                tracing::info!(job = id, "submission {id} of {} is acknowledged", shown(&job.submission));
                Ok(job)
            }
            Err(queue::Full) => {
                self.parts.let_go(&job);
                if let Err(error) = self.parts.delete(id) {
                    tracing::warn!(job = id, error = chain(&error), "job {id} cannot be forgotten yet");
                    self.parts.doubtful().push(id);
                }
                Err(self.busy())
            }
        }
    }

    /// How those went that have ended since this process began.
    pub fn times(&self) -> JobTimes {
        self.parts.times().clone()
    }

    /// When the oldest job was acknowledged that has not ended, in milliseconds since 1970.
    ///
    /// # Errors
    /// The store fails.
    pub fn oldest(&self) -> Result<Option<u64>, Error> {
        let Some(id) = self.parts.queue.oldest() else { return Ok(None) };
        match self.parts.stored(id) {
            Ok(job) => Ok(Some(job.created)),
            // It ended just now, and so long ago that it is forgotten.
            Err(Error::NoJob(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How many jobs there are.
    pub fn length(&self) -> QueueLength {
        self.parts.queue.length()
    }

    /// Whether at most half as many wait as may.
    pub fn is_half_empty(&self) -> bool {
        let QueueLength { queued, waiting, .. } = self.length();
        (queued + waiting) * 2 <= self.parts.scanner.settings().queue
    }

    /// Why jobs wait at the moment, where it is for lack of room: the last one that was tried found too
    /// little, and none was done since.
    pub fn obstacle(&self) -> Option<String> {
        self.parts.queue.last_failure(TOLD)
    }

    /// A job as it is now.
    ///
    /// # Errors
    /// [`Error::NoJob`] where there is no such job.
    pub fn job(&self, id: u64) -> Result<Job, Error> {
        self.parts.job(id)
    }

    /// A job as it is now, and how far indexing is.
    ///
    /// # Errors
    /// [`Error::NoJob`] where there is no such job.
    pub fn progress(&self, id: u64) -> Result<JobProgress, Error> {
        Ok(JobProgress { job: self.parts.job(id)?, indexing: self.parts.progress().get(&id).cloned() })
    }

    /// Calls `then` when a job has ended: at once where it has already.
    ///
    /// # Errors
    /// [`Error::NoJob`] where there is no such job.
    pub fn when_ended(&self, id: u64, then: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        // Registered first: a job that ends between the two would otherwise never be told.
        self.parts.waiters().entry(id).or_default().push(Box::new(then));
        match self.parts.job(id) {
            Ok(job) if !job.state.is_final() => Ok(()),
            ended => {
                self.parts.wake(id);
                ended.map(|_| ())
            }
        }
    }

    fn busy(&self) -> Error {
        Error::Busy { limit: self.parts.scanner.settings().queue }
    }

    fn worker(&self) -> Result<JoinHandle<()>, Error> {
        let parts = Arc::clone(&self.parts);
        let room = {
            let parts = Arc::clone(&self.parts);
            move || room::room(parts.scanner.settings()).ok().map(|room| room.free)
        };
        let work = move || {
            background::stand_behind();
            let only_waits = |id| parts.progress().get(&id).is_some_and(Progress::only_waits);
            while let Some(id) = parts.queue.take(&room, only_waits) {
                parts.run(id);
            }
        };
        let name = format!("index-{}", self.workers.len());
        let thread = std::thread::Builder::new().name(name).spawn(work);
        thread.map_err(Error::no_thread)
    }
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jobs")
    }
}

impl Drop for Jobs {
    /// Waits for what is being indexed, but not for sources that are slow; what waits is taken up by the
    /// next process.
    fn drop(&mut self) {
        self.parts.queue.close();
        self.parts.stop.stop();
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
        self.parts.ahead().clear();
        self.parts.aheads.wait();
    }
}

impl Parts {
    fn run(&self, id: u64) {
        // A job outlives the request that submitted it, and so has a trace of its own.
        let span = tracing::info_span!(parent: None, "job", job = id, trace_id = Empty);
        if let Some(cause) = self.causes().get(&id) {
            cause.link(&span);
        }
        limpid_telemetry::mark(&span);
        let _span = span.entered();
        // A panic is a bug of ours. It must cost neither the thread that all others wait for nor the
        // submission.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.try_run(id)));
        let refused = match outcome {
            Ok(Err(error)) if error.refuses_input() || self.gives_up(id, &error) => self.refuse(id, &error),
            Ok(outcome) => outcome,
            Err(_) => Err(Error::bug("indexing has ended early")),
        };
        self.progress().remove(&id);
        match refused {
            Ok(()) => {
                self.queue.ended(id);
                self.forget(id.checked_sub(REMEMBERED));
                self.wake(id);
            }
            Err(Error::NoJob(_)) => {
                tracing::error!(job = id, "job {id} is not in the store any more");
                self.queue.ended(id);
                self.wake(id);
            }
            Err(error) => self.postpone(id, &error),
        }
    }

    fn try_run(&self, id: u64) -> Result<(), Error> {
        let started = self.stored(id)?;
        if started.state.is_final() {
            return Ok(());
        }
        let is_blind = self.scanner.plugins().detectors().next().is_none();
        if is_blind && self.scanner.settings().waits_for_detectors {
            return Err(Error::NoDetector);
        }
        let began = Instant::now();
        let done = |indexed: &Indexed, batch: &mut Batch| {
            let job = Job {
                state: JobState::Done,
                updated: self.scanner.settings().clock.now(),
                images: indexed.images.clone(),
                layers_read: indexed.layers_read,
                layers_known: indexed.layers_known,
                ..started.clone()
            };
            Ok(batch.put::<jobs::Jobs>(&id, &(&job).into())?)
        };
        let Indexed { images, layers_read, layers_known } = self.index(&started, done)?;
        self.let_go(&started);
        let took = began.elapsed();
        self.done(took, layers_read, layers_known);
        tracing::info!(
            job = id,
            images = images.len(),
            layers_read,
            layers_known,
            "submission {id} is indexed after {:.1} s",
            took.as_secs_f32()
        );
        Ok(())
    }

    /// Whether where images come from has failed often enough, or would fail the same way for ever.
    fn gives_up(&self, id: u64, error: &Error) -> bool {
        let limit = self.scanner.settings().retry.source_attempts;
        error.is_for_good() || (error.is_of_source() && self.queue.attempts(id).saturating_add(1) >= limit)
    }

    /// Ends a job whose input cannot be used.
    fn refuse(&self, id: u64, error: &Error) -> Result<(), Error> {
        let mut job = self.stored(id)?;
        let (code, mut message) = ((self.code)(error), chain(error));
        if error.is_of_source() && !error.is_for_good() {
            let attempts = self.queue.attempts(id).saturating_add(1);
            message.push_str(&format!("; it was tried {attempts} times (setting `index.source_attempts`)"));
        }
        if job.with_secrets && !self.secrets().contains_key(&id) {
            message.push_str("; what came with it to be shown there was lost when the service was restarted");
        }
        tracing::warn!(job = id, code, "submission {id} is refused: {message}");
        job.state = JobState::Failed { code, message };
        job.updated = self.scanner.settings().clock.now();
        self.put(&job)?;
        self.let_go(&job);
        self.times().refused += 1;
        Ok(())
    }

    fn done(&self, took: Duration, layers_read: u64, layers_known: u64) {
        let mut times = self.times();
        times.done += 1;
        times.took.observe(took.as_secs_f64());
        times.layers_read += layers_read;
        times.layers_known += layers_known;
    }

    fn times(&self) -> std::sync::MutexGuard<'_, JobTimes> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a job and its input as they are, to be tried again.
    fn postpone(&self, id: u64, error: &Error) {
        let settings = self.scanner.settings();
        let (reason, now, tried) = (chain(error), settings.clock.now(), Instant::now());
        let room = error
            .is_for_lack_of_room()
            .then(|| room::room(self.scanner.settings()).map_or(0, |room| room.free));
        let waiting = self.queue.failed(id, |attempts| {
            let retry = &settings.retry;
            let longest = if error.is_bug() { AFTER_A_BUG } else { retry.longest_backoff };
            let wait = backoff::doubled(retry.backoff, longest, attempts, fastrand::u64(..));
            let due = tried + Duration::from_millis(wait);
            Waiting { reason, attempts, since: now, next: now.saturating_add(wait), due, tried, room }
        });
        // What goes on for long is not told every time.
        if waiting.attempts.is_power_of_two() {
            let Waiting { reason, attempts, .. } = waiting;
            tracing::warn!(job = id, attempts, "submission {id} waits and is tried again: {reason}");
        }
    }

    fn index(
        &self,
        job: &Job,
        done: impl Fn(&Indexed, &mut Batch) -> Result<(), Error>,
    ) -> Result<Indexed, Error> {
        let source = self.source(job)?;
        let input = ImageInput { source: &*source, stop: &self.stop };
        let progress = Progress::default();
        self.progress().insert(job.id, progress.clone());
        let ahead = self.ahead().remove(&job.id);
        let ahead = ahead.or_else(|| Ahead::now(&self.scanner, &*source, &self.stop));
        self.scanner.indexer().index_with(input, ahead.as_ref(), &progress, done)
    }

    /// Where the images of a job come from: to all that follows, any source is as good as another.
    fn source(&self, job: &Job) -> Result<Box<dyn ImageSource>, Error> {
        if let Some(opened) = self.opened().get(&job.id) {
            return Ok(Box::new(Arc::clone(opened)));
        }
        if !matches!(job.submission, Submission::Archive { .. }) {
            let secrets = self.secrets().get(&job.id).cloned().unwrap_or_default();
            return Ok(self.sources.open(&job.submission, &secrets, self.known(&job.submission)?)?);
        }
        let settings = self.scanner.settings();
        let file = self.spool.open_kept(job.id)?;
        // To all that follows, a bill of materials is an archive like any other.
        let file = pack_bill(&file, None, &settings.scratch, &settings.limits)?.unwrap_or(file);
        Ok(Box::new(Archive::open_file(file, &settings.scratch, &settings.limits)?))
    }

    /// The layers of a submission that are known, by the digests of their stored forms.
    fn known(&self, submission: &Submission) -> Result<BTreeMap<Digest, KnownLayer>, Error> {
        let Submission::Addresses(manifest) = submission else { return Ok(BTreeMap::new()) };
        let known = manifest.layers.iter().filter_map(|layer| {
            let known = blobs::known(self.scanner.store(), &layer.hash).transpose()?;
            Some(known.map(|known| (layer.hash, known)))
        });
        known.collect()
    }

    /// Gives up what a job needed: nothing more will be done of it.
    fn let_go(&self, job: &Job) {
        if matches!(job.submission, Submission::Archive { .. }) {
            let _no_backup_takes_hold = self.scanner.archives().read();
            self.spool.remove(job.id);
        }
        self.secrets().remove(&job.id);
        self.opened().remove(&job.id);
        self.causes().remove(&job.id);
        self.ahead().remove(&job.id);
    }

    fn ahead(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Ahead>> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn secrets(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Secrets>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<dyn ImageSource>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn causes(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Cause>> {
        self.causes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Progress>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job as it is now.
    fn job(&self, id: u64) -> Result<Job, Error> {
        let mut job = self.stored(id)?;
        if job.state.is_final() {
            return Ok(job);
        }
        job.state = match self.queue.doing(id) {
            None => JobState::Queued,
            Some(Doing::Running) => JobState::Running,
            Some(Doing::Waiting(Waiting { reason, attempts, next, since, .. })) => {
                job.updated = since;
                JobState::Waiting { reason, attempts, next }
            }
        };
        Ok(job)
    }

    /// A job as it is in the store, where nothing is written of it until it has ended.
    fn stored(&self, id: u64) -> Result<Job, Error> {
        let row = self.scanner.store().view().get::<jobs::Jobs>(&id)?;
        row.map(|row| row.into_job(id)).ok_or(Error::NoJob(id))
    }

    fn put(&self, job: &Job) -> Result<(), Error> {
        let mut batch = Batch::default();
        batch.put::<jobs::Jobs>(&job.id, &job.into())?;
        Ok(self.scanner.store().commit(batch)?)
    }

    /// Writes a job of which nobody knows yet. Forgets those of which nobody ever will.
    fn acknowledge(&self, job: &Job) -> Result<(), Error> {
        let doubtful = std::mem::take(&mut *self.doubtful());
        let mut batch = Batch::default();
        for id in &doubtful {
            batch.delete::<jobs::Jobs>(id);
        }
        let put = batch.put::<jobs::Jobs>(&job.id, &job.into());
        let written = put.and_then(|()| self.scanner.store().commit(batch));
        if written.is_err() {
            self.doubtful().extend(doubtful);
        }
        Ok(written?)
    }

    fn doubtful(&self) -> std::sync::MutexGuard<'_, Vec<u64>> {
        self.doubtful.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn delete(&self, id: u64) -> Result<(), Error> {
        let mut batch = Batch::default();
        batch.delete::<jobs::Jobs>(&id);
        Ok(self.scanner.store().commit(batch)?)
    }

    /// Forgets a job that has ended long ago.
    fn forget(&self, id: Option<u64>) {
        let Some(id) = id else { return };
        let forgotten = match self.stored(id) {
            Ok(job) if job.state.is_final() => {
                self.forget_job_of(&job);
                self.delete(id)
            }
            Ok(_) | Err(Error::NoJob(_)) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = forgotten {
            tracing::warn!(job = id, error = chain(&error), "job {id} cannot be forgotten");
        }
    }

    fn waiters(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Vec<Waiter>>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, id: u64) {
        let waiters = self.waiters().remove(&id).unwrap_or_default();
        for waiter in waiters {
            waiter();
        }
    }
}

/// What a submission is of, for the log.
fn shown(submission: &Submission) -> String {
    match submission {
        Submission::Archive { bytes } => format!("an archive of {bytes} bytes"),
        Submission::Reference(wanted) | Submission::Watched { reference: wanted, .. } => {
            format!("`{}`", wanted.reference)
        }
        Submission::Addresses(manifest) => {
            format!("manifest `{}` by the addresses of its layers", manifest.hash)
        }
    }
}

/// Jobs that have not ended, and the latest of each manifest.
fn left_over(scanner: &Scanner) -> Result<(Vec<u64>, HashMap<Digest, u64>), Error> {
    let (mut left, mut manifests) = (Vec::new(), HashMap::new());
    for row in scanner.store().view().scan::<jobs::Jobs>(|_| ()) {
        let (id, row) = row?;
        let job = row.into_job(id);
        if !job.state.is_final() {
            left.push(id);
        }
        if let Submission::Addresses(manifest) = job.submission {
            manifests.insert(manifest.hash, id);
        }
    }
    Ok((left, manifests))
}

fn last_id(scanner: &Scanner) -> Result<u64, Error> {
    let view = scanner.store().view();
    let last = view.scan::<jobs::Jobs>(|_| ()).last().transpose()?;
    Ok(last.map_or(0, |(id, _)| id))
}

#[cfg(test)]
mod tests;
