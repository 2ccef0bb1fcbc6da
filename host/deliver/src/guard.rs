use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use limpid_outbound::is_public;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::address::Address;
use crate::{Failure, Settings};

/// Decides whither messages may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    unencrypted: bool,
    private_addresses: bool,
}

impl Guard {
    pub(crate) const fn new(settings: &Settings) -> Self {
        Self { unencrypted: settings.unencrypted, private_addresses: settings.private_addresses }
    }

    /// Judges an address by how it is written. Names are judged again when they are resolved.
    pub(crate) fn admit(&self, address: &Address) -> Result<(), Failure> {
        let host = &address.host;
        if !address.is_encrypted && !address.is_loopback() && !self.unencrypted {
            return Err(Failure::Never(format!(
                "notices go to `{host}` only encrypted, unless setting `notices.unencrypted` allows it"
            )));
        }
        match host.parse::<IpAddr>() {
            Ok(ip) => self.admit_number(address, ip),
            Err(_) => Ok(()),
        }
    }

    /// Judges a number to which the host of an address resolves. All of them must be admitted: one
    /// that is not says enough of whoever answers for that name.
    pub(crate) fn admit_number(&self, address: &Address, ip: IpAddr) -> Result<(), Failure> {
        let ip = ip.to_canonical();
        let is_own = address.is_loopback() && ip.is_loopback();
        if is_own || is_public(ip) || (self.private_addresses && may_receive(ip)) {
            return Ok(());
        }
        Err(Failure::Never(format!(
            "`{}` is {ip}, which is no public address; setting `notices.private_addresses` allows those",
            address.host
        )))
    }
}

/// Whether anything can be sent to it at all.
fn may_receive(ip: IpAddr) -> bool {
    !ip.is_unspecified() && !ip.is_multicast() && ip != IpAddr::V4(Ipv4Addr::BROADCAST)
}

/// Resolves names, and refuses numbers that the guard does not admit. Connections are made to what it
/// returns: a name that resolves to something else a moment later gains nothing.
pub(crate) struct GuardedResolver {
    pub(crate) guard: Guard,
    pub(crate) inner: DefaultResolver,
}

impl Resolver for GuardedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let refuse = |failure: Failure| ureq::Error::Other(Box::new(failure));
        let address = Address::webhook(&uri.to_string()).map_err(refuse)?;
        let resolved = self.inner.resolve(uri, config, timeout)?;
        for number in resolved.iter().map(SocketAddr::ip) {
            self.guard.admit_number(&address, number).map_err(refuse)?;
        }
        Ok(resolved)
    }
}

impl fmt::Debug for GuardedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuardedResolver")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(unencrypted: bool, private_addresses: bool) -> Guard {
        Guard { unencrypted, private_addresses }
    }

    #[test]
    fn a_target_is_judged_by_how_it_is_written() {
        let check = |guard: Guard, url: &str, expected: &str| {
            let said = guard.admit(&Address::webhook(url).unwrap());
            let said = said.map_or_else(|error| error.to_string(), |()| String::new());
            assert!(
                if expected.is_empty() { said.is_empty() } else { said.contains(expected) },
                "{url}: {said}"
            );
        };
        let strict = guard(false, false);
        check(strict, "https://receiver.example/", "");
        check(strict, "http://receiver.example/", "`notices.unencrypted`");
        check(strict, "http://127.0.0.1:8080/", "");
        check(strict, "http://[::1]/", "");
        check(strict, "https://10.0.0.1/", "`notices.private_addresses`");
        check(strict, "https://169.254.169.254/", "`notices.private_addresses`");
        check(strict, "https://[::ffff:10.0.0.1]/", "`notices.private_addresses`");
        check(guard(true, false), "http://receiver.example/", "");
        check(guard(true, false), "http://10.0.0.1/", "`notices.private_addresses`");
        check(guard(false, true), "https://10.0.0.1/", "");
        check(guard(false, true), "http://10.0.0.1/", "`notices.unencrypted`");
        check(guard(true, true), "http://0.0.0.0/", "no public address");
        check(guard(true, true), "http://255.255.255.255/", "no public address");
    }

    #[test]
    fn a_name_that_resolves_to_what_is_private_is_refused() {
        let address = |host: &str| Address { is_encrypted: true, host: host.to_owned() };
        let check = |host: &str, ip: &str, expected: bool| {
            let said = guard(false, false).admit_number(&address(host), ip.parse().unwrap());
            assert_eq!(said.is_ok(), expected, "{host} {ip}");
        };
        check("receiver.example", "1.1.1.1", true);
        check("receiver.example", "10.0.0.1", false);
        check("receiver.example", "127.0.0.1", false);
        check("localhost", "127.0.0.1", true);
        check("localhost", "::1", true);
        check("localhost", "10.0.0.1", false);
    }
}
