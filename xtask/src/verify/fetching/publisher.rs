use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Serves documents on loopback, each with a validator, as long as the task runs. The first answer
/// with a document breaks off in the middle.
#[derive(Clone)]
pub(super) struct Publisher {
    address: SocketAddr,
    documents: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    is_first: Arc<Mutex<bool>>,
}

impl Publisher {
    pub(super) fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let publisher = Self { address, documents: Arc::default(), is_first: Arc::new(Mutex::new(true)) };
        let served = publisher.clone();
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                // A client that is gone has what it wanted.
                let _ = served.answer(&connection);
            }
        });
        Ok(publisher)
    }

    pub(super) fn put(&self, path: &str, document: Vec<u8>) {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), document);
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn answer(&self, mut connection: &TcpStream) -> std::io::Result<()> {
        let head: Vec<String> = BufReader::new(connection)
            .lines()
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let knows = head.iter().any(|line| line.to_ascii_lowercase().starts_with("if-none-match: \"1\""));
        let documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, document) = match documents.get(path) {
            None => ("404 Not Found", &[][..]),
            Some(_) if knows => ("304 Not Modified", &[][..]),
            Some(document) => ("200 OK", document.as_slice()),
        };
        let length = document.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nconnection: close\r\netag: \"1\"\r\ncontent-length: {length}\r\n\r\n"
        );
        connection.write_all(head.as_bytes())?;
        let is_first = std::mem::take(&mut *self.is_first.lock().unwrap_or_else(PoisonError::into_inner));
        let sent = if is_first { length / 2 } else { length };
        connection.write_all(document.get(..sent).unwrap_or_default())
    }
}
