//! Documents compared with the schemas of `/v1/openapi.json`: as much of
//! [JSON Schema](https://json-schema.org/draft/2020-12/json-schema-core) as those use.

use serde_json::Value;

/// The schemas of the service's description of itself.
pub(crate) struct Schemas(pub(crate) Value);

impl Schemas {
    /// The schema of what is sent of a type, as it is described and with all of its examples.
    pub(super) fn of_type(&self, kind: &str) -> (&Value, Vec<&Value>) {
        let body = &self.0["webhooks"][kind]["post"]["requestBody"]["content"]["application/json"];
        assert!(body.is_object(), "`{kind}` is not described");
        let examples = body["examples"].as_object().unwrap().values().map(|example| &example["value"]);
        (&body["schema"], examples.collect())
    }

    /// A message must be what is stated of its type.
    #[track_caller]
    pub(super) fn check(&self, message: &Value) {
        let (schema, _) = self.of_type(message["type"].as_str().unwrap());
        let mut wrong = Vec::new();
        self.hold(schema, message, "", &mut wrong);
        assert!(wrong.is_empty(), "{wrong:#?}\n{message:#}");
    }

    /// An answer to `GET` must be what is stated of the path.
    #[track_caller]
    pub(crate) fn check_answer(&self, path: &str, answer: &Value) {
        let responses = &self.0["paths"][path]["get"]["responses"];
        let schema = &responses["200"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "`{path}` is not described");
        let mut wrong = Vec::new();
        self.hold(schema, answer, "", &mut wrong);
        assert!(wrong.is_empty(), "{path}: {wrong:#?}\n{answer:#}");
    }

    /// A value must be what is stated of a schema.
    #[track_caller]
    pub(crate) fn check_schema(&self, name: &str, value: &Value) {
        let mut wrong = Vec::new();
        self.hold(&self.0["components"]["schemas"][name], value, "", &mut wrong);
        assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{value:#}");
    }

    fn hold(&self, schema: &Value, value: &Value, path: &str, wrong: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let schema = self.0.pointer(reference.strip_prefix('#').unwrap()).unwrap();
            return self.hold(schema, value, path, wrong);
        }
        if let Some(any) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
            let fits = |schema: &Value| {
                let mut wrong = Vec::new();
                self.hold(schema, value, path, &mut wrong);
                wrong
            };
            let all: Vec<_> = any.iter().map(fits).collect();
            if !all.iter().any(Vec::is_empty) {
                wrong.extend(all.into_iter().flatten());
            }
            return;
        }
        // Any value, as of a setting.
        if schema.as_object().is_some_and(|known| known.keys().all(|word| word == "description")) {
            return;
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => panic!("{path}: a schema without a type: {schema}"),
        };
        if !types.iter().any(|name| is_of(name, value)) {
            wrong.push(format!("{path} is no {types:?}: {value}"));
        }
        if let Some(known) = schema["enum"].as_array().filter(|known| !known.contains(value)) {
            wrong.push(format!("{path} is none of {known:?}: {value}"));
        }
        let properties = schema["properties"].as_object();
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                wrong.push(format!("{path}/{name} is missing"));
            }
        }
        for (name, field) in value.as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            match (properties.and_then(|known| known.get(name)), &schema["additionalProperties"]) {
                (Some(schema), _) => self.hold(schema, field, &path, wrong),
                (None, Value::Bool(false)) => wrong.push(format!("{path} is not described")),
                (None, Value::Object(_)) => self.hold(&schema["additionalProperties"], field, &path, wrong),
                (None, _) if properties.is_some() => wrong.push(format!("{path} is not described")),
                (None, _) => {}
            }
        }
        for (place, item) in value.as_array().into_iter().flatten().enumerate() {
            self.hold(&schema["items"], item, &format!("{path}/{place}"), wrong);
        }
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        other => panic!("no type of this reader: {other}"),
    }
}
