//! CycloneDX 1.6 and 1.7: all packages of an image, and what affects them.
//!
//! | CycloneDX | Report |
//! |---|---|
//! | `metadata.component` | the image, as a container |
//! | `components` | the distribution as `operating-system`, and packages; where each was found is in `evidence`, its layer and how it is known in `properties` |
//! | `dependencies` | the image holds all of them; a package depends on those that are part of it and those that it needs to run; one that needs nothing has an entry that names nothing, and one of which nobody says what it needs has none |
//! | `compositions` | `incomplete` where the report has gaps, which are in `metadata.properties`; of packages: `complete` where all that they say they need is there, `incomplete` where it is not clear which package is meant or where only its parts are known, `unknown` where nobody says what they need |
//! | `vulnerabilities` | one for each vulnerability and severity that affects packages, with its publishers' ratings |
//! | `analysis.state` | `in_triage` where that is being investigated, otherwise `exploitable`; *will not fix* is a `response`; `not_affected` and `resolved` by a VEX document |
//! | `analysis.detail` | by which policy or VEX document it does not count |

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};
use std::iter;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Each, Extent, HOME, Needs, Parts, Places, Subject, TOOL, VERSION, addresses, advice, as_of, name_of,
    purl_of, suppression, title, uuid_of, write_document,
};
use crate::json as api;

pub(super) fn write(subject: Subject<'_>, version: &'static str, out: &mut dyn Write) -> io::Result<()> {
    let Subject { report, inventory, .. } = subject;
    let references = References::of(inventory);
    let root = format!("image:{}", report.image.digest);
    let components = Each(|| {
        let system = report.coverage.distribution.as_ref().map(operating_system);
        let packages = inventory.packages.iter().zip(&references.all);
        let packages = packages.map(|(package, reference)| component(package, reference));
        system.into_iter().chain(packages)
    });
    let system = report.coverage.distribution.as_ref().map(reference_of);
    let needs = Needs::of(&inventory.packages);
    let (dependencies, known) = dependencies(inventory, &references, &needs, (&root, system.as_deref()));
    let by_key = by_key(report);
    let vulnerabilities = Each(|| {
        let counted = by_key.values().filter_map(|findings| vulnerability(findings, None, &references));
        let suppressed = report.suppressed.iter();
        let suppressed =
            suppressed.filter_map(|it| vulnerability(&[&it.finding], Some(&it.suppression), &references));
        counted.chain(suppressed)
    });
    let serial_number = uuid_of(&(&report.image.digest, &components, needs.places(), &vulnerabilities))?;
    let aggregate = if report.summary.complete { "complete" } else { "incomplete" };
    let metadata = json!({
        "timestamp": as_of(report),
        "tools": { "components": [{
            "type": "application",
            "name": TOOL,
            "version": VERSION,
            "externalReferences": [{ "type": "website", "url": HOME }],
        }] },
        "component": image(&report.image, &root),
        "properties": subject.remarks().into_iter().map(|(code, text)| {
            property("limpid:gap", &format!("{code}: {text}"))
        }).collect::<Vec<_>>(),
    });
    write_document(
        &Bom {
            schema: format!("http://cyclonedx.org/schema/bom-{version}.schema.json"),
            bom_format: "CycloneDX",
            spec_version: version,
            serial_number: format!("urn:uuid:{serial_number}"),
            version: 1,
            metadata,
            components,
            dependencies,
            compositions: compositions((&root, aggregate), known),
            vulnerabilities,
        },
        out,
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<C, V> {
    #[serde(rename = "$schema")]
    schema: String,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Value,
    components: C,
    dependencies: Vec<Value>,
    compositions: Vec<Value>,
    vulnerabilities: V,
}

/// The longest version that the form allows.
const VERSION_LENGTH: usize = 1024;

/// How packages are referred to, in the order of the inventory: each has a reference of its own.
struct References<'a> {
    all: Vec<String>,
    places: Places<'a>,
}

impl<'a> References<'a> {
    fn of(inventory: &'a api::Inventory) -> Self {
        let mut times: HashMap<&str, usize> = HashMap::new();
        let all = inventory.packages.iter().map(|package| {
            let count = times.entry(package.purl.as_str()).or_default();
            *count += 1;
            if *count == 1 { package.purl.clone() } else { format!("{}#{count}", package.purl) }
        });
        Self { all: all.collect(), places: Places::of(inventory) }
    }

    fn at(&self, place: usize) -> Option<&str> {
        self.all.get(place).map(String::as_str)
    }

    fn get(&self, package: &api::Package) -> Option<&str> {
        self.at(self.places.get(package)?)
    }
}

/// What depends on what: the image on all that it holds, and packages on those that are part of them and those that they
/// need to run. A package of which it is known that it depends on nothing has an entry, one of which nothing is known has
/// none. And how far each entry is all that there is.
fn dependencies<'a>(
    inventory: &api::Inventory,
    references: &'a References<'_>,
    needs: &Needs,
    (root, system): (&'a str, Option<&'a str>),
) -> (Vec<Value>, Known<'a>) {
    let all: Vec<_> = system.into_iter().chain(references.all.iter().map(String::as_str)).collect();
    let mut dependencies = vec![json!({ "ref": root, "dependsOn": all })];
    let mut known = Known::default();
    let parts = Parts::of(inventory);
    for (place, from) in references.all.iter().enumerate() {
        let (parts, needed) = (parts.get(place), needs.get(place));
        match needed.map(|needed| needed.extent) {
            Some(Extent::All) => known.complete.push(from),
            Some(Extent::Part) => known.incomplete.push(from),
            Some(Extent::Present) => {}
            None if parts.is_empty() => known.unknown.push(from),
            None => known.incomplete.push(from),
        }
        let places = needed.map_or(&[][..], |needed| needed.places.as_slice());
        let on: BTreeSet<_> = parts.iter().chain(places).filter(|on| **on != place).collect();
        let on: Vec<_> = on.into_iter().filter_map(|on| references.at(*on)).collect();
        if !on.is_empty() {
            dependencies.push(json!({ "ref": from, "dependsOn": on }));
        } else if needed.is_some_and(|needed| needed.extent == Extent::All) {
            dependencies.push(json!({ "ref": from }));
        }
    }
    (dependencies, known)
}

/// Of which packages it is known on what they depend.
#[derive(Default)]
struct Known<'a> {
    complete: Vec<&'a str>,
    incomplete: Vec<&'a str>,
    unknown: Vec<&'a str>,
}

/// How far what is stated is all that there is.
fn compositions((root, aggregate): (&str, &str), known: Known<'_>) -> Vec<Value> {
    let of_packages =
        [("complete", known.complete), ("incomplete", known.incomplete), ("unknown", known.unknown)];
    let of_packages = of_packages.into_iter().filter(|(_, packages)| !packages.is_empty());
    let of_packages =
        of_packages.map(|(aggregate, packages)| json!({ "aggregate": aggregate, "dependencies": packages }));
    let of_image = json!({ "aggregate": aggregate, "assemblies": [root], "dependencies": [root] });
    iter::once(of_image).chain(of_packages).collect()
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

fn image(image: &api::Image, reference: &str) -> Value {
    let names = image.names.iter().map(|name| property("limpid:name", name));
    let layers = image.layers.iter().map(|layer| property("limpid:diff-id", &layer.diff_id));
    json!({
        "type": "container",
        "bom-ref": reference,
        "name": name_of(image),
        "version": image.manifests.first().unwrap_or(&image.digest),
        "purl": purl_of(image),
        "properties": names.chain(layers).collect::<Vec<_>>(),
    })
}

fn reference_of(distribution: &api::Distribution) -> String {
    format!("distribution:{}@{}", distribution.id, distribution.version_id)
}

/// The distribution, by which readers tell whose advisories speak of its packages.
fn operating_system(distribution: &api::Distribution) -> Value {
    let mut component = json!({
        "type": "operating-system",
        "bom-ref": reference_of(distribution),
        "name": distribution.id,
        "description": distribution.pretty_name,
    });
    if !distribution.version_id.is_empty()
        && let Some(component) = component.as_object_mut()
    {
        component.insert("version".to_owned(), distribution.version_id.as_str().into());
    }
    component
}

fn component(package: &api::Package, reference: &str) -> Value {
    let member = package.member.as_deref();
    let location = member.map_or_else(|| package.path.clone(), |member| format!("{}!{member}", package.path));
    let mut properties = vec![
        property("limpid:detector", &package.detector),
        property("limpid:evidence", &package.evidence),
        property("limpid:layer", &package.layer.diff_id),
        property("limpid:layer-index", &package.layer.index.to_string()),
    ];
    let named = [
        ("limpid:source-name", &package.source_name),
        ("limpid:source-version", &package.source_version),
        ("limpid:owner", &package.owner),
    ];
    properties.extend(named.into_iter().filter_map(|(name, value)| Some(property(name, value.as_deref()?))));
    let qualifiers = package.qualifiers.iter();
    properties.extend(qualifiers.map(|(key, value)| property(&format!("limpid:qualifier:{key}"), value)));
    let mut component = json!({
        "type": if package.detector == "programs" { "application" } else { "library" },
        "bom-ref": reference,
        "name": package.name,
        "version": package.version.chars().take(VERSION_LENGTH).collect::<String>(),
        "purl": package.purl,
        "evidence": { "occurrences": [{ "location": location }] },
        "properties": properties,
    });
    if !package.licenses.is_empty()
        && let Some(component) = component.as_object_mut()
    {
        let licenses = package.licenses.iter().map(|name| json!({ "license": { "name": name } }));
        component.insert("licenses".to_owned(), licenses.collect());
    }
    component
}

/// By vulnerability, and by all that is said of it and not of its packages.
type Key<'a> = (&'a str, &'a str, &'a str, &'a str);

fn by_key(report: &api::Report) -> BTreeMap<Key<'_>, Vec<&api::Finding>> {
    let mut by_key: BTreeMap<Key<'_>, Vec<&api::Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let key = (&*finding.vulnerability, &*finding.severity.level, &*finding.feed, &*finding.status);
        by_key.entry(key).or_default().push(finding);
    }
    by_key
}

fn vulnerability(
    findings: &[&api::Finding],
    suppressed: Option<&api::Suppression>,
    references: &References<'_>,
) -> Option<Value> {
    let first = findings.first()?;
    let affects = findings.iter().filter_map(|finding| {
        let reference = references.get(&finding.package)?;
        let version: String = finding.package.version.chars().take(VERSION_LENGTH).collect();
        let status = match suppressed.and_then(api::Suppression::vex_status) {
            Some(_) => "unaffected",
            None => "affected",
        };
        let version = json!({ "version": version, "status": status });
        Some(json!({ "ref": reference, "versions": [version] }))
    });
    let affects: Vec<_> = affects.collect();
    let mut members = Map::new();
    members.insert("id".to_owned(), first.vulnerability.as_str().into());
    members.insert("source".to_owned(), json!({ "name": &*first.feed }));
    if !first.aliases.is_empty() {
        let aliases =
            first.aliases.iter().map(|alias| json!({ "id": alias, "source": { "name": &*first.feed } }));
        members.insert("references".to_owned(), aliases.collect());
    }
    members.insert("ratings".to_owned(), json!([rating(&first.severity)]));
    members.insert("description".to_owned(), title(first).into());
    let mut advices: Vec<_> = findings.iter().map(|finding| advice(finding)).collect();
    advices.sort_unstable();
    advices.dedup();
    members.insert("recommendation".to_owned(), advices.join("; ").into());
    let advisories = addresses(first).map(|url| json!({ "url": url }));
    let advisories: Vec<_> = advisories.collect();
    if !advisories.is_empty() {
        members.insert("advisories".to_owned(), advisories.into());
    }
    let (state, response) = match &*first.status {
        "under-investigation" => ("in_triage", None),
        "wont-fix" | "end-of-life" => ("exploitable", Some("will_not_fix")),
        _ => ("exploitable", first.fixed_version.is_some().then_some("update")),
    };
    let mut analysis = json!({ "state": state });
    if let (Some(response), Some(analysis)) = (response, analysis.as_object_mut()) {
        analysis.insert("response".to_owned(), json!([response]));
    }
    if let Some(known) = suppressed {
        analysis = analysis_of(known, analysis);
    }
    members.insert("analysis".to_owned(), analysis);
    members.insert("affects".to_owned(), affects.into());
    let mut properties: Vec<_> =
        findings.iter().map(|finding| property("limpid:fingerprint", &finding.fingerprint)).collect();
    properties.push(property("limpid:status", &first.status));
    if let Some(known) = suppressed {
        properties.push(property("limpid:suppressed-by", &format!("{}: {}", known.by, known.source)));
    }
    if let Some(exploited) = &first.exploited {
        properties.push(property("limpid:exploited-since", &exploited.since));
    }
    if let Some(probability) = first.exploit_probability {
        properties.push(property("limpid:epss", &probability.to_string()));
    }
    members.insert("properties".to_owned(), properties.into());
    Some(Value::Object(members))
}

/// The analysis of what does not count: what a VEX document states, and the publisher's where a policy decides.
fn analysis_of(known: &api::Suppression, of_publisher: Value) -> Value {
    let mut analysis = match known.vex_status() {
        Some(api::VexStatus::Fixed) => json!({ "state": "resolved" }),
        Some(api::VexStatus::NotAffected) => {
            let justification = known.justification.as_deref().and_then(|word| match word {
                "component_not_present" | "vulnerable_code_not_present" => Some("code_not_present"),
                "vulnerable_code_not_in_execute_path" => Some("code_not_reachable"),
                "inline_mitigations_already_exist" => Some("protected_by_mitigating_control"),
                word => JUSTIFICATIONS.into_iter().find(|known| *known == word),
            });
            match justification {
                Some(word) => json!({ "state": "not_affected", "justification": word }),
                None => json!({ "state": "not_affected" }),
            }
        }
        None => of_publisher,
    };
    if let Some(members) = analysis.as_object_mut() {
        members.insert("detail".to_owned(), suppression(known).into());
    }
    analysis
}

/// Why something is not affected, in the words of CycloneDX.
const JUSTIFICATIONS: [&str; 9] = [
    "code_not_present",
    "code_not_reachable",
    "requires_configuration",
    "requires_dependency",
    "requires_environment",
    "protected_by_compiler",
    "protected_at_runtime",
    "protected_at_perimeter",
    "protected_by_mitigating_control",
];

fn rating(severity: &api::Severity) -> Value {
    let level = match &*severity.level {
        "malicious" => "critical",
        "negligible" => "info",
        level => level,
    };
    let mut members = Map::new();
    members.insert("severity".to_owned(), level.into());
    let Some(rating) = &severity.rating else { return Value::Object(members) };
    let source = rating.feed.as_deref().unwrap_or(&rating.system);
    members.insert("source".to_owned(), json!({ "name": source }));
    if let Some(score) = rating.score {
        // What is shown is what was given: 7.5 is not 7.500000000001.
        members.insert("score".to_owned(), serde_json::from_str(&score.to_string()).unwrap_or(Value::Null));
    }
    let method = match rating.system.as_str() {
        "CVSS:2.0" => Some("CVSSv2"),
        "CVSS:3.0" => Some("CVSSv3"),
        "CVSS:3.1" => Some("CVSSv31"),
        "CVSS:4.0" => Some("CVSSv4"),
        _ => None,
    };
    members.insert("method".to_owned(), method.unwrap_or("other").into());
    let name = if method.is_some() { "vector" } else { "justification" };
    members.insert(name.to_owned(), rating.value.as_str().into());
    Value::Object(members)
}
