//! What a plugin tells its author and whoever runs it: `limpid plugin test` shows it, and the service logs it.
//!
//! Nothing of it is a result. The host keeps so many bytes of each call (setting `plugins.log_bytes`), and drops the
//! rest. Natively, where there is no host, it goes to standard error.

use std::fmt::Display;

use crate::bindings::log::Level;

/// Something is wrong. Where the call then ends in a trap, this is the reason that the host gives.
pub fn error(text: impl Display) {
    message(Level::Error, &text.to_string());
}

/// Something is odd, and the call goes on.
pub fn warning(text: impl Display) {
    message(Level::Warning, &text.to_string());
}

/// Something that an operator may want to know.
pub fn info(text: impl Display) {
    message(Level::Info, &text.to_string());
}

/// Something that only the author wants to know.
pub fn debug(text: impl Display) {
    message(Level::Debug, &text.to_string());
}

#[cfg(target_arch = "wasm32")]
fn message(level: Level, text: &str) {
    crate::bindings::log::message(level, text);
}

#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::print_stderr, reason = "there is no host that would take it")]
fn message(level: Level, text: &str) {
    eprintln!("{level:?}: {text}");
}

/// Has the host told what the plugin panics of, and where. A panic ends the call in a trap, which by itself says
/// neither. Every function that a plugin exports does it first: each call has an instance of its own.
pub(crate) fn report_panics() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| {
        let why = panic.payload_as_str().unwrap_or("no reason given");
        match panic.location() {
            Some(place) => error(format_args!("panicked at {place}: {why}")),
            None => error(format_args!("panicked: {why}")),
        }
    }));
}
