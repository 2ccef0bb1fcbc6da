//! As much of HTTP as clients of registries speak.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::{Fault, Registry, answers};

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Such as `GET`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Its headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl Asked {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is a request for what a layer or configuration holds.
    pub fn is_blob(&self) -> bool {
        self.path.contains("/blobs/")
    }

    /// Whether it is a request for a manifest or an index, of which more than the head is wanted.
    pub fn is_manifest_body(&self) -> bool {
        self.method == "GET" && self.path.contains("/manifests/")
    }
}

/// What is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }
}

/// Answers all requests of a connection.
pub(crate) fn serve(registry: &Registry, connection: &TcpStream) {
    let mut reader = BufReader::new(connection);
    while let Some(asked) = read(&mut reader) {
        registry.state().asked.push(asked.clone());
        let fault = registry.fault(&asked);
        let answer = answers::answer(registry, &asked, fault.as_ref());
        let sent = match fault {
            Some(Fault::Silent | Fault::Drip(_)) => 0,
            Some(Fault::Cut(bytes) | Fault::Stall(bytes)) => bytes.min(answer.body.len()),
            _ => answer.body.len(),
        };
        if fault != Some(Fault::Silent) && write(connection, &asked, &answer, sent).is_none() {
            return;
        }
        match fault {
            // Until the client goes away.
            Some(Fault::Silent | Fault::Stall(_)) => {
                let _ = reader.read(&mut [0]);
                return;
            }
            Some(Fault::Cut(_)) => return,
            Some(Fault::Drip(bytes)) => {
                for drop in answer.body.chunks(bytes.max(1)) {
                    let mut connection = connection;
                    if connection.write_all(drop).is_err() {
                        return;
                    }
                    thread::sleep(Duration::from_millis(10));
                }
            }
            _ => {}
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let mut asked =
        Asked { method: words.next()?.to_owned(), path: words.next()?.to_owned(), ..Asked::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        asked.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    asked.body = String::from_utf8(body).ok()?;
    Some(asked)
}

fn write(mut connection: &TcpStream, asked: &Asked, answer: &Answer, sent: usize) -> Option<()> {
    let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", answer.status, answer.body.len());
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    connection.write_all(head.as_bytes()).ok()?;
    if asked.method != "HEAD" && answer.status != 304 {
        connection.write_all(&answer.body[..sent]).ok()?;
    }
    Some(())
}
