use flate2::{Decompress, FlushDecompress, Status};
use limpid_model::Digest;
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

use crate::part::{Part, PartReader};
use crate::{Error, Limits};

/// How bytes are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

impl Compression {
    /// What the first bytes say.
    pub(crate) fn of(head: &[u8]) -> Self {
        if head.starts_with(GZIP) {
            Self::Gzip
        } else if head.starts_with(ZSTD) || is_skippable_frame(head) {
            Self::Zstd
        } else {
            Self::None
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// `zstd:chunked` and `pzstd` put skippable frames among the others (RFC 8878, 3.1.2), possibly first.
fn is_skippable_frame(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// A buffer that is filled, passed on and used again.
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    len: usize,
}

impl Buffer {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; 256 << 10].into_boxed_slice(), len: 0 }
    }

    pub(crate) fn filled(&self) -> &[u8] {
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
pub(crate) trait Output {
    /// Takes a buffer of inflated bytes and returns one to fill next; none when nobody wants more.
    fn next(&mut self, filled: Buffer) -> Result<Option<Buffer>, Error>;
}

/// What to inflate, and how far.
pub(crate) struct Job<'a> {
    /// For errors.
    pub(crate) what: &'a str,
    pub(crate) part: &'a Part,
    pub(crate) compression: Compression,
    pub(crate) limits: &'a Limits,
    /// The limit of the inflated size, and its name.
    pub(crate) most: (&'static str, u64),
}

/// How inflating ended.
pub(crate) enum Ended {
    /// All was read; the digest of the stored bytes, which for plain ones is not computed, as it is
    /// that of the inflated bytes.
    Whole(Option<Digest>),
    /// Nobody wanted more.
    Unwanted,
}

/// Inflates a part into `output`.
pub(crate) fn inflate(job: &Job<'_>, output: &mut dyn Output) -> Result<Ended, Error> {
    let mut meter = Meter { job, output, inflated: 0 };
    match job.compression {
        Compression::None => copy(job, &mut meter),
        Compression::Gzip => gunzip(PartReader::new(job.part, job.what), &mut meter),
        Compression::Zstd => unzstd(PartReader::new(job.part, job.what), &mut meter),
    }
}

/// Counts what passes, against the limits.
struct Meter<'a> {
    job: &'a Job<'a>,
    output: &'a mut dyn Output,
    inflated: u64,
}

impl Meter<'_> {
    fn pass(&mut self, filled: Buffer) -> Result<Option<Buffer>, Error> {
        self.inflated += filled.len as u64;
        let Job { what, part, limits, most, .. } = self.job;
        Error::check(format_args!("the inflated size of {what}"), most.0, most.1, self.inflated)?;
        if self.inflated > limits.inflation_ratio_from {
            let ratio = self.inflated / part.size.max(1);
            let subject = format_args!("the inflated size of {what} to its stored size");
            Error::check(subject, "inflation_ratio", limits.inflation_ratio, ratio)?;
        }
        let next = self.output.next(filled)?;
        Ok(next.map(|buffer| Buffer { len: 0, ..buffer }))
    }

    /// Passes the buffer on when it is full.
    fn pass_full(&mut self, buffer: Buffer) -> Result<Option<Buffer>, Error> {
        if buffer.is_full() { self.pass(buffer) } else { Ok(Some(buffer)) }
    }

    fn damaged(&self, at: u64, why: impl Into<String>) -> Error {
        Error::damaged(self.job.what, at, why)
    }
}

fn copy(job: &Job<'_>, meter: &mut Meter<'_>) -> Result<Ended, Error> {
    let mut buffer = Buffer::new();
    let mut at = 0;
    while at < job.part.size {
        buffer.len =
            job.part.read_at(buffer.free(), at).map_err(Error::io(format_args!("reading {}", job.what)))?;
        if buffer.len == 0 {
            return Err(meter.damaged(at, format!("ends before its {} bytes", job.part.size)));
        }
        at += buffer.len as u64;
        match meter.pass(buffer)? {
            Some(next) => buffer = next,
            None => return Ok(Ended::Unwanted),
        }
    }
    Ok(Ended::Whole(None))
}

/// Any number of members (RFC 1952, 2.2). What follows the last of them and is no member is left
/// alone, as gzip does: tools pad with zeros.
fn gunzip(mut reader: PartReader<'_>, meter: &mut Meter<'_>) -> Result<Ended, Error> {
    let mut buffer = Buffer::new();
    loop {
        // The decoder of zlib checks header, checksum and length itself, so bytes pass only once.
        let mut decoder = Decompress::new_gzip(15);
        loop {
            let input = reader.fill(1)?;
            let is_end = input.is_empty();
            let (read, written) = (decoder.total_in(), decoder.total_out());
            let status = decoder.decompress(input, buffer.free(), FlushDecompress::None);
            let (read, written) = (decoder.total_in() - read, decoder.total_out() - written);
            reader.consume(read as usize);
            buffer.len += written as usize;
            let status =
                status.map_err(|error| meter.damaged(reader.position(), format!("gzip: {error}")))?;
            match meter.pass_full(buffer)? {
                Some(next) => buffer = next,
                None => return Ok(Ended::Unwanted),
            }
            if status == Status::StreamEnd {
                break;
            }
            if read == 0 && written == 0 {
                let why = if is_end { "the gzip stream ends early" } else { "gzip: no progress" };
                return Err(meter.damaged(reader.position(), why));
            }
        }
        if !reader.fill(GZIP.len())?.starts_with(GZIP) {
            break;
        }
    }
    finish(reader, meter, buffer)
}

/// Any number of frames (RFC 8878, 3.1); unlike with gzip, nothing else may follow.
fn unzstd(mut reader: PartReader<'_>, meter: &mut Meter<'_>) -> Result<Ended, Error> {
    let doing = "starting a zstd decoder";
    let mut decoder = Decoder::new().map_err(Error::io(doing))?;
    let window = DParameter::WindowLogMax(meter.job.limits.zstd_window_log);
    decoder.set_parameter(window).map_err(Error::io(doing))?;
    let mut buffer = Buffer::new();
    let mut in_frame = true;
    loop {
        let input = reader.fill(1)?;
        if input.is_empty() && !in_frame {
            break;
        }
        let is_end = input.is_empty();
        let mut from = InBuffer::around(input);
        let mut to = OutBuffer::around(buffer.free());
        let result = decoder.run(&mut from, &mut to);
        let (read, written) = (from.pos(), to.pos());
        reader.consume(read);
        buffer.len += written;
        in_frame = match result {
            Ok(hint) => hint != 0,
            Err(error) => return Err(zstd_error(&reader, meter, &error)),
        };
        match meter.pass_full(buffer)? {
            Some(next) => buffer = next,
            None => return Ok(Ended::Unwanted),
        }
        if is_end && written == 0 && in_frame {
            return Err(meter.damaged(reader.position(), "the zstd stream ends early"));
        }
    }
    finish(reader, meter, buffer)
}

fn zstd_error(reader: &PartReader<'_>, meter: &Meter<'_>, error: &std::io::Error) -> Error {
    let text = error.to_string();
    // `ZSTD_error_frameParameter_windowTooLarge`; the library gives no code through this interface.
    if text.contains("too much memory") {
        let log = meter.job.limits.zstd_window_log;
        let why = format!("its zstd frame needs a window over the limit `zstd_window_log` of {log}");
        return Error::unsupported(meter.job.what, why);
    }
    meter.damaged(reader.position(), format!("zstd: {text}"))
}

fn finish(reader: PartReader<'_>, meter: &mut Meter<'_>, last: Buffer) -> Result<Ended, Error> {
    if !last.filled().is_empty() && meter.pass(last)?.is_none() {
        return Ok(Ended::Unwanted);
    }
    Ok(Ended::Whole(Some(reader.finish()?)))
}
