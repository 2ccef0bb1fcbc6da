use crate::api::{Audit, MadeToken, TokenWanted, Tokens};
use crate::images::page;
use crate::{Client, Error, encoded};

impl Client {
    /// All tokens by name, without their secrets.
    ///
    /// # Errors
    /// The service refuses.
    pub fn tokens(&self) -> Result<Tokens, Error> {
        self.get("/v1/tokens")
    }

    /// Makes a token. Its secret is shown this once.
    ///
    /// # Errors
    /// It makes no sense, or there is one of that name.
    pub fn create_token(&self, wanted: &TokenWanted) -> Result<MadeToken, Error> {
        self.post("/v1/tokens", wanted)
    }

    /// Takes a token no longer, by its name or identifier.
    ///
    /// # Errors
    /// There is none.
    pub fn revoke_token(&self, name: &str) -> Result<(), Error> {
        self.remove(&format!("/v1/tokens/{}", encoded(name)))
    }

    /// A page of what was changed, the last first; `after` is `next` of the page before.
    ///
    /// # Errors
    /// The service refuses.
    pub fn audit(&self, after: Option<&str>, limit: usize) -> Result<Audit, Error> {
        self.get(&format!("/v1/audit?limit={limit}{}", page(after)))
    }
}
