use serde::Serialize;

use super::media_type::CONSUMED;
use super::{BillForm, Kind, SCANNER, Scanner};
use crate::rfc3339;

/// What the scanner can do. Harbor asks for all reports of a capability at the same time, and each must be there: so the
/// native report, of which all is in the generic one, is not among those that are offered.
#[derive(Debug, Serialize)]
pub struct Metadata {
    scanner: Scanner,
    capabilities: [Capability; 2],
    properties: Properties,
}

#[derive(Debug, Serialize)]
struct Capability {
    #[serde(rename = "type")]
    kind: &'static str,
    consumes_mime_types: [&'static str; 2],
    produces_mime_types: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_attributes: Option<Attributes>,
}

#[derive(Debug, Serialize)]
struct Attributes {
    sbom_media_types: [&'static str; 2],
}

#[derive(Debug, Serialize)]
struct Properties {
    #[serde(rename = "harbor.scanner-adapter/scanner-type")]
    scanner_type: &'static str,
    /// A robot account, which Harbor deletes when the job is done, rather than a token that is good for longer.
    #[serde(rename = "harbor.scanner-adapter/registry-authorization-type")]
    registry_authorization: &'static str,
    #[serde(
        rename = "harbor.scanner-adapter/vulnerability-database-updated-at",
        skip_serializing_if = "Option::is_none"
    )]
    updated: Option<String>,
    #[serde(
        rename = "harbor.scanner-adapter/vulnerability-database-next-update-at",
        skip_serializing_if = "Option::is_none"
    )]
    next_update: Option<String>,
}

impl Metadata {
    /// With the time as of which the oldest of its sources is, and when feeds are fetched next, in milliseconds since
    /// 1970; none where that is not known.
    pub fn new(updated: Option<u64>, next_update: Option<u64>) -> Self {
        let capability = |kind, report: Kind, additional_attributes| Capability {
            kind,
            consumes_mime_types: CONSUMED,
            produces_mime_types: [report.media_type()],
            additional_attributes,
        };
        let bills = Attributes { sbom_media_types: BillForm::ALL.map(BillForm::media_type) };
        Self {
            scanner: SCANNER,
            capabilities: [
                capability("vulnerability", Kind::Vulnerabilities, None),
                capability("sbom", Kind::Sbom, Some(bills)),
            ],
            properties: Properties {
                scanner_type: "os-package-vulnerability",
                registry_authorization: "Basic",
                updated: updated.map(rfc3339),
                next_update: next_update.map(rfc3339),
            },
        }
    }
}
