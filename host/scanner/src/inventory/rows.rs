use std::ops::ControlFlow;

use limpid_model::Digest;
use limpid_store::key::{Key as _, Writer};
use limpid_store::tables::inventory::{self, Inventory};
use limpid_store::{Cursor, View};

use crate::Error;

/// A package in the inventory, under whichever of its names it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) diff_id: Digest,
    pub(crate) component: Digest,
    number: u64,
}

impl Place {
    pub(super) const fn of(key: &inventory::Key) -> Self {
        Self { diff_id: key.diff_id, component: key.component, number: key.place }
    }
}

/// Where a visit goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Go {
    /// With the next row.
    On,
    /// Behind all rows of this name and version.
    ToNextVersion,
    /// Nowhere.
    Stop,
}

/// Some rows of the inventory.
pub(crate) trait Rows {
    /// Visits them in the order of their keys, from one on.
    fn visit(
        &self,
        view: &View<'_>,
        from: Option<&inventory::Key>,
        visit: impl FnMut(inventory::Key, inventory::Row) -> Result<Go, Error>,
    ) -> Result<(), Error>;

    /// Whether the row of a key is one of them.
    fn has(&self, key: &inventory::Key) -> bool;
}

/// Versions that lie side by side, as keys. Where it ends exactly is for the judge to say: the last one
/// is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    pub(crate) from: Option<&'a [u8]>,
    pub(crate) until: Option<&'a [u8]>,
}

impl Part<'_> {
    pub(crate) fn has(&self, key: &[u8]) -> bool {
        self.from.is_none_or(|from| from <= key) && self.until.is_none_or(|until| key <= until)
    }
}

/// Visits the rows whose keys begin with a prefix, of some versions where that ends with the component that orders
/// them, from a key on.
pub(crate) fn stretch(
    rows: &mut Cursor<'_, Inventory>,
    from: Option<&inventory::Key>,
    part: Option<Part<'_>>,
    prefix: impl Fn(&mut Writer),
    visit: &mut impl FnMut(inventory::Key, inventory::Row) -> Result<Go, Error>,
) -> Result<ControlFlow<()>, Error> {
    let encoded = |write: &dyn Fn(&mut Writer)| {
        let mut key = Writer::default();
        write(&mut key);
        key.finish()
    };
    let mut start = encoded(&|key| {
        prefix(key);
        if let Some(from) = part.and_then(|part| part.from) {
            key.bytes(from);
        }
    });
    if let Some(from) = from {
        start = start.max(encoded(&|key| from.encode(key)));
    }
    loop {
        let mut next = None;
        for row in rows.scan_from(&prefix, |key| {
            key.fixed(&start);
        }) {
            let (key, row) = row?;
            if part.and_then(|part| part.until).is_some_and(|until| key.version.as_slice() > until) {
                break;
            }
            let version = (key.scheme, key.version.clone());
            match visit(key, row)? {
                Go::On => {}
                Go::ToNextVersion => {
                    next = Some(version);
                    break;
                }
                Go::Stop => return Ok(ControlFlow::Break(())),
            }
        }
        let Some((scheme, mut version)) = next else { return Ok(ControlFlow::Continue(())) };
        // The first that sorts behind it.
        version.push(0);
        start = encoded(&|key| {
            prefix(key);
            if part.is_none() {
                scheme.encode(key);
            }
            key.bytes(&version);
        });
    }
}
