//! The service: the one place that starts it and stops it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::api::Api;
use crate::program::Setup;

/// How long anything may take that takes well under a second: machines may be busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

/// How often it is looked whether it has come.
const POLL: Duration = Duration::from_millis(10);

/// A service that does not outlive this value.
pub(crate) struct Service {
    pub(crate) api: Api,
    pub(crate) setup: Setup,
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Service {
    /// Starts a service that knows nothing yet.
    pub(crate) fn start() -> Self {
        Self::with(Setup::new())
    }

    /// Starts a service, and waits until it listens, at a port of its own choice.
    pub(crate) fn with(setup: Setup) -> Self {
        let command = setup.command();
        Self::run(setup, command)
    }

    /// The same of one that may have so many files open.
    pub(crate) fn with_files(setup: Setup, files: u32) -> Self {
        let command = setup.command();
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -n \"$0\" && exec \"$@\"", &files.to_string()]);
        limited.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::run(setup, limited)
    }

    fn run(setup: Setup, mut command: Command) -> Self {
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let (log, addresses) = read_log(stderr);
        let Ok(address) = addresses.recv_timeout(DEADLINE) else {
            let _ = child.kill();
            panic!("the service does not listen: {:?}\n{}", child.wait(), text(&log));
        };
        let mut service = Self { api: Api::trusting(&address, &setup.certificates), setup, child, log };
        service.wait_until_open();
        service
    }

    /// The port is open before the plugins are loaded.
    fn wait_until_open(&mut self) {
        until("the service has started", || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the service does not start: {status}\n{}", self.log());
            }
            let answer = self.api.get("/readyz");
            (answer.body["error"]["code"] != "starting").then_some(())
        });
    }

    /// A service that tests may share which leave alone what others put in. It ends with the last
    /// of its users.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Service>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let service = Arc::new(Self::start());
            *shared = Arc::downgrade(&service);
            service
        })
    }

    /// A token that `limpid token create` makes with these arguments, as it prints it.
    #[track_caller]
    pub(crate) fn token(&self, arguments: &[&str]) -> String {
        let all = ["token", "create"].iter().chain(arguments).copied();
        self.setup.run(all).ok().trim().to_owned()
    }

    /// Ends the process at once, as a power failure would.
    pub(crate) fn kill(mut self) -> Setup {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.setup.clone()
    }

    /// The same while others ask it something; the process is still to be waited for.
    pub(crate) fn kill_at_once(&self) {
        self.signal("-KILL");
    }

    fn signal(&self, signal: &str) {
        // The standard library can only kill, and only who nobody else has.
        let arguments = ["-c", "kill \"$1\" \"$2\"", "sh", signal, &self.child.id().to_string()];
        assert!(Command::new("sh").args(arguments).status().unwrap().success());
    }

    /// Asks the service to end, as a service manager does.
    pub(crate) fn stop(mut self) -> Setup {
        self.signal("-TERM");
        let status = until("the service ends", || self.child.try_wait().unwrap());
        assert!(status.success(), "{status}\n{}", self.log());
        self.setup.clone()
    }

    /// What the service holds in memory, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
        kilobytes.unwrap().trim().parse::<u64>().unwrap() << 10
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the service has logged so far.
    pub(crate) fn log(&self) -> String {
        text(&self.log)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail where the service has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- log of the service\n{}---", self.log());
        }
    }
}

/// Asks again and again until there is an answer.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        thread::sleep(POLL);
    }
}

/// Keeps what the service logs, and tells the address at which it says that it listens.
fn read_log(stderr: ChildStderr) -> (Arc<Mutex<String>>, Receiver<String>) {
    let log = Arc::new(Mutex::new(String::new()));
    let (sender, receiver) = mpsc::channel();
    let kept = Arc::clone(&log);
    thread::spawn(move || keep(stderr, &kept, &sender));
    (log, receiver)
}

fn keep(stderr: ChildStderr, log: &Mutex<String>, addresses: &Sender<String>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if let Some((_, address)) = line.split_once("listening on ") {
            // Nobody waits for a second one.
            let address = address.split('"').next().unwrap_or(address);
            let _ = addresses.send(address.trim().to_owned());
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&line);
        log.push('\n');
    }
}

fn text(log: &Mutex<String>) -> String {
    log.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
