use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::Body as _;
use tracing::field::Empty;
use tracing::{Instrument, Level};

use crate::error::{self, Asked, Failure};
use crate::metrics::Metrics;
use crate::peer::Peer;

mod trace;

static LAST: AtomicU64 = AtomicU64::new(0);

/// The number of the next request.
pub(crate) fn next() -> String {
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    format!("{:x}-{number}", std::process::id())
}

/// Longest method in the log, in bytes; a longer one is none that anybody knows.
const METHOD: usize = 32;

/// Longest path in the log, in bytes.
const PATH: usize = 1_024;

/// The number of a request.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// The pattern of the path that a request was for.
#[derive(Clone, Debug)]
struct Pattern(String);

/// Notes the pattern of the path that a request is for, as far as it has one.
pub(crate) async fn note_pattern(request: Request, next: Next) -> Response {
    let pattern = request.extensions().get::<MatchedPath>().map(|path| Pattern(path.as_str().to_owned()));
    let mut response = survive(next.run(request)).await;
    if let Some(pattern) = pattern {
        response.extensions_mut().insert(pattern);
    }
    response
}

/// Numbers each request: in its answer, in its errors and in the log; and counts it.
pub(crate) async fn number(State(metrics): State<Metrics>, mut request: Request, rest: Next) -> Response {
    let (id, began) = (next(), Instant::now());
    let (method, mut path) = (request.method().clone(), request.uri().path().to_owned());
    // Whoever asks chooses it, and it is in each line of the log.
    path.truncate(path.floor_char_boundary(PATH));
    let named = if method.as_str().len() <= METHOD { method.as_str() } else { "other" };
    let peer = request.extensions().get::<Peer>().map(|peer| peer.address);
    request.extensions_mut().insert(RequestId(id.clone()));
    // Use cases inherit it. Neither headers nor what stands behind the `?` is anybody else's business.
    let span = tracing::info_span!("request", id, method = named, path, trace_id = Empty, otel.kind = Empty);
    trace::begin(&span, request.headers());
    let response = survive(rest.run(request)).instrument(span.clone()).await;
    // Only what this service knows becomes a label: clients choose the rest.
    let pattern = response.extensions().get::<Pattern>().map_or("other".to_owned(), |known| known.0.clone());
    let label = match method {
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    let is_change = matches!(label, "POST" | "PUT" | "DELETE" | "other") && method != Method::OPTIONS;
    let asked = Asked { id: &id, method: named, path: &path, is_change };
    let mut response = error::finish(response, &asked).instrument(span.clone()).await;
    metrics.answered(&pattern, label, response.status().as_u16(), began.elapsed());
    trace::end(
        &span,
        &trace::Ended { method: named, path: &path, pattern: &pattern, peer, status: response.status() },
    );
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    let answered = Answered { id: &id, method: named, pattern: &pattern, took: began.elapsed(), peer };
    answered.log(&response);
    response
}

/// A request, when the answer to it begins.
struct Answered<'a> {
    id: &'a str,
    method: &'a str,
    pattern: &'a str,
    took: Duration,
    peer: Option<IpAddr>,
}

/// Paths that are asked every few seconds, whether anything happens or not.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

impl Answered<'_> {
    fn log(&self, response: &Response) {
        let Self { id, method, pattern, took, peer } = *self;
        let status = response.status().as_u16();
        let milliseconds = took.as_secs_f64() * 1_000.0;
        let length = response.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let bytes = length.and_then(|length| length.parse().ok()).or(response.body().size_hint().exact());
        let peer = peer.map(tracing::field::display);
        macro_rules! say {
            ($level:expr) => {
                tracing::event!(
                    $level,
                    request_id = id,
                    method,
                    route = pattern,
                    status,
                    milliseconds,
                    bytes,
                    peer,
                    "{method} {pattern} is answered with {status}"
                )
            };
        }
        if PROBES.contains(&pattern) { say!(Level::DEBUG) } else { say!(Level::INFO) }
    }
}

/// A panic is a mistake of this program: it costs its request, and not the connection without a word.
async fn survive(answering: impl Future<Output = Response>) -> Response {
    let mut answering = pin!(answering);
    std::future::poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(context))) {
            Ok(polled) => polled,
            Err(_) => Poll::Ready(Failure::internal("answering has ended by a panic").into_response()),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let response = survive(async { panic!("a mistake") }).await;
        assert_eq!(response.status().as_u16(), 500);
        let response = survive(async { "well".into_response() }).await;
        assert_eq!(response.status().as_u16(), 200);
    }
}
