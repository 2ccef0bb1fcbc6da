use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};

/// How long it waits between two questions, and for an answer at most.
const PAUSE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks a path again and again, each time by a connection of its own.
pub(super) struct Prober {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<Vec<Duration>>>,
}

/// How long answers took.
pub(super) struct Seen {
    pub(super) asked: usize,
    pub(super) median: Duration,
    pub(super) longest: Duration,
}

impl Prober {
    pub(super) fn start(address: SocketAddr, path: &'static str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut took = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                took.push(ask(address, path)?);
                std::thread::sleep(PAUSE);
            }
            Ok(took)
        });
        Self { stop, thread }
    }

    /// # Errors
    /// Where an answer was none, or did not come.
    pub(super) fn stop(self) -> anyhow::Result<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        let mut took = self.thread.join().map_err(|_| anyhow!("who asks has panicked"))??;
        took.sort_unstable();
        let at = |place: usize| took.get(place).copied().unwrap_or_default();
        Ok(Seen { asked: took.len(), median: at(took.len() / 2), longest: at(took.len().saturating_sub(1)) })
    }
}

fn ask(address: SocketAddr, path: &str) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if !answer.starts_with("HTTP/1.1 200 ") {
        bail!("{path} answers {:?}", answer.lines().next().unwrap_or_default());
    }
    Ok(began.elapsed())
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f32() * 1_000.0;
        write!(
            f,
            "{} times, {:.1} ms in the middle and {:.1} at most",
            self.asked,
            milliseconds(self.median),
            milliseconds(self.longest)
        )
    }
}
