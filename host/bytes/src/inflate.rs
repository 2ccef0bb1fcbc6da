//! Decompression, of which there is one for layers, archives, documents and members of zips.
//!
//! [`Inflater`] is pulled from. [`inflate`] pushes buffers to another thread and hashes what is
//! stored on the way, which is how layers are read: there, inflating is all that takes time, so it
//! waits for nobody and a byte is copied nowhere.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod header;
mod member;

use std::io::{self, Read};

use flate2::{Decompress, FlushDecompress, Status};
use limpid_model::Digest;
use lzma_rust2::XzReader;
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use self::member::{Member, Step};
use crate::compression::GZIP;
use crate::stored::Stored;
use crate::{Budget, Compression, Error, Inflation, Limit, Part};

/// What decoders may do.
#[derive(Clone, Copy, Debug)]
pub struct Decoding {
    /// The largest window, or dictionary, that compressed bytes may ask a decoder to hold, in bytes.
    pub window: Limit,
    /// What is done with bytes behind the last member of a gzip.
    pub trailing: Trailing,
}

/// What follows the last member of a gzip and is no member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trailing {
    /// It is left alone, as gzip does, for tools pad with zeros. For bytes whose digest is known.
    Ignored,
    /// It is damage: a member whose beginning was changed would be lost without a word.
    Refused,
}

/// Inflates a part, as it is asked for.
pub struct Inflater {
    what: String,
    decoder: Codec,
}

enum Codec {
    Plain(Stored),
    Gzip { stored: Stored, decoder: Member, at: Place, trailing: Trailing },
    Deflate { stored: Stored, decoder: Decompress, at: Place },
    Bzip2 { stored: Stored, decoder: bzip2::Decompress, at: Place },
    Zstd { stored: Stored, decoder: Box<Decoder<'static>>, at: Place, window: Limit },
    Xz { decoder: Box<XzReader<Stored>>, window: Limit },
}

/// Where a decoder is in its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first member of a gzip.
    Before,
    Inside,
    /// At the end of a member, stream or frame; another may follow.
    Between,
}

impl Inflater {
    /// `what` is for errors.
    ///
    /// # Errors
    /// No decoder can be had.
    pub fn new(
        part: &Part,
        what: &str,
        compression: Compression,
        decoding: &Decoding,
    ) -> Result<Self, Error> {
        Self::over(Stored::new(part, what), what, compression, decoding)
    }

    fn over(
        stored: Stored,
        what: &str,
        compression: Compression,
        decoding: &Decoding,
    ) -> Result<Self, Error> {
        let (at, window) = (Place::Inside, decoding.window);
        let decoder = match compression {
            Compression::None => Codec::Plain(stored),
            Compression::Gzip => {
                let (decoder, at, trailing) = (Member::new(), Place::Before, decoding.trailing);
                Codec::Gzip { stored, decoder, at, trailing }
            }
            Compression::Bzip2 => Codec::Bzip2 { stored, decoder: bzip2::Decompress::new(false), at },
            Compression::Zstd => {
                let doing = "starting a zstd decoder";
                let mut decoder = Decoder::new().map_err(Error::io(doing))?;
                let log = DParameter::WindowLogMax(window.value.max(1).ilog2());
                decoder.set_parameter(log).map_err(Error::io(doing))?;
                Codec::Zstd { stored, decoder: Box::new(decoder), at, window }
            }
            Compression::Xz => {
                let kibibytes = u32::try_from(window.value >> 10).unwrap_or(u32::MAX);
                let decoder = XzReader::new_mem_limit(stored, true, kibibytes);
                Codec::Xz { decoder: Box::new(decoder), window }
            }
        };
        Ok(Self { what: what.to_owned(), decoder })
    }

    /// A bare stream of [RFC 1951](https://www.rfc-editor.org/rfc/rfc1951), as zips have them; what
    /// follows it is not looked at.
    pub(crate) fn deflate(part: &Part, what: &str) -> Self {
        let (stored, decoder) = (Stored::new(part, what), Decompress::new(false));
        Self { what: what.to_owned(), decoder: Codec::Deflate { stored, decoder, at: Place::Inside } }
    }

    /// Writes the next bytes into `out`, which must not be empty, and returns how many; 0 at the end.
    fn next(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let what = self.what.as_str();
        match &mut self.decoder {
            Codec::Plain(stored) => {
                let mut input = stored.fill(1)?;
                let read = input.read(out).map_err(Error::io(format_args!("reading {what}")))?;
                stored.consume(read);
                Ok(read)
            }
            Codec::Gzip { stored, decoder, at, trailing } => {
                gunzip(stored, decoder, at, *trailing, what, out)
            }
            Codec::Deflate { at: Place::Between, .. } => Ok(0),
            Codec::Deflate { stored, decoder, at } => {
                let decode = |input: &[u8], out: &mut [u8]| deflated(decoder, input, out);
                step(stored, decode, at, ("deflate", what), out)
            }
            Codec::Bzip2 { stored, decoder, at } => bunzip2(stored, decoder, at, what, out),
            Codec::Zstd { stored, decoder, at, window } => unzstd(stored, decoder, at, *window, what, out),
            Codec::Xz { decoder, window } => {
                decoder.read(out).map_err(|error| of_xz(error, what, decoder_position(decoder), *window))
            }
        }
    }

    /// The digest of all that is stored, once all was inflated.
    fn finish(self) -> Result<Digest, Error> {
        match self.decoder {
            Codec::Plain(stored)
            | Codec::Gzip { stored, .. }
            | Codec::Deflate { stored, .. }
            | Codec::Bzip2 { stored, .. }
            | Codec::Zstd { stored, .. } => stored.finish(),
            Codec::Xz { decoder, .. } => decoder.into_inner().finish(),
        }
    }
}

impl Read for Inflater {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() { Ok(0) } else { Ok(self.next(buffer)?) }
    }
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Inflater").field(&self.what).finish()
    }
}

/// Any number of members (RFC 1952, 2.2).
fn gunzip(
    stored: &mut Stored,
    decoder: &mut Member,
    at: &mut Place,
    trailing: Trailing,
    what: &str,
    out: &mut [u8],
) -> Result<usize, Error> {
    loop {
        if *at == Place::Between {
            let next = stored.fill(GZIP.len())?;
            let (is_end, is_member) = (next.is_empty(), next.starts_with(GZIP));
            if !is_member && !is_end && trailing == Trailing::Refused {
                return Err(Error::damaged(what, stored.position(), "what follows the gzip stream is none"));
            }
            if !is_member {
                return Ok(0);
            }
            *decoder = Member::new();
        }
        if *at != Place::Inside {
            decoder.begin(stored, what)?;
            *at = Place::Inside;
        }
        let written = step(stored, |input, out| decoder.step(input, out), at, ("gzip", what), out)?;
        if written > 0 {
            return Ok(written);
        }
    }
}

/// One step of a decoder of bare streams.
fn deflated(decoder: &mut Decompress, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
    let (read, written) = (decoder.total_in(), decoder.total_out());
    let status = decoder.decompress(input, out, FlushDecompress::None);
    let (read, written) = (decoder.total_in() - read, decoder.total_out() - written);
    let is_end = status.map_err(|error| error.to_string())? == Status::StreamEnd;
    Ok(Step { read: read as usize, written: written as usize, is_end })
}

/// Inflates until something came out, or the stream has ended.
fn step<E: std::fmt::Display>(
    stored: &mut Stored,
    mut decode: impl FnMut(&[u8], &mut [u8]) -> Result<Step, E>,
    at: &mut Place,
    (codec, what): (&str, &str),
    out: &mut [u8],
) -> Result<usize, Error> {
    loop {
        let input = stored.fill(1)?;
        let is_end = input.is_empty();
        let done = decode(input, out);
        let Step { read, written, is_end: has_ended } =
            done.map_err(|error| Error::damaged(what, stored.position(), format!("{codec}: {error}")))?;
        stored.consume(read);
        if has_ended {
            *at = Place::Between;
            return Ok(written);
        }
        if written > 0 {
            return Ok(written);
        }
        if read == 0 {
            return Err(stuck(stored, what, codec, is_end));
        }
    }
}

/// A decoder that neither reads nor writes.
fn stuck(stored: &Stored, what: &str, codec: &str, is_end: bool) -> Error {
    let why = if is_end { format!("the {codec} stream ends early") } else { format!("{codec}: no progress") };
    Error::damaged(what, stored.position(), why)
}

fn bunzip2(
    stored: &mut Stored,
    decoder: &mut bzip2::Decompress,
    at: &mut Place,
    what: &str,
    out: &mut [u8],
) -> Result<usize, Error> {
    loop {
        let input = stored.fill(1)?;
        let is_end = input.is_empty();
        if *at == Place::Between {
            if is_end {
                return Ok(0);
            }
            *decoder = bzip2::Decompress::new(false);
            *at = Place::Inside;
        }
        let (read, written) = (decoder.total_in(), decoder.total_out());
        let status = decoder.decompress(input, out);
        let (read, written) = (decoder.total_in() - read, decoder.total_out() - written);
        stored.consume(read as usize);
        let status =
            status.map_err(|error| Error::damaged(what, stored.position(), format!("bzip2: {error}")))?;
        if status == bzip2::Status::StreamEnd {
            *at = Place::Between;
        } else if read == 0 && written == 0 {
            return Err(stuck(stored, what, "bzip2", is_end));
        }
        if written > 0 {
            return Ok(written as usize);
        }
    }
}

/// Any number of frames (RFC 8878, 3.1); unlike with gzip, nothing else may follow.
fn unzstd(
    stored: &mut Stored,
    decoder: &mut Decoder<'static>,
    at: &mut Place,
    window: Limit,
    what: &str,
    out: &mut [u8],
) -> Result<usize, Error> {
    loop {
        let input = stored.fill(1)?;
        let is_end = input.is_empty();
        if is_end && *at == Place::Between {
            return Ok(0);
        }
        let mut from = InBuffer::around(input);
        let mut to = OutBuffer::around(&mut *out);
        let result = decoder.run(&mut from, &mut to);
        let (read, written) = (from.pos(), to.pos());
        stored.consume(read);
        *at = match result {
            Ok(0) => Place::Between,
            Ok(_) => Place::Inside,
            Err(error) => return Err(of_zstd(&error, what, stored.position(), window)),
        };
        if written > 0 {
            return Ok(written);
        }
        if is_end && *at == Place::Inside {
            return Err(stuck(stored, what, "zstd", is_end));
        }
    }
}

fn of_zstd(error: &io::Error, what: &str, at: u64, limit: Limit) -> Error {
    let text = error.to_string();
    // `ZSTD_error_frameParameter_windowTooLarge`; the library gives no code through this interface.
    if text.contains("too much memory") {
        return Error::Window { what: what.to_owned(), codec: "zstd", limit };
    }
    Error::damaged(what, at, format!("zstd: {text}"))
}

fn decoder_position(decoder: &XzReader<Stored>) -> u64 {
    decoder.inner().position()
}

/// The decoder of xz passes on what reading failed with, and has errors of its own.
fn of_xz(error: io::Error, what: &str, at: u64, limit: Limit) -> Error {
    match error.kind() {
        io::ErrorKind::OutOfMemory => return Error::Window { what: what.to_owned(), codec: "xz", limit },
        io::ErrorKind::UnexpectedEof => return Error::damaged(what, at, "the xz stream ends early"),
        _ if error.raw_os_error().is_some() => return Error::io(format_args!("reading {what}"))(error),
        _ => {}
    }
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::damaged(what, at, format!("xz: {error}")),
    }
}

/// A buffer that is filled, passed on and used again.
pub struct Buffer {
    bytes: Box<[u8]>,
    len: usize,
}

impl Default for Buffer {
    fn default() -> Self {
        Self { bytes: vec![0; 256 << 10].into_boxed_slice(), len: 0 }
    }
}

impl Buffer {
    /// What it was filled with.
    pub fn filled(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn free(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.len..).unwrap_or_default()
    }

    fn is_full(&self) -> bool {
        self.len == self.bytes.len()
    }
}

/// Where inflated bytes go.
pub trait Output {
    /// Takes a buffer of inflated bytes and returns one to fill next; none when nobody wants more.
    ///
    /// # Errors
    /// They cannot be put where they go.
    fn next(&mut self, filled: Buffer) -> Result<Option<Buffer>, Error>;
}

/// What to inflate, and how far.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// For errors.
    pub what: &'a str,
    /// What is stored.
    pub part: &'a Part,
    /// How.
    pub compression: Compression,
    /// What the decoder may do.
    pub decoding: Decoding,
    /// How much may come out.
    pub inflation: Inflation,
}

/// How inflating ended.
pub enum Ended {
    /// All was read; the digest of the stored bytes, which for plain ones is not computed, as it is
    /// that of the inflated bytes.
    Whole(Option<Digest>),
    /// Nobody wanted more.
    Unwanted,
}

/// Inflates a part into `output`.
///
/// # Errors
/// It is damaged, over a limit, or cannot be read; and those of `output`.
pub fn inflate(job: &Job<'_>, output: &mut dyn Output) -> Result<Ended, Error> {
    let budget = Budget::new(job.what, job.part.len(), job.inflation);
    let mut pass = |filled: Buffer| {
        budget.spend(filled.len as u64)?;
        let next = output.next(filled)?;
        Ok::<_, Error>(next.map(|buffer| Buffer { len: 0, ..buffer }))
    };
    if job.compression == Compression::None {
        return copy(job, &mut pass);
    }
    let stored = Stored::hashed(job.part, job.what);
    let mut inflater = Inflater::over(stored, job.what, job.compression, &job.decoding)?;
    let mut buffer = Buffer::default();
    loop {
        let written = inflater.next(buffer.free())?;
        buffer.len += written;
        let is_end = written == 0;
        if buffer.is_full() || (is_end && buffer.len > 0) {
            match pass(buffer)? {
                Some(next) => buffer = next,
                None => return Ok(Ended::Unwanted),
            }
        }
        if is_end {
            return Ok(Ended::Whole(Some(inflater.finish()?)));
        }
    }
}

fn copy(
    job: &Job<'_>,
    pass: &mut dyn FnMut(Buffer) -> Result<Option<Buffer>, Error>,
) -> Result<Ended, Error> {
    let mut buffer = Buffer::default();
    let mut at = 0;
    while at < job.part.len() {
        buffer.len =
            job.part.read_at(buffer.free(), at).map_err(Error::io(format_args!("reading {}", job.what)))?;
        if buffer.len == 0 {
            return Err(Error::damaged(job.what, at, format!("ends before its {} bytes", job.part.len())));
        }
        at += buffer.len as u64;
        match pass(buffer)? {
            Some(next) => buffer = next,
            None => return Ok(Ended::Unwanted),
        }
    }
    Ok(Ended::Whole(None))
}

#[cfg(test)]
mod tests;
