//! The contract as of 0.1.0, which plugins of that time import and export for ever: what differs is told in
//! the words of the newest version here, and nowhere else. What those plugins are given is the same.

use wasmtime::Result;
use wasmtime::component::{ComponentType, HasSelf, Lift, Linker, Resource};

use super::report::{Fact, Finding, Ownership, Package};
use super::{Packed, intake as newest_intake, layer as newest_layer, log as newest_log, types as newest};
use crate::call::State;
use crate::handles::{Drain, OpenDocument, ShownFile, Stream, View};

/// Generated from the contract; what it declares is documented there.
#[allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    dead_code,
    clippy::all,
    reason = "generated code, of which only what plugins import is used"
)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/earlier/0.1.0.wit",
        world: "host",
        with: {
            "limpid:plugin/layer.file": crate::handles::ShownFile,
            "limpid:plugin/layer.view": crate::handles::View,
            "limpid:plugin/intake.document": crate::handles::OpenDocument,
            "limpid:plugin/intake.documents": crate::handles::Stream,
            "limpid:plugin/intake.sink": crate::handles::Drain,
        },
        imports: { default: trappable },
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

pub(crate) use bindings::limpid::plugin::types;
use bindings::limpid::plugin::{intake, layer, log};

/// Everything that plugins may import.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    bindings::Host_::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

/// `detector.claim`
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Claim {
    pattern: super::detector::Pattern,
    grouping: super::detector::Grouping,
}

impl From<Claim> for super::detector::Claim {
    fn from(Claim { pattern, grouping }: Claim) -> Self {
        Self { pattern, contains: Vec::new(), extent: super::detector::Extent::Whole, grouping }
    }
}

impl types::Host for State {}
impl layer::Host for State {}
impl intake::Host for State {}

impl log::Host for State {
    fn message(&mut self, level: log::Level, text: String) -> Result<()> {
        let level = match level {
            log::Level::Error => newest_log::Level::Error,
            log::Level::Warning => newest_log::Level::Warning,
            log::Level::Info => newest_log::Level::Info,
            log::Level::Debug => newest_log::Level::Debug,
        };
        newest_log::Host::message(self, level, text)
    }
}

impl layer::HostFile for State {
    fn path(&mut self, file: Resource<ShownFile>) -> Result<String> {
        newest_layer::HostFile::path(self, file)
    }

    fn size(&mut self, file: Resource<ShownFile>) -> Result<u64> {
        newest_layer::HostFile::size(self, file)
    }

    fn executable(&mut self, file: Resource<ShownFile>) -> Result<bool> {
        newest_layer::HostFile::executable(self, file)
    }

    fn read(&mut self, file: Resource<ShownFile>, offset: u64, len: u32) -> Result<Vec<u8>> {
        newest_layer::HostFile::read(self, file, offset, len)
    }

    fn drop(&mut self, file: Resource<ShownFile>) -> Result<()> {
        newest_layer::HostFile::drop(self, file)
    }
}

impl layer::HostView for State {
    fn files(&mut self, view: Resource<View>) -> Result<Vec<Resource<ShownFile>>> {
        newest_layer::HostView::files(self, view)
    }

    fn found(&mut self, _view: Resource<View>, batch: Vec<types::Finding>) -> Result<()> {
        self.found_part(batch)
    }

    fn drop(&mut self, view: Resource<View>) -> Result<()> {
        newest_layer::HostView::drop(self, view)
    }
}

impl intake::HostDocuments for State {
    fn next(&mut self, documents: Resource<Stream>) -> Result<Option<Resource<OpenDocument>>> {
        newest_intake::HostDocuments::next(self, documents)
    }

    fn drop(&mut self, documents: Resource<Stream>) -> Result<()> {
        newest_intake::HostDocuments::drop(self, documents)
    }
}

impl intake::HostDocument for State {
    fn name(&mut self, document: Resource<OpenDocument>) -> Result<String> {
        newest_intake::HostDocument::name(self, document)
    }

    fn read(&mut self, document: Resource<OpenDocument>, len: u32) -> Result<Vec<u8>> {
        newest_intake::HostDocument::read(self, document, len)
    }

    fn drop(&mut self, document: Resource<OpenDocument>) -> Result<()> {
        newest_intake::HostDocument::drop(self, document)
    }
}

impl intake::HostSink for State {
    fn identify(&mut self, sink: Resource<Drain>, source: String) -> Result<()> {
        newest_intake::HostSink::identify(self, sink, source)
    }

    fn dated(&mut self, sink: Resource<Drain>, when: String) -> Result<()> {
        newest_intake::HostSink::dated(self, sink, when)
    }

    fn advisories(&mut self, sink: Resource<Drain>, batch: Vec<intake::Advisory>) -> Result<()> {
        newest_intake::HostSink::advisories(self, sink, each(batch))
    }

    fn enrichments(&mut self, sink: Resource<Drain>, batch: Vec<intake::Enrichment>) -> Result<()> {
        newest_intake::HostSink::enrichments(self, sink, each(batch))
    }

    fn withdraw(&mut self, sink: Resource<Drain>, id: String) -> Result<()> {
        newest_intake::HostSink::withdraw(self, sink, id)
    }

    fn reject(&mut self, sink: Resource<Drain>, id: String, why: types::Error) -> Result<()> {
        let why = match why {
            types::Error::Malformed(why) => newest::Error::Malformed(why),
            types::Error::Unsupported(what) => newest::Error::Unsupported(what),
            types::Error::Other(why) => newest::Error::Other(why),
        };
        newest_intake::HostSink::reject(self, sink, id, why)
    }

    fn follow(&mut self, sink: Resource<Drain>, source: intake::Source) -> Result<()> {
        let intake::Source { name, url, mode } = source;
        let mode = match mode {
            intake::Mode::Whole => newest_intake::Mode::Whole,
            intake::Mode::Delta => newest_intake::Mode::Delta,
        };
        newest_intake::HostSink::follow(self, sink, newest_intake::Source { name, url, mode })
    }

    fn drop(&mut self, sink: Resource<Drain>) -> Result<()> {
        newest_intake::HostSink::drop(self, sink)
    }
}

fn each<A, B: From<A>>(all: Vec<A>) -> Vec<B> {
    all.into_iter().map(B::from).collect()
}

impl From<types::Package> for Package {
    fn from(package: types::Package) -> Self {
        Self {
            name: package.name,
            version: package.version,
            scheme: package.scheme,
            scope: match package.scope {
                types::Scope::Distribution => newest::Scope::Distribution,
                types::Scope::Namespace(namespace) => newest::Scope::Namespace(namespace),
            },
            evidence: match package.evidence {
                types::Evidence::Installed => newest::Evidence::Installed,
                types::Evidence::Declared => newest::Evidence::Declared,
                types::Evidence::Inferred => newest::Evidence::Inferred,
            },
            purl: package.purl,
            arch: package.arch,
            source: package.source.map(|source| {
                let types::SourcePackage { name, version } = source;
                newest::SourcePackage { name, version }
            }),
            // Such a plugin states these as qualifiers.
            vendor: None,
            signer: None,
            reason: None,
            symbols: None,
            qualifiers: package.qualifiers,
            licenses: package.licenses,
            requires: None,
        }
    }
}

impl From<Finding<types::Package>> for Finding<Package> {
    fn from(finding: Finding<types::Package>) -> Self {
        let fact = match finding.fact {
            Fact::Distribution(distribution) => Fact::Distribution(distribution),
            Fact::Package(package) => Fact::Package(package.into()),
            Fact::Ownership(ownership) => Fact::Ownership(ownership),
            Fact::Property(property) => Fact::Property(property),
        };
        Self { path: finding.path, member: finding.member, fact }
    }
}

impl From<types::Finding> for Finding<Package> {
    fn from(finding: types::Finding) -> Self {
        let fact = match finding.fact {
            types::Fact::Distribution(stated) => Fact::Distribution(newest::Distribution {
                id: stated.id,
                version_id: stated.version_id,
                pretty_name: stated.pretty_name,
                cpe: stated.cpe,
                namespaces: stated.namespaces,
                supported_until: stated.supported_until,
            }),
            types::Fact::Package(package) => Fact::Package(package.into()),
            types::Fact::Ownership(types::Ownership { package, paths }) => {
                Fact::Ownership(Ownership { package, paths: Packed(paths.iter().collect()) })
            }
            types::Fact::Property(property) => Fact::Property(property),
        };
        Self { path: finding.path, member: finding.member, fact }
    }
}

impl From<intake::Advisory> for newest_intake::Advisory {
    fn from(advisory: intake::Advisory) -> Self {
        Self {
            id: advisory.id,
            aliases: advisory.aliases,
            title: advisory.title,
            details: advisory.details,
            ratings: each(advisory.ratings),
            weaknesses: advisory.weaknesses,
            references: advisory.references,
            published: advisory.published,
            modified: advisory.modified,
            withdrawn: advisory.withdrawn,
            affected: each(advisory.affected),
        }
    }
}

impl From<intake::Affected> for newest_intake::Affected {
    fn from(affected: intake::Affected) -> Self {
        Self {
            namespace: affected.namespace,
            name: affected.name,
            source: affected.source,
            scheme: affected.scheme,
            status: affected.status.into(),
            ranges: each(affected.ranges),
            versions: affected.versions,
            symbols: Vec::new(),
            requires: affected.requires,
            ratings: each(affected.ratings),
            note: affected.note,
        }
    }
}

impl From<intake::Status> for newest_intake::Status {
    fn from(status: intake::Status) -> Self {
        match status {
            intake::Status::Affected => Self::Affected,
            intake::Status::Fixed => Self::Fixed,
            intake::Status::NotAffected => Self::NotAffected,
            intake::Status::UnderInvestigation => Self::UnderInvestigation,
            intake::Status::WontFix => Self::WontFix,
            intake::Status::FixDeferred => Self::FixDeferred,
            intake::Status::EndOfLife => Self::EndOfLife,
        }
    }
}

impl From<intake::Range> for newest_intake::Range {
    fn from(range: intake::Range) -> Self {
        let until = range.until.map(|until| match until {
            intake::Bound::Excluding(version) => newest_intake::Bound::Excluding(version),
            intake::Bound::Including(version) => newest_intake::Bound::Including(version),
            intake::Bound::Limit(version) => newest_intake::Bound::Limit(version),
        });
        Self { introduced: range.introduced, until }
    }
}

impl From<intake::Rating> for newest_intake::Rating {
    fn from(rating: intake::Rating) -> Self {
        Self { system: rating.system, value: rating.value, score: rating.score }
    }
}

impl From<intake::Enrichment> for newest_intake::Enrichment {
    fn from(enrichment: intake::Enrichment) -> Self {
        let intake::Enrichment { id, kind, ratings, facts } = enrichment;
        Self { id, kind, ratings: each(ratings), facts }
    }
}
