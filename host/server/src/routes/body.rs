use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use http_body_util::BodyExt;
use limpid_scanner::Error;
use tokio::sync::mpsc;

use crate::error::Failure;

/// Bytes of a piece of a file that is sent.
const PIECE: usize = 256 << 10;

/// Pieces of a body that may wait to be written.
const WAITING: usize = 8;

/// How much of a body that is refused is let go by, in bytes and in time.
const DISCARDED: u64 = 1 << 30;
const DISCARDING: Duration = Duration::from_secs(10);

/// What a body may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Longest body in bytes.
    pub(super) bytes: u64,
    /// The setting that says so.
    pub(super) setting: &'static str,
    /// How long nothing may come.
    pub(super) idle: Duration,
}

/// Writes a body as it comes, piece by piece, on a thread that may block. Returns the writer.
pub(super) async fn write<W: Write + Send + 'static>(
    body: Body,
    limits: Limits,
    writer: W,
) -> Result<W, Failure> {
    let (pieces, receiver) = mpsc::channel(WAITING);
    let writing = tokio::task::spawn_blocking(move || write_pieces(receiver, writer));
    let received = receive(body, limits, pieces).await;
    let written = writing.await.map_err(|error| Failure::internal(error.to_string()))?;
    received?;
    written.map_err(|source| Error::Host { what: "the body cannot be written".to_owned(), source }.into())
}

/// A file as a body, from its beginning, and how long it is. It is read piece by piece, on a thread that
/// may block; where that fails, the answer is cut short.
pub(super) fn file(mut file: File) -> io::Result<(u64, Body)> {
    let length = file.metadata()?.len();
    file.rewind()?;
    let (pieces, receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let read = Read::by_ref(&mut file).take(PIECE as u64).read_to_end(&mut piece);
            let is_last = matches!(read, Ok(0) | Err(_));
            if !matches!(read, Ok(0)) && pieces.blocking_send(read.map(|_| Bytes::from(piece))).is_err() {
                break;
            }
            if is_last {
                break;
            }
        }
    });
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    Ok((length, Body::from_stream(stream)))
}

fn write_pieces<W: Write>(mut pieces: mpsc::Receiver<Bytes>, mut writer: W) -> std::io::Result<W> {
    while let Some(piece) = pieces.blocking_recv() {
        writer.write_all(&piece)?;
    }
    writer.flush()?;
    Ok(writer)
}

/// A client that still sends does not read its answer, and where the connection is closed before it
/// has, it never will. So what it sends is let go by, for a while.
async fn discard(mut body: Body) {
    let discarding = async {
        let mut left = DISCARDED;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.into_data().map_or(0, |piece| piece.len() as u64);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    let _ = tokio::time::timeout(DISCARDING, discarding).await;
}

async fn receive(mut body: Body, limits: Limits, pieces: mpsc::Sender<Bytes>) -> Result<(), Failure> {
    let mut received = 0_u64;
    loop {
        let frame = tokio::time::timeout(limits.idle, body.frame()).await.map_err(|_| {
            let message = format!("no more of the body came within {} s", limits.idle.as_secs());
            Failure::new(StatusCode::REQUEST_TIMEOUT, "too-slow", message)
        })?;
        let Some(frame) = frame else { return Ok(()) };
        let frame =
            frame.map_err(|error| Failure::bad_request(format!("the body was cut short: {error}")))?;
        let Ok(piece) = frame.into_data() else { continue };
        received = received.saturating_add(piece.len() as u64);
        if received > limits.bytes {
            discard(body).await;
            let (limit, setting) = (limits.bytes, limits.setting);
            let message = format!("the body is over {limit} bytes, the limit of setting `{setting}`");
            return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "over-limit", message));
        }
        // The other end is gone only where writing failed, which it tells itself.
        if pieces.send(piece).await.is_err() {
            discard(body).await;
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
