use serde::Serialize;

/// Why a request failed.
#[derive(Clone, Debug, Serialize)]
pub struct Error {
    code: &'static str,
    message: String,
}

impl Error {
    /// Of a request that is answered with this status.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        let code = match status {
            400 => "bad-request",
            404 => "not-found",
            405 => "method-not-allowed",
            429 => "too-many-requests",
            _ => "internal-error",
        };
        Self { code, message: message.into() }
    }
}
