//! SPDX 3.0.1 as JSON-LD: all packages of an image, and what affects them.
//!
//! | SPDX | Report |
//! |---|---|
//! | `software_Sbom`, which the `SpdxDocument` has as its root | the image, as a `software_Package` that is a container |
//! | `software_Package` | the distribution as `operatingSystem`, and packages, by package URL; where and how each was found is in `comment` |
//! | `Relationship` of type `contains` | the image holds all of them, and a package those that are part of it; `completeness` says whether the list has gaps, and nothing of parts |
//! | `Relationship` of type `dependsOn` | a package needs others to run; `completeness` is `complete` where all that it says it needs is there, `incomplete` where it is not clear which package is meant, and otherwise `noAssertion` |
//! | `hasDeclaredLicense` | licences in the words of the package |
//! | `Annotation` | gaps: what is missing for a full answer; and what a filter hides |
//! | `security_Vulnerability` | one for each vulnerability, with its identifiers and further reading |
//! | `security_VexAffectedVulnAssessmentRelationship` | findings, with what to do; the publisher's word is in `security_statusNotes` |
//! | `security_VexUnderInvestigationVulnAssessmentRelationship` | *under-investigation* |
//! | `security_CvssV2...`, `V3...`, `V4VulnAssessmentRelationship` | ratings that are vectors with scores |

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::iter;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Each, Extent, HOME, Needed, Needs, Parts, Places, Subject, TOOL, VERSION, addresses, advice, as_of,
    name_of, purl_of, suppression, title, uuid_of, write_document,
};
use crate::json as api;

const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";

/// The node that says by whom and when all others were made.
const CREATION: &str = "_:creation";

/// What findings say of a vulnerability of packages: its identifier, its status and what to do.
type Key<'a> = (&'a str, &'a str, String);

pub(super) fn write(subject: Subject<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Subject { report, inventory, .. } = subject;
    let places = Places::of(inventory);
    let mut by_id: BTreeMap<&str, Vec<&api::Finding>> = BTreeMap::new();
    let mut by_key: BTreeMap<Key<'_>, Vec<&api::Finding>> = BTreeMap::new();
    for finding in &report.findings {
        by_id.entry(&finding.vulnerability).or_default().push(finding);
        let key = (&*finding.vulnerability, &*finding.status, advice(finding));
        by_key.entry(key).or_default().push(finding);
    }
    for it in &report.suppressed {
        by_id.entry(&it.finding.vulnerability).or_default().push(&it.finding);
    }
    let mut licenses: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, package) in inventory.packages.iter().enumerate() {
        for license in &package.licenses {
            licenses.entry(license).or_default().push(place);
        }
    }
    let ids: BTreeMap<&str, usize> = by_id.keys().enumerate().map(|(place, id)| (*id, place)).collect();
    let said = (&report.image.digest, &inventory.packages, &report.findings, &report.suppressed);
    let names = Names { base: format!("urn:uuid:{}", uuid_of(&said)?) };
    let names = &names;
    let remarks = subject.remarks();
    let (parts, needs) = (Parts::of(inventory), Needs::of(&inventory.packages));
    let graph = Each(|| {
        let head = head(&subject, names, &remarks);
        let packages = inventory.packages.iter().enumerate();
        let packages = packages.map(|(place, package)| of_package(package, &names.package(place)));
        let parts = parts.iter().map(|(holder, parts)| holds(names, holder, parts));
        let needed = needs.iter().filter(|(_, needed)| !needed.places.is_empty());
        let needed = needed.map(|(place, needed)| depends_on(names, place, needed));
        let licenses =
            licenses.iter().enumerate().flat_map(|(place, (text, of))| license(names, place, text, of));
        let vulnerabilities = by_id
            .iter()
            .enumerate()
            .filter_map(|(place, (id, findings))| vulnerability(names, place, id, findings));
        let assessments = by_key.iter().enumerate().flat_map(|(place, (key, findings))| {
            let of = ids.get(key.0).copied().unwrap_or_default();
            let packages: Vec<_> =
                findings.iter().filter_map(|it| Some(names.package(places.get(&it.package)?))).collect();
            assessments(names, (place, of), key, findings, &packages)
        });
        let suppressed = report.suppressed.iter().enumerate().filter_map(|(place, it)| {
            let of = ids.get(&*it.finding.vulnerability).copied().unwrap_or_default();
            let package = names.package(places.get(&it.finding.package)?);
            Some(suppressed(names, (place, of), it, &package))
        });
        let all = head
            .into_iter()
            .chain(packages)
            .chain(parts)
            .chain(needed)
            .chain(licenses)
            .chain(vulnerabilities);
        all.chain(assessments).chain(suppressed)
    });
    write_document(&Document { context: CONTEXT, graph }, out)
}

#[derive(Serialize)]
struct Document<G> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@graph")]
    graph: G,
}

/// What elements are called: by the document and their place in it.
struct Names {
    base: String,
}

impl Names {
    fn of(&self, what: &str) -> String {
        format!("{}#{what}", self.base)
    }

    fn package(&self, place: usize) -> String {
        format!("{}#package-{place}", self.base)
    }
}

/// An element with what all of them have.
fn element(kind: &str, id: &str, own: Value) -> Value {
    let mut members = Map::new();
    members.insert("type".to_owned(), kind.into());
    members.insert("spdxId".to_owned(), id.into());
    members.insert("creationInfo".to_owned(), CREATION.into());
    if let Value::Object(own) = own {
        members.extend(own.into_iter().filter(|(_, value)| !value.is_null()));
    }
    Value::Object(members)
}

/// All that there is one of.
fn head(subject: &Subject<'_>, names: &Names, remarks: &[(String, String)]) -> Vec<Value> {
    let Subject { report, inventory, .. } = subject;
    let (agent, tool, image) = (names.of("agent"), names.of("tool"), names.of("image"));
    let (sbom, document, system) = (names.of("sbom"), names.of("document"), names.of("operating-system"));
    let distribution = report.coverage.distribution.as_ref();
    let contained: Vec<_> = distribution
        .map(|_| system.clone())
        .into_iter()
        .chain((0..inventory.packages.len()).map(|place| names.package(place)))
        .collect();
    let profiles = ["core", "software", "security", "simpleLicensing"];
    let mut elements = vec![
        json!({
            "type": "CreationInfo",
            "@id": CREATION,
            "specVersion": "3.0.1",
            "created": as_of(report),
            "createdBy": [agent],
            "createdUsing": [tool],
        }),
        element("SoftwareAgent", &agent, json!({ "name": TOOL })),
        element("Tool", &tool, json!({ "name": format!("{TOOL} {VERSION}"), "comment": HOME })),
        element(
            "SpdxDocument",
            &document,
            json!({ "name": name_of(&report.image), "profileConformance": profiles, "rootElement": [sbom] }),
        ),
        element(
            "software_Sbom",
            &sbom,
            json!({
                "name": name_of(&report.image),
                "profileConformance": profiles,
                "rootElement": [image],
                "software_sbomType": ["analyzed"],
            }),
        ),
        element(
            "software_Package",
            &image,
            json!({
                "name": name_of(&report.image),
                "software_packageVersion": report.image.manifests.first().unwrap_or(&report.image.digest),
                "software_packageUrl": purl_of(&report.image),
                "software_primaryPurpose": "container",
            }),
        ),
    ];
    if let Some(known) = distribution {
        elements.push(element(
            "software_Package",
            &system,
            json!({
                "name": known.id,
                "summary": known.pretty_name,
                "software_packageVersion": Some(&known.version_id).filter(|version| !version.is_empty()),
                "software_primaryPurpose": "operatingSystem",
            }),
        ));
    }
    if !contained.is_empty() {
        let completeness = if report.summary.complete { "complete" } else { "incomplete" };
        elements.push(element(
            "Relationship",
            &names.of("contains"),
            json!({
                "from": image,
                "to": contained,
                "relationshipType": "contains",
                "completeness": completeness,
            }),
        ));
    }
    elements.extend(remarks.iter().enumerate().map(|(place, (code, text))| {
        element(
            "Annotation",
            &names.of(&format!("remark-{place}")),
            json!({ "annotationType": "other", "subject": sbom, "statement": format!("{code}: {text}") }),
        )
    }));
    elements
}

fn of_package(package: &api::Package, id: &str) -> Value {
    let member = package.member.as_deref().map_or_else(String::new, |member| format!("!{member}"));
    element(
        "software_Package",
        id,
        json!({
            "name": package.name,
            "software_packageVersion": package.version,
            "software_packageUrl": package.purl,
            "comment": format!(
                "{} by detector {} from {}{member} in layer {} ({})",
                package.evidence, package.detector, package.path, package.layer.index, package.layer.diff_id
            ),
        }),
    )
}

/// That a package has others in it. Whether that is all of them is not known.
fn holds(names: &Names, holder: usize, parts: &[usize]) -> Value {
    let parts: Vec<_> = parts.iter().map(|place| names.package(*place)).collect();
    element(
        "Relationship",
        &names.of(&format!("parts-of-{holder}")),
        json!({
            "from": names.package(holder),
            "to": parts,
            "relationshipType": "contains",
            "completeness": "noAssertion",
        }),
    )
}

/// What a package needs to run.
fn depends_on(names: &Names, place: usize, needed: &Needed) -> Value {
    let to: Vec<_> = needed.places.iter().map(|place| names.package(*place)).collect();
    let completeness = match needed.extent {
        Extent::All => "complete",
        Extent::Present => "noAssertion",
        Extent::Part => "incomplete",
    };
    element(
        "Relationship",
        &names.of(&format!("needs-of-{place}")),
        json!({
            "from": names.package(place),
            "to": to,
            "relationshipType": "dependsOn",
            "completeness": completeness,
        }),
    )
}

/// A licence in the words of packages, and which packages say so.
fn license(names: &Names, place: usize, text: &str, of: &[usize]) -> impl Iterator<Item = Value> {
    let id = names.of(&format!("license-{place}"));
    let stated =
        element("simplelicensing_SimpleLicensingText", &id, json!({ "simplelicensing_licenseText": text }));
    let declared = of.iter().map(|package| {
        element(
            "Relationship",
            &names.of(&format!("license-{place}-of-{package}")),
            json!({ "from": names.package(*package), "to": [id], "relationshipType": "hasDeclaredLicense" }),
        )
    });
    iter::once(stated).chain(declared.collect::<Vec<_>>())
}

fn vulnerability(names: &Names, place: usize, id: &str, findings: &[&api::Finding]) -> Option<Value> {
    let first = findings.first()?;
    let identifiers = iter::once(id).chain(first.aliases.iter().map(String::as_str)).map(|id| {
        let kind = if id.starts_with("CVE-") { "cve" } else { "securityOther" };
        json!({ "type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": id })
    });
    let identifiers: Vec<_> = identifiers.collect();
    let references: Vec<_> = addresses(first)
        .map(|address| json!({ "type": "ExternalRef", "externalRefType": "securityAdvisory", "locator": [address] }))
        .collect();
    Some(element(
        "security_Vulnerability",
        &names.of(&format!("vulnerability-{place}")),
        json!({
            "name": id,
            "summary": title(first),
            "externalIdentifier": identifiers,
            "externalRef": Some(references).filter(|references| !references.is_empty()),
        }),
    ))
}

/// What is said of a vulnerability of packages: whether they are affected, and how bad that is.
fn assessments(
    names: &Names,
    (place, of): (usize, usize),
    (_, status, advice): &Key<'_>,
    findings: &[&api::Finding],
    packages: &[String],
) -> Vec<Value> {
    let Some(first) = findings.first().filter(|_| !packages.is_empty()) else { return Vec::new() };
    let from = names.of(&format!("vulnerability-{of}"));
    let notes =
        first.note.as_deref().map_or_else(|| (*status).to_owned(), |note| format!("{status}: {note}"));
    let notes = match &first.exploited {
        Some(exploited) => format!("{notes}; known to be exploited since {}", exploited.since),
        None => notes,
    };
    let id = names.of(&format!("assessment-{place}"));
    let mut made = vec![match *status {
        "under-investigation" => element(
            "security_VexUnderInvestigationVulnAssessmentRelationship",
            &id,
            json!({
                "from": from,
                "to": packages,
                "relationshipType": "underInvestigationFor",
                "security_statusNotes": notes,
            }),
        ),
        _ => element(
            "security_VexAffectedVulnAssessmentRelationship",
            &id,
            json!({
                "from": from,
                "to": packages,
                "relationshipType": "affects",
                "security_actionStatement": advice,
                "security_statusNotes": notes,
            }),
        ),
    }];
    made.extend(
        first
            .severity
            .rating
            .as_ref()
            .and_then(|rating| score(&names.of(&format!("score-{place}")), &from, packages, rating)),
    );
    made
}

/// What is said of what does not count: by a VEX document that the package is not affected or holds the fix; by a policy,
/// that it is affected and suppressed.
fn suppressed(names: &Names, (place, of): (usize, usize), it: &api::Suppressed, package: &str) -> Value {
    let known = &it.suppression;
    let mut members = json!({
        "from": names.of(&format!("vulnerability-{of}")),
        "to": [package],
        "security_statusNotes": suppression(known),
    });
    let (kind, relation, more) = match known.vex_status() {
        Some(api::VexStatus::NotAffected) => {
            let justification = known.justification.as_deref().and_then(|word| {
                JUSTIFICATIONS.iter().find(|(known, _)| *known == word).map(|(_, spdx)| *spdx)
            });
            let more = match justification {
                Some(word) => ("security_justificationType", word.to_owned()),
                None => ("security_impactStatement", suppression(known)),
            };
            ("security_VexNotAffectedVulnAssessmentRelationship", "doesNotAffect", Some(more))
        }
        Some(api::VexStatus::Fixed) => ("security_VexFixedVulnAssessmentRelationship", "fixedIn", None),
        None => {
            let more = ("security_actionStatement", advice(&it.finding));
            ("security_VexAffectedVulnAssessmentRelationship", "affects", Some(more))
        }
    };
    if let Some(members) = members.as_object_mut() {
        members.insert("relationshipType".to_owned(), relation.into());
        members.extend(more.map(|(name, value)| (name.to_owned(), value.into())));
    }
    element(kind, &names.of(&format!("suppressed-{place}")), members)
}

/// Why something is not affected, in the words of VEX and of SPDX.
const JUSTIFICATIONS: [(&str, &str); 5] = [
    ("component_not_present", "componentNotPresent"),
    ("vulnerable_code_not_present", "vulnerableCodeNotPresent"),
    ("vulnerable_code_not_in_execute_path", "vulnerableCodeNotInExecutePath"),
    ("vulnerable_code_cannot_be_controlled_by_adversary", "vulnerableCodeCannotBeControlledByAdversary"),
    ("inline_mitigations_already_exist", "inlineMitigationsAlreadyExist"),
];

/// A rating that is a vector with its score.
fn score(id: &str, from: &str, packages: &[String], rating: &api::Rating) -> Option<Value> {
    let score = rating.score?;
    let (kind, severity) = match rating.system.as_str() {
        "CVSS:2.0" if rating.value.contains("AV:") => ("security_CvssV2VulnAssessmentRelationship", None),
        "CVSS:3.0" | "CVSS:3.1" if rating.value.starts_with("CVSS:3.") => {
            ("security_CvssV3VulnAssessmentRelationship", Some(of_score(score)))
        }
        "CVSS:4.0" if rating.value.starts_with("CVSS:4.") => {
            ("security_CvssV4VulnAssessmentRelationship", Some(of_score(score)))
        }
        _ => return None,
    };
    Some(element(
        kind,
        id,
        json!({
            "from": from,
            "to": packages,
            "relationshipType": "hasAssessmentFor",
            // What is shown is what was given: 7.5 is not 7.500000000001.
            "security_score": serde_json::from_str::<Value>(&score.to_string()).ok()?,
            "security_severity": severity,
            "security_vectorString": rating.value,
        }),
    ))
}

/// The scale of CVSS, which has a word for what is not bad at all.
fn of_score(score: f32) -> &'static str {
    match limpid_model::Severity::of_score(score) {
        limpid_model::Severity::Unknown | limpid_model::Severity::Negligible => "none",
        severity => severity.as_str(),
    }
}
