use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use anyhow::Context;

/// A connection on which answers are asked for one after the other. It does as little as it can: it shares
/// the processors with what is measured.
pub(super) struct Client {
    stream: BufReader<TcpStream>,
}

/// What came.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) tag: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Client {
    pub(super) fn of(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::with_capacity(64 << 10, stream) })
    }

    /// Asks for a path; `known` is the tag of an answer that the client has.
    pub(super) fn get(&mut self, path: &str, known: Option<&str>) -> anyhow::Result<Answer> {
        let known = known.map(|tag| format!("If-None-Match: {tag}\r\n")).unwrap_or_default();
        self.ask(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{known}\r\n").as_bytes())
    }

    /// The same, compressed.
    pub(super) fn get_packed(&mut self, path: &str) -> anyhow::Result<Answer> {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: zstd\r\n\r\n");
        self.ask(head.as_bytes())
    }

    /// Sends a body to a path.
    pub(super) fn post(&mut self, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\ncontent-length: {length}\r\n\r\n");
        self.ask(&[head.as_bytes(), body].concat())
    }

    fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.get_mut().write_all(request)?;
        let head = head(&mut self.stream)?.context("the connection has ended")?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let length = header("content-length").map_or(Ok(0), str::parse)?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, tag: header("etag").map(str::to_owned), body })
    }
}

/// All up to the empty line; none where nothing comes any more.
fn head(stream: &mut impl BufRead) -> anyhow::Result<Option<String>> {
    let mut head = String::new();
    loop {
        match stream.read_line(&mut head)? {
            0 => return Ok(None),
            _ if head.ends_with("\r\n\r\n") => return Ok(Some(head)),
            _ => {}
        }
    }
}

/// A server that answers whatever is asked with the same bytes, to one client.
pub(super) struct Memory(SocketAddr);

impl Memory {
    pub(super) fn serve(bytes: Vec<u8>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let answer = move || -> anyhow::Result<()> {
            let (stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            let mut stream = BufReader::new(stream);
            while head(&mut stream)?.is_some() {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", bytes.len());
                stream.get_mut().write_all(head.as_bytes())?;
                stream.get_mut().write_all(&bytes)?;
            }
            Ok(())
        };
        // It ends with its client, who sees what goes wrong.
        thread::spawn(answer);
        Ok(Self(address))
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.0
    }
}
