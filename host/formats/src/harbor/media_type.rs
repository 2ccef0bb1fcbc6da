use crate::exchange::Form;

/// Of [`Metadata`](super::Metadata).
pub const METADATA: &str = "application/vnd.scanner.adapter.metadata+json; version=1.0";

/// Of [`Accepted`](super::Accepted).
pub const SCAN_RESPONSE: &str = "application/vnd.scanner.adapter.scan.response+json; version=1.0";

/// Of [`Refusal`](super::Refusal), as Harbor's own adapter writes it: the specification has another.
pub const ERROR: &str = "application/vnd.scanner.adapter.error; version=1.0";

/// Manifests that are scanned. Indexes are not among them: Harbor would send the index in the place of its images.
pub(super) const CONSUMED: [&str; 2] =
    ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];

/// A kind of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Vulnerabilities, with all that Harbor has a place for.
    Vulnerabilities,
    /// Vulnerabilities, as the first version of the API has them.
    Native,
    /// A bill of materials.
    Sbom,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Vulnerabilities, Self::Native, Self::Sbom];

    /// What it is called where types of content are.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Vulnerabilities => "application/vnd.security.vulnerability.report; version=1.1",
            Self::Native => "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0",
            Self::Sbom => "application/vnd.security.sbom.report+json; version=1.0",
        }
    }

    /// The kind that an `Accept` header asks for: the first that it names, or vulnerabilities where it takes anything.
    /// None where it takes nothing that there is.
    pub fn accepted(header: &str) -> Option<Self> {
        let essence = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut ranges = header.split(',').map(essence).filter(|range| !range.is_empty()).peekable();
        if ranges.peek().is_none() {
            return Some(Self::Vulnerabilities);
        }
        ranges.find_map(|range| match range.as_str() {
            "*/*" | "application/*" | "application/json" => Some(Self::Vulnerabilities),
            range => Self::ALL.into_iter().find(|kind| essence(kind.media_type()) == range),
        })
    }
}

/// The form of a bill of materials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BillForm {
    /// SPDX 2.3, which is what Harbor asks for.
    #[default]
    Spdx,
    /// CycloneDX 1.6.
    CycloneDx,
}

impl BillForm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Spdx, Self::CycloneDx];

    /// What Harbor calls it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Spdx => "application/spdx+json",
            Self::CycloneDx => "application/vnd.cyclonedx+json",
        }
    }

    /// The form of that type; none where it is not made.
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.media_type().eq_ignore_ascii_case(media_type.trim()))
    }

    pub(super) const fn form(self) -> Form {
        match self {
            Self::Spdx => Form::Spdx,
            Self::CycloneDx => Form::CycloneDx,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_given_the_kind_of_report_that_it_asks_for() {
        let check =
            |header: &str, expected: Option<Kind>| assert_eq!(Kind::accepted(header), expected, "{header}");
        for kind in Kind::ALL {
            check(kind.media_type(), Some(kind));
            check(&format!("text/html, {};q=0.5", kind.media_type()), Some(kind));
        }
        check("", Some(Kind::Vulnerabilities));
        check("*/*", Some(Kind::Vulnerabilities));
        check("Application/vnd.security.SBOM.report+json", Some(Kind::Sbom));
        check("text/html", None);
        check("application/vnd.security.model.report+json; version=1.0", None);
    }
}
