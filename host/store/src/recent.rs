//! Groups of rows that were read lately, decoded: images share packages, so that what one report needs
//! the next needs, too.

use std::any::Any;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// Parts in which changes are counted, so that one of a group seldom touches another.
const STRIPES: usize = 4_096;

/// Groups that are expected to fit, each of so many bytes.
const EXPECTED_BYTES: usize = 1_024;

/// What was read of groups, as views may see it.
///
/// Each commit that changes a group takes a time. A view notes the time before its snapshot is taken: of
/// groups that were not changed since, and are not being changed, it sees what all see.
#[derive(Debug)]
pub(crate) struct Recent {
    values: Cache<Vec<u8>, Value, Weight>,
    stripes: Box<[Mutex<Stripe>]>,
    hasher: RandomState,
    clock: AtomicU64,
}

#[derive(Clone, Debug)]
struct Value {
    value: Arc<dyn Any + Send + Sync>,
    bytes: u64,
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Vec<u8>, Value> for Weight {
    fn weight(&self, group: &Vec<u8>, value: &Value) -> u64 {
        group.len() as u64 + value.bytes
    }
}

#[derive(Debug, Default)]
struct Stripe {
    /// Commits under way.
    writing: usize,
    /// Time of the last commit.
    changed: Time,
}

/// How many commits had ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(u64);

impl Recent {
    /// Holds on to about `bytes` bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        let stripes = (0..STRIPES).map(|_| Mutex::default()).collect();
        Self {
            values: Cache::with_weighter(bytes / EXPECTED_BYTES, bytes as u64, Weight),
            stripes,
            hasher: RandomState::default(),
            clock: AtomicU64::new(0),
        }
    }

    /// To be asked before a snapshot is taken.
    pub(crate) fn now(&self) -> Time {
        Time(self.clock.load(Ordering::SeqCst))
    }

    /// What is stored of a group, where a view of some time sees the same.
    pub(crate) fn get<V: Send + Sync + 'static>(&self, group: &[u8], view: Time) -> Option<Arc<V>> {
        let known = self.values.get(group)?;
        // Looked at last: where a commit has removed it since, it had not yet written anything when it
        // was there, or has ended and says so here.
        let is_seen = self.stripe(group).changed <= view;
        is_seen.then(|| known.value.downcast().ok()).flatten()
    }

    /// Holds on to what a view of some time has read of a group, where it is what all see.
    pub(crate) fn put<V: Send + Sync + 'static>(
        &self,
        group: Vec<u8>,
        view: Time,
        value: &Arc<V>,
        bytes: usize,
    ) {
        let stripe = self.stripe(&group);
        if stripe.writing == 0 && stripe.changed <= view {
            self.values.insert(group, Value { value: Arc::<V>::clone(value), bytes: bytes as u64 });
        }
    }

    /// Some groups are about to change: what is stored of them is forgotten, and nothing is stored of them
    /// until the change has been made and the answer is dropped.
    pub(crate) fn change<'g>(&self, groups: impl Iterator<Item = &'g [u8]>) -> Change<'_> {
        let mut places = Vec::new();
        for group in groups {
            let place = self.place(group);
            self.at(place).writing += 1;
            self.values.remove(group);
            places.push(place);
        }
        Change { recent: self, places }
    }

    fn stripe(&self, group: &[u8]) -> MutexGuard<'_, Stripe> {
        self.at(self.place(group))
    }

    fn place(&self, group: &[u8]) -> Place {
        usize::try_from(self.hasher.hash_one(group) % STRIPES as u64).unwrap_or_default()
    }

    fn at(&self, place: Place) -> MutexGuard<'_, Stripe> {
        #[expect(clippy::indexing_slicing, reason = "there are so many")]
        self.stripes[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which of the stripes.
type Place = usize;

/// A change of some groups that is being made.
pub(crate) struct Change<'r> {
    recent: &'r Recent,
    /// Once for each of the groups.
    places: Vec<Place>,
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if self.places.is_empty() {
            return;
        }
        // Views that are taken from now on see it, and those before may or may not: they are told that
        // it is newer than they are.
        let time = Time(self.recent.clock.load(Ordering::SeqCst) + 1);
        for place in &self.places {
            let mut stripe = self.recent.at(*place);
            stripe.writing -= 1;
            stripe.changed = stripe.changed.max(time);
        }
        self.recent.clock.fetch_max(time.0, Ordering::SeqCst);
    }
}
