//! Who shows what somebody else has signed.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use limpid_identity::{Identities, Identity, Issuer, Refused};
use limpid_scanner::{Guest, Scanner, TOKEN_PREFIX};
use tokio::sync::Mutex;

use super::{Caller, Refusal};
use crate::error::Code;

/// Whom others vouch for, and who is asking them for their keys.
#[derive(Clone)]
pub(super) struct Guests {
    identities: Arc<Identities>,
    /// Of each issuer: however many tokens name a key that is not known, one asks.
    turns: Arc<[Mutex<()>]>,
}

impl Guests {
    pub(super) fn new(identities: Arc<Identities>) -> Self {
        let turns = identities.issuers().iter().map(|_| Mutex::default()).collect();
        Self { identities, turns }
    }

    /// Whether a token is of somebody whom the settings name.
    pub(super) fn concerns(&self, token: &str) -> bool {
        !token.starts_with(TOKEN_PREFIX) && self.identities.concerns(token)
    }

    /// Who shows a token.
    pub(super) async fn caller(&self, scanner: &Scanner, token: &str) -> Result<Caller, Refusal> {
        let identity = self.identify(token).await.map_err(|why| {
            let code = match why {
                Refused::NoRole(_) => Code::Forbidden,
                _ => Code::Unauthorized,
            };
            Refusal::of_anybody(code, why.to_string())
        })?;
        let Identity { name, issuer, role, repositories } = identity;
        let guest = Guest { name, issuer: issuer.clone(), role, repositories };
        let holder = scanner.guest(guest).map_err(|why| {
            Refusal::of_anybody(Code::Forbidden, format!("the token names repositories that are none: {why}"))
        })?;
        Ok(Caller::Guest { holder, issuer })
    }

    async fn identify(&self, token: &str) -> Result<Identity, Refused> {
        let refused = match self.identities.identify(token, now()) {
            Ok(identity) => return Ok(identity),
            Err(refused) => refused,
        };
        let Some(issuer) = self.identities.to_ask(&refused).cloned() else { return Err(refused) };
        let Some(turn) = self.turns.get(issuer.place()) else { return Err(refused) };
        let turn = turn.lock().await;
        // Somebody else may have asked meanwhile.
        if issuer.may_be_asked() {
            refresh(issuer).await;
        }
        drop(turn);
        self.identities.identify(token, now())
    }
}

/// The time of the system, in milliseconds since 1970: what others have signed is of now, wherever the service is.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Fetches the keys of issuers, from now on and time and again.
pub(crate) async fn follow(issuer: Arc<Issuer>) {
    loop {
        refresh(Arc::clone(&issuer)).await;
        tokio::time::sleep(issuer.next()).await;
    }
}

async fn refresh(issuer: Arc<Issuer>) {
    if let Err(error) = tokio::task::spawn_blocking(move || issuer.refresh()).await {
        tracing::error!("keys of an issuer are not fetched: {error}");
    }
}
