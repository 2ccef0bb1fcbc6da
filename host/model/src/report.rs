//! The answer to "what affects this image, and how much of it do we know?".

mod examination;
mod gap;
mod suppression;

use std::sync::Arc;

use crate::{Digest, Distribution, Image, PluginId, Rating, Severity, SourcePackage, Status, Text};

pub use examination::{
    Examination, LayerFailure, LayerNote, LongPaths, UnexaminedFiles, UnreadFile, UnreadLayer,
};
pub use gap::Gap;
pub use suppression::{AttachedTo, Suppressed, SuppressedBy, Suppression};

/// What is known of an image at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The image.
    pub image: Image,
    /// Vulnerabilities that affect it: those that are exploited first, then the worst, then the
    /// likeliest to be exploited, then by identifier and package.
    pub findings: Vec<Finding>,
    /// Findings that do not count, by a policy or by a VEX document, in the same order.
    pub suppressed: Vec<Suppressed>,
    /// Documents that are attached to it in its registry, as far as they were asked for.
    pub attached: Vec<crate::Attachment>,
    /// How much the findings can be relied on.
    pub coverage: Coverage,
    /// The plugins whose findings, keys and advisories it rests on. While a parser that was replaced
    /// reads its documents again, both of its versions are here, and a gap says so.
    pub plugins: Vec<PluginId>,
    /// The image upon which it was built; none where none such is known.
    pub base: Option<crate::BaseImage>,
    /// A newer image of the base's repository; none where none is known, and in reports on the past.
    pub recommendation: Option<crate::Recommendation>,
}

impl Report {
    /// Whether a finding came with the base image; none where no base image is known.
    pub fn provenance(&self, finding: &Finding) -> Option<crate::Provenance> {
        self.base.as_ref().map(|base| base.provenance(finding.package.layer.index))
    }
}

/// One vulnerability of one package of the image.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What stands for it wherever it is told of: the same after the vulnerability is renamed or the
    /// package changes its version. 32 hexadecimal digits.
    pub fingerprint: String,
    /// The vulnerability, as all publishers call it: `CVE-2024-1234`.
    pub vulnerability: Text,
    /// Other identifiers of the same vulnerability, sorted.
    pub aliases: Vec<String>,
    /// What the advisory that counts says of it; none where that cannot be found.
    pub summary: Option<Arc<AdvisorySummary>>,
    /// What the publisher says of the installed version.
    pub status: Status,
    /// The publisher's reason.
    pub note: Option<String>,
    /// How bad it is.
    pub severity: RatedSeverity,
    /// The package, which all of its findings share.
    pub package: Arc<InstalledPackage>,
    /// The nearest version above the installed one that is not affected, in the terms of the
    /// package that the advisory speaks of; none where none is known.
    pub fixed_version: Option<Text>,
    /// The least version in which all findings of the package are fixed for which a fixed version is
    /// known, in the same terms; none where none is known.
    pub update_to: Option<Text>,
    /// Where this is published, and by whom.
    pub origin: Arc<Origin>,
    /// The publisher's identifier of the advisory that counts.
    pub advisory: Text,
    /// What each publisher says of the package, taken by itself.
    pub publishers: Vec<Publisher>,
    /// Since when it is known to be exploited, and who says so.
    pub exploited: Option<Exploited>,
    /// How likely it is to be exploited in the next 30 days, 0 to 1
    /// ([EPSS](https://www.first.org/epss/)).
    pub exploit_probability: Option<f32>,
    /// What else is known of the vulnerability, whoever is affected.
    pub enrichments: Arc<Vec<Enriched>>,
}

/// What an advisory says of its vulnerability, whatever package is affected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AdvisorySummary {
    /// Other identifiers of it.
    pub aliases: Vec<String>,
    /// One line on what it is.
    pub title: Arc<str>,
    /// How bad it is stated to be.
    pub ratings: Vec<Rating>,
    /// Addresses of further reading.
    pub references: Arc<[String]>,
    /// When it was published, RFC 3339 or a date; none where that is not stated.
    pub published: Option<Text>,
    /// How many vulnerabilities it is about, at least one.
    pub vulnerabilities: usize,
}

/// That a vulnerability is exploited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploited {
    /// Since when that is known, in the publisher's words.
    pub since: String,
    /// The feed that says so.
    pub feed: String,
}

/// What a feed knows of a vulnerability, whoever is affected.
#[derive(Clone, Debug, PartialEq)]
pub struct Enriched {
    /// Name of the feed.
    pub feed: String,
    /// The knowledge.
    pub enrichment: crate::Enrichment,
}

/// What one advisory says of the vulnerability of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The publisher's identifier.
    pub advisory: Text,
    /// Who says so.
    pub origin: Arc<Origin>,
    /// What is stated of the installed version; none where it does not speak of that.
    pub status: Option<Status>,
    /// The nearest version that fixes it.
    pub fixed_version: Option<Text>,
}

/// A severity and who says so.
#[derive(Clone, Debug, PartialEq)]
pub struct RatedSeverity {
    /// On the common scale.
    pub severity: Severity,
    /// The rating that it comes from, with its score where its vector gives that; none where
    /// nobody has rated it, or not in a way that is understood.
    pub rating: Option<Rating>,
    /// Whether that rating is of this package rather than of the vulnerability.
    pub of_package: bool,
    /// The feed that gives it.
    pub feed: Option<String>,
}

impl RatedSeverity {
    /// Where no rating is stored that could be understood.
    pub const UNRATED: Self =
        Self { severity: Severity::Unknown, rating: None, of_package: false, feed: None };

    /// Whether somebody has rated it. A severity that nobody gave is unknown, which is no severity
    /// of its own: it may be any.
    pub const fn is_rated(&self) -> bool {
        self.rating.is_some()
    }
}

/// Who published a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Name of the feed.
    pub feed: String,
    /// Name of the source of the feed.
    pub source: String,
    /// The namespace in which it was found.
    pub namespace: String,
}

/// A package of an image: what it is, which file says so, and which layer brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledPackage {
    /// Its name.
    pub name: Text,
    /// Its version.
    pub version: Text,
    /// The scheme that orders its versions.
    pub scheme: Text,
    /// Architecture.
    pub arch: Option<Text>,
    /// Package URL, completed from the distribution.
    pub purl: String,
    /// What it was built from.
    pub source: Option<SourcePackage>,
    /// How sure it is that it is there: `installed`, `declared`, `inferred`.
    pub evidence: crate::Evidence,
    /// SPDX expressions, or its own words.
    pub licenses: Vec<String>,
    /// The file that states it.
    pub path: Text,
    /// Where inside that file.
    pub member: Option<String>,
    /// The layer that introduced it, which packages share.
    pub layer: Arc<LayerOrigin>,
    /// The detector that found it.
    pub detector: Arc<PluginId>,
    /// The package of the distribution that put the file there which states it.
    pub owner: Option<String>,
    /// Further facts that advisories may require.
    pub qualifiers: Vec<(String, String)>,
    /// Packages that it needs to run; none where nobody says what it needs, and in findings, which do not tell.
    pub requires: Option<Vec<crate::Requirement>>,
}

/// A layer in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerOrigin {
    /// Its place in the image; 0 is the lowest.
    pub index: usize,
    /// Digest of its tar.
    pub diff_id: Digest,
    /// The command of the image's history that made it.
    pub created_by: Option<String>,
}

/// How much of the image was understood, and on what the report rests.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The distribution, where a file of the image states one.
    pub distribution: Option<DistributionCoverage>,
    /// How many packages were found.
    pub packages: usize,
    /// How many of them were compared with advisories.
    pub judged: usize,
    /// Sources of advisories that the report rests on.
    pub sources: Vec<SourceCoverage>,
    /// Sources that speak of vulnerabilities whoever is affected; none in reports on the past.
    pub enrichments: Vec<EnrichmentSource>,
    /// What of it nobody, or not everybody, has examined.
    pub examination: Examination,
    /// Versions that could not be ordered.
    pub unordered: Vec<UnorderedVersion>,
    /// Advisories that could not be judged.
    pub unjudged: Vec<UnjudgedAdvisory>,
    /// What is missing for a full answer, in the order of its weight; empty where nothing is.
    pub gaps: Vec<Gap>,
}

/// The distribution, and whether anybody still fixes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionCoverage {
    /// The distribution.
    pub distribution: Distribution,
    /// Whether its publisher supports it today; none where that is not known.
    pub supported: Option<bool>,
}

/// A source of advisories that speaks of the image's namespaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCoverage {
    /// Name of the feed.
    pub feed: String,
    /// Name of the source.
    pub source: String,
    /// The namespaces of the image of which it speaks.
    pub namespaces: Vec<String>,
    /// Revision of the feed.
    pub revision: u64,
    /// The plugin that parsed it.
    pub plugin: Option<PluginId>,
    /// As of when what it says is, in milliseconds since 1970: of when its document is by its own
    /// word, otherwise when that was last fetched or handed in.
    pub ingested: u64,
    /// Namespaces of the image of which its publisher has stopped speaking.
    pub silent: Vec<SilentNamespace>,
}

/// A source that speaks of vulnerabilities, whoever is affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrichmentSource {
    /// Name of the feed.
    pub feed: String,
    /// Name of the source.
    pub source: String,
    /// Revision of the feed.
    pub revision: u64,
    /// As of when what it says is, in milliseconds since 1970: of when its document is by its own
    /// word, otherwise when that was last fetched or handed in.
    pub ingested: u64,
    /// What kinds of knowledge it states.
    pub states: crate::EnrichmentKinds,
}

/// A namespace of which a publisher has stopped speaking: what was stated stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilentNamespace {
    /// The namespace.
    pub namespace: String,
    /// When a document last spoke of it, in milliseconds since 1970.
    pub last_stated: u64,
}

/// A version that could not be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnorderedVersion {
    /// Name of the package.
    pub package: String,
    /// The version.
    pub version: String,
    /// Why.
    pub why: String,
}

/// An advisory of which it is not known whether it affects the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnjudgedAdvisory {
    /// Identifier.
    pub id: String,
    /// The feed.
    pub feed: String,
    /// Name of the package.
    pub package: String,
    /// Why.
    pub why: String,
}

/// What a layer did to the packages of the layers below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerChanges {
    /// Packages that it brought.
    pub added: Vec<InstalledPackage>,
    /// Packages that it took away.
    pub removed: Vec<InstalledPackage>,
    /// Packages whose version it changed: before and after.
    pub changed: Vec<(InstalledPackage, InstalledPackage)>,
}
