//! Connections: how many there may be, and how long clients may let the service wait.
//!
//! A client that sends nothing, or reads nothing, costs itself its connection and nobody else anything:
//! when all places are taken, a new connection gets the place of the client that has let the service wait
//! for longest. Where none has, it is told so at once, by way of a few places that are kept free for that
//! and for questions after health.

mod paced;
mod places;
mod refused;
mod stream;
mod watched;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use limpid_scanner::Current;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::Settings;
use crate::peer::Peer;
use crate::stopping::Stopping;
use crate::tls::Tls;
use paced::Paced;
use places::{Place, Places};
use stream::Stream;
use watched::Watched;

pub(crate) use refused::bare;

/// Connections beside all others, which are told that there are too many, or how the service is.
const SPARE: usize = 256;

/// How long such a connection may take for the head of its request, and for all of it.
const SPARE_HEAD: Duration = Duration::from_secs(1);
const SPARE_TIME: Duration = Duration::from_secs(3);

/// Headers of a request.
const HEADERS: usize = 128;

/// How often it is said that none can be accepted.
const SAID: Duration = Duration::from_secs(60);

/// Where connections come in.
#[derive(Clone, Copy)]
pub(crate) enum Door<'t> {
    /// Where everybody asks, encrypted or not.
    Everybody(Option<&'t Tls>),
    /// Where commands of this machine ask.
    Commands,
}

/// A request that came in where only commands of this machine ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfCommands;

/// A request that came in encrypted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encrypted;

/// A request that came in beside all others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spare;

/// Accepts connections until `stop` is ready, then lets requests under way end.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Current<Settings>,
    door: Door<'_>,
    stop: impl Future<Output = ()>,
) {
    let (places, spare) = (Places::new(settings.connections), Places::new(SPARE));
    let (stopping, stopped) = watch::channel(false);
    // Kept by each connection: all have ended when it is closed.
    let (alive, mut ended) = mpsc::channel::<()>(1);
    let mut stop = std::pin::pin!(stop);
    let mut failing = Failing::default();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    failing.after(&error, &places).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let Ok(local) = stream.local_addr() else { continue };
        let connection = Connection {
            router: router.clone(),
            settings: settings.clone(),
            tls: match door {
                Door::Everybody(tls) => tls.map(Tls::acceptor),
                Door::Commands => None,
            },
            of_commands: matches!(door, Door::Commands).then_some(OfCommands),
            peer: Peer::new(peer, local),
            stopped: stopped.clone(),
        };
        let alive = alive.clone();
        if let Some(place) = places.take() {
            tokio::spawn(async move {
                connection.run(stream, peer, place).await;
                drop(alive);
            });
        } else if let Some(place) = spare.take_free() {
            tokio::spawn(async move {
                let run = connection.run_spare(stream, peer, place);
                let _ = tokio::time::timeout(SPARE_TIME, run).await;
                drop(alive);
            });
        }
    }
    drop((listener, alive));
    let _ = stopping.send(true);
    let _ = tokio::time::timeout(settings.stop_time, ended.recv()).await;
}

struct Connection {
    router: Router,
    settings: Current<Settings>,
    tls: Option<TlsAcceptor>,
    of_commands: Option<OfCommands>,
    peer: Peer,
    stopped: watch::Receiver<bool>,
}

impl Connection {
    async fn run(self, stream: TcpStream, from: SocketAddr, place: Place) {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.settings.head_time).max_headers(HEADERS);
        self.serve(http, stream, from, place, None).await;
    }

    async fn run_spare(self, stream: TcpStream, from: SocketAddr, place: Place) {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(SPARE_HEAD).max_headers(HEADERS).keep_alive(false);
        self.serve(http, stream, from, place, Some(Spare)).await;
    }

    async fn serve(
        mut self,
        http: http1::Builder,
        stream: TcpStream,
        from: SocketAddr,
        place: Place,
        spare: Option<Spare>,
    ) {
        // Small answers go out at once.
        let _ = stream.set_nodelay(true);
        let slot = place.slot();
        let encrypted = self.tls.is_some().then_some(Encrypted);
        let stream = match self.tls.take() {
            None => Stream::Plain(stream),
            Some(acceptor) => {
                let agreed =
                    tokio::time::timeout(self.settings.head_time, Stream::encrypted(stream, acceptor));
                let agreed = tokio::select! {
                    agreed = agreed => agreed,
                    () = slot.left() => return,
                };
                match agreed {
                    Ok(Ok(stream)) => stream,
                    Ok(Err(error)) => {
                        tracing::debug!(%error, %from, "a connection was not encrypted");
                        return;
                    }
                    Err(_) => return,
                }
            }
        };
        let (router, peer, waits) = (self.router, self.peer, Arc::clone(&slot));
        let of_commands = self.of_commands;
        let stopping = Stopping(self.stopped.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (router, waits, stopping) = (router.clone(), Arc::clone(&waits), stopping.clone());
            async move {
                waits.work();
                let mut request = request.map(|body| Body::new(Watched::new(body, Arc::clone(&waits))));
                request.extensions_mut().insert(peer);
                request.extensions_mut().insert(stopping);
                if let Some(of_commands) = of_commands {
                    request.extensions_mut().insert(of_commands);
                }
                if let Some(encrypted) = encrypted {
                    request.extensions_mut().insert(encrypted);
                }
                if let Some(spare) = spare {
                    request.extensions_mut().insert(spare);
                }
                let answer: Result<Response<Body>, std::convert::Infallible> = router.oneshot(request).await;
                waits.answer();
                answer
            }
        });
        let io = TokioIo::new(Paced::new(stream, self.settings.pace(), Arc::clone(&slot)));
        let mut connection = http.serve_connection(io, service);
        let mut is_stopping = false;
        let ended = loop {
            tokio::select! {
                ended = &mut connection => break ended,
                () = slot.left() => return,
                _ = self.stopped.wait_for(|stopped| *stopped), if !is_stopping => {
                    std::pin::Pin::new(&mut connection).graceful_shutdown();
                    is_stopping = true;
                }
            }
        };
        let Err(error) = ended else { return };
        tracing::debug!(%error, %from, "a connection ended early");
        if error.is_timeout() {
            let parts = connection.into_parts();
            // One that has sent nothing yet asks nothing.
            if !parts.read_buf.is_empty() {
                let message = format!(
                    "the head of the request did not come within {} s, setting `http.head_time`",
                    self.settings.head_time.as_secs()
                );
                let answer = bare(408, "too-slow", &message);
                // Nothing was sent on it since, so that there is room for so little.
                parts.io.into_inner().into_inner().try_write(&answer);
            }
        }
    }
}

/// That no connection can be accepted.
#[derive(Default)]
struct Failing {
    /// When that was said last.
    said: Option<Instant>,
}

impl Failing {
    /// A client that goes away is its own affair. Where the system has no more descriptors, whoever has let
    /// the service wait for longest leaves; to try again at once would only burn the processor.
    async fn after(&mut self, error: &io::Error, places: &Places) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
            return;
        }
        let left = places.let_one_leave();
        if self.said.is_none_or(|said| said.elapsed() >= SAID) {
            tracing::error!(
                "no connection can be accepted: {error}; clients wait until others leave. Where files are too many, \
                 `ulimit -n`, or `LimitNOFILE=` of systemd, lets the service have more open"
            );
            self.said = Some(Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(if left { 10 } else { 500 })).await;
    }
}
