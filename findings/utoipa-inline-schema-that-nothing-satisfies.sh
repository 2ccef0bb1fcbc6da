#!/bin/sh
# utoipa: a field that is `#[schema(inline, value_type = T)]` and has a documentation comment is described, where the schema
# of T is not that of an object, as `allOf` of two schemas: T's own, and an object with the description. A text is no
# object, so that no value satisfies it: whoever validates answers by the document refuses every answer, and whoever
# generates a client gets a type that has no value. Seen with utoipa 6.0.0; without the comment, or without `inline`, the
# schema is right.
SEEN='with a comment: {"allOf":[{"enum":["a","b"],"type":"string"},{"description":"Which.","type":"object"}]}
without: {"enum":["a","b"],"type":"string"}'
#
# Needs Rust with cargo. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "inline"
version = "0.0.0"
edition = "2024"
[dependencies]
serde_json = "1"
utoipa = "=6.0.0"
[workspace]
TOML
cat > src/main.rs <<'RUST'
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

struct Word;

impl PartialSchema for Word {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["a", "b"])).into()
    }
}

impl ToSchema for Word {}

#[allow(dead_code)]
#[derive(ToSchema)]
struct Commented {
    /// Which.
    #[schema(inline, value_type = Word)]
    word: String,
}

#[allow(dead_code)]
#[derive(ToSchema)]
struct Bare {
    #[schema(inline, value_type = Word)]
    word: String,
}

fn word(schema: RefOr<Schema>) -> String {
    let schema = serde_json::to_value(&schema).unwrap();
    serde_json::to_string(&schema["properties"]["word"]).unwrap()
}

fn main() {
    println!("with a comment: {}", word(Commented::schema()));
    println!("without: {}", word(Bare::schema()));
}
RUST
seen=$(cargo run --quiet 2>errors || { cat errors >&2; exit 2; })
echo "$seen"
[ "$seen" = "$SEEN" ]
