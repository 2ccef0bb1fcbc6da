use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::component::{Resource, ResourceTable};

use super::{Documents, Sink};
use crate::call::{Clock, State};
use crate::contract::{intake, types};
use crate::convert::{self, Fields, Flaw};
use crate::failure::Stop;
use crate::handles::{Drain, OpenDocument, Stream};

/// Documents that a plugin may have open at a time.
const OPEN: usize = 64;

/// Bytes that a plugin is given of a document at once. A read gives what it gives, and the next
/// one goes on; a plugin that asks for 4 GiB is not worth that much of the host's memory.
const READ_BYTES: u32 = 4 << 20;

/// What a call of `parse` is borrowed.
pub(crate) struct Intake {
    documents: Box<dyn Documents>,
    sink: Arc<Mutex<dyn Sink>>,
    open: ResourceTable,
    identified: bool,
    /// Bytes that went into the sink.
    taken: u64,
    limit: u64,
}

impl Intake {
    pub(crate) fn new(documents: Box<dyn Documents>, sink: Arc<Mutex<dyn Sink>>, limit: u64) -> Self {
        let mut open = ResourceTable::new();
        open.set_max_capacity(OPEN);
        Self { documents, sink, open, identified: false, taken: 0, limit }
    }

    /// Counts what crossed over.
    fn take(&mut self, bytes: u64) -> Result<(), Stop> {
        self.taken = self.taken.saturating_add(bytes);
        if self.taken > self.limit {
            return Err(Stop::Output { bytes: self.taken, limit: self.limit });
        }
        Ok(())
    }
}

impl State {
    /// What this call was borrowed, and the clock that stands still while it is used.
    fn intake(&mut self) -> Result<(&mut Intake, &mut Clock), Stop> {
        let intake = self.intake.as_mut();
        let intake = intake.ok_or_else(|| Stop::Contract("used a sink that it was not borrowed".into()))?;
        Ok((intake, &mut self.clock))
    }

    /// Converts what a plugin hands out, and passes on what can be used; what cannot is rejected.
    fn pour<W, M>(
        &mut self,
        batch: Vec<W>,
        mut convert: impl FnMut(&mut Fields, W) -> Result<M, Flaw>,
        pass: impl FnOnce(&mut dyn Sink, Vec<M>),
    ) -> wasmtime::Result<()> {
        let (intake, clock) = self.intake()?;
        let mut fields = Fields::default();
        let mut good = Vec::with_capacity(batch.len());
        let mut flaws = Vec::new();
        for record in batch {
            match convert(&mut fields, record) {
                Ok(record) => good.push(record),
                Err(flaw) => flaws.push(flaw),
            }
        }
        intake.take(fields.bytes())?;
        clock.aside(|| {
            let mut sink = intake.sink.lock().unwrap_or_else(PoisonError::into_inner);
            if !good.is_empty() {
                pass(&mut *sink, good);
            }
            for flaw in flaws {
                sink.reject(flaw.id, flaw.why);
            }
        });
        Ok(())
    }
}

impl intake::Host for State {}

impl intake::HostDocuments for State {
    fn next(&mut self, _documents: Resource<Stream>) -> wasmtime::Result<Option<Resource<OpenDocument>>> {
        let (intake, clock) = self.intake()?;
        let next = clock.aside(|| intake.documents.next());
        let next = next.map_err(|error| Stop::unreadable("the next document".into(), error))?;
        let Some(document) = next else { return Ok(None) };
        let full = |_| Stop::Contract(format!("has more than {OPEN} documents open at a time"));
        Ok(Some(intake.open.push(OpenDocument(document)).map_err(full)?))
    }

    fn drop(&mut self, _documents: Resource<Stream>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl intake::HostDocument for State {
    fn name(&mut self, document: Resource<OpenDocument>) -> wasmtime::Result<String> {
        let (intake, _) = self.intake()?;
        Ok(intake.open.get(&document)?.0.name().to_owned())
    }

    fn read(&mut self, document: Resource<OpenDocument>, len: u32) -> wasmtime::Result<Vec<u8>> {
        let (intake, clock) = self.intake()?;
        let OpenDocument(document) = intake.open.get_mut(&document)?;
        let len = usize::try_from(len.min(READ_BYTES))?;
        let bytes = clock.aside(|| document.read(len));
        Ok(bytes.map_err(|error| Stop::unreadable(document.name().to_owned(), error))?)
    }

    fn drop(&mut self, document: Resource<OpenDocument>) -> wasmtime::Result<()> {
        let (intake, _) = self.intake()?;
        intake.open.delete(document)?;
        Ok(())
    }
}

impl intake::HostSink for State {
    fn identify(&mut self, _sink: Resource<Drain>, source: String) -> wasmtime::Result<()> {
        let (intake, clock) = self.intake()?;
        if std::mem::replace(&mut intake.identified, true) {
            return Err(Stop::Contract("says twice which source it reads".into()).into());
        }
        let source = Fields::default().name("identify.source", source).map_err(Stop::Contract)?;
        clock.aside(|| {
            intake.sink.lock().unwrap_or_else(PoisonError::into_inner).identify(source);
        });
        Ok(())
    }

    fn dated(&mut self, _sink: Resource<Drain>, when: String) -> wasmtime::Result<()> {
        self.pour(vec![when], convert::date, |sink, dates| {
            dates.into_iter().for_each(|when| sink.dated(when));
        })
    }

    fn advisories(&mut self, _sink: Resource<Drain>, batch: Vec<intake::Advisory>) -> wasmtime::Result<()> {
        self.pour(batch, convert::advisory, |sink, batch| sink.advisories(batch))
    }

    fn enrichments(
        &mut self,
        _sink: Resource<Drain>,
        batch: Vec<intake::Enrichment>,
    ) -> wasmtime::Result<()> {
        self.pour(batch, convert::enrichment, |sink, batch| sink.enrichments(batch))
    }

    fn withdraw(&mut self, _sink: Resource<Drain>, id: String) -> wasmtime::Result<()> {
        self.pour(vec![id], convert::withdrawal, |sink, ids| {
            ids.into_iter().for_each(|id| sink.withdraw(id));
        })
    }

    fn reject(&mut self, _sink: Resource<Drain>, id: String, why: types::Error) -> wasmtime::Result<()> {
        self.pour(vec![(id, why)], convert::rejection, |sink, rejections| {
            rejections.into_iter().for_each(|(id, why)| sink.reject(id, why));
        })
    }

    fn follow(&mut self, _sink: Resource<Drain>, source: intake::Source) -> wasmtime::Result<()> {
        self.pour(vec![source], convert::source, |sink, sources| {
            sources.into_iter().for_each(|source| sink.follow(source));
        })
    }

    fn drop(&mut self, _sink: Resource<Drain>) -> wasmtime::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
