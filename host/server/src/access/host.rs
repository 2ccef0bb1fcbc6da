use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};

use crate::Settings;
use crate::peer::Peer;

/// Whether the request is addressed to this service by a name that is known to be its own, and no page of
/// another one has sent it. A page on any other name may lead a browser here all the same: whoever owns a
/// name says which number it has.
///
/// # Errors
/// Why it is not taken for one that is meant.
pub(super) fn check(settings: &Settings, peer: Peer, uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
    let host = host(uri, headers)?;
    if !is_own(settings, peer, host.host()) {
        return Err(format!(
            "the request is addressed to `{}`, which is no name of this service: setting `http.hosts` names \
             those besides `localhost`",
            host.host()
        ));
    }
    of_this_site(uri, headers)
}

/// Whether no page of another site has sent the request, as far as browsers say it.
///
/// # Errors
/// One has, by which header.
pub(crate) fn of_this_site(uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
    let host = host(uri, headers)?;
    let of_a_page = |message: &str| {
        Err(format!("pages of others in a browser change nothing here: the request says `{message}`"))
    };
    for site in headers.get_all("sec-fetch-site") {
        match site.as_bytes() {
            b"none" | b"same-origin" => {}
            other => return of_a_page(&format!("sec-fetch-site: {}", String::from_utf8_lossy(other))),
        }
    }
    for origin in headers.get_all(header::ORIGIN) {
        if !origin.to_str().is_ok_and(|origin| is_same(origin, &host)) {
            return of_a_page(&format!("origin: {}", String::from_utf8_lossy(origin.as_bytes())));
        }
    }
    Ok(())
}

/// To whom the request is addressed.
fn host(uri: &Uri, headers: &HeaderMap) -> Result<Authority, String> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).and_then(|host| host.parse().ok());
    match (uri.authority(), host, hosts.next()) {
        (Some(authority), _, None) => Ok(authority.clone()),
        (None, Some(host), None) => Ok(host),
        _ => Err("the request does not say in one header `host` to whom it is addressed".to_owned()),
    }
}

fn is_own(settings: &Settings, peer: Peer, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        let address = address.to_canonical();
        // A number is nobody's to give away: what was sent there was meant for there.
        return address.is_loopback() || address == peer.local || is_named(settings, bare);
    }
    host == "localhost" || host.ends_with(".localhost") || is_named(settings, &host)
}

fn is_named(settings: &Settings, host: &str) -> bool {
    settings.hosts.iter().any(|name| name.trim_end_matches('.').eq_ignore_ascii_case(host))
}

/// Whether an origin is the page of this very service.
fn is_same(origin: &str, host: &Authority) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(usual);
    authority
        .parse::<Authority>()
        .is_ok_and(|origin| origin.host().eq_ignore_ascii_case(host.host()) && port(&origin) == port(host))
}
