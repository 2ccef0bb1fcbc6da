//! What requests to others have in common, whatever is asked or sent.
//!
//! This crate owns which numbers are of the public Internet, whither requests may go and that they go
//! just there ([`Guard`]), how what is sent is encrypted and whom it trusts, and how it is read when
//! others want to be left alone. It sends nothing itself.

mod guard;
mod public;
mod retry_after;
mod shown;
mod tls;

pub use guard::{Guard, Internal, Mixed, Own, Private, Rules, Unresolved, bare, is_internal, is_loopback};
pub use public::is_public;
pub use retry_after::retry_after;
pub use shown::shown;
pub use tls::{BadCertificates, Certificates, certificates_in, is_distrust, tls, tls_with};
