use std::collections::BTreeMap;

use limpid_bytes::tar::{Kind, Member as Entry, PartSource, Walker};
use limpid_bytes::{Error as BytesError, Limit, Part, normalise};

use limpid_layers::Limits;

use crate::error::cut;
use crate::{Error, Location};

/// How many links may lead to one another. Old `docker save` links a layer to its equal in one step.
const LINKS: usize = 8;

/// The members of a tar, by normalised name.
#[derive(Debug)]
pub(super) struct Members {
    part: Part,
    by_name: BTreeMap<String, Member>,
}

#[derive(Debug)]
enum Member {
    File {
        offset: u64,
        size: u64,
    },
    /// A sparse file, which is not there in one piece.
    Sparse,
    /// Another member's name; none where it leads out of the archive.
    Link(Option<String>),
}

impl Members {
    /// Walks the headers of a tar.
    pub(super) fn of(part: Part, what: &str, limits: &Limits) -> Result<Self, Error> {
        let limits = limits.tar(Limit::of("archive_members", limits.archive_members));
        let mut walker = Walker::new(PartSource::new(&part, what), what, limits);
        let mut by_name = BTreeMap::new();
        let mut is_first = true;
        loop {
            match walker.next() {
                Ok(Some(entry)) => add(&mut by_name, &entry),
                Ok(None) if is_first && part.is_empty() => {
                    return Err(Error::NotAnImage("it is empty".to_owned()));
                }
                Ok(None) => break,
                Err(BytesError::Damaged { why, .. }) if is_first => {
                    return Err(Error::NotAnImage(format!("it is not a tar: {why}")));
                }
                Err(error) => return Err(error.into()),
            }
            is_first = false;
        }
        drop(walker);
        Ok(Self { part, by_name })
    }

    /// A stretch of the tar; `what` is for the error.
    pub(super) fn part(&self, offset: u64, size: u64, what: &str) -> Result<Part, Error> {
        let part = self.part.section(offset, size);
        part.ok_or_else(|| Error::damaged(what, offset, "it is not inside of the archive"))
    }

    /// Where the member of a name is, or the one that it links to. No name leads out of the archive.
    pub(super) fn find(&self, name: &str) -> Result<Option<Location>, Error> {
        let Ok(mut current) = normalise(name.as_bytes()) else { return Ok(None) };
        for _ in 0..=LINKS {
            match self.by_name.get(&current) {
                None | Some(Member::Link(None)) => return Ok(None),
                Some(Member::File { offset, size }) => {
                    return Ok(Some(Location::Member { offset: *offset, size: *size }));
                }
                Some(Member::Sparse) => {
                    let why = "it is stored as a sparse file";
                    return Err(Error::unsupported(format!("archive member `{}`", cut(name)), why));
                }
                Some(Member::Link(Some(target))) => current.clone_from(target),
            }
        }
        let why = format!("more than {LINKS} links lead to one another");
        Err(Error::damaged(&format!("archive member `{}`", cut(name)), 0, why))
    }
}

fn add(by_name: &mut BTreeMap<String, Member>, entry: &Entry) {
    // A name that no manifest can mean is no part of an image.
    let Ok(name) = normalise(&entry.name) else { return };
    let member = match (entry.kind, entry.offset) {
        (Kind::File, Some(offset)) => Member::File { offset, size: entry.size },
        (Kind::File, None) => Member::Sparse,
        (Kind::HardLink, _) => Member::Link(normalise(&entry.link).ok()),
        (Kind::Symlink, _) => Member::Link(symlink(&name, &entry.link)),
        _ => return,
    };
    by_name.insert(name, member);
}

/// What a symbolic link leads to: relative to its own directory, or to the archive's root.
fn symlink(name: &str, target: &[u8]) -> Option<String> {
    if target.starts_with(b"/") {
        return normalise(target).ok();
    }
    let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
    normalise(&[directory.as_bytes(), b"/", target].concat()).ok()
}
