//! The report of an image.

mod coverage;

use std::collections::BTreeMap;

use limpid_model::report::{self, InstalledPackage, LayerOrigin, RatedSeverity};
use serde::Serialize;

use super::{Image, PluginRef};

pub use coverage::{Coverage, Distribution};

/// What concerns an image, and how far that can be relied on.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The image.
    pub image: Image,
    /// Figures over the findings.
    pub summary: Summary,
    /// How much was understood, and on what the report rests.
    pub coverage: Coverage,
    /// Worst first, then by vulnerability and package.
    pub findings: Vec<Finding>,
    /// The plugins that it rests on.
    pub plugins: Vec<PluginRef>,
}

/// Figures over a report. They speak only of what could be judged: see `complete`.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Findings.
    pub findings: usize,
    /// Findings for which a fixed version is known.
    pub fixable: usize,
    /// Findings by severity.
    pub by_severity: BTreeMap<&'static str, usize>,
    /// Packages found.
    pub packages: usize,
    /// Packages that were held against advisories.
    pub judged: usize,
    /// Whether nothing is missing: `coverage.gaps` is empty.
    pub complete: bool,
}

/// One vulnerability of one package.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The publisher's identifier.
    pub vulnerability: String,
    /// Other identifiers of the same vulnerability.
    pub aliases: Vec<String>,
    /// One line on what it is.
    pub title: String,
    /// `affected`, `under-investigation`, `wont-fix`, `fix-deferred`, `end-of-life`.
    pub status: &'static str,
    /// The publisher's reason for the status.
    pub note: Option<String>,
    /// How bad it is, and who says so.
    pub severity: Severity,
    /// The package.
    pub package: Package,
    /// The nearest version that mends it.
    pub fixed_version: Option<String>,
    /// The feed that says so.
    pub feed: String,
    /// The source of that feed.
    pub source: String,
    /// Where it is published.
    pub namespace: String,
    /// Further reading.
    pub references: Vec<String>,
}

/// A severity and where it comes from.
#[derive(Clone, Debug, Serialize)]
pub struct Severity {
    /// `critical`, `high`, `medium`, `low`, `negligible` or `unknown`.
    pub level: &'static str,
    /// The rating behind it; null where nobody has rated it.
    pub rating: Option<Rating>,
}

/// A rating as its publisher gives it.
#[derive(Clone, Debug, Serialize)]
pub struct Rating {
    /// `CVSS:3.1`, or a publisher's name.
    pub system: String,
    /// The vector, or the word.
    pub value: String,
    /// 0.0 to 10.0.
    pub score: Option<f32>,
    /// `package` where it is the publisher's rating of this package, `vulnerability` otherwise.
    pub of: &'static str,
}

/// A package of an image.
#[derive(Clone, Debug, Serialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The installed version.
    pub version: String,
    /// Architecture.
    pub arch: Option<String>,
    /// Package URL.
    pub purl: String,
    /// Name of the source package.
    pub source_name: Option<String>,
    /// Version of the source package.
    pub source_version: Option<String>,
    /// `installed`, `declared` or `inferred`.
    pub evidence: &'static str,
    /// SPDX expressions, or its own words.
    pub licenses: Vec<String>,
    /// The file that states it.
    pub path: String,
    /// Where inside that file.
    pub member: Option<String>,
    /// The layer that introduced it.
    pub layer: LayerRef,
    /// The detector that found it.
    pub detector: String,
}

/// A layer in its place.
#[derive(Clone, Debug, Serialize)]
pub struct LayerRef {
    /// Its place; 0 is the lowest.
    pub index: usize,
    /// Digest of its tar.
    pub diff_id: String,
    /// The command that made it.
    pub created_by: Option<String>,
}

/// What an image holds.
#[derive(Clone, Debug, Serialize)]
pub struct Inventory {
    /// The image.
    pub image: Image,
    /// Its distribution, where a file states it.
    pub distribution: Option<Distribution>,
    /// By name.
    pub packages: Vec<Package>,
}

impl From<report::Report> for Report {
    fn from(report: report::Report) -> Self {
        let mut by_severity: BTreeMap<&'static str, usize> =
            limpid_model::Severity::WORST_FIRST.iter().map(|severity| (severity.as_str(), 0)).collect();
        for finding in &report.findings {
            *by_severity.entry(finding.severity.severity.as_str()).or_insert(0) += 1;
        }
        let summary = Summary {
            findings: report.findings.len(),
            fixable: report.findings.iter().filter(|finding| finding.fixed_version.is_some()).count(),
            by_severity,
            packages: report.coverage.packages,
            judged: report.coverage.judged,
            complete: report.coverage.gaps.is_empty(),
        };
        Self {
            image: report.image.into(),
            summary,
            coverage: report.coverage.into(),
            findings: report.findings.into_iter().map(Finding::from).collect(),
            plugins: report.plugins.into_iter().map(PluginRef::from).collect(),
        }
    }
}

impl From<report::Finding> for Finding {
    fn from(finding: report::Finding) -> Self {
        Self {
            vulnerability: finding.vulnerability,
            aliases: finding.aliases,
            title: finding.title,
            status: finding.status.as_str(),
            note: finding.note,
            severity: finding.severity.into(),
            package: finding.package.into(),
            fixed_version: finding.fixed_version,
            feed: finding.origin.feed,
            source: finding.origin.source,
            namespace: finding.origin.namespace,
            references: finding.references,
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
            of,
        });
        Self { level: rated.severity.as_str(), rating }
    }
}

impl From<InstalledPackage> for Package {
    fn from(package: InstalledPackage) -> Self {
        let (source_name, source_version) =
            package.source.map(|source| (source.name, source.version)).unzip();
        Self {
            name: package.name,
            version: package.version,
            arch: package.arch,
            purl: package.purl,
            source_name,
            source_version,
            evidence: package.evidence.as_str(),
            licenses: package.licenses,
            path: package.path,
            member: package.member,
            layer: package.layer.into(),
            detector: package.detector.name,
        }
    }
}

impl From<LayerOrigin> for LayerRef {
    fn from(layer: LayerOrigin) -> Self {
        Self { index: layer.index, diff_id: layer.diff_id.to_string(), created_by: layer.created_by }
    }
}

impl From<limpid_scanner::Inventory> for Inventory {
    fn from(inventory: limpid_scanner::Inventory) -> Self {
        Self {
            image: inventory.image.into(),
            distribution: inventory.distribution.map(Distribution::from),
            packages: inventory.packages.into_iter().map(Package::from).collect(),
        }
    }
}
