//! What commands of this machine show to the service that has the data directory: a secret that lies in it, which only
//! its owner can read. Each run of the service has another.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::settings::Shown;

/// Where it lies.
fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("operator")
}

/// Writes it for this run.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(data_dir: &Path, secret: &str) -> io::Result<()> {
    let path = path(data_dir);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Nobody else has ever had it open.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(secret.as_bytes())
}

/// Removes it: the service ends.
pub(crate) fn remove(data_dir: &Path) {
    // One that stays opens nothing.
    let _ = fs::remove_file(path(data_dir));
}

/// What the service of a data directory is shown; nothing where it cannot be read.
pub(crate) fn read(data_dir: &Path) -> Shown {
    Shown::new(None, Some(&path(data_dir))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_its_owner_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()).token(), None);
        fs::write(path(directory.path()), "of the last run").unwrap();
        write(directory.path(), "secret").unwrap();
        assert_eq!(read(directory.path()).token(), Some("secret"));
        assert_eq!(fs::metadata(path(directory.path())).unwrap().permissions().mode() & 0o777, 0o600);
        remove(directory.path());
        assert_eq!(read(directory.path()).token(), None);
    }
}
