//! Threads of this process, and for how long each has run, as the kernel counts it ([`proc(5)`], `schedstat`).
//!
//! [`proc(5)`]: https://man7.org/linux/man-pages/man5/proc.5.html

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Where the threads of this process are.
const TASKS: &str = "/proc/self/task";

/// Threads that are looked at, at most.
const THREADS: usize = 4_096;

/// Bytes of one of these files, at most: three numbers, or a name.
const BYTES: u64 = 128;

/// A thread that is there.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) id: u64,
    pub(super) name: Arc<str>,
    /// For how long it ran since it was looked at last, or since it began.
    pub(super) time: Duration,
}

/// Threads that were there when they were looked at last.
#[derive(Debug, Default)]
pub(super) struct Threads {
    known: HashMap<u64, Known>,
    left_out: usize,
}

#[derive(Clone, Debug)]
struct Known {
    name: Arc<str>,
    /// For how long it has run.
    ran: Duration,
}

impl Threads {
    /// All threads, and for how long each ran since the last look.
    pub(super) fn look(&mut self) -> io::Result<Vec<Ran>> {
        let (mut ran, mut known) = (Vec::new(), HashMap::new());
        self.left_out = 0;
        for entry in fs::read_dir(TASKS)? {
            let path = entry?.path();
            let id = path.file_name().and_then(|name| name.to_str()?.parse::<u64>().ok());
            let Some(id) = id else { continue };
            if known.len() >= THREADS {
                self.left_out += 1;
                continue;
            }
            let Some(total) = time_of(&path)? else { continue };
            let before = self.known.remove(&id);
            let (name, so_far) = match before {
                Some(before) => (before.name, before.ran),
                None => (name_of(&path), Duration::ZERO),
            };
            ran.push(Ran { id, name: Arc::clone(&name), time: total.saturating_sub(so_far) });
            known.insert(id, Known { name, ran: total });
        }
        self.known = known;
        Ok(ran)
    }

    /// How many threads the last look left out.
    pub(super) const fn left_out(&self) -> usize {
        self.left_out
    }
}

/// For how long a thread has run; none where it has ended.
fn time_of(task: &Path) -> io::Result<Option<Duration>> {
    let text = match read(&task.join("schedstat")) {
        Ok(text) => text,
        // It may have ended between the two.
        Err(error) if error.kind() == ErrorKind::NotFound && task.exists() => {
            let why = "the kernel does not count for how long threads run (`/proc/self/task/ID/schedstat`)";
            return Err(io::Error::new(ErrorKind::Unsupported, why));
        }
        // `ESRCH`, where it ends while it is read.
        Err(error) if error.kind() == ErrorKind::NotFound || !task.exists() => return Ok(None),
        Err(error) => return Err(error),
    };
    let time = text.split_whitespace().next().and_then(|first| first.parse().ok());
    let time = time.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "`schedstat` holds no number"))?;
    Ok(Some(Duration::from_nanos(time)))
}

/// What a thread is called: its first 15 bytes.
fn name_of(task: &Path) -> Arc<str> {
    read(&task.join("comm")).map_or_else(|_| "(unknown)".into(), |name| name.trim_end().into())
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
