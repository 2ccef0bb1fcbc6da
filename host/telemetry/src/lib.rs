//! What the service tells of how it works, span by span, to a collector of traces.
//!
//! This crate owns how spans of `tracing` become spans of OpenTelemetry, how they are sent (OTLP over HTTP, in
//! protobuf), and how a trace is continued from a request and into another ([W3C trace
//! context](https://www.w3.org/TR/trace-context/)). Where no collector is named, nothing is started, no layer is
//! added to the log, and each function here returns at once.
//!
//! It also makes profiles of the process, by the same spans: [`profile()`].

mod bounded;
mod context;
mod export;
mod otlp;
mod profile;
mod protobuf;
mod settings;
mod traces;

pub use context::{Cause, accept, attribute, failed, is_on, mark, outgoing, rename};
pub use profile::{Profile, is_profiled, profile, spans_of_threads};
pub use settings::{ProfileSettings, Settings, SettingsError};
pub use traces::{Counts, Traces, counts};
