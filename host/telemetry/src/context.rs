//! How a trace comes in with a request, and goes out with another.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::propagation::Extractor;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanContext, Status, TraceContextExt as _};
use opentelemetry::{Context, Value};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Whether spans are sent anywhere. Who asks the log for a span's context pays for a look-up.
static ON: AtomicBool = AtomicBool::new(false);

pub(crate) fn turn_on() {
    ON.store(true, Ordering::Relaxed);
}

/// Whether spans are sent anywhere.
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// What a request says of the trace that it is part of.
struct Remote<'r> {
    traceparent: Option<&'r str>,
    tracestate: Option<&'r str>,
}

impl Extractor for Remote<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.traceparent,
            "tracestate" => self.tracestate,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

/// Longest header that says something of a trace; a longer one says nothing.
const HEADER_BYTES: usize = 512;

/// Makes a span part of the trace that a request names, and of one of its own where it names none. To be called
/// before the span is entered.
pub fn accept(span: &Span, traceparent: Option<&str>, tracestate: Option<&str>) {
    if !is_on() {
        return;
    }
    let short = |header: &&str| header.len() <= HEADER_BYTES;
    let remote = Remote { traceparent: traceparent.filter(short), tracestate: tracestate.filter(short) };
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &remote);
    if context.span().span_context().is_valid() {
        // It fails where the log leaves the span out, and then nobody misses it.
        let _ = span.set_parent(context);
    }
    mark(span);
}

/// Notes the trace of a span in its field `trace_id`, for the log.
pub fn mark(span: &Span) {
    if !is_on() {
        return;
    }
    let context = span.context();
    let id = context.span().span_context().trace_id();
    span.record("trace_id", tracing::field::display(id));
}

/// Headers that make a request part of the trace of the current span; none where nothing is traced.
pub fn outgoing() -> HashMap<String, String> {
    let mut headers = HashMap::new();
    if is_on() {
        TraceContextPropagator::new().inject_context(&Span::current().context(), &mut headers);
        headers.retain(|_, value| !value.is_empty());
    }
    headers
}

/// Says something of a span, by a name of OpenTelemetry's semantic conventions.
pub fn attribute(span: &Span, name: &'static str, value: impl Into<Value>) {
    if is_on() {
        span.set_attribute(name, value);
    }
}

/// Names a span anew: a name says what kind of thing it is, not which one.
pub fn rename(span: &Span, name: String) {
    if is_on() {
        span.context().span().update_name(name);
    }
}

/// Says that what a span stands for has failed.
pub fn failed(span: &Span, why: impl Into<String>) {
    if is_on() {
        span.set_status(Status::error(why.into()));
    }
}

/// The span that led to something that outlives it.
#[derive(Clone, Debug, Default)]
pub struct Cause(Option<SpanContext>);

impl Cause {
    /// That of this moment.
    pub fn current() -> Self {
        if !is_on() {
            return Self::default();
        }
        let context = Span::current().context();
        let context = context.span().span_context().clone();
        Self(context.is_valid().then_some(context))
    }

    /// Whether there is one.
    pub const fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// Links a span to it.
    pub fn link(&self, span: &Span) {
        if let Some(context) = &self.0 {
            span.add_link(context.clone());
        }
    }
}
