//! How the keys of an issuer are fetched.

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use limpid_outbound::{Certificates, Guard, Internal, Mixed, Own, Private, Rules, is_loopback, tls_with};
use serde::Deserialize;
use ureq::Agent;
use ureq::http::Uri;
use ureq::unversioned::transport::DefaultConnector;

use crate::code::Endpoints;
use crate::keys::Keys;
use crate::settings::IssuerSettings;

/// Longest document of an issuer, in bytes.
const DOCUMENT_BYTES: u64 = 512 << 10;

/// How long a connection may take to be made, and a document to come.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(10);

/// Asks one issuer.
#[derive(Debug)]
pub(crate) struct Fetcher(Agent);

impl Fetcher {
    /// # Errors
    /// The certificates cannot be used.
    pub(crate) fn new(settings: &IssuerSettings) -> Result<Self, String> {
        let private = if settings.private_addresses { Private::Allowed } else { Private::Refused };
        let rules = Rules { named: BTreeSet::new(), own: Own::Allowed, private, mixed: Mixed::Refused };
        let certificates =
            Certificates { authorities: settings.authorities.as_deref(), ..Certificates::default() };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Where its keys are, the issuer itself says.
            .max_redirects(0)
            .max_redirects_will_error(false)
            // Through a proxy, the guard would see the numbers of the proxy.
            .proxy(None)
            .user_agent(concat!("limpid/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER))
            .tls_config(tls_with(&certificates).map_err(|error| format!("`ca`: {error}"))?)
            .build();
        Ok(Self(Agent::with_parts(config, DefaultConnector::default(), Guard::new(rules))))
    }

    /// The keys that an issuer says are its own, and where people sign in, where it says so. Waits.
    ///
    /// # Errors
    /// It does not answer, or not as issuers do.
    pub(crate) fn keys(&self, issuer: &str) -> Result<(Keys, Option<Endpoints>), String> {
        #[derive(Deserialize)]
        struct Discovery {
            issuer: String,
            jwks_uri: String,
            authorization_endpoint: Option<String>,
            token_endpoint: Option<String>,
        }
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let discovery: Discovery = serde_json::from_slice(&self.document(&address)?)
            .map_err(|_| format!("`{address}` has no `issuer` and `jwks_uri`"))?;
        if discovery.issuer != issuer {
            return Err(format!("`{address}` is of another issuer, `{}`", crate::shown(&discovery.issuer)));
        }
        let keys = discovery.jwks_uri;
        check_address(&keys).map_err(|why| format!("its `jwks_uri` `{}` {why}", crate::shown(&keys)))?;
        let is_safe = |address: &String| check_address(address).is_ok() && !address.contains('#');
        let endpoints = discovery.authorization_endpoint.zip(discovery.token_endpoint);
        let endpoints = endpoints.filter(|(authorization, token)| is_safe(authorization) && is_safe(token));
        let endpoints = endpoints.map(|(authorization, token)| Endpoints { authorization, token });
        let read = Keys::read(&self.document(&keys)?);
        let keys = read.map_err(|why| format!("`{}`: {why}", crate::shown(&keys)))?;
        Ok((keys, endpoints))
    }

    fn document(&self, address: &str) -> Result<Vec<u8>, String> {
        let shown = crate::shown(address);
        let answer = self.0.get(address).header("accept", "application/json").call();
        let (status, document) = read(&shown, answer)?;
        match status {
            200 => Ok(document),
            300..=399 => Err(format!("`{shown}` answers {status}, a redirect, and those are not followed")),
            _ => Err(format!("`{shown}` answers {status}")),
        }
    }

    /// Sends a form, and gives the status and what is answered. Waits.
    ///
    /// # Errors
    /// It does not answer, or too much.
    pub(crate) fn post(
        &self,
        address: &str,
        authorization: Option<&str>,
        form: &str,
    ) -> Result<(u16, Vec<u8>), String> {
        let request = self.0.post(address).header("accept", "application/json");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = match authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        };
        read(&crate::shown(address), request.send(form))
    }
}

/// What is answered: the status, and the document.
fn read(
    shown: &str,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<(u16, Vec<u8>), String> {
    let answer = answer.map_err(|error| match error {
            ureq::Error::Other(other) => match other.downcast::<Internal>() {
                Ok(internal) => format!(
                    "`{shown}` leads to {}, which is no public address; setting `private_addresses` of the issuer \
                     allows those",
                    internal.number
                ),
                Err(other) => format!("`{shown}` does not answer: {other}"),
            },
            error => format!("`{shown}` does not answer: {error}"),
        })?;
    let (head, body) = answer.into_parts();
    let mut document = Vec::new();
    let read = body.into_reader().take(DOCUMENT_BYTES + 1).read_to_end(&mut document);
    read.map_err(|error| format!("`{shown}` ends early: {error}"))?;
    if document.len() as u64 > DOCUMENT_BYTES {
        return Err(format!("`{shown}` is longer than {DOCUMENT_BYTES} bytes"));
    }
    Ok((head.status.as_u16(), document))
}

/// Whether keys may come from there: whoever can change them on the way can sign anything.
///
/// # Errors
/// Why they may not.
pub(crate) fn check_address(address: &str) -> Result<(), &'static str> {
    let no = "is no address of the form `https://HOST/PATH`";
    let uri: Uri = address.parse().map_err(|_| no)?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(no)?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("has a user in it");
    }
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_loopback(host) => Ok(()),
        Some("http") => Err("is not encrypted: it must begin with `https://`"),
        _ => Err(no),
    }
}
