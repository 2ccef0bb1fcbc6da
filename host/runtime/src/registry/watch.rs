use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Registry;

/// Looks at the plugins directory now and then, until it is dropped. A file takes effect when it
/// has looked the same twice: half a file is not looked into.
///
/// It asks for a dozen file states a second rather than to be notified: that works on every file
/// system, costs nothing that can be measured, and misses nothing.
#[derive(Debug)]
pub struct Watch {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Starts the thread that looks every `interval`.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(registry: Registry, interval: Duration) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new().name("plugins".into()).spawn(move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = registry.refresh() {
                    tracing::warn!(%error, "the plugins directory cannot be read");
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
