use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::time::{Instant, SystemTime};

use limpid_model::Hasher;
use limpid_outbound::retry_after;
use ureq::http::header::{ETAG, LAST_MODIFIED, RETRY_AFTER};

use super::{DocumentFetcher, DocumentOptions, FetchedDocument, Validators};
use crate::Error;
use crate::address::Address;
use crate::retries::Retries;
use crate::transport::{Answer, Request};

/// Read at a time, in bytes.
const BUFFER: usize = 64 << 10;

/// Longest validator that is remembered, in bytes.
const VALIDATOR: usize = 1024;

impl DocumentFetcher {
    /// Asks an address until it answers, as often as the settings say.
    pub(super) fn persist(
        &self,
        address: &Address,
        known: Option<&Validators>,
        file: &File,
        came: &dyn Fn(u64),
    ) -> Result<FetchedDocument, Error> {
        self.retries().persist(&self.stop, || self.attempt(address, known, file, came))
    }

    pub(super) const fn retries(&self) -> Retries {
        let DocumentOptions { attempts, backoff, longest_wait, .. } = self.options;
        Retries { attempts, backoff, longest_wait }
    }

    fn attempt(
        &self,
        address: &Address,
        known: Option<&Validators>,
        file: &File,
        came: &dyn Fn(u64),
    ) -> Result<FetchedDocument, Error> {
        let started = Instant::now();
        let none_match = known.and_then(|known| known.etag.as_deref());
        let modified_since = known.and_then(|known| known.modified.as_deref());
        let request = Request { none_match, modified_since, ..Request::default() };
        let answer = self.transport.get(address, request)?;
        match answer.status {
            200 => {}
            304 if none_match.is_some() || modified_since.is_some() => return Ok(FetchedDocument::Unchanged),
            status @ (429 | 503) => {
                let after = answer.header(&RETRY_AFTER).and_then(|text| retry_after(text, SystemTime::now()));
                return Err(Error::Later { address: answer.address.to_string(), status, after });
            }
            status => {
                let address = answer.address.to_string();
                return Err(Error::Status { address, status, message: answer.message() });
            }
        }
        let validator = |name| answer.header(name).filter(|text| text.len() <= VALIDATOR).map(str::to_owned);
        let validators = Validators {
            address: address.uri().to_string(),
            etag: validator(&ETAG),
            modified: validator(&LAST_MODIFIED),
        };
        let mut receiving = Receiving { fetcher: self, address: answer.address.to_string(), started, came };
        let (bytes, digest) = receiving.spool(answer, file)?;
        Ok(FetchedDocument::New { bytes, digest, validators })
    }
}

/// A body that comes.
struct Receiving<'a> {
    fetcher: &'a DocumentFetcher,
    address: String,
    started: Instant,
    came: &'a dyn Fn(u64),
}

impl Receiving<'_> {
    fn spool(&mut self, answer: Answer, mut file: &File) -> Result<(u64, limpid_model::Digest), Error> {
        let limit = self.fetcher.options.bytes;
        let length = answer.length();
        if let Some(length) = length.filter(|length| *length > limit) {
            return Err(self.too_large(Some(length)));
        }
        // What an attempt before left is gone.
        let failed = |address: &str, source| Error::Spool { address: address.to_owned(), source };
        file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(|e| failed(&self.address, e))?;
        let mut body = answer.into_reader();
        let (mut buffer, mut received, mut hasher) = (vec![0; BUFFER], 0, Hasher::default());
        loop {
            let read = match body.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read.map_err(|source| self.broken(received, source))?,
            };
            let piece = buffer.get(..read).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            received += read as u64;
            if received > limit {
                return Err(self.too_large(None));
            }
            hasher.update(piece);
            file.write_all(piece).map_err(|source| failed(&self.address, source))?;
            (self.came)(read as u64);
            self.go_on()?;
        }
        if length.is_some_and(|length| received < length) {
            let source = io::Error::from(ErrorKind::UnexpectedEof);
            return Err(Error::CutShort { address: self.address.clone(), received, source });
        }
        Ok((received, hasher.finish()))
    }

    fn go_on(&self) -> Result<(), Error> {
        if self.fetcher.stop.is_stopped() {
            return Err(Error::Stopped);
        }
        let limit = self.fetcher.options.time;
        if self.started.elapsed() > limit {
            let (what, setting) = ("it takes more than", "feeds.document_time");
            return Err(Error::TooSlow { address: self.address.clone(), what, limit, setting });
        }
        Ok(())
    }

    fn too_large(&self, size: Option<u64>) -> Error {
        let (limit, setting) = (self.fetcher.options.bytes, self.fetcher.options.setting);
        Error::TooLarge { what: self.address.clone(), size, limit, setting }
    }

    fn broken(&self, received: u64, source: io::Error) -> Error {
        let address = self.address.clone();
        match source.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                let (limit, setting) = (self.fetcher.options.idle, "feeds.idle_time");
                Error::TooSlow { address, what: "nothing came for", limit, setting }
            }
            _ => Error::CutShort { address, received, source },
        }
    }
}
