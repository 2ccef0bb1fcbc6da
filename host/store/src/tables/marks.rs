//! On what all rows of some kind rest, so that nobody has to look through them.

use limpid_model::Digest;
use serde::{Deserialize, Serialize};

use super::values::{DigestBytes, each};
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Its keys are names.
    Marks = 23 "marks", key String;
}

/// Components, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    components: Vec<DigestBytes>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// The row of some components.
    pub fn new(components: Vec<Digest>) -> Self {
        Self { components: each(components) }
    }

    /// The components.
    pub fn into_components(self) -> Vec<Digest> {
        each(self.components)
    }
}
