//! Who may change something.
//!
//! Until there are tokens it is whoever sits on this machine, and those networks that the settings name.
//! Where a request comes from is what its connection says, and not what it says itself: a page in a
//! browser of this machine comes from elsewhere, and so does what a proxy forwards.

mod client;
mod host;

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Settings;
use crate::error::Failure;
use crate::peer::Peer;
use crate::routes::body;
use crate::state::AppState;

/// What a request would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Images, documents, what feeds hold.
    Content,
    Plugins,
    Subscriptions,
}

/// Lets a request that changes something through where it may.
pub(crate) async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if is_safe(request.method()) {
        return next.run(request).await;
    }
    let allowed = match request.extensions().get::<Peer>() {
        Some(peer) => may_change(&state.settings, *peer, request.uri(), request.headers()),
        None => Err("it is not known where the request comes from".to_owned()),
    };
    match allowed {
        Ok(()) => next.run(request).await,
        Err(why) => {
            // Whoever sends before reading gets to read why.
            body::let_go(request.into_body()).await;
            Failure::new(StatusCode::FORBIDDEN, "forbidden", why).into_response()
        }
    }
}

/// Whether a method changes nothing ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1)).
const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// # Errors
/// Why it may not, and which setting would allow it.
fn may_change(settings: &Settings, peer: Peer, uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
    let client = client::of(settings, peer, headers)?;
    let is_here = client.is_loopback();
    if !is_here && !contains(&settings.writers, client) {
        return Err(format!(
            "requests that change something are not taken from `{client}`: setting `http.writers` names the \
             networks besides this machine from which they are"
        ));
    }
    host::check(settings, peer, uri, headers)?;
    let forbidden = |what: &str, setting: &str| {
        Err(format!("{what} are changed from this machine only, or where setting `{setting}` allows it"))
    };
    match class(uri.path()) {
        Class::Plugins if !is_here && !settings.change_plugins => forbidden("plugins", "http.change_plugins"),
        Class::Subscriptions if !is_here && !settings.change_subscriptions => {
            forbidden("subscriptions", "http.change_subscriptions")
        }
        _ => Ok(()),
    }
}

fn class(path: &str) -> Class {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (Some("v1"), Some("plugins")) => Class::Plugins,
        // To send notices again is to send what the service knows.
        (Some("v1"), Some("subscriptions" | "notices")) => Class::Subscriptions,
        _ => Class::Content,
    }
}

fn contains(networks: &[crate::Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

#[cfg(test)]
mod tests;
