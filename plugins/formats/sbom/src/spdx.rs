//! Packages of SPDX: version 2, and the elements of version 3.

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::dependencies::Dependencies;
use crate::details::Details;
use crate::relations::Relations;
use crate::{Component, Sink, Stated, system};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    packages: Option<&'a RawValue>,
    #[serde(borrow, rename = "documentDescribes")]
    describes: Option<&'a RawValue>,
    #[serde(borrow)]
    relationships: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Relationship {
    #[serde(rename = "spdxElementId")]
    from: String,
    #[serde(rename = "relationshipType")]
    kind: String,
    #[serde(rename = "relatedSpdxElement")]
    to: String,
    #[serde(default)]
    comment: String,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(default, rename = "SPDXID")]
    id: String,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    summary: Option<&'a RawValue>,
    #[serde(borrow, rename = "sourceInfo")]
    source: Option<&'a RawValue>,
    #[serde(rename = "versionInfo")]
    version: Option<String>,
    #[serde(borrow, rename = "externalRefs")]
    references: Option<&'a RawValue>,
    #[serde(rename = "licenseConcluded")]
    concluded: Option<String>,
    #[serde(rename = "licenseDeclared")]
    declared: Option<String>,
    #[serde(rename = "primaryPackagePurpose")]
    purpose: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "referenceType")]
    kind: String,
    #[serde(rename = "referenceLocator")]
    locator: String,
}

/// What Syft says of a package of a distribution, and of a package whose files it put there.
const OVERLAP: &str = "ownership-by-file-overlap";

pub(crate) fn read_2(text: &str, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    let document: Document<'_> = serde_json::from_str(text).map_err(Error::malformed)?;
    let mut relations = Relations::default();
    if let Some(list) = document.describes {
        limpid_json::elements(list, |id| match serde_json::from_str(id.get()) {
            Ok(id) => relations.describe(id),
            Err(_) => Ok(()),
        })?;
    }
    if let Some(list) = document.relationships {
        relationships(list, |it| {
            if it.comment.starts_with(OVERLAP) {
                return relations.own(it.from, it.to);
            }
            sink.depends(|all| depend(all, [&it.from, &it.kind, &it.to]));
            relations.add(&it.from, &it.kind, it.to)
        })?;
        if relations.leaves_out() {
            relationships(list, |it| {
                relations.keep(&it.from, &it.kind, &it.to);
                Ok(())
            })?;
        }
    }
    let Some(packages) = document.packages else { return Ok(()) };
    limpid_json::elements(packages, |package| match serde_json::from_str::<Package<'_>>(package.get()) {
        Ok(package) => take(package, &relations, &mut *sink),
        Err(error) => {
            sink.problem(Error::malformed(format_args!("a package cannot be read: {error}")));
            Ok(())
        }
    })
}

/// What a relationship says of what a package needs to run.
pub(crate) fn depend(all: &mut Dependencies, [from, kind, to]: [&str; 3]) {
    match (kind, to) {
        ("DEPENDS_ON", "NONE") => all.know(from),
        ("DEPENDS_ON", "NOASSERTION") => {}
        ("DEPENDS_ON", _) => all.add(from, to),
        ("DEPENDENCY_OF" | "RUNTIME_DEPENDENCY_OF", _) => all.add(to, from),
        _ => {}
    }
}

/// Those that can be read: the others say nothing of any package.
fn relationships(
    list: &RawValue,
    mut each: impl FnMut(Relationship) -> Result<(), Error>,
) -> Result<(), Error> {
    limpid_json::elements(list, |relationship| {
        serde_json::from_str(relationship.get()).map_or(Ok(()), &mut each)
    })
}

fn take(
    package: Package<'_>,
    relations: &Relations,
    sink: &mut Sink<impl FnMut(Component)>,
) -> Result<(), Error> {
    let mut purl = None;
    if let Some(references) = package.references {
        limpid_json::elements(references, |reference| {
            let it = serde_json::from_str::<Reference>(reference.get()).ok();
            let it = it.filter(|it| it.kind.eq_ignore_ascii_case("purl"));
            purl = purl.take().or(it.map(|it| it.locator));
            Ok(())
        })?;
    }
    let Package { id, name, summary, source, version, concluded, declared, purpose, .. } = package;
    let text = |value: Option<&RawValue>| -> String {
        value.and_then(|it| serde_json::from_str(it.get()).ok()).unwrap_or_default()
    };
    let is_system = purpose.as_deref() == Some(SYSTEM);
    let mut details = Details::default();
    details.add_text(&text(source));
    let found = Found {
        id,
        name: text(name),
        summary: if is_system { text(summary) } else { String::new() },
        version,
        purl,
        concluded,
        declared,
        purpose,
        details,
    };
    push(found, relations, sink)
}

/// The purpose of a package that is a distribution.
const SYSTEM: &str = "OPERATING-SYSTEM";

/// What either form says of a package.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) version: Option<String>,
    pub(crate) purl: Option<String>,
    pub(crate) concluded: Option<String>,
    pub(crate) declared: Option<String>,
    pub(crate) purpose: Option<String>,
    pub(crate) details: Details,
}

pub(crate) fn push(
    found: Found,
    relations: &Relations,
    sink: &mut Sink<impl FnMut(Component)>,
) -> Result<(), Error> {
    let Found { id, name, summary, version, purl, concluded, declared, purpose, mut details } = found;
    let subject = relations.is_subject(&id);
    if let Some(owner) = relations.owner(&id) {
        details.owner.get_or_insert_with(|| owner.to_owned());
    }
    details.refer(id.clone());
    if purpose.as_deref() == Some(SYSTEM) {
        let others = vec![("PRETTY_NAME", summary)];
        sink.system(system::Stated { id: name, version: version.clone().unwrap_or_default(), others });
    }
    let is_other =
        matches!(purpose.as_deref(), Some("FILE" | "CONTAINER" | SYSTEM | "SOURCE" | "DEVICE" | "FIRMWARE"));
    if relations.is_left_out(&id) || (purl.is_none() && (subject || is_other)) {
        return Ok(());
    }
    let is_stated = |license: &String| !matches!(license.as_str(), "NOASSERTION" | "NONE" | "");
    let license = concluded.filter(is_stated).or(declared);
    sink.push(Stated { purl, version, licenses: license.into_iter().collect(), subject, details })
}

/// An element of version 3; most are no packages.
#[derive(Deserialize)]
struct Element<'a> {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default, rename = "spdxId")]
    id: String,
    name: Option<String>,
    summary: Option<String>,
    #[serde(rename = "software_primaryPurpose")]
    purpose: Option<String>,
    #[serde(rename = "software_sourceInfo")]
    source: Option<String>,
    #[serde(borrow, rename = "rootElement")]
    roots: Option<&'a RawValue>,
    #[serde(rename = "software_packageVersion")]
    version: Option<String>,
    #[serde(rename = "software_packageUrl")]
    purl: Option<String>,
    #[serde(borrow, rename = "externalIdentifier")]
    identifiers: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Identifier {
    #[serde(rename = "externalIdentifierType")]
    kind: String,
    identifier: String,
}

/// A relationship of version 3.
#[derive(Deserialize)]
struct Link {
    from: String,
    to: Vec<String>,
    #[serde(rename = "relationshipType")]
    kind: String,
    /// When it holds, where that is not always.
    scope: Option<String>,
}

/// What a relationship says of what a package needs to run; one that cannot be read says nothing.
fn depend_3(written: &RawValue, sink: &mut Sink<impl FnMut(Component)>) {
    let Ok(Link { from, to, kind, scope }) = serde_json::from_str(written.get()) else { return };
    if kind == "dependsOn" && scope.is_none_or(|scope| scope == "runtime") {
        to.iter().for_each(|to| sink.depends(|all| all.add(&from, to)));
    }
}

pub(crate) fn read_3(graph: &RawValue, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    let mut relations = Relations::default();
    limpid_json::elements(graph, |element| {
        let roots = serde_json::from_str::<Element<'_>>(element.get()).ok();
        let Some(roots) = roots.and_then(|it| it.roots) else { return Ok(()) };
        limpid_json::elements(roots, |id| match serde_json::from_str(id.get()) {
            Ok(id) => relations.describe(id),
            Err(_) => Ok(()),
        })
    })?;
    limpid_json::elements(graph, |written| {
        let element: Element<'_> = match serde_json::from_str(written.get()) {
            Ok(element) => element,
            Err(error) => {
                sink.problem(Error::malformed(format_args!("an element cannot be read: {error}")));
                return Ok(());
            }
        };
        if matches!(element.kind.as_str(), "Relationship" | "LifecycleScopedRelationship") {
            depend_3(written, sink);
            return Ok(());
        }
        if !matches!(element.kind.as_str(), "software_Package" | "Package") {
            return Ok(());
        }
        let mut purl = element.purl;
        if let Some(identifiers) = element.identifiers {
            limpid_json::elements(identifiers, |it| {
                let it = serde_json::from_str::<Identifier>(it.get()).ok();
                let it = it.filter(|it| matches!(it.kind.as_str(), "packageUrl" | "packageURL"));
                purl = purl.take().or(it.map(|it| it.identifier));
                Ok(())
            })?;
        }
        let subject = relations.is_subject(&element.id);
        if purl.is_none() && subject {
            return Ok(());
        }
        let mut details = Details::default();
        details.refer(element.id.clone());
        details.add_text(&element.source.unwrap_or_default());
        if element.purpose.as_deref() == Some("operatingSystem") {
            let id = element.name.unwrap_or_default();
            let others = vec![("PRETTY_NAME", element.summary.unwrap_or_default())];
            let version = element.version.clone().unwrap_or_default();
            sink.system(system::Stated { id, version, others });
            if purl.is_none() {
                return Ok(());
            }
        }
        sink.push(Stated { purl, version: element.version, licenses: Vec::new(), subject, details })
    })
}
