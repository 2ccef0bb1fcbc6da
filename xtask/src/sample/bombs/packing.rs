use std::io::{self, Write};

use flate2::GzBuilder;
use tar::{EntryType, Header};

use crate::sample::image::sha256;

const BLOCK: usize = 512;

/// A layer as an archive holds it.
pub(super) struct Stored {
    pub(super) bytes: Vec<u8>,
    pub(super) diff_id: String,
}

impl Stored {
    /// What is stored is this tar.
    pub(super) fn of(bytes: Vec<u8>, tar: &[u8]) -> Self {
        Self { bytes, diff_id: format!("sha256:{}", sha256(tar)) }
    }

    pub(super) fn plain(tar: Vec<u8>) -> Self {
        let diff_id = format!("sha256:{}", sha256(&tar));
        Self { bytes: tar, diff_id }
    }

    /// A layer whose tar is too long to be hashed here; nobody gets to its end.
    pub(super) fn unknown(bytes: Vec<u8>) -> Self {
        let diff_id = format!("sha256:{}", sha256(&bytes));
        Self { bytes, diff_id }
    }
}

/// A tar that is being made, of whatever one says.
#[derive(Clone, Default)]
pub(super) struct Tar(pub(super) Vec<u8>);

impl Tar {
    /// What says of which distribution it is, and the database of one package.
    pub(super) fn package(self) -> Self {
        let release = b"ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        let status = b"Package: bomb\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n";
        self.file("etc/os-release", release).file("var/lib/dpkg/status", status)
    }

    pub(super) fn file(self, path: &str, content: &[u8]) -> Self {
        let mut tar = self.entry(EntryType::Regular, path, "", content.len() as u64);
        tar.content(content);
        tar
    }

    pub(super) fn directory(self, path: &str) -> Self {
        self.entry(EntryType::Directory, path, "", 0)
    }

    /// A link, or whatever else has no content.
    pub(super) fn link(self, kind: EntryType, path: &str, to: &str) -> Self {
        self.entry(kind, path, to, 0)
    }

    /// An extended header.
    pub(super) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let records: Vec<u8> = records.iter().flat_map(|(key, value)| record(key, value)).collect();
        let mut tar = self.entry(EntryType::XHeader, "pax", "", records.len() as u64);
        tar.content(&records);
        tar
    }

    /// A file of which only the first bytes are stored.
    pub(super) fn sparse(self, path: &str, head: &[u8], size: u64) -> Self {
        let map = format!("0,{}", head.len());
        let size = size.to_string();
        let records: [(&str, &[u8]); 4] = [
            ("GNU.sparse.major", b"0"),
            ("GNU.sparse.minor", b"1"),
            ("GNU.sparse.size", size.as_bytes()),
            ("GNU.sparse.map", map.as_bytes()),
        ];
        self.pax(&records).file(path, head)
    }

    /// The header of a file whose content is to follow.
    pub(super) fn unfinished(self, path: &str, size: u64) -> Vec<u8> {
        self.entry(EntryType::Regular, path, "", size).0
    }

    pub(super) fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        self.0
    }

    fn entry(mut self, kind: EntryType, path: &str, to: &str, size: u64) -> Self {
        for (kind, name) in [(EntryType::GNULongName, path), (EntryType::GNULongLink, to)] {
            if name.len() > 100 {
                self.header(kind, b"././@LongLink", b"", name.len() as u64);
                self.content(name.as_bytes());
            }
        }
        self.header(kind, path.as_bytes(), to.as_bytes(), size);
        self
    }

    fn header(&mut self, kind: EntryType, path: &[u8], to: &[u8], size: u64) {
        let mut header = Header::new_gnu();
        let fields = header.as_old_mut();
        for (field, value) in [(&mut fields.name, path), (&mut fields.linkname, to)] {
            field.iter_mut().zip(value).for_each(|(to, from)| *to = *from);
        }
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_size(size);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
    }

    fn content(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
    }
}

/// A record of an extended header, `LENGTH KEY=VALUE\n`.
fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

pub(super) fn zeros(count: u64) -> Vec<u8> {
    vec![0; usize::try_from(count).unwrap_or(usize::MAX)]
}

/// A gzip of these pieces, a member each. A piece that comes again is compressed once.
pub(super) fn members<'a>(pieces: impl Iterator<Item = &'a [u8]>, end: &[u8]) -> io::Result<Vec<u8>> {
    let mut known: Vec<(*const u8, Vec<u8>)> = Vec::new();
    let mut bytes = Vec::new();
    for piece in pieces {
        let member = match known.iter().find(|(place, _)| *place == piece.as_ptr()) {
            Some((_, member)) => member,
            None => {
                let mut encoder = GzBuilder::new().write(Vec::new(), flate2::Compression::new(6));
                encoder.write_all(piece)?;
                known.push((piece.as_ptr(), encoder.finish()?));
                let Some((_, member)) = known.last() else { continue };
                member
            }
        };
        bytes.extend_from_slice(member);
    }
    bytes.extend_from_slice(end);
    Ok(bytes)
}

/// A frame of [RFC 8878](https://www.rfc-editor.org/rfc/rfc8878), made by hand: no encoder writes such.
pub(super) struct Frame {
    window_log: u8,
}

/// The longest block that a frame may have, in bytes (3.1.1.2.4).
const LONGEST: usize = 128 << 10;

const RAW: u32 = 0;
const REPEATED: u32 = 1;

impl Frame {
    /// A frame that asks its decoder for a window of two to the power of so many bytes.
    pub(super) const fn new(window_log: u8) -> Self {
        Self { window_log }
    }

    /// Bytes as they are.
    pub(super) fn around(&self, bytes: &[u8]) -> Vec<u8> {
        self.with_zeros(bytes, 0)
    }

    /// Bytes as they are, and so many zeros.
    pub(super) fn with_zeros(&self, bytes: &[u8], zeros: u64) -> Vec<u8> {
        // No checksum and no size; the window's exponent stands above its mantissa.
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, (self.window_log - 10) << 3];
        for piece in bytes.chunks(LONGEST) {
            block(&mut frame, RAW, piece.len(), piece);
        }
        let mut left = zeros;
        while left > 0 {
            let length = left.min(LONGEST as u64);
            block(&mut frame, REPEATED, usize::try_from(length).unwrap_or(LONGEST), &[0]);
            left -= length;
        }
        // The last block is empty.
        frame.extend([1, 0, 0]);
        frame
    }
}

fn block(frame: &mut Vec<u8>, kind: u32, size: usize, content: &[u8]) {
    let header = kind << 1 | u32::try_from(size).unwrap_or_default() << 3;
    frame.extend(header.to_le_bytes().into_iter().take(3));
    frame.extend_from_slice(content);
}
