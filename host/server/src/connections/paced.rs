use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::places::Slot;
use super::refused::instead_of;
use super::stream::Stream;
use crate::settings::Pace;

/// A stream whose reader is to read: where it does not for too long, writing to it fails, and its
/// connection ends.
pub(super) struct Paced {
    stream: Stream,
    pace: Pace,
    slot: Arc<Slot>,
    /// What is being written, since when.
    writing: Option<Writing>,
    /// Since when the answer is being written; none while a request comes.
    answering: Option<Instant>,
    /// Runs while the reader lets wait.
    timer: Option<Pin<Box<Sleep>>>,
    /// What is stated in the place of what was given to be written.
    instead: Option<Instead>,
}

struct Writing {
    began: Instant,
    last: Instant,
    bytes: u64,
}

struct Instead {
    answer: Vec<u8>,
    written: usize,
    given: usize,
}

impl Paced {
    pub(super) const fn new(stream: Stream, pace: Pace, slot: Arc<Slot>) -> Self {
        Self { stream, pace, slot, writing: None, answering: None, timer: None, instead: None }
    }

    pub(super) fn into_inner(self) -> Stream {
        self.stream
    }

    /// Looks at the clock after an attempt to write.
    fn paced(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let now = Instant::now();
        let answering = *self.answering.get_or_insert(now);
        let end = answering.checked_add(self.pace.whole);
        let writing = self.writing.get_or_insert(Writing { began: now, last: now, bytes: 0 });
        if let Poll::Ready(Ok(written)) = &polled {
            writing.bytes = writing.bytes.saturating_add(*written as u64);
            writing.last = now;
            self.timer = None;
            self.slot.read();
        }
        let too_late = || io::Error::new(io::ErrorKind::TimedOut, "the client does not read its answer");
        if end.is_some_and(|end| end <= now) {
            return Poll::Ready(Err(too_late()));
        }
        if polled.is_ready() {
            return polled;
        }
        let due = (writing.last + self.pace.idle).min(writing.began + self.pace.time_for(writing.bytes));
        let due = end.map_or(due, |end| due.min(end));
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(too_late()))
    }

    fn write_instead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while let Some(instead) = &mut self.instead {
            let rest = instead.answer.get(instead.written..).unwrap_or_default();
            if rest.is_empty() {
                let given = instead.given;
                self.instead = None;
                return Poll::Ready(Ok(given));
            }
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            instead.written += written;
        }
        Poll::Ready(Ok(0))
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.answering = None;
        }
        polled
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.instead.is_none()
            && let Some(answer) = instead_of(bytes)
        {
            self.instead = Some(Instead { answer, written: 0, given: bytes.len() });
        }
        let polled = if self.instead.is_some() {
            self.write_instead(context)
        } else {
            Pin::new(&mut self.stream).poll_write(context, bytes)
        };
        self.paced(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = slices {
            return self.poll_write(context, only);
        }
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.paced(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// All that was given is written: what comes next has time of its own.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writing = None;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
