use std::borrow::Cow;
use std::io;
use std::time::Duration;

use limpid_model::{Blame, FailureKind};
use wasmtime::Trap;

use crate::bounds::{Bound, Bounds};
use crate::convert::shorten;
use crate::limits::{Budget, Limits};

/// Why the host ended a call. Travels through the engine as an error, and comes out again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error("ran for more than {limit:?}, the limit of setting `{setting}`")]
    Time { limit: Duration, setting: Cow<'static, str> },
    #[error(
        "put {bytes} bytes into its sink, over the limit of {limit} (setting `plugins.parse_output_bytes`)"
    )]
    Output { bytes: u64, limit: u64 },
    #[error("found {bytes} bytes, over the limit of {limit} (setting `plugins.detect_output_bytes`)")]
    Found { bytes: u64, limit: u64 },
    #[error("{0}")]
    Contract(String),
    #[error("cannot read `{input}`: {error}")]
    Host { input: String, error: io::Error },
    #[error("`{input}` is damaged: {error}")]
    Damaged { input: String, error: io::Error },
}

impl Stop {
    /// What an input could not be read for: its own damage, or the machine's failure.
    pub(crate) fn unreadable(input: String, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Damaged { input, error },
            _ => Self::Host { input, error },
        }
    }

    /// Where an input holds more than may be found in it, no plugin can help it.
    const fn blame(&self) -> Option<Blame> {
        match self {
            Self::Found { .. } => Some(Blame::Input),
            _ => None,
        }
    }

    const fn kind(&self) -> FailureKind {
        match self {
            Self::Time { .. } => FailureKind::Time,
            Self::Output { .. } | Self::Found { .. } => FailureKind::Output,
            Self::Contract(_) => FailureKind::Contract,
            Self::Host { .. } => FailureKind::Host,
            Self::Damaged { .. } => FailureKind::Refused,
        }
    }
}

/// What is stated of a failed call.
pub(crate) struct Verdict {
    pub(crate) kind: FailureKind,
    pub(crate) blame: Blame,
    pub(crate) message: String,
}

impl Verdict {
    fn new(kind: FailureKind, message: String) -> Self {
        let blame = match kind {
            FailureKind::Host => Blame::Host,
            FailureKind::Refused => Blame::Input,
            _ => Blame::Plugin,
        };
        Self { kind, blame, message: shorten(message) }
    }
}

/// What a call failed of, given what the engine says and how far the instance had grown.
pub(crate) fn judge(error: &wasmtime::Error, limits: &Limits, bounds: &Bounds) -> Verdict {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        let verdict = Verdict::new(stop.kind(), stop.to_string());
        return Verdict { blame: stop.blame().unwrap_or(verdict.blame), ..verdict };
    }
    if is_host_failure(error) {
        return Verdict::new(FailureKind::Host, format!("{error:#}"));
    }
    if let Some(message) = denial(&limits.memory, "bytes of memory", &bounds.memory_bytes) {
        return Verdict::new(FailureKind::Memory, message);
    }
    if let Some(message) = denial(&limits.tables, "table elements", &bounds.table_elements) {
        return Verdict::new(FailureKind::Tables, message);
    }
    if is_output_exhausted(error) {
        let Bound { limit, setting } = &bounds.output_bytes;
        let message = format!("returned more than {limit} bytes at once, the limit of setting `{setting}`");
        return Verdict::new(FailureKind::Output, message);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => {
            let Bound { limit, setting } = &bounds.stack_bytes;
            let message =
                format!("needed more than {limit} bytes of stack, the limit of setting `{setting}`");
            Verdict::new(FailureKind::Trap, message)
        }
        Some(trap) => Verdict::new(FailureKind::Trap, trap.to_string()),
        // What is left is what the engine found wrong with values that crossed over: text that is
        // not UTF-8, a list outside of memory, a handle that is none.
        None => Verdict::new(FailureKind::Contract, format!("{error:#}")),
    }
}

fn denial(budget: &Budget, unit: &str, bound: &Bound<usize>) -> Option<String> {
    let wanted = budget.denied?;
    Some(format!("wanted {wanted} {unit}, over the limit of {} (setting `{}`)", bound.limit, bound.setting))
}

fn is_host_failure(error: &wasmtime::Error) -> bool {
    error.is::<wasmtime::PoolConcurrencyLimitError>()
        || error.is::<wasmtime::OutOfMemory>()
        || error.is::<io::Error>()
}

/// The engine keeps the type of this error to itself; a test holds its words.
fn is_output_exhausted(error: &wasmtime::Error) -> bool {
    error.root_cause().to_string().contains("fuel allocated for hostcalls has been exhausted")
}
