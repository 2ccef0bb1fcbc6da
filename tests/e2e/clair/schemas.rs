//! Documents held against Clair's own schemas: as much of
//! [JSON Schema](https://json-schema.org/draft/2020-12/json-schema-core) as those use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

/// The schemas of a folder, by the names of their files.
pub(super) struct Schemas(BTreeMap<String, Value>);

/// What says nothing of whether a document is right.
const ANNOTATIONS: [&str; 8] =
    ["$id", "$schema", "$comment", "title", "description", "default", "examples", "format"];

impl Schemas {
    pub(super) fn load(folder: &Path) -> Self {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let schemas = files.filter(|path| path.to_string_lossy().ends_with(".schema.json")).map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
        });
        let schemas = Self(schemas.collect());
        assert!(schemas.0.len() > 20, "{} has few schemas", folder.display());
        schemas
    }

    /// A document must be what the schema of a name says.
    #[track_caller]
    pub(super) fn check(&self, name: &str, document: &Value) {
        let mut wrong = Vec::new();
        let file = format!("{name}.schema.json");
        self.hold(&file, &self.0[&file], document, "", &mut wrong);
        assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{document:#}");
    }

    /// Holds a value against a schema. Returns which of its fields that has spoken of.
    fn hold(
        &self,
        file: &str,
        schema: &Value,
        value: &Value,
        at: &str,
        wrong: &mut Vec<String>,
    ) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let fields = || value.as_object().into_iter().flatten();
        let names = |list: &Value| -> Vec<String> { serde_json::from_value(list.clone()).unwrap() };
        for (keyword, rule) in schema.as_object().unwrap() {
            match keyword.as_str() {
                "$ref" if rule == "#" => seen.extend(self.hold(file, &self.0[file], value, at, wrong)),
                "$ref" => {
                    let other = rule.as_str().unwrap();
                    seen.extend(self.hold(other, &self.0[other], value, at, wrong));
                }
                "type" => {
                    let is_it = match rule.as_str().unwrap() {
                        "object" => value.is_object(),
                        "array" => value.is_array(),
                        "string" => value.is_string(),
                        "boolean" => value.is_boolean(),
                        "integer" => value.is_u64(),
                        other => panic!("type `{other}`"),
                    };
                    if !is_it {
                        wrong.push(format!("{at} is no {rule}: {value}"));
                    }
                }
                "enum" if rule.as_array().unwrap().contains(value) => {}
                "enum" => wrong.push(format!("{at} is none of {rule}: {value}")),
                "pattern" if fits(rule.as_str().unwrap(), value.as_str().unwrap_or_default()) => {}
                "pattern" => wrong.push(format!("{at} does not fit {rule}: {value}")),
                "properties" => {
                    for (name, schema) in rule.as_object().unwrap() {
                        if let Some(field) = value.get(name) {
                            seen.insert(name.clone());
                            self.hold(file, schema, field, &format!("{at}/{name}"), wrong);
                        }
                    }
                }
                "items" => {
                    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.hold(file, rule, item, &format!("{at}/{place}"), wrong);
                    }
                }
                "required" => {
                    let missing = names(rule).into_iter().filter(|name| value.get(name).is_none());
                    wrong.extend(missing.map(|name| format!("{at}/{name} is missing")));
                }
                "dependentRequired" => {
                    for (name, needs) in rule.as_object().unwrap() {
                        let missing = names(needs).into_iter().filter(|need| value.get(need).is_none());
                        if value.get(name).is_some() {
                            wrong.extend(missing.map(|need| format!("{at}/{need} is missing beside {name}")));
                        }
                    }
                }
                "anyOf" | "oneOf" => {
                    let outcomes = rule.as_array().unwrap().iter().map(|schema| {
                        let mut wrong = Vec::new();
                        self.hold(file, schema, value, at, &mut wrong);
                        wrong
                    });
                    let outcomes: Vec<_> = outcomes.collect();
                    if outcomes.iter().all(|wrong| !wrong.is_empty()) {
                        wrong.extend(outcomes.into_iter().flatten());
                    }
                }
                // They speak of what is left, and come last.
                "additionalProperties" | "unevaluatedProperties" => {}
                known if ANNOTATIONS.contains(&known) => {}
                other => panic!("keyword `{other}`"),
            }
        }
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            let rule = &schema[keyword];
            for (name, field) in fields().filter(|(name, _)| !seen.contains(*name)) {
                let at = format!("{at}/{name}");
                match rule {
                    Value::Null => {}
                    Value::Bool(false) => wrong.push(format!("{at} is not described")),
                    rule => drop(self.hold(file, rule, field, &at, wrong)),
                }
            }
        }
        seen
    }
}

/// Whether a text fits a pattern, of those that there are.
fn fits(pattern: &str, text: &str) -> bool {
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    if let Some((algorithm, length)) = [("sha256", 64), ("sha512", 128), ("blake3", 64)]
        .into_iter()
        .find(|(algorithm, _)| pattern.starts_with(&format!("^{algorithm}:")))
    {
        return text
            .strip_prefix(algorithm)
            .and_then(|rest| rest.strip_prefix(':'))
            .is_some_and(|hex| is_hex(hex, length));
    }
    // Names of CPE: of 2.2, and of 2.3 with its eleven parts.
    if pattern.starts_with("^[c][pP][eE]:/") {
        return text.starts_with("cpe:/") && text.split(':').count() <= 8;
    }
    if pattern.starts_with("^cpe:2\\.3:") {
        return text.starts_with("cpe:2.3:") && text.replace("\\:", "").split(':').count() == 13;
    }
    panic!("pattern `{pattern}`")
}
