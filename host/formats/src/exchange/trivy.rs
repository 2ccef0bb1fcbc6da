//! [Trivy's JSON](https://trivy.dev/docs/latest/configuration/reporting/#json), schema 2, for what reads it.
//!
//! | Trivy | Report |
//! |---|---|
//! | `ArtifactName`, `Metadata.RepoTags`, `RepoDigests` | names and manifests of the image |
//! | `Metadata.ImageID`, `DiffIDs`, `ImageConfig` | digest of its configuration, and what of it is known |
//! | `Metadata.OS` | the distribution; `EOSL` where its support has ended |
//! | `Results` | one for the packages of the distribution (`os-pkgs`), one for each other type of package URL (`lang-pkgs`) |
//! | `Packages`, `PkgIdentifier.UID` | all packages; a digest of where each is |
//! | `DependsOn` | the packages that it needs to run, by `ID`, as far as that is known |
//! | `Status` | `fixed` where a fixed version is known, otherwise the publisher's: `affected`, `will_not_fix`, `fix_deferred`, `end_of_life`, `under_investigation` |
//! | `SeveritySource`, `DataSource` | the feed that rates it, the feed that states it |
//! | `CVSS` | the rating that counts, where it is a vector |
//! | `VendorIDs` | the publisher's identifier, where it is another one |
//! | `Description`, `CweIDs`, dates of publication | nothing: reports have none |
//!
//! There is no place for what is missing for a full answer.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use limpid_purl::Purl;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Each, Needs, Subject, TOOL, VERSION, addresses, as_of, name_of, repository_digests, suppression, title,
    uuid, uuid_of, write_document,
};
use crate::json as api;

pub(super) fn write(subject: Subject<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Subject { report, inventory, .. } = subject;
    let system = System::of(report, inventory);
    let mut packages: BTreeMap<&str, Vec<(usize, &api::Package)>> = BTreeMap::new();
    for (place, package) in inventory.packages.iter().enumerate() {
        packages.entry(system.target(package)).or_default().push((place, package));
    }
    let needs = Needs::of(&inventory.packages);
    let needs = |place: usize| -> BTreeSet<String> {
        let places = needs.get(place).map_or(&[][..], |needed| needed.places.as_slice());
        places.iter().filter_map(|place| inventory.packages.get(*place)).map(id_of).collect()
    };
    let needs = &needs;
    let mut findings: BTreeMap<&str, Vec<&api::Finding>> = BTreeMap::new();
    for finding in &report.findings {
        findings.entry(system.target(&finding.package)).or_default().push(finding);
    }
    let mut suppressed: BTreeMap<&str, Vec<&api::Suppressed>> = BTreeMap::new();
    for it in &report.suppressed {
        suppressed.entry(system.target(&it.finding.package)).or_default().push(it);
    }
    // The distribution's is first, and there even where nothing was found.
    let known = packages.keys().chain(findings.keys()).chain(suppressed.keys());
    let mut targets: BTreeSet<&str> = known.copied().collect();
    if report.coverage.distribution.is_some() {
        targets.insert("");
    }
    let image = name_of(&report.image);
    let results = Each(|| {
        targets.iter().map(|target| {
            let distribution = report.coverage.distribution.as_ref().filter(|_| target.is_empty());
            let packages = packages.get(target).map_or(&[][..], Vec::as_slice);
            let findings = findings.get(target).map_or(&[][..], Vec::as_slice);
            let suppressed = suppressed.get(target).map_or(&[][..], Vec::as_slice);
            Found {
                target: match distribution {
                    Some(known) => format!("{image} ({} {})", known.id, known.version_id),
                    None => (*target).to_owned(),
                },
                class: if distribution.is_some() { "os-pkgs" } else { "lang-pkgs" },
                kind: distribution.map_or(*target, |known| &known.id),
                packages: Each(move || {
                    let is_of_language = distribution.is_none();
                    packages.iter().map(move |(place, it)| of_package(it, needs(*place), is_of_language))
                }),
                vulnerabilities: Each(move || {
                    findings.iter().map(move |finding| vulnerability(finding, distribution.is_none()))
                }),
                modified: suppressed.iter().map(|it| modified(it, distribution.is_none())).collect(),
            }
        })
    });
    write_document(
        &Document {
            schema_version: 2,
            report_id: uuid_of(&(&report.image.digest, &results))?,
            created_at: as_of(report),
            artifact_name: image,
            artifact_type: "container_image",
            metadata: metadata(report),
            results: &results,
        },
        out,
    )
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a, R> {
    schema_version: u32,
    #[serde(rename = "ReportID")]
    report_id: String,
    created_at: String,
    artifact_name: &'a str,
    artifact_type: &'static str,
    metadata: Value,
    results: R,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Found<'a, P, V> {
    target: String,
    class: &'static str,
    #[serde(rename = "Type")]
    kind: &'a str,
    packages: P,
    vulnerabilities: V,
    #[serde(rename = "ExperimentalModifiedFindings", skip_serializing_if = "Vec::is_empty")]
    modified: Vec<Value>,
}

/// A finding that does not count, and who says so.
fn modified(it: &api::Suppressed, is_of_language: bool) -> Value {
    let status = it.suppression.vex_status().map_or("ignored", api::VexStatus::as_str);
    json!({
        "Type": "vulnerability",
        "Status": status,
        "Statement": suppression(&it.suppression),
        "Source": it.suppression.source,
        "Finding": vulnerability(&it.finding, is_of_language),
    })
}

/// Which packages are of the distribution: those of the types of package URLs that name it. Where none does, those
/// of which its publisher speaks.
struct System<'a>(BTreeSet<&'a str>);

impl<'a> System<'a> {
    fn of(report: &'a api::Report, inventory: &'a api::Inventory) -> Self {
        let Some(distribution) = &report.coverage.distribution else { return Self(BTreeSet::new()) };
        let names = |purl: &str| {
            purl.parse::<Purl>().is_ok_and(|purl| purl.namespace.as_deref() == Some(&*distribution.id))
        };
        let packages =
            inventory.packages.iter().chain(report.findings.iter().map(|finding| &finding.package));
        let mut named: BTreeMap<&str, bool> = BTreeMap::new();
        for package in packages {
            let is_named = named.entry(type_of(&package.purl)).or_default();
            *is_named = *is_named || names(&package.purl);
        }
        let named: BTreeSet<_> = named.into_iter().filter(|(_, is)| *is).map(|(kind, _)| kind).collect();
        if !named.is_empty() {
            return Self(named);
        }
        let judged = report
            .findings
            .iter()
            .filter(|it| distribution.namespaces.iter().any(|name| *name == *it.namespace));
        Self(judged.map(|finding| type_of(&finding.package.purl)).collect())
    }

    /// The type of other packages; nothing for those of the distribution.
    fn target<'b>(&self, package: &'b api::Package) -> &'b str {
        let kind = type_of(&package.purl);
        if self.0.contains(kind) { "" } else { kind }
    }
}

/// The type of a package URL.
pub(super) fn type_of(purl: &str) -> &str {
    let kind = purl.strip_prefix("pkg:").and_then(|rest| rest.split('/').next());
    kind.filter(|kind| !kind.is_empty()).unwrap_or("generic")
}

fn metadata(report: &api::Report) -> Value {
    let image = &report.image;
    let diff_ids: Vec<_> = image.layers.iter().map(|layer| layer.diff_id.as_str()).collect();
    let mut config = Map::new();
    config.insert("architecture".to_owned(), image.platform.architecture.as_str().into());
    config.insert("os".to_owned(), image.platform.os.as_str().into());
    config.extend(image.created.as_deref().map(|created| ("created".to_owned(), created.into())));
    let history = image
        .layers
        .iter()
        .map(|layer| json!({ "created_by": layer.created_by.as_deref().unwrap_or_default() }));
    config.insert("history".to_owned(), history.collect());
    config.insert("rootfs".to_owned(), json!({ "type": "layers", "diff_ids": diff_ids }));
    config.insert("config".to_owned(), json!({ "Labels": image.labels }));
    let mut metadata = Map::new();
    if let Some(known) = &report.coverage.distribution {
        let mut system = json!({ "Family": known.id, "Name": known.version_id });
        if let (Some(false), Some(system)) = (report.coverage.supported, system.as_object_mut()) {
            system.insert("EOSL".to_owned(), true.into());
        }
        metadata.insert("OS".to_owned(), system);
    }
    metadata.insert("ImageID".to_owned(), image.digest.as_str().into());
    metadata.insert("DiffIDs".to_owned(), diff_ids.into());
    metadata.insert(
        "RepoTags".to_owned(),
        image.names.iter().filter(|name| !name.contains('@')).cloned().collect(),
    );
    metadata.insert("RepoDigests".to_owned(), repository_digests(image).into());
    metadata.insert("ImageConfig".to_owned(), config.into());
    Value::Object(metadata)
}

/// What stands for a package in its place.
fn identifier(package: &api::Package) -> Value {
    let member = package.member.as_deref().unwrap_or_default();
    let layer = package.layer.index.to_string();
    let place = uuid([&*package.purl, &package.path, member, &layer].join("\0").as_bytes());
    json!({ "PURL": package.purl, "UID": place.chars().filter(|c| *c != '-').take(16).collect::<String>() })
}

fn id_of(package: &api::Package) -> String {
    format!("{}@{}", package.name, package.version)
}

fn place_of(package: &api::Package) -> String {
    package
        .member
        .as_deref()
        .map_or_else(|| package.path.clone(), |member| format!("{}!{member}", package.path))
}

/// A package; with its path, unless it is of the distribution: the paths of these mean nothing to readers.
fn of_package(package: &api::Package, needs: BTreeSet<String>, with_path: bool) -> Value {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("ID", id_of(package).into());
    put("Name", package.name.as_str().into());
    put("Identifier", identifier(package));
    put("Version", package.version.as_str().into());
    let known =
        [("Arch", &package.arch), ("SrcName", &package.source_name), ("SrcVersion", &package.source_version)];
    for (name, value) in known {
        if let Some(value) = value {
            put(name, value.as_str().into());
        }
    }
    if !package.licenses.is_empty() {
        put("Licenses", package.licenses.clone().into());
    }
    if !needs.is_empty() {
        put("DependsOn", needs.into_iter().collect());
    }
    put("Layer", json!({ "DiffID": package.layer.diff_id }));
    if with_path {
        put("FilePath", place_of(package).into());
    }
    put("AnalyzedBy", package.detector.as_str().into());
    Value::Object(members)
}

fn vulnerability(finding: &api::Finding, with_path: bool) -> Value {
    let package = &finding.package;
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("VulnerabilityID", finding.vulnerability.as_str().into());
    if *finding.advisory != *finding.vulnerability {
        put("VendorIDs", json!([finding.advisory]));
    }
    put("PkgID", id_of(package).into());
    put("PkgName", package.name.as_str().into());
    if with_path {
        put("PkgPath", place_of(package).into());
    }
    put("PkgIdentifier", identifier(package));
    put("InstalledVersion", package.version.as_str().into());
    let status = match (&finding.fixed_version, &*finding.status) {
        (Some(_), _) => "fixed",
        (None, "wont-fix") => "will_not_fix",
        (None, "fix-deferred") => "fix_deferred",
        (None, "end-of-life") => "end_of_life",
        (None, "under-investigation") => "under_investigation",
        (None, _) => "affected",
    };
    if let Some(version) = &finding.fixed_version {
        put("FixedVersion", version.as_str().into());
    }
    put("Status", status.into());
    put("Layer", json!({ "DiffID": package.layer.diff_id }));
    put("DataSource", json!({ "ID": finding.feed, "Name": format!("{} ({TOOL} {VERSION})", finding.feed) }));
    put("Title", title(finding).into());
    put("Severity", severity(&finding.severity.level).into());
    let references: Vec<_> = addresses(finding).collect();
    if let Some(first) = references.first() {
        put("PrimaryURL", (*first).into());
    }
    put("References", references.into());
    if let Some(rating) = &finding.severity.rating {
        let source = rating.feed.as_deref().unwrap_or(&finding.feed);
        put("SeveritySource", source.into());
        put("CVSS", cvss(source, rating));
    }
    Value::Object(members)
}

fn cvss(source: &str, rating: &api::Rating) -> Value {
    let version = match rating.system.as_str() {
        "CVSS:2.0" => "V2",
        "CVSS:3.0" | "CVSS:3.1" => "V3",
        "CVSS:4.0" => "V40",
        _ => return json!({}),
    };
    let mut of_source = Map::new();
    if rating.value.contains('/') {
        of_source.insert(format!("{version}Vector"), rating.value.as_str().into());
    }
    if let Some(score) = rating.score {
        // What is shown is what was given: 7.5 is not 7.500000000001.
        let score = serde_json::from_str(&score.to_string()).unwrap_or(Value::Null);
        of_source.insert(format!("{version}Score"), score);
    }
    json!({ source: of_source })
}

fn severity(level: &str) -> &'static str {
    match level {
        "malicious" | "critical" => "CRITICAL",
        "high" => "HIGH",
        "medium" => "MEDIUM",
        "low" | "negligible" => "LOW",
        _ => "UNKNOWN",
    }
}
