//! Who may do what: the one place that decides it.
//!
//! Each route declares which [`Permission`] it needs; whoever is there may read.
//!
//! Until there are tokens, who may change something is whoever sits on this machine, and those networks that the settings name.
//! Where a request comes from is what its connection says, and not what it says itself: a page in a
//! browser of this machine comes from elsewhere, and so does what a proxy forwards.

mod client;
mod host;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Settings;
use crate::body;
use crate::error::{Code, Failure};
use crate::peer::Peer;
use crate::routes::Endpoint;

/// What a request needs to be allowed. Each is of one role: of somebody who reads, submits, operates or
/// administers; a later one may all that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Permission {
    /// To ask how the service is: of no role.
    Health,
    /// To read what the service knows.
    Read,
    /// To say that something was pushed to a registry: of registries, which have a secret.
    Notify,
    /// To submit images.
    Submit,
    /// To change what is known, of images and of feeds: of operators.
    Operate,
    /// To change where the service sends what it knows: of administrators.
    ChangeSubscriptions,
    /// To change what runs here: of administrators.
    ChangePlugins,
}

impl Permission {
    /// Whether who has it may change something.
    pub(crate) const fn changes(self) -> bool {
        match self {
            Self::Health | Self::Read => false,
            Self::Notify | Self::Submit | Self::Operate | Self::ChangeSubscriptions | Self::ChangePlugins => {
                true
            }
        }
    }
}

/// Who may do what: by the settings, and by what each route declares.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    settings: Arc<Settings>,
    /// By the pattern of the path.
    declared: Arc<HashMap<&'static str, Vec<Endpoint>>>,
}

impl Access {
    pub(crate) fn new(settings: Arc<Settings>, endpoints: &[Endpoint]) -> Self {
        let mut declared: HashMap<_, Vec<_>> = HashMap::new();
        for endpoint in endpoints {
            declared.entry(endpoint.path).or_default().push(endpoint.clone());
        }
        Self { settings, declared: Arc::new(declared) }
    }

    /// All that is declared for a path, by its pattern.
    fn declared(&self, pattern: Option<&str>) -> &[Endpoint] {
        pattern.and_then(|pattern| self.declared.get(pattern)).map_or(&[], Vec::as_slice)
    }
}

/// What a request asks for, of all that is declared for its path.
fn asked<'e>(method: &Method, declared: &'e [Endpoint]) -> Option<&'e Endpoint> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    declared.iter().find(|endpoint| endpoint.method == method)
}

/// What is needed where a path does not take a method, or is none. It is answered only to who might change
/// something there: others learn nothing of it.
fn unless_taken(method: &Method, declared: &[Endpoint]) -> Permission {
    if method.is_safe() {
        return Permission::Read;
    }
    match declared.iter().map(|endpoint| endpoint.permission).max() {
        Some(Permission::Health) => Permission::Health,
        Some(strictest) => strictest.max(Permission::Operate),
        None => Permission::Operate,
    }
}

/// Lets a request through that may do what it would do.
pub(crate) async fn check(State(access): State<Access>, mut request: Request, next: Next) -> Response {
    let declared = access.declared(request.extensions().get::<MatchedPath>().map(MatchedPath::as_str));
    let asked = asked(request.method(), declared);
    let needed =
        asked.map_or_else(|| unless_taken(request.method(), declared), |endpoint| endpoint.permission);
    if let Some(endpoint) = asked {
        request.extensions_mut().insert(endpoint.clone());
    }
    let peer = request.extensions().get::<Peer>().copied();
    match may(&access.settings, needed, peer, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(why) => {
            // Whoever sends before reading gets to read why.
            body::let_go(request.into_body()).await;
            Failure::new(Code::Forbidden, why).into_response()
        }
    }
}

/// # Errors
/// Why it may not, and which setting would allow it.
fn may(
    settings: &Settings,
    needed: Permission,
    peer: Option<Peer>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), String> {
    if !needed.changes() {
        return Ok(());
    }
    if let (Permission::Notify, Some(secret)) = (needed, &settings.event_secret) {
        return match secret.is_in(headers) {
            true => Ok(()),
            false => Err("`Authorization` does not have what setting `events.secret` says".to_owned()),
        };
    }
    let peer = peer.ok_or("it is not known where the request comes from")?;
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
    match needed {
        Permission::ChangePlugins if !is_here && !settings.change_plugins => {
            forbidden("plugins", "http.change_plugins")
        }
        Permission::ChangeSubscriptions if !is_here && !settings.change_subscriptions => {
            forbidden("subscriptions", "http.change_subscriptions")
        }
        _ => Ok(()),
    }
}

fn contains(networks: &[crate::Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

#[cfg(test)]
mod tests;
