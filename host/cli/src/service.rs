//! A running service, asked over HTTP.

use std::fs::File;
use std::io::{self, Read, Write};
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body, SendBody};

/// How long a connection may take to be made. What is asked for may take long.
const CONNECTING: Duration = Duration::from_secs(15);

/// How long a request waits for what it asks for to be done, before another one does.
const WAITING: Duration = Duration::from_secs(5);

/// How much is read of an answer that is no file, in bytes.
const ANSWER: u64 = 64 << 20;

/// A service, by the address at which it listens.
pub(crate) struct Service {
    agent: Agent,
    base: String,
}

/// What the service says where it does not do what it was asked.
#[derive(Deserialize)]
struct Refusal {
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    message: String,
}

impl Service {
    pub(crate) fn at(url: &str) -> Self {
        let config = Agent::config_builder()
            .tls_config(limpid_outbound::tls())
            .timeout_connect(Some(CONNECTING))
            .http_status_as_error(false)
            .build();
        Self { agent: config.into(), base: url.trim_end_matches('/').to_owned() }
    }

    /// Writes what is at a path into a file.
    pub(crate) fn download(&self, path: &str, file: &mut impl Write) -> anyhow::Result<()> {
        let url = format!("{}{path}", self.base);
        let answer = self.agent.get(&url).call();
        let mut body = self.answered(answer)?.into_body();
        io::copy(&mut body.as_reader(), file)
            .with_context(|| format!("`{url}` cannot be read to its end"))?;
        Ok(())
    }

    /// Reads what is at a path.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let answer = self.agent.get(format!("{}{path}", self.base)).call();
        self.read(self.answered(answer)?)
    }

    /// Sends a file, and reads the answer.
    pub(crate) fn upload<T: DeserializeOwned>(&self, path: &str, mut file: File) -> anyhow::Result<T> {
        let length = file.metadata()?.len();
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("content-length", length.to_string());
        let answer = request.send(SendBody::from_reader(&mut file));
        self.read(self.answered(answer)?)
    }

    /// Asks for something to be done, however long it takes, and reads what came of it. `still` is called
    /// every few seconds until then.
    pub(crate) fn done<T: DeserializeOwned>(&self, path: &str, mut still: impl FnMut()) -> anyhow::Result<T> {
        let wait = format!("wait={}", WAITING.as_secs());
        loop {
            let request = self.agent.post(format!("{}{path}", self.base)).header("prefer", &wait);
            let answer = self.answered(request.send_empty())?;
            if answer.status() != StatusCode::ACCEPTED {
                return self.read(answer);
            }
            still();
        }
    }

    fn read<T: DeserializeOwned>(&self, answer: Response<Body>) -> anyhow::Result<T> {
        let mut text = Vec::new();
        answer.into_body().into_reader().take(ANSWER).read_to_end(&mut text)?;
        serde_json::from_slice(&text).with_context(|| format!("`{}` is no service of Limpid", self.base))
    }

    /// An answer that is what was asked for.
    fn answered(&self, answer: Result<Response<Body>, ureq::Error>) -> anyhow::Result<Response<Body>> {
        let (head, mut body) =
            answer.with_context(|| format!("the service at `{}` does not answer", self.base))?.into_parts();
        if head.status.is_success() {
            return Ok(Response::from_parts(head, body));
        }
        let mut text = Vec::new();
        body.as_reader().take(ANSWER).read_to_end(&mut text)?;
        match serde_json::from_slice::<Refusal>(&text) {
            Ok(refusal) => bail!("the service says: {}", refusal.error.message),
            Err(_) => bail!("`{}` is no service of Limpid: it answers {}", self.base, head.status),
        }
    }
}
