//! What operators do with the service itself: backups, retention and settings.

use crate::api::{Backup, BackupWanted, ReloadedSettings, Retention, Settings};
use crate::{Client, Error, encoded};

impl Client {
    /// Has the service begin a backup; [`backup`](Self::backup) says how far it is.
    ///
    /// # Errors
    /// A backup may not go there, or one is being made.
    pub fn begin_backup(&self, wanted: &BackupWanted) -> Result<Backup, Error> {
        self.post("/v1/backups", wanted)
    }

    /// A backup that was begun since the service started.
    ///
    /// # Errors
    /// There is none of that number.
    pub fn backup(&self, id: &str) -> Result<Backup, Error> {
        self.get(&format!("/v1/backups/{}", encoded(id)))
    }

    /// The images that expire by the settings of the service.
    ///
    /// # Errors
    /// The service refuses.
    pub fn expired_images(&self) -> Result<Retention, Error> {
        self.get("/v1/retention")
    }

    /// Has them removed at once.
    ///
    /// # Errors
    /// The service refuses.
    pub fn remove_expired_images(&self) -> Result<Retention, Error> {
        self.act("/v1/retention")
    }

    /// The settings in force and where each comes from, without secrets.
    ///
    /// # Errors
    /// The service refuses.
    pub fn settings(&self) -> Result<Settings, Error> {
        self.get("/v1/settings")
    }

    /// Has the settings read again.
    ///
    /// # Errors
    /// They cannot be used; those from before stay.
    pub fn reload_settings(&self) -> Result<ReloadedSettings, Error> {
        self.act("/v1/settings/reload")
    }
}
