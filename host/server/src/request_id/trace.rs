//! What the span of a request says to a collector of traces, by the names of OpenTelemetry's [conventions for
//! HTTP](https://opentelemetry.io/docs/specs/semconv/http/http-spans/).

use std::net::IpAddr;

use axum::http::{HeaderMap, StatusCode};
use tracing::Span;

/// A request that was answered.
pub(super) struct Ended<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// The pattern of its path; `other` where it has none.
    pub(super) pattern: &'a str,
    pub(super) peer: Option<IpAddr>,
    pub(super) status: StatusCode,
}

/// To be called before the span is entered.
pub(super) fn begin(span: &Span, headers: &HeaderMap) {
    if limpid_telemetry::is_on() {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        span.record("otel.kind", "server");
        limpid_telemetry::accept(span, header("traceparent"), header("tracestate"));
    }
}

pub(super) fn end(span: &Span, ended: &Ended<'_>) {
    if !limpid_telemetry::is_on() {
        return;
    }
    let &Ended { method, path, pattern, peer, status } = ended;
    let say = |name, value: &str| limpid_telemetry::attribute(span, name, value.to_owned());
    limpid_telemetry::rename(span, format!("{method} {pattern}"));
    say("http.request.method", method);
    say("http.route", pattern);
    // What stands behind the `?` is left out here, too.
    say("url.path", path);
    limpid_telemetry::attribute(span, "http.response.status_code", i64::from(status.as_u16()));
    if let Some(peer) = peer {
        say("client.address", &peer.to_string());
    }
    if status.is_server_error() {
        limpid_telemetry::failed(span, String::new());
    }
}
