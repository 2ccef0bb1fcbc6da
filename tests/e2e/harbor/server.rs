//! A Harbor on loopback, as far as scanners are registered at it and scans asked for.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::Client;

pub(super) const USER: &str = "robot$limpid";
pub(super) const PASSWORD: &str = "hidden-robot";

#[derive(Clone)]
pub(super) struct Harbor {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    scanners: Vec<Value>,
    scans: Vec<String>,
    /// What is answered to the next scans, in place of 202.
    planned: Vec<u16>,
}

impl Harbor {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let harbor = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let served = harbor.clone();
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let harbor = served.clone();
                thread::spawn(move || harbor.serve(&connection));
            }
        });
        harbor
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The scanners that are registered.
    pub(super) fn scanners(&self) -> Vec<Value> {
        self.state.lock().unwrap().scanners.clone()
    }

    /// The scans that were asked for, by their paths as they came.
    pub(super) fn scans(&self) -> Vec<String> {
        self.state.lock().unwrap().scans.clone()
    }

    /// Answers the next scans otherwise.
    pub(super) fn plan(&self, statuses: &[u16]) {
        self.state.lock().unwrap().planned = statuses.to_vec();
    }

    fn serve(&self, mut connection: &TcpStream) {
        let mut reader = BufReader::new(connection);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_owned());
        }
        let Some(first) = lines.first() else { return };
        let field = |wanted: &str| {
            let mut fields = lines.iter().filter_map(|line| line.split_once(": "));
            fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned())
        };
        let length = field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let expected = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
        let (status, body) = match field("authorization") == Some(expected) {
            true => self.answer(method, path, &serde_json::from_slice(&body).unwrap_or_default()),
            false => (401, refusal("unauthorized")),
        };
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let _ = connection.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice());
    }

    fn answer(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let path = path.strip_prefix("/api/v2.0").unwrap();
        if (method, path) == ("POST", "/scanners/ping") {
            return ping(body);
        }
        let mut state = self.state.lock().unwrap();
        let (bare, _) = path.split_once('?').unwrap_or((path, ""));
        match (method, bare) {
            ("GET", "/projects") => (200, json!([])),
            ("GET", "/scanners") => (200, state.scanners.clone().into()),
            ("POST", "/scanners") => {
                let mut made = body.clone();
                made["uuid"] = format!("uuid-{}", state.scanners.len()).into();
                state.scanners.push(made);
                (201, json!(null))
            }
            ("PUT" | "PATCH", path) => {
                let id = path.strip_prefix("/scanners/").unwrap().replace("%2D", "-");
                let Some(known) = state.scanners.iter_mut().find(|known| known["uuid"] == id) else {
                    return (404, refusal("no such scanner"));
                };
                for (name, value) in body.as_object().unwrap() {
                    known[name] = value.clone();
                }
                (200, json!(null))
            }
            ("POST", path) if path.ends_with("/scan") => {
                state.scans.push(path.to_owned());
                let status = if state.planned.is_empty() { 202 } else { state.planned.remove(0) };
                (status, json!(null))
            }
            _ => (404, refusal("not found")),
        }
    }
}

fn refusal(message: &str) -> Value {
    json!({ "errors": [{ "code": "X", "message": message }] })
}

/// Asks the scanner for its metadata, as Harbor does before it registers it.
fn ping(registration: &Value) -> (u16, Value) {
    let text = |field: &str| registration[field].as_str().unwrap().to_owned();
    let credential = text("access_credential");
    let shown = match text("auth").as_str() {
        "" => None,
        "Basic" => Some(("authorization", format!("Basic {}", STANDARD.encode(credential)))),
        "Bearer" => Some(("authorization", format!("Bearer {credential}"))),
        "X-ScannerAdapter-API-Key" => Some(("x-scanneradapter-api-key", credential)),
        other => panic!("{other}"),
    };
    let url = text("url");
    let headers: Vec<_> = shown.into_iter().collect();
    let client = Client::with(url.strip_suffix("/harbor").unwrap(), &headers);
    let answer = client.call("GET", "/api/v1/metadata", &[], None);
    if answer.status != 200 {
        let why = format!("v1 client: get metadata: unexpected status {}", answer.status);
        return (400, refusal(&why));
    }
    client.metadata();
    (200, json!(null))
}
