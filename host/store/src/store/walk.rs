use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Cursor, Rows, View};
use crate::Error;
use crate::groups::Groups;
use crate::key::Writer;
use crate::table::{self, Table};

/// How many bytes a decoded row takes for each byte of it, about: texts on their own, and room in lists.
pub(super) const DECODED: usize = 5;

/// Reads rows of one table group by group, at one moment.
pub struct Walk<'v, T> {
    view: &'v View<'v>,
    /// Made when it is needed for the first time.
    cursor: Option<Cursor<'v, T>>,
    /// None where they are not all known: they are looked for.
    groups: Option<&'v Groups>,
    table: PhantomData<fn() -> T>,
}

impl<'v, T: Table> Walk<'v, T> {
    pub(super) fn new(view: &'v View<'v>) -> Self {
        let groups = view.learned.contains(&T::ID).then_some(&view.store.groups);
        Self { view, cursor: None, groups, table: PhantomData }
    }

    /// What is made of the rows of a group, in the order of their keys; none where it has none. `group`
    /// writes what [`Table::group`] writes of them. What was made of a group is kept for a while,
    /// for all views that see the same: `make` must make the same of the same rows wherever it is called.
    pub fn group<V: Send + Sync + 'static>(
        &mut self,
        group: impl FnOnce(&mut Writer),
        make: impl FnOnce(Rows<T>) -> V,
    ) -> Result<Option<Arc<V>>, Error> {
        let group = table::encode_prefix::<T>(group);
        if self.groups.is_some_and(|groups| !groups.may_hold(&group)) {
            return Ok(None);
        }
        let (recent, time) = (&self.view.store.recent, self.view.time);
        if let Some(known) = recent.get(&group, time) {
            return Ok(Some(known));
        }
        let (rows, bytes) = self.cursor.get_or_insert_with(|| self.view.cursor()).group(&group)?;
        let made = Arc::new(make(rows));
        recent.put(group, time, &made, bytes * DECODED);
        Ok(Some(made))
    }
}

impl<T> fmt::Debug for Walk<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Walk")
    }
}

#[cfg(test)]
mod tests;
