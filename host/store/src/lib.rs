//! The store: typed tables over ordered keys.
//!
//! This crate owns how things are kept: which tables there are ([`tables`]), how their keys encode
//! to bytes that order as the keys do ([`key`]), how their rows are versioned ([`table`]), and the
//! small set of operations on ordered keys on which all of it stands (`ordered`). Only
//! `ordered/rocks.rs` names RocksDB. It knows no plugin, no archive, no HTTP, and decides nothing:
//! what belongs together into one batch is the caller's to say.
//!
//! A batch is the unit of truth: it is there whole, on disk, or not at all. A view is a moment:
//! whatever is written meanwhile, it does not change.
//!
//! ```
//! use limpid_model::Digest;
//! use limpid_store::{Batch, Store};
//! use limpid_store::tables::manifests;
//!
//! let store = Store::in_memory();
//! let (manifest, image) = (Digest::of(b"manifest"), Digest::of(b"config"));
//! let mut batch = Batch::default();
//! batch.put::<manifests::Manifests>(&manifest, &manifests::Row::of(image.into()))?;
//! store.commit(batch)?;
//! let row = store.view().get::<manifests::Manifests>(&manifest)?;
//! assert_eq!(row.map(|row| Digest::from(row.image)), Some(image));
//! # Ok::<(), limpid_store::Error>(())
//! ```

mod define;
mod error;
mod groups;
pub mod key;
mod ordered;
mod recent;
mod store;
pub mod table;
pub mod tables;

pub use error::{EngineError, Error};
pub use ordered::{Settings, Sizes};
pub use store::{
    Batch, Checked, CheckedTable, Cursor, Follower, Forward, Problem, Rows, Store, View, Walk, Written,
};
pub use table::Packed;
