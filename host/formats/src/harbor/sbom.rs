//! A bill of materials as Harbor stores it: as an artifact of its own, known by the digest of its bytes. So it says
//! nothing that changes while the image does not: neither what affects the image, nor how old advisories are, nor by
//! which other names the image is known.

use limpid_model::{Inventory, report};
use serde::Serialize;
use serde::ser::Error as _;

use super::vulnerabilities::Completeness;
use super::{Artifact, BillForm, Heading, SCANNER, Scanner};
use crate::exchange::Subject;
use crate::json as api;
use crate::rfc3339;

/// Writes the bill of materials of an image, as [`Kind::Sbom`](super::Kind::Sbom). `reference` is what the image is
/// called in it. Of the report only that counts which is of the image.
///
/// # Errors
/// Nothing that an image holds fails here.
pub fn write_sbom(
    (report, inventory): (report::Report, Inventory),
    reference: &str,
    form: BillForm,
    heading: Heading<'_>,
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let report = api::Report::of(of_image(report, reference, heading.artifact))?;
    let inventory = api::Inventory::from(inventory);
    let head = Head {
        generated_at: rfc3339(heading.generated_at),
        artifact: heading.artifact,
        scanner: SCANNER,
        vendor_attributes: Completeness::of(&report),
        media_type: form.media_type(),
    };
    serde_json::to_writer(&mut *out, &head)?;
    // The bill comes within, as it is.
    out.pop();
    out.extend_from_slice(b",\"sbom\":");
    let subject = Subject { report: &report, inventory: &inventory, layers: None, hidden: None };
    form.form().write(&[subject], out).map_err(serde_json::Error::custom)?;
    out.push(b'}');
    Ok(())
}

#[derive(Serialize)]
struct Head<'a> {
    generated_at: String,
    artifact: &'a Artifact,
    scanner: Scanner,
    vendor_attributes: Completeness<'a>,
    media_type: &'static str,
}

/// What of a report is of the image, whatever is known of advisories.
fn of_image(mut report: report::Report, reference: &str, artifact: &Artifact) -> report::Report {
    report.image.names = vec![reference.to_owned()];
    report.image.manifests = vec![artifact.digest];
    report.coverage.gaps = report.coverage.examination.gaps();
    report.coverage.sources.clear();
    report.coverage.enrichments.clear();
    report.coverage.unordered.clear();
    report.coverage.unjudged.clear();
    report.findings.clear();
    report.suppressed.clear();
    report.attached.clear();
    report.base = None;
    report.recommendation = None;
    report
}
