//! When tokens were used last.

use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. A key is that of a token.
    TokenUses = 64 "token_uses", key String;
}

/// When it was used last, to a minute, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row(pub u64);

impl table::Row for Row {
    const VERSION: u8 = 1;
}
