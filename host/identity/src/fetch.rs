//! How the keys of an issuer are fetched.

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use limpid_outbound::{Certificates, Guard, Internal, Mixed, Own, Private, Rules, is_loopback, tls_with};
use serde::Deserialize;
use ureq::Agent;
use ureq::http::Uri;
use ureq::unversioned::transport::DefaultConnector;

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

    /// The keys that an issuer says are its own. Waits.
    ///
    /// # Errors
    /// It does not answer, or not as issuers do.
    pub(crate) fn keys(&self, issuer: &str) -> Result<Keys, String> {
        #[derive(Deserialize)]
        struct Discovery {
            issuer: String,
            jwks_uri: String,
        }
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let discovery: Discovery = serde_json::from_slice(&self.document(&address)?)
            .map_err(|_| format!("`{address}` has no `issuer` and `jwks_uri`"))?;
        if discovery.issuer != issuer {
            return Err(format!("`{address}` is of another issuer, `{}`", crate::shown(&discovery.issuer)));
        }
        let keys = discovery.jwks_uri;
        check_address(&keys).map_err(|why| format!("its `jwks_uri` `{}` {why}", crate::shown(&keys)))?;
        Keys::read(&self.document(&keys)?).map_err(|why| format!("`{}`: {why}", crate::shown(&keys)))
    }

    fn document(&self, address: &str) -> Result<Vec<u8>, String> {
        let shown = crate::shown(address);
        let answer = self.0.get(address).header("accept", "application/json").call().map_err(|error| match error {
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
        match head.status.as_u16() {
            200 => {}
            status @ 300..=399 => {
                return Err(format!("`{shown}` answers {status}, a redirect, and those are not followed"));
            }
            status => return Err(format!("`{shown}` answers {status}")),
        }
        let mut document = Vec::new();
        let read = body.into_reader().take(DOCUMENT_BYTES + 1).read_to_end(&mut document);
        read.map_err(|error| format!("`{shown}` ends early: {error}"))?;
        if document.len() as u64 > DOCUMENT_BYTES {
            return Err(format!("`{shown}` is longer than {DOCUMENT_BYTES} bytes"));
        }
        Ok(document)
    }
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
