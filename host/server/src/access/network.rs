//! What somebody may who shows no token, by where the request comes from.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri};

use super::{Permission, client, host};
use crate::Settings;
use crate::peer::Peer;

/// Whether a request that changes something is taken from there.
///
/// # Errors
/// Why it may not, and which setting would allow it.
pub(super) fn may(
    settings: &Settings,
    needed: Permission,
    peer: Option<Peer>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), String> {
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
        Permission::BackUp if !is_here => {
            Err("backups are made for this machine only, and for whoever has a token of role `admin`"
                .to_owned())
        }
        Permission::Oversee | Permission::ChangeTokens if !is_here => {
            Err("who may do what is known to this machine only, and to whoever has a token of role `admin`"
                .to_owned())
        }
        Permission::Profile if !is_here => {
            Err("profiles are made for this machine only, and for whoever has a token of role `admin`"
                .to_owned())
        }
        Permission::ChangeSettings if !is_here => {
            Err("settings are read again for this machine only, and for whoever has a token of role `admin`"
                .to_owned())
        }
        _ => Ok(()),
    }
}

pub(super) fn contains(networks: &[crate::Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}
