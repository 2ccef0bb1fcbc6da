#!/bin/sh
# tracing-opentelemetry: a signed number of a span or of an event is an attribute of type int, an unsigned one is a text,
# `"35"` for 35_u64, also where it is far below the largest signed number. In Rust, lengths and counts are unsigned: a
# collector that compares or sums `bytes` or `http.response.body.size` gets texts from programs in Rust, and ints from all
# others. Seen with tracing-opentelemetry 0.34.0 and opentelemetry_sdk 0.33.1.
SEEN='signed I64(35)
unsigned String(Owned("35"))
size String(Owned("35"))'
#
# Needs Rust with cargo. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "numbers"
version = "0.0.0"
edition = "2024"
[dependencies]
opentelemetry = "0.33"
opentelemetry_sdk = { version = "=0.33.1", features = ["testing"] }
tracing = "0.1"
tracing-opentelemetry = "=0.34.0"
tracing-subscriber = "0.3"
[workspace]
TOML
cat > src/main.rs <<'RUST'
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt as _;

fn main() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("numbers"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        drop(tracing::info_span!("span", signed = 35_i64, unsigned = 35_u64, size = 35_usize).entered());
    });
    for span in exporter.get_finished_spans().unwrap() {
        for attribute in &span.attributes {
            if ["signed", "unsigned", "size"].contains(&attribute.key.as_str()) {
                println!("{} {:?}", attribute.key, attribute.value);
            }
        }
    }
}
RUST
seen=$(cargo run --quiet 2>errors || { cat errors >&2; exit 2; })
echo "$seen"
[ "$seen" = "$SEEN" ]
