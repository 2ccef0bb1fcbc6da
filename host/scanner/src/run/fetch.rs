use std::fs::File;

use limpid_fetch::{DocumentFetcher, Error, FetchedDocument, Validators};

/// Who fetches documents: the client of HTTP, or whatever a test puts in its place.
pub(super) trait Fetch: Sync {
    /// As [`DocumentFetcher::fetch`].
    fn fetch(
        &self,
        url: &str,
        known: Option<&Validators>,
        file: &File,
        came: &dyn Fn(u64),
    ) -> Result<FetchedDocument, Error>;
}

impl Fetch for DocumentFetcher {
    fn fetch(
        &self,
        url: &str,
        known: Option<&Validators>,
        file: &File,
        came: &dyn Fn(u64),
    ) -> Result<FetchedDocument, Error> {
        DocumentFetcher::fetch(self, url, known, file, came)
    }
}
