use std::path::Path;

use rcgen::{CertificateParams, KeyPair};

use super::*;

/// A certificate for a name by nobody but itself, in files.
fn files(folder: &Path, name: &str) -> TlsFiles {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    let files =
        TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem"), client_ca: None };
    fs::write(&files.certificate, certificate.pem()).unwrap();
    fs::write(&files.key, key.serialize_pem()).unwrap();
    files
}

fn config(tls: &Tls) -> Arc<ServerConfig> {
    Arc::clone(&tls.now.read().unwrap().config)
}

#[test]
fn certificates_that_change_are_read_again_and_those_that_cannot_be_used_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::load(files(folder.path(), "a.example")).unwrap();
    let first = config(&tls);
    tls.look();
    assert!(Arc::ptr_eq(&first, &config(&tls)), "nothing has changed");
    fs::write(folder.path().join("cert.pem"), "none").unwrap();
    tls.look();
    assert!(Arc::ptr_eq(&first, &config(&tls)), "there is none to be used");
    files(folder.path(), "a-longer-name.example");
    tls.look();
    assert!(!Arc::ptr_eq(&first, &config(&tls)));
}

#[test]
fn what_cannot_be_used_is_named_with_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let good = files(folder.path(), "a.example");
    let check = |files: TlsFiles, named: &str| {
        let error = Tls::load(files).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    };
    check(TlsFiles { certificate: folder.path().join("none"), ..good.clone() }, "`tls.certificate`");
    check(TlsFiles { key: good.certificate.clone(), ..good.clone() }, "`tls.key`");
    check(TlsFiles { client_ca: Some(good.key.clone()), ..good.clone() }, "`tls.client_ca`");
    let other = tempfile::tempdir().unwrap();
    check(TlsFiles { key: files(other.path(), "a.example").key, ..good }, "cannot be used");
}
