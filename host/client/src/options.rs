use std::time::Duration;

use limpid_outbound::Certificates;
use ureq::Agent;
use ureq::SendBody;
use ureq::http::header::AUTHORIZATION;
use ureq::http::{HeaderValue, Request};
use ureq::middleware::MiddlewareNext;

use crate::{Client, Error};

/// How long a connection may take to be made. What is asked for may take long.
const CONNECTING: Duration = Duration::from_secs(15);

/// Where a service is, and how it is asked.
#[derive(Clone)]
pub struct Options<'a> {
    base: String,
    token: Option<String>,
    certificates: Certificates<'a>,
    is_direct: bool,
    longest: Option<Duration>,
}

impl<'a> Options<'a> {
    /// Of the service at an address such as `https://limpid.example`.
    pub fn new(address: &str) -> Self {
        Self {
            base: address.trim_end_matches('/').to_owned(),
            token: None,
            certificates: Certificates::default(),
            is_direct: false,
            longest: None,
        }
    }

    /// Shows a token. Where the service leads elsewhere, nobody there is shown it.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Trusts these certificates, or shows one.
    #[must_use]
    pub const fn certificates(mut self, certificates: Certificates<'a>) -> Self {
        self.certificates = certificates;
        self
    }

    /// Asks the service itself, whatever proxy the environment names.
    #[must_use]
    pub const fn directly(mut self) -> Self {
        self.is_direct = true;
        self
    }

    /// Gives up a request after this long, the answer included. Nothing is given up otherwise.
    #[must_use]
    pub const fn longest(mut self, longest: Duration) -> Self {
        self.longest = Some(longest);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// The token or the certificates cannot be used.
    pub fn client(self) -> Result<Client, Error> {
        let Self { base, token, certificates, is_direct, longest } = self;
        let tls = match certificates {
            Certificates { authorities: None, client: None, client_key: None } => limpid_outbound::tls(),
            certificates => limpid_outbound::tls_with(&certificates)
                .map_err(|source| Error::Certificates { base: base.clone(), source })?,
        };
        let mut config = Agent::config_builder()
            .tls_config(tls)
            .timeout_connect(Some(CONNECTING))
            .timeout_global(longest)
            .http_status_as_error(false);
        if is_direct {
            config = config.proxy(None);
        }
        if let Some(token) = token {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            let mut value = value.map_err(|_| Error::Token(base.clone()))?;
            value.set_sensitive(true);
            config =
                config.middleware(move |mut request: Request<SendBody<'_>>, next: MiddlewareNext<'_>| {
                    request.headers_mut().insert(AUTHORIZATION, value.clone());
                    next.handle(request)
                });
        }
        Ok(Client { agent: config.build().into(), base })
    }
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("base", &self.base).finish_non_exhaustive()
    }
}
