use std::collections::BTreeMap;

use limpid_model::AccessRole;

use crate::algorithm::Key;
use crate::claims::Times;
use crate::settings::{BadSettings, SharedKeySettings};
use crate::token::Token;
use crate::{Identity, Refused};

/// Shortest key, in bytes ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)).
const KEY_BYTES: usize = 32;

/// How far clocks may differ, and how long a token may be good for, in seconds: Clair's clients make one for each
/// request or for five minutes.
const TIMES: Times = Times { leeway: 15, lifetime: 60 * 60 };

/// A key that programs share with this service.
pub(crate) struct SharedKey {
    key: Key,
    issuers: BTreeMap<String, AccessRole>,
}

impl std::fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedKey").field("issuers", &self.issuers).finish_non_exhaustive()
    }
}

impl SharedKey {
    pub(crate) fn new(settings: SharedKeySettings) -> Result<Self, BadSettings> {
        let SharedKeySettings { key, issuers } = settings;
        if key.len() < KEY_BYTES {
            return Err(BadSettings::of_shared(format!(
                "the key has {} bytes, and at least {KEY_BYTES} are needed: `openssl rand -base64 32` makes one",
                key.len()
            )));
        }
        if issuers.is_empty() {
            return Err(BadSettings::of_shared(
                "`issuers` says what each program may that signs with the key, such as `{ quay = \"operate\" }`",
            ));
        }
        Ok(Self { key: Key::Shared(key), issuers })
    }

    /// Whether somebody may sign with it by that name.
    pub(crate) fn names(&self, issuer: &str) -> bool {
        self.issuers.contains_key(issuer)
    }

    pub(crate) fn identify(&self, token: Token<'_>, now: u64) -> Result<Identity, Refused> {
        let Some((issuer, role)) = self.issuers.get_key_value(&token.issuer) else {
            return Err(crate::unknown(&token.issuer, "`access.psk.issuers`"));
        };
        token.claims(&self.key)?.check_times(now, &TIMES)?;
        Ok(Identity { name: format!("psk:{issuer}"), issuer: None, role: *role, repositories: Vec::new() })
    }
}
