//! Requests that are sent again, because their answer was lost: with a key of the client they are done once
//! ([`Idempotency-Key`](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)).
//!
//! A request is known again by who asks, what for, and the key; its body must be the same. What is kept is kept in
//! memory only: after a restart of the service nothing is known of keys, and a secret in an answer is never on a disk.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use limpid_scanner::Current;
use sha2::{Digest as _, Sha256};

use crate::Settings;
use crate::access::Caller;
use crate::body::{self, Limits};
use crate::error::{Code, Failure};
use crate::peer::Peer;
use crate::routes::Endpoint;
use crate::settings::Pace;

/// The header of clients.
pub(crate) const HEADER: &str = "idempotency-key";

/// What an answer has that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);

/// Answers that are kept at a time; the oldest make room.
const ANSWERS: usize = 1_024;

/// Requests with keys of one caller that are done at a time.
const UNDER_WAY: usize = ANSWERS / 8;

/// Longest answer that is kept, in bytes.
const ANSWER: usize = 16 << 10;

/// Longest key, in bytes.
const KEY: usize = 255;

/// By what a request is known again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Known {
    caller: String,
    asked: String,
    key: String,
}

/// What is known of a request.
#[derive(Clone, Debug)]
enum Entry {
    /// It is being done.
    UnderWay,
    /// It is done.
    Done(Arc<Done>),
}

#[derive(Debug)]
struct Done {
    at: Instant,
    sent: Sent,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// What a body was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sent {
    length: u64,
    digest: [u8; 32],
}

/// Requests with keys, and their answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys(Arc<Mutex<HashMap<Known, Entry>>>);

impl Keys {
    /// Takes up a request that is not under way; what came of it, where it was done before.
    ///
    /// # Errors
    /// It is under way, or more are than may be.
    fn begin(&self, known: &Known) -> Result<Result<Begun, Arc<Done>>, Failure> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.get(known) {
            Some(Entry::UnderWay) => {
                return Err(Failure::after(
                    Duration::from_secs(1),
                    Code::KeyInUse,
                    format!("a request with the `{HEADER}` `{}` is being done", known.key),
                ));
            }
            Some(Entry::Done(done)) if done.at.elapsed() < KEPT => return Ok(Err(Arc::clone(done))),
            _ => {}
        }
        let is_under_way = |(other, entry): (&Known, &Entry)| {
            matches!(entry, Entry::UnderWay) && other.caller == known.caller
        };
        if entries.iter().filter(|it| is_under_way(*it)).count() >= UNDER_WAY {
            return Err(Failure::busy(format!(
                "{UNDER_WAY} of your requests with an `{HEADER}` are being done"
            )));
        }
        if entries.len() >= ANSWERS {
            make_room(&mut entries)?;
        }
        entries.insert(known.clone(), Entry::UnderWay);
        Ok(Ok(Begun { keys: self.clone(), known: Some(known.clone()) }))
    }

    fn end(&self, known: Known, done: Option<Done>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match done {
            Some(done) => entries.insert(known, Entry::Done(Arc::new(done))),
            None => entries.remove(&known),
        };
    }
}

/// Leaves out what is old, or else the oldest of whoever has most: nobody drives out what others rely on.
fn make_room(entries: &mut HashMap<Known, Entry>) -> Result<(), Failure> {
    let at = |entry: &Entry| match entry {
        Entry::UnderWay => None,
        Entry::Done(done) => Some(done.at),
    };
    entries.retain(|_, entry| at(entry).is_none_or(|at| at.elapsed() < KEPT));
    if entries.len() < ANSWERS {
        return Ok(());
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let done = entries.iter().filter_map(|(known, entry)| Some((known, at(entry)?)));
    for (known, _) in done.clone() {
        *counts.entry(&known.caller).or_default() += 1;
    }
    let oldest = done.min_by_key(|(known, at)| (Reverse(counts.get(known.caller.as_str())), *at));
    match oldest.map(|(known, _)| known.clone()) {
        Some(known) => drop(entries.remove(&known)),
        None => return Err(Failure::busy(format!("{ANSWERS} requests with an `{HEADER}` are being done"))),
    }
    Ok(())
}

/// A request that is being done. Where it ends without an answer that is kept, it may be done again.
struct Begun {
    keys: Keys,
    known: Option<Known>,
}

impl Begun {
    fn done(mut self, done: Done) {
        if let Some(known) = self.known.take() {
            self.keys.end(known, Some(done));
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(known) = self.known.take() {
            self.keys.end(known, None);
        }
    }
}

/// Does a request that has a key once, and gives its answer as often as it is asked for.
pub(crate) async fn keep(
    State((keys, settings)): State<(Keys, Current<Settings>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let known = match known(&request) {
        Ok(Some(known)) => known,
        Ok(None) => return next.run(request).await,
        Err(failure) => return failure.into_response(),
    };
    let begun = match keys.begin(&known) {
        Ok(Ok(begun)) => begun,
        Ok(Err(done)) => {
            return again(&known, &done, settings.pace(), request.into_body()).await.into_response();
        }
        Err(failure) => return failure.into_response(),
    };
    let told = Told::default();
    request = request.map(|body| {
        let watched = Watched { body, hashed: Hashed::default(), told: told.clone() };
        // Where there is none, nobody may ask for it.
        if watched.body.is_end_stream() {
            watched.tell();
        }
        Body::new(watched)
    });
    let answer = next.run(request).await;
    // Errors have changed nothing, or nobody knows: they are looked for again.
    let is_short = answer.body().size_hint().upper().is_some_and(|length| length <= ANSWER as u64);
    let (true, true, Some(sent)) = (answer.status().is_success(), is_short, told.get()) else {
        return answer;
    };
    let (parts, body) = answer.into_parts();
    let body = match to_bytes(body, ANSWER).await {
        Ok(body) => body,
        Err(error) => return Failure::internal(error.to_string()).into_response(),
    };
    begun.done(Done {
        at: Instant::now(),
        sent,
        status: parts.status,
        headers: parts.headers.clone(),
        body: body.clone(),
    });
    Response::from_parts(parts, Body::from(body))
}

/// Whether an endpoint does something each time that it is asked: others are the same however often they are.
pub(crate) fn takes(endpoint: &Endpoint) -> bool {
    endpoint.method == Method::POST && endpoint.permission.changes()
}

/// By what a request is known again; none where it has no key, or does nothing.
fn known(request: &Request) -> Result<Option<Known>, Failure> {
    let Some(key) = request.headers().get(HEADER) else { return Ok(None) };
    if !request.extensions().get::<Endpoint>().is_some_and(takes) {
        return Ok(None);
    }
    let key = key.to_str().ok().filter(|key| (1..=KEY).contains(&key.len())).ok_or_else(|| {
        Failure::bad_request(format!("`{HEADER}` is 1 to {KEY} visible characters of ASCII"))
    })?;
    let peer = request.extensions().get::<Peer>().map(|peer| peer.address);
    let caller =
        request.extensions().get::<Caller>().map_or_else(String::new, |caller| caller.identity(peer));
    let asked = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    Ok(Some(Known { caller, asked, key: key.to_owned() }))
}

/// The answer of a request that was done, to one that is the same.
async fn again(known: &Known, done: &Done, pace: Pace, body: Body) -> Result<Response, Failure> {
    let other = || {
        let why = format!("the `{HEADER}` `{}` was used for a request with another body", known.key);
        Failure::new(Code::KeyReused, why)
    };
    let limits = Limits { bytes: done.sent.length, setting: None, pace };
    let sent = match body::write(body, limits, || Ok::<_, Failure>(Hashed::default())).await {
        Ok(hashed) => hashed.sent(),
        Err(failure) if failure.is(Code::TooLong) => return Err(other()),
        Err(failure) => return Err(failure),
    };
    if sent != done.sent {
        return Err(other());
    }
    let mut response = (done.status, done.body.clone()).into_response();
    *response.headers_mut() = done.headers.clone();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// What a body was, when it has been read to its end.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Option<Sent>>>);

impl Told {
    fn get(&self) -> Option<Sent> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was written, as far as it matters here.
#[derive(Clone, Default)]
struct Hashed {
    hasher: Sha256,
    length: u64,
}

impl Hashed {
    fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.length = self.length.saturating_add(bytes.len() as u64);
    }

    fn sent(self) -> Sent {
        Sent { length: self.length, digest: self.hasher.finalize().into() }
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A body of which the digest is told when it ends.
struct Watched {
    body: Body,
    hashed: Hashed,
    told: Told,
}

impl Watched {
    fn tell(&self) {
        let sent = self.hashed.clone().sent();
        *self.told.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sent);
    }
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.hashed.add(data);
                }
                // Whoever knows the length reads no further.
                if self.body.is_end_stream() {
                    self.tell();
                }
            }
            None => self.tell(),
            Some(Err(_)) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
