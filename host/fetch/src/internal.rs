//! Addresses that are not in the public Internet, and that nothing from outside may lead to: the
//! services there trust whoever reaches them.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use limpid_outbound::is_public;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Ends of names that are not in the public Internet
/// ([RFC 6761](https://www.rfc-editor.org/rfc/rfc6761), [RFC 6762](https://www.rfc-editor.org/rfc/rfc6762),
/// `.internal` by ICANN's word).
const INTERNAL: [&str; 4] = [".localhost", ".local", ".internal", ".home.arpa"];

/// Whether a host, without its port, is not in the public Internet, as far as its name tells.
pub(crate) fn host(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(number) = bare.parse::<IpAddr>() {
        return !is_public(number);
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    // What stands for a number in another way, as `0x7f000001` does, has no dot, or is seen for
    // what it is when it has been resolved.
    !name.contains('.') || INTERNAL.iter().any(|end| name.ends_with(end))
}

/// Resolves names, and gives no internal address for one that was not named.
#[derive(Debug)]
pub(crate) struct Guarded {
    inner: DefaultResolver,
    named: BTreeSet<String>,
}

impl Guarded {
    pub(crate) fn new(named: &BTreeSet<String>) -> Self {
        Self { inner: DefaultResolver::default(), named: named.clone() }
    }
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let origin = uri.authority().map(|authority| authority.as_str().to_ascii_lowercase());
        if origin.is_some_and(|origin| self.named.contains(&origin)) {
            return Ok(found);
        }
        let mut public = self.empty();
        for address in found.iter() {
            if is_public(address.ip()) {
                public.push(*address);
            }
        }
        if public.is_empty() { Err(refusal(found.first())) } else { Ok(public) }
    }
}

fn refusal(address: Option<&SocketAddr>) -> ureq::Error {
    let at = address.map_or_else(String::new, |address| format!(" at `{}`", address.ip()));
    let why = format!("its host is{at}, an internal address, to which nothing from outside may lead");
    ureq::Error::Other(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_public_internet_is_told_by_its_name_or_number() {
        let check = |text: &str, expected: bool| assert_eq!(host(text), expected, "{text}");
        for internal in [
            "localhost",
            "LOCALHOST.",
            "metadata",
            "metadata.google.internal",
            "printer.local",
            "2130706433",
            "0x7f000001",
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "198.18.0.1",
            "[::1]",
            "[::]",
            "[fc00::1]",
            "[fe80::1]",
            "[ff02::1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
        ] {
            check(internal, true);
        }
        for public in [
            "security-tracker.debian.org",
            "local.example",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "[2606:4700::1111]",
            "[::ffff:8.8.8.8]",
            "[64:ff9b::808:808]",
        ] {
            check(public, false);
        }
    }
}
