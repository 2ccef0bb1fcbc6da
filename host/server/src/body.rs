use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use limpid_scanner::Error;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::error::{Code, Failure};
use crate::settings::Pace;

/// Bytes of a piece of a file that is sent, and about as many of a body that are written at a time.
const PIECE: usize = 256 << 10;

/// How much of a body that is too long is let go by, in bytes and in time.
const DISCARDED: u64 = 1 << 30;
const DISCARDING: Duration = Duration::from_secs(10);

/// The same of one that is not to come at all.
const REFUSED: u64 = 1 << 20;
const REFUSING: Duration = Duration::from_secs(2);

/// What a body may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Longest body in bytes.
    pub(crate) bytes: u64,
    /// The setting that says so; none where none does.
    pub(crate) setting: Option<&'static str>,
    /// How fast it is to come.
    pub(crate) pace: Pace,
}

/// Writes a body as it comes, piece by piece, to what `make` gives for it when there is something to be
/// written. Returns the writer. No thread waits for what does not come.
pub(crate) async fn write<W, E>(
    mut body: Body,
    limits: Limits,
    make: impl FnOnce() -> Result<W, E> + Send + 'static,
) -> Result<W, Failure>
where
    W: Write + Send + 'static,
    E: Into<Failure> + Send + 'static,
{
    let mut writing = Writing::Nothing(make);
    let (mut received, mut pieces, mut kept) = (0_u64, Vec::new(), 0_usize);
    let began = Instant::now();
    loop {
        let piece = match next(&mut body, limits.pace, began, received).await? {
            Some(piece) if piece.is_empty() => continue,
            piece => piece,
        };
        if let Some(piece) = &piece {
            received = received.saturating_add(piece.len() as u64);
            if received > limits.bytes {
                discard(body, DISCARDED, DISCARDING).await;
                let setting = limits.setting.map(|setting| format!(", the limit of setting `{setting}`"));
                let message =
                    format!("the body is over {} bytes{}", limits.bytes, setting.unwrap_or_default());
                return Err(Failure::new(Code::TooLong, message));
            }
        }
        kept += piece.as_ref().map_or(0, Bytes::len);
        let is_end = piece.is_none();
        pieces.extend(piece);
        if is_end || kept >= PIECE {
            kept = 0;
            writing = match writing.go_on(std::mem::take(&mut pieces)).await {
                Ok(writing) => writing,
                Err(failure) => {
                    let_go(body).await;
                    return Err(failure);
                }
            };
        }
        if is_end {
            return writing.end().await;
        }
    }
}

/// A body that is short enough to be held in memory.
pub(crate) async fn read(body: Body, limits: Limits) -> Result<Vec<u8>, Failure> {
    write(body, limits, || Ok::<_, Failure>(Vec::new())).await
}

/// Lets a body that is not to come go by, for a moment: a client that still sends does not read its answer,
/// and where the connection is closed before it has, it never will.
pub(crate) async fn let_go(body: Body) {
    discard(body, REFUSED, REFUSING).await;
}

/// The next piece of a body; none where it has ended.
async fn next(body: &mut Body, pace: Pace, began: Instant, received: u64) -> Result<Option<Bytes>, Failure> {
    let whole = pace.whole.as_secs();
    let over = format!("the body did not come within {whole} s, the limit of setting `http.transfer_time`");
    if began.elapsed() >= pace.whole {
        // It comes steadily, and its client gets to read why that is not enough.
        let_go(std::mem::take(body)).await;
        return Err(Failure::new(Code::TooSlow, over));
    }
    let left = pace.time_for(received).saturating_sub(began.elapsed());
    let frame = tokio::time::timeout(pace.idle.min(left), body.frame()).await.map_err(|_| {
        if began.elapsed() >= pace.whole {
            return Failure::new(Code::TooSlow, over);
        }
        let (idle, rate) = (pace.idle.as_secs(), pace.least_rate);
        let message = format!(
            "no more of the body came within {idle} s, the limit of setting `http.idle_time`, or fewer than \
             {rate} bytes a second, setting `http.least_rate`"
        );
        Failure::new(Code::TooSlow, message)
    })?;
    let cut = |error| Failure::bad_request(format!("the body was cut short: {error}"));
    let frame = frame.transpose().map_err(cut)?;
    // Trailers say nothing here.
    Ok(frame.map(|frame| frame.into_data().unwrap_or_default()))
}

/// A body on its way to where it is written.
enum Writing<W, M> {
    /// Nothing was written yet.
    Nothing(M),
    /// Some is being written while more comes.
    Some(JoinHandle<Result<W, Failure>>),
}

impl<W, M, E> Writing<W, M>
where
    W: Write + Send + 'static,
    E: Into<Failure> + Send + 'static,
    M: FnOnce() -> Result<W, E> + Send + 'static,
{
    /// Begins to write these, when those before are written.
    async fn go_on(self, pieces: Vec<Bytes>) -> Result<Self, Failure> {
        let write = move |mut writer: W| -> Result<W, Failure> {
            for piece in pieces {
                writer.write_all(&piece).map_err(unwritten)?;
            }
            writer.flush().map_err(unwritten)?;
            Ok(writer)
        };
        let written = match self {
            Self::Nothing(make) => tokio::task::spawn_blocking(move || write(make().map_err(Into::into)?)),
            Self::Some(written) => {
                let writer = joined(written).await?;
                tokio::task::spawn_blocking(move || write(writer))
            }
        };
        Ok(Self::Some(written))
    }

    async fn end(self) -> Result<W, Failure> {
        match self {
            Self::Nothing(make) => make().map_err(Into::into),
            Self::Some(written) => joined(written).await,
        }
    }
}

async fn joined<W>(written: JoinHandle<Result<W, Failure>>) -> Result<W, Failure> {
    written.await.map_err(|error| Failure::internal(error.to_string()))?
}

fn unwritten(error: io::Error) -> Failure {
    Error::Host { what: "the body cannot be written".to_owned(), source: error }.into()
}

/// A file as a body, from its beginning, and how long it is. It is read piece by piece as its reader takes
/// it, on threads that may block, so that a reader that is slow holds none; where that fails, the answer is
/// cut short.
pub(crate) fn file(mut file: File) -> io::Result<(u64, Body)> {
    let length = file.metadata()?.len();
    file.rewind()?;
    let stream = futures_util::stream::try_unfold(file, |mut file| async move {
        let reading = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PIECE);
            Read::by_ref(&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
            Ok::<_, io::Error>((!piece.is_empty()).then(|| (Bytes::from(piece), file)))
        });
        reading.await.map_err(io::Error::other)?
    });
    Ok((length, Body::from_stream(stream)))
}

async fn discard(mut body: Body, bytes: u64, time: Duration) {
    let discarding = async {
        let mut left = bytes;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.into_data().map_or(0, |piece| piece.len() as u64);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    let _ = tokio::time::timeout(time, discarding).await;
}

#[cfg(test)]
mod tests;
