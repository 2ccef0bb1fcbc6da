use std::thread;

use anyhow::{Context, bail};
use limpid_model::Keys;
use serde_json::{Value, json};

/// What something took of a processor as a plugin and natively, each time, in milliseconds. That is
/// what it takes by the clock where nobody else works; a call runs in the thread that makes it.
pub(crate) struct Comparison {
    what: String,
    /// How much was read.
    bytes: usize,
    plugin: Vec<f64>,
    native: Vec<f64>,
}

/// What was found, as far as it is counted.
pub(crate) trait Found {
    fn len(&self) -> usize;
}

impl<T> Found for Vec<T> {
    fn len(&self) -> usize {
        self.len()
    }
}

impl Found for Keys {
    fn len(&self) -> usize {
        self.len()
    }
}

impl Comparison {
    /// Runs both sides in turn, after one run of each that does not count. What they return is
    /// dropped when the time has been taken.
    ///
    /// # Errors
    /// Where a side fails, or the two do not find equally much.
    pub(crate) fn of<P: Found, N: Found>(
        what: impl Into<String>,
        times: usize,
        mut plugin: impl FnMut() -> anyhow::Result<P>,
        mut native: impl FnMut() -> anyhow::Result<N>,
    ) -> anyhow::Result<Self> {
        let mut comparison = Self { what: what.into(), bytes: 0, plugin: Vec::new(), native: Vec::new() };
        let expected = native()?.len();
        comparison.require(plugin()?.len(), expected)?;
        for _ in 0..times {
            let found = timed(&mut comparison.plugin, &mut plugin)?;
            comparison.require(found, expected)?;
            let found = timed(&mut comparison.native, &mut native)?;
            comparison.require(found, expected)?;
        }
        Ok(comparison)
    }

    /// Of a document of this size.
    pub(crate) fn of_bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    fn require(&self, found: usize, expected: usize) -> anyhow::Result<()> {
        if found != expected || expected == 0 {
            bail!("{}: {found} found where {expected} are expected, and not none", self.what);
        }
        Ok(())
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "what": self.what, "bytes": self.bytes, "plugin_ms": self.plugin, "native_ms": self.native })
    }
}

fn timed<T: Found>(times: &mut Vec<f64>, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<usize> {
    let before = processor_ns()?;
    let found = work()?;
    #[expect(clippy::cast_precision_loss, reason = "a difference of minutes at most")]
    times.push((processor_ns()? - before) as f64 / 1e6);
    Ok(found.len())
}

/// What this thread has taken of a processor so far, in nanoseconds: the first number of
/// [`schedstat`](https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat).
fn processor_ns() -> anyhow::Result<u64> {
    // It is brought up to date when the thread leaves the processor.
    thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")
        .context("the system does not say what a thread takes of a processor")?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}
