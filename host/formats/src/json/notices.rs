use limpid_model::{Notice as Raised, NoticePosition, NoticeState, Page};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::words::NoticeStateWord;
use super::{Word, time};

/// Notices.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Notices {
    /// By subscription and number.
    pub notices: Vec<Notice>,
    /// Where the next page begins. There may be one even where this page is not full.
    #[schema(required)]
    pub next: Option<String>,
}

/// A notice, and how far its delivery is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = StoredNotice)]
pub struct Notice {
    /// Whose it is.
    pub subscription: String,
    /// Its number there.
    pub number: u64,
    /// Its identifier, the same at each attempt.
    pub id: String,
    /// When it was raised.
    pub raised: String,
    /// `pending`, `delivered` or `dead`.
    #[schema(inline, value_type = NoticeStateWord)]
    pub state: Word,
    /// How often its delivery was tried.
    pub attempts: u32,
    /// When it is tried again.
    #[schema(required)]
    pub next_attempt: Option<String>,
    /// When it was delivered or given up.
    #[schema(required)]
    pub ended: Option<String>,
    /// Why the last attempt failed.
    #[schema(required)]
    pub failure: Option<String>,
    /// What it says.
    #[schema(value_type = Object)]
    pub payload: Value,
}

/// How many notices are sent again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Replayed {
    /// That many.
    pub replayed: u64,
}

impl From<Raised> for Notice {
    fn from(notice: Raised) -> Self {
        let when = time(notice.when);
        let (next_attempt, ended) = match notice.state {
            NoticeState::Pending => (Some(when), None),
            NoticeState::Delivered | NoticeState::Dead => (None, Some(when)),
        };
        Self {
            subscription: notice.position.subscription,
            number: notice.position.number,
            id: notice.id,
            raised: time(notice.raised),
            state: notice.state.as_str().into(),
            attempts: notice.attempts,
            next_attempt,
            ended,
            failure: notice.failure,
            payload: serde_json::from_slice(&notice.body).unwrap_or_default(),
        }
    }
}

impl From<Page<Raised, NoticePosition>> for Notices {
    fn from(page: Page<Raised, NoticePosition>) -> Self {
        Self {
            notices: page.items.into_iter().map(Notice::from).collect(),
            next: page.next.map(|key| format!("{}/{}", key.subscription, key.number)),
        }
    }
}
