/// A backup that a service makes, or has made since it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupRun {
    /// Its number, from 1 on since the service started.
    pub id: u64,
    /// The directory of backups to which it goes.
    pub to: String,
    /// When it began, in milliseconds since 1970.
    pub began: u64,
    /// Files of it.
    pub files: u64,
    /// Those that are done.
    pub files_done: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Those that are done.
    pub bytes_done: u64,
    /// How it went; none while it is under way.
    pub ended: Option<BackupEnd>,
}

/// How a backup went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupEnd {
    /// It is made.
    Made {
        /// What it is called.
        name: String,
        /// Files that no earlier backup had.
        new_files: u64,
        /// How long they are together, in bytes.
        new_bytes: u64,
    },
    /// It is not.
    Failed {
        /// Why.
        why: String,
    },
}
