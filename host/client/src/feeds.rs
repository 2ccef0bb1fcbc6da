use std::fs::File;
use std::io::Write;
use std::time::Duration;

use crate::api::{Feed, Feeds, Imported, Ingested, Removed, Run, Sources};
use crate::{Client, Error, encoded};

/// How long the service is waited for that ingests what it was sent, before it answers.
const INGESTING: Duration = Duration::from_secs(5);

impl Client {
    /// The feeds, and what is kept of each.
    ///
    /// # Errors
    /// The service refuses.
    pub fn feeds(&self) -> Result<Feeds, Error> {
        self.get("/v1/feeds")
    }

    /// One feed.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn feed(&self, name: &str) -> Result<Feed, Error> {
        self.get(&format!("/v1/feeds/{}", encoded(name)))
    }

    /// A page of the sources of a feed; `after` is `next` of the page before.
    ///
    /// # Errors
    /// There is no feed of that name.
    pub fn sources(&self, feed: &str, after: Option<&str>) -> Result<Sources, Error> {
        let after = after.map(|after| format!("?after={}", encoded(after))).unwrap_or_default();
        self.get(&format!("/v1/feeds/{}/sources{after}", encoded(feed)))
    }

    /// Fetches a feed, and waits for so long: none where it goes on. `force` fetches what has not changed, too.
    ///
    /// # Errors
    /// There is none of that name, or not all of it is in.
    pub fn update_feed(&self, name: &str, force: bool, wait: Duration) -> Result<Option<Run>, Error> {
        self.done(&format!("/v1/feeds/{}/update?force={force}", encoded(name)), wait)
    }

    /// Ingests a document of a publisher; `name` is that of its file, `source` the source that it is, where its
    /// content does not tell.
    ///
    /// # Errors
    /// The document cannot be read or used.
    pub fn ingest(
        &self,
        feed: &str,
        name: &str,
        source: Option<&str>,
        force: bool,
        document: File,
    ) -> Result<Ingested, Error> {
        let source = source.map(|source| format!("&source={}", encoded(source))).unwrap_or_default();
        let (feed, name) = (encoded(feed), encoded(name));
        let path = format!("/v1/feeds/{feed}/documents?name={name}&force={force}{source}");
        self.upload(&path, document, INGESTING)
    }

    /// Takes back all that a source of a feed stated.
    ///
    /// # Errors
    /// There is none.
    pub fn remove_source(&self, feed: &str, source: &str) -> Result<Removed, Error> {
        self.delete(&format!("/v1/feeds/{}/sources/{}", encoded(feed), encoded(source)))
    }

    /// Writes a bundle of the kept documents of these feeds, or of all where none is named. Returns its length.
    ///
    /// # Errors
    /// There is no such feed, or the bundle cannot be written.
    pub fn export(&self, feeds: &[String], to: &mut impl Write) -> Result<u64, Error> {
        let feeds: Vec<_> = feeds.iter().map(|feed| encoded(feed).to_string()).collect();
        self.download(&format!("/v1/bundle?feeds={}", feeds.join(",")), to)
    }

    /// Ingests a bundle.
    ///
    /// # Errors
    /// It is none, or is not trusted.
    pub fn import(&self, bundle: File, force: bool) -> Result<Imported, Error> {
        self.upload(&format!("/v1/bundle?force={force}"), bundle, INGESTING)
    }
}
