//! A client of registries that speak the
//! [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md).

mod blob;
mod content_range;
mod endpoint;
mod link;
mod listing;
mod referrers;
mod repository;
mod settings;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use limpid_bytes::Stop;
use limpid_outbound::{Certificates, tls_with};
use ureq::http::{HeaderName, HeaderValue};

pub use self::blob::Blob;
use self::endpoint::Endpoint;
pub use self::listing::Listing;
pub use self::referrers::Referrer;
pub use self::repository::{Manifest, Repository};
pub use self::settings::{OneRegistry, RegistrySettings, Secret};
use crate::address::Address;
use crate::docker_config::Kept;
use crate::error::quoted;
use crate::login::{self, Asker};
use crate::reference::{answering, canonical, is_host};
use crate::retries::Retries;
use crate::transport::{Bound, Hosts, NamedBy, Times, Transport};
use crate::{Error, Login, Logins, PlainHttp, Reference, helper};

/// Longest file with certificates or a password, in bytes.
const FILE_BYTES: u64 = 1 << 20;

/// Headers that say how a request is sent, and belong to the client.
const OF_CLIENT: [&str; 8] =
    ["connection", "content-length", "expect", "host", "range", "te", "transfer-encoding", "upgrade"];

/// All registries that are asked, by one set of settings. Cheap to clone; all clones share connections.
#[derive(Clone)]
pub struct Registries(Arc<Inner>);

struct Inner {
    transport: Transport,
    settings: RegistrySettings,
    /// The settings of each registry, by its one name.
    each: BTreeMap<String, OneRegistry>,
    /// The hosts and ports that the settings name for each registry, itself among them.
    hosts: BTreeMap<String, BTreeSet<String>>,
    logins: Logins,
    helpers: Helpers,
    retries: Retries,
}

/// Whether programs are run that keep credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Helpers {
    Run,
    Refused,
}

impl Registries {
    /// For references and addresses that requests name: of those that are internal, only such are asked that
    /// the settings name. Credentials are those of the settings; Docker's file counts where they name it, and
    /// its helpers are run where they say so.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn new(settings: RegistrySettings) -> Result<Self, Error> {
        let logins = settings.docker_config.clone().map_or(Logins::Anonymous, Logins::Docker);
        let helpers = if settings.credential_helpers { Helpers::Run } else { Helpers::Refused };
        Self::build(settings, logins, helpers, NamedBy::Request)
    }

    /// For references that a person on this machine names, who may name any. Where the settings say nothing of
    /// a registry, these logins are used, and helpers that Docker's file names are run.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub fn by_hand(settings: RegistrySettings, logins: Logins, plain: PlainHttp) -> Result<Self, Error> {
        Self::build(settings, logins, Helpers::Run, NamedBy::Person(plain))
    }

    fn build(
        settings: RegistrySettings,
        logins: Logins,
        helpers: Helpers,
        by: NamedBy,
    ) -> Result<Self, Error> {
        let each: BTreeMap<String, OneRegistry> =
            settings.each.iter().map(|(host, one)| (canonical(host), one.clone())).collect();
        let (connections, hosts) = hosts(&each)?;
        let times =
            Times { connect: settings.connect_time, idle: settings.idle_time, answer: settings.answer_time };
        let transport = Transport::to_registries(by, connections, times);
        let RegistrySettings { attempts, backoff, longest_wait, .. } = settings;
        let retries = Retries { attempts, backoff, longest_wait };
        Ok(Self(Arc::new(Inner { transport, settings, each, hosts, logins, helpers, retries })))
    }

    /// The settings.
    pub fn settings(&self) -> &RegistrySettings {
        &self.0.settings
    }

    /// The repository of a reference, whose credentials are these, or those that are kept for its registry.
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// The registry has no address that may be asked.
    pub fn repository(&self, reference: &Reference, login: Option<&Login>) -> Result<Repository, Error> {
        let endpoints = self.endpoints(reference.registry(), reference.repository(), login)?;
        Ok(Repository::new(self.clone(), reference.clone(), endpoints))
    }

    /// The names of all repositories of a registry, as far as it shows them. Docker's own shows none.
    ///
    /// # Errors
    /// It shows none to whoever asks, or more than is allowed.
    pub fn catalog(&self, registry: &str, login: Option<&Login>, stop: &Stop) -> Result<Listing, Error> {
        if !is_host(registry) {
            return Err(Error::Reference { text: quoted(registry), why: "it is not the host of a registry" });
        }
        let endpoint = self.own_endpoint(&canonical(registry), "", login)?;
        listing::repositories(&endpoint, stop)
    }

    /// Whether an address may be asked at all, by how it is written.
    ///
    /// # Errors
    /// It is none, holds credentials, or is internal and not named in the settings.
    pub fn admit(&self, address: &str) -> Result<(), Error> {
        let address = Address::parse(address)?;
        self.0.transport.admit(&address, Some(&self.named_with(&address.origin())))
    }

    /// What is at an address, of at most so many bytes, and resumed where it is interrupted. The headers go to
    /// just that address, not to where it sends on.
    ///
    /// # Errors
    /// The address or a header is none that is used.
    pub fn address(
        &self,
        address: &str,
        headers: &BTreeMap<String, String>,
        stop: &Stop,
    ) -> Result<Blob, Error> {
        let address = Address::parse(address)?;
        let headers = headers.iter().map(|(name, value)| header(name, value)).collect::<Result<_, _>>()?;
        let hosts = self.named_with(&address.origin());
        let endpoint = Endpoint::of_address(self.clone(), address.clone(), hosts);
        Blob::open(vec![(Arc::new(endpoint), address)], headers, None, stop)
    }

    /// Whom to ask for a repository, in this order: mirrors, then the registry itself.
    fn endpoints(
        &self,
        registry: &str,
        repository: &str,
        login: Option<&Login>,
    ) -> Result<Vec<Arc<Endpoint>>, Error> {
        let mut endpoints = Vec::new();
        let mirrors = self.0.each.get(registry).map_or(&[][..], |one| &one.mirrors);
        for mirror in mirrors {
            let mirror = Mirror::parse(registry, mirror)?;
            let mut hosts = self.hosts_of(registry);
            hosts.extend(self.hosts_of(&canonical(&mirror.host)));
            let path = format!("{}{repository}/", mirror.prefix);
            let base = self.base(mirror.plain, &mirror.host, &path, &hosts)?;
            // What a request shows to the registry is for the registry only.
            let repository = format!("{}{repository}", mirror.prefix);
            let endpoint =
                Endpoint::new(self.clone(), canonical(&mirror.host), repository, base, hosts, None);
            endpoints.push(Arc::new(endpoint));
        }
        endpoints.push(Arc::new(self.own_endpoint(registry, repository, login)?));
        Ok(endpoints)
    }

    /// The registry itself; without a repository, all of it.
    fn own_endpoint(
        &self,
        registry: &str,
        repository: &str,
        login: Option<&Login>,
    ) -> Result<Endpoint, Error> {
        let path = if repository.is_empty() { String::new() } else { format!("{repository}/") };
        let hosts = match self.0.each.contains_key(registry) {
            true => self.hosts_of(registry),
            false => self.named_with(answering(registry)),
        };
        let base = self.base(None, answering(registry), &path, &hosts)?;
        let (registry, repository) = (registry.to_owned(), repository.to_owned());
        Ok(Endpoint::new(self.clone(), registry, repository, base, hosts, login.cloned()))
    }

    /// The hosts and ports that settings name for a registry: itself, its `hosts` and its mirrors. None where
    /// they say nothing of it.
    fn hosts_of(&self, registry: &str) -> BTreeSet<String> {
        self.0.hosts.get(registry).cloned().unwrap_or_default()
    }

    /// Those that settings name together with a host and port, whichever registry that is named for.
    fn named_with(&self, origin: &str) -> BTreeSet<String> {
        self.0.hosts.values().filter(|hosts| hosts.contains(origin)).flatten().cloned().collect()
    }

    /// The address below which a host has something; `plain` is what is stated of it where it was named.
    fn base(
        &self,
        plain: Option<bool>,
        host: &str,
        path: &str,
        hosts: &BTreeSet<String>,
    ) -> Result<Address, Error> {
        let plain = plain.or_else(|| self.0.each.get(&canonical(host)).and_then(|one| one.plain_http));
        let encrypted = Address::parse(&format!("https://{host}/v2/{path}"))?;
        let base = match plain.unwrap_or_else(|| self.0.transport.asks_plain(&encrypted)) {
            true => Address::parse(&format!("http://{host}/v2/{path}"))?,
            false => encrypted,
        };
        self.0.transport.admit(&base, Some(hosts))?;
        Ok(base)
    }

    /// Who asks a host, by what is kept for it.
    fn asker(&self, registry: &str, stop: &Stop) -> Result<Asker, Error> {
        if let Some(login) = self.0.each.get(registry).map_or(Ok(None), |one| stated(registry, one))? {
            return Ok(Some(login).into());
        }
        let path = match &self.0.logins {
            Logins::Anonymous => return Ok(Asker::default()),
            Logins::Given(login) => return Ok(Some(login.clone()).into()),
            Logins::Docker(path) => path,
        };
        let (name, server) = match login::kept(path, registry)? {
            Kept::Nothing => return Ok(Asker::default()),
            Kept::Password { username, password } => {
                return Ok(Some(Login::Password { username, password }).into());
            }
            Kept::Identity(token) => return Ok(Some(Login::Identity(token)).into()),
            Kept::Token(token) => return Ok(Some(Login::Token(token)).into()),
            Kept::Helper { name, server } => (name, server),
        };
        let unusable = |why| Asker { login: None, unusable: Some(why) };
        if self.0.helpers == Helpers::Refused {
            let name = quoted(&name);
            return Ok(unusable(format!(
                "helper `{name}` of Docker keeps its credentials, and setting `registries.credential_helpers` \
                 does not let it run"
            )));
        }
        let found = helper::get(&name, &server, self.0.settings.helper_time, stop);
        if stop.is_stopped() {
            return Err(Error::Stopped);
        }
        Ok(found.map_or_else(unusable, Asker::from))
    }

    fn document_bound(&self) -> Bound {
        Bound { bytes: self.0.settings.manifest_bytes, setting: "registries.manifest_bytes" }
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.0.transport
    }

    pub(crate) fn retries(&self) -> &Retries {
        &self.0.retries
    }
}

impl fmt::Debug for Registries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registries").field(&self.0.settings).finish()
    }
}

/// A header that a request has its address asked with.
fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let no = |why| Error::Header { name: quoted(name), why };
    let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| no("it is no name of a header"))?;
    if OF_CLIENT.contains(&header.as_str()) {
        return Err(no("it says how a request is sent, which is not for others to say"));
    }
    let value = HeaderValue::from_str(value).map_err(|_| no("its value is none of a header"))?;
    Ok((header, value))
}

/// A host that is asked before a registry.
struct Mirror {
    plain: Option<bool>,
    host: String,
    /// Before all repositories: empty, or with a slash at its end.
    prefix: String,
}

impl Mirror {
    fn parse(registry: &str, text: &str) -> Result<Self, Error> {
        let (plain, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Some(true), rest),
            Some(("https", rest)) => (Some(false), rest),
            _ => (None, text),
        };
        let (host, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        if !is_host(host) || !(prefix.is_empty() || crate::reference::is_repository(prefix)) {
            let why = format!("`{}` is no host, nor one with the beginning of repositories", quoted(text));
            return Err(setting(registry, "mirrors", why));
        }
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self { plain, host: answering(&canonical(host)).to_owned(), prefix })
    }
}

/// What the settings say of the connections to hosts, and which hosts they name for each registry.
fn hosts(each: &BTreeMap<String, OneRegistry>) -> Result<(Hosts, BTreeMap<String, BTreeSet<String>>), Error> {
    let (mut hosts, mut of_each) = (Hosts::default(), BTreeMap::new());
    for (registry, one) in each {
        if !is_host(registry) {
            return Err(setting(registry, "", "it is not the host of a registry".to_owned()));
        }
        let origin = answering(registry).to_owned();
        let mut named = BTreeSet::from([origin.clone()]);
        named.extend(one.hosts.iter().map(|host| host.to_ascii_lowercase()));
        if one.plain_http == Some(true) {
            hosts.plain.insert(origin.clone());
        }
        for mirror in &one.mirrors {
            let mirror = Mirror::parse(registry, mirror)?;
            if mirror.plain == Some(true) {
                hosts.plain.insert(mirror.host.clone());
            }
            named.insert(mirror.host);
        }
        hosts.named.extend(named.iter().cloned());
        of_each.insert(registry.clone(), named);
        let (authorities, client, key) = (
            file(registry, "ca", one.ca.as_deref())?,
            file(registry, "client_certificate", one.client_certificate.as_deref())?,
            file(registry, "client_key", one.client_key.as_deref())?,
        );
        if authorities.is_some() || client.is_some() || key.is_some() {
            let certificates = Certificates {
                authorities: authorities.as_deref(),
                client: client.as_deref(),
                client_key: key.as_deref(),
            };
            let unusable = |why: limpid_outbound::BadCertificates| setting(registry, "", why.to_string());
            hosts.tls.insert(origin, tls_with(&certificates).map_err(unusable)?);
        }
        if one.username.is_some() != (one.password.is_some() || one.password_file.is_some()) {
            let why = "a user and a password are stated together".to_owned();
            return Err(setting(registry, "username", why));
        }
    }
    Ok((hosts, of_each))
}

/// The login that the settings state. The file of a password is read each time, for it may change.
fn stated(registry: &str, one: &OneRegistry) -> Result<Option<Login>, Error> {
    if let Some(token) = &one.token {
        return Ok(Some(Login::identity(token.expose())));
    }
    let Some(username) = &one.username else { return Ok(None) };
    let password = match (&one.password, file(registry, "password_file", one.password_file.as_deref())?) {
        (_, Some(bytes)) => {
            let text = String::from_utf8(bytes);
            let text = text.map_err(|_| setting(registry, "password_file", "it is no text".to_owned()))?;
            text.trim_end_matches(['\r', '\n']).to_owned()
        }
        (Some(password), None) => password.expose().to_owned(),
        (None, None) => return Ok(None),
    };
    Ok(Some(Login::password(username, password)))
}

fn file(registry: &str, key: &str, path: Option<&Path>) -> Result<Option<Vec<u8>>, Error> {
    let Some(path) = path else { return Ok(None) };
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES).read_to_end(&mut bytes));
    let failed = |error| setting(registry, key, format!("`{}` cannot be read: {error}", path.display()));
    read.map_err(failed)?;
    Ok(Some(bytes))
}

fn setting(registry: &str, key: &str, why: String) -> Error {
    let dot = if key.is_empty() { "" } else { "." };
    Error::Setting { setting: format!("\"{}\"{dot}{key}", quoted(registry)), why }
}

#[cfg(test)]
mod tests;
