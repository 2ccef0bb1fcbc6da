use std::io;
use std::sync::{Arc, Mutex};

use limpid_model::{Advisory, Enrichment, InputError, PluginFailure, PluginId};
pub use limpid_model::{FeedSource as Source, SourceMode as Mode};

use wasmtime::component::{ComponentExportIndex, Resource};

use crate::LoadError;
use crate::call::{Borrowed, Callee};
use crate::contract::{Exported, intake as wit, types};
use crate::convert::{self, Fields};
use crate::handles::{Drain, Stream};

mod intake;

pub(crate) use intake::Intake;

/// Sources that a run may start from.
const SOURCES: usize = 10_000;

/// The documents of one source, in order.
pub trait Documents: Send {
    /// The next one; none after the last.
    ///
    /// # Errors
    /// It cannot be had. The call of the plugin ends, with the host to blame.
    fn next(&mut self) -> io::Result<Option<Box<dyn Document>>>;
}

/// A fetched file, or a member of a fetched archive, decompressed.
pub trait Document: Send {
    /// Its name.
    fn name(&self) -> &str;
    /// The next bytes, at least one and at most `len`; none at the end.
    ///
    /// # Errors
    /// They cannot be had. The call of the plugin ends, with the host to blame.
    fn read(&mut self, len: usize) -> io::Result<Vec<u8>>;
}

/// Where what a document says goes. Batches come as the plugin hands them out, while it reads; what
/// came before a failure stays with the sink, whose owner decides what becomes of it.
///
/// A sink may call schemes. It must not call `parse`, which may wait for the very call that it
/// serves.
pub trait Sink: Send {
    /// Which source the documents turn out to be, whatever they were handed in as; at most once,
    /// and at any time: what came before belongs to it too.
    fn identify(&mut self, source: String);
    /// Of when the documents say that they are: a date or a time, RFC 3339, by the plugin's word. Where it
    /// is stated more than once, the last holds.
    fn dated(&mut self, when: String);
    /// Advisories. An id may come more than once from one source, each time with more of what is
    /// affected.
    fn advisories(&mut self, batch: Vec<Advisory>);
    /// What is known of vulnerabilities, whoever is affected.
    fn enrichments(&mut self, batch: Vec<Enrichment>);
    /// An advisory that the publisher took back.
    fn withdraw(&mut self, id: String);
    /// A record that could not be used, and why: the plugin stated so, or the host, because a name
    /// in it is empty or too long. The id is shortened where it is the reason.
    fn reject(&mut self, id: String, why: InputError);
    /// More to fetch and parse in this run.
    fn follow(&mut self, source: Source);
}

/// What is known of a plugin that is a feed.
pub(crate) struct FeedRole {
    sources: ComponentExportIndex,
    parse: ComponentExportIndex,
}

/// What `sources` and `parse` take and give: the same in all versions of the contract that are served.
type Cursor<'a> = (Option<&'a str>,);
type Sources = (Vec<wit::Source>,);
type Parsed<'a> = (&'a str, Resource<Stream>, Resource<Drain>);
type Left = (Result<Option<String>, types::Error>,);

impl FeedRole {
    /// Instantiates it once, and holds its functions against the contract.
    pub(crate) fn probe(callee: &Callee) -> Result<Self, LoadError> {
        let exported = Exported::required(callee.instance_pre().component(), "feed")?;
        let role = Self { sources: exported.function("sources")?, parse: exported.function("parse")? };
        callee
            .call("load", Borrowed::default(), |store, instance| {
                instance.get_typed_func::<Cursor<'_>, Sources>(&mut *store, &role.sources)?;
                instance.get_typed_func::<Parsed<'_>, Left>(&mut *store, &role.parse)?;
                Ok(())
            })
            .map_err(LoadError::Probe)?;
        Ok(role)
    }
}

/// A plugin in its role of reading what one publisher publishes. A feed is called by its plugin's
/// name.
#[derive(Clone, Copy)]
pub struct Feed<'a> {
    callee: &'a Callee,
    role: &'a FeedRole,
}

impl<'a> Feed<'a> {
    pub(crate) const fn new(callee: &'a Callee, role: &'a FeedRole) -> Self {
        Self { callee, role }
    }

    /// Which plugin.
    pub const fn plugin(&self) -> &'a PluginId {
        &self.callee.id
    }

    /// The feed's name, which is the plugin's.
    pub fn name(&self) -> &'a str {
        &self.callee.id.name
    }

    /// Where a run starts, given the cursor that the last complete run left.
    ///
    /// # Errors
    /// The plugin failed, or named a source without a name or an address.
    pub fn sources(&self, cursor: Option<&str>) -> Result<Vec<Source>, PluginFailure> {
        self.callee.counted("its sources", "sources", || self.try_sources(cursor))
    }

    fn try_sources(&self, cursor: Option<&str>) -> Result<Vec<Source>, PluginFailure> {
        let (sources,) = self.callee.call("sources", Borrowed::default(), |store, instance| {
            let sources = instance.get_typed_func::<Cursor<'_>, Sources>(&mut *store, &self.role.sources)?;
            sources.call(store, (cursor,))
        })?;
        let violation = |message| self.callee.violation("sources", message);
        if sources.len() > SOURCES {
            let message = format!("names {} sources, over the limit of {SOURCES}", sources.len());
            return Err(violation(message));
        }
        let mut fields = Fields::default();
        let sources = sources.into_iter().map(|source| convert::source(&mut fields, source));
        sources.collect::<Result<_, _>>().map_err(|flaw| violation(flaw.why.to_string()))
    }

    /// Reads one source, and returns the cursor that takes effect when the run is complete.
    ///
    /// The sink is shared, so that its owner has it back, with all that came, however this ends.
    ///
    /// # Errors
    /// The plugin failed or refused, or a document could not be read.
    pub fn parse(
        &self,
        source: &str,
        documents: Box<dyn Documents>,
        sink: Arc<Mutex<dyn Sink>>,
    ) -> Result<Option<String>, PluginFailure> {
        self.callee.counted(source, "parse", || self.try_parse(source, documents, sink))
    }

    fn try_parse(
        &self,
        source: &str,
        documents: Box<dyn Documents>,
        sink: Arc<Mutex<dyn Sink>>,
    ) -> Result<Option<String>, PluginFailure> {
        let intake = Intake::new(documents, sink, self.callee.parse_output_bytes());
        let borrowed = Borrowed { intake: Some(intake), ..Borrowed::default() };
        let (cursor,) = self.callee.call("parse", borrowed, |store, instance| {
            let parse = instance.get_typed_func::<Parsed<'_>, Left>(&mut *store, &self.role.parse)?;
            parse.call(store, (source, Resource::new_borrow(0), Resource::new_borrow(0)))
        })?;
        match cursor {
            Ok(cursor) => convert::cursor(cursor).map_err(|message| self.callee.violation("parse", message)),
            Err(error) => Err(self.callee.refusal("parse", error)),
        }
    }
}
