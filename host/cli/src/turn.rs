//! Whose turn it is to work on the data directory: one process has it open at a time, and the others
//! wait for it, or ask it where it is a service.
//!
//! The lock and who holds it are one file. What it says counts only while it is locked, so that
//! nothing of a process that was killed is ever believed.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::operator;
use crate::service::Service;

/// How often the lock is tried.
const EACH: Duration = Duration::from_millis(50);

/// After how long it is stated who is waited for.
const STATED_AFTER: Duration = Duration::from_secs(1);

/// What is read of the lock's file, in bytes.
const LONGEST: u64 = 4_096;

/// That this process has the data directory, until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    file: File,
    holder: Holder,
}

/// What a process that wants the data directory gets.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The directory.
    Turn(Turn),
    /// The service that has it.
    Service(Service),
}

/// Who has the data directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) pid: u32,
    /// `limpid scan`.
    command: String,
    /// Where it is asked, once it answers.
    address: Option<String>,
}

impl Turn {
    /// Waits for the data directory for so long at most.
    ///
    /// # Errors
    /// It cannot be made, or the time is over.
    pub(crate) fn take(data_dir: &Path, command: &str, longest: Duration) -> anyhow::Result<Outcome> {
        let directory = data_dir.display();
        // What is in it is for its owner alone, a new one at least: reports, and what commands show to the service.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data_dir)
            .with_context(|| format!("data directory `{directory}` cannot be made"))?;
        let path = data_dir.join("lock");
        let what = || format!("`{}` cannot be locked", path.display());
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = options.with_context(what)?;
        // Others could hold it, and say that they are the service. Of whom it is not can change nothing.
        let _ = file.set_permissions(Permissions::from_mode(0o600));
        let (begun, mut message) = (Instant::now(), false);
        loop {
            match file.try_lock() {
                Ok(()) => {
                    let holder =
                        Holder { pid: std::process::id(), command: command.to_owned(), address: None };
                    let mut turn = Self { file, holder };
                    turn.write().with_context(what)?;
                    return Ok(Outcome::Turn(turn));
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error).with_context(what),
            }
            let holder = Holder::read(&mut file);
            if let Some(service) = holder.as_ref().and_then(|holder| holder.service(data_dir)) {
                return Ok(Outcome::Service(service));
            }
            let holder = holder.map_or_else(|| "another process".to_owned(), |holder| holder.to_string());
            if begun.elapsed() >= longest {
                bail!(
                    "data directory `{directory}` is in use by {holder}, for more than {} seconds: wait \
                     longer with `--wait SECONDS`, or choose another directory with `--data-dir`",
                    longest.as_secs()
                );
            }
            if !message && begun.elapsed() >= STATED_AFTER {
                eprintln!("waiting for data directory `{directory}`, which is in use by {holder}");
                message = true;
            }
            thread::sleep(EACH.min(longest));
        }
    }

    /// Says where this process is asked for what others would do themselves.
    pub(crate) fn answers_at(&mut self, address: String) -> std::io::Result<()> {
        self.holder.address = Some(address);
        self.write()
    }

    fn write(&mut self) -> std::io::Result<()> {
        let text = serde_json::to_vec(&self.holder)?;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&text)
    }
}

/// Who has a data directory now; none where nobody has, or nobody can say. Nothing is made or waited for.
pub(crate) fn holder(data_dir: &Path) -> Option<Holder> {
    let mut file = File::open(data_dir.join("lock")).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Holder::read(&mut file),
        _ => None,
    }
}

/// The service that has a data directory now; none where none answers. Nothing is made or waited for.
pub(crate) fn running_service(data_dir: &Path) -> Option<Service> {
    holder(data_dir)?.service(data_dir)
}

impl Holder {
    /// Whether it is a service that can be asked.
    pub(crate) const fn is_service(&self) -> bool {
        self.address.is_some()
    }

    /// None where it is just being written.
    fn read(file: &mut File) -> Option<Self> {
        file.rewind().ok()?;
        let mut text = Vec::new();
        file.take(LONGEST).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// The service that has it, where it answers; whoever may read the directory may do everything with it.
    fn service(&self, data_dir: &Path) -> Option<Service> {
        let service = Service::on_this_machine(self.address.as_deref()?, &operator::read(data_dir)).ok()?;
        service.answers().then_some(service)
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` (process {})", self.command, self.pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(directory: &Path, longest: Duration) -> anyhow::Result<Outcome> {
        Turn::take(directory, "limpid scan", longest)
    }

    #[test]
    fn whoever_comes_second_waits_and_is_told_for_whom() {
        let directory = tempfile::tempdir().unwrap();
        let first = take(directory.path(), Duration::ZERO).unwrap();
        let error = take(directory.path(), Duration::ZERO).unwrap_err().to_string();
        let process = format!("`limpid scan` (process {})", std::process::id());
        assert!(error.contains(&process) && error.contains("--wait"), "{error}");
        thread::scope(|scope| {
            let second = scope.spawn(|| take(directory.path(), Duration::from_secs(60)));
            drop(first);
            assert!(matches!(second.join().unwrap().unwrap(), Outcome::Turn(_)));
        });
    }

    #[test]
    fn what_a_process_left_behind_is_not_believed() {
        let directory = tempfile::tempdir().unwrap();
        let stale = Holder {
            pid: 1,
            command: "limpid serve".to_owned(),
            address: Some("http://127.0.0.1:1".to_owned()),
        };
        std::fs::write(directory.path().join("lock"), serde_json::to_vec(&stale).unwrap()).unwrap();
        let Outcome::Turn(mut turn) = take(directory.path(), Duration::ZERO).unwrap() else {
            panic!("nobody holds it");
        };
        // One that does not answer is waited for as any other.
        turn.answers_at("http://127.0.0.1:1".to_owned()).unwrap();
        assert!(take(directory.path(), Duration::ZERO).unwrap_err().to_string().contains("in use by"));
    }
}
