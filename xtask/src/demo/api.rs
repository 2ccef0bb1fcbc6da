use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

/// How long the service is asked to wait for the end of what it was given.
const WAIT: &str = "wait=60";

/// The HTTP API of a service, as far as the demo uses it.
pub(super) struct Api {
    url: String,
    agent: Agent,
}

impl Api {
    /// That of the service at this address.
    pub(super) fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(90)))
            // Loopback is reached directly, whatever the environment says of proxies.
            .proxy(None)
            .build();
        Self { url: format!("http://{address}"), agent: config.into() }
    }

    /// Its address, without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether it takes requests.
    pub(super) fn is_ready(&self) -> bool {
        self.agent.get(format!("{}/readyz", self.url)).call().is_ok_and(|answer| answer.status().is_success())
    }

    /// Hands a document to a feed, and returns what the service says of it.
    pub(super) fn import(&self, feed: &str, document: &[u8]) -> anyhow::Result<Value> {
        self.post(&format!("/v1/feeds/{feed}/documents"), "application/json", document)
    }

    /// Submits an archive that holds the image `id`, and returns the report on it.
    pub(super) fn submit(&self, id: &str, archive: &[u8]) -> anyhow::Result<Value> {
        self.post("/v1/images", "application/x-tar", archive)?;
        let path = format!("/v1/images/{id}/report");
        let answer = self.agent.get(format!("{}{path}", self.url)).call();
        json("GET", &path, answer.with_context(|| format!("GET {path}"))?)
    }

    fn post(&self, path: &str, content_type: &str, body: &[u8]) -> anyhow::Result<Value> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("Prefer", WAIT).header("Content-Type", content_type);
        let answer = request.send(body).with_context(|| format!("POST {path}"))?;
        if answer.status().as_u16() == 202 {
            bail!("POST {path} is still under way after the time that it was given (`Prefer: {WAIT}`)");
        }
        json("POST", path, answer)
    }
}

/// The JSON of an answer.
fn json(method: &str, path: &str, mut answer: Response<Body>) -> anyhow::Result<Value> {
    let status = answer.status();
    if !status.is_success() {
        let body = answer.body_mut().read_to_string().unwrap_or_default();
        bail!("{method} {path} was answered with {status}: {body}");
    }
    answer.body_mut().read_json().with_context(|| format!("{method} {path} did not answer with JSON"))
}
