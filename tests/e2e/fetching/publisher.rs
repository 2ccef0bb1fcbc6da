//! A publisher on loopback that serves documents as publishers do, and misbehaves as they do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};

/// What is served at a path.
#[derive(Clone, Debug)]
pub(super) enum Page {
    /// A document with an `ETag`: whoever knows it is told that it has not changed.
    Document(Vec<u8>),
    /// The same with a `Last-Modified`.
    Dated(Vec<u8>, &'static str),
    /// Nothing but a status, with further fields of the head.
    Status(u16, String),
    /// A document that breaks off in the middle.
    Cut(Vec<u8>),
    /// Without a length, the first of these and then the second for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// A byte now and then.
    Slow(Vec<u8>),
    /// The first of these for one request, then the second.
    Once(Box<Page>, Box<Page>),
}

/// A request, and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) user_agent: String,
}

/// Serves until the tests end.
#[derive(Clone)]
pub(super) struct Publisher {
    address: SocketAddr,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Publisher {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let publisher = Self { address, pages: Arc::default(), asked: Arc::default() };
        let served = publisher.clone();
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let served = served.clone();
                // A client that has seen enough is gone.
                thread::spawn(move || served.answer(&connection));
            }
        });
        publisher
    }

    pub(super) fn put(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    pub(super) fn document(&self, path: &str, document: impl Into<Vec<u8>>) {
        self.put(path, Page::Document(document.into()));
    }

    /// Where a path is.
    pub(super) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What was asked since it was last looked, as `path status`, sorted.
    pub(super) fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let mut asked: Vec<_> =
            asked.iter().map(|asked| format!("{} {}", asked.path, asked.status)).collect();
        asked.sort();
        asked
    }

    /// Who asked last.
    pub(super) fn user_agent(&self) -> String {
        self.asked.lock().unwrap().last().unwrap().user_agent.clone()
    }

    fn answer(&self, connection: &TcpStream) {
        let Some((path, head)) = read(connection) else { return };
        let field = |name: &str| head.get(name).cloned().unwrap_or_default();
        let page = self.take(&path);
        let status = page.as_ref().map_or(404, |page| page.status(&field));
        let user_agent = field("user-agent");
        let asked = Asked { path, status, user_agent };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        let _ = write(connection, status, page.as_ref());
    }

    fn take(&self, path: &str) -> Option<Page> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        match pages.remove(path)? {
            Page::Once(first, then) => {
                pages.insert(path.to_owned(), *then);
                Some(*first)
            }
            page => {
                pages.insert(path.to_owned(), page.clone());
                Some(page)
            }
        }
    }
}

impl Page {
    fn status(&self, field: &impl Fn(&str) -> String) -> u16 {
        match self {
            Self::Document(bytes) if field("if-none-match") == etag(bytes) => 304,
            Self::Dated(_, date) if field("if-modified-since") == *date => 304,
            Self::Status(status, _) => *status,
            _ => 200,
        }
    }
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(Sha256::digest(bytes)))
}

fn write(mut to: &TcpStream, status: u16, page: Option<&Page>) -> std::io::Result<()> {
    let mut head = |fields: &str| write!(to, "HTTP/1.1 {status} X\r\nconnection: close\r\n{fields}\r\n");
    match page {
        None => head("content-length: 0\r\n"),
        Some(Page::Status(_, fields)) => head(&format!("content-length: 0\r\n{fields}")),
        Some(Page::Document(bytes)) if status == 304 => head(&format!("etag: {}\r\n", etag(bytes))),
        Some(Page::Dated(..)) if status == 304 => head(""),
        Some(Page::Document(bytes)) => {
            head(&format!("content-length: {}\r\netag: {}\r\n", bytes.len(), etag(bytes)))?;
            to.write_all(bytes)
        }
        Some(Page::Dated(bytes, date)) => {
            head(&format!("content-length: {}\r\nlast-modified: {date}\r\n", bytes.len()))?;
            to.write_all(bytes)
        }
        Some(Page::Cut(bytes)) => {
            head(&format!("content-length: {}\r\n", bytes.len()))?;
            to.write_all(&bytes[..bytes.len() / 2])
        }
        Some(Page::Endless(first, then)) => {
            head("")?;
            to.write_all(first)?;
            loop {
                to.write_all(then)?;
            }
        }
        Some(Page::Slow(bytes)) => {
            head(&format!("content-length: {}\r\n", bytes.len()))?;
            for byte in bytes {
                to.write_all(&[*byte])?;
                thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        }
        Some(Page::Once(..)) => unreachable!("it was taken apart"),
    }
}

fn read(connection: &TcpStream) -> Option<(String, BTreeMap<String, String>)> {
    let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let fields = lines.take_while(|line| !line.is_empty());
    let fields = fields.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some((path, fields.collect()))
}
