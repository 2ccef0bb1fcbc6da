//! As much of Harbor's own API as registers a scanner.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use limpid_formats::printable_line;
use limpid_outbound::{Certificates, bare, is_loopback, tls, tls_with};
use serde::{Deserialize, Serialize};
use ureq::Agent;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE};
use ureq::http::{HeaderValue, Request, Uri};

/// Longest password, token and file of certificates that is read, in bytes.
const FILE_BYTES: u64 = 1 << 20;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES: u64 = 4 << 20;

/// How long a request may take. Harbor asks the service before it answers some.
const LONGEST: Duration = Duration::from_secs(60);

/// Scanners of one page.
const A_PAGE: usize = 100;

/// Pages of scanners that are looked at.
const PAGES: usize = 20;

/// A Harbor, and who asks it.
pub(super) struct Asked<'a> {
    pub(super) url: &'a str,
    pub(super) username: &'a str,
    pub(super) password: String,
    pub(super) ca_file: Option<&'a Path>,
    pub(super) plain_http: bool,
}

/// A Harbor that is asked as an administrator.
pub(super) struct Harbor {
    agent: Agent,
    base: String,
    authorization: HeaderValue,
}

/// A scanner, as Harbor registers it.
#[derive(Serialize)]
pub(super) struct Registration {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) url: String,
    pub(super) auth: String,
    pub(super) access_credential: String,
    #[serde(rename = "skip_certVerify")]
    pub(super) skip_cert_verify: bool,
    pub(super) use_internal_addr: bool,
    pub(super) disabled: bool,
}

/// What of a registration tells it apart.
#[derive(Deserialize)]
struct Known {
    uuid: String,
    name: String,
}

/// Why Harbor refuses something.
#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    errors: Vec<OneError>,
}

#[derive(Deserialize)]
struct OneError {
    #[serde(default)]
    message: String,
}

/// A status, and a body.
type Answer = (u16, Vec<u8>);

impl Harbor {
    /// # Errors
    /// The address, the password or the certificates cannot be used.
    pub(super) fn new(asked: &Asked<'_>) -> anyhow::Result<Self> {
        let base = asked.url.trim_end_matches('/').to_owned();
        let uri: Uri = base.parse().with_context(|| format!("`{base}` is no address of a Harbor"))?;
        let host = uri.host().unwrap_or_default();
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if asked.plain_http || is_loopback(bare(host)) => {}
            Some("http") => {
                bail!(
                    "the password would go to `{host}` unencrypted: give an `https` address, or `--plain-http`"
                )
            }
            _ => bail!("`{base}` begins neither with `https://` nor with `http://`"),
        }
        if host.is_empty() || uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            bail!("the address of a Harbor is `https://` and its host, without credentials");
        }
        let tls = match asked.ca_file {
            None => tls(),
            Some(path) => {
                let bytes = read(path)?;
                let certificates = Certificates { authorities: Some(&bytes), client: None, client_key: None };
                tls_with(&certificates).with_context(|| format!("`{}` cannot be used", path.display()))?
            }
        };
        let harbor =
            limpid_deliver::Harbor { url: &base, username: asked.username, password: &asked.password };
        let authorization = harbor.authorization()?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(tls)
            .timeout_global(Some(LONGEST));
        Ok(Self { agent: config.build().into(), base, authorization })
    }

    pub(super) fn address(&self) -> &str {
        &self.base
    }

    /// Has Harbor try whether it can use the service.
    pub(super) fn ping(&self, registration: &Registration) -> anyhow::Result<()> {
        let answer = self.ask("POST", "/scanners/ping", Some(&serde_json::to_vec(registration)?))?;
        let what = format!(
            "Harbor cannot use `{}` as a scanner: it must reach the service there, which has those paths with setting \
             `harbor.enabled`",
            registration.url
        );
        expect(&answer, &what).map(|_| ())
    }

    /// The identifier of a scanner.
    pub(super) fn find(&self, name: &str) -> anyhow::Result<Option<String>> {
        for page in 1..=PAGES {
            let path = format!("/scanners?page={page}&page_size={A_PAGE}");
            let answer = self.ask("GET", &path, None)?;
            let body = expect(&answer, "Harbor does not list its scanners")?;
            let known: Vec<Known> = serde_json::from_slice(body).context("this is no list of scanners")?;
            let count = known.len();
            if let Some(found) = known.into_iter().find(|known| known.name == name) {
                return Ok(Some(found.uuid));
            }
            if count < A_PAGE {
                return Ok(None);
            }
        }
        bail!("Harbor has more than {} scanners, and the first of them are not `{name}`", PAGES * A_PAGE)
    }

    pub(super) fn create(&self, registration: &Registration) -> anyhow::Result<()> {
        let answer = self.ask("POST", "/scanners", Some(&serde_json::to_vec(registration)?))?;
        let what = format!("Harbor does not make scanner `{}`", registration.name);
        expect(&answer, &what).map(|_| ())
    }

    pub(super) fn change(&self, id: &str, registration: &Registration) -> anyhow::Result<()> {
        let body = serde_json::to_vec(registration)?;
        let answer = self.ask("PUT", &path_of(id), Some(&body))?;
        let what = format!("Harbor does not change scanner `{}`", registration.name);
        expect(&answer, &what).map(|_| ())
    }

    pub(super) fn make_default(&self, id: &str) -> anyhow::Result<()> {
        let answer = self.ask("PATCH", &path_of(id), Some(br#"{"is_default":true}"#))?;
        expect(&answer, "Harbor does not make the scanner its default").map(|_| ())
    }

    fn ask(&self, method: &str, path: &str, body: Option<&[u8]>) -> anyhow::Result<Answer> {
        let address = format!("{}/api/v2.0{path}", self.base);
        let request = Request::builder()
            .method(method)
            .uri(&address)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/json");
        let answered = match body {
            Some(body) => self.agent.run(request.body(body)?),
            None => self.agent.run(request.body(())?),
        };
        let answer = answered.with_context(|| format!("`{}` does not answer", self.base))?;
        let (head, body) = answer.into_parts();
        let mut read = Vec::new();
        let limited = body.into_reader().take(ANSWER_BYTES).read_to_end(&mut read);
        limited.with_context(|| format!("`{}` ends its answer early", self.base))?;
        Ok((head.status.as_u16(), read))
    }
}

fn path_of(id: &str) -> String {
    format!("/scanners/{}", limpid_client::encoded(id))
}

/// The body of an answer that must be good. Where it is not, Harbor says why.
fn expect<'a>((status, body): &'a Answer, what: &str) -> anyhow::Result<&'a [u8]> {
    let why = match status {
        200..=299 => return Ok(body),
        300..=399 => "it sends on to another address, and nobody follows: give that one".to_owned(),
        401 => "it does not know the user, or the password is another".to_owned(),
        403 => "the user may not: it takes a system administrator".to_owned(),
        _ => {
            let refusal: Option<Refusal> = serde_json::from_slice(body).ok();
            let messages = refusal.into_iter().flat_map(|refusal| refusal.errors).map(|error| error.message);
            messages.filter(|message| !message.is_empty()).collect::<Vec<_>>().join("; ")
        }
    };
    let why = printable_line(&why);
    let why: String = why.chars().take(1_000).collect();
    match why.is_empty() {
        true => bail!("{what}: it answers {status}"),
        false => bail!("{what}: it answers {status}: {why}"),
    }
}

/// A secret that a file holds.
pub(super) fn secret_of(path: &Path) -> anyhow::Result<String> {
    secret(read(path)?).with_context(|| format!("`{}` holds no secret", path.display()))
}

/// A secret that standard input holds.
pub(super) fn secret_of_stdin() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(FILE_BYTES)
        .read_to_end(&mut bytes)
        .context("the password cannot be read")?;
    secret(bytes).context("standard input holds no password")
}

fn secret(bytes: Vec<u8>) -> anyhow::Result<String> {
    let text = String::from_utf8(bytes).context("it is no text")?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        bail!("it is empty");
    }
    Ok(text.to_owned())
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES).read_to_end(&mut bytes));
    read.with_context(|| format!("`{}` cannot be read", path.display()))?;
    Ok(bytes)
}
