use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

use limpid_bytes::{Limit, Stop, escape, normalise};
use limpid_layers::{ClaimSet, Limits, Need, Wish};
use limpid_model::{EntryKind, LayerEntries, LayerEntry, Leads};
use rustix::fs::{Dir, FileType, Stat, readlinkat};

use super::machine::{self, Machines};
use super::open;
use crate::Error;

/// How much of a file is read at a time where something is looked for in it, in bytes. Whole pieces, so that
/// the same file always needs the same.
const PIECE: usize = 64 << 10;

/// What lies below a directory.
pub(super) struct Found {
    /// By path.
    pub(super) entries: Vec<Entry>,
    /// For which its programs are.
    pub(super) architecture: Option<&'static str>,
}

/// Something that lies below a directory.
#[derive(Debug)]
pub(super) struct Entry {
    /// Normalised; text for a name that is none.
    pub(super) path: String,
    /// The path in bytes, where it is no text.
    pub(super) raw: Option<Vec<u8>>,
    pub(super) what: What,
    /// Why it could not be read.
    pub(super) unread: Option<String>,
}

/// How many entries a directory may have, and how long all their paths may be together, each with its setting: so
/// many times what a layer may have as an image may have more entries than a layer.
pub(super) fn most(limits: &Limits) -> [Limit; 2] {
    let Limits { layer_entries, layer_path_bytes, image_entries, .. } = *limits;
    let times = (image_entries / layer_entries.max(1)).max(1);
    [
        Limit::of("layers.image_entries", image_entries),
        Limit::of("layers.layer_path_bytes", layer_path_bytes.saturating_mul(times)),
    ]
}

/// What something is.
#[derive(Debug)]
pub(super) enum What {
    Directory,
    File {
        executable: bool,
        need: Need,
    },
    /// A symbolic link with this target.
    Link(Vec<u8>),
    /// A device, pipe or socket.
    Special,
}

impl Entry {
    /// What it counts for `layers.layer_path_bytes`.
    pub(super) fn path_bytes(&self) -> u64 {
        let link = if let What::Link(target) = &self.what { target.len() } else { 0 };
        (self.path.len() + link) as u64
    }

    /// Whether nobody needs more of it than that it is there.
    pub(super) fn is_plain(&self) -> bool {
        let is_plain = matches!(self.what, What::File { need: Need::Nothing, .. });
        is_plain && self.unread.is_none()
    }

    /// Its path as the system has it.
    pub(super) fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.path.as_bytes())
    }
}

/// Looks at all that lies below a directory. `what` is for errors.
pub(super) fn walk(
    root: &OwnedFd,
    what: &str,
    claims: &ClaimSet,
    limits: &Limits,
    stop: &Stop,
) -> Result<Found, Error> {
    let wish = Wish::new(claims);
    let head = vec![0; wish.head().max(machine::HEAD)];
    let mut walker = Walker {
        root,
        what,
        limits,
        stop,
        wish,
        machines: Machines::default(),
        entries: Vec::new(),
        path_bytes: 0,
        work: Vec::new(),
        head,
        piece: vec![0; PIECE],
    };
    let top = open::directory(root, b"").and_then(|top| Ok((device(&stat(&top)?), top)));
    let (device, top) = top.map_err(Error::io(format_args!("reading {what}")))?;
    walker.list(&top, &[], device).map_err(|error| match error {
        Failure::Of(error) => error,
        Failure::System(error) => Error::io(format_args!("reading {what}"))(error),
    })?;
    while let Some((place, device)) = walker.work.pop() {
        walker.directory(place, device)?;
    }
    let Walker { mut entries, wish, machines, .. } = walker;
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    need_behind_links(&mut entries, &wish, limits);
    Ok(Found { entries, architecture: machines.most() })
}

struct Walker<'a> {
    root: &'a OwnedFd,
    what: &'a str,
    limits: &'a Limits,
    stop: &'a Stop,
    wish: Wish<'a>,
    machines: Machines,
    entries: Vec<Entry>,
    path_bytes: u64,
    /// Directories that are still to be listed, and on which file system each is.
    work: Vec<(usize, u64)>,
    head: Vec<u8>,
    piece: Vec<u8>,
}

/// Why a directory was not listed.
enum Failure {
    /// It ends the walk.
    Of(Error),
    /// It costs the directory.
    System(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl Walker<'_> {
    /// Lists a directory that was found.
    fn directory(&mut self, place: usize, device: u64) -> Result<(), Error> {
        let Some(entry) = self.entries.get(place) else { return Ok(()) };
        let path = entry.bytes().to_vec();
        if path.len() as u64 > self.limits.path_length {
            let why = format!("its path is over the limit `path_length` of {}", self.limits.path_length);
            self.leave(place, why);
            return Ok(());
        }
        let listed = open::directory(self.root, &path).map_err(Failure::from);
        match listed.and_then(|directory| self.list(&directory, &path, device)) {
            Ok(None) => {}
            Ok(Some(why)) => self.leave(place, why),
            Err(Failure::Of(error)) => return Err(error),
            // Another one is there, or none: what was listed is what there is.
            Err(Failure::System(error)) if open::is_gone(&error) => {}
            Err(Failure::System(error)) => {
                self.leave(place, format!("the directory cannot be read: {error}"))
            }
        }
        Ok(())
    }

    fn leave(&mut self, place: usize, why: String) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.unread = Some(why);
        }
    }

    /// Adds all that is in a directory. Returns why something in it could not be taken.
    fn list(&mut self, directory: &OwnedFd, path: &[u8], device: u64) -> Result<Option<String>, Failure> {
        let mut left = None;
        for entry in Dir::read_from(directory).map_err(io::Error::from)? {
            let entry = entry.map_err(io::Error::from)?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            if self.stop.is_stopped() {
                return Err(Failure::Of(Error::Interrupted { what: self.what.to_owned() }));
            }
            if name.starts_with(b".wh.") {
                left = Some(format!("`{}` in it would mean a whiteout in a layer", escape(name)));
                continue;
            }
            let separator: &[u8] = if path.is_empty() { b"" } else { b"/" };
            self.add(directory, name, [path, separator, name].concat(), device)?;
        }
        Ok(left)
    }

    fn add(&mut self, directory: &OwnedFd, name: &[u8], raw: Vec<u8>, device: u64) -> Result<(), Failure> {
        let stat = match open::look(directory, name) {
            Err(error) if open::is_gone(&error) => return Ok(()),
            stat => stat?,
        };
        // It can hold neither a NUL byte nor `..`.
        let Ok(path) = normalise(&raw) else { return Ok(()) };
        let (mut unread, mut is_to_be_listed) = (None, false);
        let what = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                let is_same = self::device(&stat) == device;
                is_to_be_listed = is_same || !open::is_pseudo(directory, name, &path).unwrap_or(false);
                What::Directory
            }
            FileType::Symlink => match readlinkat(directory, name, Vec::new()) {
                Ok(target) => What::Link(target.into_bytes()),
                Err(_) => return Ok(()),
            },
            FileType::RegularFile => match open::file(directory, name) {
                Ok(None) => return Ok(()),
                Ok(Some((mut file, stat))) => {
                    let need = self.need(&path, &mut file).unwrap_or_else(|error| {
                        unread = Some(unreadable(&error));
                        Need::Nothing
                    });
                    What::File { executable: stat.st_mode & 0o111 != 0, need }
                }
                Err(error) => {
                    unread = Some(unreadable(&error));
                    What::File { executable: stat.st_mode & 0o111 != 0, need: Need::Nothing }
                }
            },
            _ => What::Special,
        };
        if is_to_be_listed {
            self.work.push((self.entries.len(), self::device(&stat)));
        }
        let raw = (path.as_bytes() != raw).then_some(raw);
        let entry = Entry { path, raw, what, unread };
        self.path_bytes += entry.path_bytes();
        self.entries.push(entry);
        self.check().map_err(|error| Failure::Of(error.into()))
    }

    fn check(&self) -> Result<(), limpid_bytes::Error> {
        let [entries, path_bytes] = most(self.limits);
        let subject = format_args!("the number of entries of {}", self.what);
        entries.check(subject, self.entries.len() as u64)?;
        let subject = format_args!("the length of all paths of {}", self.what);
        path_bytes.check(subject, self.path_bytes)
    }

    /// What is needed of a file. No more of it is read than tells that.
    fn need(&mut self, path: &str, file: &mut File) -> io::Result<Need> {
        let filled = fill(file, &mut self.head)?;
        let head = self.head.get(..filled).unwrap_or_default();
        self.machines.look(path, head);
        let (first, rest) = head.split_at_checked(self.wish.head()).unwrap_or((head, &[]));
        let mut looking = self.wish.of(path, first);
        looking.feed(rest);
        let mut seen = filled as u64;
        // A file may be as long as it likes where nothing is stored.
        while looking.goes_on() && seen < self.limits.claimed_file_bytes {
            let read = fill(file, &mut self.piece)?;
            if read == 0 {
                break;
            }
            looking.feed(self.piece.get(..read).unwrap_or_default());
            seen += read as u64;
        }
        Ok(looking.need())
    }
}

fn unreadable(error: &io::Error) -> String {
    format!("it cannot be read: {error}")
}

/// Fills as much of a buffer as there is.
pub(super) fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn stat(directory: &OwnedFd) -> io::Result<Stat> {
    Ok(rustix::fs::fstat(directory)?)
}

#[expect(clippy::unnecessary_cast, reason = "systems have it in integers of several kinds")]
const fn device(stat: &Stat) -> u64 {
    stat.st_dev as u64
}

/// Files that links make claimed are needed whole.
fn need_behind_links(entries: &mut [Entry], wish: &Wish<'_>, limits: &Limits) {
    if !entries.iter().any(|entry| matches!(entry.what, What::Link(_))) {
        return;
    }
    let last = (0..).zip(entries.iter()).map(|(ordinal, entry)| {
        let (kind, leads) = match &entry.what {
            What::Directory => (EntryKind::Directory, Leads::Nowhere),
            What::File { .. } => (EntryKind::File, Leads::Nowhere),
            What::Link(target) => (EntryKind::Other, Leads::Symbolic(escape(target))),
            What::Special => (EntryKind::Other, Leads::Nowhere),
        };
        LayerEntry { path: entry.path.clone(), kind, ordinal, leads }
    });
    let all = LayerEntries { last: last.collect(), replaced: Vec::new() };
    for ordinal in wish.behind_links(&all, limits) {
        let entry = usize::try_from(ordinal).ok().and_then(|place| entries.get_mut(place));
        if let Some(Entry { what: What::File { need, .. }, .. }) = entry {
            *need = Need::Whole;
        }
    }
}
