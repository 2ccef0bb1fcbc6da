//! Addresses that are not in the public Internet, and that nothing from outside may lead to: the
//! services there trust whoever reaches them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

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
        return ip(number);
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    // What stands for a number in another way, as `0x7f000001` does, has no dot, or is seen for
    // what it is when it has been resolved.
    !name.contains('.') || INTERNAL.iter().any(|end| name.ends_with(end))
}

/// Whether a number is not of the public Internet
/// ([IPv4](https://www.iana.org/assignments/iana-ipv4-special-registry),
/// [IPv6](https://www.iana.org/assignments/iana-ipv6-special-registry)).
fn ip(number: IpAddr) -> bool {
    match number {
        IpAddr::V4(number) => v4(number),
        IpAddr::V6(number) => v6(number),
    }
}

fn v4(number: Ipv4Addr) -> bool {
    let [a, b, c, _] = number.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = (a, b, c) == (192, 0, 0);
    let benchmarks = a == 198 && (b == 18 || b == 19);
    number.is_private()
        || number.is_loopback()
        || number.is_link_local()
        || number.is_multicast()
        || number.is_documentation()
        || (shared || protocols || benchmarks)
        || (a == 0 || a >= 240)
}

fn v6(number: Ipv6Addr) -> bool {
    let [first, second, .., high, low] = number.segments();
    let embedded = || {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    if let Some(mapped) = number.to_ipv4_mapped() {
        return v4(mapped);
    }
    // What a translator makes an IPv4 address of (RFC 6052).
    if (first, second) == (0x64, 0xff9b) {
        return v4(embedded());
    }
    // Of what is there only a part is the public Internet.
    (first & 0xe000) != 0x2000 || (first, second) == (0x2001, 0xdb8) || first == 0x2002
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
            if !ip(address.ip()) {
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
