use std::io::{self, Cursor};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use limpid_model::{Advisory, Enrichment, InputError};
use limpid_plugin_sdk::feed::{self as sdk, Feed};
use limpid_plugin_sdk::testing::Collected;
use limpid_runtime::{Document, Documents, Sink, Snapshot, Source};

use super::read;
use crate::comparison::Comparison;

/// A document, and the feed and source that it is of.
pub(super) struct Form {
    pub(super) feed: &'static str,
    pub(super) source: &'static str,
    /// `tracker`, `OVAL`
    pub(super) what: &'static str,
}

/// What a feed makes of a document.
pub(super) fn compare<F: Feed>(
    plugins: &Snapshot,
    form: &Form,
    document: &Path,
    times: usize,
) -> anyhow::Result<Comparison> {
    let content: Arc<[u8]> = read(document)?.into();
    let Form { feed: name, source, what } = *form;
    let feed = plugins.feed(name).with_context(|| format!("there is no feed `{name}`"))?;
    let comparison = Comparison::of(
        format!("{name}: {what} of {} kB", content.len() / 1_000),
        times,
        || {
            let sink = Arc::new(Mutex::new(Kept::default()));
            feed.parse(source, Box::new(Stored(Some(Arc::clone(&content)))), sink.clone())?;
            let kept = std::mem::take(&mut *sink.lock().unwrap_or_else(PoisonError::into_inner));
            if kept.rejected > 0 {
                bail!("{} records were rejected", kept.rejected);
            }
            Ok(kept.advisories)
        },
        || {
            let mut sink = Collected::default();
            F::parse(source, &mut Stored(Some(Arc::clone(&content))), &mut sink)?;
            Ok(sink.advisories)
        },
    )?;
    Ok(comparison.of_bytes(content.len()))
}

/// One document in memory.
struct Stored(Option<Arc<[u8]>>);

impl sdk::Documents for Stored {
    fn next(&mut self) -> Option<sdk::Document> {
        Some(sdk::Document::new("document", Cursor::new(self.0.take()?)))
    }
}

impl Documents for Stored {
    fn next(&mut self) -> io::Result<Option<Box<dyn Document>>> {
        Ok(self.0.take().map(|content| Box::new(Open(Cursor::new(content))) as Box<dyn Document>))
    }
}

struct Open(Cursor<Arc<[u8]>>);

impl Document for Open {
    fn name(&self) -> &str {
        "document"
    }

    fn read(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let content = io::BufRead::fill_buf(&mut self.0)?;
        let bytes = content.get(..len.min(content.len())).unwrap_or_default().to_vec();
        io::BufRead::consume(&mut self.0, bytes.len());
        Ok(bytes)
    }
}

#[derive(Default)]
struct Kept {
    advisories: Vec<Advisory>,
    rejected: usize,
}

impl Sink for Kept {
    fn identify(&mut self, _source: String) {}

    fn dated(&mut self, _when: String) {}

    fn advisories(&mut self, batch: Vec<Advisory>) {
        self.advisories.extend(batch);
    }

    fn enrichments(&mut self, _batch: Vec<Enrichment>) {}

    fn withdraw(&mut self, _id: String) {}

    fn reject(&mut self, _id: String, _why: InputError) {
        self.rejected += 1;
    }

    fn follow(&mut self, _source: Source) {}
}
