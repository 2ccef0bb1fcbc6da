//! What a document is, by what it says of itself.

use limpid_model::AttachmentKind;
use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The parts of documents in JSON that tell one form from another.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "bomFormat")]
    bom_format: Option<IgnoredAny>,
    components: Option<Vec<IgnoredAny>>,
    vulnerabilities: Option<Vec<Vulnerability>>,
    #[serde(rename = "spdxVersion")]
    spdx_version: Option<IgnoredAny>,
    #[serde(rename = "@context")]
    context: Option<serde_json::Value>,
    statements: Option<IgnoredAny>,
    document: Option<Document>,
}

#[derive(Deserialize)]
struct Vulnerability {
    analysis: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Document {
    csaf_version: Option<IgnoredAny>,
}

/// A kind that a document is of, and how names of files of its form end.
pub(super) type Form = (AttachmentKind, &'static str);

const CSAF: Form = (AttachmentKind::Vex, "csaf.json");
const OPENVEX: Form = (AttachmentKind::Vex, "openvex.json");
const CYCLONEDX_VEX: Form = (AttachmentKind::Vex, "cdx.json");
const CYCLONEDX: Form = (AttachmentKind::Sbom, "cdx.json");
const CYCLONEDX_XML: Form = (AttachmentKind::Sbom, "cdx.xml");
const SPDX: Form = (AttachmentKind::Sbom, "spdx.json");
const SPDX_TAGS: Form = (AttachmentKind::Sbom, "spdx");

/// What a document is: none of both, one, or both, as CycloneDX may be.
pub(super) fn forms(document: &[u8]) -> Vec<Form> {
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document).trim_ascii_start();
    match text.first() {
        Some(b'{') => of_json(text),
        Some(b'<') if has(text, "cyclonedx.org/schema/bom") => vec![CYCLONEDX_XML],
        _ if has(text, "SPDXVersion:") => vec![SPDX_TAGS],
        _ => Vec::new(),
    }
}

fn of_json(text: &[u8]) -> Vec<Form> {
    let Ok(head) = serde_json::from_slice::<Head>(text) else { return Vec::new() };
    let context = head.context.map(|context| context.to_string()).unwrap_or_default();
    if head.bom_format.is_some() {
        let vulnerabilities = head.vulnerabilities.unwrap_or_default();
        let is_vex = vulnerabilities.iter().any(|it| it.analysis.is_some());
        let has_components = head.components.is_some_and(|components| !components.is_empty());
        let forms = [(is_vex, CYCLONEDX_VEX), (has_components || !is_vex, CYCLONEDX)];
        return forms.into_iter().filter_map(|(is, form)| is.then_some(form)).collect();
    }
    if head.spdx_version.is_some() || context.contains("spdx.org/rdf/3") {
        return vec![SPDX];
    }
    if head.document.is_some_and(|document| document.csaf_version.is_some()) {
        return vec![CSAF];
    }
    if head.statements.is_some() && context.contains("openvex") {
        return vec![OPENVEX];
    }
    Vec::new()
}

fn has(text: &[u8], mark: &str) -> bool {
    memmem::find(text, mark.as_bytes()).is_some()
}

/// Whether a type of artifacts, documents or predicates may be that of a document which is read.
pub(super) fn may_be_read(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    ["vex", "csaf", "cyclonedx", "spdx", "sbom"].iter().any(|word| kind.contains(word))
}

/// Whether a type is one of what such documents are wrapped in.
pub(super) fn is_wrapping(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    ["in-toto", "dsse", "sigstore.bundle"].iter().any(|word| kind.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_told_by_what_it_says_of_itself() {
        let check = |text: &str, expected: &[Form]| assert_eq!(forms(text.as_bytes()), expected, "{text}");
        check(r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": []}"#, &[OPENVEX]);
        check(r#"{"document": {"csaf_version": "2.0"}}"#, &[CSAF]);
        check(r#"{"bomFormat": "CycloneDX", "components": [{}]}"#, &[CYCLONEDX]);
        check(r#"{"bomFormat": "CycloneDX"}"#, &[CYCLONEDX]);
        let analysis = r#""vulnerabilities": [{"id": "CVE-1", "analysis": {"state": "not_affected"}}]"#;
        check(&format!(r#"{{"bomFormat": "CycloneDX", {analysis}}}"#), &[CYCLONEDX_VEX]);
        let both = format!(r#"{{"bomFormat": "CycloneDX", "components": [{{}}], {analysis}}}"#);
        check(&both, &[CYCLONEDX_VEX, CYCLONEDX]);
        check(r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>"#, &[CYCLONEDX_XML]);
        check(r#"{"spdxVersion": "SPDX-2.3"}"#, &[SPDX]);
        check(r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}"#, &[SPDX]);
        check("SPDXVersion: SPDX-2.3\n", &[SPDX_TAGS]);
        for other in ["", "{", "{}", "[]", "<html/>", r#"{"buildDefinition": {}}"#, r#"{"document": 1}"#] {
            check(other, &[]);
        }
    }

    #[test]
    fn types_of_other_artifacts_are_passed_over() {
        for kind in ["application/vnd.cyclonedx+json", "text/spdx", "https://openvex.dev/ns/v0.2.0"] {
            assert!(may_be_read(kind), "{kind}");
        }
        for kind in ["application/vnd.in-toto+json", "application/vnd.dev.sigstore.bundle.v0.3+json"] {
            assert!(is_wrapping(kind) && !may_be_read(kind), "{kind}");
        }
        for kind in ["https://slsa.dev/provenance/v1", "application/vnd.cncf.notary.signature", ""] {
            assert!(!is_wrapping(kind) && !may_be_read(kind), "{kind}");
        }
    }
}
