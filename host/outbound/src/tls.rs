use std::sync::Arc;

use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// Encrypted by `ring`, and trusting whom the system trusts: services of one's own have certificates
/// of one's own.
pub fn tls() -> TlsConfig {
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}
