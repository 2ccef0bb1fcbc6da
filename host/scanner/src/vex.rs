//! Repositories of VEX documents, as the [specification](https://github.com/aquasecurity/vex-repo-spec) of VEX
//! repositories has them: fetched when they are due, and in force until another state of them is.
//!
//! A manifest says where the archive is and how often to ask for it. The archive is asked for by what its publisher
//! knows it by, so that one that has not changed is not sent again; it is read where it lies on disk, and nothing of it
//! is unpacked. An update that fails leaves what was in force before.

mod archive;
mod manifest;

use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use limpid_fetch::{DocumentFetcher, DocumentOptions, FetchedDocument, PlainHttp, Stop, Validators};
use limpid_model::{VexArchive, VexRepository, VexRepositoryState, chain};

use self::archive::Archive;
use self::manifest::Manifest;
use crate::policies::InForce;
use crate::policies::repositories::{self, Fetched};
use crate::workers::Workers;
use crate::writer::Writers;
use crate::{Error, Scanner, Settings, room};

/// How often it is looked whether an update is due.
const TICK: Duration = Duration::from_millis(500);

/// How long a repository is left alone whose update could not even be remembered.
const PAUSE: Duration = Duration::from_secs(60);

/// How long the end of the process waits for an update that has been told to stop.
const STOPPING: Duration = Duration::from_secs(5);

/// Longest text that is kept of why an update failed, in bytes.
const WHY_BYTES: usize = 2_048;

/// Fetches VEX repositories when they are due, one after the other, until it is dropped.
pub struct VexUpdates {
    parts: Arc<Parts>,
    workers: Workers,
}

struct Parts {
    scanner: Scanner,
    /// Repositories that are left alone, until when.
    paused: Mutex<BTreeMap<String, Instant>>,
    changed: Condvar,
    stop: Stop,
}

impl VexUpdates {
    /// Starts the thread.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn start(scanner: Scanner) -> Result<Self, Error> {
        let (paused, changed, stop) = (Mutex::default(), Condvar::new(), Stop::default());
        let parts = Arc::new(Parts { scanner, paused, changed, stop });
        let mut workers = Workers::default();
        let working = Arc::clone(&parts);
        workers.start("vex-repositories".to_owned(), move || working.work())?;
        Ok(Self { parts, workers })
    }
}

impl Drop for VexUpdates {
    /// An update ends where it is, and the next process begins it anew.
    fn drop(&mut self) {
        self.parts.stop.stop();
        self.parts.changed.notify_all();
        self.workers.wait(STOPPING);
    }
}

impl std::fmt::Debug for VexUpdates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VexUpdates")
    }
}

impl Parts {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(name) = self.next() {
            let updating = self.scanner.vex_updating();
            let updated = catch_unwind(AssertUnwindSafe(|| updating.update(&name, &self.stop)));
            let why = match updated {
                Ok(Ok(_)) => continue,
                Ok(Err(_)) if self.stop.is_stopped() => continue,
                Ok(Err(error)) => chain(&error),
                Err(_) => "it ended by a mistake in this program".to_owned(),
            };
            tracing::error!(repository = name, "the update of VEX repository `{name}` failed: {why}");
            self.lock().insert(name, Instant::now() + PAUSE);
        }
    }

    /// The next repository to fetch; none when there is nothing more to do.
    fn next(&self) -> Option<String> {
        let mut paused = self.lock();
        loop {
            if self.stop.is_stopped() {
                return None;
            }
            paused.retain(|_, until| *until > Instant::now());
            match self.due(&paused) {
                Ok(Some(name)) => return Some(name),
                Ok(None) => {}
                Err(error) => tracing::error!("VEX repositories are not looked at: {}", chain(&error)),
            }
            paused = self.changed.wait_timeout(paused, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn due(&self, paused: &BTreeMap<String, Instant>) -> Result<Option<String>, Error> {
        let now = self.scanner.settings().clock.now();
        let all = repositories::all(&self.scanner.store().view())?;
        let is_due = |it: &VexRepository| {
            let is_left_alone = !self.scanner.settings().policies.fetch && it.state.next.is_some();
            !is_left_alone && it.state.next.is_none_or(|next| next <= now) && !paused.contains_key(&it.name)
        };
        Ok(all.into_iter().find(is_due).map(|it| it.name))
    }
}

/// What an update needs of the scanner.
pub(crate) struct Updating<'s> {
    pub(crate) writers: &'s Writers,
    pub(crate) settings: &'s Settings,
    pub(crate) decided: &'s InForce,
}

/// What a publisher has.
enum Found {
    Unchanged { manifest: Manifest },
    New { manifest: Manifest, archive: Archive, known: VexArchive },
}

impl Updating<'_> {
    /// Fetches a repository, and puts its documents in force in the place of those before. Where that fails, those
    /// before stay, and the state says why.
    ///
    /// # Errors
    /// [`PolicyError::None`](crate::PolicyError::None) where there is none of that name; the store fails, or the update
    /// is told to stop.
    pub(crate) fn update(&self, name: &str, stop: &Stop) -> Result<VexRepository, Error> {
        let before = repositories::one(&self.writers.store().view(), name)?;
        let found = self.fetch(&before, stop);
        if stop.is_stopped() {
            return Err(Error::from(limpid_fetch::Error::Stopped));
        }
        let now = self.settings.clock.now();
        let after = |interval: Duration| {
            let wait = interval.max(self.settings.policies.repository_interval).min(manifest::LONGEST);
            Some(now.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
        };
        let (state, fetched) = match found {
            Ok(Found::Unchanged { manifest }) => {
                let state = VexRepositoryState {
                    title: manifest.title,
                    confirmed: Some(now),
                    next: after(manifest.interval),
                    failures: 0,
                    failure: None,
                    ..before.state
                };
                (state, Fetched::AsBefore)
            }
            Ok(Found::New { manifest, archive, known }) => {
                let state = VexRepositoryState {
                    title: manifest.title,
                    since: Some(now),
                    confirmed: Some(now),
                    next: after(manifest.interval),
                    failures: 0,
                    failure: None,
                    documents: archive.documents.len(),
                    unread: archive.unread,
                    first_unread: archive.first_unread,
                    archive: Some(known),
                };
                tracing::info!(
                    repository = name,
                    documents = state.documents,
                    unread = state.unread,
                    "VEX repository `{name}` is in force with {} documents",
                    state.documents
                );
                (state, Fetched::New(archive.documents))
            }
            Err(mut why) => {
                why.truncate(why.floor_char_boundary(WHY_BYTES));
                tracing::warn!(repository = name, "VEX repository `{name}` is as it was before: {why}");
                let failures = before.state.failures.saturating_add(1);
                let wait = self.settings.feeds.retry.saturating_mul(1 << (failures - 1).min(10));
                let wait = wait.min(self.settings.policies.repository_interval);
                let next = now.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
                let state =
                    VexRepositoryState { next: Some(next), failures, failure: Some(why), ..before.state };
                (state, Fetched::AsBefore)
            }
        };
        let repository = VexRepository { state, ..before };
        repositories::fetched((self.writers, self.decided), repository.clone(), fetched)?;
        Ok(repository)
    }

    fn fetch(&self, repository: &VexRepository, stop: &Stop) -> Result<Found, String> {
        let address = manifest::address(&repository.url);
        let file = self.scratch()?;
        let bytes = self.settings.policies.document_bytes;
        let fetcher = self.fetcher((bytes, "policies.document_bytes"), stop)?;
        fetcher.fetch(&address, None, &file, &|_| ()).map_err(|error| chain(&error))?;
        let manifest = Manifest::read(&file).map_err(|why| format!("manifest `{address}`: {why}"))?;
        let bytes = self.settings.policies.archive_bytes;
        let fetcher = self.fetcher((bytes, "policies.archive_bytes"), stop)?;
        let mut failure = "its manifest names no location".to_owned();
        for location in manifest.locations.clone() {
            let (address, root) = manifest::parts(&location);
            let known = repository.state.archive.as_ref().filter(|known| known.location == location);
            let validators = known.map(|known| Validators {
                address: known.address.clone(),
                etag: known.etag.clone(),
                modified: known.modified.clone(),
            });
            let file = self.scratch()?;
            let fetched = fetcher.fetch(address, validators.as_ref(), &file, &|_| ());
            let read = match fetched {
                Ok(FetchedDocument::Unchanged) => return Ok(Found::Unchanged { manifest }),
                Ok(FetchedDocument::New { validators, .. }) => {
                    let archive = Archive::read((&repository.name, address), file, root, self.settings);
                    archive.map(|archive| (archive, validators))
                }
                Err(limpid_fetch::Error::Stopped) => return Err(limpid_fetch::Error::Stopped.to_string()),
                Err(error) => Err(chain(&error)),
            };
            match read {
                Ok((archive, Validators { address, etag, modified })) => {
                    let known = VexArchive { location, address, etag, modified };
                    return Ok(Found::New { manifest, archive, known });
                }
                Err(why) => failure = why,
            }
        }
        Err(failure)
    }

    fn scratch(&self) -> Result<File, String> {
        room::require_room(self.settings).map_err(|error| chain(&error))?;
        room::scratch_file(self.settings).map_err(|error| chain(&error))
    }

    /// As documents of feeds are fetched, but for what is bounded here.
    fn fetcher(&self, (bytes, setting): (u64, &'static str), stop: &Stop) -> Result<DocumentFetcher, String> {
        let feeds = &self.settings.feeds;
        let options = DocumentOptions {
            bytes,
            setting,
            time: feeds.document_time,
            idle: feeds.idle_time,
            attempts: feeds.attempts,
            backoff: feeds.backoff,
            longest_wait: feeds.longest_wait,
            plain_http: if feeds.plain_http { PlainHttp::Anywhere } else { PlainHttp::Loopback },
            proxy: Some(feeds.proxy.clone()),
            mirrors: BTreeMap::new(),
            hosts: self.settings.policies.repository_hosts.clone(),
        };
        DocumentFetcher::new(options, stop.clone()).map_err(|error| chain(&error))
    }
}
