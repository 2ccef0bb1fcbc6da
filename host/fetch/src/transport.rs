use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::time::{Duration, Instant};

use limpid_bytes::Stop;
use limpid_outbound::{Guard, Internal, Mixed, Own, Private, Rules, tls};
use ureq::http::header::{
    ACCEPT, AUTHORIZATION, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, RANGE, WWW_AUTHENTICATE,
};
use ureq::http::{HeaderMap, HeaderName, HeaderValue};
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Proxy, Timeout};

use crate::address::Address;
use crate::error::quoted;
use crate::{Error, interrupt};

/// Answers in a row that may send on elsewhere.
const REDIRECTS: usize = 5;

/// How long a connection for a document may take to be made.
const CONNECTING: Duration = Duration::from_secs(15);

/// How much is read of what says why a request failed, in bytes.
const STATED_BYTES: u64 = 64 << 10;

/// How long that may take.
const STATING: Duration = Duration::from_secs(5);

/// Read at a time, in bytes.
const BUFFER: usize = 64 << 10;

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
    /// For hosts that are not named for the registry that leads to them, whatever they are named for
    /// otherwise: requests of others reach no internal number through it.
    strangers: Agent,
    /// For hosts with certificates of their own, by origin.
    own: BTreeMap<String, Agent>,
    plain: PlainHttp,
    /// Hosts and ports that are asked unencrypted, wherever they are.
    plain_hosts: BTreeSet<String>,
    named: Named,
    /// What could be done about an address that is refused because it is internal.
    advice: &'static str,
    /// Of registries; documents have limits of their own.
    times: Option<Times>,
}

/// How long registries may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// To make a connection (`registries.connect_time`).
    pub(crate) connect: Duration,
    /// Without a byte (`registries.idle_time`).
    pub(crate) idle: Duration,
    /// For an answer that is no layer (`registries.answer_time`).
    pub(crate) answer: Duration,
}

/// What the settings say of hosts.
#[derive(Default)]
pub(crate) struct Hosts {
    /// Those whose connections have certificates of their own, by origin.
    pub(crate) tls: BTreeMap<String, TlsConfig>,
    /// Those that are asked unencrypted, wherever they are.
    pub(crate) plain: BTreeSet<String>,
    /// Those that may be internal.
    pub(crate) named: BTreeSet<String>,
}

/// Who names addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// A person on this machine, who may name any.
    Person(PlainHttp),
    /// Requests of others: internal ones only where the settings name them.
    Request,
}

/// Which internal addresses requests may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// Any, where a person names them; those to which answers send on have rules of their own.
    ByHand,
    /// Those with one of these hosts and ports.
    Only(BTreeSet<String>),
    /// Those that the settings name for the registry that is asked.
    ForRegistry,
}

/// A request to be sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Request<'a> {
    pub(crate) kind: Kind,
    pub(crate) accept: &'a str,
    /// Sent only to the origin that is asked first.
    pub(crate) authorization: Option<&'a str>,
    /// Further headers; sent only to the origin that is asked first.
    pub(crate) headers: &'a [(HeaderName, HeaderValue)],
    /// Validators of what is kept of the address already
    /// ([RFC 9110, section 13.1](https://www.rfc-editor.org/rfc/rfc9110#section-13.1)).
    pub(crate) none_match: Option<&'a str>,
    pub(crate) modified_since: Option<&'a str>,
    /// From which byte on the body is wanted, where that is not the first.
    pub(crate) from: u64,
    /// Hosts and ports that the settings name for the registry that is asked, itself among them: of internal
    /// ones, only to these may it lead. None for documents, whose transport knows its own.
    pub(crate) hosts: Option<&'a BTreeSet<String>>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Head and body.
    #[default]
    Get,
    /// The head.
    Head,
}

/// An answer, of which only the head was read.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where it came from in the end.
    pub(crate) address: Address,
    headers: HeaderMap,
    body: Body,
    asked: Instant,
    times: Option<Times>,
}

/// How long a body may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) bytes: u64,
    /// The setting that says so; empty where none does.
    pub(crate) setting: &'static str,
}

impl Transport {
    /// For registries.
    pub(crate) fn to_registries(by: NamedBy, hosts: Hosts, times: Times) -> Self {
        let Hosts { tls: own, plain: plain_hosts, named } = hosts;
        let config = || {
            let config = config().timeout_connect(Some(times.connect)).timeout_resolve(Some(times.connect));
            config.timeout_recv_response(Some(times.idle)).timeout_per_read(Some(times.idle))
        };
        let agent = |config: ureq::config::Config| match by {
            NamedBy::Person(_) => {
                Agent::with_parts(config, interrupt::connector(), DefaultResolver::default())
            }
            NamedBy::Request => Agent::with_parts(config, interrupt::connector(), guard(&named)),
        };
        let direct = agent(config().proxy(None).build());
        let own = own.into_iter().map(|(origin, tls)| (origin, agent(config().tls_config(tls).build())));
        let (own, agent) = (own.collect(), agent(config().build()));
        let strangers = match by {
            NamedBy::Person(_) => agent.clone(),
            NamedBy::Request => {
                Agent::with_parts(config().build(), interrupt::connector(), guard(&BTreeSet::new()))
            }
        };
        let (plain, named) = match by {
            NamedBy::Person(plain) => (plain, Named::ByHand),
            NamedBy::Request => (PlainHttp::Loopback, Named::ForRegistry),
        };
        let advice = "a table `[registries.\"HOST\"]` of the settings, or its `hosts`, allows it";
        Self { direct, agent, strangers, own, plain, plain_hosts, named, advice, times: Some(times) }
    }

    /// For addresses that nobody has looked at: those that are not in the public Internet must be
    /// named, and a name must not lead to them either.
    pub(crate) fn guarded(
        plain: PlainHttp,
        named: BTreeSet<String>,
        proxy: Option<Proxy>,
        idle: Duration,
    ) -> Self {
        let config = || config().timeout_per_read(Some(idle)).timeout_recv_response(Some(idle));
        let proxied = match proxy {
            Some(proxy) => config().proxy(Some(proxy)),
            None => config(),
        };
        let agent = |config| Agent::with_parts(config, DefaultConnector::default(), guard(&named));
        let (direct, agent) = (agent(config().proxy(None).build()), agent(proxied.build()));
        let advice = "`mirrors` or `hosts` of the feed in the settings allow it";
        let (own, plain_hosts, named) = (BTreeMap::new(), BTreeSet::new(), Named::Only(named));
        let strangers = agent.clone();
        Self { direct, agent, strangers, own, plain, plain_hosts, named, advice, times: None }
    }

    /// Whether requests may go to an address at all, where the settings name these hosts for the registry that
    /// is asked.
    pub(crate) fn admit(&self, address: &Address, hosts: Option<&BTreeSet<String>>) -> Result<(), Error> {
        let named = match &self.named {
            Named::ByHand => true,
            Named::Only(named) => !address.is_internal() || named.contains(&address.origin()),
            Named::ForRegistry => !address.is_internal() || is_named(address, hosts),
        };
        if !named {
            return Err(self.internal(address));
        }
        let is_plain = address.is_loopback() || self.plain == PlainHttp::Anywhere;
        let encrypted = address.is_https() || is_plain || self.plain_hosts.contains(&address.origin());
        if encrypted { Ok(()) } else { Err(Error::PlainHttp(address.to_string())) }
    }

    pub(crate) const fn times(&self) -> Option<Times> {
        self.times
    }

    fn internal(&self, address: &Address) -> Error {
        Error::Internal { address: address.to_string(), advice: self.advice }
    }

    /// Whether a host is asked unencrypted that nobody has said anything of.
    pub(crate) fn asks_plain(&self, host: &Address) -> bool {
        host.is_loopback() || self.plain == PlainHttp::Anywhere
    }

    /// Asks an address, and whichever that sends on to.
    pub(crate) fn get(&self, address: &Address, request: Request<'_>) -> Result<Answer, Error> {
        self.admit(address, request.hosts)?;
        let mut at = address.clone();
        for hop in 0..=REDIRECTS {
            let same = at.same_origin(address);
            let authorization = request.authorization.filter(|_| same);
            let headers = if same { request.headers } else { &[] };
            let answer = self.send(&at, Request { authorization, headers, ..request });
            let answer = if hop == 0 { answer? } else { answer.map_err(|error| led(address, error))? };
            let Some(location) = answer.redirect() else { return Ok(answer) };
            at = self.follow(&at, location, request.hosts)?;
        }
        let why = "and so on, more than 5 times".to_owned();
        Err(Error::Redirect { from: address.to_string(), to: at.to_string(), why })
    }

    /// The same, until it is stopped.
    pub(crate) fn ask(&self, address: &Address, request: Request<'_>, stop: &Stop) -> Result<Answer, Error> {
        if stop.is_stopped() {
            return Err(Error::Stopped);
        }
        let answer = interrupt::until(stop, || self.get(address, request));
        if stop.is_stopped() { Err(Error::Stopped) } else { answer }
    }

    /// Sends a form. Nothing is sent on: what is in it is for this address only.
    pub(crate) fn post(
        &self,
        address: &Address,
        form: &str,
        hosts: Option<&BTreeSet<String>>,
        stop: &Stop,
    ) -> Result<Answer, Error> {
        self.admit(address, hosts)?;
        if stop.is_stopped() {
            return Err(Error::Stopped);
        }
        let call = self.agent_for(address, hosts).post(address.uri());
        let call = call.content_type("application/x-www-form-urlencoded").header(ACCEPT, "application/json");
        let asked = Instant::now();
        let answer = self.answer(address, asked, interrupt::until(stop, || call.send(form)));
        if stop.is_stopped() { Err(Error::Stopped) } else { answer }
    }

    /// Where an answer leads from an address: not from encrypted to plain, and not from elsewhere to this
    /// machine or a private network, whose services trust whoever reaches them, unless the settings name the
    /// host for the registry that was asked. What they name for another registry does not count.
    ///
    /// # Errors
    /// [`Error::Redirect`]: whoever answered is at fault.
    pub(crate) fn follow(
        &self,
        from: &Address,
        location: &str,
        hosts: Option<&BTreeSet<String>>,
    ) -> Result<Address, Error> {
        let to = from.join(location).map_err(|error| led(from, error))?;
        let no = |why: &str| {
            let (from, to) = (from.to_string(), to.to_string());
            Err(Error::Redirect { from, to, why: why.to_owned() })
        };
        if from.is_https() && !to.is_https() {
            return no("which is not encrypted");
        }
        let is_named = is_named(&to, hosts);
        if to.is_loopback() && !from.is_loopback() && !is_named {
            return no("which is this machine");
        }
        if to.is_internal() && !from.is_internal() && !is_named {
            return no("which is in a private network");
        }
        self.admit(&to, hosts).map_err(|error| led(from, error))?;
        Ok(to)
    }

    fn agent_for(&self, address: &Address, hosts: Option<&BTreeSet<String>>) -> &Agent {
        let is_stranger = hosts.is_some() && !is_named(address, hosts);
        let own = if address.is_https() && !is_stranger { self.own.get(&address.origin()) } else { None };
        match own {
            Some(own) => own,
            None if address.is_loopback() => &self.direct,
            None if is_stranger => &self.strangers,
            None => &self.agent,
        }
    }

    fn send(&self, address: &Address, request: Request<'_>) -> Result<Answer, Error> {
        let agent = self.agent_for(address, request.hosts);
        let mut call = match request.kind {
            Kind::Get => agent.get(address.uri()),
            Kind::Head => agent.head(address.uri()),
        };
        for (name, value) in request.headers {
            call = call.header(name, value);
        }
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
        if request.from > 0 {
            call = call.header(RANGE, format!("bytes={}-", request.from));
        }
        let asked = Instant::now();
        self.answer(address, asked, call.call())
    }

    fn answer(
        &self,
        address: &Address,
        asked: Instant,
        answer: Result<ureq::http::Response<Body>, ureq::Error>,
    ) -> Result<Answer, Error> {
        let (head, body) = answer.map_err(|error| self.failed(address, error))?.into_parts();
        let (status, headers) = (head.status.as_u16(), head.headers);
        Ok(Answer { status, address: address.clone(), headers, body, asked, times: self.times })
    }

    fn failed(&self, address: &Address, error: ureq::Error) -> Error {
        let shown = address.to_string();
        match (error, self.times) {
            (ureq::Error::Other(error), Some(_)) if error.is::<Internal>() => self.internal(address),
            (ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve), Some(times)) => {
                let (what, setting) = ("no connection is made", "registries.connect_time");
                Error::NoAnswer { address: shown, what, limit: times.connect, setting }
            }
            (ureq::Error::Timeout(_), Some(times)) => idle(shown, times.idle),
            (error, _) => Error::Unreachable { address: shown, source: Box::new(error) },
        }
    }
}

/// What is wrong with where an answer led: whoever sent on is at fault, not whoever asked.
pub(crate) fn led(from: &Address, error: Error) -> Error {
    let from = from.to_string();
    match error {
        Error::Address { text, why } => {
            Error::Redirect { from, to: text, why: format!("which is no address to fetch from: {why}") }
        }
        Error::Internal { address, advice } => {
            let why =
                format!("which is an internal address, to which nothing from outside may lead; {advice}");
            Error::Redirect { from, to: address, why }
        }
        Error::PlainHttp(address) => {
            let why = "which is plain HTTP, and on another machine; `--plain-http` allows it, of registries \
                       `plain_http` in a table `[registries.\"HOST\"]`, and of feeds setting `feeds.plain_http`";
            Error::Redirect { from, to: address, why: why.to_owned() }
        }
        error => error,
    }
}

/// Whether the settings name an address for the registry that is asked.
fn is_named(address: &Address, hosts: Option<&BTreeSet<String>>) -> bool {
    hosts.is_some_and(|hosts| hosts.contains(&address.origin()))
}

fn guard(named: &BTreeSet<String>) -> Guard {
    let named = named.clone();
    Guard::new(Rules { named, own: Own::Refused, private: Private::Refused, mixed: Mixed::Narrowed })
}

fn idle(address: String, limit: Duration) -> Error {
    Error::NoAnswer { address, what: "nothing comes", limit, setting: "registries.idle_time" }
}

/// What a body failed of after so many bytes.
pub(crate) fn broken(address: String, received: u64, source: io::Error, times: Option<Times>) -> Error {
    let wrapped = source.get_ref().and_then(|error| error.downcast_ref::<ureq::Error>());
    let is_late = matches!(source.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
        || matches!(wrapped, Some(ureq::Error::Timeout(_)));
    match times.filter(|_| is_late) {
        Some(times) => idle(address, times.idle),
        None => Error::CutShort { address, received, source },
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
        // How long all of a body may take, whoever reads it says.
        .timeout_recv_body(None)
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
    pub(crate) fn into_reader(self) -> impl Read + Send + use<> {
        self.body.into_reader()
    }

    /// The body of an answer that must be 200.
    pub(crate) fn read(self, bound: Bound, stop: &Stop) -> Result<Vec<u8>, Error> {
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
        let (mut bytes, mut buffer) = (Vec::new(), vec![0; BUFFER]);
        // One byte more than is allowed, so that what is too large is seen to be.
        let mut body = self.body.into_reader().take(bound.bytes.saturating_add(1));
        loop {
            let read = match interrupt::until(stop, || body.read(&mut buffer)) {
                _ if stop.is_stopped() => return Err(Error::Stopped),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => {
                    read.map_err(|source| broken(address.clone(), bytes.len() as u64, source, self.times))?
                }
            };
            bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
            if read == 0 {
                break;
            }
            if let Some(limit) = self.times.map(|times| times.answer).filter(|t| self.asked.elapsed() > *t) {
                let (what, setting) = ("it takes more than", "registries.answer_time");
                return Err(Error::TooSlow { address, what, limit, setting });
            }
        }
        if bytes.len() as u64 > bound.bytes { Err(too_large(None)) } else { Ok(bytes) }
    }

    /// What the other side says of a failure, as registries do
    /// ([error codes](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes)):
    /// empty, or `: ...`.
    pub(crate) fn message(self) -> String {
        let mut bytes = Vec::new();
        // What cannot be read says nothing, and neither does what takes long.
        let mut body = self.body.into_reader().take(STATED_BYTES);
        let (mut buffer, begun) = (vec![0; BUFFER], Instant::now());
        while let Ok(read @ 1..) = body.read(&mut buffer) {
            bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
            if begun.elapsed() > STATING {
                break;
            }
        }
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |pointer: &str| document.pointer(pointer).and_then(serde_json::Value::as_str);
        let message = text("/errors/0/message").or_else(|| text("/errors/0/code")).map(quoted);
        message
            .filter(|message| !message.is_empty())
            .map(|message| format!(": {message}"))
            .unwrap_or_default()
    }
}
