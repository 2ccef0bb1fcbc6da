//! What plugins say besides their results.

use limpid_model::FailureKind;

use crate::call::State;
use crate::contract::log as wit;
use crate::convert::shorten;

/// What a plugin has stated in one call.
#[derive(Debug)]
pub(crate) struct Log {
    /// Bytes that it may still say.
    left: usize,
    limit: usize,
    /// The last that it stated was wrong.
    error: Option<String>,
}

impl Log {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { left: limit, limit, error: None }
    }

    /// Why a call failed: where it stopped itself, what it stated last was wrong is better known than how the
    /// processor took it.
    pub(crate) fn explain(&mut self, kind: FailureKind, message: String) -> String {
        match self.error.take() {
            Some(error) if kind == FailureKind::Trap => shorten(error),
            _ => message,
        }
    }

    fn take(&mut self, level: wit::Level, text: String) {
        let text = printable(&shorten(text));
        let Some(left) = self.left.checked_sub(text.len().max(1)) else {
            if std::mem::take(&mut self.left) > 0 {
                let limit = self.limit;
                tracing::warn!(
                    "it says more than {limit} bytes in one call (setting `plugins.log_bytes`): dropped"
                );
            }
            return;
        };
        self.left = left;
        match level {
            wit::Level::Error => {
                // Which may be why the call fails, and is told then, once.
                if let Some(before) = self.error.replace(text) {
                    tracing::error!("it says: {before}");
                }
            }
            wit::Level::Warning => tracing::warn!("it says: {text}"),
            wit::Level::Info => tracing::info!("it says: {text}"),
            wit::Level::Debug => tracing::debug!("it says: {text}"),
        }
    }
}

/// What it stated was wrong, and did not fail of.
impl Drop for Log {
    fn drop(&mut self) {
        if let Some(error) = self.error.take() {
            tracing::error!("it says: {error}");
        }
    }
}

/// Without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

impl wit::Host for State {
    fn message(&mut self, level: wit::Level, text: String) -> wasmtime::Result<()> {
        self.clock.aside(|| self.log.take(level, text));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(limit: usize, messages: &[&str]) -> Log {
        let mut log = Log::new(limit);
        for message in messages {
            log.take(wit::Level::Error, (*message).to_owned());
        }
        log
    }

    #[test]
    fn a_trap_is_explained_by_what_was_last_stated_to_be_wrong() {
        let check = |kind, expected: &str| {
            let mut log = reply(100, &["one", "panicked at src/lib.rs:7:5:\nno"]);
            assert_eq!(log.explain(kind, "unreachable".to_owned()), expected);
        };
        check(FailureKind::Trap, "panicked at src/lib.rs:7:5: no");
        check(FailureKind::Time, "unreachable");
        assert_eq!(reply(100, &[]).explain(FailureKind::Trap, "unreachable".to_owned()), "unreachable");
    }

    #[test]
    fn what_is_stated_beyond_the_bound_is_dropped() {
        let mut log = reply(10, &["12345", "1234", "123", "1"]);
        assert_eq!(
            log.explain(FailureKind::Trap, String::new()),
            "1234",
            "nothing is kept after what is too much"
        );
    }
}
