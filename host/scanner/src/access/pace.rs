//! How often a holder asks, and how much at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::settings::AccessSettings;

/// How much of one holder is answered.
pub(super) struct Pace {
    rate: Rate,
    under_way: Arc<AtomicUsize>,
    /// At a time.
    most: AtomicUsize,
    pending: Arc<AtomicUsize>,
    /// Submissions that are not done; 0: any number.
    most_pending: AtomicUsize,
}

/// At most so many in a second, and as many more at once after a pause, by the generic cell rate algorithm
/// (I.371 of the ITU): it takes one number. Crates for it bring timers and maps that nobody here needs.
struct Rate {
    began: Instant,
    /// Nanoseconds that each takes; 0 where any rate is right.
    each: AtomicU64,
    /// When all that were answered would have been, one after the other, in nanoseconds after the beginning.
    due: AtomicU64,
}

impl Rate {
    /// How much sooner than due one may come.
    const BURST: u64 = 1_000_000_000;

    fn new(a_second: u32) -> Self {
        Self { began: Instant::now(), each: AtomicU64::new(Self::each(a_second)), due: AtomicU64::new(0) }
    }

    fn each(a_second: u32) -> u64 {
        Self::BURST.checked_div(u64::from(a_second)).unwrap_or_default()
    }

    /// One comes now.
    fn check(&self) -> Result<(), TooMuch> {
        let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let each = self.each.load(Ordering::Relaxed);
        let next = |due: u64| {
            let next = due.max(now).saturating_add(each);
            (next <= now.saturating_add(Self::BURST)).then_some(next)
        };
        let taken = self.due.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        taken.map(drop).map_err(|due| {
            let soonest = due.saturating_add(each).saturating_sub(Self::BURST);
            TooMuch::Often { wait: Duration::from_nanos(soonest.saturating_sub(now)) }
        })
    }
}

/// Why a request is put off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// Too many came one after another.
    #[error("the holder of the token asks more often than setting `access.rate` allows")]
    Often {
        /// After how long one more is answered.
        wait: Duration,
    },
    /// Too many are being answered.
    #[error(
        "as many requests of the holder of the token are being answered as setting `access.concurrent` allows"
    )]
    AtOnce,
    /// Too many submissions are not done.
    #[error(
        "the holder of the token has {limit} submissions that are not done, as many as setting `access.pending` allows"
    )]
    Pending {
        /// How many there may be.
        limit: usize,
    },
}

/// A request that is being answered, or a submission that is not done, until this is dropped.
#[derive(Debug)]
pub struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Pace {
    pub(super) fn new(settings: &AccessSettings) -> Self {
        Self {
            rate: Rate::new(settings.rate),
            under_way: Arc::default(),
            most: AtomicUsize::new(settings.concurrent),
            pending: Arc::default(),
            most_pending: AtomicUsize::new(settings.pending),
        }
    }

    /// Goes on by other settings.
    pub(super) fn change(&self, settings: &AccessSettings) {
        self.rate.each.store(Rate::each(settings.rate), Ordering::Relaxed);
        self.most.store(settings.concurrent, Ordering::Relaxed);
        self.most_pending.store(settings.pending, Ordering::Relaxed);
    }

    /// Takes on a submission.
    pub(super) fn submit(&self) -> Result<UnderWay, TooMuch> {
        let limit = self.most_pending.load(Ordering::Relaxed);
        let more = |count: usize| (limit == 0 || count < limit).then_some(count + 1);
        let taken = self.pending.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        taken.map_err(|_| TooMuch::Pending { limit })?;
        Ok(UnderWay(Arc::clone(&self.pending)))
    }

    /// Begins to answer a request.
    pub(super) fn begin(&self) -> Result<UnderWay, TooMuch> {
        let most = self.most.load(Ordering::Relaxed);
        let more = |count: usize| (count < most).then_some(count + 1);
        let taken = self.under_way.fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        taken.map_err(|_| TooMuch::AtOnce)?;
        let under_way = UnderWay(Arc::clone(&self.under_way));
        self.rate.check()?;
        Ok(under_way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rate: u32, concurrent: usize) -> Pace {
        Pace::new(&AccessSettings { rate, concurrent, ..AccessSettings::default() })
    }

    #[test]
    fn who_asks_more_than_it_may_at_a_time_is_put_off_until_some_is_answered() {
        let pace = pace(0, 2);
        let first = pace.begin().unwrap();
        let _second = pace.begin().unwrap();
        assert_eq!(pace.begin().unwrap_err(), TooMuch::AtOnce);
        drop(first);
        pace.begin().unwrap();
    }

    #[test]
    fn other_settings_hold_at_once() {
        let pace = pace(1, 1);
        let _first = pace.begin().unwrap();
        assert_eq!(pace.begin().unwrap_err(), TooMuch::AtOnce);
        pace.change(&AccessSettings { rate: 0, concurrent: 3, ..AccessSettings::default() });
        let _second = pace.begin().unwrap();
        let _third = pace.begin().unwrap();
        assert_eq!(pace.begin().unwrap_err(), TooMuch::AtOnce);
    }

    #[test]
    fn who_has_as_many_submissions_as_it_may_is_put_off_until_one_is_done() {
        let pace = Pace::new(&AccessSettings { pending: 1, ..AccessSettings::default() });
        let first = pace.submit().unwrap();
        let why = pace.submit().unwrap_err();
        assert!(
            why.to_string().contains("has 1 submissions") && why.to_string().contains("`access.pending`")
        );
        drop(first);
        pace.submit().unwrap();
        let unbounded = Pace::new(&AccessSettings::default());
        let all: Vec<_> = (0..1_000).map(|_| unbounded.submit().unwrap()).collect();
        assert_eq!(all.len(), 1_000);
    }

    #[test]
    fn who_asks_too_often_is_told_after_how_long_to_come_again() {
        let pace = pace(1, 10);
        pace.begin().unwrap();
        let TooMuch::Often { wait } = pace.begin().unwrap_err() else { panic!("it is too often") };
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
        // What is put off takes no place.
        assert_eq!(pace.under_way.load(Ordering::Relaxed), 0);
    }
}
