//! Backups.

use limpid_model::{BackupEnd, BackupRun};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Word, time};

/// A backup that the service makes, or has made since it started.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Backup {
    /// Its number since the service started.
    pub id: String,
    /// `running`, `made` or `failed`.
    #[schema(value_type = String)]
    pub state: Word,
    /// The directory of backups to which it goes.
    pub to: String,
    /// When it began.
    #[schema(format = DateTime)]
    pub began: String,
    /// Files of it, as far as they are known.
    pub files: u64,
    /// Those that are done.
    pub files_done: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Those that are done.
    pub bytes_done: u64,
    /// What it is called in its directory; null: it is not made.
    #[schema(required)]
    pub name: Option<String>,
    /// Files that no earlier backup had; null: it is not made.
    #[schema(required)]
    pub new_files: Option<u64>,
    /// How long they are together; null: it is not made.
    #[schema(required)]
    pub new_bytes: Option<u64>,
    /// Why it failed; null: it did not.
    #[schema(required)]
    pub error: Option<String>,
}

/// What is to be backed up where.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupWanted {
    /// A directory on the machine of the service; none: that of setting `backup.directory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub to: Option<String>,
    /// Whether files are read and written again that an earlier backup has.
    #[serde(default)]
    pub read_all: bool,
}

impl From<BackupRun> for Backup {
    fn from(run: BackupRun) -> Self {
        let BackupRun { id, to, began, files, files_done, bytes, bytes_done, ended } = run;
        let mut backup = Self {
            id: id.to_string(),
            state: "running".into(),
            to,
            began: time(began),
            files,
            files_done,
            bytes,
            bytes_done,
            name: None,
            new_files: None,
            new_bytes: None,
            error: None,
        };
        match ended {
            None => {}
            Some(BackupEnd::Made { name, new_files, new_bytes }) => {
                backup.state = "made".into();
                backup.name = Some(name);
                backup.new_files = Some(new_files);
                backup.new_bytes = Some(new_bytes);
            }
            Some(BackupEnd::Failed { why }) => {
                backup.state = "failed".into();
                backup.error = Some(why);
            }
        }
        backup
    }
}
