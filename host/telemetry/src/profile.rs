//! Profiles of the process: where its threads spend their time, by the spans that they are in.
//!
//! A profiler that interrupts threads and walks their stacks may find them where nobody can: in code that is compiled at
//! run time and has no unwinding tables, or within the allocator or the loader, whose locks it then waits for. So none is
//! interrupted here. Each thread notes the spans that it enters and leaves, and one more thread looks, some fifty times a
//! second, which spans those are and for how long the kernel says that each has run. What is learned is as fine as spans
//! are: which call of which plugin, and no function within it.

mod pprof;
mod spans;
mod threads;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use threads::Threads;

/// How often it is looked.
const PERIOD: Duration = Duration::from_millis(20);

/// So many times as long as it takes to look, nothing is looked at: a tenth of a processor at most.
const REST: u32 = 9;

/// Different stacks of one profile, at most; what is spent in others is told as [`OTHERS`].
const STACKS: usize = 10_000;

/// Stands for stacks that found no place.
const OTHERS: &str = "(other stacks)";

/// Whether threads note their spans.
static ON: AtomicBool = AtomicBool::new(false);

/// Whether profiles can be made.
pub fn is_profiled() -> bool {
    ON.load(Ordering::Relaxed)
}

/// The layer of the log by which threads note their spans. From now on profiles can be made.
pub fn spans_of_threads<S>() -> impl Layer<S>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    ON.store(true, Ordering::Relaxed);
    spans::layer()
}

/// What threads spent, by stack.
#[derive(Debug)]
pub struct Profile {
    began: SystemTime,
    took: Duration,
    stacks: HashMap<Stack, Spent>,
    looks: u64,
    /// Of the look at which most of them were left out.
    threads_left_out: usize,
}

/// A thread by its name, and the spans in which it is, the outermost first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Stack {
    thread: Arc<str>,
    spans: Vec<Arc<str>>,
}

/// What was spent with one stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spent {
    /// How often it was seen.
    seen: u64,
    /// On a processor.
    cpu: Duration,
    /// In all: on a processor, and waiting within a span.
    wall: Duration,
}

impl Profile {
    /// As a message of [pprof](https://github.com/google/pprof/blob/main/proto/profile.proto), not compressed.
    pub fn to_pprof(&self) -> Vec<u8> {
        pprof::encode(self)
    }

    /// For how long threads ran, all together.
    pub fn cpu(&self) -> Duration {
        self.stacks.values().map(|spent| spent.cpu).sum()
    }

    fn add(&mut self, stack: Stack, ran: Duration, passed: Duration) {
        let in_spans = !stack.spans.is_empty();
        if ran.is_zero() && !in_spans {
            return;
        }
        let has_place = self.stacks.len() < STACKS || self.stacks.contains_key(&stack);
        let stack = if has_place { stack } else { Stack { thread: OTHERS.into(), spans: Vec::new() } };
        let spent = self.stacks.entry(stack).or_default();
        spent.seen = spent.seen.saturating_add(1);
        spent.cpu = spent.cpu.saturating_add(ran);
        spent.wall = spent.wall.saturating_add(if in_spans { passed.max(ran) } else { ran });
    }
}

/// Looks for so long what threads do, or until `stop` is set.
///
/// # Errors
/// The kernel does not say what threads there are and for how long they ran.
pub fn profile(time: Duration, stop: &AtomicBool) -> io::Result<Profile> {
    let (began, started) = (SystemTime::now(), Instant::now());
    let mut profile =
        Profile { began, took: Duration::ZERO, stacks: HashMap::new(), looks: 0, threads_left_out: 0 };
    let mut threads = Threads::default();
    // What threads ran before is none of it.
    threads.look()?;
    let (mut looked, mut pause) = (Instant::now(), PERIOD);
    while let Some(left) = time.checked_sub(started.elapsed()).filter(|left| !left.is_zero()) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        thread::sleep(pause.min(left));
        let now = Instant::now();
        let passed = now.saturating_duration_since(looked);
        looked = now;
        let mut spans = spans::of_threads();
        for ran in threads.look()? {
            let spans = spans.remove(&ran.id).unwrap_or_default();
            profile.add(Stack { thread: ran.name, spans }, ran.time, passed);
        }
        profile.looks += 1;
        profile.threads_left_out = profile.threads_left_out.max(threads.left_out());
        pause = PERIOD.max(now.elapsed().saturating_mul(REST));
    }
    profile.took = started.elapsed();
    Ok(profile)
}

#[cfg(test)]
mod tests;
