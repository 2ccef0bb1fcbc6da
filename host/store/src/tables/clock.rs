//! What time it was last.

use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Its one key is [`TOLD`].
    Clock = 67 "clock", key String;
}

/// The key of what the clock of the service told last.
pub const TOLD: &str = "told";

/// The time, in milliseconds since 1970. Times that are stored are none later, but for those at which something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row(pub u64);

impl table::Row for Row {
    const VERSION: u8 = 1;
}
