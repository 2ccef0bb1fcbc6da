//! Notices: those that wait for delivery, and those that were delivered or given up.

use limpid_model::{Notice, NoticePosition, NoticeState};
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Outbox = 31 "outbox";

    /// A notice of a subscription.
    key {
        /// Name of the subscription.
        subscription: String,
        /// Grows with each notice.
        number: u64,
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

impl Row {
    /// The notice that stands at `key`.
    pub fn into_notice(self, key: Key) -> Notice {
        Notice {
            position: key.into(),
            id: self.id,
            raised: self.at,
            body: self.body,
            state: self.state.into(),
            attempts: self.attempts,
            when: self.when,
            failure: self.failure,
        }
    }
}

impl From<Key> for NoticePosition {
    fn from(key: Key) -> Self {
        Self { subscription: key.subscription, number: key.number }
    }
}

impl From<&NoticePosition> for Key {
    fn from(position: &NoticePosition) -> Self {
        Self { subscription: position.subscription.clone(), number: position.number }
    }
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

impl From<State> for NoticeState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Delivered => Self::Delivered,
            State::Dead => Self::Dead,
        }
    }
}
