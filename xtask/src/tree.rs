//! Files in memory, as a package or a book has them, and archives of them that are the same bytes whoever packs them,
//! and when.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use flate2::GzBuilder;
use tar::{Builder, EntryType, Header};

/// From how many bytes on compression is not the best that there is.
const LARGE: usize = 1 << 20;

/// Files, directories and links by path, without a slash at the beginning. What is above a file is there, too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree(BTreeMap<String, Entry>);

#[derive(Clone, Debug)]
struct Entry {
    mode: u32,
    /// User and group.
    owner: u64,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Directory,
    File(Vec<u8>),
    Link(String),
}

impl Tree {
    /// Adds a file that belongs to root.
    pub(crate) fn file(&mut self, path: &str, mode: u32, bytes: impl Into<Vec<u8>>) {
        self.put(path, Entry { mode, owner: 0, body: Body::File(bytes.into()) });
    }

    /// Adds a copy of a file.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn copy(&mut self, path: &str, mode: u32, from: &Path) -> anyhow::Result<()> {
        let bytes = fs::read(from).with_context(|| format!("cannot read `{}`", from.display()))?;
        self.file(path, mode, bytes);
        Ok(())
    }

    /// Adds a directory of a user of this number.
    pub(crate) fn directory(&mut self, path: &str, mode: u32, owner: u64) {
        self.put(path, Entry { mode, owner, body: Body::Directory });
    }

    /// Adds what an archive in tar has of files, directories and symbolic links, where `wanted` says so of the path.
    ///
    /// # Errors
    /// It is no tar, or has something else in it.
    pub(crate) fn unpack(&mut self, archive: &[u8], wanted: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        for entry in tar::Archive::new(archive).entries()? {
            let mut entry = entry?;
            let path = entry.path()?.to_str().context("a path is not UTF-8")?.to_owned();
            let path = path.trim_start_matches("./").trim_end_matches('/').to_owned();
            if path.is_empty() || !wanted(&path) {
                continue;
            }
            let (mode, kind) = (entry.header().mode()?, entry.header().entry_type());
            let body = match kind {
                EntryType::Directory => Body::Directory,
                EntryType::Regular => {
                    let mut bytes = Vec::new();
                    std::io::Read::read_to_end(&mut entry, &mut bytes)?;
                    Body::File(bytes)
                }
                EntryType::Symlink => {
                    let target = entry.link_name()?.context("a link leads nowhere")?;
                    Body::Link(target.to_str().context("a link is not UTF-8")?.to_owned())
                }
                other => bail!("`{path}` is {other:?}, which no package that is packed here has"),
            };
            self.put(&path, Entry { mode: mode & 0o7777, owner: 0, body });
        }
        Ok(())
    }

    /// What a folder has of files and folders; files that somebody may run are 0755, all others 0644.
    ///
    /// # Errors
    /// Something cannot be read, or is neither.
    pub(crate) fn of_folder(folder: &Path) -> anyhow::Result<Self> {
        let mut tree = Self::default();
        tree.add_folder("", folder)?;
        Ok(tree)
    }

    /// The same below a path of this tree.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn add_folder(&mut self, path: &str, folder: &Path) -> anyhow::Result<()> {
        let cannot = || format!("cannot read `{}`", folder.display());
        for entry in fs::read_dir(folder).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            let name = entry.file_name().into_string().ok().context("a name is not UTF-8")?;
            let below = if path.is_empty() { name } else { format!("{path}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.add_folder(&below, &entry.path())?;
            } else if kind.is_file() {
                let is_program = entry.metadata()?.permissions().mode() & 0o111 != 0;
                self.copy(&below, if is_program { 0o755 } else { 0o644 }, &entry.path())?;
            } else {
                bail!("`{}` is no file and no folder", entry.path().display());
            }
        }
        Ok(())
    }

    /// All of it below a folder.
    pub(crate) fn below(self, folder: &str) -> Self {
        let mut tree = Self::default();
        for (path, entry) in self.0 {
            tree.put(&format!("{folder}/{path}"), entry);
        }
        tree
    }

    /// The files, by path.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().filter_map(|(path, entry)| match &entry.body {
            Body::File(bytes) => Some((path.as_str(), bytes.as_slice())),
            _ => None,
        })
    }

    /// Changes files, by path.
    ///
    /// # Errors
    /// The first of `change`.
    pub(crate) fn change(
        &mut self,
        mut change: impl FnMut(&str, &mut Vec<u8>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for (path, entry) in &mut self.0 {
            if let Body::File(bytes) = &mut entry.body {
                change(path, bytes)?;
            }
        }
        Ok(())
    }

    /// Writes files, with their modes, into a folder, which is cleared before.
    ///
    /// # Errors
    /// Something cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot clear `{}`", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        for (path, entry) in &self.0 {
            let place = folder.join(path);
            match &entry.body {
                Body::Directory => fs::create_dir_all(&place)?,
                Body::File(bytes) => {
                    fs::write(&place, bytes)?;
                    fs::set_permissions(&place, fs::Permissions::from_mode(entry.mode))?;
                }
                Body::Link(target) => std::os::unix::fs::symlink(target, &place)?,
            }
        }
        Ok(())
    }

    /// A tar of it, in the order of paths, with one time for all.
    ///
    /// # Errors
    /// Tar cannot hold an entry.
    pub(crate) fn tar(&self, seconds: u64) -> anyhow::Result<Vec<u8>> {
        let mut tar = Builder::new(Vec::new());
        for (path, Entry { mode, owner, body }) in &self.0 {
            let mut header = Header::new_gnu();
            header.set_mode(*mode);
            header.set_uid(*owner);
            header.set_gid(*owner);
            header.set_mtime(seconds);
            header.set_size(0);
            match body {
                Body::Directory => {
                    header.set_entry_type(EntryType::Directory);
                    tar.append_data(&mut header, format!("{path}/"), [].as_slice())?;
                }
                Body::File(bytes) => {
                    header.set_entry_type(EntryType::Regular);
                    header.set_size(bytes.len() as u64);
                    tar.append_data(&mut header, path, bytes.as_slice())?;
                }
                Body::Link(target) => {
                    header.set_entry_type(EntryType::Symlink);
                    tar.append_link(&mut header, path, target)?;
                }
            }
        }
        Ok(tar.into_inner()?)
    }

    fn put(&mut self, path: &str, entry: Entry) {
        if let Some((above, _)) = path.rsplit_once('/')
            && !self.0.contains_key(above)
        {
            self.directory(above, 0o755, 0);
        }
        self.0.insert(path.to_owned(), entry);
    }
}

/// Compressed, without a name and a time in the header.
///
/// # Errors
/// None that memory has not.
pub(crate) fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    // Manual pages are to be as small as can be; what is large would take long.
    let level = if bytes.len() < LARGE { flate2::Compression::best() } else { flate2::Compression::new(6) };
    let mut gzip = GzBuilder::new().write(Vec::new(), level);
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(tar: &[u8]) -> Vec<(String, u32, u64)> {
        let mut archive = tar::Archive::new(tar);
        let entries = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let header = entry.header();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            (path, header.mode().unwrap(), header.mtime().unwrap())
        });
        entries.collect()
    }

    #[test]
    fn what_was_added_in_any_order_is_packed_in_one() {
        let mut one = Tree::default();
        one.file("usr/bin/limpid", 0o755, "program");
        one.file("etc/limpid.toml", 0o644, "settings");
        let mut other = Tree::default();
        other.file("etc/limpid.toml", 0o644, "settings");
        other.file("usr/bin/limpid", 0o755, "program");
        let tar = one.tar(7).unwrap();
        assert_eq!(tar, other.tar(7).unwrap());
        assert_eq!(gzip(&tar).unwrap(), gzip(&tar).unwrap());
        let expected = [
            ("etc/", 0o755, 7),
            ("etc/limpid.toml", 0o644, 7),
            ("usr/", 0o755, 7),
            ("usr/bin/", 0o755, 7),
            ("usr/bin/limpid", 0o755, 7),
        ];
        assert_eq!(paths(&tar), expected.map(|(path, mode, time)| (path.to_owned(), mode, time)));
    }

    #[test]
    fn a_folder_that_was_touched_and_has_other_modes_is_packed_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "a").unwrap();
        let before = Tree::of_folder(folder.path()).unwrap().tar(7).unwrap();
        fs::write(&file, "a").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(Tree::of_folder(folder.path()).unwrap().tar(7).unwrap(), before);
    }

    #[test]
    fn what_is_unpacked_is_packed_again() {
        let mut tree = Tree::default();
        tree.file("usr/share/doc/x", 0o644, "words");
        tree.file("usr/lib/x.so.1", 0o644, "library");
        tree.put("usr/lib/x.so", Entry { mode: 0o777, owner: 0, body: Body::Link("x.so.1".into()) });
        let tar = tree.tar(7).unwrap();
        let mut again = Tree::default();
        again.unpack(&tar, |_| true).unwrap();
        assert_eq!(again.tar(7).unwrap(), tar);
        let mut part = Tree::default();
        part.unpack(&tar, |path| path.starts_with("usr/lib")).unwrap();
        assert_eq!(part.files().map(|(path, _)| path).collect::<Vec<_>>(), ["usr/lib/x.so.1"]);
    }
}
