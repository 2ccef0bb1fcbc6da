use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use limpid_model::{Advisory, Enrichment, InputError};
use limpid_scanner::runtime::{self, Feed, Source};

use super::detector::refusal;
use super::documents::Documents;

/// What a feed says of documents, in its order.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) identified: Option<String>,
    pub(super) dated: Option<String>,
    pub(super) cursor: Option<String>,
    pub(super) advisories: Vec<Advisory>,
    pub(super) enrichments: Vec<Enrichment>,
    pub(super) withdrawn: Vec<String>,
    pub(super) rejected: Vec<(String, InputError)>,
    pub(super) followed: Vec<Source>,
    /// Why it refused all of them.
    pub(super) refused: Option<String>,
}

/// Gives a feed the documents of a folder as those of one source.
pub(super) fn run(feed: Feed<'_>, input: &Path, source: Option<&str>) -> anyhow::Result<Output> {
    let documents = Documents::of(input)?;
    let first = documents.first().context("`input/` holds no document")?.to_owned();
    let sink = Arc::new(Mutex::new(Output::default()));
    let parsed = feed.parse(source.unwrap_or(&first), Box::new(documents), sink.clone());
    let mut message = std::mem::take(&mut *sink.lock().unwrap_or_else(PoisonError::into_inner));
    match parsed {
        Ok(cursor) => message.cursor = cursor,
        Err(failure) => message.refused = Some(refusal(failure)?),
    }
    Ok(message)
}

impl runtime::Sink for Output {
    fn identify(&mut self, source: String) {
        self.identified = Some(source);
    }

    fn dated(&mut self, when: String) {
        self.dated = Some(when);
    }

    fn advisories(&mut self, batch: Vec<Advisory>) {
        self.advisories.extend(batch);
    }

    fn enrichments(&mut self, batch: Vec<Enrichment>) {
        self.enrichments.extend(batch);
    }

    fn withdraw(&mut self, id: String) {
        self.withdrawn.push(id);
    }

    fn reject(&mut self, id: String, why: InputError) {
        self.rejected.push((id, why));
    }

    fn follow(&mut self, source: Source) {
        self.followed.push(source);
    }
}
