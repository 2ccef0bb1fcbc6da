//! Analyses of CycloneDX. What a vulnerability affects is named by references to components, of this document or of
//! another one ([BOM-Link](https://cyclonedx.org/capabilities/bomlink/)). Of another one, the reference is often the
//! package URL itself.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::{Product, Statement, Status, VexDocument, VexError, first, when};

/// How deep components may be nested in each other.
const MAX_DEPTH: usize = 16;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(default)]
    serial_number: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    components: Vec<Component>,
    #[serde(default)]
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    timestamp: String,
    authors: Vec<Named>,
    manufacturer: Option<Named>,
    supplier: Option<Named>,
    component: Option<Component>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default, rename = "bom-ref")]
    bom_ref: String,
    purl: Option<String>,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default)]
    id: String,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default)]
    published: String,
    #[serde(default)]
    updated: String,
    analysis: Option<Analysis>,
    #[serde(default)]
    affects: Vec<Affects>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Analysis {
    #[serde(default)]
    state: String,
    #[serde(default)]
    justification: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    first_issued: String,
    #[serde(default)]
    last_updated: String,
}

#[derive(Deserialize)]
struct Affects {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: Option<String>,
    range: Option<String>,
    #[serde(default)]
    status: String,
}

pub(super) fn read(bytes: &[u8]) -> Result<VexDocument, VexError> {
    let bom: Bom = serde_json::from_slice(bytes)?;
    let metadata = &bom.metadata;
    let named = [&metadata.manufacturer, &metadata.supplier].into_iter().flatten().chain(&metadata.authors);
    let author = first(&named.map(|it| it.name.as_str()).collect::<Vec<_>>());
    let mut vex = VexDocument { id: bom.serial_number.clone(), author, ..VexDocument::default() };
    let about = About { serial_number: &bom.serial_number, component: metadata.component.as_ref() };
    let mut purls = HashMap::new();
    let own = metadata.component.iter().chain(&bom.components);
    own.for_each(|component| collect(component, 0, &mut purls));
    for vulnerability in &bom.vulnerabilities {
        let Some(analysis) = &vulnerability.analysis else { continue };
        let Some(status) = status_of(&analysis.state) else {
            vex.inapplicable += 1;
            continue;
        };
        let mut products = Vec::new();
        for affects in &vulnerability.affects {
            let product = about.product(&affects.reference, &purls);
            match (product, affects.versions.as_slice()) {
                (None, _) => vex.inapplicable += 1,
                (Some(product), []) => products.push(product),
                (Some(Product::Package(package)), versions) => {
                    // What the analysis is about are versions that are affected: of others nothing is said.
                    let meant = versions.iter().filter(|it| matches!(it.status.as_str(), "" | "affected"));
                    for version in meant {
                        let in_version =
                            |version: &str| Product::Package(package.purl.clone().version(version).into());
                        let product = match (&version.version, &version.range) {
                            (Some(version), _) => Some(in_version(version)),
                            (None, Some(range)) => in_version("").within(range),
                            (None, None) => None,
                        };
                        match product {
                            Some(product) => products.push(product),
                            None => vex.inapplicable += 1,
                        }
                    }
                }
                (Some(Product::Image { .. }), _) => vex.inapplicable += 1,
            }
        }
        let others = vulnerability.references.iter().map(|it| &it.id);
        let identifiers = std::iter::once(&vulnerability.id).chain(others);
        vex.push(Statement {
            identifiers: identifiers.filter(|id| !id.is_empty()).cloned().collect(),
            products,
            status,
            justification: Some(analysis.justification.clone()).filter(|it| !it.is_empty()),
            reason: analysis.detail.trim().to_owned(),
            at: when(&[
                &analysis.last_updated,
                &analysis.first_issued,
                &vulnerability.updated,
                &metadata.timestamp,
                &vulnerability.published,
            ]),
        })?;
    }
    Ok(vex)
}

fn status_of(state: &str) -> Option<Status> {
    Some(match state {
        "not_affected" | "false_positive" => Status::NotAffected,
        "resolved" | "resolved_with_pedigree" => Status::Fixed,
        "exploitable" => Status::Affected,
        "in_triage" => Status::UnderInvestigation,
        _ => return None,
    })
}

fn collect<'b>(component: &'b Component, depth: usize, purls: &mut HashMap<&'b str, &'b str>) {
    if let Some(purl) = &component.purl
        && !component.bom_ref.is_empty()
    {
        purls.insert(&component.bom_ref, purl);
    }
    if depth < MAX_DEPTH {
        component.components.iter().for_each(|nested| collect(nested, depth + 1, purls));
    }
}

/// What a document is about: its analyses hold for that and its parts, and for nothing else.
struct About<'b> {
    serial_number: &'b str,
    component: Option<&'b Component>,
}

impl About<'_> {
    /// The product behind a reference.
    fn product(&self, reference: &str, purls: &HashMap<&str, &str>) -> Option<Product> {
        let purl = self.purl(reference, purls)?;
        let Some(whole) = self.component else { return Product::of(&purl, std::iter::empty()) };
        match &whole.purl {
            // All of it.
            Some(own) if *own == purl => Product::of(&purl, std::iter::empty()),
            Some(own) => Product::of(own, std::iter::once(purl.as_str())),
            // Of something that nobody can recognise.
            None => None,
        }
    }

    /// The package URL behind a reference. A link to another document means nothing that is in this one.
    fn purl(&self, reference: &str, purls: &HashMap<&str, &str>) -> Option<String> {
        if let Some(purl) = purls.get(reference) {
            return Some((*purl).to_owned());
        }
        let linked = reference.strip_prefix("urn:cdx:").and_then(|link| link.split_once('#'));
        let (is_own, text) = match linked {
            None => (true, reference),
            Some((document, component)) => {
                let own = self.serial_number.strip_prefix("urn:uuid:").unwrap_or(self.serial_number);
                let document = document.split('/').next().unwrap_or_default();
                (!own.is_empty() && document.eq_ignore_ascii_case(own), component)
            }
        };
        let decoded = percent_decode_str(text).decode_utf8_lossy();
        if let Some(purl) = purls.get(decoded.as_ref()).filter(|_| is_own) {
            return Some((*purl).to_owned());
        }
        // As it is written: what is encoded in a package URL must stay so.
        [text, decoded.as_ref()].into_iter().find(|text| text.starts_with("pkg:")).map(str::to_owned)
    }
}
