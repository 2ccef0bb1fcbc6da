//! Certificates of one registry: who vouches for it, and what it is shown.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::*;

const MANIFEST: &[u8] = br#"{"schemaVersion": 2}"#;

/// An authority, and whom it vouches for.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

/// Files with a certificate and its key.
struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    parts: (rcgen::Certificate, KeyPair),
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn vouch_for(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let at = |end: &str| self.folder.path().join(format!("{name}.{end}"));
        std::fs::write(at("pem"), certificate.pem()).unwrap();
        std::fs::write(at("key"), key.serialize_pem()).unwrap();
        Identity { certificate: at("pem"), key: at("key"), parts: (certificate, key) }
    }
}

/// A host that answers every request with the manifest, and counts its connections.
fn serve(authority: &Authority, wants_client: Option<&Authority>) -> (SocketAddr, Arc<AtomicUsize>) {
    let Identity { parts: (certificate, key), .. } = authority.vouch_for("server");
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = match wants_client {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.issuer.der().clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()));
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&connections);
    thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            counted.fetch_add(1, Ordering::Relaxed);
            // Whoever is not trusted, or does not trust, goes away.
            let _ = answer(Arc::clone(&config), connection);
        }
    });
    (address, connections)
}

fn answer(config: Arc<ServerConfig>, connection: TcpStream) -> io::Result<()> {
    let connection = StreamOwned::new(ServerConnection::new(config).map_err(io::Error::other)?, connection);
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let connection = reader.get_mut();
    write!(connection, "HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", MANIFEST.len())?;
    connection.write_all(MANIFEST)?;
    connection.conn.send_close_notify();
    connection.flush()
}

fn manifest(address: SocketAddr, one: OneRegistry) -> Result<Digest, Error> {
    let host = format!("localhost:{}", address.port());
    let one = OneRegistry { plain_http: Some(false), ..one };
    let settings = RegistrySettings { each: BTreeMap::from([(host.clone(), one)]), ..settings() };
    let reference = Reference::of_repository(&host, REPOSITORY)?;
    let repository = Registries::new(settings)?.repository(&reference, None)?;
    repository.manifest(&tag("1"), &Stop::default()).map(|manifest| manifest.digest)
}

#[test]
fn a_registry_is_trusted_by_an_authority_of_its_own() {
    let authority = Authority::new();
    let (address, connections) = serve(&authority, None);
    let one = OneRegistry { ca: Some(authority.file()), ..OneRegistry::default() };
    assert_eq!(manifest(address, one).unwrap(), Digest::of(MANIFEST));
    connections.store(0, Ordering::Relaxed);
    let other = Authority::new();
    for ca in [None, Some(other.file())] {
        let error = manifest(address, OneRegistry { ca, ..OneRegistry::default() }).unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }) && error.is_of_source(), "{error}");
        assert_eq!(connections.swap(0, Ordering::Relaxed), 1, "another try would end the same");
    }
}

#[test]
fn a_registry_is_shown_the_certificate_that_it_wants() {
    let (authority, of_clients) = (Authority::new(), Authority::new());
    let (address, _) = serve(&authority, Some(&of_clients));
    let shown = |identity: &Identity, key: &Identity| {
        let (client_certificate, client_key) = (Some(identity.certificate.clone()), Some(key.key.clone()));
        manifest(
            address,
            OneRegistry {
                ca: Some(authority.file()),
                client_certificate,
                client_key,
                ..OneRegistry::default()
            },
        )
    };
    let (good, other) = (of_clients.vouch_for("client"), of_clients.vouch_for("other"));
    assert_eq!(shown(&good, &good).unwrap(), Digest::of(MANIFEST));
    let strangers = Authority::new();
    let stranger = strangers.vouch_for("stranger");
    assert!(shown(&stranger, &stranger).unwrap_err().is_of_source());
    let error = shown(&good, &other).unwrap_err();
    check_text(
        &error,
        &["setting `registries.\"localhost:", "certificate and key of the client cannot be used"],
    );
    let one = OneRegistry { ca: Some(authority.file()), ..OneRegistry::default() };
    assert!(manifest(address, one).unwrap_err().is_of_source());
}
