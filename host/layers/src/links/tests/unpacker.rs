//! A naive unpacker, independent of what it checks: extracts layers into a real directory, as containerd's
//! `archive.Apply` and moby's `UnpackLayer` do.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// An entry of a layer's tar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Directory(String),
    File(String, String),
    Symlink(String, String),
    HardLink(String, String),
    Whiteout(String),
    Opaque(String),
}

impl Op {
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Directory(path) | Self::Whiteout(path) | Self::Opaque(path) => path,
            Self::File(path, _) | Self::Symlink(path, _) | Self::HardLink(path, _) => path,
        }
    }
}

/// A directory into which layers are unpacked.
pub(super) struct Unpacker {
    root: PathBuf,
    _directory: Option<tempfile::TempDir>,
    /// What the layer at hand has put there, and the directories above.
    unpacked: BTreeSet<PathBuf>,
}

impl Unpacker {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().to_owned();
        Self { root, _directory: Some(directory), unpacked: BTreeSet::new() }
    }

    /// What somebody else has unpacked.
    pub(super) fn of(root: PathBuf) -> Self {
        Self { root, _directory: None, unpacked: BTreeSet::new() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn next_layer(&mut self) {
        self.unpacked.clear();
    }

    /// Applies an entry. None where a runtime refuses it; then nothing was changed that counts.
    pub(super) fn apply(&mut self, op: &Op) -> Option<()> {
        if let Op::Opaque(directory) = op {
            let directory = self.resolve(directory, 255)?;
            if self.is_blocked(&directory) {
                return None;
            }
            if directory.is_dir() {
                self.clear(&directory);
            }
            return Some(());
        }
        let (parent, name) = op.path().rsplit_once('/').unwrap_or(("", op.path()));
        let parent = self.resolve(parent, 255)?;
        if self.is_blocked(&parent) {
            return None;
        }
        let at = parent.join(name);
        let mut target = None;
        if let Op::HardLink(_, path) = op {
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            let known = self.resolve(directory, 255)?.join(name);
            // What is in the place of the link is removed before the link is made.
            if known.starts_with(&at) || fs::symlink_metadata(&known).ok()?.is_dir() {
                return None;
            }
            target = Some(known);
        }
        fs::create_dir_all(&parent).unwrap();
        if let Op::Whiteout(_) = op {
            remove(&at);
            return Some(());
        }
        let is_directory = fs::symlink_metadata(&at).is_ok_and(|known| known.is_dir());
        if !(is_directory && matches!(op, Op::Directory(_))) {
            remove(&at);
        }
        match op {
            Op::Directory(_) => fs::create_dir_all(&at).unwrap(),
            Op::File(_, content) => fs::write(&at, content).unwrap(),
            Op::Symlink(_, target) => symlink(target, &at).unwrap(),
            Op::HardLink(..) => fs::hard_link(target.unwrap(), &at).unwrap(),
            Op::Whiteout(_) | Op::Opaque(_) => {}
        }
        self.unpacked.extend(at.ancestors().map(Path::to_owned));
        Some(())
    }

    /// Whether the layer at hand has put something at a path or below it.
    pub(super) fn has_put(&self, path: &str) -> bool {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.resolve(parent, 255).is_some_and(|parent| self.unpacked.contains(&parent.join(name)))
    }

    /// Whether something that is no directory stands in the way to one.
    fn is_blocked(&self, directory: &Path) -> bool {
        let mut above = directory.ancestors().take_while(|above| *above != self.root());
        above.any(|above| fs::symlink_metadata(above).is_ok_and(|known| !known.is_dir()))
    }

    fn clear(&self, directory: &Path) {
        for child in fs::read_dir(directory).unwrap() {
            let child = child.unwrap().path();
            if !self.unpacked.contains(&child) {
                remove(&child);
            } else if fs::symlink_metadata(&child).unwrap().is_dir() {
                self.clear(&child);
            }
        }
    }

    /// Where a path leads within the root, all links followed. What is not there is taken as it is written.
    fn resolve(&self, path: &str, most: usize) -> Option<PathBuf> {
        let mut at = self.root().to_owned();
        let mut pending: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut links = 0;
        while let Some(name) = pending.pop() {
            match name.as_str() {
                "" | "." => {}
                ".." => {
                    if at != self.root() {
                        at.pop();
                    }
                }
                name => match fs::read_link(at.join(name)) {
                    Ok(target) => {
                        links += 1;
                        if links > most {
                            return None;
                        }
                        let target = target.to_str().unwrap();
                        if target.starts_with('/') {
                            at = self.root().to_owned();
                        }
                        pending.extend(target.split('/').rev().map(str::to_owned));
                    }
                    Err(_) => at.push(name),
                },
            }
        }
        Some(at)
    }

    /// The regular file to which a path leads: its path without links, and what it holds.
    pub(super) fn file(&self, path: &str) -> Option<(PathBuf, String)> {
        let at = self.resolve(path, 40)?;
        let is_file = fs::symlink_metadata(&at).is_ok_and(|known| known.is_file());
        let within = |at: &Path| at.strip_prefix(self.root()).unwrap().to_owned();
        is_file.then(|| (within(&at), fs::read_to_string(&at).unwrap()))
    }

    pub(super) fn is_directory(&self, path: &str) -> bool {
        self.resolve(path, 40).is_some_and(|at| at.is_dir())
    }
}

fn remove(path: &Path) {
    match fs::symlink_metadata(path) {
        Ok(known) if known.is_dir() => fs::remove_dir_all(path).unwrap(),
        Ok(_) => fs::remove_file(path).unwrap(),
        Err(_) => {}
    }
}
