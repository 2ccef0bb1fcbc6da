//! Images of a daemon on this machine, asked for by its socket.
//!
//! Docker Engine and Podman's service answer the same two requests
//! ([API](https://docs.docker.com/reference/api/engine/)): what an image is, and the whole of it as an archive
//! of `docker save`. The daemon cannot leave out layers that are known already, so that an image whose
//! [`id`](DaemonImage::id) is known should not be exported at all. The export is written to a file without a
//! name, and read as any [`Archive`](crate::Archive).

mod sockets;
mod transport;

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use limpid_bytes::{Limit, Stop, unnamed};
use limpid_model::Digest;
use serde::{Deserialize, Serialize};
use ureq::{Agent, Body};

use crate::error::cut;
use crate::{DaemonKind, Error};

pub use sockets::Environment;

/// How much is read of an answer that is a document, in bytes.
const ANSWER: u64 = 4 << 20;

/// How much of an export is read at a time, in bytes.
const BUFFER: usize = 256 << 10;

/// Where daemons are, and bounds for what they are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DaemonSettings {
    /// Path of Docker's socket; `none`: it is not asked. Where nothing is stated, `DOCKER_HOST` and the usual
    /// places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker: Option<String>,
    /// The same of Podman's; where nothing is stated, `CONTAINER_HOST` and the usual places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub podman: Option<String>,
    /// Size of an exported image in bytes.
    pub export_bytes: u64,
    /// How long a daemon may take to say what an image is, in seconds.
    pub answer_time: u64,
    /// How long an export may take to begin, and then be silent, in seconds.
    pub idle_time: u64,
}

impl Default for DaemonSettings {
    fn default() -> Self {
        // Both daemons write the whole export to a file of their own before they send its first byte.
        Self { docker: None, podman: None, export_bytes: 32 << 30, answer_time: 30, idle_time: 600 }
    }
}

/// A daemon whose socket takes connections.
#[derive(Debug)]
pub struct Daemon {
    kind: DaemonKind,
    socket: PathBuf,
    agent: Agent,
    settings: DaemonSettings,
}

/// An image that a daemon has.
#[derive(Debug)]
pub struct DaemonImage<'d> {
    daemon: &'d Daemon,
    name: String,
    id: Digest,
}

/// What is read of a description.
#[derive(Deserialize)]
struct Described {
    #[serde(rename = "Id")]
    id: String,
}

/// What a daemon says of a failure.
#[derive(Default, Deserialize)]
struct Failure {
    #[serde(default)]
    message: String,
}

impl Daemon {
    /// The daemon that takes connections where it may be.
    ///
    /// # Errors
    /// [`Error::Missing`] where there is none; it says where was looked.
    pub fn find(
        kind: DaemonKind,
        settings: &DaemonSettings,
        environment: Environment<'_>,
    ) -> Result<Self, Error> {
        let socket = sockets::find(kind, settings, environment)?;
        let agent = transport::agent(&socket, Duration::from_secs(settings.answer_time));
        Ok(Self { kind, socket, agent, settings: settings.clone() })
    }

    /// Where its socket is.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Asks for an image by name or digest.
    ///
    /// # Errors
    /// [`Error::Missing`] where it has none, [`Error::Unavailable`] where it does not answer as it should.
    pub fn image(&self, name: &str) -> Result<DaemonImage<'_>, Error> {
        let what = format!("image `{}` of {}", cut(name), self.kind);
        let time = Duration::from_secs(self.settings.answer_time);
        let body = self.ask(&what, &format!("images/{}/json", in_address(name)), time)?;
        let bytes = read(body, ANSWER).map_err(|source| Error::Unavailable { what: what.clone(), source })?;
        let described = serde_json::from_slice::<Described>(&bytes).map_err(|error| error.to_string());
        let id = described.and_then(|it| it.id.parse::<Digest>().map_err(|error| error.to_string()));
        let id = id.map_err(|why| unavailable(&what, format!("its description cannot be read: {why}")))?;
        Ok(DaemonImage { daemon: self, name: name.to_owned(), id })
    }

    fn ask(&self, what: &str, path: &str, time: Duration) -> Result<Body, Error> {
        // The host is for the form: the connection goes to the socket.
        let request = self.agent.get(format!("http://localhost/{path}"));
        let config = request.config().timeout_recv_response(Some(time)).timeout_per_read(Some(time));
        let answer = config.build().call();
        let answer = answer.map_err(|error| unavailable(what, error.to_string()))?;
        let (head, body) = answer.into_parts();
        if head.status.is_success() {
            return Ok(body);
        }
        // What cannot be read says nothing.
        let said = read(body, ANSWER).unwrap_or_default();
        let said: Failure = serde_json::from_slice(&said).unwrap_or_default();
        let kind = self.kind;
        let message = match said.message.trim() {
            "" => format!("{kind} answers {}", head.status),
            message => format!("{kind} says `{}`", cut(message)),
        };
        match head.status.as_u16() {
            404 => Err(Error::missing(what, message)),
            _ => Err(unavailable(what, message)),
        }
    }
}

impl DaemonImage<'_> {
    /// What the daemon knows it by: the digest of its configuration, or of its manifest or index where Docker
    /// keeps images in containerd's store.
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// Writes the image to a file without a name in `scratch`, and tells after each piece how many bytes it
    /// is so far.
    ///
    /// # Errors
    /// The daemon fails or falls silent, the image is larger than the settings allow, or `scratch` takes no
    /// more.
    pub fn export(&self, scratch: &Path, stop: &Stop, tell: impl Fn(u64)) -> Result<File, Error> {
        let DaemonSettings { export_bytes, idle_time, .. } = self.daemon.settings;
        let what = format!("the export of `{}` by {}", cut(&self.name), self.daemon.kind);
        let path = format!("images/{}/get", in_address(&self.name));
        let mut body = self.daemon.ask(&what, &path, Duration::from_secs(idle_time))?.into_reader();
        let most = Limit::of("daemons.export_bytes", export_bytes);
        let file = unnamed(scratch)?;
        let mut buffer = vec![0; BUFFER];
        let mut written = 0;
        loop {
            if stop.is_stopped() {
                return Err(Error::Interrupted { what });
            }
            let read = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(unavailable(&what, format!("it broke off after {written} bytes: {error}")));
                }
            };
            most.check(&what, written + read as u64)?;
            let bytes = buffer.get(..read).unwrap_or_default();
            file.write_all_at(bytes, written).map_err(Error::io("writing an export to a temporary file"))?;
            written += read as u64;
            tell(written);
        }
        Ok(file)
    }
}

fn unavailable(what: &str, why: String) -> Error {
    Error::Unavailable { what: what.to_owned(), source: io::Error::other(why) }
}

fn read(body: Body, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    body.into_reader().take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A name of an image, which holds nothing else that an address could not.
fn in_address(name: &str) -> String {
    name.replace('[', "%5B").replace(']', "%5D")
}

#[cfg(test)]
mod tests;
