use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem};

/// Encrypted by `ring`, and trusting whom the system trusts: services of one's own have certificates
/// of one's own.
pub fn tls() -> TlsConfig {
    encrypted(RootCerts::PlatformVerifier, None)
}

/// What an operator says of connections to one host, as PEM.
#[derive(Clone, Debug, Default)]
pub struct Certificates<'a> {
    /// Who may vouch for the host, in place of whom the system trusts.
    pub authorities: Option<&'a [u8]>,
    /// The certificate that is shown to the host, and its chain.
    pub client: Option<&'a [u8]>,
    /// The key of that.
    pub client_key: Option<&'a [u8]>,
}

/// Certificates that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificates {
    /// No certificate is in the file of authorities.
    #[error("no certificate of an authority can be read in it")]
    Authorities,
    /// No certificate is in the client's file.
    #[error("no certificate of a client can be read in it")]
    Client,
    /// No key is in the client's file of keys.
    #[error("no private key can be read in it")]
    Key,
    /// A certificate without a key, or a key without one.
    #[error("a certificate of a client and its key are stated together")]
    Half,
    /// They do not belong together, or are of a kind that is not supported.
    #[error("certificate and key of the client cannot be used: {0}")]
    Unusable(String),
}

/// Encrypted as [`tls`] does, with certificates for one host.
///
/// # Errors
/// They cannot be used.
pub fn tls_with(certificates: &Certificates<'_>) -> Result<TlsConfig, BadCertificates> {
    let roots = match certificates.authorities {
        Some(pem) => RootCerts::Specific(Arc::new(chain(pem).ok_or(BadCertificates::Authorities)?)),
        None => RootCerts::PlatformVerifier,
    };
    let client = match (certificates.client, certificates.client_key) {
        (None, None) => None,
        (Some(client), Some(key)) => {
            let client = chain(client).ok_or(BadCertificates::Client)?;
            check(&client, PrivateKeyDer::from_pem_slice(key).map_err(|_| BadCertificates::Key)?)?;
            let key = PrivateKey::from_pem(key).map_err(|_| BadCertificates::Key)?;
            Some(ClientCert::new_with_certs(&client, key))
        }
        _ => return Err(BadCertificates::Half),
    };
    Ok(encrypted(roots, client))
}

/// The certificates of a file in PEM, as DER, up to the first one that cannot be read.
pub fn certificates_in(pem: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    CertificateDer::pem_slice_iter(pem).map_while(Result::ok).map(|certificate| certificate.to_vec())
}

/// Whether a connection failed because one side does not trust the other, or they speak no common language:
/// another try would end the same.
pub fn is_distrust(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => true,
        ureq::Error::Io(error) => error.get_ref().is_some_and(|error| error.is::<rustls::Error>()),
        _ => false,
    }
}

fn encrypted(roots: RootCerts, client: Option<ClientCert>) -> TlsConfig {
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(roots)
        .client_cert(client)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

/// All certificates of a text; none where there is none, or one cannot be read.
fn chain(pem: &[u8]) -> Option<Vec<Certificate<'static>>> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.ok()? {
            found.push(certificate);
        }
    }
    Some(found).filter(|found| !found.is_empty())
}

/// Whether they belong together: `ureq` panics where they do not.
fn check(client: &[Certificate<'static>], key: PrivateKeyDer<'static>) -> Result<(), BadCertificates> {
    let unusable = |error: rustls::Error| BadCertificates::Unusable(error.to_string());
    let chain = client.iter().map(|certificate| CertificateDer::from(certificate.der().to_vec())).collect();
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_client_auth_cert(chain, key)
        .map_err(unusable)?;
    Ok(())
}
