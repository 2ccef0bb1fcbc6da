//! Notices: those that wait for delivery, and those that were delivered or given up.

use limpid_model::{Notice, NoticePosition, NoticeState};
use serde::{Deserialize, Serialize};

use super::announced;
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
    /// What it says.
    pub body: Body,
    /// How far it is.
    pub state: State,
    /// How often its delivery was tried.
    pub attempts: u32,
    /// When it is tried again, or when it was delivered or given up.
    pub when: u64,
    /// Why the last attempt failed.
    pub failure: Option<String>,
}

/// What a notice says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// This, as JSON.
    Own(#[serde(with = "serde_bytes")] Vec<u8>),
    /// What a change says that was announced.
    Announced {
        /// Number of the announcement.
        announcement: u64,
        /// Its place there.
        place: u64,
    },
}

impl Body {
    /// The change that it refers to.
    pub const fn announced(&self) -> Option<announced::Key> {
        match *self {
            Self::Own(_) => None,
            Self::Announced { announcement, place } => Some(announced::Key { announcement, place }),
        }
    }
}

impl From<&announced::Key> for Body {
    fn from(key: &announced::Key) -> Self {
        Self::Announced { announcement: key.announcement, place: key.place }
    }
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let old: BeforeReferences = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        let BeforeReferences { id, at, body, state, attempts, when, failure } = old;
        Some(Self { id, at, body: Body::Own(body), state, attempts, when, failure })
    }
}

/// Version 1.
#[derive(Deserialize)]
struct BeforeReferences {
    id: String,
    at: u64,
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
    state: State,
    attempts: u32,
    when: u64,
    failure: Option<String>,
}

impl Row {
    /// The notice that stands at `key`. `body` is what [`Row::body`] stands for.
    pub fn into_notice(self, key: Key, body: Vec<u8>) -> Notice {
        Notice {
            position: key.into(),
            id: self.id,
            raised: self.at,
            body,
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
