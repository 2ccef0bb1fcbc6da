//! HTTP by way of a Unix socket, as daemons on this machine answer it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use limpid_bytes::Stop;
use socket2::{Domain, SockAddr, Type};
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};

use crate::Error;
use crate::error::quoted;

/// How long a wait lasts before it is looked whether anybody still wants what comes.
const LOOK: Duration = Duration::from_millis(200);

/// How long a connection may take to be made. The system makes it in the daemon's place until too many wait
/// for the daemon.
const CONNECTING: Duration = Duration::from_secs(10);

/// How much is read of what says why a request failed, in bytes.
const STATED_BYTES: u64 = 64 << 10;

/// A daemon of this machine.
#[derive(Debug)]
pub struct Socket {
    agent: Agent,
    path: PathBuf,
}

/// What a daemon answers.
pub struct SocketAnswer {
    /// The status.
    pub status: u16,
    /// The body, as it comes.
    pub body: Box<dyn Read + Send>,
}

impl Socket {
    /// The daemon that listens at a path. It may send nothing for as long as `idle`; `stop` ends all that
    /// waits for it.
    pub fn new(path: &Path, idle: Duration, stop: &Stop) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("limpid/", env!("CARGO_PKG_VERSION")))
            .timeout_per_read(Some(idle))
            .timeout_recv_response(Some(idle))
            .timeout_send_request(Some(idle));
        let connector = UnixConnector { path: path.to_owned(), stop: stop.clone() };
        Self { agent: Agent::with_parts(config.build(), connector, Nowhere), path: path.to_owned() }
    }

    /// Whether anybody takes connections at a path.
    ///
    /// # Errors
    /// Why not.
    pub fn try_connecting(path: &Path) -> io::Result<()> {
        connect(path).map(drop)
    }

    /// Asks for what is at a path, which begins with `/`.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn get(&self, path: &str) -> Result<SocketAnswer, Error> {
        // The host is for the daemon to ignore: there is one, because HTTP/1.1 wants one.
        let answer = self.agent.get(format!("http://localhost{path}")).call();
        let answer = answer.map_err(|error| match error {
            ureq::Error::Other(error) if error.is::<Error>() => Error::Stopped,
            error => Error::Unreachable { address: self.path.display().to_string(), source: Box::new(error) },
        })?;
        let (head, body) = answer.into_parts();
        Ok(SocketAnswer { status: head.status.as_u16(), body: Box::new(body.into_reader()) })
    }
}

/// Connects within `CONNECTING`: on Linux, the time that sending may take bounds connecting, too.
fn connect(path: &Path) -> io::Result<UnixStream> {
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_write_timeout(Some(CONNECTING))?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(UnixStream::from(OwnedFd::from(socket)))
}

impl SocketAnswer {
    /// What it says of a failure, fit for a message: `message` of a JSON object, or nothing.
    pub fn message(self) -> String {
        let mut bytes = Vec::new();
        // What cannot be read says nothing.
        let _ = self.body.take(STATED_BYTES).read_to_end(&mut bytes);
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |key: &str| document.get(key).and_then(serde_json::Value::as_str).map(quoted);
        text("message").or_else(|| text("cause")).unwrap_or_default()
    }
}

impl std::fmt::Debug for SocketAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SocketAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Resolves nothing: a socket has no number.
#[derive(Debug)]
struct Nowhere;

impl Resolver for Nowhere {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut nowhere = self.empty();
        nowhere.push(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        Ok(nowhere)
    }
}

#[derive(Debug)]
struct UnixConnector {
    path: PathBuf,
    stop: Stop,
}

impl Connector for UnixConnector {
    type Out = UnixTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<UnixTransport>, ureq::Error> {
        let stream = connect(&self.path)?;
        stream.set_read_timeout(Some(LOOK))?;
        stream.set_write_timeout(Some(LOOK))?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(UnixTransport { stream, buffers, stop: self.stop.clone() }))
    }
}

#[derive(Debug)]
struct UnixTransport {
    stream: UnixStream,
    buffers: LazyBuffers,
    stop: Stop,
}

impl UnixTransport {
    /// Does something until it was done, or for as long as it may take.
    fn patiently(
        stop: &Stop,
        timeout: NextTimeout,
        mut attempt: impl FnMut() -> io::Result<usize>,
    ) -> Result<usize, ureq::Error> {
        let began = Instant::now();
        loop {
            match attempt() {
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                    ) =>
                {
                    if stop.is_stopped() {
                        // Not as an interruption, after which readers go on.
                        return Err(ureq::Error::Other(Box::new(Error::Stopped)));
                    }
                    if timeout.not_zero().is_some_and(|limit| began.elapsed() >= *limit) {
                        return Err(ureq::Error::Timeout(timeout.reason));
                    }
                }
                done => return Ok(done?),
            }
        }
    }
}

impl Transport for UnixTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let timeout = timeout.for_write();
        let mut rest = self.buffers.output().get(..amount).unwrap_or_default();
        while !rest.is_empty() {
            let mut stream = &self.stream;
            let written = Self::patiently(&self.stop, timeout, || stream.write(rest))?;
            if written == 0 {
                return Err(ureq::Error::Io(ErrorKind::WriteZero.into()));
            }
            rest = rest.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let timeout = timeout.for_read();
        let input = self.buffers.input_append_buf();
        let mut stream = &self.stream;
        let read = Self::patiently(&self.stop, timeout, || stream.read(input))?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        // Each request has a connection of its own: a daemon is asked two things.
        false
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    /// A daemon that answers one request.
    fn daemon(answer: &'static [u8]) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            (&stream).write_all(answer).unwrap();
            if answer.is_empty() {
                // Until the other side goes.
                let _ = lines.next();
            }
        });
        (directory, path)
    }

    #[test]
    fn a_daemon_is_asked_by_its_socket() {
        let chunked =
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let (_directory, path) = daemon(chunked);
        let socket = Socket::new(&path, Duration::from_secs(60), &Stop::default());
        let mut answer = socket.get("/images/a/json").unwrap();
        let mut text = String::new();
        answer.body.read_to_string(&mut text).unwrap();
        assert_eq!((answer.status, text.as_str()), (200, "abcde"));
    }

    #[test]
    fn what_a_daemon_says_of_a_failure_is_told() {
        let (_directory, path) =
            daemon(b"HTTP/1.1 404 Not Found\r\ncontent-length: 26\r\n\r\n{\"message\":\"No such image\"}");
        let socket = Socket::new(&path, Duration::from_secs(60), &Stop::default());
        let answer = socket.get("/images/a/json").unwrap();
        assert_eq!((answer.status, answer.message().as_str()), (404, ""), "it is cut short");
        let (_directory, path) =
            daemon(b"HTTP/1.1 404 Not Found\r\ncontent-length: 27\r\n\r\n{\"message\":\"No such image\"}");
        let socket = Socket::new(&path, Duration::from_secs(60), &Stop::default());
        assert_eq!(socket.get("/images/a/json").unwrap().message(), "No such image");
    }

    #[test]
    fn one_that_never_answers_is_waited_for_so_long_and_not_after_a_stop() {
        let (_directory, path) = daemon(b"");
        let error = Socket::new(&path, Duration::from_millis(1), &Stop::default()).get("/x").unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error}");
        let (_directory, path) = daemon(b"");
        let stop = Stop::default();
        stop.stop();
        let error = Socket::new(&path, Duration::from_secs(600), &stop).get("/x").unwrap_err();
        assert!(matches!(error, Error::Stopped), "{error}");
    }

    #[test]
    fn a_socket_where_nobody_listens_is_an_error_that_names_it() {
        let socket = Socket::new(Path::new("/nowhere/socket"), Duration::from_secs(1), &Stop::default());
        assert!(socket.get("/x").unwrap_err().to_string().contains("/nowhere/socket"));
    }
}
