use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::client::Client;

/// How long a start may take; the first one compiles the plugins.
const START: Duration = Duration::from_secs(120);

/// How often it is asked whether it has started.
const PAUSE: Duration = Duration::from_millis(20);

/// What it answers until then.
const STARTING: u16 = 503;

/// A process of the service, which does not outlive this value.
pub(super) struct Process {
    child: Child,
    address: String,
    log: Option<JoinHandle<String>>,
    listens: Receiver<String>,
}

impl Process {
    /// Starts the service at a port of its own choice, and waits until it has its plugins.
    pub(super) fn start(command: Command) -> anyhow::Result<Self> {
        let mut process = Self::begin(command)?;
        match process.listens.recv_timeout(START) {
            Ok(address) => process.address = address,
            Err(RecvTimeoutError::Timeout) => bail!("the service does not listen within {START:?}"),
            Err(RecvTimeoutError::Disconnected) => {
                bail!("the service does not start:\n{}", process.kill()?);
            }
        }
        let (client, started) = (Client::of(&process), Instant::now());
        // It listens first, and then opens what it works with.
        while client.get("/v1/plugins").map_or(true, |answer| answer.status == STARTING) {
            if started.elapsed() > START {
                bail!("the service does not get ready within {START:?}:\n{}", process.kill()?);
            }
            thread::sleep(PAUSE);
        }
        Ok(process)
    }

    /// Starts the service, and waits for nothing.
    pub(super) fn begin(mut command: Command) -> anyhow::Result<Self> {
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().context("the service cannot be started")?;
        let stderr = child.stderr.take().context("the service has no log")?;
        let (sender, listens) = mpsc::channel();
        let log = thread::spawn(move || read(stderr, &sender));
        Ok(Self { child, address: String::new(), log: Some(log), listens })
    }

    /// Such as `http://127.0.0.1:6060`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Ends it by SIGKILL. Returns what it has logged.
    pub(super) fn kill(mut self) -> anyhow::Result<String> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(self.log.take().and_then(|log| log.join().ok()).unwrap_or_default())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(stderr: ChildStderr, listens: &mpsc::Sender<String>) -> String {
    let mut log = String::new();
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if let Some((_, address)) = line.split_once("listening on ") {
            let _ = listens.send(address.trim().to_owned());
        }
        log.push_str(&line);
        log.push('\n');
    }
    log
}
