use std::marker::PhantomData;
use std::mem;

use super::{
    Advisory, Affected, Bound, Document, Documents, Enrichment, Feed, Mode, Range, Rating, Sink, Source,
    Status,
};
use crate::Error;
use crate::bindings::{feed_role as role, intake, types};
use crate::chunks::{ChunkReader, Chunks};
use crate::log;

/// A [`Feed`] as the contract wants it; what [`export_feed!`](crate::export_feed) exports.
#[doc(hidden)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Feed + 'static> role::Guest for Exported<T> {
    fn sources(cursor: Option<String>) -> Vec<intake::Source> {
        log::report_panics();
        T::sources(cursor).into_iter().map(Into::into).collect()
    }

    fn parse(
        source: String,
        input: &intake::Documents,
        into: &intake::Sink,
    ) -> Result<Option<String>, types::Error> {
        log::report_panics();
        let mut sink = HostSink::new(into);
        let cursor = T::parse(&source, &mut HostDocuments(input), &mut sink);
        sink.flush();
        Ok(cursor?)
    }
}

struct HostDocuments<'a>(&'a intake::Documents);

impl Documents for HostDocuments<'_> {
    fn next(&mut self) -> Option<Document> {
        let document = self.0.next()?;
        let name = document.name();
        Some(Document::new(name, ChunkReader::new(document)))
    }
}

impl Chunks for intake::Document {
    fn read(&mut self, _offset: u64, len: u32) -> Vec<u8> {
        intake::Document::read(self, len)
    }
}

/// Hands records to the host in batches, in the order in which they came.
struct HostSink<'a> {
    host: &'a intake::Sink,
    advisories: Vec<intake::Advisory>,
    enrichments: Vec<intake::Enrichment>,
    /// Roughly how many bytes the batch holds.
    weight: usize,
}

impl<'a> HostSink<'a> {
    /// A batch is handed on when it holds this many bytes, roughly: large enough that calls cost
    /// nothing beside their content, small enough to stay far below any limit on memory.
    const BATCH: usize = 512 * 1024;

    fn new(host: &'a intake::Sink) -> Self {
        Self { host, advisories: Vec::new(), enrichments: Vec::new(), weight: 0 }
    }

    fn flush(&mut self) {
        self.weight = 0;
        if !self.advisories.is_empty() {
            self.host.advisories(&mem::take(&mut self.advisories));
        }
        if !self.enrichments.is_empty() {
            self.host.enrichments(&mem::take(&mut self.enrichments));
        }
    }

    fn weigh(&mut self, bytes: usize) {
        self.weight += bytes;
        if self.weight >= Self::BATCH {
            self.flush();
        }
    }
}

impl Sink for HostSink<'_> {
    fn identify(&mut self, source: &str) {
        self.host.identify(source);
    }

    fn dated(&mut self, when: &str) {
        self.host.dated(when);
    }

    fn advisory(&mut self, advisory: Advisory) {
        let affected: usize =
            advisory.affected.iter().map(|one| 256 + 32 * (one.ranges.len() + one.versions.len())).sum();
        let bytes = 512 + advisory.details.len() + affected;
        self.advisories.push(advisory.into());
        self.weigh(bytes);
    }

    fn enrichment(&mut self, enrichment: Enrichment) {
        let bytes = 128 * (1 + enrichment.ratings.len() + enrichment.facts.len());
        self.enrichments.push(enrichment.into());
        self.weigh(bytes);
    }

    fn withdraw(&mut self, id: &str) {
        self.flush();
        self.host.withdraw(id);
    }

    fn reject(&mut self, id: &str, why: Error) {
        self.host.reject(id, &why.into());
    }

    fn follow(&mut self, source: Source) {
        self.host.follow(&source.into());
    }
}

impl From<Source> for intake::Source {
    fn from(source: Source) -> Self {
        Self {
            name: source.name,
            url: source.url,
            mode: match source.mode {
                Mode::Whole => intake::Mode::Whole,
                Mode::Delta => intake::Mode::Delta,
            },
        }
    }
}

impl From<Advisory> for intake::Advisory {
    fn from(advisory: Advisory) -> Self {
        Self {
            id: advisory.id,
            aliases: advisory.aliases,
            title: advisory.title,
            details: advisory.details,
            ratings: advisory.ratings.into_iter().map(Into::into).collect(),
            weaknesses: advisory.weaknesses,
            references: advisory.references,
            published: advisory.published,
            modified: advisory.modified,
            withdrawn: advisory.withdrawn,
            affected: advisory.affected.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Affected> for intake::Affected {
    fn from(affected: Affected) -> Self {
        Self {
            namespace: affected.namespace,
            name: affected.name,
            source: affected.source,
            scheme: affected.scheme,
            status: affected.status.into(),
            ranges: affected.ranges.into_iter().map(Into::into).collect(),
            versions: affected.versions,
            symbols: affected.symbols,
            requires: affected.requires,
            ratings: affected.ratings.into_iter().map(Into::into).collect(),
            note: affected.note,
        }
    }
}

impl From<Status> for intake::Status {
    fn from(status: Status) -> Self {
        match status {
            Status::Affected => Self::Affected,
            Status::Fixed => Self::Fixed,
            Status::NotAffected => Self::NotAffected,
            Status::UnderInvestigation => Self::UnderInvestigation,
            Status::WontFix => Self::WontFix,
            Status::FixDeferred => Self::FixDeferred,
            Status::EndOfLife => Self::EndOfLife,
        }
    }
}

impl From<Range> for intake::Range {
    fn from(range: Range) -> Self {
        Self {
            introduced: range.introduced,
            until: range.until.map(|bound| match bound {
                Bound::Excluding(version) => intake::Bound::Excluding(version),
                Bound::Including(version) => intake::Bound::Including(version),
                Bound::Limit(version) => intake::Bound::Limit(version),
            }),
        }
    }
}

impl From<Rating> for intake::Rating {
    fn from(rating: Rating) -> Self {
        Self { system: rating.system, value: rating.value, score: rating.score }
    }
}

impl From<Enrichment> for intake::Enrichment {
    fn from(enrichment: Enrichment) -> Self {
        Self {
            id: enrichment.id,
            kind: enrichment.kind,
            ratings: enrichment.ratings.into_iter().map(Into::into).collect(),
            facts: enrichment.facts,
        }
    }
}
