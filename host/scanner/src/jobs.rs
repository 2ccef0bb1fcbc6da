//! Jobs: submissions that were acknowledged. Their archives lie on disk until their images are
//! known, and a process that ends meanwhile takes them up again when it starts.

mod spool;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use limpid_layers::Archive;
use limpid_model::Digest;
use limpid_store::Batch;
use limpid_store::tables::jobs::{self, State};

use crate::error::chain;
use crate::{Error, Indexed, Progress, Scanner};

pub use spool::Spool;

/// Ended jobs that are remembered.
const REMEMBERED: u64 = 10_000;

/// A submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: u64,
    /// How far it is.
    pub state: JobState,
    /// When it was acknowledged, in milliseconds since 1970.
    pub created: u64,
    /// When its state last changed, in milliseconds since 1970.
    pub updated: u64,
    /// Length of the archive in bytes.
    pub archive_bytes: u64,
    /// The images that it brought.
    pub images: Vec<Digest>,
    /// Layers that were read.
    pub layers_read: u64,
    /// Layers that were known already.
    pub layers_known: u64,
}

/// How far a submission is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Acknowledged.
    Queued,
    /// Being indexed.
    Running,
    /// Its images are known.
    Done,
    /// Refused.
    Failed {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
}

impl JobState {
    /// Whether nothing more will happen.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Done | Self::Failed { .. })
    }
}

/// The queue of submissions, and the threads that work on it.
pub struct Jobs {
    parts: Arc<Parts>,
    queue: Option<Sender<u64>>,
    workers: Vec<JoinHandle<()>>,
    last: AtomicU64,
}

type Waiter = Box<dyn FnOnce() + Send>;

struct Parts {
    scanner: Scanner,
    spool: spool::Directory,
    waiters: Mutex<HashMap<u64, Vec<Waiter>>>,
    /// Whether nothing more is to be begun.
    stopping: AtomicBool,
    /// Says of an error what programs can tell it by.
    code: fn(&Error) -> String,
}

impl Jobs {
    /// Starts the workers, and takes up what an earlier process left. `code` gives errors the codes
    /// under which programs know them.
    ///
    /// # Errors
    /// Where the directory for archives cannot be made, or the store fails.
    pub fn start(scanner: Scanner, code: fn(&Error) -> String) -> Result<Self, Error> {
        let spool = spool::Directory::open(&scanner.settings().scratch)?;
        let (sender, receiver) = crossbeam_channel::bounded(scanner.settings().queue.max(1));
        let left = left_over(&scanner)?;
        let last = last_id(&scanner)?;
        spool.keep_only(&left);
        let workers = scanner.settings().jobs.max(1);
        let (waiters, stopping) = (Mutex::default(), AtomicBool::new(false));
        let parts = Arc::new(Parts { scanner, spool, waiters, stopping, code });
        let mut jobs = Self { parts, queue: Some(sender), workers: Vec::new(), last: AtomicU64::new(last) };
        // What was left over may be more than the queue holds: the first worker has it beforehand.
        let mut left = left;
        for _ in 0..workers {
            jobs.workers.push(jobs.worker(receiver.clone(), std::mem::take(&mut left))?);
        }
        Ok(jobs)
    }

    /// A place on disk for an archive that is being submitted.
    ///
    /// # Errors
    /// [`Error::Busy`] where too many wait already.
    pub fn spool(&self) -> Result<Spool, Error> {
        if self.queue.as_ref().is_none_or(Sender::is_full) {
            return Err(self.busy());
        }
        self.parts.spool.create()
    }

    /// Acknowledges a submission: from now on nothing that happens to the process loses it.
    ///
    /// # Errors
    /// [`Error::Busy`] where too many wait already, and where disk or store fail.
    pub fn submit(&self, spool: Spool) -> Result<Job, Error> {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let archive_bytes = self.parts.spool.keep(spool, id)?;
        let now = self.parts.scanner.settings().clock.now();
        let job = Job {
            id,
            state: JobState::Queued,
            created: now,
            updated: now,
            archive_bytes,
            images: Vec::new(),
            layers_read: 0,
            layers_known: 0,
        };
        self.parts.put(&job)?;
        let queue = self.queue.as_ref().ok_or_else(|| self.busy())?;
        match queue.try_send(id) {
            Ok(()) => Ok(job),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.parts.spool.remove(id);
                self.parts.delete(id)?;
                Err(self.busy())
            }
        }
    }

    /// A job as it is now.
    ///
    /// # Errors
    /// [`Error::NoJob`] where there is no such job.
    pub fn job(&self, id: u64) -> Result<Job, Error> {
        self.parts.job(id)
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

    fn worker(&self, queue: Receiver<u64>, left: Vec<u64>) -> Result<JoinHandle<()>, Error> {
        let parts = Arc::clone(&self.parts);
        let work = move || {
            // A queue that is closed still hands out all that it holds.
            let waiting = left.into_iter().chain(queue.iter());
            for id in waiting.take_while(|_| !parts.stopping.load(Ordering::Relaxed)) {
                parts.run(id);
            }
        };
        let name = format!("index-{}", self.workers.len());
        let thread = std::thread::Builder::new().name(name).spawn(work);
        thread.map_err(|source| Error::Host { what: "a thread cannot be started".to_owned(), source })
    }
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jobs")
    }
}

impl Drop for Jobs {
    /// Waits for what is being indexed; what waits is taken up by the next process.
    fn drop(&mut self) {
        self.parts.stopping.store(true, Ordering::Relaxed);
        drop(self.queue.take());
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl Parts {
    fn run(&self, id: u64) {
        // A panic is a bug of ours. It must cost this submission, and not the thread that all others
        // wait for.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.try_run(id))).unwrap_or_else(|_| {
            let source = std::io::Error::other("panic");
            self.refuse(id, &Error::Host { what: "indexing has ended early".to_owned(), source })
        });
        if let Err(error) = outcome {
            tracing::error!(job = id, error = chain(&error), "job {id} cannot be kept");
        }
        self.wake(id);
    }

    fn try_run(&self, id: u64) -> Result<(), Error> {
        let mut job = self.job(id)?;
        job.state = JobState::Running;
        job.updated = self.scanner.settings().clock.now();
        self.put(&job)?;
        let started = job.clone();
        let done = |indexed: &Indexed, batch: &mut Batch| {
            let job = Job {
                state: JobState::Done,
                updated: self.scanner.settings().clock.now(),
                images: indexed.images.clone(),
                layers_read: indexed.layers_read,
                layers_known: indexed.layers_known,
                ..started.clone()
            };
            Ok(batch.put::<jobs::Jobs>(&id, &row(&job))?)
        };
        let outcome = self.index(id, done);
        match outcome {
            Ok(_) => {
                self.spool.remove(id);
                self.forget_old(id)
            }
            Err(error) => self.refuse(id, &error),
        }
    }

    /// Ends a job whose archive cannot be used.
    fn refuse(&self, id: u64, error: &Error) -> Result<(), Error> {
        let mut job = self.job(id)?;
        let (code, message) = ((self.code)(error), chain(error));
        tracing::warn!(job = id, code, "submission {id} is refused: {message}");
        job.state = JobState::Failed { code, message };
        job.updated = self.scanner.settings().clock.now();
        self.put(&job)?;
        self.spool.remove(id);
        self.forget_old(id)
    }

    fn index(
        &self,
        id: u64,
        done: impl Fn(&Indexed, &mut Batch) -> Result<(), Error>,
    ) -> Result<Indexed, Error> {
        let settings = self.scanner.settings();
        let file = self.spool.open_kept(id)?;
        let archive = Archive::open_file(file, &settings.scratch, &settings.limits)?;
        self.scanner.index_with(&archive, &Progress::default(), done)
    }

    fn job(&self, id: u64) -> Result<Job, Error> {
        let row = self.scanner.store().view().get::<jobs::Jobs>(&id)?;
        row.map(|row| job(id, row)).ok_or(Error::NoJob(id))
    }

    fn put(&self, job: &Job) -> Result<(), Error> {
        let mut batch = Batch::default();
        batch.put::<jobs::Jobs>(&job.id, &row(job))?;
        Ok(self.scanner.store().commit(batch)?)
    }

    fn delete(&self, id: u64) -> Result<(), Error> {
        let mut batch = Batch::default();
        batch.delete::<jobs::Jobs>(&id);
        Ok(self.scanner.store().commit(batch)?)
    }

    fn forget_old(&self, id: u64) -> Result<(), Error> {
        match id.checked_sub(REMEMBERED) {
            Some(old) => self.delete(old),
            None => Ok(()),
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

fn left_over(scanner: &Scanner) -> Result<Vec<u64>, Error> {
    let mut left = Vec::new();
    for row in scanner.store().view().scan::<jobs::Jobs>(|_| ()) {
        let (id, row) = row?;
        if matches!(row.state, State::Queued | State::Running) {
            left.push(id);
        }
    }
    Ok(left)
}

fn last_id(scanner: &Scanner) -> Result<u64, Error> {
    let view = scanner.store().view();
    let last = view.scan::<jobs::Jobs>(|_| ()).last().transpose()?;
    Ok(last.map_or(0, |(id, _)| id))
}

fn row(job: &Job) -> jobs::Row {
    jobs::Row {
        state: match &job.state {
            JobState::Queued => State::Queued,
            JobState::Running => State::Running,
            JobState::Done => State::Done,
            JobState::Failed { code, message } => {
                State::Failed { code: code.clone(), message: message.clone() }
            }
        },
        created: job.created,
        updated: job.updated,
        archive_bytes: job.archive_bytes,
        images: job.images.iter().map(|&id| id.into()).collect(),
        layers_read: job.layers_read,
        layers_known: job.layers_known,
    }
}

fn job(id: u64, row: jobs::Row) -> Job {
    Job {
        id,
        state: match row.state {
            State::Queued => JobState::Queued,
            State::Running => JobState::Running,
            State::Done => JobState::Done,
            State::Failed { code, message } => JobState::Failed { code, message },
        },
        created: row.created,
        updated: row.updated,
        archive_bytes: row.archive_bytes,
        images: row.images.into_iter().map(Digest::from).collect(),
        layers_read: row.layers_read,
        layers_known: row.layers_known,
    }
}

#[cfg(test)]
mod tests;
