//! One level of a run: documents that do not wait for each other.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use limpid_fetch::{FetchedDocument, Validators};
use limpid_model::Ingested;
use limpid_runtime::{Mode, Source};
use limpid_store::tables::fetches::{self, Fetches};
use limpid_store::tables::sources::{self, Sources};

use super::fetch::Fetch;
use super::plan::Job;
use super::{RunProgress, Trust};
use crate::Error;
use crate::ingest::{
    Confirmed, Document, Ingest, Input, Keeping, News, Parser, Spool, Written, followed, is_same,
};
use crate::room::scratch_file;

/// What a level needs.
pub(super) struct Level<'a> {
    pub(super) ingest: Ingest<'a>,
    pub(super) parser: &'a dyn Parser,
    pub(super) fetch: &'a dyn Fetch,
    pub(super) trust: Trust,
    /// Whether the run began from a cursor.
    pub(super) is_delta: bool,
    /// Whether no run of the feed was complete yet.
    pub(super) is_first: bool,
    pub(super) progress: &'a RunProgress,
}

/// What came of a job.
pub(super) enum Done {
    /// It was ingested.
    Ingested {
        ingested: Box<Ingested>,
        mode: Mode,
        cursor: Option<String>,
        deferred: Option<Box<(sources::Key, fetches::Row)>>,
        /// Number of the first change of it that was kept.
        first_change: Option<u64>,
        /// Documents of it that are not there.
        absent: Vec<String>,
    },
    /// It is as it was.
    Unchanged { follow: Vec<Source> },
    /// It is not there, and never was.
    Absent(Vec<String>),
    /// It stays as it was.
    Failed(Error),
}

/// A job under way.
struct Slot {
    job: Job,
    key: sources::Key,
    /// What is known of the source.
    known: Option<fetches::Row>,
    /// Whether it states something already.
    is_stored: bool,
    /// Documents that are still to come.
    left: AtomicUsize,
    gathered: Mutex<Gathered>,
    done: Mutex<Option<Done>>,
}

/// What has come of a job so far.
#[derive(Default)]
struct Gathered {
    /// In the order of the job.
    documents: Vec<Option<Document>>,
    /// Where documents are, of which there are several.
    spool: Option<Spool>,
    validators: Option<Validators>,
    is_unchanged: bool,
    absent: Vec<String>,
    failure: Option<Error>,
}

/// Whose turn it is to write.
#[derive(Default)]
struct Turn {
    next: Mutex<usize>,
    changed: Condvar,
}

impl Level<'_> {
    /// Does all jobs, and says what came of each, in their order.
    ///
    /// # Errors
    /// The store fails.
    pub(super) fn run(&self, jobs: Vec<Job>) -> Result<Vec<(String, Done)>, Error> {
        let slots: Vec<Slot> = jobs.into_iter().map(|job| self.slot(job)).collect::<Result<_, _>>()?;
        let units: Vec<(usize, usize)> = slots
            .iter()
            .enumerate()
            .flat_map(|(number, slot)| (0..slot.job.urls.len()).map(move |document| (number, document)))
            .collect();
        self.progress.known.fetch_add(units.len() as u64, Ordering::Relaxed);
        let (next, turn) = (AtomicUsize::new(0), Turn::default());
        // Documents are begun in order. So whoever waits for a turn waits for others that are at
        // work, and the one whose turn it is never waits.
        let run = tracing::Span::current();
        let work = || {
            let _run = run.enter();
            let _abandon = Abandon(&turn);
            while let Some(&(number, document)) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                let Some(slot) = slots.get(number) else { break };
                self.gather(slot, document);
                self.progress.done.fetch_add(1, Ordering::Relaxed);
                if slot.left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    let done = self.finish(slot, &turn, number);
                    *lock(&slot.done) = Some(done);
                }
            }
        };
        let workers = self.ingest.settings.feeds.documents.clamp(1, units.len().max(1));
        std::thread::scope(|scope| {
            for _ in 1..workers {
                scope.spawn(work);
            }
            work();
        });
        let done = slots.into_iter().filter_map(|slot| {
            let done = slot.done.into_inner().unwrap_or_else(PoisonError::into_inner)?;
            Some((slot.job.source.name, done))
        });
        Ok(done.collect())
    }

    fn slot(&self, job: Job) -> Result<Slot, Error> {
        let view = self.ingest.store.view();
        let key = sources::Key { feed: self.parser.name().to_owned(), source: job.source.name.clone() };
        let known = view.get::<Fetches>(&key)?;
        let is_stored = view.get::<Sources>(&key)?.is_some();
        let count = job.urls.len();
        let documents = vec![None; count];
        Ok(Slot {
            key,
            known,
            is_stored,
            left: AtomicUsize::new(count),
            gathered: Mutex::new(Gathered { documents, ..Gathered::default() }),
            done: Mutex::new(None),
            job,
        })
    }

    /// Fetches one document of a job.
    fn gather(&self, slot: &Slot, document: usize) {
        if let Err(error) = self.try_gather(slot, document) {
            let mut gathered = lock(&slot.gathered);
            match &error {
                Error::Fetch(fetch) if fetch.is_absent() && slot.may_be_absent() => {
                    gathered.absent.push(error.to_string());
                }
                _ => {
                    gathered.failure.get_or_insert(error);
                }
            }
        }
    }

    fn try_gather(&self, slot: &Slot, document: usize) -> Result<(), Error> {
        let Some(url) = slot.job.urls.get(document) else { return Ok(()) };
        if lock(&slot.gathered).failure.is_some() {
            return Ok(());
        }
        let file = scratch_file(self.ingest.settings)?;
        let came = |bytes| {
            self.progress.bytes.fetch_add(bytes, Ordering::Relaxed);
        };
        let known = self.validators(slot);
        let validators = match self.fetch.fetch(url, known.as_ref(), &file, &came)? {
            FetchedDocument::Unchanged => {
                lock(&slot.gathered).is_unchanged = true;
                return Ok(());
            }
            FetchedDocument::New { validators, .. } => validators,
        };
        let name = name_of(url).unwrap_or(&slot.job.source.name);
        let mut gathered = lock(&slot.gathered);
        let came = if slot.job.urls.len() == 1 {
            Document::new(name, file)?
        } else {
            let spool = match gathered.spool.take() {
                Some(spool) => spool,
                None => Spool::new(scratch_file(self.ingest.settings)?),
            };
            append(gathered.spool.insert(spool), name, file)?
        };
        gathered.validators = Some(validators);
        if let Some(place) = gathered.documents.get_mut(document) {
            *place = Some(came);
        }
        Ok(())
    }

    /// By which a document need not come again: where this plugin has read it, and nothing is to be
    /// done over.
    fn validators(&self, slot: &Slot) -> Option<Validators> {
        let row = slot.known.as_ref().filter(|row| !row.address.is_empty())?;
        let usable = self.may_be_unchanged(slot)
            && slot.job.urls.len() == 1
            && row.plugin().as_ref() == Some(self.parser.plugin());
        usable.then(|| Validators {
            address: row.address.clone(),
            etag: row.etag.clone(),
            modified: row.modified.clone(),
        })
    }

    /// Whether what was read before need not be read again. Changes must be where a run begins
    /// anew: they lead to all that there is.
    fn may_be_unchanged(&self, slot: &Slot) -> bool {
        let begins_anew = slot.job.source.mode == Mode::Delta && !self.is_delta;
        self.trust == Trust::Checked && !begins_anew
    }

    /// Reads what has come, and writes it in its turn.
    fn finish(&self, slot: &Slot, turn: &Turn, number: usize) -> Done {
        let gathered = std::mem::take(&mut *lock(&slot.gathered));
        let prepared = self.prepare(slot, gathered);
        turn.wait(number);
        let done = match prepared {
            Ok(Prepared::Done(done)) => Ok(done),
            Ok(Prepared::Unchanged(validators)) => self.unchanged(slot, validators.as_ref()),
            Ok(Prepared::Parsed(parsed)) => self.write(slot, *parsed),
            Err(error) => Err(error),
        };
        turn.pass();
        done.unwrap_or_else(Done::Failed)
    }

    fn prepare(&self, slot: &Slot, gathered: Gathered) -> Result<Prepared, Error> {
        let Gathered { documents, validators, is_unchanged, absent, failure, .. } = gathered;
        if let Some(failure) = failure {
            return Err(failure);
        }
        let documents: Vec<_> = documents.into_iter().flatten().collect();
        if is_unchanged {
            return Ok(Prepared::Unchanged(None));
        }
        match documents.as_slice() {
            [] => return Ok(Prepared::Done(Done::Absent(absent))),
            [document]
                if self.may_be_unchanged(slot)
                    && slot.known.as_ref().is_some_and(|row| is_same(row, self.parser, document)) =>
            {
                return Ok(Prepared::Unchanged(validators));
            }
            _ => {}
        }
        let parsed = self.ingest.parse(self.parser, &slot.job.source.name, &documents, Keeping::Later)?;
        Ok(Prepared::Parsed(Box::new(Read { documents, validators, absent, parsed })))
    }

    fn unchanged(&self, slot: &Slot, validators: Option<&Validators>) -> Result<Done, Error> {
        self.ingest.confirm(&slot.key, Confirmed::ByPublisher(validators))?;
        // A list of changes that is the same leads to nothing new; an index leads where it did.
        let follow = match (slot.job.source.mode, &slot.known) {
            (Mode::Whole, Some(row)) => row.follow.iter().cloned().map(followed).collect(),
            _ => Vec::new(),
        };
        Ok(Done::Unchanged { follow })
    }

    fn write(&self, slot: &Slot, read: Read) -> Result<Done, Error> {
        let Read { documents, validators, absent, parsed } = read;
        let cursor = parsed.cursor.clone();
        let validators = validators.as_ref();
        // What it was asked for as need not be what it is: a page among others of one source.
        let mut source = slot.job.source.clone();
        if let Some(identified) = &parsed.collected.identified {
            source.name.clone_from(identified);
        }
        // A whole document is compared with the one before it; of changes none was before.
        let is_first = self.is_first && source.mode == Mode::Delta;
        let (trust, news) = (self.trust, if is_first { News::First } else { News::Told });
        let input = Input { source: &source, documents: &documents, validators, trust, news };
        let Written { ingested, deferred, first_change } = self.ingest.write(self.parser, input, parsed)?;
        let (ingested, deferred) = (Box::new(ingested), deferred.map(Box::new));
        Ok(Done::Ingested { ingested, mode: source.mode, cursor, deferred, first_change, absent })
    }
}

/// What is to be written of a job.
enum Prepared {
    Done(Done),
    Unchanged(Option<Validators>),
    Parsed(Box<Read>),
}

/// Documents that were read.
struct Read {
    documents: Vec<Document>,
    validators: Option<Validators>,
    absent: Vec<String>,
    parsed: crate::ingest::Parsed,
}

impl Slot {
    /// Whether it is no failure that a document is not there: one that another names, of which
    /// nothing is stored, or a single change. Publishers name what they do not have, and go on doing
    /// so; a run that failed of it would never be complete.
    fn may_be_absent(&self) -> bool {
        self.job.depth > 0 && (self.job.source.mode == Mode::Delta || !self.is_stored)
    }
}

impl Turn {
    fn wait(&self, number: usize) {
        let next = lock(&self.next);
        drop(self.changed.wait_while(next, |next| *next < number));
    }

    fn pass(&self) {
        let mut next = lock(&self.next);
        *next = next.saturating_add(1);
        self.changed.notify_all();
    }
}

/// Where a thread panics, those that wait for its turn must not wait for ever.
struct Abandon<'a>(&'a Turn);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *lock(&self.0.next) = usize::MAX;
            self.0.changed.notify_all();
        }
    }
}

/// Adds a document to those that came before it.
fn append(spool: &mut Spool, name: &str, mut file: File) -> Result<Document, Error> {
    file.seek(SeekFrom::Start(0)).map_err(Error::Document)?;
    std::io::copy(&mut file, spool).map_err(Error::Document)?;
    spool.end(name)
}

/// The last part of an address, without what was asked of it.
fn name_of(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next()?;
    path.rsplit('/').next().filter(|name| !name.is_empty())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
