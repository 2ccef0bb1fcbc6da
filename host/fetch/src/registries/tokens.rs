//! Tokens for one repository: asked for as
//! [token authentication](https://distribution.github.io/distribution/spec/auth/token/) says, or, with an
//! identity token, as [OAuth2](https://distribution.github.io/distribution/spec/auth/oauth/) does.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use limpid_bytes::Stop;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::endpoint::{expect, later};
use crate::address::Address;
use crate::transport::{Answer, Bound, Request, Transport};
use crate::{Error, Login};

/// Longest token.
const TOKEN_BOUND: Bound = Bound { bytes: 1 << 20, setting: "" };

/// What is encoded in queries and forms: all but what
/// [RFC 3986, section 2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3) leaves as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How long a token is good whose server does not say.
const LIFETIME: Duration = Duration::from_secs(60);

/// Who asks for tokens, by OAuth2's words.
const CLIENT: &str = "limpid";

/// Where tokens are given out, and for what.
#[derive(Clone, Debug)]
pub(super) struct Realm {
    pub(super) address: Address,
    pub(super) service: Option<String>,
    pub(super) scope: String,
}

/// What is shown to a registry.
#[derive(Clone)]
pub(super) struct Token {
    /// The value of an `Authorization` header.
    pub(super) header: String,
    /// From when on another one is needed: a tenth of its time before its end.
    pub(super) until: Instant,
}

/// What a token server answers.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Given {
    token: Option<String>,
    access_token: Option<String>,
    /// In seconds.
    expires_in: Option<u64>,
}

/// Why no token is given.
pub(super) enum NoToken {
    /// Whoever asks may not have one; what the server says of it.
    Refused(String),
    Failed(Error),
}

impl From<Error> for NoToken {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Asks for a token. The settings name these hosts for the registry that wants it.
pub(super) fn token(
    transport: &Transport,
    realm: &Realm,
    login: Option<&Login>,
    hosts: Option<&BTreeSet<String>>,
    stop: &Stop,
) -> Result<Token, NoToken> {
    let asked = Instant::now();
    let mut answer = match login {
        Some(Login::Identity(token)) => {
            let form = realm.form(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
            transport.post(&realm.address, &form, hosts, stop)?
        }
        login => {
            let authorization = login.and_then(Login::basic);
            let authorization = authorization.as_deref();
            let request = Request { accept: "application/json", authorization, hosts, ..Request::default() };
            transport.ask(&realm.with_query()?, request, stop)?
        }
    };
    // Servers that only know OAuth2.
    if let (404 | 405, Some(Login::Password { username, password })) = (answer.status, login) {
        let form = realm.form(&[("grant_type", "password"), ("username", username), ("password", password)]);
        answer = transport.post(&realm.address, &form, hosts, stop)?;
    }
    given(answer, asked, stop)
}

fn given(answer: Answer, asked: Instant, stop: &Stop) -> Result<Token, NoToken> {
    if matches!(answer.status, 400 | 401 | 403) {
        return Err(NoToken::Refused(answer.message()));
    }
    let at = answer.address.to_string();
    let given = expect(later(answer)?)?.read(TOKEN_BOUND, stop)?;
    let given: Given = serde_json::from_slice(&given).unwrap_or_default();
    let lifetime = given.expires_in.map_or(LIFETIME, Duration::from_secs).min(Duration::from_secs(86_400));
    let token = given.token.filter(|token| is_token(token));
    let token = token.or(given.access_token).filter(|token| is_token(token));
    let none = || Error::Status { address: at, status: 200, message: ", and no token".to_owned() };
    let header = format!("Bearer {}", token.ok_or_else(none)?);
    Ok(Token { header, until: asked + lifetime.mul_f64(0.9) })
}

impl Realm {
    fn with_query(&self) -> Result<Address, Error> {
        let mut query = format!("scope={}", encoded(&self.scope));
        if let Some(service) = &self.service {
            query.push_str(&format!("&service={}", encoded(service)));
        }
        let realm = self.address.uri().to_string();
        let separator = if realm.contains('?') { '&' } else { '?' };
        Address::parse(&format!("{realm}{separator}{query}"))
    }

    /// Fields of an answer to a form: those of everybody, and these.
    fn form(&self, fields: &[(&str, &str)]) -> String {
        let service = self.service.as_deref().unwrap_or_default();
        let all = [("client_id", CLIENT), ("service", service), ("scope", self.scope.as_str())];
        let all = all.iter().chain(fields).map(|(name, value)| format!("{name}={}", encoded(value)));
        all.collect::<Vec<_>>().join("&")
    }
}

/// Whether it can stand in a header.
pub(super) fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
