use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::is_public;

/// Ends of names that are not in the public Internet
/// ([RFC 6761](https://www.rfc-editor.org/rfc/rfc6761), [RFC 6762](https://www.rfc-editor.org/rfc/rfc6762),
/// `.internal` by ICANN's word).
const INTERNAL: [&str; 4] = [".localhost", ".local", ".internal", ".home.arpa"];

/// How many numbers of a host a connection is tried to; `ureq` takes no more.
const NUMBERS: usize = 16;

/// Whither requests may go, beside the public Internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Hosts, with their ports where addresses name one, in lower case, that may be at any number.
    pub named: BTreeSet<String>,
    /// Whether hosts that say that they are this machine may be it.
    pub own: Own,
    /// Whether any host may be in a private network, or this machine.
    pub private: Private,
    /// What is done about a host of which some numbers are allowed and others are not.
    pub mixed: Mixed,
}

/// Whether hosts that say that they are this machine may be it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// They may.
    Allowed,
    /// They may not.
    Refused,
}

/// Whether hosts may be at numbers that are not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Private {
    /// They may, if anybody can receive something there.
    Allowed,
    /// They may not.
    Refused,
}

/// What is done about a host of which some numbers are allowed and others are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixed {
    /// It is refused: one that is not says enough of whoever answers for that name.
    Refused,
    /// Those that are allowed are asked.
    Narrowed,
}

/// Resolves names, and gives only numbers to which requests may go. Connections are made to what it
/// returns: a name that resolves to something else a moment later gains nothing.
#[derive(Clone, Debug)]
pub struct Guard(Rules);

/// A host is at a number to which no request may go: services there trust whoever reaches them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its host is at `{number}`, an internal address, to which nothing from outside may lead")]
pub struct Internal {
    /// The host; of a number, without brackets.
    pub host: String,
    /// The first of the numbers that are not allowed.
    pub number: IpAddr,
}

/// Why a name has no number to which a connection may be made.
#[derive(Debug, thiserror::Error)]
pub enum Unresolved {
    /// Nobody knows it, or nobody can be asked.
    #[error("the name is not found: {0}")]
    NotFound(io::Error),
    /// It took longer than it may.
    #[error("the name is not resolved within {} s", .0.as_secs())]
    TooLate(Duration),
    /// It leads where nothing may go.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// A host without the brackets around a number.
pub fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Whether a host, without its port, says that it is this machine, as `localhost` or by number.
pub fn is_loopback(host: &str) -> bool {
    let host = bare(host);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a host, without its port, is not in the public Internet, as far as its name tells.
pub fn is_internal(host: &str) -> bool {
    if let Ok(number) = bare(host).parse::<IpAddr>() {
        return !is_public(number);
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    // What stands for a number in another way, as `0x7f000001` does, has no dot, or is seen for
    // what it is when it has been resolved.
    !name.contains('.') || INTERNAL.iter().any(|end| name.ends_with(end))
}

impl Guard {
    /// A guard with these rules.
    pub const fn new(rules: Rules) -> Self {
        Self(rules)
    }

    /// Judges a host by how it is written: a number at once, a name when it is resolved.
    ///
    /// # Errors
    /// It is a number to which no request may go.
    pub fn admit(&self, host: &str) -> Result<(), Internal> {
        let host = bare(host);
        match host.parse::<IpAddr>() {
            Ok(number) if !self.allows(host, number) => Err(Internal { host: host.to_owned(), number }),
            _ => Ok(()),
        }
    }

    /// The numbers of a host to which a connection may be made, at least one. Waits, and no longer than
    /// `within`.
    ///
    /// # Errors
    /// [`Unresolved`].
    pub fn resolve(
        &self,
        host: &str,
        port: u16,
        within: Option<Duration>,
    ) -> Result<Vec<SocketAddr>, Unresolved> {
        let origin = format!("{host}:{port}").to_ascii_lowercase();
        Ok(self.judge(&origin, bare(host), look_up(bare(host), port, within)?)?)
    }

    /// Of the numbers of a host those to which a connection may be made. `origin` is how an address names
    /// it and its port.
    fn judge(
        &self,
        origin: &str,
        host: &str,
        mut numbers: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Internal> {
        if self.0.named.contains(origin) {
            return Ok(numbers);
        }
        let is_allowed = |number: &SocketAddr| self.allows(host, number.ip());
        let Some(refused) = numbers.iter().find(|number| !is_allowed(number)).map(SocketAddr::ip) else {
            return Ok(numbers);
        };
        numbers.retain(is_allowed);
        if self.0.mixed == Mixed::Narrowed && !numbers.is_empty() {
            return Ok(numbers);
        }
        Err(Internal { host: host.to_owned(), number: refused.to_canonical() })
    }

    fn allows(&self, host: &str, number: IpAddr) -> bool {
        let number = number.to_canonical();
        let is_own = self.0.own == Own::Allowed && is_loopback(host) && number.is_loopback();
        let is_private = self.0.private == Private::Allowed && may_receive(number);
        is_own || is_private || is_public(number)
    }
}

/// Whether anything can be sent to it at all.
fn may_receive(number: IpAddr) -> bool {
    !number.is_unspecified() && !number.is_multicast() && number != IpAddr::V4(Ipv4Addr::BROADCAST)
}

/// Asks the system, which may take as long as it likes: on a thread of its own where that has a limit.
fn look_up(host: &str, port: u16, within: Option<Duration>) -> Result<Vec<SocketAddr>, Unresolved> {
    let host = host.to_owned();
    let found = in_time(within, move || (host.as_str(), port).to_socket_addrs().map(Vec::from_iter));
    let numbers = found?.map_err(Unresolved::NotFound)?;
    if numbers.is_empty() {
        return Err(Unresolved::NotFound(io::ErrorKind::NotFound.into()));
    }
    Ok(numbers)
}

/// Does something that cannot be ended. What takes longer than it may goes on, and nobody hears of it.
fn in_time<T: Send + 'static>(
    within: Option<Duration>,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unresolved> {
    let Some(within) = within else { return Ok(ask()) };
    let (sender, receiver) = mpsc::sync_channel(1);
    let asking = thread::Builder::new().name("resolve".to_owned()).spawn(move || {
        // Nobody may be waiting any more.
        let _ = sender.send(ask());
    });
    asking.map_err(Unresolved::NotFound)?;
    receiver.recv_timeout(within).map_err(|why| match why {
        RecvTimeoutError::Timeout => Unresolved::TooLate(within),
        RecvTimeoutError::Disconnected => {
            Unresolved::NotFound(io::Error::other("the thread that asks has ended"))
        }
    })
}

/// For requests of `ureq`. What is refused is an [`Internal`] in its `Other`.
impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let no_host = || ureq::Error::BadUri(format!("`{uri}` names no host"));
        let authority = uri.authority().ok_or_else(no_host)?;
        let port = authority.port_u16().or_else(|| default_port(uri)).ok_or_else(no_host)?;
        let within = (!timeout.after.is_not_happening()).then_some(*timeout.after);
        let numbers = look_up(bare(authority.host()), port, within).map_err(|error| match error {
            Unresolved::NotFound(error) => ureq::Error::Io(error),
            Unresolved::TooLate(_) => ureq::Error::Timeout(timeout.reason),
            Unresolved::Internal(internal) => ureq::Error::Other(Box::new(internal)),
        })?;
        let origin = authority.as_str().to_ascii_lowercase();
        let judged = self.judge(&origin, bare(authority.host()), numbers);
        let mut resolved = self.empty();
        for number in
            judged.map_err(|internal| ureq::Error::Other(Box::new(internal)))?.into_iter().take(NUMBERS)
        {
            resolved.push(number);
        }
        Ok(resolved)
    }
}

/// The port of an address that names none: of a proxy too.
fn default_port(uri: &Uri) -> Option<u16> {
    match uri.scheme_str()? {
        "http" => Some(80),
        "https" => Some(443),
        "socks4" | "socks4a" | "socks" | "socks5" => Some(1080),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
