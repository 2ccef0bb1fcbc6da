//! Images of a daemon on this machine, asked for by its socket.
//!
//! Docker Engine and Podman's service answer the same two requests
//! ([API](https://docs.docker.com/reference/api/engine/)): what an image is, and the whole of it as an archive
//! of `docker save`. The daemon cannot leave out layers that are known already, so that an image whose
//! [`id`](DaemonImage::id) is known should not be exported at all. The export is written to a file without a
//! name, and read as any [`Archive`](crate::Archive).

mod sockets;

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use limpid_bytes::{Limit, Stop, unnamed};
use limpid_fetch::{Error as FetchError, Socket};
use limpid_model::{Digest, chain};
use serde::{Deserialize, Serialize};

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
        Ok(Self { kind, socket, settings: settings.clone() })
    }

    /// Where its socket is.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Asks for an image by name or digest.
    ///
    /// # Errors
    /// [`Error::Missing`] where it has none, [`Error::Unavailable`] where it does not answer as it should.
    pub fn image(&self, name: &str, stop: &Stop) -> Result<DaemonImage<'_>, Error> {
        let what = format!("image `{}` of {}", cut(name), self.kind);
        let path = format!("/images/{}/json", in_address(name));
        let body = self.ask(&what, &path, Duration::from_secs(self.settings.answer_time), stop)?;
        let mut bytes = Vec::new();
        let read = body.take(ANSWER).read_to_end(&mut bytes);
        read.map_err(|error| broken(&what, error, bytes.len() as u64))?;
        let described = serde_json::from_slice::<Described>(&bytes).map_err(|error| error.to_string());
        let id = described.and_then(|it| it.id.parse::<Digest>().map_err(|error| error.to_string()));
        let id = id.map_err(|why| unavailable(&what, format!("its description cannot be read: {why}")))?;
        Ok(DaemonImage { daemon: self, name: name.to_owned(), id })
    }

    fn ask(
        &self,
        what: &str,
        path: &str,
        time: Duration,
        stop: &Stop,
    ) -> Result<Box<dyn Read + Send>, Error> {
        let answer = Socket::new(&self.socket, time, stop).get(path).map_err(|error| match error {
            FetchError::Stopped => Error::Interrupted { what: what.to_owned() },
            error => unavailable(what, chain(&error)),
        })?;
        let (kind, status) = (self.kind, answer.status);
        if (200..300).contains(&status) {
            return Ok(answer.body);
        }
        let message = match answer.message().trim() {
            "" => format!("{kind} answers {status}"),
            message => format!("{kind} says `{}`", cut(message)),
        };
        match status {
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
        let path = format!("/images/{}/get", in_address(&self.name));
        let mut body = self.daemon.ask(&what, &path, Duration::from_secs(idle_time), stop)?;
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
                Err(error) => return Err(broken(&what, error, written)),
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

/// The error of an answer that ends before its end, after so many bytes.
fn broken(what: &str, error: io::Error, after: u64) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|error| error as _);
    while let Some(error) = cause {
        if matches!(error.downcast_ref(), Some(FetchError::Stopped)) {
            return Error::Interrupted { what: what.to_owned() };
        }
        cause = error.source();
    }
    unavailable(what, format!("it broke off after {after} bytes: {error}"))
}

/// A name of an image, which holds nothing else that an address could not.
fn in_address(name: &str) -> String {
    name.replace('[', "%5B").replace(']', "%5D")
}

#[cfg(test)]
mod tests;
