//! Requests and answers, whatever they are about.

use std::fs::File;
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ureq::http::{Response, StatusCode};
use ureq::{Body, SendBody};

use crate::error::Refusal;
use crate::{Client, Error};

/// How much is read of an answer that is no file, in bytes.
const ANSWER: u64 = 64 << 20;

/// The envelope of a refusal.
#[derive(Deserialize)]
struct Envelope {
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    code: String,
    message: String,
    #[serde(default)]
    request_id: Option<String>,
}

impl Client {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.read(self.open(path)?)
    }

    /// An answer that is read as it comes.
    pub(crate) fn open(&self, path: &str) -> Result<Response<Body>, Error> {
        self.answered(self.agent.get(self.url(path)).call())
    }

    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, what: &impl Serialize) -> Result<T, Error> {
        self.read(self.answered(self.agent.post(self.url(path)).send_json(what))?)
    }

    /// Posts a document, and waits for so long for what comes of it.
    pub(crate) fn post_waiting<T: DeserializeOwned>(
        &self,
        path: &str,
        what: &impl Serialize,
        wait: Duration,
    ) -> Result<T, Error> {
        let request = self.agent.post(self.url(path)).header("prefer", prefer(wait));
        self.read(self.answered(request.send_json(what))?)
    }

    /// Sends a file, and waits for so long for what comes of it.
    pub(crate) fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        mut file: File,
        wait: Duration,
    ) -> Result<T, Error> {
        let length = file.metadata().map_err(Error::Input)?.len();
        let request = self.agent.post(self.url(path));
        let request = request.header("content-length", length.to_string()).header("prefer", prefer(wait));
        self.read(self.answered(request.send(SendBody::from_reader(&mut file)))?)
    }

    /// Asks for something to be done, and waits for so long; none where it goes on.
    pub(crate) fn done<T: DeserializeOwned>(&self, path: &str, wait: Duration) -> Result<Option<T>, Error> {
        let request = self.agent.post(self.url(path)).header("prefer", prefer(wait));
        let answer = self.answered(request.send_empty())?;
        match answer.status() {
            StatusCode::ACCEPTED => Ok(None),
            _ => self.read(answer).map(Some),
        }
    }

    /// Asks for something to be done, and reads what came of it.
    pub(crate) fn act<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.read(self.answered(self.agent.post(self.url(path)).send_empty())?)
    }

    /// Asks for something to be done, of which nothing comes at once.
    pub(crate) fn ask(&self, path: &str) -> Result<(), Error> {
        self.answered(self.agent.post(self.url(path)).send_empty()).map(|_| ())
    }

    pub(crate) fn put<T: DeserializeOwned>(&self, path: &str, what: &impl Serialize) -> Result<T, Error> {
        self.read(self.answered(self.agent.put(self.url(path)).send_json(what))?)
    }

    pub(crate) fn put_bytes<T: DeserializeOwned>(
        &self,
        path: &str,
        content_type: &str,
        bytes: &[u8],
    ) -> Result<T, Error> {
        let request = self.agent.put(self.url(path)).content_type(content_type);
        self.read(self.answered(request.send(bytes))?)
    }

    pub(crate) fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.read(self.answered(self.agent.delete(self.url(path)).call())?)
    }

    /// Deletes what is at a path, of which nothing comes.
    pub(crate) fn remove(&self, path: &str) -> Result<(), Error> {
        self.answered(self.agent.delete(self.url(path)).call()).map(|_| ())
    }

    /// Writes what is at a path into a file.
    pub(crate) fn download(&self, path: &str, to: &mut impl Write) -> Result<u64, Error> {
        let mut body = self.open(path)?.into_body();
        io::copy(&mut body.as_reader(), to).map_err(|source| self.cut(source))
    }

    /// An answer that is a text of its own form, such as a report of another tool.
    pub(crate) fn text(&self, path: &str) -> Result<Vec<u8>, Error> {
        self.bytes(self.open(path)?)
    }

    fn read<T: DeserializeOwned>(&self, answer: Response<Body>) -> Result<T, Error> {
        let bytes = self.bytes(answer)?;
        serde_json::from_slice(&bytes).map_err(|source| Error::Unreadable { base: self.base.clone(), source })
    }

    fn bytes(&self, answer: Response<Body>) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let read = answer.into_body().into_reader().take(ANSWER).read_to_end(&mut bytes);
        read.map_err(|source| self.cut(source))?;
        Ok(bytes)
    }

    fn cut(&self, source: io::Error) -> Error {
        Error::Cut { base: self.base.clone(), source }
    }

    /// An answer that is what was asked for.
    pub(crate) fn answered(
        &self,
        answer: Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, Error> {
        let answer =
            answer.map_err(|source| Error::NoAnswer { base: self.base.clone(), source: Box::new(source) })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = after.and_then(|text| limpid_outbound::retry_after(text, SystemTime::now()));
        let bytes = self.bytes(answer)?;
        let Ok(Envelope { error }) = serde_json::from_slice(&bytes) else {
            return Err(Error::NotLimpid { base: self.base.clone(), status });
        };
        let Reason { code, message, request_id } = error;
        Err(Error::Refused(Refusal { status, code, message, request_id, retry_after }))
    }
}

fn prefer(wait: Duration) -> String {
    format!("wait={}", wait.as_secs())
}
