//! Asks a Harbor to scan artifacts again, by its own API: so its badges follow what publishers state.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tracing::field::Empty;
use ureq::Agent;
use ureq::http::HeaderValue;
use ureq::http::header::{AUTHORIZATION, InvalidHeaderValue};

use crate::Failure;
use crate::webhook::{answered, host, unanswered};

/// All but what [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3) leaves as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A Harbor, and as whom it is asked.
#[derive(Clone, Copy)]
pub struct Harbor<'a> {
    /// Its address.
    pub url: &'a str,
    /// A user or a robot account.
    pub username: &'a str,
    /// Its secret.
    pub password: &'a str,
}

impl Harbor<'_> {
    /// By what it knows whoever asks.
    ///
    /// # Errors
    /// User and secret are no value of a header.
    pub fn authorization(&self) -> Result<HeaderValue, InvalidHeaderValue> {
        let pair = STANDARD.encode(format!("{}:{}", self.username, self.password));
        let mut authorization = HeaderValue::from_str(&format!("Basic {pair}"))?;
        authorization.set_sensitive(true);
        Ok(authorization)
    }
}

impl std::fmt::Debug for Harbor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Harbor").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What became of an artifact that was to be scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// Its scan was begun.
    Begun,
    /// There is no such artifact, or whoever asks does not see it.
    Absent,
    /// It is of a kind that is not scanned.
    Unscannable,
}

/// What is asked.
enum Ask<'a> {
    /// Who is known.
    Projects,
    /// A scan of an artifact.
    Scan { repository: &'a str, digest: &'a str },
}

/// Asks for a scan.
pub(crate) fn scan(
    agent: &Agent,
    harbor: &Harbor<'_>,
    repository: &str,
    digest: &str,
) -> Result<Scanned, Failure> {
    match ask(agent, harbor, &Ask::Scan { repository, digest })? {
        (200..=299, _) => Ok(Scanned::Begun),
        (404, _) => Ok(Scanned::Absent),
        (400, _) => Ok(Scanned::Unscannable),
        (409, _) => Err(Failure::failed("Harbor answers 409: it scans the artifact at this moment")),
        (412, _) => Err(Failure::failed("Harbor answers 412: the project has no scanner that is ready")),
        other => Err(failure(other)),
    }
}

/// Whether whoever asks is known.
pub(crate) fn check(agent: &Agent, harbor: &Harbor<'_>) -> Result<(), Failure> {
    match ask(agent, harbor, &Ask::Projects)? {
        (200..=299, _) => Ok(()),
        other => Err(failure(other)),
    }
}

/// A status, and when to come again.
type Answer = (u16, Option<std::time::Duration>);

fn failure((status, after): Answer) -> Failure {
    let why = format!("Harbor answers {status}");
    match (status, after) {
        (429 | 503, Some(after)) => Failure::Later { why, after },
        (300..=399, _) => Failure::Failed(format!("{why}, a redirect, and those are not followed")),
        (401, _) => Failure::Failed(format!("{why}: it does not know the robot account, or its secret")),
        (403, _) => Failure::Failed(format!("{why}: the robot account may not scan there")),
        _ => Failure::Failed(why),
    }
}

fn ask(agent: &Agent, harbor: &Harbor<'_>, ask: &Ask<'_>) -> Result<Answer, Failure> {
    let base = harbor.url.trim_end_matches('/');
    let (method, address) = match ask {
        Ask::Projects => ("GET", format!("{base}/api/v2.0/projects?page=1&page_size=1")),
        Ask::Scan { repository, digest } => ("POST", scan_address(base, repository, digest)?),
    };
    let authorization =
        harbor.authorization().map_err(|_| Failure::Never("this is no user and password".to_owned()))?;
    let span = tracing::debug_span!(
        "harbor",
        otel.name = method,
        otel.kind = "client",
        http.request.method = method,
        server.address = host(harbor.url),
        http.response.status_code = Empty,
    )
    .entered();
    let answer = match ask {
        Ask::Projects => agent.get(address).header(AUTHORIZATION, authorization).call(),
        Ask::Scan { .. } => agent.post(address).header(AUTHORIZATION, authorization).send_empty(),
    };
    Ok(answered(&span, answer.map_err(unanswered)?))
}

/// Where a scan is asked for. Harbor decodes the name of a repository twice.
fn scan_address(base: &str, repository: &str, digest: &str) -> Result<String, Failure> {
    let Some((project, name)) = repository.split_once('/') else {
        return Err(Failure::Never(format!(
            "`{repository}` is no repository of a Harbor: it has no project"
        )));
    };
    let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let (project, name, digest) = (encoded(project), encoded(&encoded(name)), encoded(digest));
    Ok(format!("{base}/api/v2.0/projects/{project}/repositories/{name}/artifacts/{digest}/scan"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_repository_is_encoded_twice() {
        let address = |repository: &str| scan_address("https://h", repository, "sha256:1").unwrap();
        let at = |name: &str| format!("https://h/api/v2.0/projects/{name}/artifacts/sha256%3A1/scan");
        assert_eq!(address("shop/web"), at("shop/repositories/web"));
        assert_eq!(address("shop/a/b-c"), at("shop/repositories/a%252Fb-c"));
        assert!(matches!(scan_address("https://h", "web", "sha256:1"), Err(Failure::Never(_))));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let harbor = Harbor { url: "https://h", username: "robot$x", password: "hunter2" };
        assert!(!format!("{harbor:?}").contains("hunter2"));
    }
}
