use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::Summary;

/// One message in so many is answered with an error.
const FAILING: u64 = 40;

/// The longest that an answer takes.
const SLOW: Duration = Duration::from_millis(20);

/// Identifiers of notices of which the service has stated that they are delivered.
pub(super) type Recorded = Arc<Mutex<BTreeSet<String>>>;

/// A receiver of notices, until the process ends.
pub(super) struct Receiver {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    recorded: Recorded,
}

/// What has come.
#[derive(Default)]
struct Seen {
    /// How often which message came.
    came: BTreeMap<String, u64>,
    /// Messages that were acknowledged.
    acknowledged: BTreeSet<String>,
    differences: Vec<String>,
}

impl Receiver {
    /// Listens on loopback. Requests are treated one after the other, so that what a process has sent
    /// before it was killed comes before what the next one sends.
    pub(super) fn start(mut random: fastrand::Rng) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let receiver =
            Self { address: listener.local_addr()?, seen: Arc::default(), recorded: Arc::default() };
        let (seen, recorded) = (Arc::clone(&receiver.seen), Arc::clone(&receiver.recorded));
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                // Whoever was killed meanwhile hears no answer.
                let _ = treat(&connection, &seen, &recorded, &mut random);
            }
        });
        Ok(receiver)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(super) fn recorded(&self) -> Recorded {
        Arc::clone(&self.recorded)
    }

    /// Whether a message was acknowledged.
    pub(super) fn has_acknowledged(&self, id: &str) -> bool {
        lock(&self.seen).acknowledged.contains(id)
    }

    pub(super) fn add_to(&self, summary: &mut Summary) {
        let seen = lock(&self.seen);
        summary.notices = seen.acknowledged.len() as u64;
        summary.again = seen.came.values().filter(|times| **times > 1).count() as u64;
        summary.differences.extend(seen.differences.iter().cloned());
    }
}

fn treat(
    mut connection: &TcpStream,
    seen: &Mutex<Seen>,
    recorded: &Mutex<BTreeSet<String>>,
    random: &mut fastrand::Rng,
) -> io::Result<()> {
    // A process that was killed sends no more of what it began.
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    let id = read(connection)?;
    {
        let mut seen = lock(seen);
        *seen.came.entry(id.clone()).or_default() += 1;
        if lock(recorded).contains(&id) {
            seen.differences.push(format!("`{id}` came again after it was recorded as delivered"));
        }
    }
    thread::sleep(SLOW.mul_f64(random.f64()));
    let fails = random.u64(0..FAILING) == 0;
    if !fails {
        lock(seen).acknowledged.insert(id);
    }
    let status = if fails { "500 Oops" } else { "200 OK" };
    write!(connection, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

/// Reads a message. Returns its identifier.
fn read(connection: &TcpStream) -> io::Result<String> {
    let mut reader = BufReader::new(connection);
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "webhook-id" => value.clone_into(&mut id),
            "content-length" => length = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    let read = reader.take(length).read_to_end(&mut Vec::new())?;
    if read as u64 == length { Ok(id) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
