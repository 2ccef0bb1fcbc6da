use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use limpid_model::NoticeKind;
use serde_json::Value;

use super::*;

fn value() -> Value {
    serde_json::from_str(&written(&document()).unwrap()).unwrap()
}

/// A method and a path, in which the names of parameters do not count.
fn named(method: &str, path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{method} {}", parts.collect::<Vec<_>>().join("/"))
}

#[test]
fn what_is_served_is_what_was_reviewed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let made = written(&document()).unwrap();
    assert_eq!(text(), made.as_bytes());
    if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(path, made).unwrap();
    } else {
        assert!(
            fs::read_to_string(path).unwrap() == made,
            "docs/openapi.json differs from what was reviewed"
        );
    }
}

#[test]
fn every_endpoint_is_described_and_no_other() {
    let known: BTreeSet<_> =
        endpoints().iter().map(|endpoint| named(endpoint.method.as_str(), endpoint.path)).collect();
    let document = value();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters")
        {
            described.insert(named(&method.to_ascii_uppercase(), path));
            let all = [&methods["parameters"], &operation["parameters"]].map(Value::as_array);
            let all = all.into_iter().flatten().flatten().filter(|parameter| parameter["in"] == "path");
            let found: BTreeSet<_> = all.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            assert_eq!(found, in_path.collect(), "{method} {path}");
            assert!(operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2')));
        }
    }
    assert_eq!(described, known);
}

#[test]
fn every_schema_is_described_that_is_named_and_no_other() {
    fn collect<'d>(part: &'d Value, found: &mut BTreeSet<&'d str>) {
        match part {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| collect(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let document = value();
    let mut named = BTreeSet::new();
    collect(&document, &mut named);
    let mut known = BTreeSet::new();
    let all = document["components"]["schemas"].as_object().unwrap().keys();
    known.extend(all.map(|name| format!("#/components/schemas/{name}")));
    for kept in KEPT {
        known.remove(&format!("#/components/schemas/{kept}"));
    }
    assert_eq!(named, known.iter().map(String::as_str).collect());
}

#[test]
fn an_operation_has_a_name_of_its_own_and_belongs_somewhere() {
    let document = value();
    let known: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone().to_string()).collect();
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{path}: there are two of the name `{id}`");
            assert!(known.contains(&operation["tags"][0].to_string()), "{path}: {}", operation["tags"]);
            assert!(operation["summary"].is_string(), "{path}");
        }
    }
}

#[test]
fn every_kind_of_message_is_described_and_has_an_example_of_its_type() {
    let document = value();
    let kinds = NoticeKind::ALL.map(|kind| format!("image.{}", kind.as_str()));
    let expected: BTreeSet<_> = kinds.into_iter().chain(["digest".to_owned(), "test".to_owned()]).collect();
    let webhooks = document["webhooks"].as_object().unwrap();
    assert_eq!(webhooks.keys().cloned().collect::<BTreeSet<_>>(), expected);
    for (kind, webhook) in webhooks {
        let body = &webhook["post"]["requestBody"]["content"]["application/json"];
        for (name, example) in body["examples"].as_object().unwrap() {
            assert_eq!(example["value"]["type"], **kind, "{name}");
        }
    }
}

#[test]
fn operations_name_codes_that_there_are_and_show_each() {
    let document = Described::openapi().merge_from(Operations::openapi());
    for (path, mut item) in document.paths.paths {
        for (method, operation) in operations(&mut item) {
            let named = operation.extensions.iter().find_map(|extensions| extensions.get("x-codes"));
            for word in named.and_then(Value::as_array).into_iter().flatten() {
                let known = crate::error::Code::from_word(word.as_str().unwrap());
                assert!(known.is_some(), "{method} {path}: there is no code {word}");
            }
        }
    }
    let text = written(&super::document()).unwrap();
    assert!(!text.contains("x-codes"), "what is for this service only is shown");
    assert!(text.contains("urn:limpid:problem:no-such-image"));
}

#[test]
fn secrets_are_described_where_they_are_sent() {
    let document: Value = serde_json::from_slice(&text()).unwrap();
    for (schema, field) in [("Webhook", "secret"), ("HarborToScan", "password"), ("ClairReceiver", "key")] {
        let field = &document["components"]["schemas"][schema]["properties"][field];
        assert_eq!(field["writeOnly"], true, "{schema}: {field}");
    }
}
