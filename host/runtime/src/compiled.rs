//! Components that were compiled before, on disk: loading one takes a fraction of a millisecond
//! where compiling it takes some tenths of a second.

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use limpid_model::{Digest, Hasher};
use wasmtime::Engine;
use wasmtime::component::Component;

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Length of the digest that stands behind the compiled code. Behind, because the engine maps a form from its file, and
/// finds the sections of the code from the beginning of that.
const SEAL: usize = 32;

/// Part of the name of each file: a form that is laid out in another way is not looked at.
const LAYOUT: u8 = 2;

/// How much of a form is read at a time to see whether it is whole, in bytes.
const BLOCK: usize = 64 * 1024;

/// A directory of compiled components that only this user can write.
///
/// Compiled code is machine code that the engine trusts. So what is loaded is what this program
/// wrote: the directory belongs to the user that runs it and to nobody else, and each file ends
/// with the digest of the rest, so that one that was cut short or damaged is not loaded.
///
/// What is loaded is mapped from its file and not copied, as programs and shared libraries are: of a plugin only
/// what runs is in memory, and the system may drop it and read it again. Files are replaced by renaming and never
/// written in place, so that what is mapped stays what it was.
#[derive(Debug)]
pub(crate) struct Compiled(PathBuf);

impl Compiled {
    /// Opens the directory, or makes it.
    ///
    /// # Errors
    /// It cannot be made, or others than its owner, who must be the user of this process, can write
    /// to it.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        if !directory.is_dir() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let metadata = fs::symlink_metadata(directory)?;
        // The user of this process, without a call for it: a file that it makes now is its own.
        let own = tempfile::tempfile_in(directory)?.metadata()?.uid();
        if !metadata.is_dir() || metadata.uid() != own || metadata.permissions().mode() & 0o022 != 0 {
            let why = "is no directory that only the user of this process can write";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        Ok(Self(directory.to_owned()))
    }

    /// Opens a directory of compiled forms that came with the plugins. Nothing is written into it.
    ///
    /// # Errors
    /// It is not there, or others than the system's administrator and the user of this process can write to it:
    /// what lies in it runs as this process.
    pub(crate) fn shipped(directory: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(directory)?;
        let own = tempfile::tempfile()?.metadata()?.uid();
        let trusted = metadata.uid() == own || metadata.uid() == 0;
        if !metadata.is_dir() || !trusted || metadata.permissions().mode() & 0o022 != 0 {
            let why = "is no directory that only an administrator or the user of this process can write";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        Ok(Self(directory.to_owned()))
    }

    /// The compiled form of a component, where this engine wrote one and it is whole.
    pub(crate) fn get(&self, engine: &Engine, component: &Digest) -> Option<Component> {
        let path = self.path(engine, component);
        if !is_whole(&path).ok()? {
            tracing::warn!("the compiled form of component {component} is damaged, and is made anew");
            return None;
        }
        load(engine, &path)
    }

    /// Keeps the compiled form of a component, and loads it.
    ///
    /// # Errors
    /// It cannot be kept, or is not what this engine compiles to.
    pub(crate) fn put(&self, engine: &Engine, component: &Digest, code: &[u8]) -> io::Result<Component> {
        let path = self.path(engine, component);
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        file.write_all(code)?;
        file.write_all(Digest::of(code).as_bytes())?;
        file.persist(&path).map_err(|error| error.error)?;
        let foreign = || io::Error::other("the compiler is of another version, or has other settings");
        load(engine, &path).ok_or_else(foreign)
    }

    /// Removes what is older than a week, but for the compiled forms of these components by this
    /// engine: several programs with different plugins may share the directory.
    pub(crate) fn keep_only(&self, engine: &Engine, components: &HashSet<Digest>) {
        let kept: HashSet<PathBuf> = components.iter().map(|digest| self.path(engine, digest)).collect();
        let files = fs::read_dir(&self.0).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in files.filter(|path| !kept.contains(path) && is_old(path)) {
            if let Err(error) = fs::remove_file(&path) {
                tracing::warn!(%error, "`{}` cannot be removed", path.display());
            }
        }
    }

    /// Named after the component, and after the engine's version and settings: code that another
    /// engine compiled is not looked at.
    fn path(&self, engine: &Engine, component: &Digest) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        LAYOUT.hash(&mut hasher);
        self.0.join(format!("{}-{:016x}.cwasm", component.hex(), hasher.finish()))
    }
}

/// Whether a file was written more than a week ago.
fn is_old(path: &Path) -> bool {
    let written = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    written.and_then(|written| written.elapsed().ok()).is_some_and(|age| age > WEEK)
}

/// Whether a file ends with the digest of all that stands before.
fn is_whole(path: &Path) -> io::Result<bool> {
    let file = fs::File::open(path)?;
    let Some(code) = file.metadata()?.len().checked_sub(SEAL as u64) else { return Ok(false) };
    let (mut hasher, mut block) = (Hasher::default(), vec![0; BLOCK]);
    let mut content = (&file).take(code);
    loop {
        match content.read(&mut block)? {
            0 => break,
            read => hasher.update(block.get(..read).unwrap_or_default()),
        }
    }
    let mut seal = [0; SEAL];
    (&file).read_exact(&mut seal)?;
    Ok(hasher.finish().as_bytes() == &seal)
}

/// Maps a form that is whole, or copies it where nothing that lies there may be run (a file system that is mounted
/// with `noexec`).
fn load(engine: &Engine, path: &Path) -> Option<Component> {
    mapped(engine, path).or_else(|| copied(engine, &fs::read(path).ok()?))
}

/// The two places with `unsafe`. What is given here was written by [`Compiled::put`] of a process of
/// this user into a directory that nobody else can write, or came with the plugins in a directory that only an
/// administrator can write; its digest was kept and compared; and it is replaced as a whole and never changed: that is
/// all that [`Component::deserialize_file`] asks for. It refuses by itself what another version of the engine,
/// or one with other settings, wrote.
#[allow(unsafe_code, reason = "loading a precompiled component is unsafe by nature; see above")]
fn mapped(engine: &Engine, path: &Path) -> Option<Component> {
    unsafe { Component::deserialize_file(engine, path) }.ok()
}

/// As [`mapped`], of a copy.
#[allow(unsafe_code, reason = "loading a precompiled component is unsafe by nature; see above")]
fn copied(engine: &Engine, code: &[u8]) -> Option<Component> {
    unsafe { Component::deserialize(engine, code) }.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::guest::GOOD;
    use crate::{Runtime, Settings};

    fn settings() -> Settings {
        Settings { instances: 2, parse_instances: 1, ..Settings::default() }
    }

    fn files(directory: &Path) -> Vec<PathBuf> {
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_was_compiled_once_is_loaded_and_answers_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("compiled");
        let keys = || {
            let runtime = Runtime::with_cache(settings(), &place).unwrap();
            let plugin = runtime.load(&GOOD.component()).unwrap();
            plugin.scheme().unwrap().keys("a test", &["1.0"]).unwrap()
        };
        let first = keys();
        let [file] = files(&place).try_into().unwrap();
        let written = fs::metadata(&file).unwrap().modified().unwrap();
        assert_eq!(keys(), first);
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
    }

    #[test]
    fn what_is_damaged_or_cut_short_is_compiled_again() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("compiled");
        let load = || Runtime::with_cache(settings(), &place).unwrap().load(&GOOD.component()).is_ok();
        assert!(load());
        let [file] = files(&place).try_into().unwrap();
        let whole = fs::read(&file).unwrap();
        for damaged in [&whole[..0], &whole[..10], &whole[..whole.len() - 1]] {
            fs::write(&file, damaged).unwrap();
            assert!(load());
            assert!(is_whole(&file).unwrap(), "the file is whole again");
            assert_eq!(fs::read(&file).unwrap().len(), whole.len());
        }
    }

    #[test]
    fn a_directory_that_others_can_write_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Compiled::open(directory.path()).is_err());
    }

    #[test]
    fn compiled_forms_that_came_with_the_plugins_are_taken_and_nothing_is_written_beside_them() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("shipped");
        Runtime::with_cache(settings(), &place).unwrap().load(&GOOD.component()).unwrap();
        let [file] = files(&place).try_into().unwrap();
        let settings = Settings { compiled_dir: Some(place.clone()), ..settings() };
        let runtime = Runtime::new(settings.clone()).unwrap();
        assert!(runtime.load(&GOOD.component()).is_ok());
        // Were it not taken, the component would be compiled, and so it is where the form is damaged.
        fs::write(&file, b"damaged").unwrap();
        assert!(runtime.load(&GOOD.component()).is_ok());
        assert_eq!(fs::read(&file).unwrap(), b"damaged");
        fs::set_permissions(&place, fs::Permissions::from_mode(0o757)).unwrap();
        let error = Runtime::new(settings).unwrap_err();
        assert!(error.to_string().contains("cannot hold compiled components"), "{error}");
    }

    #[test]
    fn what_is_old_and_belongs_to_no_component_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("compiled");
        let runtime = Runtime::with_cache(settings(), &place).unwrap();
        let plugin = runtime.load(&GOOD.component()).unwrap();
        fs::write(place.join("old.cwasm"), b"of another engine").unwrap();
        runtime.forget_compiled_except(&HashSet::new());
        assert_eq!(files(&place).len(), 2);
        for file in files(&place) {
            let file = fs::File::options().write(true).open(file).unwrap();
            file.set_modified(std::time::SystemTime::now() - 2 * WEEK).unwrap();
        }
        runtime.forget_compiled_except(&HashSet::from([plugin.id().digest]));
        assert_eq!(files(&place).len(), 1);
    }
}
