use std::io::Write;
use std::time::Duration;

use ureq::Body;
use ureq::http::Response;

use crate::api::{PluginRef, PluginWithVersions, Plugins};
use crate::{Client, Error, Refusal, encoded};

/// The code by which a service says that it has not started.
const STARTING: &str = "starting";

/// Whether a service can do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// It has not started yet; what it is doing.
    Starting(Refusal),
    /// It has started, and lacks something; what.
    NotReady(Refusal),
}

impl Client {
    /// Whether the service can do its work, as it says within this time.
    ///
    /// # Errors
    /// No service of Limpid answers.
    pub fn readiness(&self, within: Duration) -> Result<Readiness, Error> {
        match self.answer_within("/readyz", within) {
            Ok(_) => Ok(Readiness::Ready),
            Err(Error::Refused(refusal)) if refusal.code == STARTING => Ok(Readiness::Starting(refusal)),
            Err(Error::Refused(refusal)) => Ok(Readiness::NotReady(refusal)),
            Err(error) => Err(error),
        }
    }

    /// The clock of the service, as it dates its answers (`Date`, RFC 9110), as it says within this time; none
    /// where it does not.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn date(&self, within: Duration) -> Result<Option<String>, Error> {
        let answer = self.answer_within("/healthz", within)?;
        Ok(answer.headers().get("date").and_then(|date| date.to_str().ok()).map(str::to_owned))
    }

    fn answer_within(&self, path: &str, within: Duration) -> Result<Response<Body>, Error> {
        let request = self.agent.get(self.url(path));
        self.answered(request.config().timeout_global(Some(within)).build().call())
    }

    /// The plugins that are loaded, and files that were refused.
    ///
    /// # Errors
    /// The service refuses.
    pub fn plugins(&self) -> Result<Plugins, Error> {
        self.get("/v1/plugins")
    }

    /// One plugin, and the versions of it that are kept.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn plugin(&self, name: &str) -> Result<PluginWithVersions, Error> {
        self.get(&format!("/v1/plugins/{}", encoded(name)))
    }

    /// Ends the quarantine of a plugin.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn release_plugin(&self, name: &str) -> Result<PluginRef, Error> {
        self.act(&format!("/v1/plugins/{}/release", encoded(name)))
    }

    /// Writes a profile of the service into a file: where it spends its time for so many seconds, as `pprof` reads it.
    ///
    /// # Errors
    /// Its settings allow none, another one is being made, or whoever asks may not.
    pub fn profile(&self, seconds: u64, to: &mut impl Write) -> Result<u64, Error> {
        self.download(&format!("/v1/profile?seconds={seconds}"), to)
    }

    /// The document that describes all requests and answers (OpenAPI 3.1).
    ///
    /// # Errors
    /// The service refuses.
    pub fn openapi(&self) -> Result<Vec<u8>, Error> {
        self.text("/v1/openapi.json")
    }
}
