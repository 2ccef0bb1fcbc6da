use std::sync::{Arc, Mutex};

use limpid_model::{PluginFailure, PluginId};
use limpid_runtime::{Documents, Feed, Sink, Source};

/// Who reads the documents of a feed: its plugin, or whatever a test puts in its place.
pub(crate) trait Parser: Sync {
    /// The feed's name.
    fn name(&self) -> &str;
    /// Which plugin.
    fn plugin(&self) -> &PluginId;
    /// As [`Feed::sources`].
    fn sources(&self, cursor: Option<&str>) -> Result<Vec<Source>, PluginFailure>;
    /// As [`Feed::parse`].
    fn parse(
        &self,
        source: &str,
        documents: Box<dyn Documents>,
        sink: Arc<Mutex<dyn Sink>>,
    ) -> Result<Option<String>, PluginFailure>;
}

impl Parser for Feed<'_> {
    fn name(&self) -> &str {
        Feed::name(self)
    }

    fn plugin(&self) -> &PluginId {
        Feed::plugin(self)
    }

    fn sources(&self, cursor: Option<&str>) -> Result<Vec<Source>, PluginFailure> {
        Feed::sources(self, cursor)
    }

    fn parse(
        &self,
        source: &str,
        documents: Box<dyn Documents>,
        sink: Arc<Mutex<dyn Sink>>,
    ) -> Result<Option<String>, PluginFailure> {
        Feed::parse(self, source, documents, sink)
    }
}
