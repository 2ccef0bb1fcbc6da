//! Reports in the forms that other tools read.
//!
//! Each form is a function of a report, which is what [`json`](crate::json) says, and of the packages of its image.
//! The same report gives the same bytes: what a form wants as its time is when the newest of the report's sources
//! is as of, and what it wants as its identity is a digest of what it says. A finding has everywhere the fingerprint
//! that it has in JSON.
//!
//! | Word | Form |
//! |---|---|
//! | `sarif` | [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), within the [limits of GitHub](https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning) |
//! | `cyclonedx` | [CycloneDX 1.6](https://cyclonedx.org/docs/1.6/json/): packages and vulnerabilities |
//! | `cyclonedx-1.7` | [CycloneDX 1.7](https://cyclonedx.org/docs/1.7/json/): the same |
//! | `spdx` | [SPDX 2.3](https://spdx.github.io/spdx-spec/v2.3/): packages |
//! | `spdx-3.0` | [SPDX 3.0.1](https://spdx.github.io/spdx-spec/v3.0.1/): packages and vulnerabilities |
//! | `openvex` | [OpenVEX 0.2.0](https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md) |
//! | `gitlab` | [GitLab's report of container scanning](https://gitlab.com/gitlab-org/security-products/security-report-schemas), 15.2 |
//! | `grype` | [Grype's JSON](https://oss.anchore.com/docs/reference/grype/json/latest/) |
//! | `trivy` | [Trivy's JSON](https://trivy.dev/docs/latest/configuration/reporting/#json), schema 2 |
//! | `junit` | JUnit's XML: a test case for each finding |
//! | `csv` | [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180): a line for each finding |
//! | `html` | [HTML](https://html.spec.whatwg.org/): one page for people, with filters |
//! | `markdown` | [GitHub Flavored Markdown](https://github.github.com/gfm/), for summaries of jobs |

mod csv;
mod cyclonedx;
mod gitlab;
mod grype;
mod html;
mod junit;
mod markdown;
mod needs;
mod openvex;
mod parts;
mod sarif;
mod spdx;
mod spdx3;
mod trivy;
mod written;

use std::collections::HashMap;
use std::io::{self, Write};

use limpid_model::{Digest, ImageName, Severity};
use limpid_purl::Purl;

use crate::json as api;
use crate::printable;
pub use csv::{cell_of as csv_cell, head as csv_head, line as csv_line};
pub(crate) use markdown::escaped as markdown_text;
use needs::{Extent, Needed, Needs};
use parts::Parts;
pub use written::write_document;
use written::{Each, uuid_of};

/// The name under which Limpid writes.
pub(crate) const TOOL: &str = "Limpid";

/// Where it is from.
const HOME: &str = "https://github.com/limpid-scanner/limpid";

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// When nothing is known of the time.
const EPOCH: &str = "1970-01-01T00:00:00Z";

/// A form that other tools read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// Static Analysis Results Interchange Format.
    Sarif,
    /// A bill of materials with vulnerabilities.
    CycloneDx,
    /// The same in the next version.
    CycloneDx17,
    /// A bill of materials.
    Spdx,
    /// A bill of materials with vulnerabilities, in the version after that, which has nothing in common with it.
    Spdx3,
    /// Statements on vulnerabilities of the image.
    OpenVex,
    /// GitLab's report of container scanning.
    Gitlab,
    /// What Grype writes.
    Grype,
    /// What Trivy writes.
    Trivy,
    /// A test report.
    Junit,
    /// A table for spreadsheets.
    Csv,
    /// A page for people, in a browser.
    Html,
    /// A page for people, where text is shown as one.
    Markdown,
}

/// What is written down of one image.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The report. Of its findings those are written that are shown.
    pub report: &'a api::Report,
    /// All packages of the image.
    pub inventory: &'a api::Inventory,
    /// What each layer did, where that is known.
    pub layers: Option<&'a api::ImageLayers>,
    /// What was asked for, where not all findings are shown, and how many are not.
    pub hidden: Option<(&'a str, usize)>,
}

impl Subject<'_> {
    /// What a reader must know besides the findings: what is missing for a full answer, and what a filter hides. Each
    /// with a code for programs.
    pub(crate) fn remarks(&self) -> Vec<(String, String)> {
        let gaps = self.report.coverage.gaps.iter();
        let gaps = gaps.map(|gap| (gap.code.to_string(), printable(&gap.message)));
        let hidden = self.hidden.filter(|(_, count)| *count > 0).map(|(asked, count)| {
            let findings = if count == 1 { "1 finding is" } else { &format!("{count} findings are") };
            ("filtered".to_owned(), format!("{findings} not shown: `{asked}`"))
        });
        gaps.chain(hidden).collect()
    }
}

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The form speaks of one image at a time.
    #[error("`{form}` speaks of one image, and there are {images}: name one of them, or its platform")]
    Several {
        /// Word of the form.
        form: &'static str,
        /// How many images there are.
        images: usize,
    },
    /// Whoever takes it fails; nothing of a report does.
    #[error("the report cannot be written")]
    Write(#[from] io::Error),
    /// Nothing of a report fails here.
    #[error("cannot fill the page: {0}")]
    Page(#[from] minijinja::Error),
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Sarif,
        Self::CycloneDx,
        Self::CycloneDx17,
        Self::Spdx,
        Self::Spdx3,
        Self::OpenVex,
        Self::Gitlab,
        Self::Grype,
        Self::Trivy,
        Self::Junit,
        Self::Csv,
        Self::Html,
        Self::Markdown,
    ];

    /// The word for it in commands and requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sarif => "sarif",
            Self::CycloneDx => "cyclonedx",
            Self::CycloneDx17 => "cyclonedx-1.7",
            Self::Spdx => "spdx",
            Self::Spdx3 => "spdx-3.0",
            Self::OpenVex => "openvex",
            Self::Gitlab => "gitlab",
            Self::Grype => "grype",
            Self::Trivy => "trivy",
            Self::Junit => "junit",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Markdown => "markdown",
        }
    }

    /// The form of that word; none where there is no such form.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == word)
    }

    /// What it is called where types of content are.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Sarif => "application/sarif+json",
            Self::CycloneDx => "application/vnd.cyclonedx+json; version=1.6",
            Self::CycloneDx17 => "application/vnd.cyclonedx+json; version=1.7",
            Self::Spdx => "application/spdx+json",
            Self::Spdx3 => "application/spdx3+json; version=3.0.1",
            Self::OpenVex | Self::Gitlab | Self::Grype | Self::Trivy => "application/json",
            Self::Junit => "application/xml",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Html => "text/html; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8; variant=GFM",
        }
    }

    /// Whether it says which packages there are, whatever affects them.
    pub const fn lists_packages(self) -> bool {
        matches!(self, Self::CycloneDx | Self::CycloneDx17 | Self::Spdx | Self::Spdx3 | Self::Trivy)
    }

    /// Whether it shows what each layer did.
    pub const fn draws_layers(self) -> bool {
        matches!(self, Self::Html)
    }

    /// What a browser that is given the form by a service may do with it: nothing but its own script, and that as if it
    /// were of nowhere. None where a browser only shows text.
    pub fn content_security_policy(self) -> Option<&'static str> {
        matches!(self, Self::Html).then(html::served_policy)
    }

    /// Whether it has a place for what is missing for a full answer.
    pub const fn has_place_for_gaps(self) -> bool {
        !matches!(self, Self::OpenVex | Self::Csv | Self::Grype | Self::Trivy)
    }

    /// Writes images down, piece by piece.
    ///
    /// # Errors
    /// [`Error::Several`] where the form speaks of one image, and there are others; or the writer fails.
    pub fn write(self, subjects: &[Subject<'_>], out: &mut dyn Write) -> Result<(), Error> {
        let one = match subjects {
            [subject] => Ok(*subject),
            several => Err(Error::Several { form: self.as_str(), images: several.len() }),
        };
        match self {
            Self::Sarif => sarif::write(subjects, out)?,
            Self::CycloneDx => cyclonedx::write(one?, "1.6", out)?,
            Self::CycloneDx17 => cyclonedx::write(one?, "1.7", out)?,
            Self::Spdx => spdx::write(one?, out)?,
            Self::Spdx3 => spdx3::write(one?, out)?,
            Self::OpenVex => openvex::write(one?, out)?,
            Self::Gitlab => gitlab::write(one?, out)?,
            Self::Grype => grype::write(one?, out)?,
            Self::Trivy => trivy::write(one?, out)?,
            Self::Junit => out.write_all(junit::write(subjects).as_bytes())?,
            Self::Csv => out.write_all(csv::write(subjects).as_bytes())?,
            Self::Html => out.write_all(html::write(subjects)?.as_bytes())?,
            Self::Markdown => out.write_all(markdown::write(subjects).as_bytes())?,
        }
        Ok(())
    }
}

/// Addresses of further reading that are such: what advisories state may be anything.
pub(crate) fn addresses(finding: &api::Finding) -> impl Iterator<Item = &str> {
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "\"<>\\^`{|}".contains(c) || !c.is_ascii();
    finding.references.iter().map(String::as_str).filter(move |address| {
        let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(is_odd))
    })
}

/// What an image is called and runs on: images of one name may be of several platforms.
fn title_of(image: &api::Image) -> String {
    let platform = &image.platform;
    let variant = platform.variant.as_deref().map_or_else(String::new, |variant| format!("/{variant}"));
    format!("{} ({}/{}{variant})", name_of(image), platform.os, platform.architecture)
}

/// What stands for a finding in its place: several places may have one finding.
fn place_of(finding: &api::Finding) -> String {
    let package = &finding.package;
    let member = package.member.as_deref().unwrap_or_default();
    let layer = package.layer.index.to_string();
    let parts = [&finding.fingerprint, &package.version, &package.path, member, &layer];
    uuid(parts.join("\0").as_bytes())
}

/// What an image is called: the first of its names, or its digest.
fn name_of(image: &api::Image) -> &str {
    image.names.first().map_or(&image.digest, String::as_str)
}

/// As of when a report is: the newest of its sources and of what is known of vulnerabilities, or the image itself where there is none. Where neither says that,
/// it is the first moment of 1970: some forms must state a time.
fn as_of(report: &api::Report) -> String {
    let ingested = report.coverage.sources.iter().map(|source| source.ingested.as_str());
    let known = report.coverage.enrichments.iter().map(|source| source.ingested.as_str());
    let created = || report.image.created.as_deref();
    let stated = ingested.chain(known).max().or_else(created);
    let time = stated.and_then(|text| text.parse::<jiff::Timestamp>().ok());
    // To the second, in UTC: some forms know no other.
    let whole = time.and_then(|time| jiff::Timestamp::from_second(time.as_second()).ok());
    whole.map_or_else(|| EPOCH.to_owned(), |time| time.to_string())
}

/// The image as a package URL of type
/// [`oci`](https://github.com/package-url/purl-spec/blob/main/types/oci-definition.json).
fn purl_of(image: &api::Image) -> String {
    let ImageName { repository, tag } = ImageName::read(image.names.first().map_or("", String::as_str));
    let last = repository.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or("image");
    let digest = image.manifests.first().map_or("", String::as_str);
    let repository = if repository.contains('/') { repository } else { "" };
    Purl::new("oci", last)
        .version(digest)
        .qualifier("arch", image.platform.architecture.as_str())
        .qualifier("repository_url", repository)
        .qualifier("tag", tag.unwrap_or_default())
        .to_string()
}

/// References to an image by the digests of its manifests, in the repository of its first name with a tag.
fn repository_digests(image: &api::Image) -> Vec<String> {
    let names = image.names.iter().filter(|name| !name.contains('@')).map(|name| ImageName::read(name));
    let Some(name) = names.into_iter().find(|name| name.tag.is_some()) else { return Vec::new() };
    image.manifests.iter().map(|digest| format!("{}@{digest}", name.repository)).collect()
}

/// A UUID of version 8 that is made of what is said.
fn uuid(content: &[u8]) -> String {
    uuid_from(&Digest::of(content))
}

fn uuid_from(digest: &Digest) -> String {
    let hex = digest.hex();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Which package of the inventory it is: each in its place is one of its own.
struct Places<'a>(HashMap<Place<'a>, usize>);

/// Where a package is.
type Place<'a> = (&'a str, &'a str, Option<&'a str>, usize);

impl<'a> Places<'a> {
    fn of(inventory: &'a api::Inventory) -> Self {
        let mut places = HashMap::new();
        for (number, package) in inventory.packages.iter().enumerate() {
            places.entry(Self::place(package)).or_insert(number);
        }
        Self(places)
    }

    fn place(package: &api::Package) -> Place<'_> {
        (&package.purl, &package.path, package.member.as_deref(), package.layer.index)
    }

    fn get(&self, package: &api::Package) -> Option<usize> {
        self.0.get(&Places::place(package)).copied()
    }
}

/// The score of a finding; none where nobody has given one.
fn score(finding: &api::Finding) -> Option<f32> {
    finding.severity.rating.as_ref().and_then(|rating| rating.score)
}

/// What to do about a finding, in a sentence.
fn advice(finding: &api::Finding) -> String {
    let name = &finding.package.name;
    match (&finding.update_to, &finding.fixed_version) {
        (Some(version), _) => format!("Update {name} to {version} or later"),
        (None, Some(version)) => format!("Update {name}: this is fixed in {version}"),
        (None, None) => match &*finding.status {
            "wont-fix" => format!("{name} will not be fixed"),
            "fix-deferred" => format!("The fix of {name} is deferred"),
            "end-of-life" => format!("{name} is no longer supported"),
            "under-investigation" => format!("Whether {name} is affected is being investigated"),
            _ => format!("No fixed version of {name} is known"),
        },
    }
}

/// Why a finding does not count, and who says so, in a line.
fn suppression(suppression: &api::Suppression) -> String {
    let source = &suppression.source;
    let by = match (&*suppression.by, &suppression.author) {
        ("policy", _) => format!("policy `{source}`"),
        ("grace", _) => format!("grace of policy `{source}`"),
        (_, Some(author)) => format!("VEX of {author}, `{source}`"),
        (_, None) => format!("VEX `{source}`"),
    };
    let repository = suppression.repository.as_ref();
    let repository = repository.map(|name| format!(" in repository `{name}`")).unwrap_or_default();
    let until = suppression.until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
    let why = match suppression.reason.trim() {
        "" => suppression.justification.as_deref().unwrap_or("no reason is stated"),
        reason => reason,
    };
    let vouched = suppression.attached.as_ref().map(|attached| format!(" ({})", attached.vouched()));
    let vouched = vouched.unwrap_or_default();
    format!("suppressed by {by}{repository}{vouched}{until}: {why}")
}

/// What a finding is, in a line.
pub(crate) fn title(finding: &api::Finding) -> &str {
    let title = finding.title.trim();
    // Some forms refuse what is empty, as is what holds nothing that is printed.
    if printable(title).trim().is_empty() { &finding.vulnerability } else { title }
}

/// A severity in the words of Clair, Grype and Harbor, which have none that is worse than critical.
pub(crate) const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Malicious | Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Negligible => "Negligible",
        Severity::Unknown => "Unknown",
    }
}

#[cfg(test)]
mod tests;
