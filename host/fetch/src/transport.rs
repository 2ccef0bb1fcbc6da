use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use limpid_outbound::{Guard, Mixed, Own, Private, Rules, tls};
use ureq::http::header::{
    ACCEPT, AUTHORIZATION, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, WWW_AUTHENTICATE,
};
use ureq::http::{HeaderMap, HeaderName};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Proxy};

use crate::address::Address;
use crate::error::quoted;
use crate::{Error, Reference};

/// Answers in a row that may send on elsewhere.
const REDIRECTS: usize = 5;

/// How long a connection may take to be made, an answer to begin, and a body to send nothing.
const CONNECTING: Duration = Duration::from_secs(15);
const ANSWERING: Duration = Duration::from_secs(60);
const IDLING: Duration = Duration::from_secs(60);
/// How long all of a body may take.
const RECEIVING: Duration = Duration::from_secs(1800);

/// How much is read of what says why a request failed, in bytes.
const STATED_BYTES: u64 = 64 << 10;

/// Whither requests may go that are not encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// To this machine only.
    #[default]
    Loopback,
    /// To any.
    Anywhere,
}

/// Sends requests, and follows where answers send on to.
pub(crate) struct Transport {
    /// For this machine's own addresses, to which no proxy leads.
    direct: Agent,
    agent: Agent,
    plain: PlainHttp,
    named: Named,
}

/// Which internal addresses requests may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// Any, where a person names them; those to which answers send on have rules of their own.
    ByHand,
    /// Those with one of these hosts and ports.
    Only(BTreeSet<String>),
}

/// A request to be sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Request<'a> {
    pub(crate) accept: &'a str,
    /// Sent only to the origin that is asked first.
    pub(crate) authorization: Option<&'a str>,
    /// Validators of what is kept of the address already
    /// ([RFC 9110, section 13.1](https://www.rfc-editor.org/rfc/rfc9110#section-13.1)).
    pub(crate) none_match: Option<&'a str>,
    pub(crate) modified_since: Option<&'a str>,
}

/// An answer, of which only the head was read.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where it came from in the end.
    pub(crate) address: Address,
    headers: HeaderMap,
    body: Body,
}

/// How long a body may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) bytes: u64,
    /// The setting that says so; empty where none does.
    pub(crate) setting: &'static str,
}

impl Transport {
    pub(crate) fn new(plain: PlainHttp) -> Self {
        let (direct, proxied) = (config().proxy(None).build(), config().build());
        Self { direct: direct.new_agent(), agent: proxied.new_agent(), plain, named: Named::ByHand }
    }

    /// For addresses that nobody has looked at: those that are not in the public Internet must be
    /// named, and a name must not lead to them either.
    pub(crate) fn guarded(
        plain: PlainHttp,
        named: BTreeSet<String>,
        proxy: Option<Proxy>,
        idle: Duration,
    ) -> Self {
        // How long all of a body may take, whoever reads it says.
        let config = || {
            let config = config().timeout_per_read(Some(idle)).timeout_recv_response(Some(idle));
            config.timeout_recv_body(None)
        };
        let proxied = match proxy {
            Some(proxy) => config().proxy(Some(proxy)),
            None => config(),
        };
        let rules = Rules {
            named: named.clone(),
            own: Own::Refused,
            private: Private::Refused,
            mixed: Mixed::Narrowed,
        };
        let agent =
            |config| Agent::with_parts(config, DefaultConnector::default(), Guard::new(rules.clone()));
        let (direct, agent) = (agent(config().proxy(None).build()), agent(proxied.build()));
        Self { direct, agent, plain, named: Named::Only(named) }
    }

    /// Whether requests may go to an address at all.
    pub(crate) fn admit(&self, address: &Address) -> Result<(), Error> {
        let named = match &self.named {
            Named::ByHand => true,
            Named::Only(named) => !address.is_internal() || named.contains(&address.origin()),
        };
        if !named {
            return Err(Error::Internal(address.to_string()));
        }
        let encrypted = address.is_https() || address.is_loopback() || self.plain == PlainHttp::Anywhere;
        if encrypted { Ok(()) } else { Err(Error::PlainHttp(address.to_string())) }
    }

    /// Whether a registry is spoken to unencrypted, as those on this machine are.
    pub(crate) fn speaks_plain_to(&self, reference: &Reference) -> bool {
        reference.is_loopback() || self.plain == PlainHttp::Anywhere
    }

    /// Asks an address, and whichever that sends on to.
    pub(crate) fn get(&self, address: &Address, request: Request<'_>) -> Result<Answer, Error> {
        self.admit(address)?;
        let mut at = address.clone();
        for _ in 0..=REDIRECTS {
            let authorization = request.authorization.filter(|_| at.same_origin(address));
            let answer = self.send(&at, Request { authorization, ..request })?;
            let Some(location) = answer.redirect() else { return Ok(answer) };
            at = self.follow(&at, location)?;
        }
        let why = "and so on, more than 5 times";
        Err(Error::Redirect { from: address.to_string(), to: at.to_string(), why })
    }

    /// Where an answer leads from an address: not from encrypted to plain, and not from elsewhere
    /// to this machine or a private network, whose services trust whoever reaches them.
    pub(crate) fn follow(&self, from: &Address, location: &str) -> Result<Address, Error> {
        let to = from.join(location)?;
        let no = |why| Err(Error::Redirect { from: from.to_string(), to: to.to_string(), why });
        if from.is_https() && !to.is_https() {
            return no("which is not encrypted");
        }
        if to.is_loopback() && !from.is_loopback() {
            return no("which is this machine");
        }
        if to.is_internal() && !from.is_internal() {
            return no("which is in a private network");
        }
        self.admit(&to)?;
        Ok(to)
    }

    fn send(&self, address: &Address, request: Request<'_>) -> Result<Answer, Error> {
        let agent = if address.is_loopback() { &self.direct } else { &self.agent };
        let mut call = agent.get(address.uri());
        if !request.accept.is_empty() {
            call = call.header(ACCEPT, request.accept);
        }
        if let Some(authorization) = request.authorization {
            call = call.header(AUTHORIZATION, authorization);
        }
        if let Some(validator) = request.none_match {
            call = call.header(IF_NONE_MATCH, validator);
        }
        if let Some(validator) = request.modified_since {
            call = call.header(IF_MODIFIED_SINCE, validator);
        }
        let response = call
            .call()
            .map_err(|error| Error::Unreachable { address: address.to_string(), source: Box::new(error) })?;
        let (head, body) = response.into_parts();
        let (status, headers) = (head.status.as_u16(), head.headers);
        Ok(Answer { status, address: address.clone(), headers, body })
    }
}

/// What all requests have in common.
fn config() -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("limpid/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(CONNECTING))
        .timeout_recv_response(Some(ANSWERING))
        .timeout_per_read(Some(IDLING))
        .timeout_recv_body(Some(RECEIVING))
        .tls_config(tls())
}

impl Answer {
    /// What a registry wants to know before it answers.
    pub(crate) fn challenges(&self) -> impl Iterator<Item = &str> {
        self.headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok())
    }

    fn redirect(&self) -> Option<&str> {
        matches!(self.status, 301 | 302 | 303 | 307 | 308).then(|| self.header(&LOCATION))?
    }

    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// How long the body is, where the answer says so.
    pub(crate) fn length(&self) -> Option<u64> {
        self.body.content_length()
    }

    /// The body, as it comes.
    pub(crate) fn into_reader(self) -> impl Read {
        self.body.into_reader()
    }

    /// The body of an answer that must be 200.
    pub(crate) fn read(self, bound: Bound) -> Result<Vec<u8>, Error> {
        if self.status != 200 {
            let (status, address) = (self.status, self.address.to_string());
            return Err(Error::Status { address, status, message: self.message() });
        }
        let address = self.address.to_string();
        let too_large = |size| Error::TooLarge {
            what: address.clone(),
            size,
            limit: bound.bytes,
            setting: bound.setting,
        };
        if let Some(length) = self.body.content_length().filter(|length| *length > bound.bytes) {
            return Err(too_large(Some(length)));
        }
        let mut bytes = Vec::new();
        // One byte more than is allowed, so that what is too large is seen to be.
        let read = self.body.into_reader().take(bound.bytes.saturating_add(1)).read_to_end(&mut bytes);
        let received = bytes.len() as u64;
        read.map_err(|source| Error::CutShort { address: address.clone(), received, source })?;
        if received > bound.bytes { Err(too_large(None)) } else { Ok(bytes) }
    }

    /// What the other side says of a failure, as registries do
    /// ([error codes](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes)):
    /// empty, or `: ...`.
    pub(crate) fn message(self) -> String {
        let mut bytes = Vec::new();
        // What cannot be read says nothing.
        let _ = self.body.into_reader().take(STATED_BYTES).read_to_end(&mut bytes);
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |pointer: &str| document.pointer(pointer).and_then(serde_json::Value::as_str);
        let message = text("/errors/0/message").or_else(|| text("/errors/0/code")).map(quoted);
        message
            .filter(|message| !message.is_empty())
            .map(|message| format!(": {message}"))
            .unwrap_or_default()
    }
}
