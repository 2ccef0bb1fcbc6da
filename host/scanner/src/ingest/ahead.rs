//! Reads documents ahead of the plugin that is given them: to inflate them and to parse them is work for two
//! processors.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use limpid_documents::{Documents, Limits};
use limpid_runtime as runtime;

use super::Document;

/// Bytes that are read at a time, however many a plugin asks for.
const LONGEST: usize = 256 << 10;
/// Bytes of documents after which they are handed over.
const HANDED: usize = 128 << 10;
/// Documents after which they are, however short.
const MOST: usize = 1_000;
/// How often it is handed over before anybody has asked for it.
const WAITING: usize = 4;

/// What files hold, in order.
#[derive(Debug)]
enum Piece {
    Begin(String),
    Bytes(Vec<u8>),
    End,
    /// A document cannot be read further; or where none has begun, none after it can be read.
    Failed(io::Error),
}

/// Reads files ahead, until nobody asks for more.
pub(super) struct Ahead<'a> {
    files: &'a [Document],
    limits: &'a Limits,
    pieces: Vec<Piece>,
    bytes: usize,
    to: SyncSender<Vec<Piece>>,
}

/// Nobody asks for more.
struct Ended;

impl<'a> Ahead<'a> {
    /// What files hold, one document after the other, and what reads it on a thread of its own.
    pub(super) fn of(files: &'a [Document], limits: &'a Limits) -> (Self, Stream) {
        let (to, from) = sync_channel(WAITING);
        let state = State { from: Some(from), pieces: VecDeque::new(), number: 0, is_open: false };
        let ahead = Self { files, limits, pieces: Vec::new(), bytes: 0, to };
        (ahead, Stream(Arc::new(Mutex::new(state))))
    }

    /// Returns when all is read, or nobody asks for more.
    pub(super) fn run(mut self) {
        // Whoever asks for no more has all that he wants.
        _ = self.read().and_then(|()| self.hand_over());
    }

    fn read(&mut self) -> Result<(), Ended> {
        for Document { name, file, .. } in self.files {
            let mut documents = match Documents::open(name, file.clone(), self.limits) {
                Ok(documents) => documents,
                Err(error) => return self.push(Piece::Failed(error)),
            };
            loop {
                match documents.next() {
                    Ok(Some(document)) => self.document(document)?,
                    Ok(None) => break,
                    Err(error) => return self.push(Piece::Failed(error)),
                }
            }
        }
        Ok(())
    }

    fn document(&mut self, mut document: limpid_documents::Document) -> Result<(), Ended> {
        self.push(Piece::Begin(document.name().to_owned()))?;
        loop {
            let mut bytes = Vec::new();
            let read = document.by_ref().take(LONGEST as u64).read_to_end(&mut bytes);
            // What was read before it failed is not damaged.
            if !bytes.is_empty() {
                self.push(Piece::Bytes(bytes))?;
            }
            match read {
                Ok(LONGEST) => {}
                Ok(_) => return self.push(Piece::End),
                Err(error) => return self.push(Piece::Failed(error)),
            }
        }
    }

    fn push(&mut self, piece: Piece) -> Result<(), Ended> {
        if let Piece::Bytes(bytes) = &piece {
            self.bytes += bytes.len();
        }
        self.pieces.push(piece);
        if self.bytes >= HANDED || self.pieces.len() >= MOST { self.hand_over() } else { Ok(()) }
    }

    fn hand_over(&mut self) -> Result<(), Ended> {
        self.bytes = 0;
        self.to.send(std::mem::take(&mut self.pieces)).map_err(|_| Ended)
    }
}

/// Documents one after the other, as a plugin is given them. All clones are one.
#[derive(Clone)]
pub(super) struct Stream(Arc<Mutex<State>>);

struct State {
    /// None when no more is read.
    from: Option<Receiver<Vec<Piece>>>,
    pieces: VecDeque<Piece>,
    /// Of the document that was given last.
    number: u64,
    /// Whether there may be more of it.
    is_open: bool,
}

impl Stream {
    /// Reads the last document to its end: damage behind what the plugin read is damage, too.
    pub(super) fn finish(&self) -> io::Result<()> {
        self.with(State::read_to_end)
    }

    /// Nobody reads on.
    pub(super) fn close(&self) {
        self.with(|state| state.from = None);
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut State) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// The next piece; none after the last.
    fn piece(&mut self) -> Option<Piece> {
        while self.pieces.is_empty() {
            self.pieces = self.from.as_ref()?.recv().ok()?.into();
        }
        self.pieces.pop_front()
    }

    /// Passes by what was not read of the last document. What is damaged, or over a limit, is so whoever reads it.
    fn read_to_end(&mut self) -> io::Result<()> {
        while self.read(usize::MAX)?.is_some() {}
        Ok(())
    }

    /// Goes on to the next document, and gives its name.
    fn next(&mut self) -> io::Result<Option<String>> {
        self.read_to_end()?;
        match self.piece() {
            Some(Piece::Begin(name)) => {
                self.number += 1;
                self.is_open = true;
                Ok(Some(name))
            }
            Some(Piece::Failed(error)) => Err(error),
            Some(Piece::Bytes(_) | Piece::End) | None => Ok(None),
        }
    }

    /// The next bytes of the last document, at least one and at most so many; none at its end.
    fn read(&mut self, most: usize) -> io::Result<Option<Vec<u8>>> {
        if !self.is_open {
            return Ok(None);
        }
        match self.piece() {
            Some(Piece::Bytes(mut bytes)) => {
                if bytes.len() > most {
                    self.pieces.push_front(Piece::Bytes(bytes.split_off(most)));
                }
                Ok(Some(bytes))
            }
            ended => {
                self.is_open = false;
                match ended {
                    Some(Piece::Failed(error)) => Err(error),
                    _ => Ok(None),
                }
            }
        }
    }
}

impl runtime::Documents for Stream {
    fn next(&mut self) -> io::Result<Option<Box<dyn runtime::Document>>> {
        let next = self.with(|state| state.next().map(|name| name.map(|name| (name, state.number))));
        let document = next?.map(|(name, number)| Given { name, number, stream: self.clone() });
        Ok(document.map(|document| Box::new(document) as _))
    }
}

/// A document that a plugin has.
struct Given {
    name: String,
    number: u64,
    stream: Stream,
}

impl runtime::Document for Given {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self, len: usize) -> io::Result<Vec<u8>> {
        self.stream.with(|state| {
            if state.number != self.number {
                let message =
                    "the plugin has gone on to the next document, and what is left of this one is gone";
                return Err(io::Error::new(io::ErrorKind::Unsupported, message));
            }
            if len == 0 {
                return Ok(Vec::new());
            }
            Ok(state.read(len)?.unwrap_or_default())
        })
    }
}

#[cfg(test)]
mod tests;
