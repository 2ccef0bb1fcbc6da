//! Tags that watches follow.

use limpid_model::{Digest, SeenAttached, WatchedTag};
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

/// Where a tag pointed when it was last seen, and what was attached there. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pointed: Pointed,
    attached: Vec<(String, DigestBytes)>,
    asked: Option<u64>,
}

impl table::Row for Row {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, fields: &[u8]) -> Option<Self> {
        let pointed = (version == 1).then(|| postcard::from_bytes(fields).ok()).flatten()?;
        Some(Self { pointed, attached: Vec::new(), asked: None })
    }
}

/// Where it pointed: version 1 had nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pointed {
    digest: DigestBytes,
    since: u64,
    seen: u64,
    gone: Option<u64>,
    made: Option<u64>,
    job: Option<u64>,
}

impl From<&WatchedTag> for Row {
    fn from(tag: &WatchedTag) -> Self {
        let WatchedTag { since, seen, gone, made, job, asked, .. } = *tag;
        let attached = tag.attached.iter().map(|it| (it.place.clone(), it.digest.into())).collect();
        let pointed = Pointed { digest: tag.digest.into(), since, seen, gone, made, job };
        Self { pointed, attached, asked }
    }
}

impl Row {
    /// The tag of a key.
    pub fn into_tag(self, key: Key) -> WatchedTag {
        let Key { repository, tag, .. } = key;
        let Self { pointed: Pointed { digest, since, seen, gone, made, job }, attached, asked } = self;
        let attached =
            attached.into_iter().map(|(place, digest)| SeenAttached { place, digest: digest.into() });
        WatchedTag {
            repository,
            tag,
            digest: Digest::from(digest),
            since,
            seen,
            gone,
            made,
            job,
            attached: attached.collect(),
            asked,
        }
    }
}
