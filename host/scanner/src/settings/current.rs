use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How often something may be replaced in the life of a process.
const REPLACED: usize = 1_024;

/// Something that is replaced now and then while many read it, such as settings. Whoever has begun with one goes on
/// with it: all that there ever were stay, so that nobody waits and nothing is counted. Cheap to clone; all clones are
/// replaced together.
pub struct Current<T>(Arc<Inner<T>>);

struct Inner<T> {
    all: Box<[OnceLock<Box<T>>]>,
    last: AtomicUsize,
    replacing: Mutex<()>,
    first: T,
}

/// It was replaced as often as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("settings were changed {REPLACED} times since the service started: start it anew")]
pub struct ReplacedTooOften;

impl<T> Current<T> {
    /// What there is at first.
    pub fn new(first: T) -> Self {
        let all = (0..REPLACED).map(|_| OnceLock::new()).collect();
        Self(Arc::new(Inner { all, last: AtomicUsize::new(0), replacing: Mutex::default(), first }))
    }

    /// What there is now.
    pub fn now(&self) -> &T {
        let last = self.0.last.load(Ordering::Acquire);
        let replaced = last.checked_sub(1).and_then(|place| self.0.all.get(place)?.get());
        replaced.map_or(&self.0.first, Box::as_ref)
    }

    /// How often it was replaced.
    pub fn replaced(&self) -> usize {
        self.0.last.load(Ordering::Acquire)
    }

    /// Whether it can be replaced once more.
    ///
    /// # Errors
    /// It cannot.
    pub fn is_replaceable(&self) -> Result<(), ReplacedTooOften> {
        if self.replaced() < REPLACED { Ok(()) } else { Err(ReplacedTooOften) }
    }

    /// From now on there is another.
    ///
    /// # Errors
    /// It was replaced too often, and stays.
    pub fn replace(&self, new: T) -> Result<(), ReplacedTooOften> {
        let _replacing = self.0.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let last = self.0.last.load(Ordering::Acquire);
        let place = self.0.all.get(last).ok_or(ReplacedTooOften)?;
        // Nobody else sets it.
        let _ = place.set(Box::new(new));
        self.0.last.store(last + 1, Ordering::Release);
        Ok(())
    }
}

impl<T> Clone for Current<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Current<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.now()
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Current<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.now().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_begun_with_one_goes_on_with_it() {
        let current = Current::new(1);
        let (other, before) = (current.clone(), current.now());
        other.replace(2).unwrap();
        assert_eq!((*before, *current.now(), *other), (1, 2, 2));
    }

    #[test]
    fn it_is_replaced_so_many_times() {
        let current = Current::new(0);
        for number in 1..=REPLACED {
            current.is_replaceable().unwrap();
            current.replace(number).unwrap();
            assert_eq!(current.replaced(), number);
        }
        assert_eq!(current.is_replaceable(), Err(ReplacedTooOften));
        assert_eq!(current.replace(0), Err(ReplacedTooOften));
        assert_eq!(*current.now(), REPLACED);
    }
}
