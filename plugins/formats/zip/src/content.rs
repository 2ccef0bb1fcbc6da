use std::fmt;
use std::io::{self, Read};

use flate2::read::DeflateDecoder;
use limpid_plugin_sdk::Error;
use rawzip::CompressionMethod;

use crate::{Budget, Member, Zip};

/// The content of a member. Errors of reading are of the kinds that [`Error`] tells apart.
pub struct Content<'z> {
    bytes: Box<dyn Read + 'z>,
    member: &'z Member,
    budget: &'z Budget,
}

impl Zip<'_> {
    /// Reads a member's content, which is compared with the size and checksum that the directory states where it is read to
    /// its end.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where the member is not where the directory says, or overlaps another one;
    /// [`Error::Unsupported`] where it is larger than the limit, encrypted, or compressed by a method that is not read.
    /// The same of reading.
    pub fn content<'z>(&'z self, member: &'z Member, budget: &'z Budget) -> Result<Content<'z>, Error> {
        let limit = budget.limits().member_bytes;
        if member.size > limit {
            let size = member.size;
            return Err(member.unsupported(&format!("has {size} bytes, over this plugin's limit of {limit}")));
        }
        if member.encrypted {
            return Err(member.unsupported("is encrypted"));
        }
        self.place(member)?;
        let entry = self.archive.get_entry(member.wayfinder).map_err(|error| member.damaged(&error))?;
        let bytes: Box<dyn Read + 'z> = match member.method {
            CompressionMethod::STORE => Box::new(entry.verifying_reader(entry.reader())),
            CompressionMethod::DEFLATE => {
                Box::new(entry.verifying_reader(DeflateDecoder::new(entry.reader())))
            }
            other => {
                let method = other.as_u16();
                return Err(
                    member.unsupported(&format!("is compressed by method {method}, which is not read"))
                );
            }
        };
        Ok(Content { bytes, member, budget })
    }

    /// All of a member's content; see [`content`](Self::content).
    ///
    /// # Errors
    ///
    /// As there, and [`Error::Unsupported`] where it has more than `limit` bytes.
    pub fn read_to_vec(&self, member: &Member, limit: u64, budget: &Budget) -> Result<Vec<u8>, Error> {
        if member.size > limit {
            let size = member.size;
            return Err(member.unsupported(&format!("has {size} bytes, over this plugin's limit of {limit}")));
        }
        let mut bytes = Vec::new();
        self.content(member, budget)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The first bytes of a member's content, at most `limit`; see [`content`](Self::content).
    ///
    /// # Errors
    ///
    /// As there, but that the rest is not compared.
    pub fn read_head(&self, member: &Member, limit: u64, budget: &Budget) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.content(member, budget)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Where the bytes come from there are no errors: what fails is the member.
        let read = self
            .bytes
            .read(buffer)
            .map_err(|error| invalid(&self.member.malformed(&format!("is damaged: {error}"))))?;
        self.budget
            .read(read as u64)
            .map_err(|error| io::Error::new(io::ErrorKind::Unsupported, reason(&error)))?;
        Ok(read)
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("member", &self.member.name).finish_non_exhaustive()
    }
}

fn invalid(error: &Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason(error))
}

/// What an error says, without its kind, which is stated anew where it comes out of a reader.
fn reason(error: &Error) -> String {
    match error {
        Error::Malformed(why) | Error::Unsupported(why) | Error::Other(why) => why.clone(),
    }
}
