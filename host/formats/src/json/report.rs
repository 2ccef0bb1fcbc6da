//! The report of an image.

mod attached;
mod coverage;
mod suppressed;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

use limpid_model::report::{self, InstalledPackage, LayerOrigin, RatedSeverity};
use limpid_model::{BaseImage, Provenance, Text};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Base, ByOrigin, Image, PluginRef, Recommendation, Word};

pub use attached::{AttachedTo, Attachment, SignedBy};
pub use coverage::{
    Coverage, Distribution, Examination, Gap, PluginFailure, Silent, Source, UnexaminedFiles,
    UnjudgedAdvisory, UnorderedVersion, UnreadFile,
};
pub use suppressed::{Suppressed, Suppression, VexStatus};

/// What affects an image, and how far that can be relied on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// The image.
    pub image: Image,
    /// Statistics over the findings.
    pub summary: Summary,
    /// How much was understood, and on what the report rests.
    pub coverage: Coverage,
    /// Those that are exploited first, then the worst, then the likeliest to be exploited, then by
    /// vulnerability and package.
    pub findings: Vec<Finding>,
    /// Findings that do not count, by a policy or by a VEX document, in the same order.
    #[serde(default)]
    #[schema(required)]
    pub suppressed: Vec<Suppressed>,
    /// Documents that are attached to the image in its registry, as far as the settings ask for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<Attachment>,
    /// The plugins that it rests on.
    pub plugins: Vec<PluginRef>,
    /// The image upon which it was built; null where none such is known.
    #[schema(required)]
    pub base: Option<Base>,
    /// A newer image of the base's repository; null where none is known, and in reports on the past.
    #[schema(required)]
    pub recommendation: Option<Recommendation>,
}

/// Statistics over a report. They speak only of what could be judged: see `complete`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    /// Findings.
    pub findings: usize,
    /// Findings for which a fixed version is known.
    pub fixable: usize,
    /// Findings by severity.
    #[schema(value_type = BTreeMap<String, usize>)]
    pub by_severity: BTreeMap<Word, usize>,
    /// Findings that do not count, by a policy or by a VEX document. No other number has them.
    #[serde(default)]
    #[schema(required)]
    pub suppressed: usize,
    /// Packages found.
    pub packages: usize,
    /// Packages that were compared with advisories.
    pub judged: usize,
    /// Whether nothing is missing: no gap of `coverage.gaps` is `blocking`.
    pub complete: bool,
    /// Findings by where they come from; null where no base image is known.
    #[schema(required)]
    pub by_origin: Option<ByOrigin>,
}

/// One vulnerability of one package.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// What stands for it wherever it is told of: the same after the vulnerability is renamed or the
    /// package changes its version.
    pub fingerprint: String,
    /// The vulnerability, as all publishers call it.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub vulnerability: Text,
    /// Other identifiers of the same vulnerability.
    pub aliases: Vec<String>,
    /// One line on what it is.
    pub title: String,
    /// `affected`, `under-investigation`, `wont-fix`, `fix-deferred`, `end-of-life`.
    #[schema(value_type = String)]
    pub status: Word,
    /// The publisher's reason for the status.
    #[schema(required)]
    pub note: Option<String>,
    /// How bad it is, and who says so.
    pub severity: Severity,
    /// The package.
    pub package: Package,
    /// The nearest version that fixes it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[schema(required, value_type = Option<String>)]
    pub fixed_version: Option<Text>,
    /// The least version of the package in which all of its findings are fixed for which a fixed version
    /// is known; null where there is none, or their order is not known.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[schema(required, value_type = Option<String>)]
    pub update_to: Option<Text>,
    /// The feed that says so.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub feed: Text,
    /// The source of that feed.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub source: Text,
    /// Where it is published.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub namespace: Text,
    /// Further reading.
    pub references: Vec<String>,
    /// When the advisory that counts was published, RFC 3339 or a date; null where that is not stated.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[schema(required, value_type = Option<String>)]
    pub published: Option<Text>,
    /// The publisher's identifier of the advisory that counts.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub advisory: Text,
    /// What each publisher says of the package, taken by itself.
    pub publishers: Vec<Publisher>,
    /// Since when it is known to be exploited; null where that is not known.
    #[schema(required)]
    pub exploited: Option<Exploited>,
    /// How likely it is to be exploited in the next 30 days, 0 to 1 (EPSS).
    #[schema(required)]
    pub exploit_probability: Option<f32>,
    /// What else is known of the vulnerability, whoever is affected.
    pub enrichments: Vec<Enrichment>,
    /// `base` where the base image brought the package, `own` where a layer above it did; null where no base
    /// image is known.
    #[schema(required, value_type = Option<String>)]
    pub origin: Option<Word>,
}

/// That a vulnerability is exploited.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Exploited {
    /// Since when that is known, in the publisher's words.
    pub since: String,
    /// The feed that says so.
    pub feed: String,
}

/// What a feed knows of a vulnerability, whoever is affected.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Enrichment {
    /// The feed.
    pub feed: String,
    /// What kind of knowledge, in the feed's word.
    pub kind: String,
    /// How bad it is stated to be, by whom.
    pub ratings: Vec<Rating>,
    /// Named facts.
    pub facts: BTreeMap<String, String>,
}

/// What one advisory says of the vulnerability of a package.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Publisher {
    /// The publisher's identifier.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub advisory: Text,
    /// The feed.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub feed: Text,
    /// The source of that feed.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub source: Text,
    /// Where it is published.
    #[cfg_attr(test, schemars(with = "String"))]
    #[schema(value_type = String)]
    pub namespace: Text,
    /// What is stated of the installed version; null where it does not speak of that.
    #[schema(required, value_type = Option<String>)]
    pub status: Option<Word>,
    /// The nearest version that fixes it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    #[schema(required, value_type = Option<String>)]
    pub fixed_version: Option<Text>,
}

/// A severity and where it comes from.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Severity {
    /// `critical`, `high`, `medium`, `low`, `negligible` or `unknown`.
    #[schema(value_type = String)]
    pub level: Word,
    /// The rating behind it; null where nobody has rated it.
    #[schema(required)]
    pub rating: Option<Rating>,
}

/// A rating as its publisher gives it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rating {
    /// `CVSS:3.1`, or a publisher's name.
    pub system: String,
    /// The vector, or the word.
    pub value: String,
    /// 0.0 to 10.0.
    #[schema(required)]
    pub score: Option<f32>,
    /// `package` where it is the publisher's rating of this package, `vulnerability` otherwise.
    #[schema(value_type = String)]
    pub of: Word,
    /// The feed that gives it.
    #[schema(required)]
    pub feed: Option<String>,
}

/// A package of an image.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[schema(as = InstalledPackage)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The installed version.
    pub version: String,
    /// Architecture.
    #[schema(required)]
    pub arch: Option<String>,
    /// Package URL.
    pub purl: String,
    /// Name of the source package.
    #[schema(required)]
    pub source_name: Option<String>,
    /// Version of the source package.
    #[schema(required)]
    pub source_version: Option<String>,
    /// `installed`, `declared` or `inferred`.
    #[schema(value_type = String)]
    pub evidence: Word,
    /// SPDX expressions, or its own words.
    pub licenses: Vec<String>,
    /// The file that states it.
    pub path: String,
    /// Where inside that file.
    #[schema(required)]
    pub member: Option<String>,
    /// The layer that introduced it.
    pub layer: LayerRef,
    /// The detector that found it.
    pub detector: String,
    /// The package of the distribution that put the file there which states it: the distribution
    /// judges it.
    #[schema(required)]
    pub owner: Option<String>,
    /// Further facts that advisories may require of it, such as `module`; absent where there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub qualifiers: BTreeMap<String, String>,
    /// Packages that it needs to run, as its detector names them; absent where nobody says what it needs, and in
    /// findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires: Option<Vec<Requirement>>,
}

/// A package that another one needs to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Requirement {
    /// Its name.
    pub name: String,
    /// The version that is meant, where its detector tells; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A layer in its place.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LayerRef {
    /// Its place; 0 is the lowest.
    pub index: usize,
    /// Digest of its tar.
    pub diff_id: String,
    /// The command that made it.
    #[schema(required)]
    pub created_by: Option<String>,
}

/// What an image holds.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Inventory {
    /// The image.
    pub image: Image,
    /// Its distribution, where a file states it.
    #[schema(required)]
    pub distribution: Option<Distribution>,
    /// By name.
    pub packages: Vec<Package>,
    /// How much of the image was examined.
    #[serde(default)]
    #[schema(required)]
    pub coverage: Examination,
}

impl Inventory {
    /// What a report says of an image, without its packages.
    pub fn without_packages(report: &Report) -> Self {
        Self {
            image: report.image.clone(),
            distribution: report.coverage.distribution.clone(),
            packages: Vec::new(),
            coverage: Examination::default(),
        }
    }
}

impl Report {
    /// A report as a client of the API reads it.
    ///
    /// # Errors
    /// Nothing that a report holds fails here.
    pub fn of(report: report::Report) -> serde_json::Result<Self> {
        let mut written = Vec::new();
        write_report(report, None, &mut written)?;
        serde_json::from_slice(&written)
    }
}

/// A report without its findings.
struct Rest {
    image: Image,
    summary: Summary,
    coverage: Coverage,
    attached: Vec<Attachment>,
    plugins: Vec<PluginRef>,
    base: Option<Base>,
    recommendation: Option<Recommendation>,
}

impl Rest {
    fn new(findings: &[report::Finding], suppressed: &[report::Suppressed], report: report::Report) -> Self {
        let severities = limpid_model::Severity::WORST_FIRST;
        let mut by_severity: BTreeMap<Word, usize> =
            severities.iter().map(|severity| (severity.as_str().into(), 0)).collect();
        for finding in findings {
            *by_severity.entry(finding.severity.severity.as_str().into()).or_insert(0) += 1;
        }
        let summary = Summary {
            findings: findings.len(),
            suppressed: suppressed.len(),
            fixable: findings.iter().filter(|finding| finding.fixed_version.is_some()).count(),
            by_severity,
            packages: report.coverage.packages,
            judged: report.coverage.judged,
            complete: !report.coverage.gaps.iter().any(report::Gap::is_blocking),
            by_origin: ByOrigin::of(&report, findings),
        };
        Self {
            image: report.image.into(),
            summary,
            coverage: report.coverage.into(),
            attached: report.attached.into_iter().map(Attachment::from).collect(),
            plugins: report.plugins.into_iter().map(PluginRef::from).collect(),
            base: report.base.map(Base::from),
            recommendation: report.recommendation.map(Recommendation::from),
        }
    }
}

/// Fewer findings are not worth dividing.
const LEAST: usize = 200;

/// Writes down a report as [`Report`] is read, on all processors; of the findings only those that come from
/// somewhere, where that is asked for. What counts them counts all.
///
/// # Errors
/// Nothing that a report holds fails here.
pub fn write_report(
    mut report: report::Report,
    only: Option<Provenance>,
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let mut first = std::mem::take(&mut report.findings);
    let mut suppressed = std::mem::take(&mut report.suppressed);
    let known = report.base.clone();
    let known = known.as_ref();
    let Rest { image, summary, coverage, attached, plugins, base, recommendation } =
        Rest::new(&first, &suppressed, report);
    if only.is_some() {
        first.retain(|finding| is_of(only, provenance(known, finding)));
        suppressed.retain(|it| is_of(only, provenance(known, &it.finding)));
    }
    let share = first.len().div_ceil(rayon::current_num_threads()).max(LEAST);
    let mut others = Vec::new();
    while first.len() > share {
        others.push(first.split_off(first.len() - share));
    }
    field(out, b"{\"image\":", &image)?;
    field(out, b",\"summary\":", &summary)?;
    field(out, b",\"coverage\":", &coverage)?;
    out.extend_from_slice(b",\"findings\":[");
    let (first, others) = rayon::join(
        || written::findings(&first, known, out),
        || {
            others
                .into_par_iter()
                .rev()
                .map(|found| apart(&found, known))
                .collect::<serde_json::Result<Vec<_>>>()
        },
    );
    first?;
    for other in others? {
        out.push(b',');
        out.extend_from_slice(&other);
    }
    out.push(b']');
    let suppressed = all_suppressed(suppressed, known);
    field(out, b",\"suppressed\":", &suppressed)?;
    if !attached.is_empty() {
        field(out, b",\"attached\":", &attached)?;
    }
    field(out, b",\"plugins\":", &plugins)?;
    field(out, b",\"base\":", &base)?;
    field(out, b",\"recommendation\":", &recommendation)?;
    out.push(b'}');
    Ok(())
}

/// Findings in JSON, with commas between them.
fn apart(found: &[report::Finding], base: Option<&BaseImage>) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(found.len() * FINDING);
    written::findings(found, base, &mut out)?;
    Ok(out)
}

/// Bytes of a finding in JSON, at most as a rule.
const FINDING: usize = 1_400;

fn field(out: &mut Vec<u8>, name: &[u8], value: &impl Serialize) -> serde_json::Result<()> {
    out.extend_from_slice(name);
    serde_json::to_writer(out, value)
}

/// Where a finding comes from; none where no base image is known.
fn provenance(base: Option<&BaseImage>, finding: &report::Finding) -> Option<Provenance> {
    base.map(|base| base.provenance(finding.package.layer.index))
}

/// Whether what comes from somewhere is to be shown. What nobody knows to come from a base image may be one's
/// own.
pub(crate) fn is_of(only: Option<Provenance>, provenance: Option<Provenance>) -> bool {
    only.is_none_or(|only| only == provenance.unwrap_or(Provenance::Own))
}

/// Findings that do not count. With the base image, each says whose it is.
pub(super) fn all_suppressed(
    suppressed: Vec<report::Suppressed>,
    base: Option<&BaseImage>,
) -> Vec<Suppressed> {
    suppressed.into_iter().map(|it| Suppressed::of(it, base)).collect()
}

/// Findings as they are read.
pub(super) fn findings(findings: Vec<report::Finding>, base: Option<&BaseImage>) -> Vec<Finding> {
    findings.into_iter().map(|found| finding(found, base)).collect()
}

/// A finding as it is read.
pub(crate) fn finding(finding: report::Finding, base: Option<&BaseImage>) -> Finding {
    let origin = provenance(base, &finding).map(|origin| origin.as_str().into());
    let summary = finding.summary.map(Arc::unwrap_or_clone).unwrap_or_default();
    Finding {
        fingerprint: finding.fingerprint,
        vulnerability: finding.vulnerability,
        aliases: finding.aliases,
        title: summary.title.to_string(),
        status: finding.status.as_str().into(),
        note: finding.note,
        severity: finding.severity.into(),
        package: Arc::unwrap_or_clone(finding.package).into(),
        fixed_version: finding.fixed_version,
        update_to: finding.update_to,
        feed: finding.origin.feed.as_str().into(),
        source: finding.origin.source.as_str().into(),
        namespace: finding.origin.namespace.as_str().into(),
        references: summary.references.to_vec(),
        published: summary.published,
        advisory: finding.advisory,
        publishers: finding.publishers.into_iter().map(Publisher::from).collect(),
        exploited: finding.exploited.map(|it| Exploited { since: it.since, feed: it.feed }),
        exploit_probability: finding.exploit_probability,
        enrichments: finding.enrichments.iter().cloned().map(Enrichment::from).collect(),
        origin,
    }
}

impl From<report::Enriched> for Enrichment {
    fn from(known: report::Enriched) -> Self {
        let rating = |rating: limpid_model::Rating| Rating {
            system: rating.system,
            value: rating.value,
            score: rating.score,
            of: "vulnerability".into(),
            feed: Some(known.feed.clone()),
        };
        Self {
            ratings: known.enrichment.ratings.into_iter().map(rating).collect(),
            kind: known.enrichment.kind,
            facts: known.enrichment.facts.into_iter().collect(),
            feed: known.feed,
        }
    }
}

impl From<report::Publisher> for Publisher {
    fn from(publisher: report::Publisher) -> Self {
        Self {
            advisory: publisher.advisory,
            feed: publisher.origin.feed.as_str().into(),
            source: publisher.origin.source.as_str().into(),
            namespace: publisher.origin.namespace.as_str().into(),
            status: publisher.status.map(|status| status.as_str().into()),
            fixed_version: publisher.fixed_version,
        }
    }
}

impl From<RatedSeverity> for Severity {
    fn from(rated: RatedSeverity) -> Self {
        let of = if rated.of_package { "package" } else { "vulnerability" };
        let rating = rated.rating.map(|rating| Rating {
            system: rating.system,
            value: rating.value,
            score: rating.score,
            of: of.into(),
            feed: rated.feed,
        });
        Self { level: rated.severity.as_str().into(), rating }
    }
}

impl From<InstalledPackage> for Package {
    fn from(package: InstalledPackage) -> Self {
        let (source_name, source_version) =
            package.source.map(|source| (source.name.into(), source.version.into())).unzip();
        Self {
            name: package.name.into(),
            version: package.version.into(),
            arch: package.arch.map(Into::into),
            purl: package.purl,
            source_name,
            source_version,
            evidence: package.evidence.as_str().into(),
            licenses: package.licenses,
            path: package.path.into(),
            member: package.member,
            layer: LayerRef::from(&*package.layer),
            detector: package.detector.name.clone(),
            owner: package.owner,
            qualifiers: package.qualifiers.into_iter().collect(),
            requires: package.requires.map(|requires| requires.into_iter().map(Requirement::from).collect()),
        }
    }
}

impl From<limpid_model::Requirement> for Requirement {
    fn from(requirement: limpid_model::Requirement) -> Self {
        Self { name: requirement.name.into(), version: requirement.version.map(Into::into) }
    }
}

impl From<&LayerOrigin> for LayerRef {
    fn from(layer: &LayerOrigin) -> Self {
        Self { index: layer.index, diff_id: layer.diff_id.to_string(), created_by: layer.created_by.clone() }
    }
}

impl From<limpid_model::Inventory> for Inventory {
    fn from(inventory: limpid_model::Inventory) -> Self {
        Self {
            image: inventory.image.into(),
            distribution: inventory.distribution.map(Distribution::from),
            packages: inventory.packages.into_iter().map(Package::from).collect(),
            coverage: inventory.examination.into(),
        }
    }
}

#[cfg(test)]
mod tests;
