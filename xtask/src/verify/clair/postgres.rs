//! PostgreSQL on loopback, as Debian packages it and with its defaults, in a folder that goes with it.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process};

use anyhow::Context as _;

use super::others::Server;
use crate::command::{command, find, output, run};
use crate::service::free_address;

/// Where Debian puts the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The user that Debian makes for it: it refuses to run as root.
const USER: &str = "postgres";

/// A cluster with the user `clair`, who needs no password.
pub(super) struct Postgres {
    pub(super) server: Server,
    _folder: Temporary,
}

/// A folder that goes with this value.
struct Temporary(PathBuf);

/// Who runs it.
#[derive(Clone, Copy, Debug)]
struct User {
    id: u32,
    group: u32,
}

/// The folder of its programs, of the newest version that is installed.
pub(super) fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).max_by_key(|path| number(path));
    let debian = newest.map(|version| version.join("bin"));
    let beside = find("initdb").and_then(|program| Some(program.parent()?.to_owned()));
    debian.into_iter().chain(beside).find(|folder| folder.join("initdb").is_file())
}

impl Postgres {
    pub(super) fn start(log: &Path) -> anyhow::Result<Self> {
        let programs = programs().context("PostgreSQL is not installed")?;
        let folder = Temporary(env::temp_dir().join(format!("limpid-clair-{}", process::id())));
        fs::create_dir(&folder.0).with_context(|| format!("cannot create `{}`", folder.0.display()))?;
        let is_root = fs::metadata("/proc/self")?.uid() == 0;
        let user = is_root.then(User::of_debian).transpose()?;
        if let Some(User { id, group }) = user {
            chown(&folder.0, Some(id), Some(group))?;
        }
        let program = |name: &str| {
            let mut command = command(&programs.join(name).to_string_lossy());
            command.current_dir(&folder.0).args(["-D", "data"]);
            if let Some(User { id, group }) = user {
                command.uid(id).gid(group);
            }
            command
        };
        let mut initdb: Command = program("initdb");
        initdb.args(["-U", "clair", "-A", "trust", "-E", "UTF8", "--locale", "C"]);
        run(initdb.stdout(process::Stdio::null())).context("there can be no cluster")?;
        let address = free_address()?;
        let mut server = program("postgres");
        let port = address.port().to_string();
        server.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-p", &port]);
        // INT asks for a fast shutdown, which does not wait for clients.
        Ok(Self { server: Server::start("postgres", &mut server, address, "INT", log)?, _folder: folder })
    }

    /// How Clair is told where it is.
    pub(super) fn connection(&self) -> String {
        let port = self.server.address.port();
        format!("host=127.0.0.1 port={port} user=clair dbname=postgres sslmode=disable")
    }
}

impl User {
    fn of_debian() -> anyhow::Result<Self> {
        let number = |flag: &str| -> anyhow::Result<u32> {
            Ok(output(command("id").args([flag, USER]))?.trim().parse()?)
        };
        Ok(Self { id: number("-u")?, group: number("-g")? })
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(why) = fs::remove_dir_all(&self.0) {
            eprintln!("`{}` is left behind: {why}", self.0.display());
        }
    }
}
