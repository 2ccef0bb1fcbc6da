//! Answers that take long to make: made once for all who ask for the same at the same time, kept as long as they stay the
//! same, and not made any further when the last who waits has gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use limpid_scanner::Stop;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tracing::Instrument as _;

use crate::answers::{Coding, Document, Kept, Tag, Written};
use crate::blocking::Pool;
use crate::error::Failure;

/// Answers that are being made, by what they depend on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flights(Arc<Mutex<UnderWay>>);

type UnderWay = HashMap<(Tag, Coding), Weak<Flight>>;

type Outcome = Result<(Coding, Bytes), Failure>;

/// An answer that is being made for those who hold this.
#[derive(Debug)]
struct Flight {
    outcome: watch::Receiver<Option<Outcome>>,
    stop: Stop,
    task: AbortHandle,
}

impl Drop for Flight {
    /// Nobody waits for it any more, or it is made.
    fn drop(&mut self) {
        self.stop.stop();
        // Where its turn has not come yet, it does not wait for it.
        self.task.abort();
    }
}

/// What it takes to make an answer.
pub(crate) struct Making<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) kept: &'a Arc<Kept>,
    pub(crate) coding: Coding,
    /// By what it depends on; none while that changes.
    pub(crate) tag: Option<Tag>,
}

impl Flights {
    /// The answer that is kept, or that is being made for somebody else, or else the one that `work` gives, which ends
    /// early where it is stopped.
    ///
    /// # Errors
    /// Those of `work`, and where its turn does not come.
    pub(crate) async fn answer<T, E>(
        &self,
        making: Making<'_>,
        work: impl FnOnce(&Stop) -> Result<T, E> + Send + 'static,
    ) -> Result<Document, Failure>
    where
        T: Written + 'static,
        E: Into<Failure> + Send + 'static,
    {
        let Making { pool, kept, coding, tag } = making;
        let (coding, bytes) = match tag.and_then(|tag| kept.get(tag, coding)) {
            Some(known) => known,
            None => {
                let flight =
                    self.join(tag.map(|tag| (tag, coding)), || start((pool, kept), (coding, tag), work));
                let mut outcome = flight.outcome.clone();
                let made = outcome.wait_for(Option::is_some).await;
                let made = made.map(|made| made.clone()).ok().flatten();
                made.ok_or_else(|| Failure::internal("an answer was not made"))??
            }
        };
        Ok(Document { bytes: pool.with_room(bytes)?, coding, tag: None })
    }

    fn join(&self, on: Option<(Tag, Coding)>, start: impl FnOnce() -> Flight) -> Arc<Flight> {
        let Some(on) = on else { return Arc::new(start()) };
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = flights.get(&on).and_then(Weak::upgrade) {
            return known;
        }
        flights.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::new(start());
        flights.insert(on, Arc::downgrade(&flight));
        flight
    }
}

fn start<T, E>(
    (pool, kept): (&Pool, &Arc<Kept>),
    (coding, tag): (Coding, Option<Tag>),
    work: impl FnOnce(&Stop) -> Result<T, E> + Send + 'static,
) -> Flight
where
    T: Written + 'static,
    E: Into<Failure> + Send + 'static,
{
    let (made, outcome) = watch::channel(None);
    let stop = Stop::default();
    let (pool, kept, stopping) = (pool.clone(), Arc::clone(kept), stop.clone());
    let make = async move {
        let outcome = pool.encoded(coding, move || work(&stopping)).await;
        if let (Some(tag), Ok((coding, bytes))) = (tag, &outcome) {
            kept.put(tag, *coding, bytes);
        }
        let _ = made.send(Some(outcome));
    };
    let task = tokio::spawn(make.in_current_span()).abort_handle();
    Flight { outcome, stop, task }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::Settings;
    use crate::answers::Tags;
    use crate::metrics::Metrics;

    struct World {
        pool: Pool,
        kept: Arc<Kept>,
        flights: Flights,
        tags: Tags,
        made: Arc<AtomicUsize>,
    }

    impl World {
        fn new() -> Self {
            let settings = Settings::default();
            Self {
                pool: Pool::histories(&settings, &Metrics::default()),
                kept: Arc::new(Kept::new(&settings)),
                flights: Flights::default(),
                tags: Tags::default(),
                made: Arc::default(),
            }
        }

        /// Asks for the answer of a revision, which is made when the other end says so.
        async fn ask(&self, revision: Option<u32>, ready: mpsc::Receiver<()>) -> Result<Document, Failure> {
            let making = Making {
                pool: &self.pool,
                kept: &self.kept,
                coding: Coding::Identity,
                tag: revision.map(|revision| self.tags.of(&revision)),
            };
            let made = Arc::clone(&self.made);
            let work = move |_: &Stop| {
                let _ = ready.recv();
                Ok::<_, Failure>(made.fetch_add(1, Ordering::Relaxed))
            };
            self.flights.answer(making, work).await
        }

        fn made(&self) -> usize {
            self.made.load(Ordering::Relaxed)
        }
    }

    /// What is ready at once.
    fn at_once() -> mpsc::Receiver<()> {
        mpsc::channel().1
    }

    #[tokio::test]
    async fn who_asks_for_the_same_at_the_same_time_gets_the_same_answer_and_who_comes_later_that_of_before()
    {
        let world = World::new();
        let (ready, waits) = mpsc::channel();
        let release = async move {
            tokio::task::yield_now().await;
            drop(ready);
        };
        let (one, other, ()) =
            tokio::join!(world.ask(Some(1), waits), world.ask(Some(1), at_once()), release);
        assert_eq!((one.unwrap().bytes, world.made()), (Bytes::from("0"), 1));
        assert_eq!(other.unwrap().bytes, "0");
        assert_eq!(world.ask(Some(1), at_once()).await.unwrap().bytes, "0");
        assert_eq!(world.made(), 1);
        // Of another revision it is another answer, and none is kept while that changes.
        assert_eq!(world.ask(Some(2), at_once()).await.unwrap().bytes, "1");
        world.ask(None, at_once()).await.unwrap();
        world.ask(None, at_once()).await.unwrap();
        assert_eq!(world.made(), 4);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_answer_is_made_until_the_last_who_waits_has_gone() {
        let world = World::new();
        let (begun, has_begun) = mpsc::channel();
        let (ended, has_ended) = mpsc::channel();
        let tag = Some(world.tags.of(&1));
        let ask = |begun: mpsc::Sender<()>, ended: mpsc::Sender<()>| {
            let making = Making { pool: &world.pool, kept: &world.kept, coding: Coding::Identity, tag };
            world.flights.answer(making, move |stop: &Stop| {
                begun.send(()).unwrap();
                let stopped = stop.wait(Duration::from_secs(600));
                ended.send(()).unwrap();
                if stopped { Err(Failure::internal("stopped")) } else { Ok("made") }
            })
        };
        let mut first = Box::pin(ask(begun.clone(), ended.clone()));
        let mut second = Box::pin(ask(begun, ended));
        let soon = Duration::from_millis(1);
        assert!(tokio::time::timeout(soon, &mut first).await.is_err());
        assert!(tokio::time::timeout(soon, &mut second).await.is_err());
        has_begun.recv_timeout(Duration::from_secs(60)).unwrap();
        drop(first);
        assert!(tokio::time::timeout(soon, &mut second).await.is_err(), "somebody still waits");
        assert!(has_ended.try_recv().is_err());
        drop(second);
        has_ended.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(has_begun.try_recv().is_err(), "it was made once");
        // Who comes after that is answered all the same.
        world.ask(Some(1), at_once()).await.unwrap();
    }

    #[tokio::test]
    async fn a_failure_is_told_to_all_and_not_kept() {
        let world = World::new();
        let fail = || {
            let making = Making {
                pool: &world.pool,
                kept: &world.kept,
                coding: Coding::Identity,
                tag: Some(world.tags.of(&1)),
            };
            world.flights.answer(making, |_: &Stop| Err::<&str, _>(Failure::bad_request("no")))
        };
        let (one, other) = tokio::join!(fail(), fail());
        assert_eq!(
            (one.unwrap_err().status, other.unwrap_err().status.as_u16()),
            (axum::http::StatusCode::BAD_REQUEST, 400)
        );
        world.ask(Some(1), at_once()).await.unwrap();
    }
}
