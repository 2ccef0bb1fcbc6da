use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use limpid_bytes::Stop;
use limpid_model::Statistics;
use parking_lot::Mutex;

use super::statistics;
use crate::{Error, Scanner};

/// How long a request counts that does not wait.
const A_REQUEST: Duration = Duration::from_millis(25);

/// Counting beside the requests pauses so many times as long as it took: where much changes, all of it would otherwise be
/// read again and again.
const PAUSE: u32 = 10;

/// Statistics as they were counted last, in memory. Nothing is counted before somebody asks.
#[derive(Debug, Default)]
pub(crate) struct KeptStatistics {
    /// Held by whoever counts.
    counting: Mutex<()>,
    known: Mutex<Option<Known>>,
    /// Whether counting takes longer than a request that does not wait.
    is_long: AtomicBool,
    /// Whether somebody was told less than what is so now.
    is_owed: AtomicBool,
}

#[derive(Debug)]
struct Known {
    statistics: Statistics,
    /// What they rest on; none where that changed meanwhile.
    revision: Option<crate::Revision>,
    took: Duration,
    ended: Instant,
}

impl KeptStatistics {
    /// Those of now, however long it takes.
    pub(crate) fn now(&self, scanner: &Scanner) -> Result<Statistics, Error> {
        if let Some(current) = self.current(scanner) {
            return Ok(current);
        }
        let _counting = self.counting.lock();
        if let Some(current) = self.current(scanner) {
            return Ok(current);
        }
        self.count(scanner, &|| true)?.ok_or(Error::Counting)
    }

    /// Those that are at hand: of now where that takes no time, and else as they were counted last.
    ///
    /// # Errors
    /// [`Error::Counting`] where they were not counted yet.
    pub(crate) fn at_hand(&self, scanner: &Scanner) -> Result<Statistics, Error> {
        if let Some(current) = self.current(scanner) {
            return Ok(current);
        }
        if !self.is_long.load(Ordering::Relaxed) {
            let until = Instant::now() + A_REQUEST;
            if let Some(_counting) = self.counting.try_lock_until(until)
                && let Some(counted) = self.count(scanner, &|| Instant::now() < until)?
            {
                return Ok(counted);
            }
        }
        self.is_owed.store(true, Ordering::Relaxed);
        let known = self.known.lock();
        let last = known.as_ref().map(|known| Statistics { is_current: false, ..known.statistics.clone() });
        last.ok_or(Error::Counting)
    }

    /// Counts them where somebody was told less, unless that was done just now.
    pub(crate) fn count_beside(&self, scanner: &Scanner, stop: &Stop) -> Result<(), Error> {
        let is_due = |known: &Known| known.ended.elapsed() >= known.took * PAUSE;
        if !self.is_owed.load(Ordering::Relaxed) || !self.known.lock().as_ref().is_none_or(is_due) {
            return Ok(());
        }
        let _counting = self.counting.lock();
        if self.current(scanner).is_some() || self.count(scanner, &|| !stop.is_stopped())?.is_some() {
            self.is_owed.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    fn current(&self, scanner: &Scanner) -> Option<Statistics> {
        let now = scanner.revision()?;
        let known = self.known.lock();
        let current = known.as_ref().filter(|known| known.revision.as_ref() == Some(&now));
        current.map(|known| known.statistics.clone())
    }

    /// Counts and keeps them. None where it was told not to go on.
    fn count(&self, scanner: &Scanner, goes_on: &dyn Fn() -> bool) -> Result<Option<Statistics>, Error> {
        let (revision, started) = (scanner.revision(), Instant::now());
        let counted = statistics(scanner.store(), scanner.settings(), goes_on)?;
        let took = started.elapsed();
        self.is_long.store(counted.is_none() || took > A_REQUEST, Ordering::Relaxed);
        if let Some(statistics) = &counted {
            let revision = revision.filter(|before| scanner.revision().as_ref() == Some(before));
            let known = Known { statistics: statistics.clone(), revision, took, ended: Instant::now() };
            *self.known.lock() = Some(known);
        }
        Ok(counted)
    }
}

#[cfg(test)]
mod tests {
    use limpid_store::Store;

    use super::*;
    use crate::test_support::scanner;

    #[test]
    fn what_was_counted_is_kept_until_something_changes() {
        let (scanner, _scratch) = scanner(Store::in_memory());
        let kept = KeptStatistics::default();
        let first = kept.at_hand(&scanner).unwrap();
        assert!(first.is_current);
        let revision = |kept: &KeptStatistics| kept.known.lock().as_ref().unwrap().ended;
        let counted = revision(&kept);
        kept.now(&scanner).unwrap();
        assert_eq!(revision(&kept), counted);
    }

    #[test]
    fn where_counting_is_long_the_last_figures_are_told_and_counted_beside() {
        let (scanner, _scratch) = scanner(Store::in_memory());
        let kept = KeptStatistics::default();
        kept.is_long.store(true, Ordering::Relaxed);
        assert!(matches!(kept.at_hand(&scanner), Err(Error::Counting)));
        kept.count_beside(&scanner, &Stop::default()).unwrap();
        assert!(kept.at_hand(&scanner).unwrap().is_current);
        // Something else is known now.
        kept.known.lock().as_mut().unwrap().revision = None;
        kept.is_long.store(true, Ordering::Relaxed);
        assert!(!kept.at_hand(&scanner).unwrap().is_current);
        assert!(kept.now(&scanner).unwrap().is_current);
    }

    #[test]
    fn who_was_asked_to_stop_has_counted_nothing() {
        let (scanner, _scratch) = scanner(Store::in_memory());
        let kept = KeptStatistics::default();
        assert_eq!(kept.count(&scanner, &|| false).unwrap(), None);
        assert!(kept.is_long.load(Ordering::Relaxed));
    }
}
