//! A server on loopback that answers as a test says, and remembers what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use limpid_model::Digest;

/// What the server was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) accept: Option<String>,
    pub(crate) none_match: Option<String>,
    pub(crate) modified_since: Option<String>,
}

/// What the server answers.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// The length that it states; none: that of the body.
    length: Option<usize>,
}

/// A server that ends with its listener, which nobody waits for.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Reply {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into(), length: None }
    }

    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self { status, ..Self::ok(body) }
    }

    pub(crate) fn redirect(to: impl Into<String>) -> Self {
        Self::status(307, "").with("location", to)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// States a length, whatever the body is.
    pub(crate) fn stating(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let length = self.length.unwrap_or(self.body.len());
        let mut head =
            format!("HTTP/1.1 {} X\r\ncontent-length: {length}\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let Some(request) = read(&connection) else { continue };
                let reply = answer(&request);
                remembered.lock().unwrap().push(request);
                // A client that has seen enough is gone.
                let _ = (&connection).write_all(&reply.bytes());
            }
        });
        Self { address, asked }
    }

    /// `127.0.0.1:<port>`
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(connection: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut asked = Asked { path, ..Asked::default() };
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ")?;
        match name.to_ascii_lowercase().as_str() {
            "authorization" => asked.authorization = Some(value.to_owned()),
            "accept" => asked.accept = Some(value.to_owned()),
            "if-none-match" => asked.none_match = Some(value.to_owned()),
            "if-modified-since" => asked.modified_since = Some(value.to_owned()),
            _ => {}
        }
    }
    Some(asked)
}

/// The manifest of an artifact of one layer, as `wkg` writes it.
pub(crate) fn manifest(component: &[u8]) -> String {
    let digest = Digest::of(component);
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
            "config":{{"mediaType":"application/vnd.wasm.config.v0+json","digest":"{}","size":2}},
            "layers":[{{"mediaType":"application/wasm","digest":"{digest}","size":{}}}]}}"#,
        Digest::of(b"{}"),
        component.len(),
    )
}
