use std::ffi::OsString;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use limpid_fetch::Socket;

use super::DaemonSettings;
use crate::error::cut;
use crate::{DaemonKind, Error};

/// What a variable of the environment says.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<OsString>;

/// The setting of a daemon that is not to be asked.
const NONE: &str = "none";

const SCHEME: &str = "unix://";

/// The socket of a daemon that takes connections.
pub(super) fn find(
    kind: DaemonKind,
    settings: &DaemonSettings,
    environment: Environment<'_>,
) -> Result<PathBuf, Error> {
    let missing = |why: String| Error::missing(format!("the socket of {kind}"), why);
    let mut reasons = Vec::new();
    for socket in places(kind, settings, environment).map_err(missing)? {
        match why_not(&socket) {
            None => return Ok(socket),
            Some(why) => reasons.push(format!("{why} at `{}`", socket.display())),
        }
    }
    Err(missing(reasons.join(", ")))
}

/// Where a daemon's socket may be, or why it is not to be looked for.
fn places(
    kind: DaemonKind,
    settings: &DaemonSettings,
    environment: Environment<'_>,
) -> Result<Vec<PathBuf>, String> {
    let (setting, name, variable) = match kind {
        DaemonKind::Docker => (&settings.docker, "daemons.docker", "DOCKER_HOST"),
        DaemonKind::Podman => (&settings.podman, "daemons.podman", "CONTAINER_HOST"),
    };
    match setting.as_deref() {
        Some(NONE) => return Err(format!("setting `{name}` says that it is not asked")),
        Some(path) => return Ok(vec![path.strip_prefix(SCHEME).unwrap_or(path).into()]),
        None => {}
    }
    let stated = environment(variable).filter(|value| !value.is_empty());
    if let Some(value) = stated {
        let value = value.to_string_lossy();
        return match value.strip_prefix(SCHEME) {
            Some(path) => Ok(vec![path.into()]),
            // What follows may hold a name or a secret.
            None => Err(format!(
                "variable `{variable}` names `{}://…`, of which only `{SCHEME}` is read",
                cut(value.split("://").next().unwrap_or_default())
            )),
        };
    }
    let of_user = environment("XDG_RUNTIME_DIR").filter(|value| !value.is_empty()).map(PathBuf::from);
    let (of_system, below) = match kind {
        DaemonKind::Docker => ("/var/run/docker.sock", "docker.sock"),
        DaemonKind::Podman => ("/run/podman/podman.sock", "podman/podman.sock"),
    };
    let of_user = of_user.map(|directory| directory.join(below));
    Ok(std::iter::once(of_system.into()).chain(of_user).collect())
}

fn why_not(socket: &Path) -> Option<String> {
    match socket.metadata() {
        Ok(metadata) if !metadata.file_type().is_socket() => Some("no socket is".to_owned()),
        Ok(_) => Socket::try_connecting(socket).err().map(|error| format!("nobody answers ({error})")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some("nothing is".to_owned()),
        Err(error) => Some(format!("nothing can be seen ({error})")),
    }
}
