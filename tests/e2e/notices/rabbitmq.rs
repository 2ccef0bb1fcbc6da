//! RabbitMQ on loopback, with directories of its own.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lapin::options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use serde_json::Value;
use tempfile::TempDir;

use xtask::RABBITMQ;

use crate::service::until;

/// How long a broker may take to start: Erlang loads all of its code first, and machines may be busy.
const STARTING: Duration = Duration::from_secs(600);

/// How often it is looked whether it has.
const POLL: Duration = Duration::from_millis(100);

/// A broker that does not outlive this value.
pub(super) struct Broker {
    child: Child,
    port: u16,
    names: u16,
    directory: TempDir,
}

/// A message in a queue.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) id: String,
    pub(super) content_type: String,
    pub(super) is_persistent: bool,
    pub(super) body: Value,
}

fn program() -> &'static Path {
    let found = RABBITMQ.iter().map(Path::new).find(|program| program.exists());
    found.expect("RabbitMQ is not installed: `cargo xtask setup --all-tests`")
}

impl Broker {
    /// Starts a broker.
    pub(super) fn start() -> Self {
        let program = program();
        let directory = tempfile::tempdir().unwrap();
        let [port, distribution, names] = free_ports();
        let child = start(program, directory.path(), [port, distribution, names]);
        let mut broker = Self { child, port, names, directory };
        broker.wait();
        broker
    }

    /// Another process in its place, with what it kept.
    pub(super) fn stop_and_start(&mut self) {
        self.end();
        let program = program();
        let [_, distribution, names] = free_ports();
        self.names = names;
        self.child = start(program, self.directory.path(), [self.port, distribution, names]);
        self.wait();
    }

    fn wait(&mut self) {
        let started = Instant::now();
        while !self.queue("probe", |_| ()) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < STARTING, "{ended:?}\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }

    pub(super) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    /// Makes a queue, if it is not there.
    pub(super) fn declare(&self, queue: &str) {
        until("the queue is there", || self.queue(queue, |_| ()).then_some(()));
    }

    /// The next message of a queue.
    pub(super) fn next(&self, queue: &str) -> Queued {
        until("a message comes", || {
            let mut taken = None;
            self.queue(queue, |message| taken = Some(message));
            taken
        })
    }

    /// Makes a queue if it is not there, and takes one message out of it if there is one. Returns
    /// whether the broker was there.
    fn queue(&self, queue: &str, take: impl FnOnce(Queued)) -> bool {
        // Before it listens, the client would wait for an answer for long.
        if TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            return false;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let taken =
            runtime.block_on(async { tokio::time::timeout(Duration::from_secs(10), self.take(queue)).await });
        match taken {
            Ok(Ok(message)) => {
                if let Some(message) = message {
                    take(message);
                }
                true
            }
            Ok(Err(_)) | Err(_) => false,
        }
    }

    async fn take(&self, queue: &str) -> lapin::Result<Option<Queued>> {
        let connection = Connection::connect(&self.url(), ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(queue.into(), durable, FieldTable::default()).await?;
        let Some(message) = channel.basic_get(queue.into(), BasicGetOptions::default()).await? else {
            return Ok(None);
        };
        let properties = &message.properties;
        let text = |text: &Option<lapin::types::ShortString>| text.as_ref().unwrap().to_string();
        let queued = Queued {
            id: text(properties.message_id()),
            content_type: text(properties.content_type()),
            is_persistent: *properties.delivery_mode() == Some(2),
            body: serde_json::from_slice(&message.data).unwrap(),
        };
        message.ack(BasicAckOptions::default()).await?;
        connection.close(200, "done".into()).await?;
        Ok(Some(queued))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(log(self.directory.path())).unwrap_or_default()
    }

    fn end(&mut self) {
        // The script that was started passes it on, and so ends the broker in order.
        let id = self.child.id().to_string();
        let _ = Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &id]).status();
        let _ = self.child.wait();
        // Erlang's register of names is started beside the broker, and would stay.
        let port = self.names.to_string();
        let mut names = Command::new("epmd");
        let _ = names.args(["-port", &port, "-kill"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.end();
    }
}

fn log(directory: &Path) -> PathBuf {
    directory.join("output")
}

fn start(program: &Path, directory: &Path, [port, distribution, names]: [u16; 3]) -> Child {
    let at = |name: &str| directory.join(name);
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RABBITMQ_") {
            command.env_remove(name);
        }
    }
    let output = File::options().create(true).append(true).open(log(directory)).unwrap();
    command
        .env("HOME", directory)
        .env("RABBITMQ_NODENAME", format!("limpid-{port}@localhost"))
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", port.to_string())
        .env("RABBITMQ_DIST_PORT", distribution.to_string())
        .env("RABBITMQ_MNESIA_BASE", at("data"))
        .env("RABBITMQ_LOG_BASE", at("log"))
        .env("RABBITMQ_PID_FILE", at("pid"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("plugins"))
        .env("RABBITMQ_CONF_ENV_FILE", at("environment"))
        .env("RABBITMQ_CONFIG_FILE", at("settings"))
        .env("RABBITMQ_LOGS", "-")
        .env("ERL_EPMD_PORT", names.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .unwrap()
}

/// Ports that nobody has at this moment.
fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.each_ref().map(|listener| listener.local_addr().unwrap().port())
}
