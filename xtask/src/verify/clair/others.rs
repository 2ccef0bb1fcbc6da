//! Servers of others, on loopback, that do not outlive who started them.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::command::{command, find, shown, succeeds};
use crate::service::free_address;

/// How often a server is looked at.
const POLL: Duration = Duration::from_millis(50);

/// How long a server may take to listen.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How long it may take to end when it is asked to.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A server of somebody else's.
pub(super) struct Server {
    name: &'static str,
    child: Child,
    /// The signal that asks for its end.
    end: &'static str,
    log: PathBuf,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts a server that is told to listen at `address`, and waits until it does. What it writes goes to a file in
    /// `folder`.
    ///
    /// # Errors
    /// Where it ends instead, or does not listen in time.
    pub(super) fn start(
        name: &'static str,
        command: &mut Command,
        address: SocketAddr,
        end: &'static str,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().with_context(|| format!("cannot run `{}`", shown(command)))?;
        let mut server = Self { name, child, end, log, address };
        server.wait_until("listens", START_LIMIT, || Ok(TcpStream::connect(address).is_ok()))?;
        Ok(server)
    }

    /// The number of its process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until something holds of it.
    ///
    /// # Errors
    /// Where it ends instead, or takes longer than `limit`.
    pub(super) fn wait_until(
        &mut self,
        what: &str,
        limit: Duration,
        mut holds: impl FnMut() -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        while !holds()? {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended by itself: {status}; its log is `{}`", self.name, self.log.display());
            }
            if started.elapsed() > limit {
                let (name, log) = (self.name, self.log.display());
                bail!("{name} took longer than {} s until it {what}; its log is `{log}`", limit.as_secs());
            }
            thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Server {
    /// Asks it to end, and ends it where it does not. All of these fail where it has ended already.
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        succeeds(command("sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", self.end, &id]));
        let started = Instant::now();
        while started.elapsed() < STOP_LIMIT {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(POLL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves the files of a folder.
///
/// # Errors
/// Where Python's server cannot be started.
pub(super) fn publish(served: &Path, folder: &Path) -> anyhow::Result<Server> {
    let address = free_address()?;
    let python = find("python3").context("`python3` is not installed")?;
    let mut server = command(&python.to_string_lossy());
    server.args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"]).arg(served);
    server.arg(address.port().to_string());
    Server::start("publisher", &mut server, address, "TERM", folder)
}
