//! Tags that watches follow.

use limpid_model::{Digest, WatchedTag};
use serde::{Deserialize, Serialize};

use super::values::DigestBytes;
use crate::define::define_table;
use crate::table;

define_table! {
    /// The table.
    Watched = 46 "watched";

    /// A tag that a watch follows.
    key {
        /// The watch.
        watch: String,
        /// The repository, as its registry calls it.
        repository: String,
        /// The tag.
        tag: String,
    }
}

/// Where a tag pointed when it was last seen. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    digest: DigestBytes,
    since: u64,
    seen: u64,
    gone: Option<u64>,
    made: Option<u64>,
    job: Option<u64>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl From<&WatchedTag> for Row {
    fn from(tag: &WatchedTag) -> Self {
        let WatchedTag { since, seen, gone, made, job, .. } = *tag;
        Self { digest: tag.digest.into(), since, seen, gone, made, job }
    }
}

impl Row {
    /// The tag of a key.
    pub fn into_tag(self, key: Key) -> WatchedTag {
        let Key { repository, tag, .. } = key;
        let Self { since, seen, gone, made, job, .. } = self;
        WatchedTag { repository, tag, digest: Digest::from(self.digest), since, seen, gone, made, job }
    }
}
