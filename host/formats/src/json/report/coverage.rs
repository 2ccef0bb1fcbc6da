use limpid_model::report;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::words::EnrichmentWord;
use crate::json::{Word, time};

/// How much of an image was understood, and on what its report rests.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Coverage {
    /// The distribution; null where no file of the image states one.
    #[schema(required)]
    pub distribution: Option<Distribution>,
    /// Whether its publisher supports it today; null where that is not known.
    #[schema(required)]
    pub supported: Option<bool>,
    /// What is missing for a full answer; empty where nothing is.
    pub gaps: Vec<Gap>,
    /// The sources of advisories that the report rests on.
    pub sources: Vec<Source>,
    /// The sources that speak of vulnerabilities, whoever is affected; none in reports on the past.
    #[serde(default)]
    #[schema(required)]
    pub enrichments: Vec<EnrichmentSource>,
    /// Claimed files that could not be read.
    pub unread_files: Vec<UnreadFile>,
    /// Layers that could not be read, lowest first.
    #[serde(default)]
    #[schema(required)]
    pub unread_layers: Vec<UnreadLayer>,
    /// What is odd about layers and hides nothing.
    #[serde(default)]
    #[schema(required)]
    pub notes: Vec<LayerNote>,
    /// Files that hold packages and that no loaded detector reads, by kind, most first.
    #[serde(default)]
    #[schema(required)]
    pub unexamined: Vec<UnexaminedFiles>,
    /// Calls of plugins that gave no answer.
    pub plugin_failures: Vec<PluginFailure>,
    /// Versions that could not be ordered.
    pub unordered_versions: Vec<UnorderedVersion>,
    /// Advisories that could not be judged.
    pub unjudged_advisories: Vec<UnjudgedAdvisory>,
}

/// How much of an image was examined, whatever is published about it. The fields are those of [`Coverage`].
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Examination {
    /// What is missing for a full list of packages; empty where nothing is.
    pub gaps: Vec<Gap>,
    /// Claimed files that could not be read.
    pub unread_files: Vec<UnreadFile>,
    /// Layers that could not be read, lowest first.
    pub unread_layers: Vec<UnreadLayer>,
    /// What is odd about layers and hides nothing.
    pub notes: Vec<LayerNote>,
    /// Files that hold packages and that no loaded detector reads, by kind, most first.
    pub unexamined: Vec<UnexaminedFiles>,
    /// Calls of plugins that gave no answer.
    pub plugin_failures: Vec<PluginFailure>,
}

/// A distribution release.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Distribution {
    /// `debian`, `alpine`.
    pub id: String,
    /// `12`; empty for a rolling release.
    pub version_id: String,
    /// What people call it.
    pub pretty_name: String,
    /// Where advisories for it are published, best first.
    pub namespaces: Vec<String>,
    /// The last day of support.
    #[schema(required)]
    pub supported_until: Option<String>,
}

/// Something that is missing for a full answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gap {
    /// For programs.
    #[schema(value_type = String)]
    pub code: Word,
    /// For people.
    pub message: String,
    /// Whether the report is incomplete for it; not where nobody can do anything about it.
    #[serde(default = "yes")]
    #[schema(required)]
    pub blocking: bool,
}

const fn yes() -> bool {
    true
}

/// A source of advisories that speaks of the image's packages.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[schema(as = ReportedSource)]
pub struct Source {
    /// The feed.
    pub feed: String,
    /// The source.
    pub source: String,
    /// The image's namespaces of which it speaks.
    pub namespaces: Vec<String>,
    /// Revision of the feed.
    pub revision: u64,
    /// As of when what it says is: of when its document is by its own word, otherwise when that was last
    /// fetched or handed in.
    pub ingested: String,
    /// Namespaces of the image of which its publisher has stopped speaking: what it stated stays.
    pub silent: Vec<Silent>,
}

/// A source that speaks of vulnerabilities, whoever is affected.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EnrichmentSource {
    /// The feed.
    pub feed: String,
    /// The source.
    pub source: String,
    /// Revision of the feed.
    pub revision: u64,
    /// As of when what it says is: of when its document is by its own word, otherwise when that was last
    /// fetched or handed in.
    pub ingested: String,
    /// What it states of them: `exploited`, the `probability` that they are, `other`.
    #[schema(inline, value_type = Vec<EnrichmentWord>)]
    pub states: Vec<Word>,
}

/// A namespace of which a publisher has stopped speaking.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Silent {
    /// The namespace.
    pub namespace: String,
    /// When a document last spoke of it.
    pub last_stated: String,
}

/// A claimed file that could not be read.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnreadFile {
    /// The layer.
    pub diff_id: String,
    /// The path.
    pub path: String,
    /// The detectors that claimed it.
    pub detectors: Vec<String>,
    /// Why.
    pub reason: String,
}

/// A layer that could not be read: what it brings, replaces and deletes is not known.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnreadLayer {
    /// Its place in the image; 0 is the lowest.
    pub index: usize,
    /// Digest of its tar, as the image's configuration says.
    pub diff_id: String,
    /// `over-limit`, `unsupported` or `damaged`.
    pub code: String,
    /// Why: which limit and which setting, or which form.
    pub reason: String,
}

/// Something odd about a layer that was read.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LayerNote {
    /// Its place in the image; 0 is the lowest.
    pub index: usize,
    /// Digest of its tar.
    pub diff_id: String,
    /// What it is.
    pub message: String,
}

/// Files of one kind that hold packages and that no loaded detector reads.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnexaminedFiles {
    /// The kind's code: `java-archive`.
    pub kind: String,
    /// What people call them, in singular or plural as they are.
    pub title: String,
    /// How many there are.
    pub files: u64,
    /// How many more there may be: files of the kind whose paths are not kept, where some that are kept are read.
    #[serde(default)]
    #[schema(required)]
    pub perhaps: u64,
    /// Some of their paths.
    pub examples: Vec<String>,
}

/// A call of a plugin that gave no answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PluginFailure {
    /// The layer.
    pub diff_id: String,
    /// The plugin.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// The function that was called.
    pub call: String,
    /// What kind of failure.
    #[schema(value_type = String)]
    pub kind: Word,
    /// `plugin`, `input` or `host`.
    #[schema(value_type = String)]
    pub blame: Word,
    /// What happened.
    pub reason: String,
}

/// A version that could not be ordered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnorderedVersion {
    /// The package.
    pub package: String,
    /// The version.
    pub version: String,
    /// Why.
    pub reason: String,
}

/// An advisory of which it is not known whether it affects the image.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnjudgedAdvisory {
    /// The publisher's identifier.
    pub vulnerability: String,
    /// The feed.
    pub feed: String,
    /// The package.
    pub package: String,
    /// Why.
    pub reason: String,
}

impl From<limpid_model::Distribution> for Distribution {
    fn from(distribution: limpid_model::Distribution) -> Self {
        Self {
            id: distribution.id,
            version_id: distribution.version_id,
            pretty_name: distribution.pretty_name,
            namespaces: distribution.namespaces,
            supported_until: distribution.supported_until,
        }
    }
}

impl From<report::Coverage> for Coverage {
    fn from(coverage: report::Coverage) -> Self {
        let examination = coverage.examination;
        let supported = coverage.distribution.as_ref().and_then(|known| known.supported);
        Self {
            distribution: coverage.distribution.map(|known| known.distribution.into()),
            supported,
            gaps: each(coverage.gaps),
            sources: each(coverage.sources),
            enrichments: each(coverage.enrichments),
            unread_files: each(examination.unread),
            unread_layers: each(examination.unread_layers),
            notes: each(examination.notes),
            unexamined: each(examination.unexamined),
            plugin_failures: each(examination.failures),
            unordered_versions: each(coverage.unordered),
            unjudged_advisories: each(coverage.unjudged),
        }
    }
}

impl From<report::Examination> for Examination {
    fn from(examination: report::Examination) -> Self {
        Self {
            gaps: each(examination.gaps()),
            unread_files: each(examination.unread),
            unread_layers: each(examination.unread_layers),
            notes: each(examination.notes),
            unexamined: each(examination.unexamined),
            plugin_failures: each(examination.failures),
        }
    }
}

fn each<A, B: From<A>>(from: Vec<A>) -> Vec<B> {
    from.into_iter().map(B::from).collect()
}

impl From<report::Gap> for Gap {
    fn from(gap: report::Gap) -> Self {
        Self { code: gap.code().into(), message: gap.to_string(), blocking: gap.is_blocking() }
    }
}

impl From<report::SourceCoverage> for Source {
    fn from(source: report::SourceCoverage) -> Self {
        Self {
            feed: source.feed,
            source: source.source,
            namespaces: source.namespaces,
            revision: source.revision,
            ingested: time(source.ingested),
            silent: each(source.silent),
        }
    }
}

impl From<report::EnrichmentSource> for EnrichmentSource {
    fn from(source: report::EnrichmentSource) -> Self {
        let report::EnrichmentSource { feed, source, revision, ingested, states } = source;
        Self {
            feed,
            source,
            revision,
            ingested: time(ingested),
            states: states.words().map(Word::from).collect(),
        }
    }
}

impl From<report::SilentNamespace> for Silent {
    fn from(silent: report::SilentNamespace) -> Self {
        Self { namespace: silent.namespace, last_stated: time(silent.last_stated) }
    }
}

impl From<report::UnreadFile> for UnreadFile {
    fn from(file: report::UnreadFile) -> Self {
        Self {
            diff_id: file.diff_id.to_string(),
            path: file.unread.path,
            detectors: file.detectors.into_iter().map(|detector| detector.name).collect(),
            reason: file.unread.error.to_string(),
        }
    }
}

impl From<report::UnreadLayer> for UnreadLayer {
    fn from(layer: report::UnreadLayer) -> Self {
        let report::UnreadLayer { index, diff_id, code, why } = layer;
        Self { index, diff_id: diff_id.to_string(), code, reason: why }
    }
}

impl From<report::LayerNote> for LayerNote {
    fn from(note: report::LayerNote) -> Self {
        Self { index: note.index, diff_id: note.diff_id.to_string(), message: note.what }
    }
}

impl From<report::UnexaminedFiles> for UnexaminedFiles {
    fn from(files: report::UnexaminedFiles) -> Self {
        let report::UnexaminedFiles { kind, title, files, perhaps, examples } = files;
        Self { kind, title, files, perhaps, examples }
    }
}

impl From<report::LayerFailure> for PluginFailure {
    fn from(failed: report::LayerFailure) -> Self {
        Self {
            diff_id: failed.diff_id.to_string(),
            plugin: failed.failure.plugin.name,
            version: failed.failure.plugin.version,
            call: failed.failure.call,
            kind: failed.failure.kind.as_str().into(),
            blame: failed.failure.blame.as_str().into(),
            reason: failed.failure.message,
        }
    }
}

impl From<report::UnorderedVersion> for UnorderedVersion {
    fn from(unordered: report::UnorderedVersion) -> Self {
        Self { package: unordered.package, version: unordered.version, reason: unordered.why }
    }
}

impl From<report::UnjudgedAdvisory> for UnjudgedAdvisory {
    fn from(unjudged: report::UnjudgedAdvisory) -> Self {
        Self {
            vulnerability: unjudged.id,
            feed: unjudged.feed,
            package: unjudged.package,
            reason: unjudged.why,
        }
    }
}
