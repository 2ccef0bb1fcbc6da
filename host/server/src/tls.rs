//! Encrypted connections: certificates out of files, which are read again when they change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use limpid_model::Digest;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// How often it is looked whether the files have changed.
const LOOK: Duration = Duration::from_secs(5);

/// Largest file of certificates, in bytes.
const BYTES: u64 = 1 << 20;

/// Where certificates are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of the service and its chain, as PEM (`tls.certificate`).
    pub certificate: PathBuf,
    /// The key of that, as PEM (`tls.key`).
    pub key: PathBuf,
    /// Who vouches for clients, as PEM (`tls.client_ca`): clients without a certificate are not served then.
    pub client_ca: Option<PathBuf>,
}

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("file `{}` of setting `{setting}` cannot be read", .path.display())]
    Read {
        /// Which setting names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is nothing of its kind in a file.
    #[error("there is no {what} as PEM in file `{}` of setting `{setting}`", .path.display())]
    Empty {
        /// Which setting names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
    /// They do not belong together, or are of a kind that is not supported.
    #[error("settings `tls`: the certificates cannot be used: {0}")]
    Unusable(String),
}

/// What encrypts connections now.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    now: Arc<RwLock<Now>>,
}

struct Now {
    config: Arc<ServerConfig>,
    seen: Seen,
}

/// By what a change of files is seen: digests of what is in them.
type Seen = Vec<Option<Digest>>;

impl Tls {
    /// Reads the certificates.
    ///
    /// # Errors
    /// They cannot be used.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let now = Now { seen: files.seen(), config: files.config()? };
        Ok(Self { files, now: Arc::new(RwLock::new(now)) })
    }

    /// What the next connection is encrypted with.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).config).into()
    }

    /// Reads the certificates again whenever their files change, for as long as this is polled. Where they cannot be
    /// used, those before stay.
    pub(crate) async fn follow(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let tls = self.clone();
            let _ = tokio::task::spawn_blocking(move || tls.look()).await;
        }
    }

    fn look(&self) {
        let seen = self.files.seen();
        let before = self.now.read().unwrap_or_else(PoisonError::into_inner).seen == seen;
        if before {
            return;
        }
        let read = self.files.config();
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        now.seen = seen;
        match read {
            Ok(config) => {
                now.config = config;
                tracing::info!("the certificates of settings `tls` are read again");
            }
            Err(error) => {
                let error = limpid_model::chain(&error);
                tracing::error!("{error}: the certificates that were read before are used on");
            }
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl TlsFiles {
    fn seen(&self) -> Seen {
        let files = [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()];
        files.into_iter().map(|path| read("tls", path?).ok().map(|bytes| Digest::of(&bytes))).collect()
    }

    fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let unusable = |error: rustls::Error| TlsError::Unusable(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = certificates("tls.certificate", &self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&read("tls.key", &self.key)?);
        let key = key.map_err(|_| empty("tls.key", &self.key, "private key"))?;
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let config = match &self.client_ca {
            None => config.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates("tls.client_ca", path)? {
                    roots.add(certificate).map_err(unusable)?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                config.with_client_cert_verifier(verifier.map_err(|it| TlsError::Unusable(it.to_string()))?)
            }
        };
        let mut config = config.with_single_cert(chain, key).map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if self.client_ca.is_some() {
            // A session that is taken up again shows no certificate, which may have expired meanwhile.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Arc::new(config))
    }
}

fn certificates(setting: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(setting, path)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    all.ok().filter(|all| !all.is_empty()).ok_or_else(|| empty(setting, path, "certificate"))
}

fn read(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let cannot = |source| TlsError::Read { setting, path: path.to_owned(), source };
    // To open what is no file may wait for ever.
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Err(cannot(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(cannot)?;
    io::Read::read_to_end(&mut io::Read::take(file, BYTES + 1), &mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > BYTES {
        return Err(cannot(io::Error::new(io::ErrorKind::InvalidInput, format!("it is over {BYTES} bytes"))));
    }
    Ok(bytes)
}

fn empty(setting: &'static str, path: &Path, what: &'static str) -> TlsError {
    TlsError::Empty { setting, path: path.to_owned(), what }
}

#[cfg(test)]
mod tests;
