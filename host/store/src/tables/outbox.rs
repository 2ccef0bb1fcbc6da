//! Notices: those that wait for delivery, and those that were delivered or given up.

use serde::{Deserialize, Serialize};

use crate::key::{self, Reader, Writer};
use crate::table;

/// The table.
#[derive(Debug)]
pub struct Outbox;

impl table::Table for Outbox {
    const ID: u8 = 31;
    const NAME: &'static str = "outbox";
    type Key = Key;
    type Row = Row;
}

/// A notice of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Name of the subscription.
    pub subscription: String,
    /// Grows with each notice.
    pub number: u64,
}

impl key::Key for Key {
    fn encode(&self, out: &mut Writer) {
        out.text(&self.subscription).number(self.number);
    }

    fn decode(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { subscription: from.text()?, number: from.number()? })
    }
}

/// A notice. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its identifier, the same at each attempt.
    pub id: String,
    /// When what it tells came to be known.
    pub at: u64,
    /// What it says, as JSON.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// How far it is.
    pub state: State,
    /// How often its delivery was tried.
    pub attempts: u32,
    /// When it is tried again, or when it was delivered or given up.
    pub when: u64,
    /// Why the last attempt failed.
    pub failure: Option<String>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

/// How far a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// It waits.
    Pending,
    /// Its receiver has acknowledged it.
    Delivered,
    /// Nobody took it.
    Dead,
}
