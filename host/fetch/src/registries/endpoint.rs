use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use limpid_bytes::Stop;
use limpid_outbound::retry_after;
use tracing::field::Empty;
use ureq::http::header::RETRY_AFTER;
use ureq::http::{HeaderName, HeaderValue};

use super::Registries;
use super::tokens::{self, NoToken, Realm, Token};
use crate::address::Address;
use crate::challenge::{self, Challenge};
use crate::login::Asker;
use crate::transport::{Answer, Kind, Request, led};
use crate::{Error, Login};

/// Headers that make what is asked part of the trace of whoever asks; none where nothing is traced.
fn traced() -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    limpid_telemetry::outgoing().into_iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(&value).ok()?))
    })
}

/// One host that has a repository, and what it wants to see of who asks.
pub(super) struct Endpoint {
    pub(super) registries: Registries,
    /// The registry, as settings name it.
    registry: String,
    /// The repository as this host has it; empty for all of the registry.
    repository: String,
    /// Below which everything is.
    pub(super) base: Address,
    /// Hosts and ports that the settings name for the registry, itself among them.
    hosts: BTreeSet<String>,
    who: Who,
    state: Mutex<State>,
}

/// Who asks.
enum Who {
    /// Nobody says who they are, whatever is wanted.
    Nobody,
    /// This one.
    Given(Login),
    /// Whoever is kept for the registry.
    Kept,
}

/// What is known of the host after the first answers. No request is waited for while it is locked.
#[derive(Default)]
struct State {
    asker: Option<Asker>,
    shown: Option<Shown>,
}

/// What the host wanted to see.
#[derive(Clone)]
enum Shown {
    Always(String),
    Token(Token, Realm),
}

impl Endpoint {
    pub(super) fn new(
        registries: Registries,
        registry: String,
        repository: String,
        base: Address,
        hosts: BTreeSet<String>,
        login: Option<Login>,
    ) -> Self {
        let who = login.map_or(Who::Kept, Who::Given);
        Self { registries, registry, repository, base, hosts, who, state: Mutex::default() }
    }

    /// An address that is asked as it is.
    pub(super) fn of_address(registries: Registries, base: Address, hosts: BTreeSet<String>) -> Self {
        let (registry, repository, state) = (base.origin(), String::new(), Mutex::default());
        Self { registries, registry, repository, base, hosts, who: Who::Nobody, state }
    }

    /// Asks once, and again where it wants to know who does.
    ///
    /// # Errors
    /// It does not answer, does not let in who asks, or asks to come again later.
    pub(super) fn ask(&self, address: &Address, request: Request<'_>, stop: &Stop) -> Result<Answer, Error> {
        let shown = self.shown(stop)?;
        let transport = self.registries.transport();
        let hosts = Some(&self.hosts);
        let method = match request.kind {
            Kind::Get => "GET",
            Kind::Head => "HEAD",
        };
        let span = tracing::debug_span!(
            "registry",
            otel.name = method,
            otel.kind = "client",
            http.request.method = method,
            server.address = self.registry,
            http.response.status_code = Empty,
        )
        .entered();
        let headers: Vec<_> = request.headers.iter().cloned().chain(traced()).collect();
        let headers = headers.as_slice();
        let ask = |authorization: Option<&str>| {
            let answer =
                transport.ask(address, Request { authorization, headers, hosts, ..request }, stop)?;
            span.record("http.response.status_code", answer.status);
            Ok::<_, Error>(answer)
        };
        let mut answer = ask(shown.as_deref())?;
        if matches!(self.who, Who::Nobody) {
            return later(answer);
        }
        // Storage to which it sends on knows nobody.
        if answer.status == 401 && answer.address.same_origin(address) {
            let shown = self.authorize(answer, stop)?;
            answer = ask(Some(&shown))?;
        }
        if matches!(answer.status, 401 | 403) {
            return Err(self.unauthorized(answer.message(), stop)?);
        }
        later(answer)
    }

    /// The same, as often as the settings say.
    pub(super) fn persist<T>(
        &self,
        stop: &Stop,
        attempt: impl FnMut() -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.registries.retries().persist(stop, attempt)
    }

    /// What is shown to it from the beginning: what it wanted to see the last time.
    fn shown(&self, stop: &Stop) -> Result<Option<String>, Error> {
        let shown = self.state().shown.clone();
        match shown {
            None => Ok(None),
            Some(Shown::Always(header)) => Ok(Some(header)),
            Some(Shown::Token(token, _)) if Instant::now() < token.until => Ok(Some(token.header)),
            Some(Shown::Token(_, realm)) => self.renew(realm, stop).map(Some),
        }
    }

    /// What it wants to see, for the challenge of its answer.
    fn authorize(&self, answer: Answer, stop: &Stop) -> Result<String, Error> {
        let challenges: Vec<Challenge> = answer.challenges().filter_map(challenge::best).collect();
        let bearer = challenges.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        let asker = self.asker(stop)?;
        match (bearer.or(challenges.first()), &asker.login) {
            (Some(Challenge::Bearer { .. }), Some(Login::Token(token))) if tokens::is_token(token) => {
                Ok(self.always(format!("Bearer {token}")))
            }
            (Some(Challenge::Bearer { realm, service, scope }), _) => {
                let address =
                    self.registries.transport().follow(&answer.address, realm, Some(&self.hosts))?;
                let scope = scope.clone().unwrap_or_else(|| self.scope());
                self.renew(Realm { address, service: service.clone(), scope }, stop)
            }
            (Some(Challenge::Basic), Some(login)) => match login.basic() {
                Some(header) => Ok(self.always(header)),
                None => Err(self.unauthorized(answer.message(), stop)?),
            },
            _ => Err(self.unauthorized(answer.message(), stop)?),
        }
    }

    fn always(&self, header: String) -> String {
        self.state().shown = Some(Shown::Always(header.clone()));
        header
    }

    fn renew(&self, realm: Realm, stop: &Stop) -> Result<String, Error> {
        let login = self.asker(stop)?.login;
        let (transport, hosts) = (self.registries.transport(), Some(&self.hosts));
        match tokens::token(transport, &realm, login.as_ref(), hosts, stop) {
            Ok(token) => {
                let header = token.header.clone();
                self.state().shown = Some(Shown::Token(token, realm));
                Ok(header)
            }
            Err(NoToken::Refused(message)) => Err(self.unauthorized(message, stop)?),
            Err(NoToken::Failed(error)) => Err(led(&self.base, error)),
        }
    }

    /// For what a token is needed where the host does not say.
    fn scope(&self) -> String {
        match self.repository.as_str() {
            "" => "registry:catalog:*".to_owned(),
            repository => format!("repository:{repository}:pull"),
        }
    }

    /// Who asks. It is looked up when the host first wants to know.
    fn asker(&self, stop: &Stop) -> Result<Asker, Error> {
        match &self.who {
            Who::Nobody => return Ok(Asker::default()),
            Who::Given(login) => return Ok(Some(login.clone()).into()),
            Who::Kept => {}
        }
        if let Some(asker) = &self.state().asker {
            return Ok(asker.clone());
        }
        let asker = self.registries.asker(&self.registry, stop)?;
        self.state().asker = Some(asker.clone());
        Ok(asker)
    }

    fn unauthorized(&self, message: String, stop: &Stop) -> Result<Error, Error> {
        let asker = self.asker(stop)?;
        let who = match (&asker.login, &asker.unusable) {
            (Some(login), _) => login.who(),
            (None, Some(why)) => format!("who does not say who they are ({why}; {OTHERS})"),
            (None, None) => format!("who does not say who they are (`docker login`, or {OTHERS})"),
        };
        let (registry, repository) = (self.registry.clone(), self.repository.clone());
        let repository =
            if repository.is_empty() { "its catalog".to_owned() } else { format!("`{repository}`") };
        Ok(Error::Unauthorized { registry, repository, who, message })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How credentials are handed over otherwise.
const OTHERS: &str = "`--username` and `--password-stdin`, or the table `[registries.\"HOST\"]` of the settings, \
                      state credentials";

/// An answer, unless it asks to come again later.
pub(super) fn later(answer: Answer) -> Result<Answer, Error> {
    let (429 | 503) = answer.status else { return Ok(answer) };
    let after = answer.header(&RETRY_AFTER).and_then(|text| retry_after(text, SystemTime::now()));
    Err(Error::Later { address: answer.address.to_string(), status: answer.status, after })
}

/// An answer that must be 200.
pub(super) fn expect(answer: Answer) -> Result<Answer, Error> {
    if answer.status == 200 {
        return Ok(answer);
    }
    let (address, status) = (answer.address.to_string(), answer.status);
    Err(Error::Status { address, status, message: answer.message() })
}
