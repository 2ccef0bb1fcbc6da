//! Who may do what, and who did.

use std::sync::Arc;

use limpid_model::{AuditPosition, AuditRecord, NewToken, Page, Token, TokenSpec};

use crate::access::{self, Guest, Holder, Taken};
use crate::error::Refused;
use crate::{Error, Scanner};

impl Scanner {
    /// All tokens, by name.
    ///
    /// # Errors
    /// The store fails.
    pub fn tokens(&self) -> Result<Vec<Token>, Error> {
        access::tokens(self.store())
    }

    /// Makes a token. Its secret is known to nobody afterwards but whoever is told it here.
    ///
    /// # Errors
    /// [`Error::Token`] where there is one of that name, there are too many, or it makes no sense.
    pub fn create_token(&self, spec: TokenSpec) -> Result<NewToken, Error> {
        access::create((self.writers(), &self.0.tokens), self.settings(), spec)
    }

    /// Takes a token no longer, by its name or by what it begins with.
    ///
    /// # Errors
    /// [`Error::Token`] where there is none.
    pub fn revoke_token(&self, name: &str) -> Result<(), Error> {
        access::revoke((self.writers(), &self.0.tokens), name)
    }

    /// Whose token this is. Nothing is read for it.
    ///
    /// # Errors
    /// It is nobody's, or over.
    pub fn token(&self, secret: &str) -> Result<Taken, Refused> {
        self.0.tokens.taken(self.settings().clock.now(), secret)
    }

    /// Who has no token, and is known by what somebody else says of them. Nothing is read for it.
    ///
    /// # Errors
    /// [`Error::Token`] where their repositories make no sense.
    pub fn guest(&self, guest: Guest) -> Result<Arc<Holder>, Error> {
        self.0.guests.of(guest, &self.settings().access)
    }

    /// Notes that a token was used now.
    ///
    /// # Errors
    /// The store fails.
    pub fn note_use(&self, id: &str) -> Result<(), Error> {
        access::note_use(self.writers(), id, self.settings().clock.now())
    }

    /// Adds to the record of what was changed: it is written when this returns. Time and number are those of this
    /// moment.
    ///
    /// # Errors
    /// The store fails.
    pub fn record_change(&self, record: AuditRecord) -> Result<(), Error> {
        access::record((self.writers(), &self.0.records), self.settings(), record)
    }

    /// What was changed, the last first, before a position, `limit` records at most.
    ///
    /// # Errors
    /// The store fails.
    pub fn changes(
        &self,
        before: Option<AuditPosition>,
        limit: usize,
    ) -> Result<Page<AuditRecord, AuditPosition>, Error> {
        access::records(self.store(), before, limit)
    }
}
