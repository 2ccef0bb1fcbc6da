use std::io::{self, Write as _};

use crate::{Error, Settings};

/// How much a trial writes, in bytes.
const TRIAL: usize = 64 << 10;

/// How full the disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that are free.
    pub free: u64,
    /// Bytes that there are.
    pub total: u64,
}

/// A temporary file without a name.
///
/// # Errors
/// Where the system has none to give.
pub(crate) fn scratch_file(settings: &Settings) -> Result<std::fs::File, Error> {
    let scratch = &settings.scratch;
    tempfile::tempfile_in(scratch).map_err(|source| Error::Host {
        what: format!("no file can be made in `{}`", scratch.display()),
        source,
    })
}

/// How much room the file system has on which submissions and temporary files lie.
///
/// # Errors
/// [`Error::Host`] where the system does not say.
pub(crate) fn room(settings: &Settings) -> Result<Room, Error> {
    let scratch = &settings.scratch;
    let found = rustix::fs::statvfs(scratch).map_err(|error| Error::Host {
        what: format!("the file system of `{}` cannot be asked how full it is", scratch.display()),
        source: error.into(),
    })?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Ok(Room { free: bytes(found.f_bavail), total: bytes(found.f_blocks) })
}

/// Fails where that file system is full.
///
/// # Errors
/// [`Error::NoRoom`] where less is free than setting `index.free_bytes`.
pub(crate) fn require_room(settings: &Settings) -> Result<(), Error> {
    let (free, least) = (room(settings)?.free, settings.free_bytes);
    if free < least {
        return Err(Error::NoRoom { path: settings.scratch.clone(), free, least });
    }
    Ok(())
}

/// Fails where what comes from elsewhere would take room that others need: what is fetched is not acknowledged, and
/// must not be what makes the service refuse submissions.
///
/// # Errors
/// Less is free than twice setting `index.free_bytes`.
pub(crate) fn require_spare_room(settings: &Settings) -> io::Result<()> {
    let (free, least) = (room(settings).map_err(io::Error::other)?.free, settings.free_bytes);
    if free < least.saturating_mul(2) {
        let scratch = settings.scratch.display();
        let why = format!(
            "the file system of `{scratch}` is nearly full: {free} bytes are free, and layers that are fetched leave twice \
             the {least} of setting `index.free_bytes`"
        );
        return Err(io::Error::new(io::ErrorKind::StorageFull, why));
    }
    Ok(())
}

/// Fails where nothing can be written: by writing a little to a file without a name, because a quota
/// does not show in what is free.
///
/// # Errors
/// [`Error::NoRoom`], or [`Error::Host`] with what the system says.
pub(crate) fn try_writing(settings: &Settings) -> Result<(), Error> {
    require_room(settings)?;
    let mut file = scratch_file(settings)?;
    file.write_all(&[1; TRIAL]).map_err(|source| Error::Host {
        what: format!("nothing can be written in `{}`", settings.scratch.display()),
        source,
    })
}

#[cfg(test)]
mod tests {
    use limpid_store::Store;

    use crate::Error;
    use crate::test_support::scanner_with;

    #[test]
    fn less_room_than_is_wanted_is_none() {
        let (scanner, _scratch) = scanner_with(Store::in_memory(), |settings| settings.free_bytes = 1);
        let room = scanner.room().unwrap();
        assert!(room.free > 0 && room.free <= room.total);
        scanner.try_writing().unwrap();
        let (scanner, _scratch) = scanner_with(Store::in_memory(), |settings| settings.free_bytes = u64::MAX);
        let error = scanner.try_writing().unwrap_err();
        assert!(matches!(error, Error::NoRoom { .. }) && error.is_for_lack_of_room());
        assert!(error.to_string().contains("`index.free_bytes`"), "{error}");
        let error = scanner.require_spare_room().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
        assert!(error.to_string().contains("`index.free_bytes`"), "{error}");
    }
}
