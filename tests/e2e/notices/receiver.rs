//! Receivers on loopback: one that checks what it gets as Standard Webhooks says, and ones that treat
//! it badly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver as Messages};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::Value;

use crate::service::DEADLINE;

/// The secret that receivers share with the service.
pub(crate) const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// By how many seconds clocks may differ, as Standard Webhooks advises.
const APART: u64 = 300;

/// A receiver, until the tests end.
pub(crate) struct Receiver {
    address: SocketAddr,
    messages: Messages<Message>,
}

/// A message that was signed as it should be.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: Value,
}

/// What a receiver does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Answers with this status line and these headers.
    Answers(&'static str),
    /// Answers 500 to the first of that many requests, then 200.
    FailsFirst(usize),
    /// Sends on to another address, after it has read all.
    RedirectsTo(SocketAddr),
    /// Answers 200, after so many milliseconds.
    Slow(u64),
    /// Reads, and never answers.
    Hangs,
    /// Answers a byte at a time, and never ends.
    Drips,
    /// Closes the connection.
    Closes,
}

impl Receiver {
    pub(crate) fn well() -> Self {
        Self::that(Manner::Answers("200 OK\r\n"))
    }

    pub(crate) fn that(manner: Manner) -> Self {
        Self::whose_clock_differs(manner, APART)
    }

    /// One that takes messages which are signed up to so many seconds before or after its own time.
    pub(crate) fn whose_clock_differs(manner: Manner, apart: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for (number, connection) in listener.incoming().map_while(Result::ok).enumerate() {
                let sender = sender.clone();
                thread::spawn(move || treat((manner, apart), number, connection, &sender));
            }
        });
        Self { address, messages }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next message.
    #[track_caller]
    pub(crate) fn next(&self) -> Message {
        self.messages.recv_timeout(DEADLINE).unwrap()
    }

    /// Whether nothing more has come.
    pub(crate) fn is_quiet(&self) -> bool {
        self.messages.try_recv().is_err()
    }
}

fn treat(
    (manner, apart): (Manner, u64),
    number: usize,
    mut connection: TcpStream,
    messages: &mpsc::Sender<Message>,
) {
    if matches!(manner, Manner::Closes) {
        return;
    }
    let message = read(&connection, apart);
    let _ = messages.send(message);
    let head = match manner {
        Manner::Answers(head) => head.to_owned(),
        Manner::FailsFirst(times) if number < times => "500 Oops\r\n".to_owned(),
        Manner::FailsFirst(_) => "200 OK\r\n".to_owned(),
        Manner::RedirectsTo(address) => format!("307 Elsewhere\r\nlocation: http://{address}/hook\r\n"),
        Manner::Slow(milliseconds) => {
            thread::sleep(std::time::Duration::from_millis(milliseconds));
            "200 OK\r\n".to_owned()
        }
        Manner::Drips => {
            while connection.write_all(b"H").is_ok() {
                thread::sleep(std::time::Duration::from_millis(50));
            }
            return;
        }
        Manner::Hangs | Manner::Closes => {
            // Until the other side has had enough.
            let _ = connection.read(&mut [0]);
            return;
        }
    };
    let answer = format!("HTTP/1.1 {head}content-length: 0\r\nconnection: close\r\n\r\n");
    let _ = connection.write_all(answer.as_bytes());
}

/// Reads a request, whose signature must hold.
fn read(connection: &TcpStream, apart: u64) -> Message {
    let mut reader = BufReader::new(connection);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let field = |wanted: &str| {
        let mut fields = head.iter().filter_map(|line| line.split_once(": "));
        let found = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.unwrap_or_else(|| panic!("no `{wanted}` in {head:#?}")).1.to_owned()
    };
    let mut body = vec![0; field("content-length").parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    assert_eq!(field("content-type"), "application/json");
    let (id, timestamp) = (field("webhook-id"), field("webhook-timestamp"));
    verify(&[id.as_bytes(), b".", timestamp.as_bytes(), b".", &body].concat(), &field("webhook-signature"));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(timestamp.parse().unwrap()) < apart, "{timestamp} is not now");
    Message { id, body: serde_json::from_slice(&body).unwrap() }
}

fn verify(signed: &[u8], signature: &str) {
    let secret = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let signature = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &secret), signed, &signature).unwrap();
}
