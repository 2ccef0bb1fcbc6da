//! `limpid serve` as a child process.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::api::Api;
use crate::command::{command, succeeds};
use crate::limpid::Limpid;

/// How long the service may take to become ready; the first start compiles the plugins.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How long the service may take to end what is under way.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// How often the service is looked at; what is measured of its start is right to this.
const POLL: Duration = Duration::from_millis(1);

/// Whether somebody asked to end. By default nobody can: signals do what they always do.
#[derive(Default)]
pub(crate) struct Interrupts(Arc<AtomicBool>);

/// `limpid serve` as a child that does not outlive this value.
pub(crate) struct Service {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Interrupts {
    /// From here on signals end nothing by themselves, so that the service is always stopped.
    pub(crate) fn watch() -> anyhow::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self(asked))
    }

    fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Service {
    /// Starts the service on loopback over the store in `folder`, and waits until it is ready. Its
    /// log goes to that folder too.
    ///
    /// # Errors
    /// Where it ends instead, or is not ready in time.
    pub(crate) fn start(limpid: &Limpid, folder: &Path, interrupts: &Interrupts) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        let log = folder.join("limpid.log");
        let output = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
        let address = free_address()?;
        let mut command = limpid.command(&folder.join("data"));
        command.args(["serve", "--listen", &address.to_string()]);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().context("cannot start `limpid serve`")?;
        let mut service = Self { child, address, log };
        service.wait_until_ready(interrupts)?;
        Ok(service)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it writes what happens.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Keeps the service until it is asked for its end.
    pub(crate) fn serve_until(&mut self, interrupts: &Interrupts) -> anyhow::Result<()> {
        while !interrupts.asked() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the service ended by itself: {status}; its log is `{}`", self.log.display());
            }
            thread::sleep(POLL);
        }
        self.stop()
    }

    /// Asks the service to end, and waits until it has.
    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
        let id = self.child.id().to_string();
        // The standard library can only kill. After Ctrl-C the terminal has told the service too.
        succeeds(command("sh").args(["-c", "kill -TERM \"$1\"", "sh", &id]));
        let started = Instant::now();
        while started.elapsed() < STOP_LIMIT {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the service ended with {status}; its log is `{}`", self.log.display()),
                None => thread::sleep(POLL),
            }
        }
        bail!("the service did not end within {} s", STOP_LIMIT.as_secs())
    }

    fn wait_until_ready(&mut self, interrupts: &Interrupts) -> anyhow::Result<()> {
        let api = Api::new(self.address);
        let started = Instant::now();
        while !api.is_ready() {
            if interrupts.asked() {
                bail!("interrupted");
            }
            if let Some(status) = self.child.try_wait()? {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                bail!("the service did not start: {status}\n{log}");
            }
            if started.elapsed() > START_LIMIT {
                bail!(
                    "the service was not ready within {} s; its log is `{}`",
                    START_LIMIT.as_secs(),
                    self.log.display()
                );
            }
            thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Service {
    /// On whatever way its owner ends. Both calls fail where the service has ended already.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that nobody uses at this moment.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
