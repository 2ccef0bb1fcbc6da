//! Plugins that a package installed, in the plugins directory of a service that may not change them.
//!
//! The files of a package belong to the package manager. The plugins directory has links to them: an update of
//! the package shows through, `limpid plugin add` puts a file in the place of a link, and `limpid plugin remove`
//! removes the link alone. A list in the directory says which were linked, so that a plugin that somebody removed
//! does not come back with the next start.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// Which files of the package have been linked, a name a line.
const LIST: &str = ".packaged";

/// Links the plugins in `packaged` that were not linked before into `plugins`, and removes links to those that
/// the package has no longer.
///
/// # Errors
/// A directory cannot be read, or the plugins directory cannot be written.
pub(crate) fn link(packaged: &Path, plugins: &Path) -> anyhow::Result<()> {
    let cannot = || {
        format!("packaged plugins of `{}` cannot be linked into `{}`", packaged.display(), plugins.display())
    };
    fs::create_dir_all(plugins).with_context(cannot)?;
    let there = names(packaged).with_context(cannot)?;
    let linked = read_list(plugins).with_context(cannot)?;
    for name in there.difference(&linked) {
        link_one(packaged, plugins, name).with_context(cannot)?;
    }
    for name in linked.difference(&there) {
        remove_link(packaged, plugins, name).with_context(cannot)?;
    }
    if there != linked {
        write_list(plugins, &there).with_context(cannot)?;
    }
    Ok(())
}

/// The components of a directory and the signatures beside them.
fn names(directory: &Path) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(directory)? {
        if let Ok(name) = entry?.file_name().into_string()
            && (name.ends_with(".wasm") || name.ends_with(".wasm.sig"))
        {
            names.insert(name);
        }
    }
    Ok(names)
}

fn link_one(packaged: &Path, plugins: &Path, name: &str) -> io::Result<()> {
    let (from, to) = (packaged.join(name), plugins.join(name));
    match symlink(&from, &to) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // Somebody's own plugin goes before that of the package. A copy of it, such as a restored one, would stay
            // behind the package.
            if !fs::symlink_metadata(&to)?.is_file() || fs::read(&to)? != fs::read(&from)? {
                return Ok(());
            }
            let unfinished = plugins.join(format!(".{name}.link"));
            match fs::remove_file(&unfinished) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            symlink(&from, &unfinished)?;
            fs::rename(&unfinished, &to)
        }
        other => other,
    }
}

/// Removes what is still the link that was made; a file that took its place stays.
fn remove_link(packaged: &Path, plugins: &Path, name: &str) -> io::Result<()> {
    let path = plugins.join(name);
    match fs::read_link(&path) {
        Ok(target) if target == packaged.join(name) => fs::remove_file(&path),
        _ => Ok(()),
    }
}

fn read_list(plugins: &Path) -> io::Result<BTreeSet<String>> {
    match fs::read_to_string(plugins.join(LIST)) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

fn write_list(plugins: &Path, names: &BTreeSet<String>) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(plugins)?;
    for name in names {
        writeln!(file, "{name}")?;
    }
    file.as_file().sync_all()?;
    file.persist(plugins.join(LIST)).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Directories(tempfile::TempDir);

    impl Directories {
        fn new(packaged: &[&str]) -> Self {
            let directories = Self(tempfile::tempdir().unwrap());
            fs::create_dir(directories.packaged()).unwrap();
            for name in packaged {
                fs::write(directories.packaged().join(name), name).unwrap();
            }
            directories
        }

        fn packaged(&self) -> std::path::PathBuf {
            self.0.path().join("packaged")
        }

        fn plugins(&self) -> std::path::PathBuf {
            self.0.path().join("state/plugins")
        }

        fn link(&self) -> Vec<String> {
            link(&self.packaged(), &self.plugins()).unwrap();
            names(&self.plugins()).unwrap().into_iter().collect()
        }
    }

    #[test]
    fn packaged_plugins_are_linked_and_updates_show_through() {
        let directories = Directories::new(&["dpkg.wasm", "dpkg.wasm.sig", "README"]);
        assert_eq!(directories.link(), ["dpkg.wasm", "dpkg.wasm.sig"]);
        fs::write(directories.packaged().join("dpkg.wasm"), "newer").unwrap();
        fs::write(directories.packaged().join("apk.wasm"), "new").unwrap();
        assert_eq!(directories.link(), ["apk.wasm", "dpkg.wasm", "dpkg.wasm.sig"]);
        assert_eq!(fs::read_to_string(directories.plugins().join("dpkg.wasm")).unwrap(), "newer");
    }

    #[test]
    fn a_plugin_that_was_removed_stays_removed() {
        let directories = Directories::new(&["apk.wasm", "dpkg.wasm"]);
        directories.link();
        fs::remove_file(directories.plugins().join("apk.wasm")).unwrap();
        assert_eq!(directories.link(), ["dpkg.wasm"]);
        assert!(directories.packaged().join("apk.wasm").exists());
    }

    #[test]
    fn a_plugin_of_ones_own_goes_before_that_of_the_package() {
        let directories = Directories::new(&["apk.wasm", "dpkg.wasm"]);
        fs::create_dir_all(directories.plugins()).unwrap();
        fs::write(directories.plugins().join("dpkg.wasm"), "own").unwrap();
        assert_eq!(directories.link(), ["apk.wasm", "dpkg.wasm"]);
        fs::remove_file(directories.packaged().join("dpkg.wasm")).unwrap();
        fs::remove_file(directories.packaged().join("apk.wasm")).unwrap();
        assert_eq!(directories.link(), ["dpkg.wasm"]);
        assert_eq!(fs::read_to_string(directories.plugins().join("dpkg.wasm")).unwrap(), "own");
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let directories = Directories::new(&[]);
        fs::remove_dir(directories.packaged()).unwrap();
        let error = format!("{:#}", link(&directories.packaged(), &directories.plugins()).unwrap_err());
        assert!(error.contains(&directories.packaged().display().to_string()), "{error}");
    }
}
