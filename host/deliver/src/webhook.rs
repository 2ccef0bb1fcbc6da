use std::io::Read;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use limpid_outbound::{Internal, retry_after, tls};
use tracing::Span;
use tracing::field::Empty;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use ureq::http::{Response, Uri};
use ureq::typestate::WithBody;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, RequestBuilder};

use crate::bearer::Key;
use crate::guard::{Guard, refusal};
use crate::signature::Secret;
use crate::{Failure, Message, Settings};

/// How much of an answer is read, in bytes: enough for the connection to be used again where the
/// receiver says little.
const ANSWER_BYTES: u64 = 16 << 10;

/// For how long a connection waits to be used again. Servers close theirs after a few seconds, and a
/// message that meets that is an attempt lost.
const IDLE: Duration = Duration::from_secs(2);

/// Sends messages to webhooks.
#[derive(Debug)]
pub(crate) struct Webhooks(Agent);

impl Webhooks {
    pub(crate) fn new(guard: &Guard, settings: &Settings) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // Through a proxy, the guard would see the numbers of the proxy.
            .proxy(None)
            .user_agent(concat!("limpid/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(settings.connect_time))
            .timeout_global(Some(settings.answer_time))
            .max_idle_age(IDLE)
            .tls_config(tls())
            .build();
        Self(Agent::with_parts(config, DefaultConnector::default(), guard.numbers().clone()))
    }

    /// What asks, within the guard and the limits of time.
    pub(crate) const fn agent(&self) -> &Agent {
        &self.0
    }

    /// Posts a message. Acknowledged is what is answered with 2xx.
    pub(crate) fn post(&self, url: &str, secret: &str, message: Message<'_>) -> Result<(), Failure> {
        let seconds = now();
        let signature = Secret::parse(secret)?.sign(message, seconds);
        let (status, after) = self.send(url, message.body, |request| {
            request
                .header("webhook-id", message.id)
                .header("webhook-timestamp", seconds.to_string())
                .header("webhook-signature", &signature)
        })?;
        outcome(status, after)
    }

    /// The same to a receiver of Clair's notifications. Acknowledged is what is answered with 200: by another status of
    /// success, a proxy may say that it has passed the message on.
    pub(crate) fn post_to_clair(&self, url: &str, key: &str, message: Message<'_>) -> Result<(), Failure> {
        let token = Key::parse(key)?.token(now());
        let (status, after) =
            self.send(url, message.body, |request| request.header(AUTHORIZATION, format!("Bearer {token}")))?;
        match status {
            200 => Ok(()),
            201..=299 => Err(Failure::Failed(format!("the receiver answers {status}, and only 200 counts"))),
            _ => outcome(status, after),
        }
    }

    /// Posts a body. Returns the status of the answer, and after how long the receiver wants to be asked again.
    fn send(
        &self,
        url: &str,
        body: &[u8],
        with: impl FnOnce(RequestBuilder<WithBody>) -> RequestBuilder<WithBody>,
    ) -> Result<(u16, Option<Duration>), Failure> {
        let span = tracing::debug_span!(
            "POST",
            otel.kind = "client",
            http.request.method = "POST",
            server.address = host(url),
            http.response.status_code = Empty,
        )
        .entered();
        let mut request = self.0.post(url);
        for (name, value) in limpid_telemetry::outgoing() {
            request = request.header(name, value);
        }
        let answer = with(request.header(CONTENT_TYPE, "application/json")).send(body).map_err(unanswered)?;
        Ok(answered(&span, answer))
    }
}

/// The status of an answer, and after how long the receiver wants to be asked again.
pub(crate) fn answered(span: &Span, answer: Response<Body>) -> (u16, Option<Duration>) {
    let (head, body) = answer.into_parts();
    span.record("http.response.status_code", head.status.as_u16());
    // What it says besides its status is told to nobody: it may be somebody else's secret.
    let _ = std::io::copy(&mut body.into_reader().take(ANSWER_BYTES), &mut std::io::sink());
    let asked = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    (head.status.as_u16(), asked.and_then(|value| retry_after(value, SystemTime::now())))
}

/// In seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The host of an address: what follows it may be a secret.
pub(crate) fn host(url: &str) -> Option<String> {
    url.parse::<Uri>().ok()?.host().map(str::to_owned)
}

/// What an answer means.
fn outcome(status: u16, after: Option<Duration>) -> Result<(), Failure> {
    let why = format!("the receiver answers {status}");
    match (status, after) {
        (200..=299, _) => Ok(()),
        (300..=399, _) => Err(Failure::Failed(format!("{why}, a redirect, and those are not followed"))),
        (410, _) => Err(Failure::Gone),
        (429 | 503, Some(after)) => Err(Failure::Later { why, after }),
        _ => Err(Failure::Failed(why)),
    }
}

/// Why there is no answer.
pub(crate) fn unanswered(error: ureq::Error) -> Failure {
    match error {
        ureq::Error::Other(other) => match other.downcast::<Internal>() {
            Ok(internal) => refusal(*internal),
            Err(other) => Failure::failed(format!("the receiver does not answer: {other}")),
        },
        error => Failure::failed(format!("the receiver does not answer: {error}")),
    }
}

#[cfg(test)]
mod tests;
