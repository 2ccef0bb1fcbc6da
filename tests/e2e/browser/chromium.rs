//! Chromium, driven by its [DevTools protocol](https://chromedevtools.github.io/devtools-protocol/) over a pipe: JSON
//! that ends with a zero byte. Nothing stands between the tests and the browser that would have to be of its version,
//! and no port is open.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::CHROMIUM;

use crate::service::DEADLINE;

/// What keeps the browser from asking its maker for anything, and from waiting for anybody.
const ARGUMENTS: [&str; 12] = [
    "--headless=new",
    "--remote-debugging-pipe",
    // The pages are our own, and many machines that run tests allow no sandbox.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
];

/// A browser that does not outlive this value, with one tab.
pub(super) struct Chromium {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    /// What has happened in the tab and was not looked at yet.
    events: VecDeque<Value>,
    session: String,
    asked: u64,
    profile: TempDir,
}

impl Chromium {
    pub(super) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let log = File::create(profile.path().join("log")).unwrap();
        // It reads from 3 and writes to 4.
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null", CHROMIUM]).args(ARGUMENTS);
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        command.env("HOME", profile.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let (to, mut from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let (send, receive) = mpsc::channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while from.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                if send.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let events = VecDeque::new();
        let mut browser =
            Self { child, to, from: receive, events, session: String::new(), asked: 0, profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].take();
        let attached = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network", "Audits", "DOM"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true }));
        browser
    }

    /// Calls a method of the protocol.
    #[track_caller]
    pub(super) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.asked += 1;
        let mut call = json!({ "id": self.asked, "method": method, "params": parameters });
        if !self.session.is_empty() {
            call["sessionId"] = self.session.clone().into();
        }
        let mut bytes = call.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap();
        loop {
            let mut message = self.next(Instant::now() + DEADLINE, method);
            if message["id"] == self.asked {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push_back(message);
        }
    }

    /// Waits for an event, and takes it and all that came before it.
    #[track_caller]
    pub(super) fn wait(&mut self, event: &str) -> Vec<Value> {
        let (end, mut before) = (Instant::now() + DEADLINE, Vec::new());
        loop {
            let message = match self.events.pop_front() {
                Some(message) => message,
                None => self.next(end, event),
            };
            let is_it = message["method"] == event;
            before.push(message);
            if is_it {
                return before;
            }
        }
    }

    /// What has happened in the tab and was not looked at yet.
    pub(super) fn events(&mut self) -> Vec<Value> {
        self.events.extend(self.from.try_iter());
        self.events.drain(..).collect()
    }

    #[track_caller]
    fn next(&self, end: Instant, what: &str) -> Value {
        let left = end.saturating_duration_since(Instant::now());
        let message = self.from.recv_timeout(left.max(Duration::from_millis(1)));
        message.unwrap_or_else(|error| {
            let log = fs::read_to_string(self.profile.path().join("log")).unwrap_or_default();
            panic!("Chromium does not answer to {what}: {error}\n{log}")
        })
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Both fail where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
