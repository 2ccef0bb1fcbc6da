use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Write};

use limpid_store::View;
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::fetches::{self, Fetches};
use limpid_store::tables::runs::Runs;
use limpid_store::tables::sources::{self, Sources};

use super::manifest::{self, Manifest, Missing};
use super::{DOCUMENTS, MANIFEST};
use crate::Error;
use crate::ingest::Ingest;
use crate::ingest::{self, Document, Kept};
use crate::plugins::no_feed;

/// How hard zstd tries: most documents are compressed already.
const LEVEL: i32 = 3;

/// What is in a bundle that was made.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The feeds in it.
    pub feeds: Vec<ExportedFeed>,
}

/// A feed in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFeed {
    /// Its name.
    pub feed: String,
    /// Its revision here.
    pub revision: u64,
    /// How many sources are in the bundle.
    pub sources: u64,
    /// How many documents they are read from.
    pub documents: u64,
    /// Sources that are not in it, and why.
    pub missing: Vec<(String, String)>,
}

impl Ingest<'_> {
    /// Writes a bundle of some feeds, or of all of which something is stored, from one view of the store.
    ///
    /// # Errors
    /// [`Error::NoFeed`] where one is named of which nothing is stored and that nobody reads, and where
    /// the file cannot be written.
    pub(crate) fn export(&self, feeds: &[String], to: &File) -> Result<Exported, Error> {
        let view = self.store.view();
        let mut names: BTreeSet<String> = feeds.iter().cloned().collect();
        if feeds.is_empty() {
            for row in view.scan::<Sources>(|_| ()) {
                names.insert(row?.0.feed);
            }
        }
        let feeds: Vec<_> =
            names.into_iter().map(|name| self.described(&view, name)).collect::<Result<_, _>>()?;
        let exported = feeds.iter().map(ExportedFeed::from).collect();
        let manifest = Manifest::new(self.settings.clock.now(), feeds);
        self.write_bundle(&view, &manifest, to)?;
        Ok(Exported { feeds: exported })
    }

    fn described(&self, view: &View<'_>, name: String) -> Result<manifest::Feed, Error> {
        let feed = view.get::<Feeds>(&name)?;
        if feed.is_none() && self.registry.snapshot().feed(&name).is_none() {
            return Err(no_feed(&self.registry.snapshot(), &name));
        }
        let runs = view.get::<Runs>(&name)?.unwrap_or_default();
        let rows = view.scan::<Sources>(|key| {
            key.text(&name);
        });
        let (mut sources, mut missing) = (Vec::new(), Vec::new());
        for row in rows {
            let key = row?.0;
            let fetched = view.get::<Fetches>(&key)?.unwrap_or_default();
            let kept = ingest::kept(self.settings, view, &key)?;
            if kept.whole.is_none() && kept.deltas.is_empty() {
                let why = "its document is not kept: fetch it once more".to_owned();
                missing.push(Missing { source: key.source, why });
            } else {
                sources.push(source(key, fetched, &kept));
            }
        }
        Ok(manifest::Feed {
            revision: feed.map_or(0, |row| row.revision),
            cursor: runs.cursor,
            complete: runs.last_complete,
            name,
            sources,
            missing,
        })
    }

    fn write_bundle(&self, view: &View<'_>, manifest: &Manifest, to: &File) -> Result<(), Error> {
        let failed = |source| Error::Host { what: "the bundle cannot be written".to_owned(), source };
        let encoder = zstd::Encoder::new(to, LEVEL).map_err(failed)?;
        let mut bundle = tar::Builder::new(encoder);
        let text = serde_json::to_vec_pretty(manifest).map_err(|error| failed(error.into()))?;
        append(&mut bundle, MANIFEST, text.len() as u64, text.as_slice()).map_err(failed)?;
        let mut written = BTreeSet::new();
        for feed in &manifest.feeds {
            for source in &feed.sources {
                let key = sources::Key { feed: feed.name.clone(), source: source.name.clone() };
                // Once more, since there may be more documents than room for all of them at a time.
                let Kept { whole, deltas } = ingest::kept(self.settings, view, &key)?;
                for Document { file, digest, .. } in whole.iter().chain(&deltas) {
                    if written.insert(*digest) {
                        let name = format!("{DOCUMENTS}{}", digest.hex());
                        append(&mut bundle, &name, file.len(), file.reader()).map_err(failed)?;
                    }
                }
            }
        }
        let encoder = bundle.into_inner().map_err(failed)?;
        encoder.finish().and_then(|mut file| file.flush()).map_err(failed)
    }
}

/// Appends a member.
pub(super) fn append(
    bundle: &mut tar::Builder<impl Write>,
    name: &str,
    size: u64,
    bytes: impl Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o644);
    bundle.append_data(&mut header, name, bytes)
}

fn source(key: sources::Key, fetched: fetches::Row, kept: &Kept) -> manifest::Source {
    manifest::Source {
        name: key.source,
        address: fetched.address,
        etag: fetched.etag,
        modified: fetched.modified,
        fetched: fetched.fetched,
        confirmed: fetched.confirmed,
        document: kept.whole.as_ref().map(document),
        changes: kept.deltas.iter().map(document).collect(),
        initial: fetched.changes.initial,
    }
}

fn document(document: &Document) -> manifest::Document {
    manifest::Document { name: document.name.clone(), size: document.file.len(), digest: document.digest }
}

impl From<&manifest::Feed> for ExportedFeed {
    fn from(feed: &manifest::Feed) -> Self {
        let documents = feed.sources.iter().map(|source| source.documents().count() as u64).sum();
        Self {
            feed: feed.name.clone(),
            revision: feed.revision,
            sources: feed.sources.len() as u64,
            documents,
            missing: feed.missing.iter().map(|it| (it.source.clone(), it.why.clone())).collect(),
        }
    }
}
