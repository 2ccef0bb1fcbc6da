mod batch;
mod check;
mod commits;
mod cursor;
mod followers;
mod forward;
mod walk;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use prometheus_client::metrics::histogram::Histogram;

use crate::groups::Groups;
use crate::key::Writer;
use crate::ordered::{Memory, Ordered, Reading, Rocks, Sizes, Snapshot};
use crate::recent::{Recent, Time};
use crate::store::commits::Commits;
use crate::store::followers::Followers;
use crate::table::{self, Glance, Table};
use crate::{Error, Settings, tables};
pub use batch::Batch;
pub use check::{Checked, CheckedTable, Problem};
pub use cursor::Cursor;
pub use followers::{Follower, Written};
pub use forward::Forward;
pub use walk::Walk;

/// Bounds of how long commits take, in seconds.
const COMMITS: [f64; 8] = [0.000_5, 0.002, 0.01, 0.05, 0.2, 1.0, 5.0, 20.0];

/// The tables of one service. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    ordered: Box<dyn Ordered>,
    groups: Groups,
    recent: Recent,
    commits: Commits,
    followers: Followers,
    commit_times: Histogram,
}

impl Store {
    /// The store in a directory of its own, which is made where it is not there.
    ///
    /// # Errors
    /// [`Error::InUse`] where another process has it open.
    pub fn open(path: &Path, settings: &Settings) -> Result<Self, Error> {
        Ok(Self::on(Rocks::open(path, settings, &tables::OF_IMAGES)?, settings))
    }

    /// A store that is only read, in a directory that is left as it is. Another process must not write to it
    /// meanwhile.
    ///
    /// # Errors
    /// [`Error::Open`] where there is none, or it cannot be read; [`Error::EarlierForm`].
    pub fn open_read_only(path: &Path, settings: &Settings) -> Result<Self, Error> {
        Ok(Self::on(Rocks::open_read_only(path, settings, &tables::OF_IMAGES)?, settings))
    }

    /// A store that is gone when it is dropped.
    pub fn in_memory() -> Self {
        Self::on(Memory::default(), &Settings::default())
    }

    fn on(ordered: impl Ordered + 'static, settings: &Settings) -> Self {
        let recent = Recent::new(settings.recent_bytes);
        Self(Arc::new(Inner {
            ordered: Box::new(ordered),
            groups: Groups::default(),
            recent,
            commits: Commits::default(),
            followers: Followers::default(),
            commit_times: Histogram::new(COMMITS),
        }))
    }

    /// All tables as they are at this moment.
    pub fn view(&self) -> View<'_> {
        // Asked before the snapshot is taken: what is changed in between is newer than the view.
        let (learned, time) = (self.0.groups.learned(), self.0.recent.now());
        View { snapshot: self.0.ordered.snapshot(), store: &self.0, learned, time }
    }

    /// Writes all of a batch, durably, or nothing.
    pub fn commit(&self, batch: Batch) -> Result<(), Error> {
        let writes = batch.into_writes();
        let _span = tracing::debug_span!(
            "store commit",
            db.system.name = "rocksdb",
            db.operation.name = "commit",
            bytes = writes.bytes(),
        )
        .entered();
        let is_walked = |group: &&[u8]| group.first().is_some_and(|table| !tables::UNWALKED.contains(table));
        self.0.groups.add(writes.groups().filter(is_walked));
        let _change = self.0.recent.change(writes.groups());
        let (tables, news) = (writes.tables(), self.0.followers.news(&writes));
        let began = Instant::now();
        let written = self.0.ordered.write(writes);
        self.0.commit_times.observe(began.elapsed().as_secs_f64());
        // Where it failed, nobody knows what was written.
        self.0.commits.count(tables);
        news.into_iter().for_each(followers::News::tell);
        written
    }

    /// How much room all tables take.
    ///
    /// # Errors
    /// The engine does not say.
    pub fn sizes(&self) -> Result<Sizes, Error> {
        self.0.ordered.sizes()
    }

    /// How long commits took since the store was opened, in seconds, those that failed included.
    pub fn commit_times(&self) -> Histogram {
        self.0.commit_times.clone()
    }

    /// How often rows were written since the store was opened, those of some tables not counted. What was
    /// read from a view that was taken after this was asked is what all see, as long as it says the same.
    pub fn revision(&self, without: &[u8]) -> u64 {
        self.0.commits.revision(without)
    }

    /// From now on remembers which rows of some tables are written, by the numbers of the tables; where there are more
    /// than `most`, only that.
    pub fn follow(&self, tables: &[u8], most: usize) -> Follower {
        self.0.followers.add(tables, most)
    }

    /// Brings everything into the form in which it takes least room on disk, which otherwise happens by
    /// and by. Takes time in proportion to all that is stored.
    pub fn compact(&self) -> Result<(), Error> {
        self.0.ordered.compact()
    }

    /// Writes a table anew, so that no file of the store has rows any more that were replaced or removed before, but for
    /// those of views that are still read.
    pub fn rewrite<T: Table>(&self) -> Result<(), Error> {
        self.0.ordered.rewrite(T::ID)
    }

    /// Makes another store of what is there at this moment, in a directory that is not there yet. On the same
    /// file system it takes next to no room, because table files never change and are shared.
    ///
    /// # Errors
    /// The directory is there, or cannot be written.
    pub fn checkpoint(&self, path: &Path) -> Result<(), Error> {
        self.0.ordered.checkpoint(path)
    }

    /// Learns which groups of rows a table has, so that walks do not look for others. Until it is done
    /// they look for all. Reads all keys of the table.
    pub fn learn_groups<T: Table>(&self) -> Result<(), Error> {
        let view = self.view();
        let mut last = None;
        for key in view.keys::<T>(|_| ()) {
            let group = table::encode_group::<T>(&key?);
            if group != last {
                self.0.groups.add(group.as_deref().into_iter());
                last = group;
            }
        }
        self.0.groups.complete(T::ID);
        Ok(())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

/// All tables at one moment.
pub struct View<'s> {
    snapshot: Box<dyn Snapshot + 's>,
    store: &'s Inner,
    /// Tables whose groups were all known when the view was taken.
    learned: BTreeSet<u8>,
    time: Time,
}

impl View<'_> {
    /// The row of a key.
    pub fn get<T: Table>(&self, key: &T::Key) -> Result<Option<T::Row>, Error> {
        self.snapshot
            .get(&table::encode_key::<T>(key))?
            .map(|bytes| table::decode_row::<T>(&bytes))
            .transpose()
    }

    /// The rows of many keys, in their order.
    pub fn multi_get<T: Table>(&self, keys: &[T::Key]) -> Result<Vec<Option<T::Row>>, Error> {
        let keys: Vec<_> = keys.iter().map(table::encode_key::<T>).collect();
        let rows = self.snapshot.multi_get(&keys)?;
        rows.into_iter().map(|row| row.map(|bytes| table::decode_row::<T>(&bytes)).transpose()).collect()
    }

    /// What the rows of many keys begin with, in their order.
    pub fn glances<G: Glance>(&self, keys: &[<G::Table as Table>::Key]) -> Result<Vec<Option<G>>, Error> {
        let keys: Vec<_> = keys.iter().map(table::encode_key::<G::Table>).collect();
        let rows = self.snapshot.multi_get(&keys)?;
        rows.into_iter().map(|row| row.map(|bytes| table::decode_glance::<G>(&bytes)).transpose()).collect()
    }

    /// What is made of what the rows of many keys begin with, in their order, where each key is a group of its
    /// own. What was made of a row is kept for a while, for all views that see the same: `make` must make
    /// the same of the same row wherever it is called.
    pub fn multi_glance<G: Glance, V: Send + Sync + 'static>(
        &self,
        keys: &[<G::Table as Table>::Key],
        make: impl Fn(&<G::Table as Table>::Key, G) -> V,
    ) -> Result<Vec<Option<Arc<V>>>, Error> {
        let encoded = keys.iter().map(table::encode_key::<G::Table>);
        let (mut found, mut places, mut unread) = (Vec::with_capacity(keys.len()), Vec::new(), Vec::new());
        for (place, group) in encoded.enumerate() {
            let known = self.store.recent.get(&group, self.time);
            if known.is_none() {
                places.push(place);
                unread.push(group);
            }
            found.push(known);
        }
        let rows = self.snapshot.multi_get(&unread)?;
        for ((place, group), row) in places.into_iter().zip(unread).zip(rows) {
            let (Some(row), Some(key), Some(found)) = (row, keys.get(place), found.get_mut(place)) else {
                continue;
            };
            debug_assert_eq!(
                table::encode_group::<G::Table>(key).as_deref(),
                Some(group.as_slice()),
                "who changes a row names it",
            );
            let made = Arc::new(make(key, table::decode_glance::<G>(&row)?));
            self.store.recent.put(group, self.time, &made, row.len() * walk::DECODED);
            *found = Some(made);
        }
        Ok(found)
    }

    /// All rows whose keys begin with a prefix, in the order of their keys.
    pub fn scan<T: Table>(
        &self,
        prefix: impl FnOnce(&mut Writer),
    ) -> impl Iterator<Item = Result<(T::Key, T::Row), Error>> {
        let prefix = table::encode_prefix::<T>(prefix);
        decoded::<T>(self.snapshot.scan(&prefix, &prefix))
    }

    /// The keys of those rows.
    pub fn keys<T: Table>(
        &self,
        prefix: impl FnOnce(&mut Writer),
    ) -> impl Iterator<Item = Result<T::Key, Error>> {
        let prefix = table::encode_prefix::<T>(prefix);
        self.snapshot.scan(&prefix, &prefix).map(|entry| table::decode_key::<T>(&entry?.0))
    }

    /// Rows from a key on, as long as their keys begin with a prefix. Both are parts of keys.
    pub fn scan_from<T: Table>(
        &self,
        prefix: impl FnOnce(&mut Writer),
        from: impl FnOnce(&mut Writer),
    ) -> impl Iterator<Item = Result<(T::Key, T::Row), Error>> {
        let (prefix, from) = (table::encode_prefix::<T>(prefix), table::encode_prefix::<T>(from));
        decoded::<T>(self.snapshot.scan(&prefix, &from))
    }

    /// Reads rows here and there: cheaper than a scan for each place.
    pub fn cursor<T: Table>(&self) -> Cursor<'_, T> {
        Cursor::new(self.snapshot.cursor(T::ID, Reading::Again))
    }

    /// The same, for so many rows that what others read again had to leave memory for them.
    pub fn stream<T: Table>(&self) -> Cursor<'_, T> {
        Cursor::new(self.snapshot.cursor(T::ID, Reading::Once))
    }

    /// Reads rows that are asked for in the order of their keys.
    pub fn forward<T: Table>(&self) -> Forward<'_, T> {
        Forward::new(self.cursor())
    }

    /// Reads rows group by group, and holds on to what it made of them.
    pub fn walk<T: Table>(&self) -> Walk<'_, T> {
        Walk::new(self)
    }

    /// All rows after a key, or from the first on.
    pub fn scan_after<T: Table>(
        &self,
        after: Option<&T::Key>,
    ) -> impl Iterator<Item = Result<(T::Key, T::Row), Error>> {
        let from = after.map_or_else(Vec::new, following::<T>);
        decoded::<T>(self.snapshot.scan(&[T::ID], &from))
    }
}

/// Rows of a table, with their keys.
pub type Rows<T> = Vec<(<T as Table>::Key, <T as Table>::Row)>;

/// The first key after one.
fn following<T: Table>(key: &T::Key) -> Vec<u8> {
    let mut from = table::encode_key::<T>(key);
    from.push(0);
    from
}

fn decoded<T: Table>(
    entries: crate::ordered::Scan<'_>,
) -> impl Iterator<Item = Result<(T::Key, T::Row), Error>> {
    entries.map(|entry| {
        let (key, row) = entry?;
        table::decode::<T>((&key, &row))
    })
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View")
    }
}

#[cfg(test)]
mod tests;
