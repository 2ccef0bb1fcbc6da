use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use limpid_bytes::{Part, Stop, tar::UNREAD};
use limpid_layers::{Limits, Need};
use limpid_model::Digest;
use tar::{EntryType, Header};

use super::open;
use super::walk::{Entry, What, fill};
use crate::Error;

const BLOCK: u64 = 512;

/// The longest name that a header of its own holds.
const NAME: usize = 100;

/// How much of a file is copied at a time, in bytes.
const PIECE: usize = 64 << 10;

/// Writes a tar in which a member may be a tar itself.
pub(crate) struct Tarball {
    out: BufWriter<File>,
    at: u64,
    piece: Vec<u8>,
}

/// A member that was begun.
pub(crate) struct Begun {
    header: u64,
}

/// What of a file goes into a tar.
enum Content {
    File(File, u64),
    Unread(String),
}

impl Tarball {
    pub(crate) fn new(file: File) -> Self {
        Self { out: BufWriter::with_capacity(256 << 10, file), at: 0, piece: vec![0; PIECE] }
    }

    /// Begins a member that is a tar: what is written from here on belongs to it.
    pub(crate) fn begin(&mut self, name: &str) -> Result<Begun, Error> {
        let header = self.at;
        self.header(name.as_bytes(), &Member::file(0, 0o644))?;
        Ok(Begun { header })
    }

    /// Ends that tar. Returns its digest.
    pub(crate) fn end(&mut self, begun: Begun, name: &str) -> Result<Digest, Error> {
        self.write(&[0; 2 * BLOCK as usize])?;
        let from = begun.header + BLOCK;
        let size = self.at - from;
        self.correct(begun.header, name.as_bytes(), &Member::file(size, 0o644))?;
        let file = self.out.get_ref().try_clone().map_err(Error::io("writing an archive"))?;
        Ok(Part::of(Arc::new(file), from, size).digest("the packed directory")?)
    }

    pub(crate) fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.header(name.as_bytes(), &Member::file(bytes.len() as u64, 0o644))?;
        self.write(bytes)?;
        self.pad()
    }

    pub(crate) fn finish(mut self) -> Result<File, Error> {
        self.write(&[0; 2 * BLOCK as usize])?;
        let done = self.out.into_inner().map_err(io::IntoInnerError::into_error);
        let done = done.and_then(|mut file| file.seek(SeekFrom::Start(0)).map(|_| file));
        done.map_err(Error::io("writing an archive to a temporary file"))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(bytes).map_err(Error::io("writing an archive to a temporary file"))?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn pad(&mut self) -> Result<(), Error> {
        let over = usize::try_from(self.at % BLOCK).unwrap_or_default();
        let zeros = [0; BLOCK as usize];
        self.write(if over == 0 { &[] } else { zeros.get(over..).unwrap_or_default() })
    }

    /// Writes a header again, by now that its size is known.
    fn correct(&mut self, at: u64, name: &[u8], member: &Member<'_>) -> Result<(), Error> {
        let header = block(name, member);
        let corrected =
            self.out.flush().and_then(|()| self.out.get_ref().write_all_at(header.as_bytes(), at));
        corrected.map_err(Error::io("writing an archive to a temporary file"))
    }

    /// Writes the header of a member, after one with what it has no room for. Returns where it is.
    fn header(&mut self, name: &[u8], member: &Member<'_>) -> Result<u64, Error> {
        let mut records = Vec::new();
        if name.len() > NAME {
            record(&mut records, "path", name);
        }
        if member.link.len() > NAME {
            record(&mut records, "linkpath", member.link);
        }
        if let Some(why) = member.unread {
            record(&mut records, UNREAD, why.as_bytes());
        }
        if !records.is_empty() {
            let extended = Member { kind: EntryType::XHeader, ..Member::file(records.len() as u64, 0o644) };
            self.write(block(b"pax", &extended).as_bytes())?;
            self.write(&records)?;
            self.pad()?;
        }
        let at = self.at;
        self.write(block(name, member).as_bytes())?;
        Ok(at)
    }

    /// Writes exactly as much of a file as there is, up to `size`.
    fn content(&mut self, name: &[u8], mut file: File, size: u64, mode: u32) -> Result<(), Error> {
        let header = self.header(name, &Member::file(size, mode))?;
        let mut left = size;
        let mut piece = std::mem::take(&mut self.piece);
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            // What fails from here on has become shorter: it is as long as what was read.
            let read = fill(&mut file, piece.get_mut(..most).unwrap_or_default()).unwrap_or_default();
            if read == 0 {
                break;
            }
            self.write(piece.get(..read).unwrap_or_default())?;
            left -= read as u64;
        }
        self.piece = piece;
        if left > 0 {
            self.correct(header, name, &Member::file(size - left, mode))?;
        }
        self.pad()
    }
}

/// A member as its header has it.
#[derive(Clone, Copy)]
struct Member<'m> {
    kind: EntryType,
    size: u64,
    mode: u32,
    link: &'m [u8],
    unread: Option<&'m str>,
}

impl Member<'_> {
    const fn file(size: u64, mode: u32) -> Self {
        Self { kind: EntryType::Regular, size, mode, link: &[], unread: None }
    }
}

fn block(name: &[u8], member: &Member<'_>) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(member.kind);
    header.set_size(member.size);
    header.set_mode(member.mode);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    let fields = header.as_old_mut();
    for (field, bytes) in [(&mut fields.name, name), (&mut fields.linkname, member.link)] {
        for (to, from) in field.iter_mut().zip(bytes) {
            *to = *from;
        }
    }
    header.set_cksum();
    header
}

/// Adds a record `LENGTH KEY=VALUE\n` of a PAX header, whose length counts its own digits.
fn record(records: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let digits = |number: usize| number.to_string().len();
    let mut length = rest + digits(rest);
    length = rest + digits(length);
    records.extend_from_slice(format!("{length} {key}=").as_bytes());
    records.extend_from_slice(value);
    records.push(b'\n');
}

/// Writes entries in their order, with as much of each file as is needed.
pub(super) fn write(
    to: &mut Tarball,
    root: &OwnedFd,
    what: &str,
    entries: Vec<Entry>,
    limits: &Limits,
    stop: &Stop,
) -> Result<(), Error> {
    let mut parent: Option<(Vec<u8>, OwnedFd)> = None;
    let mut packed = 0;
    for entry in entries {
        if stop.is_stopped() {
            return Err(Error::Interrupted { what: what.to_owned() });
        }
        let path = entry.bytes();
        let unread = entry.unread.as_deref();
        match &entry.what {
            What::Directory => {
                let member = Member { kind: EntryType::Directory, mode: 0o755, unread, ..Member::file(0, 0) };
                to.header(path, &member)?;
            }
            What::Special => {
                to.header(path, &Member { kind: EntryType::Fifo, ..Member::file(0, 0o644) })?;
            }
            What::Link(target) => {
                let member = Member { kind: EntryType::Symlink, link: target, ..Member::file(0, 0o777) };
                to.header(path, &member)?;
            }
            What::File { executable, need } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                if unread.is_some() || *need == Need::Nothing {
                    to.header(path, &Member { unread, ..Member::file(0, mode) })?;
                    continue;
                }
                match content(root, &mut parent, path, *need, limits, packed) {
                    Content::File(file, size) => {
                        packed += size;
                        to.content(path, file, size, mode)?;
                    }
                    Content::Unread(why) => {
                        to.header(path, &Member { unread: Some(&why), ..Member::file(0, mode) })?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Opens a file that is needed, and says how much of it is.
fn content(
    root: &OwnedFd,
    parent: &mut Option<(Vec<u8>, OwnedFd)>,
    path: &[u8],
    need: Need,
    limits: &Limits,
    packed: u64,
) -> Content {
    let Limits { claimed_file_bytes, claimed_bytes, .. } = *limits;
    let (above, name) = match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (path.get(..slash).unwrap_or_default(), path.get(slash + 1..).unwrap_or_default()),
        None => (&[][..], path),
    };
    let opened = match parent {
        Some((known, directory)) if known == above => open::file(directory, name),
        _ => open::directory(root, above).and_then(|directory| {
            let file = open::file(&directory, name);
            *parent = Some((above.to_vec(), directory));
            file
        }),
    };
    let (file, size) = match opened {
        Ok(Some((file, stat))) => (file, u64::try_from(stat.st_size).unwrap_or_default()),
        Ok(None) => return Content::Unread("it was removed while the directory was read".to_owned()),
        Err(error) => return Content::Unread(format!("it cannot be read: {error}")),
    };
    let size = if let Need::First(most) = need { size.min(most) } else { size };
    if size > claimed_file_bytes {
        let limit = format!("the limit `claimed_file_bytes` of {claimed_file_bytes}");
        return Content::Unread(format!("its {size} bytes are over {limit}"));
    }
    if packed + size > claimed_bytes {
        let limit = format!("the limit `claimed_bytes` of {claimed_bytes}");
        return Content::Unread(format!("with its {size} bytes, claimed files are over {limit}"));
    }
    Content::File(file, size)
}
