use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use limpid_outbound::{retry_after, tls};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use ureq::Agent;
use ureq::http::header::{CONTENT_TYPE, RETRY_AFTER};

use crate::otlp;
use crate::settings::Target;
use crate::traces::Tally;

/// How much of an answer is read, in bytes.
const ANSWER_BYTES: u64 = 64 << 10;

/// How long to wait after the first attempt; twice as long after each further one.
const BACKOFF: Duration = Duration::from_millis(500);

/// Sends spans to a collector. It is called on a thread of its own, which waits for nobody else.
pub(crate) struct Exporter {
    agent: Agent,
    target: Target,
    resource: Resource,
    /// How long one batch may take, all attempts together.
    time: Duration,
    tally: Arc<Tally>,
    is_failing: AtomicBool,
}

/// Why a batch was not taken.
struct Refused {
    why: String,
    /// Whether it may be taken another time.
    again: bool,
    /// When the collector asks to come again.
    after: Option<Duration>,
}

impl Exporter {
    pub(crate) fn new(target: Target, time: Duration, tally: Arc<Tally>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("limpid/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(time))
            .tls_config(tls())
            .build();
        let resource = Resource::builder_empty().build();
        let agent = Agent::new_with_config(config);
        Self { agent, target, resource, time, tally, is_failing: AtomicBool::new(false) }
    }

    /// One attempt. Gives how many spans were not taken.
    fn send(&self, body: &[u8]) -> Result<u64, Refused> {
        let mut request =
            self.agent.post(&self.target.address).header(CONTENT_TYPE, "application/x-protobuf");
        for (name, value) in &self.target.headers {
            request = request.header(name, value);
        }
        let answer = request.send(body).map_err(|error| Refused {
            why: error.to_string(),
            again: true,
            after: None,
        })?;
        let (head, body) = answer.into_parts();
        let mut said = Vec::new();
        // Where it breaks off, the status counts.
        let _ = body.into_reader().take(ANSWER_BYTES).read_to_end(&mut said);
        match head.status.as_u16() {
            200..=299 => Ok(otlp::rejected(&said).map_or(0, |(number, why)| {
                tracing::warn!(number, "the collector of traces takes {number} spans not: {why}");
                number
            })),
            status => {
                let asked = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                Err(Refused {
                    why: format!("it answers {status}"),
                    again: matches!(status, 429 | 502 | 503 | 504),
                    after: asked.and_then(|value| retry_after(value, SystemTime::now())),
                })
            }
        }
    }

    /// Sends as often as there is time for.
    fn send_until_taken(&self, body: &[u8]) -> Result<u64, String> {
        let (began, mut wait) = (Instant::now(), BACKOFF);
        loop {
            let refused = match self.send(body) {
                Ok(rejected) => return Ok(rejected),
                Err(refused) => refused,
            };
            let pause = refused.after.unwrap_or(wait).max(wait);
            if !refused.again || began.elapsed().saturating_add(pause) >= self.time {
                return Err(refused.why);
            }
            thread::sleep(pause);
            wait = wait.saturating_mul(2);
        }
    }

    /// Says once that the collector is away, and once that it is back.
    fn tell(&self, sent: &Result<u64, String>) {
        let address = &self.target.address;
        match sent {
            Err(why) if !self.is_failing.swap(true, Ordering::Relaxed) => tracing::warn!(
                "spans cannot be sent to `{address}`, and are dropped until they can: {why}; see setting \
                 `telemetry.endpoint`"
            ),
            Ok(_) if self.is_failing.swap(false, Ordering::Relaxed) => {
                tracing::info!("spans are sent to `{address}` again");
            }
            _ => {}
        }
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len() as u64;
        let body = otlp::request(&self.resource, &batch);
        drop(batch);
        let sent = self.send_until_taken(&body);
        self.tell(&sent);
        self.tally.left(count, sent.as_ref().ok().copied());
        sent.map(|_| ()).map_err(OTelSdkError::InternalFailure)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.clone();
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter").field("address", &self.target.address).finish_non_exhaustive()
    }
}
