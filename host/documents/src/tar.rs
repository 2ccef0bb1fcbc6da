//! Members of a tar, as they stream by
//! ([pax](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html) and GNU forms).

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::documents::Member;
use crate::error::{damaged, over_limit, told, unsupported};

/// How much of a file shows that it is a tar, in bytes.
pub(crate) const HEAD: usize = 512;

const MAGIC: std::ops::Range<usize> = 257..262;

/// Size of a block, to which content is filled up.
const BLOCK: u64 = 512;

/// What the headers of one member may take with long names and extensions, in bytes. No archive of
/// documents comes near; the crate that reads them holds them in memory.
const HEADERS: u64 = 1 << 20;

pub(crate) fn is_meant_by(head: &[u8]) -> bool {
    head.get(MAGIC) == Some(b"ustar")
}

/// Gives the members one after the other.
pub(crate) struct Members {
    stream: Arc<Mutex<Stream>>,
    /// Headers that may be met.
    left: u64,
    most: u64,
}

struct Stream {
    bytes: Box<dyn Read + Send>,
    /// Of the member that was given last: which it is, and what is left of its content.
    member: u64,
    content: u64,
    /// What its last block is filled up with.
    filling: u64,
}

impl Members {
    pub(crate) fn new(bytes: Box<dyn Read + Send>, most: u64) -> Self {
        let stream = Stream { bytes, member: 0, content: 0, filling: 0 };
        Self { stream: Arc::new(Mutex::new(stream)), left: most, most }
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Member>> {
        loop {
            let mut stream = lock(&self.stream);
            stream.pass()?;
            let Some(header) = stream.header()? else { return Ok(None) };
            self.left = self
                .left
                .checked_sub(1)
                .ok_or_else(|| over_limit("its number of members", "members", self.most))?;
            if header.is_file {
                stream.member += 1;
                let of = stream.member;
                let content = Content { stream: Arc::clone(&self.stream), of };
                return Ok(Some(Member { name: header.name, bytes: Box::new(content) }));
            }
        }
    }
}

struct Header {
    name: String,
    is_file: bool,
}

impl Stream {
    /// Lets by what was not read of a member.
    fn pass(&mut self) -> io::Result<()> {
        let left = self.content + self.filling;
        let passed = io::copy(&mut Read::by_ref(&mut self.bytes).take(left), &mut io::sink())?;
        if passed < left {
            return Err(damaged("the tar ends in the middle of a member"));
        }
        (self.content, self.filling) = (0, 0);
        Ok(())
    }

    /// Reads the next header, with whatever belongs to it; none at the end.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut headers = tar::Archive::new(Read::by_ref(&mut self.bytes).take(HEADERS));
        let entry = headers.entries().map_err(told)?.next().transpose().map_err(told)?;
        let found = entry.map(|entry| {
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            (name, entry.header().entry_type(), entry.size())
        });
        let read = HEADERS - headers.into_inner().limit();
        let Some((name, kind, size)) = found else { return self.end(read) };
        if kind.is_gnu_sparse() {
            return Err(unsupported(format!(
                "member `{name}` of the tar is a sparse file, which is not read"
            )));
        }
        self.content = size;
        self.filling = size.next_multiple_of(BLOCK) - size;
        Ok(Some(Header { name, is_file: kind.is_file() || kind.is_contiguous() }))
    }

    /// A tar ends with empty blocks: where there are none, something is missing.
    fn end(&mut self, read: u64) -> io::Result<Option<Header>> {
        if read == 0 {
            return Err(damaged("the tar ends without its end mark"));
        }
        // So that a checksum behind it is looked at.
        io::copy(&mut self.bytes, &mut io::sink())?;
        Ok(None)
    }
}

/// The content of one member, as long as no later one was asked for.
struct Content {
    stream: Arc<Mutex<Stream>>,
    of: u64,
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut stream = lock(&self.stream);
        if stream.member != self.of {
            return Err(unsupported("a member of a tar cannot be read after the next one was asked for"));
        }
        let left = stream.content;
        let read = Read::by_ref(&mut stream.bytes).take(left).read(buffer)?;
        if read == 0 && left > 0 && !buffer.is_empty() {
            return Err(damaged("the tar ends in the middle of a member"));
        }
        stream.content -= read as u64;
        Ok(read)
    }
}

fn lock(stream: &Mutex<Stream>) -> MutexGuard<'_, Stream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}
