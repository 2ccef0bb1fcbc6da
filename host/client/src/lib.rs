//! A typed client of Limpid's HTTP API: one method for each request, with the forms of [`api`] as answers.
//!
//! Requests are made one after the other by the thread that asks. What a service refuses is an
//! [`Error::Refused`] with the code by which programs tell refusals apart (`docs/api.md`).
//!
//! ```no_run
//! # fn main() -> Result<(), limpid_client::Error> {
//! let client = limpid_client::Options::new("https://limpid.example").token("limpid_...").client()?;
//! let report = client.report("shop/web:1")?;
//! println!("{} findings", report.findings.len());
//! # Ok(())
//! # }
//! ```

mod access;
mod care;
mod error;
mod events;
mod feeds;
mod http;
mod images;
mod jobs;
mod options;
mod policies;
mod service;
mod vulnerabilities;
mod watches;

use ureq::Agent;

pub use error::{Error, Refusal};
pub use events::{Event, Events};
pub use images::Submit;
pub use limpid_formats::json as api;
pub use limpid_outbound::{BadCertificates, Certificates};
pub use options::Options;
pub use service::Readiness;
pub use vulnerabilities::AffectedFilter;

/// A client of one service. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
}

impl Client {
    /// Where the service is: the address that was given, without a slash at its end.
    pub fn address(&self) -> &str {
        &self.base
    }
}

/// A text as one part of a path, or as a value of a query.
pub fn encoded(text: &str) -> percent_encoding::PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}
