//! Components of CycloneDX, which may be nested in each other.

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::details::Details;
use crate::{Component, MAX_DEPTH, Sink, Stated, details, system};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    components: Option<&'a RawValue>,
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Dependency {
    #[serde(rename = "ref")]
    of: String,
    #[serde(default, rename = "dependsOn")]
    on: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    component: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Written<'a> {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(borrow, rename = "bom-ref")]
    reference: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    description: Option<&'a RawValue>,
    scope: Option<String>,
    purl: Option<String>,
    version: Option<String>,
    #[serde(borrow)]
    licenses: Option<&'a RawValue>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    evidence: Option<&'a RawValue>,
    #[serde(borrow)]
    components: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Property {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow)]
    occurrences: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Occurrence {
    location: String,
}

/// What either form says of a component.
#[derive(Debug, Default)]
pub(crate) struct Item {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) purl: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) licenses: Vec<String>,
    pub(crate) details: Details,
}

/// `{"expression": "MIT OR Apache-2.0"}`, or `{"license": {"id": "MIT"}}`.
#[derive(Deserialize)]
struct Choice {
    expression: Option<String>,
    license: Option<License>,
}

#[derive(Deserialize)]
struct License {
    id: Option<String>,
    name: Option<String>,
}

pub(crate) fn read(text: &str, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    let document: Document<'_> = serde_json::from_str(text).map_err(Error::malformed)?;
    // What the document is about is made of what stands within, and that is its own.
    let about = document.metadata.and_then(|it| serde_json::from_str::<Metadata<'_>>(it.get()).ok());
    if let Some(component) = about.and_then(|metadata| metadata.component) {
        one(component, &Within { depth: 0, subject: true }, sink)?;
    }
    document.components.map_or(Ok(()), |list| all(list, &Within { depth: 0, subject: false }, sink))?;
    if let Some(list) = document.dependencies {
        dependencies(list, sink);
    }
    Ok(())
}

/// Those that can be read: the others say nothing of any component, and are told.
fn dependencies(list: &RawValue, sink: &mut Sink<impl FnMut(Component)>) {
    let read = limpid_json::elements(list, |entry| {
        match serde_json::from_str::<Dependency>(entry.get()) {
            Ok(Dependency { of, on }) => {
                sink.depends(|all| all.know(&of));
                on.iter().for_each(|on| sink.depends(|all| all.add(&of, on)));
            }
            Err(why) => sink.problem(Error::malformed(format_args!("a dependency cannot be read: {why}"))),
        }
        Ok(())
    });
    if let Err(why) = read {
        sink.problem(Error::malformed(format_args!("its dependencies cannot be read: {why}")));
    }
}

/// What components are nested in.
struct Within {
    depth: usize,
    subject: bool,
}

/// Why some components are not read.
pub(crate) fn too_deep() -> Error {
    Error::unsupported(format_args!("components are nested deeper than the limit of {MAX_DEPTH}"))
}

fn all(list: &RawValue, within: &Within, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    if within.depth >= MAX_DEPTH {
        sink.problem(too_deep());
        return Ok(());
    }
    limpid_json::elements(list, |item| one(item, within, &mut *sink))
}

fn one(item: &RawValue, within: &Within, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    let written: Written<'_> = match serde_json::from_str(item.get()) {
        Ok(written) => written,
        Err(error) => {
            sink.problem(Error::malformed(format_args!("a component cannot be read: {error}")));
            return Ok(());
        }
    };
    let Written { kind, name, description, scope, purl, version, licenses, .. } = written;
    let mut details = written.properties.map(details_of).unwrap_or_default();
    details.refer(written.reference.and_then(text).unwrap_or_default());
    if let Some(occurrences) =
        written.evidence.and_then(|it| serde_json::from_str::<Found<'_>>(it.get()).ok())
    {
        locate(occurrences, &mut details);
    }
    // It was used to build, or to test.
    if scope.as_deref() == Some("excluded") {
        return Ok(());
    }
    let item = Item {
        name: name.and_then(text).unwrap_or_default(),
        description: description.filter(|_| kind == SYSTEM).and_then(text).unwrap_or_default(),
        licenses: licenses.map(names).unwrap_or_default(),
        details,
        kind,
        purl,
        version,
    };
    take(item, within.subject, sink)?;
    let within = Within { depth: within.depth + 1, subject: within.subject };
    written.components.map_or(Ok(()), |list| all(list, &within, sink))
}

/// Where a component was found first; what cannot be read says nothing.
fn locate(found: Found<'_>, details: &mut Details) {
    let Some(list) = found.occurrences else { return };
    let _read = limpid_json::elements(list, |occurrence| {
        if let Ok(Occurrence { location }) = serde_json::from_str(occurrence.get()) {
            details.locate(&location);
        }
        Ok(())
    });
}

/// The type of a component that is a distribution.
const SYSTEM: &str = "operating-system";

/// Takes what is said of a component, but for those that are nested in it.
pub(crate) fn take(item: Item, subject: bool, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    let Item { kind, name, description, purl, version, licenses, details } = item;
    if kind == SYSTEM {
        let mut others = vec![("PRETTY_NAME", description)];
        others.extend(details.distribution.iter().cloned());
        sink.system(system::Stated { id: name, version: version.clone().unwrap_or_default(), others });
    }
    // What is no package has no package URL.
    let is_other =
        matches!(kind.as_str(), "file" | SYSTEM | "device" | "firmware" | "data" | "cryptographic-asset");
    if purl.is_none() && (is_other || subject) {
        return Ok(());
    }
    sink.push(Stated { purl, version, licenses, subject, details })
}

fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// What properties say; those that cannot be read say nothing.
fn details_of(list: &RawValue) -> Details {
    let mut all = Details::default();
    let read = limpid_json::elements(list, |property| {
        if let Ok(Property { name, value }) = serde_json::from_str(property.get())
            && details::is_of_use(&name)
        {
            all.add(&name, value);
        }
        Ok(())
    });
    read.map(|()| all).unwrap_or_default()
}

/// The licences of a component; those that cannot be read are none.
fn names(list: &RawValue) -> Vec<String> {
    let mut names = Vec::new();
    let read = limpid_json::elements(list, |choice| {
        if let Ok(Choice { expression, license }) = serde_json::from_str(choice.get()) {
            names.extend(expression.or_else(|| license.and_then(|license| license.id.or(license.name))));
        }
        Ok(())
    });
    read.map(|()| names).unwrap_or_default()
}
