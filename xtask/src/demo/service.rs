use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::api::Api;
use crate::command::{command, succeeds};
use crate::workspace::Workspace;

/// How long the service may take to become ready; the first start compiles the plugins.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How long the service may take to end what is under way.
const STOP_LIMIT: Duration = Duration::from_secs(15);

const POLL: Duration = Duration::from_millis(50);

/// Whether somebody asked to end.
pub(super) struct Interrupts(Arc<AtomicBool>);

/// `limpid serve` as a child that does not outlive this value.
pub(super) struct Service {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Interrupts {
    /// From here on signals end nothing by themselves, so that the service is always stopped.
    pub(super) fn watch() -> anyhow::Result<Self> {
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
    /// Starts the service on loopback with an empty store, and waits until it is ready.
    pub(super) fn start(workspace: &Workspace, interrupts: &Interrupts) -> anyhow::Result<Self> {
        let folder = workspace.target().join("demo");
        let data = folder.join("data");
        if data.exists() {
            fs::remove_dir_all(&data).with_context(|| format!("cannot clear `{}`", data.display()))?;
        }
        let log = folder.join("limpid.log");
        let output = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
        let address = free_address()?;
        let mut limpid = Command::new(workspace.target().join("debug/limpid"));
        limpid.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(&data);
        limpid.arg("--plugins-dir").arg(workspace.plugins());
        // The demo is the same whatever settings this machine has for a service of its own.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("LIMPID_")) {
                limpid.env_remove(name);
            }
        }
        limpid.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        eprintln!("demo: starting the service on {address}; its log is `{}`", log.display());
        let child = limpid.spawn().context("cannot start `limpid serve`")?;
        let mut service = Self { child, address, log };
        service.wait_until_ready(interrupts)?;
        Ok(service)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// For an error: where the service says more.
    pub(super) fn where_to_look(&self) -> String {
        format!("the demo failed; the service's log is `{}`", self.log.display())
    }

    /// Keeps the service until it is asked for its end.
    pub(super) fn serve_until(&mut self, interrupts: &Interrupts) -> anyhow::Result<()> {
        while !interrupts.asked() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the service ended by itself: {status}; its log is `{}`", self.log.display());
            }
            thread::sleep(POLL);
        }
        self.stop()
    }

    /// Asks the service to end, and waits until it has.
    pub(super) fn stop(&mut self) -> anyhow::Result<()> {
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
    /// On whatever way the demo ends. Both calls fail where the service has ended already.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that nobody uses at this moment.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
