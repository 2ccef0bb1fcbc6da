//! Who has no token of this service, and is known by what somebody else says of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use limpid_model::{AccessRole, Token, TokenSpec};
use parking_lot::Mutex;

use super::pace::Pace;
use super::{Holder, globs};
use crate::Error;
use crate::settings::AccessSettings;

/// Most of them that are remembered. Of each it is known how often they ask.
const GUESTS: usize = 10_000;

/// What somebody else says of a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// What they are called in the record of changes.
    pub name: String,
    /// Who says so: of two of one name each is somebody else.
    pub issuer: Option<String>,
    /// What they are allowed.
    pub role: AccessRole,
    /// Globs of the repositories that they see; none: everything.
    pub repositories: Vec<String>,
}

/// By whom a guest is named, and how.
type Key = (Option<String>, String);

/// Those that were here lately.
#[derive(Default)]
pub(crate) struct Guests(Mutex<HashMap<Key, Arc<Holder>>>);

impl Guests {
    /// Goes on by other settings.
    pub(crate) fn change(&self, settings: &AccessSettings) {
        self.0.lock().values().for_each(|holder| holder.pace.change(settings));
    }

    /// A guest, as a holder: what is said of them may be something else each time, and how often they ask stays.
    pub(crate) fn of(&self, guest: Guest, settings: &AccessSettings) -> Result<Arc<Holder>, Error> {
        let Guest { name, issuer, role, repositories } = guest;
        let key = (issuer, name);
        let known = self.0.lock().get(&key).cloned();
        if let Some(holder) = &known
            && holder.token.spec.role == role
            && holder.token.spec.repositories == repositories
        {
            return Ok(Arc::clone(holder));
        }
        let globs = globs(&repositories)?;
        let pace = known.map_or_else(|| Arc::new(Pace::new(settings)), |holder| Arc::clone(&holder.pace));
        let spec = TokenSpec { name: key.1.clone(), role, repositories, expires: None };
        let token = Token { id: String::new(), spec, created: 0, last_used: None };
        let holder = Arc::new(Holder { token, secret: None, globs, last_used: AtomicU64::new(0), pace });
        let mut all = self.0.lock();
        if all.len() >= GUESTS && !all.contains_key(&key) {
            // Whoever asks now is remembered all the same.
            all.retain(|_, holder| Arc::strong_count(holder) > 1);
            if all.len() >= GUESTS {
                return Ok(holder);
            }
        }
        all.insert(key, Arc::clone(&holder));
        Ok(holder)
    }
}
