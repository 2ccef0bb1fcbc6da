#!/bin/sh
# utoipa: a field that is taken and never sent is `#[serde(skip_serializing)]` to serde and `#[schema(write_only)]` to
# OpenAPI. Together they leave the field out of the schema, and the attribute that says `writeOnly` is dropped without a
# warning: a document that is derived so has no passwords in its requests, and with `deny_unknown_fields` it even says
# `additionalProperties: false`, so that a client that validates by it refuses a request that the service takes. Seen with
# utoipa 6.0.0; `skip_serializing_if` with a function that is always true is described as it should be.
SEEN='skipped: taken 1, described ["name"], additionalProperties false
skipped if: taken 1, described ["name","secret"], writeOnly true'
#
# Needs Rust with cargo. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "written"
version = "0.0.0"
edition = "2024"
[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = "1"
utoipa = "=6.0.0"
[workspace]
TOML
cat > src/main.rs <<'RUST'
use serde::{Deserialize, Serialize};
use utoipa::{PartialSchema, ToSchema};

#[allow(dead_code)]
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Skipped {
    name: String,
    #[serde(default, skip_serializing)]
    #[schema(write_only)]
    secret: Option<String>,
}

#[allow(dead_code)]
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SkippedIf {
    name: String,
    #[serde(default, skip_serializing_if = "always")]
    #[schema(write_only)]
    secret: Option<String>,
}

fn always<T>(_: &T) -> bool {
    true
}

fn main() {
    let text = r#"{"name": "a", "secret": "b"}"#;
    let taken = serde_json::from_str::<Skipped>(text).is_ok() as u8;
    let schema = serde_json::to_value(Skipped::schema()).unwrap();
    let names = |schema: &serde_json::Value| {
        let names: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        serde_json::to_string(&names).unwrap()
    };
    println!("skipped: taken {taken}, described {}, additionalProperties {}", names(&schema), schema["additionalProperties"]);
    let taken = serde_json::from_str::<SkippedIf>(text).is_ok() as u8;
    let schema = serde_json::to_value(SkippedIf::schema()).unwrap();
    println!("skipped if: taken {taken}, described {}, writeOnly {}", names(&schema), schema["properties"]["secret"]["writeOnly"]);
}
RUST
seen=$(cargo run --quiet 2>errors || { cat errors >&2; exit 2; })
echo "$seen"
[ "$seen" = "$SEEN" ]
