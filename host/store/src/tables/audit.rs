//! Who changed what over HTTP, or was refused to. Rows are added, and go when they are older than is kept.

use limpid_model::AuditRecord;
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Audit = 62 "audit";

    /// What stands last in time comes first.
    key {
        /// Milliseconds from then until the last that can be counted.
        until_last: u64,
        /// The same of its number among those of that moment.
        number_until_last: u64,
    }
}

impl Key {
    /// Of a moment, in milliseconds since 1970, and a number among those of that moment.
    pub const fn new(time: u64, number: u64) -> Self {
        Self { until_last: u64::MAX - time, number_until_last: u64::MAX - number }
    }

    /// The moment and the number.
    pub const fn position(&self) -> (u64, u64) {
        (u64::MAX - self.until_last, u64::MAX - self.number_until_last)
    }
}

/// What was changed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    who: String,
    token: Option<String>,
    address: Option<String>,
    method: String,
    path: String,
    detail: Option<String>,
    status: u16,
    request: String,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// The key and the row of a record.
    pub fn of(record: AuditRecord) -> (Key, Self) {
        let AuditRecord { time, number, who, token, address, method, path, detail, status, request } = record;
        (Key::new(time, number), Self { who, token, address, method, path, detail, status, request })
    }

    /// The record of a key.
    pub fn into_record(self, key: &Key) -> AuditRecord {
        let Self { who, token, address, method, path, detail, status, request } = self;
        let (time, number) = key.position();
        AuditRecord { time, number, who, token, address, method, path, detail, status, request }
    }
}
