use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use super::network::contains;
use crate::Settings;
use crate::peer::Peer;

/// Headers besides `x-forwarded-*` by which proxies say that they forward.
const FORWARDING: [&str; 9] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
];

/// Who asks: the peer, or for whom a proxy says that it forwards, where its word counts.
///
/// # Errors
/// Somebody forwards whose word does not count, or who does not say for whom.
pub(super) fn of(settings: &Settings, peer: Peer, headers: &HeaderMap) -> Result<IpAddr, String> {
    let Some(forwarding) = forwarding(headers) else { return Ok(peer.address) };
    if !contains(&settings.proxies, peer.address) {
        return Err(format!(
            "the request was forwarded (header `{forwarding}`) by `{}`, which setting `http.proxies` does not \
             name",
            peer.address
        ));
    }
    let unknown = || {
        format!(
            "proxy `{}` does not say for whom it forwards the request, in header `x-forwarded-for` or \
             `forwarded`",
            peer.address
        )
    };
    let chain = chain(headers).ok_or_else(unknown)?;
    // Each proxy adds whom it saw at the end: the last that is no proxy of ours is whom ours saw.
    let known = |address: &IpAddr| contains(&settings.proxies, *address);
    let beyond = chain.iter().rev().find(|address| !known(address));
    beyond.or(chain.first()).copied().ok_or_else(unknown)
}

/// The header that says that somebody forwards the request; none where it says nothing.
fn forwarding(headers: &HeaderMap) -> Option<&str> {
    headers.keys().map(|name| name.as_str()).find(|name| is_forwarding(name))
}

/// Whether a header says that somebody forwards a request, or for whom.
pub(crate) fn is_forwarding(name: &str) -> bool {
    name.starts_with("x-forwarded") || FORWARDING.contains(&name)
}

/// For whom the request was forwarded, from the first to the last; none where that is not stated, or not
/// readable.
fn chain(headers: &HeaderMap) -> Option<Vec<IpAddr>> {
    let lists = |name: &str| -> Option<Vec<String>> {
        let values = headers.get_all(name).iter().map(|value| value.to_str().map(str::to_owned));
        values.collect::<Result<_, _>>().ok()
    };
    let chain: Option<Vec<_>> = if headers.contains_key("x-forwarded-for") {
        let values = lists("x-forwarded-for")?;
        values.iter().flat_map(|value| value.split(',')).map(address).collect()
    } else if headers.contains_key("forwarded") {
        let values = lists("forwarded")?;
        values.iter().flat_map(|value| value.split(',')).map(forwarded_for).collect()
    } else {
        lists("x-real-ip")?.iter().map(|value| address(value)).collect()
    };
    chain.filter(|chain| !chain.is_empty())
}

/// The `for` of an element of `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239#section-4)).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| address(value.trim().trim_matches('"')))?
    })
}

/// An address, with its port or without.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}
