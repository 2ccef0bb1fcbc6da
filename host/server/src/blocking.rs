use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use limpid_scanner::yield_to_others;
use tokio::sync::Semaphore;
use tracing::Span;

use crate::Settings;
use crate::answers::{Coding, Document, Roomy, Written};
use crate::error::Failure;
use crate::metrics::{Metrics, Turns};

/// Where use cases run, so that none blocks the async runtime: a known number at a time. Those that read
/// have one, and those that write have another.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    turns: Arc<Semaphore>,
    turn_time: Duration,
    size: Size,
    waiting: Turns,
    /// Room for answers that wait for their readers, in units.
    room: Arc<Semaphore>,
    units: u32,
    /// Bytes of the longest document so far, up to [`ROOMY`]: the next one is written without moving it to where
    /// there is more room, again and again. What it does not need it never touches, and gives back.
    longest: Arc<AtomicUsize>,
}

/// How many there are at a time.
#[derive(Clone, Copy, Debug)]
enum Size {
    /// As many as a setting says.
    Set { workers: usize, setting: &'static str },
    /// Always so many, of requests that are called so.
    Fixed { workers: usize, of: &'static str },
}

/// The most that is set aside for a document before it is written.
const ROOMY: usize = 8 << 20;

/// Bytes of a unit of room. Answers that are smaller need none.
const UNIT: usize = 64 << 10;

impl Pool {
    pub(crate) fn readers(settings: &Settings, metrics: &Metrics) -> Self {
        Self::new(Self::reading(settings), settings, metrics.turns("read"))
    }

    pub(crate) fn writers(settings: &Settings, metrics: &Metrics) -> Self {
        let size = Size::Set { workers: settings.write_workers, setting: "http.write_workers" };
        Self::new(size, settings, metrics.turns("write"))
    }

    /// For pages, which ask the API and wait for what readers give.
    pub(crate) fn pages(settings: &Settings, metrics: &Metrics) -> Self {
        Self::new(Self::reading(settings), settings, metrics.turns("page"))
    }

    /// For sign-ins, which wait for an issuer: whoever sends many takes nobody else's turn.
    pub(crate) fn sign_ins(settings: &Settings, metrics: &Metrics) -> Self {
        Self::new(Size::Fixed { workers: 4, of: "sign-ins" }, settings, metrics.turns("sign-in"))
    }

    /// For what looks through history, and takes long where there is much of it: one at a time, so that it takes
    /// nobody else's turn.
    pub(crate) fn histories(settings: &Settings, metrics: &Metrics) -> Self {
        let of = "requests that look through history";
        Self::new(Size::Fixed { workers: 1, of }, settings, metrics.turns("history"))
    }

    /// For those few that wait for nobody else.
    pub(crate) fn access(settings: &Settings, metrics: &Metrics) -> Self {
        let of = "requests about tokens, the audit log and backups";
        Self::new(Size::Fixed { workers: 4, of }, settings, metrics.turns("access"))
    }

    const fn reading(settings: &Settings) -> Size {
        Size::Set { workers: settings.read_workers, setting: "http.read_workers" }
    }

    fn new(size: Size, settings: &Settings, waiting: Turns) -> Self {
        let (Size::Set { workers, .. } | Size::Fixed { workers, .. }) = size;
        let units = u32::try_from(settings.answer_bytes / UNIT as u64).unwrap_or(u32::MAX).clamp(1, MOST);
        Self {
            turns: Arc::new(Semaphore::new(workers.max(1))),
            turn_time: settings.turn_time,
            size,
            waiting,
            room: Arc::new(Semaphore::new(units as usize)),
            units,
            longest: Arc::default(),
        }
    }

    /// Runs `work` when its turn comes.
    ///
    /// # Errors
    /// Those of `work`, and where its turn does not come.
    pub(crate) async fn run<T, E>(
        &self,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        E: Into<Failure> + Send + 'static,
    {
        let waiting = self.waiting.wait();
        let turn = tokio::time::timeout(self.turn_time, Arc::clone(&self.turns).acquire_owned());
        let turn = turn.await.map_err(|_| {
            let waited = self.turn_time.as_secs();
            let others = match self.size {
                Size::Set { setting, .. } => {
                    format!("as many others as setting `{setting}` says are being answered")
                }
                Size::Fixed { workers: 1, of } => format!("of {of} one is answered at a time"),
                Size::Fixed { workers, of } => format!("of {of} {workers} are answered at a time"),
            };
            Failure::busy(format!(
                "the request had no turn within {waited} s, the limit of setting `http.turn_time`: {others}"
            ))
        })?;
        let turn = turn.map_err(|_| Failure::internal("stopped"))?;
        drop(waiting);
        let request = Span::current();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            request.in_scope(work)
        });
        done.await.map_err(|error| Failure::internal(error.to_string()))?.map_err(Into::into)
    }

    /// The same for work that takes seconds: on a thread of its own, which lets those go first who ask for
    /// something.
    ///
    /// # Errors
    /// Those of `work`, and where its turn does not come.
    pub(crate) async fn run_behind_others<T, E>(
        &self,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        E: Into<Failure> + Send + 'static,
    {
        self.run(move || {
            let request = Span::current();
            let work = move || {
                yield_to_others();
                request.in_scope(work)
            };
            thread::spawn(work).join().unwrap_or_else(|panic| resume_unwind(panic))
        })
        .await
    }

    /// The same as it is sent.
    ///
    /// # Errors
    /// Those of `encoded`, and where too much waits for readers already.
    pub(crate) async fn document<T, E>(
        &self,
        coding: Coding,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<Document, Failure>
    where
        T: Written,
        E: Into<Failure> + Send + 'static,
    {
        let (coding, bytes) = self.encoded(coding, work).await?;
        Ok(Document { bytes: self.with_room(bytes)?, coding, tag: None })
    }

    /// Runs `work` when its turn comes, and writes down and encodes what it gives: a long report takes long
    /// enough to be written that others would wait for it.
    ///
    /// # Errors
    /// Those of `work`, and where its turn does not come.
    pub(crate) async fn encoded<T, E>(
        &self,
        coding: Coding,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<(Coding, Bytes), Failure>
    where
        T: Written,
        E: Into<Failure> + Send + 'static,
    {
        let longest = Arc::clone(&self.longest);
        self.run(move || {
            let document = work().map_err(Into::<Failure>::into)?;
            let mut bytes = Vec::with_capacity(longest.load(Ordering::Relaxed));
            document.write(&mut bytes).map_err(|error| Failure::internal(error.to_string()))?;
            longest.fetch_max(bytes.len().min(ROOMY), Ordering::Relaxed);
            let coding = coding.for_length(bytes.len());
            let mut bytes = coding.encode(bytes).map_err(|error| Failure::internal(error.to_string()))?;
            // It may wait for its reader, and is no longer than it is.
            bytes.shrink_to_fit();
            Ok::<_, Failure>((coding, Bytes::from(bytes)))
        })
        .await
    }

    /// The bytes of an answer, which take room until they are read.
    ///
    /// # Errors
    /// Too much waits for readers already.
    pub(crate) fn with_room(&self, bytes: Bytes) -> Result<Bytes, Failure> {
        let units = u32::try_from(bytes.len() / UNIT).unwrap_or(u32::MAX).min(self.units);
        if units == 0 {
            return Ok(bytes);
        }
        let room = Arc::clone(&self.room).try_acquire_many_owned(units).map_err(|_| {
            Failure::busy(
                "too much that was asked for waits to be read, the limit of setting `http.answer_bytes`",
            )
        })?;
        Ok(Bytes::from_owner(Roomy { bytes, _room: room }))
    }
}

/// Units that a semaphore takes.
const MOST: u32 = u32::MAX >> 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(settings: Settings) -> Pool {
        let settings = Settings { read_workers: 1, turn_time: Duration::from_millis(10), ..settings };
        Pool::readers(&settings, &Metrics::default())
    }

    #[tokio::test]
    async fn a_request_whose_turn_does_not_come_is_put_off() {
        let pool = pool(Settings::default());
        let _turn = Arc::clone(&pool.turns).acquire_owned().await.unwrap();
        let failure = pool.run(|| Ok::<_, Failure>(())).await.unwrap_err();
        assert_eq!((failure.status.as_u16(), &*failure.code), (503, "busy"));
        assert!(failure.retry_after.is_some() && failure.message.contains("`http.turn_time`"));
        assert!(failure.message.contains("`http.read_workers`"), "{}", failure.message);
    }

    #[tokio::test]
    async fn a_refusal_names_a_setting_only_where_that_changes_something() {
        let settings = Settings { turn_time: Duration::from_millis(10), ..Settings::default() };
        let refused = |pool: Pool| async move {
            let all = pool.turns.available_permits();
            let _all = Arc::clone(&pool.turns).acquire_many_owned(all as u32).await.unwrap();
            let failure = pool.run(|| Ok::<_, Failure>(())).await.unwrap_err();
            let (_, why) = failure.message.split_once("`http.turn_time`: ").unwrap();
            why.to_owned()
        };
        let metrics = Metrics::default();
        for (pool, setting) in [
            (Pool::readers(&settings, &metrics), "`http.read_workers`"),
            (Pool::pages(&settings, &metrics), "`http.read_workers`"),
            (Pool::writers(&settings, &metrics), "`http.write_workers`"),
        ] {
            let why = refused(pool).await;
            assert!(why.contains(setting), "{why}");
        }
        for (pool, expected) in [
            (Pool::access(&settings, &metrics), "backups 4 are answered at a time"),
            (Pool::sign_ins(&settings, &metrics), "of sign-ins 4 are answered at a time"),
            (Pool::histories(&settings, &metrics), "history one is answered at a time"),
        ] {
            let why = refused(pool).await;
            assert!(why.ends_with(expected) && !why.contains("setting"), "{why}");
        }
    }

    #[tokio::test]
    async fn who_writes_does_not_wait_for_those_who_read() {
        let (settings, metrics) = (Settings { read_workers: 2, ..Settings::default() }, Metrics::default());
        let (readers, writers) = (Pool::readers(&settings, &metrics), Pool::writers(&settings, &metrics));
        let _all = Arc::clone(&readers.turns).acquire_many_owned(2).await.unwrap();
        writers.run(|| Ok::<_, Failure>(())).await.unwrap();
        let waits = readers.run(|| Ok::<_, Failure>(()));
        assert!(tokio::time::timeout(Duration::from_millis(10), waits).await.is_err());
    }

    #[tokio::test]
    async fn answers_that_nobody_reads_are_bounded() {
        let pool = pool(Settings { answer_bytes: 1 << 20, ..Settings::default() });
        let long = || Ok::<_, Failure>("x".repeat(900 << 10));
        let unread = pool.document(Coding::Identity, long).await.unwrap();
        let failure = pool.document(Coding::Identity, long).await.unwrap_err();
        assert!(failure.message.contains("`http.answer_bytes`"), "{}", failure.message);
        // What is small always has room, and what is read makes room.
        pool.document(Coding::Identity, || Ok::<_, Failure>("x")).await.unwrap();
        drop(unread);
        pool.document(Coding::Identity, long).await.unwrap();
        // One that is larger than all room together is not refused for ever.
        pool.document(Coding::Identity, || Ok::<_, Failure>("x".repeat(9 << 20))).await.unwrap();
    }
}
