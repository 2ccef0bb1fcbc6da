//! Notices refer to the change that they tell of, which is there as long as any of them.

use std::collections::BTreeMap;

use limpid_formats::notice;
use limpid_store::table::Table as _;
use limpid_store::tables::announced::{self, Announced};
use limpid_store::tables::outbox::Body;
use limpid_store::tables::references::{self, References};
use limpid_store::{Batch, View};

use crate::Error;

/// By how much the references to changes become more or fewer in one batch.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<announced::Key, i64>);

impl Counts {
    /// Counts references to a change. One that is counted and has none in the end is removed.
    pub(super) fn change(&mut self, key: announced::Key, by: i64) {
        *self.0.entry(key).or_default() += by;
    }

    /// Counts that a notice is removed.
    pub(super) fn remove(&mut self, body: &Body) {
        if let Some(key) = body.announced() {
            self.change(key, -1);
        }
    }

    /// Adds the counts to a batch. `view` is what was there before.
    pub(super) fn put(self, view: &View<'_>, batch: &mut Batch) -> Result<(), Error> {
        let keys: Vec<_> = self.0.keys().cloned().collect();
        let known = view.multi_get::<References>(&keys)?;
        for ((key, by), known) in self.0.into_iter().zip(known) {
            let count = known.map_or(0, |row| row.count).saturating_add_signed(by);
            if count == 0 {
                batch.delete::<Announced>(&key);
                batch.delete::<References>(&key);
            } else {
                batch.put::<References>(&key, &references::Row { count })?;
            }
        }
        Ok(())
    }
}

/// What a notice says to a subscription, as JSON.
pub(super) fn read(view: &View<'_>, body: Body, subscription: &str) -> Result<Vec<u8>, Error> {
    let key = match body {
        Body::Own(body) => return Ok(body),
        Body::Announced { announcement, place } => announced::Key { announcement, place },
    };
    let change = view.get::<Announced>(&key)?.ok_or_else(|| limpid_store::Error::Corrupt {
        table: Announced::NAME,
        what: "row",
        why: format!("change {} of announcement {} is gone", key.place, key.announcement),
    })?;
    let undecided = change.undecided.iter().find(|(name, _)| name == subscription);
    let Some((_, why)) = undecided else { return Ok(change.body) };
    let body = notice::undecided(&change.body, why).map_err(|error| limpid_store::Error::Corrupt {
        table: Announced::NAME,
        what: "row",
        why: error.to_string(),
    })?;
    Ok(body)
}
