//! Which image a manifest describes.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Manifests;

impl table::Table for Manifests {
    const ID: u8 = 2;
    const NAME: &'static str = "manifests";
    type Key = Digest;
    type Row = Row;
}

/// What a manifest digest stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The image.
    pub image: DigestBytes,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}
