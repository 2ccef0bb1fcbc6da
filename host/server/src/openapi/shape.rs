//! Schemas as clients read them: derived ones follow the types of Rust, in which a part of an object may be a type of
//! its own, and a sentence goes over several lines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOf, ArrayItems, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat,
};

type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Depth of schemas within each other that are looked at. Ours have less than ten.
const DEPTH: usize = 32;

/// Puts all schemas in shape: what several parts describe together is one object, and texts are on one line.
pub(super) fn all(schemas: &mut Schemas) {
    let known = schemas.clone();
    for schema in schemas.values_mut() {
        one(schema, &known);
    }
}

/// The same of a schema that stands by itself.
pub(super) fn one(schema: &mut RefOr<Schema>, known: &Schemas) {
    within(schema, known, DEPTH);
}

fn within(schema: &mut RefOr<Schema>, known: &Schemas, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let schema = match schema {
        RefOr::Ref(reference) => return on_one_line_or_none(&mut reference.description),
        RefOr::T(schema) => schema,
    };
    if let Schema::AllOf(parts) = schema {
        *schema = Schema::Object(merged(parts, known, depth));
    }
    match schema {
        Schema::Object(object) => {
            text(&mut object.description);
            object.format = object.format.take().map(|format| whole(format, object.minimum.is_some()));
            for property in object.properties.values_mut() {
                within(property, known, depth);
            }
            if let Some(rest) = &mut object.additional_properties
                && let AdditionalProperties::RefOr(rest) = &mut **rest
            {
                within(rest, known, depth);
            }
        }
        Schema::Array(array) => {
            text(&mut array.description);
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                within(items, known, depth);
            }
        }
        Schema::OneOf(one_of) => {
            text(&mut one_of.description);
            one_of.items.iter_mut().for_each(|item| within(item, known, depth));
        }
        Schema::AnyOf(any_of) => {
            text(&mut any_of.description);
            any_of.items.iter_mut().for_each(|item| within(item, known, depth));
        }
        _ => {}
    }
}

/// One object of all parts. Of parts of which one is there, each property may be missing that not all of them need.
fn merged(parts: &AllOf, known: &Schemas, depth: usize) -> Object {
    let mut out = ObjectBuilder::new().build();
    out.description.clone_from(&parts.description);
    for part in &parts.items {
        let part = properties(part, known, depth);
        // A word of a fixed set has its description in a part of its own.
        if let Some(words) = part.enum_values {
            out.schema_type = part.schema_type;
            out.enum_values = Some(words);
        }
        if out.description.is_none() {
            out.description = part.description;
        }
        let added = part.required.into_iter().filter(|name| !out.required.contains(name)).collect::<Vec<_>>();
        out.required.extend(added);
        out.properties.extend(part.properties);
    }
    out
}

/// What a part adds to an object.
fn properties(part: &RefOr<Schema>, known: &Schemas, depth: usize) -> Object {
    let none = || ObjectBuilder::new().build();
    let Some(depth) = depth.checked_sub(1) else { return none() };
    match part {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
            let mut part = known.get(name).map_or_else(none, |schema| properties(schema, known, depth));
            // It describes the part, and not what it becomes a part of.
            part.description = None;
            part
        }
        RefOr::T(Schema::Object(object)) => object.clone(),
        RefOr::T(Schema::AllOf(parts)) => merged(parts, known, depth),
        RefOr::T(Schema::OneOf(one_of)) => {
            let choices =
                one_of.items.iter().map(|choice| properties(choice, known, depth)).collect::<Vec<_>>();
            let needed =
                choices.iter().map(|choice| choice.required.iter().cloned().collect::<BTreeSet<_>>());
            let needed = needed.reduce(|needed, others| &needed & &others).unwrap_or_default();
            let mut part = none();
            part.required = needed.into_iter().collect();
            part.properties.extend(choices.into_iter().flat_map(|choice| choice.properties));
            part
        }
        RefOr::T(_) => none(),
    }
}

/// The format of a number. What has a least value is read as a number without a sign, which may be twice as large.
fn whole(format: SchemaFormat, is_unsigned: bool) -> SchemaFormat {
    match format {
        SchemaFormat::KnownFormat(KnownFormat::Int64) if is_unsigned => {
            SchemaFormat::Custom("uint64".to_owned())
        }
        SchemaFormat::KnownFormat(KnownFormat::Int32) if is_unsigned => {
            SchemaFormat::Custom("uint32".to_owned())
        }
        other => other,
    }
}

fn text(text: &mut Option<String>) {
    if let Some(text) = text {
        *text = on_one_line(text);
    }
}

fn on_one_line_or_none(text: &mut String) {
    *text = on_one_line(text);
}

/// A comment of the code as a text for everybody: paragraphs on a line each, and no links to other code.
pub(super) fn on_one_line(text: &str) -> String {
    let paragraphs =
        text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    paragraphs.collect::<Vec<_>>().join("\n\n").replace("[`", "`").replace("`]", "`")
}

/// Whether a schema of the document has a field at a path of names, or may have one by any name in its place. The items
/// of lists, and each of several forms, have the path of the whole.
pub(super) fn has(document: &Value, schema: &Value, path: &[&str]) -> bool {
    leads(document, schema, path, DEPTH)
}

fn leads(document: &Value, schema: &Value, path: &[&str], depth: usize) -> bool {
    let (Some((name, rest)), Some(depth)) = (path.split_first(), depth.checked_sub(1)) else {
        return path.is_empty();
    };
    let named = schema.get("$ref").and_then(Value::as_str).and_then(|named| named.strip_prefix('#'));
    let named = named.and_then(|named| document.pointer(named));
    let forms =
        ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|word| schema.get(word)?.as_array()).flatten();
    let mut same = named.into_iter().chain(schema.get("items")).chain(forms);
    let below = schema.get("properties").and_then(|properties| properties.get(name));
    let any = schema.get("additionalProperties").filter(|any| **any != Value::Bool(false));
    same.any(|schema| leads(document, schema, path, depth))
        || below.or(any).is_some_and(|schema| leads(document, schema, rest, depth))
}
