//! What of registries is followed.

use limpid_model::{Page, Watch, WatchSpec, WatchState, WatchedPosition, WatchedTag};

use crate::watched;
use crate::{Error, Scanner};

impl Scanner {
    /// All watches, by name, and how their listings go.
    ///
    /// # Errors
    /// The store fails.
    pub fn watch_states(&self) -> Result<Vec<WatchState>, Error> {
        watched::states(self.store(), &self.0.listing)
    }

    /// A watch, and how its listings go.
    ///
    /// # Errors
    /// [`Error::NoWatch`] where there is none of that name.
    pub fn watch_state(&self, name: &str) -> Result<WatchState, Error> {
        watched::state(self.store(), &self.0.listing, name)
    }

    /// Tags that a watch follows, from the one after `after` on, `limit` at most.
    ///
    /// # Errors
    /// [`Error::NoWatch`] where there is none of that name.
    pub fn watched_tags(
        &self,
        name: &str,
        after: Option<&WatchedPosition>,
        limit: usize,
    ) -> Result<Page<WatchedTag, WatchedPosition>, Error> {
        watched::tags(self.store(), name, after, limit)
    }

    /// Makes a watch, or changes the one of that name. Its registry is listed at once, where it is another watch than
    /// before.
    ///
    /// # Errors
    /// [`Error::Watch`] where it makes no sense.
    pub fn put_watch(&self, name: &str, spec: WatchSpec) -> Result<Watch, Error> {
        watched::put(self.writers(), &self.settings().clock, name, spec)
    }

    /// Removes a watch. The images that it brought stay.
    ///
    /// # Errors
    /// [`Error::NoWatch`] where there is none of that name.
    pub fn remove_watch(&self, name: &str) -> Result<(), Error> {
        watched::remove(self.writers(), name)
    }

    /// Lets the registry of a watch be listed at once, and what was refused of it be submitted again.
    ///
    /// # Errors
    /// [`Error::NoWatch`] where there is none of that name.
    pub fn list_watch(&self, name: &str) -> Result<(), Error> {
        watched::list_now(self.writers(), name)
    }
}
