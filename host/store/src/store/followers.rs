//! Whoever derives something from rows is told which were written.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::key::Reader;
use crate::ordered::Writes;
use crate::table::Table;

/// What was written since it was asked last.
#[derive(Debug)]
pub struct Follower(Arc<Followed>);

#[derive(Debug)]
struct Followed {
    tables: Vec<u8>,
    /// Keys and groups that are remembered.
    most: usize,
    written: Mutex<Written>,
}

/// Which rows were written: of tables with groups the groups, of others the keys.
#[derive(Debug, Default)]
pub struct Written {
    /// Each begins with the number of its table.
    places: BTreeSet<Vec<u8>>,
    /// More was written than is remembered: it may be anything.
    pub is_anything: bool,
}

impl Follower {
    /// What was written since this was asked last. A view that is taken after it sees all of that.
    pub fn take(&self) -> Written {
        std::mem::take(&mut *self.0.written.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds what somebody took and could not use.
    pub fn give_back(&self, written: Written) {
        self.0.add(written.places, written.is_anything);
    }

    /// Whether nothing was written since it was taken.
    pub fn is_idle(&self) -> bool {
        let written = self.0.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.places.is_empty() && !written.is_anything
    }
}

impl Written {
    /// What was written of a table, behind the table's number: groups or keys.
    pub fn of<T: Table>(&self) -> impl Iterator<Item = Reader<'_>> {
        let places = self.places.range(vec![T::ID]..).take_while(|place| place.first() == Some(&T::ID));
        places.map(|place| Reader::new(place.get(1..).unwrap_or_default()))
    }

    /// Whether anything was written of a table.
    pub fn has<T: Table>(&self) -> bool {
        self.is_anything || self.of::<T>().next().is_some()
    }
}

impl Followed {
    fn add(&self, places: BTreeSet<Vec<u8>>, is_anything: bool) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.is_anything |= is_anything;
        if !written.is_anything {
            written.places.extend(places);
            written.is_anything = written.places.len() > self.most;
        }
        if written.is_anything {
            written.places.clear();
        }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Followers(Mutex<Vec<Weak<Followed>>>);

/// What one of them is told once it is written.
pub(super) struct News {
    follower: Arc<Followed>,
    places: BTreeSet<Vec<u8>>,
    is_anything: bool,
}

impl Followers {
    pub(super) fn add(&self, tables: &[u8], most: usize) -> Follower {
        let written = Mutex::default();
        let followed = Arc::new(Followed { tables: tables.to_vec(), most, written });
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|follower| follower.strong_count() > 0);
        all.push(Arc::downgrade(&followed));
        Follower(followed)
    }

    /// What there is to be told of writes that are about to be made.
    pub(super) fn news(&self, writes: &Writes) -> Vec<News> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<_> = all.iter().filter_map(Weak::upgrade).collect();
        let concerned =
            |follower: &Arc<Followed>| writes.tables().iter().any(|table| follower.tables.contains(&table));
        all.into_iter().filter(concerned).map(|follower| News::new(follower, writes)).collect()
    }
}

impl News {
    fn new(follower: Arc<Followed>, writes: &Writes) -> Self {
        let mut places = BTreeSet::new();
        for place in writes.places() {
            if place.first().is_some_and(|table| follower.tables.contains(table)) && !places.contains(place) {
                if places.len() >= follower.most {
                    return Self { follower, places: BTreeSet::new(), is_anything: true };
                }
                places.insert(place.to_vec());
            }
        }
        Self { follower, places, is_anything: false }
    }

    /// To be called once the writes are made: whoever is told earlier may look before they are.
    pub(super) fn tell(self) {
        self.follower.add(self.places, self.is_anything);
    }
}
