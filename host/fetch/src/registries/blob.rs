use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use limpid_bytes::Stop;
use ureq::http::header::CONTENT_RANGE;
use ureq::http::{HeaderName, HeaderValue};

use super::content_range;
use super::endpoint::{Endpoint, expect};
use crate::address::Address;
use crate::transport::{Answer, Request, broken};
use crate::{Error, interrupt};

/// Read at a time of what is skipped, in bytes.
const BUFFER: usize = 64 << 10;

/// The bytes of a layer as they come. A connection that is cut is made again, from where it was cut; where that
/// host fails for good, the next one is asked. Ends with an error, never early.
///
/// What reading fails of is an [`Error`] within the [`io::Error`].
pub struct Blob {
    /// Who has it, those that failed for good not included. Never empty.
    sources: Vec<(Arc<Endpoint>, Address)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// What its manifest states, or else the first answer.
    size: Option<u64>,
    /// Bytes that were given out.
    at: u64,
    open: Option<Open>,
    /// Attempts since a byte last came.
    failures: u32,
    begun: Instant,
    pace: Pace,
    stop: Stop,
}

/// How much has come in which time.
#[derive(Default)]
struct Pace {
    waited: Duration,
    bytes: u64,
}

struct Open {
    address: String,
    body: Box<dyn Read + Send>,
    /// Bytes to be thrown away, where the host began at the first one nevertheless.
    skip: u64,
}

impl Blob {
    /// Asks the first of those who have it, so that one that is not there is known at once.
    pub(super) fn open(
        mut sources: Vec<(Arc<Endpoint>, Address)>,
        headers: Vec<(HeaderName, HeaderValue)>,
        size: Option<u64>,
        stop: &Stop,
    ) -> Result<Self, Error> {
        // The one to be asked is the last.
        sources.reverse();
        let (open, at, failures, begun, stop) = (None, 0, 0, Instant::now(), stop.clone());
        let pace = Pace::default();
        let mut blob = Self { sources, headers, size, at, open, failures, begun, pace, stop };
        blob.fits(size.unwrap_or_default())?;
        while blob.open.is_none() {
            blob.connect()?;
        }
        Ok(blob)
    }

    /// Its length, where that is known.
    pub const fn size(&self) -> Option<u64> {
        self.size
    }

    fn endpoint(&self) -> Result<&(Arc<Endpoint>, Address), Error> {
        self.sources.last().ok_or(Error::Stopped)
    }

    /// Whether so many bytes are allowed.
    fn fits(&self, size: u64) -> Result<(), Error> {
        let (endpoint, address) = self.endpoint()?;
        let limit = endpoint.registries.settings().layer_bytes;
        if size <= limit {
            return Ok(());
        }
        let (what, setting) = (address.to_string(), "registries.layer_bytes");
        Err(Error::TooLarge { what, size: Some(size), limit, setting })
    }

    /// Asks for what is left. Where that fails, it is to be tried again, of the same host or the next.
    fn connect(&mut self) -> Result<(), Error> {
        self.in_time()?;
        let (endpoint, address) = self.endpoint()?;
        let request = Request { headers: &self.headers, from: self.at, ..Request::default() };
        let opened = endpoint.ask(address, request, &self.stop).and_then(|answer| self.begin(answer));
        match opened {
            Ok((open, size)) => {
                self.open = Some(open);
                self.size = self.size.or(size);
                Ok(())
            }
            Err(error) => self.fail(error),
        }
    }

    fn begin(&self, answer: Answer) -> Result<(Open, Option<u64>), Error> {
        let address = answer.address.to_string();
        let part = answer.header(&CONTENT_RANGE).and_then(content_range::parse);
        let other = || Error::OtherPart { address: address.clone(), from: self.at };
        let (skip, size) = match (answer.status, self.at) {
            (206, 1..) => {
                let part = part.filter(|part| part.first == self.at).ok_or_else(other)?;
                (0, part.whole)
            }
            (206 | 416, _) => return Err(other()),
            (200, _) => (self.at, answer.length()),
            _ => return Err(expect(answer).err().unwrap_or_else(other)),
        };
        if let (Some(expected), Some(size)) = (self.size, size)
            && expected != size
        {
            let than = if size > expected { "longer than" } else { "shorter than" };
            return Err(Error::WrongSize { address, expected, than });
        }
        self.fits(size.unwrap_or_default())?;
        Ok((Open { address, body: Box::new(answer.into_reader()), skip }, size))
    }

    /// Gets over a failure: waits for another try, or goes on with the next host.
    fn fail(&mut self, error: Error) -> Result<(), Error> {
        self.open = None;
        if self.stop.is_stopped() {
            return Err(Error::Stopped);
        }
        self.failures += 1;
        let paused = {
            let (endpoint, _) = self.endpoint()?;
            endpoint.registries.retries().pause(self.failures, error, &self.stop)
        };
        match paused {
            Err(error) if self.sources.len() <= 1 || matches!(error, Error::Stopped) => Err(error),
            Err(_) => {
                self.sources.pop();
                self.failures = 0;
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn in_time(&self) -> Result<(), Error> {
        let (endpoint, address) = self.endpoint()?;
        let limit = endpoint.registries.settings().layer_time;
        if self.begun.elapsed() <= limit {
            return Ok(());
        }
        let (what, setting) = ("it takes more than", "registries.layer_time");
        Err(Error::TooSlow { address: address.to_string(), what, limit, setting })
    }

    /// Goes on with the next host where too little has come in the time that was waited for it, in which whoever reads
    /// did nothing else.
    fn keep_pace(&mut self, waited: Duration, read: usize) -> Result<(), Error> {
        let (endpoint, address) = self.endpoint()?;
        let settings = endpoint.registries.settings();
        let (rate, time) = (settings.least_rate, settings.idle_time);
        let address = address.to_string();
        self.pace.waited += waited;
        self.pace.bytes += read as u64;
        if self.pace.waited < time {
            return Ok(());
        }
        let came = std::mem::take(&mut self.pace);
        let wanted = u128::from(rate) * came.waited.as_millis() / 1_000;
        if u128::from(came.bytes) >= wanted || self.size.is_some_and(|size| self.at >= size) {
            return Ok(());
        }
        self.fail(Error::SlowLayer { address, came: came.bytes, time: came.waited, rate })
    }

    /// Reads what comes; 0 where nothing more does.
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        loop {
            if self.stop.is_stopped() {
                return Err(Error::Stopped);
            }
            let Some(open) = &mut self.open else {
                self.connect()?;
                continue;
            };
            let asked = Instant::now();
            let read = match open.skip {
                0 => interrupt::until(&self.stop, || open.body.read(buffer)),
                skip => {
                    let mut skipped = vec![0; BUFFER.min(usize::try_from(skip).unwrap_or(BUFFER))];
                    let read = interrupt::until(&self.stop, || open.body.read(&mut skipped));
                    if let Ok(read @ 1..) = read {
                        open.skip -= read as u64;
                        self.keep_pace(asked.elapsed(), read)?;
                        self.in_time()?;
                        continue;
                    }
                    read
                }
            };
            let address = open.address.clone();
            let (endpoint, _) = self.endpoint()?;
            let times = endpoint.registries.transport().times();
            match read {
                Ok(0) if self.is_whole() => return Ok(0),
                Ok(0) => {
                    let source = ErrorKind::UnexpectedEof.into();
                    self.fail(Error::CutShort { address, received: self.at, source })?;
                }
                Ok(read) => {
                    self.at += read as u64;
                    self.failures = 0;
                    if let Some(expected) = self.size.filter(|size| self.at > *size) {
                        return Err(Error::WrongSize { address, expected, than: "longer than" });
                    }
                    self.fits(self.at)?;
                    self.in_time()?;
                    self.keep_pace(asked.elapsed(), read)?;
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => self.fail(broken(address, self.at, source, times))?,
            }
        }
    }

    /// Whether all has come, as far as anybody says.
    fn is_whole(&self) -> bool {
        self.size.is_none_or(|size| self.at >= size) && self.open.as_ref().is_none_or(|open| open.skip == 0)
    }
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.next(buffer).map_err(io::Error::other)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob").field("size", &self.size).field("at", &self.at).finish_non_exhaustive()
    }
}
