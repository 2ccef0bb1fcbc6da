//! Repositories of VEX documents, and how their updates went.

use limpid_model::{VexArchive, VexRepository, VexRepositoryState};
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. Its keys are the names of repositories.
    VexRepositories = 60 "vex_repositories", key String;
}

/// A repository. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    url: String,
    added: u64,
    title: String,
    since: Option<u64>,
    confirmed: Option<u64>,
    next: Option<u64>,
    failures: u32,
    failure: Option<String>,
    documents: u64,
    unread: u64,
    first_unread: Option<String>,
    /// Location, address, `ETag`, `Last-Modified`.
    archive: Option<(String, String, Option<String>, Option<String>)>,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// The repository of that name.
    pub fn into_repository(self, name: String) -> VexRepository {
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let archive = |(location, address, etag, modified)| VexArchive { location, address, etag, modified };
        VexRepository {
            name,
            url: self.url,
            added: self.added,
            state: VexRepositoryState {
                title: self.title,
                since: self.since,
                confirmed: self.confirmed,
                next: self.next,
                failures: self.failures,
                failure: self.failure,
                documents: count(self.documents),
                unread: count(self.unread),
                first_unread: self.first_unread,
                archive: self.archive.map(archive),
            },
        }
    }
}

impl From<VexRepository> for Row {
    fn from(VexRepository { name: _, url, added, state }: VexRepository) -> Self {
        Self {
            url,
            added,
            title: state.title,
            since: state.since,
            confirmed: state.confirmed,
            next: state.next,
            failures: state.failures,
            failure: state.failure,
            documents: state.documents as u64,
            unread: state.unread as u64,
            first_unread: state.first_unread,
            archive: state.archive.map(|it| (it.location, it.address, it.etag, it.modified)),
        }
    }
}
