use std::io;

use tar::{Builder, EntryType, Header};

/// When everything in a sample was made: 12 February 2024, in seconds since 1970. Advisories that
/// came later find something in it.
pub(super) const MADE_AT: u64 = 1_707_696_000;

/// One layer of an image, entry by entry.
///
/// Paths are relative to the image's root, without a leading slash. What is not a directory needs
/// no entry for the directories that it is in.
#[derive(Clone, Debug)]
pub struct Layer {
    created_by: String,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    path: String,
    mode: u32,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Directory,
    File(Vec<u8>),
    Symlink(String),
}

impl Layer {
    /// An empty layer, and the command that the image's history names for it.
    pub fn new(created_by: impl Into<String>) -> Self {
        Self { created_by: created_by.into(), entries: Vec::new() }
    }

    /// The command that the image's history names for it.
    pub fn created_by(&self) -> &str {
        &self.created_by
    }

    /// Adds a directory.
    #[must_use]
    pub fn directory(self, path: impl Into<String>) -> Self {
        self.entry(path, 0o755, Content::Directory)
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.entry(path, 0o644, Content::File(bytes.into()))
    }

    /// Adds a file that may be executed.
    #[must_use]
    pub fn executable(self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.entry(path, 0o755, Content::File(bytes.into()))
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn symlink(self, path: impl Into<String>, target: impl Into<String>) -> Self {
        self.entry(path, 0o777, Content::Symlink(target.into()))
    }

    /// Removes what a lower layer has at this path, by a whiteout as the
    /// [OCI layer specification](https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts)
    /// has it.
    #[must_use]
    pub fn whiteout(self, path: &str) -> Self {
        let marker = match path.rsplit_once('/') {
            Some((parent, name)) => format!("{parent}/.wh.{name}"),
            None => format!(".wh.{path}"),
        };
        self.file(marker, Vec::new())
    }

    /// Hides what lower layers have in this directory, by an opaque whiteout.
    #[must_use]
    pub fn opaque(self, directory: &str) -> Self {
        self.file(format!("{directory}/.wh..wh..opq"), Vec::new())
    }

    /// The layer as an uncompressed tar. Its digest is the layer's diff id.
    ///
    /// # Errors
    /// Where tar cannot hold an entry, for instance a link whose target is too long.
    pub fn tar(&self) -> io::Result<Vec<u8>> {
        let mut tar = Builder::new(Vec::new());
        for entry in &self.entries {
            entry.append_to(&mut tar)?;
        }
        tar.into_inner()
    }

    fn entry(mut self, path: impl Into<String>, mode: u32, content: Content) -> Self {
        self.entries.push(Entry { path: path.into(), mode, content });
        self
    }
}

impl Entry {
    fn append_to(&self, tar: &mut Builder<Vec<u8>>) -> io::Result<()> {
        let mut header = header(self.mode);
        match &self.content {
            Content::Directory => {
                header.set_entry_type(EntryType::Directory);
                tar.append_data(&mut header, format!("{}/", self.path), io::empty())
            }
            Content::File(bytes) => append_file(tar, &self.path, header, bytes),
            Content::Symlink(target) => {
                header.set_entry_type(EntryType::Symlink);
                tar.append_link(&mut header, &self.path, target)
            }
        }
    }
}

/// Adds a file with nothing in its header that differs from run to run.
pub(super) fn append(tar: &mut Builder<Vec<u8>>, path: &str, bytes: &[u8]) -> io::Result<()> {
    append_file(tar, path, header(0o644), bytes)
}

fn append_file(tar: &mut Builder<Vec<u8>>, path: &str, mut header: Header, bytes: &[u8]) -> io::Result<()> {
    header.set_entry_type(EntryType::Regular);
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, path, bytes)
}

fn header(mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header.set_mtime(MADE_AT);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_stands_in_the_tar() {
        let layer = Layer::new("test")
            .directory("etc")
            .file("etc/motd", "hello")
            .executable("bin/run", "#!")
            .symlink("etc/link", "../bin/run")
            .whiteout("usr/bin/wget")
            .whiteout("top")
            .opaque("var/cache");
        let bytes = layer.tar().unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let listed: Vec<(String, EntryType, u32)> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let path = entry.path().unwrap().display().to_string();
                (path, entry.header().entry_type(), entry.header().mode().unwrap())
            })
            .collect();
        let expected = [
            ("etc/", EntryType::Directory, 0o755),
            ("etc/motd", EntryType::Regular, 0o644),
            ("bin/run", EntryType::Regular, 0o755),
            ("etc/link", EntryType::Symlink, 0o777),
            ("usr/bin/.wh.wget", EntryType::Regular, 0o644),
            (".wh.top", EntryType::Regular, 0o644),
            ("var/cache/.wh..wh..opq", EntryType::Regular, 0o644),
        ];
        assert_eq!(listed, expected.map(|(path, kind, mode)| (path.to_owned(), kind, mode)));
    }

    #[test]
    fn a_path_longer_than_a_tar_header_holds_is_kept_whole() {
        let path = format!("{}/file", "directory".repeat(30));
        let bytes = Layer::new("test").file(path.clone(), "x").tar().unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let entry = archive.entries().unwrap().next().unwrap().unwrap();
        assert_eq!(entry.path().unwrap().display().to_string(), path);
    }
}
