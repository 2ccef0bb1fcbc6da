//! Components of CycloneDX, which may be nested in each other.

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Component, MAX_DEPTH, Sink, Stated};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    components: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    component: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(default, rename = "type")]
    kind: String,
    scope: Option<String>,
    purl: Option<String>,
    version: Option<String>,
    #[serde(borrow)]
    licenses: Option<&'a RawValue>,
    #[serde(borrow)]
    components: Option<&'a RawValue>,
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
        take(component, &Within { depth: 0, subject: true }, sink)?;
    }
    document.components.map_or(Ok(()), |list| all(list, &Within { depth: 0, subject: false }, sink))
}

/// What components are nested in.
struct Within {
    depth: usize,
    subject: bool,
}

fn all(list: &RawValue, within: &Within, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    if within.depth >= MAX_DEPTH {
        let why = format_args!("components are nested deeper than the limit of {MAX_DEPTH}");
        sink.problem(Error::unsupported(why));
        return Ok(());
    }
    limpid_json::elements(list, |item| take(item, within, &mut *sink))
}

fn take(item: &RawValue, within: &Within, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    let Item { kind, scope, purl, version, licenses, components } = match serde_json::from_str(item.get()) {
        Ok(item) => item,
        Err(error) => {
            sink.problem(Error::malformed(format_args!("a component cannot be read: {error}")));
            return Ok(());
        }
    };
    // It was used to build, or to test.
    if scope.as_deref() == Some("excluded") {
        return Ok(());
    }
    // What is no package has no package URL.
    let is_other = matches!(
        kind.as_str(),
        "file" | "operating-system" | "device" | "firmware" | "data" | "cryptographic-asset"
    );
    if purl.is_some() || !(is_other || within.subject) {
        let licenses = licenses.map(names).unwrap_or_default();
        sink.push(Stated { purl, version, licenses, subject: within.subject })?;
    }
    let within = Within { depth: within.depth + 1, subject: within.subject };
    components.map_or(Ok(()), |list| all(list, &within, sink))
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
