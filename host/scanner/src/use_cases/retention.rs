//! Images that have expired.

use limpid_bytes::Stop;
use limpid_model::ExpiredImage;

use crate::{Error, Scanner};

impl Scanner {
    /// The images that expire by the settings `retention.*`, those that were submitted longest ago first.
    ///
    /// # Errors
    /// The store fails.
    pub fn expired_images(&self) -> Result<Vec<ExpiredImage>, Error> {
        self.expiring().plan()
    }

    /// Removes them, and says which are removed.
    ///
    /// # Errors
    /// The store fails. What was removed before stays removed.
    pub fn remove_expired_images(&self) -> Result<Vec<ExpiredImage>, Error> {
        self.expiring().run(&Stop::default())
    }
}
