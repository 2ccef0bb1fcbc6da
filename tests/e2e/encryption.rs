//! Encrypted connections: certificates of the service, and of its clients.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::api::Api;
use crate::program::{Certificates, Setup};
use crate::service::{Service, until};

/// Whoever vouches for others.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    /// A certificate and its key, as PEM.
    fn vouch_for(&self, name: &str) -> (Vec<u8>, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem().into_bytes(), key.serialize_pem().into_bytes())
    }

    /// The files of a service for which it vouches.
    fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.vouch_for("127.0.0.1");
        let files = (folder.join("cert.pem"), folder.join("key.pem"));
        fs::write(&files.0, certificate).unwrap();
        fs::write(&files.1, key).unwrap();
        files
    }
}

fn setup((certificate, key): &(PathBuf, PathBuf)) -> Setup {
    Setup::new().with("LIMPID_TLS__CERTIFICATE", certificate.display()).with("LIMPID_TLS__KEY", key.display())
}

#[test]
fn the_service_is_asked_encrypted_and_certificates_are_changed_while_it_runs() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let files = authority.write(folder.path());
    let trusted = || Certificates { authority: authority.pem(), client: None };
    let service = Service::with(setup(&files).trusting(trusted()));
    assert!(service.api.address().starts_with("https://"));
    assert_eq!(service.api.get("/v1/images").status, 200);
    // Who speaks plainly is told.
    let plain = Api::new(&service.api.address().replacen("https", "http", 1));
    let why = plain.get("/v1/images").refused(400, "bad-request");
    assert!(why.contains("`https://`"), "{why}");
    // Commands of this machine need no certificate; those elsewhere trust whom the system trusts.
    service.setup.run(["token", "list", "--format", "json"]).json();
    // Their port is for nobody else: it would go round the certificates.
    let lock = fs::read(service.setup.data().join("lock")).unwrap();
    let lock: serde_json::Value = serde_json::from_slice(&lock).unwrap();
    let commands = Api::new(lock["address"].as_str().unwrap());
    commands.get("/v1/images").refused(401, "unauthorized");
    assert_eq!(commands.get("/readyz").status, 200);
    fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
    let elsewhere = Setup::new();
    let mut command = elsewhere.command();
    command.env("SSL_CERT_FILE", folder.path().join("ca.pem"));
    command.args(["feed", "list", "--format", "json", "--service", service.api.address()]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let next = Authority::new();
    next.write(folder.path());
    until("the next certificate is used", || {
        let api = Api::trusting(service.api.address(), &Certificates { authority: next.pem(), client: None });
        api.try_send("GET", "/healthz", &[], b"").ok()
    });
    let before = Api::trusting(service.api.address(), &trusted());
    assert!(before.try_send("GET", "/healthz", &[], b"").is_err());
}

#[test]
fn clients_show_a_certificate_where_the_settings_ask_for_one() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let files = authority.write(folder.path());
    let ca = folder.path().join("clients.pem");
    fs::write(&ca, clients.pem()).unwrap();
    let known = Certificates { authority: authority.pem(), client: Some(clients.vouch_for("build")) };
    let service = Service::with(setup(&files).with("LIMPID_TLS__CLIENT_CA", ca.display()).trusting(known));
    assert_eq!(service.api.get("/v1/images").status, 200);
    let others = [None, Some(authority.vouch_for("build"))];
    for client in others {
        let api = Api::trusting(service.api.address(), &Certificates { authority: authority.pem(), client });
        assert!(api.try_send("GET", "/healthz", &[], b"").is_err());
    }
}

#[test]
fn certificates_that_cannot_be_used_are_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = Authority::new().write(folder.path());
    let serve = |setup: Setup| setup.run(["serve", "--listen", "127.0.0.1:0"]).stderr;
    let why = serve(setup(&(key.clone(), key.clone())));
    assert!(why.contains("`tls.certificate`"), "{why}");
    let why = serve(Setup::new().with("LIMPID_TLS__CERTIFICATE", certificate.display()));
    assert!(why.contains("`tls.key`"), "{why}");
}
