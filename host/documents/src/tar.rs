//! Members of a tar, as they stream by.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use limpid_bytes::Limit;
use limpid_bytes::tar::{End, Kind, Limits, ReadSource, Source, Walker};

use crate::documents::{Member, NAME};
use crate::error::{damaged, of_bytes, unsupported};

/// How much of a file shows that it is a tar, in bytes.
pub(crate) const HEAD: usize = 512;

/// What one extended header may take, in bytes. No archive of documents comes near.
const EXTENSION: u64 = 1 << 20;

type Stored = ReadSource<Box<dyn Read + Send>>;

/// Gives the members one after the other.
pub(crate) struct Members {
    stream: Arc<Mutex<Stream>>,
}

struct Stream {
    walker: Walker<'static, Stored>,
    /// Which member was given last.
    member: u64,
}

impl Members {
    pub(crate) fn new(bytes: Box<dyn Read + Send>, members: Limit) -> Self {
        let limits = Limits {
            members,
            // A character has four bytes at most.
            path_length: 4 * NAME as u64,
            extension: Limit::fixed(EXTENSION),
            // Sparse files are not read, and so their maps need not be long.
            sparse_extents: Limit::fixed(1_000),
        };
        let what = "the tar";
        let walker = Walker::new(ReadSource::new(bytes, what), what, limits);
        Self { stream: Arc::new(Mutex::new(Stream { walker, member: 0 })) }
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Member>> {
        let mut stream = lock(&self.stream);
        while let Some(member) = stream.walker.next().map_err(of_bytes)? {
            stream.member += 1;
            if member.kind != Kind::File {
                continue;
            }
            let name = String::from_utf8_lossy(&member.name).into_owned();
            if member.offset.is_none() {
                return Err(unsupported(format!(
                    "member `{name}` of the tar is a sparse file, which is not read"
                )));
            }
            let content = Content { stream: Arc::clone(&self.stream), of: stream.member };
            return Ok(Some(Member { name, bytes: Box::new(content) }));
        }
        // Where there is no mark, something is missing.
        if stream.walker.end() != End::Marked {
            return Err(damaged("the tar ends without its end mark"));
        }
        // So that a checksum behind it is looked at.
        stream.walker.source().skip(u64::MAX).map_err(of_bytes)?;
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
        stream.walker.content(buffer.len()).map_err(of_bytes)?.read(buffer)
    }
}

fn lock(stream: &Mutex<Stream>) -> MutexGuard<'_, Stream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}
