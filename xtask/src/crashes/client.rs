use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

use super::process::Process;

/// How long an answer may take.
const LONGEST: Duration = Duration::from_secs(120);

/// A client of one process. That nothing is answered is an error, and says nothing of what was done.
#[derive(Clone)]
pub(super) struct Client {
    agent: Agent,
    address: String,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Null where it is none.
    pub(super) body: Value,
}

impl Client {
    pub(super) fn of(process: &Process) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).proxy(None);
        let agent = config.timeout_global(Some(LONGEST)).build().new_agent();
        Self { agent, address: process.address().to_owned() }
    }

    pub(super) fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send("GET", path, None, b"")
    }

    /// Submits an image, and waits for nothing.
    pub(super) fn submit(&self, archive: &[u8]) -> anyhow::Result<Answer> {
        self.send("POST", "/v1/images", None, archive)
    }

    /// Submits an image, and waits until it is known.
    pub(super) fn index(&self, archive: &[u8]) -> anyhow::Result<()> {
        let job = self.send("POST", "/v1/images", Some("wait=100"), archive)?.ok()?;
        if job.get("state").is_none_or(|state| state != "done") {
            bail!("a submission ends as {job}");
        }
        Ok(())
    }

    pub(super) fn hand_in(&self, feed: &str, document: &str) -> anyhow::Result<Answer> {
        self.send("POST", &format!("/v1/feeds/{feed}/documents"), None, document.as_bytes())
    }

    pub(super) fn put(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send("PUT", path, None, body.to_string().as_bytes())
    }

    pub(super) fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        self.send("DELETE", path, None, b"")
    }

    fn send(&self, method: &str, path: &str, prefer: Option<&str>, body: &[u8]) -> anyhow::Result<Answer> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        if let Some(prefer) = prefer {
            request = request.header("prefer", prefer);
        }
        let answer = match method {
            "POST" | "PUT" => self.agent.run(request.body(body)?),
            _ => self.agent.run(request.body(())?),
        };
        let mut answer = answer.with_context(|| format!("{method} {path}"))?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string().with_context(|| format!("{method} {path}"))?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or_default() })
    }
}

impl Answer {
    /// The document of an answer that must be 200.
    pub(super) fn ok(self) -> anyhow::Result<Value> {
        if self.status != 200 {
            bail!("answered with {}: {}", self.status, self.body);
        }
        Ok(self.body)
    }
}

/// The elements of a list that is a field; none where there is none.
pub(super) fn list<'a>(of: &'a Value, field: &str) -> &'a [Value] {
    of.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A field that is a text; empty where it is none.
pub(super) fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of.get(field).and_then(Value::as_str).unwrap_or_default()
}
