//! The HTTP API of a service, as far as the tasks use it.

use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use ureq::http::{Request, Response};
use ureq::{Agent, AsSendBody, Body};

/// How long the service is asked to wait for the end of what it was given.
const WAIT: &str = "wait=60";

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 256 << 20;

/// The HTTP API of one service.
pub(crate) struct Api {
    url: String,
    agent: Agent,
}

impl Api {
    /// That of the service at this address.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(90)))
            // Loopback is reached directly, whatever the environment says of proxies.
            .proxy(None)
            .build();
        Self { url: format!("http://{address}"), agent: config.into() }
    }

    /// Its address, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether it takes requests.
    pub(crate) fn is_ready(&self) -> bool {
        self.agent.get(format!("{}/readyz", self.url)).call().is_ok_and(|answer| answer.status().is_success())
    }

    /// Hands a document to a feed, and returns what the service says of it.
    pub(crate) fn import(&self, feed: &str, document: &[u8]) -> anyhow::Result<Value> {
        self.post(&format!("/v1/feeds/{feed}/documents"), "application/json", document)
    }

    /// Hands the document in a file to a feed, as the source that its plugin finds in it.
    pub(crate) fn import_file(&self, feed: &str, document: &Path) -> anyhow::Result<Value> {
        let file =
            File::open(document).with_context(|| format!("`{}` cannot be opened", document.display()))?;
        self.post(&format!("/v1/feeds/{feed}/documents"), "application/octet-stream", &file)
    }

    /// Submits an archive that holds the image `id`, and returns the report on it.
    pub(crate) fn submit(&self, id: &str, archive: &[u8]) -> anyhow::Result<Value> {
        self.post("/v1/images", "application/x-tar", archive)?;
        let path = format!("/v1/images/{id}/report");
        let report = self.get(&path)?;
        serde_json::from_slice(&report).with_context(|| format!("GET {path} did not answer with JSON"))
    }

    /// Submits the archive in a file, and returns the job when it has ended.
    pub(crate) fn submit_file(&self, archive: &Path) -> anyhow::Result<Value> {
        let file =
            File::open(archive).with_context(|| format!("`{}` cannot be opened", archive.display()))?;
        self.post("/v1/images", "application/x-tar", &file)
    }

    /// The bytes that the service answers with.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let answer = self.agent.get(format!("{}{path}", self.url)).call();
        bytes("GET", path, answer.with_context(|| format!("GET {path}"))?)
    }

    /// The same, in a form that is asked for.
    pub(crate) fn get_as(&self, path: &str, media_type: &str) -> anyhow::Result<Vec<u8>> {
        let request = self.agent.get(format!("{}{path}", self.url)).header("Accept", media_type);
        bytes("GET", path, request.call().with_context(|| format!("GET {path}"))?)
    }

    /// Any request, and the status and bytes of its answer, whatever they say.
    pub(crate) fn send(&self, method: &str, path: &str, body: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
        let request =
            Request::builder().method(method).uri(format!("{}{path}", self.url)).header("Prefer", WAIT);
        let answer = match body {
            [] => self.agent.run(request.body(())?),
            body => self.agent.run(request.body(body)?),
        };
        let mut answer = answer.with_context(|| format!("{method} {path}"))?;
        let mut bytes = Vec::new();
        answer.body_mut().as_reader().take(LONGEST_ANSWER).read_to_end(&mut bytes)?;
        Ok((answer.status().as_u16(), bytes))
    }

    fn post(&self, path: &str, content_type: &str, body: impl AsSendBody) -> anyhow::Result<Value> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("Prefer", WAIT).header("Content-Type", content_type);
        let answer = request.send(body).with_context(|| format!("POST {path}"))?;
        if answer.status().as_u16() == 202 {
            bail!("POST {path} is still under way after the time that it was given (`Prefer: {WAIT}`)");
        }
        let answer = bytes("POST", path, answer)?;
        serde_json::from_slice(&answer).with_context(|| format!("POST {path} did not answer with JSON"))
    }
}

/// The bytes of an answer that says success.
fn bytes(method: &str, path: &str, mut answer: Response<Body>) -> anyhow::Result<Vec<u8>> {
    let status = answer.status();
    let mut bytes = Vec::new();
    answer.body_mut().as_reader().take(LONGEST_ANSWER).read_to_end(&mut bytes)?;
    if !status.is_success() {
        bail!("{method} {path} was answered with {status}: {}", String::from_utf8_lossy(&bytes));
    }
    Ok(bytes)
}
