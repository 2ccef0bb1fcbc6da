//! What was built from what, for those who check it before they install it.
//!
//! The statement is [SLSA's provenance](https://slsa.dev/spec/v1.0/provenance) in in-toto's form. With a key it is
//! signed, as a [DSSE](https://github.com/secure-systems-lab/dsse) envelope, and so is the list of checksums.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Build;
use crate::command::{command, find, run};

/// What is signed, in DSSE's terms.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A file, and its SHA-256 in hexadecimal.
pub(super) struct Digested {
    name: String,
    sha256: String,
}

/// Reads files in a folder.
///
/// # Errors
/// A file cannot be read.
pub(super) fn digests(folder: &Path, names: &[String]) -> anyhow::Result<Vec<Digested>> {
    let digest = |name: &String| {
        let path = folder.join(name);
        let bytes = fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(Digested { name: name.clone(), sha256: hex::encode(Sha256::digest(bytes)) })
    };
    names.iter().map(digest).collect()
}

/// The checksums of files, as `sha256sum --check` reads them.
pub(super) fn checksums(files: &[Digested]) -> String {
    files.iter().map(|file| format!("{}  {}\n", file.sha256, file.name)).collect()
}

/// The statement about files.
pub(super) fn statement(build: &Build, files: &[Digested]) -> Value {
    let subject = |file: &Digested| json!({ "name": file.name, "digest": { "sha256": file.sha256 } });
    let subjects: Vec<Value> = files.iter().map(subject).collect();
    let lock = hex::encode(Sha256::digest(&build.lock));
    let source = format!("git+{}", build.repository);
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": format!("{}/blob/main/docs/releasing.md", build.repository),
                "externalParameters": { "source": source, "command": "cargo xtask dist" },
                "internalParameters": {
                    "profile": build.profile.name(),
                    "SOURCE_DATE_EPOCH": build.seconds,
                    // What was not committed is in the files, and nobody else has it.
                    "uncommitted": build.has_uncommitted,
                },
                "resolvedDependencies": [
                    { "uri": source, "digest": { "gitCommit": build.commit } },
                    { "name": "Cargo.lock", "digest": { "sha256": lock } },
                    { "name": "rustc", "annotations": { "version": build.rustc } },
                ],
            },
            "runDetails": { "builder": { "id": build.builder } },
        },
    })
}

/// Writes a statement, signed where there is a key; says the name of the file.
///
/// # Errors
/// It cannot be signed or written.
pub(super) fn write(statement: &Value, key: Option<&Path>, folder: &Path) -> anyhow::Result<String> {
    let payload = statement.to_string();
    let (name, text) = match key {
        None => ("provenance.intoto.json", format!("{statement:#}\n")),
        Some(key) => {
            let signature = sign(key, &pre_authentication(&payload))?;
            let envelope = json!({
                "payloadType": PAYLOAD_TYPE,
                "payload": STANDARD.encode(&payload),
                "signatures": [{ "sig": STANDARD.encode(signature) }],
            });
            ("provenance.dsse.json", format!("{envelope:#}\n"))
        }
    };
    fs::write(folder.join(name), text)?;
    Ok(name.to_owned())
}

/// What DSSE signs of a payload.
fn pre_authentication(payload: &str) -> Vec<u8> {
    format!("DSSEv1 {} {PAYLOAD_TYPE} {} {payload}", PAYLOAD_TYPE.len(), payload.len()).into_bytes()
}

/// An ed25519 signature, by a key in PEM, as `openssl pkeyutl -verify -rawin` checks it.
///
/// # Errors
/// There is no openssl, or it does not take the key.
pub(super) fn sign(key: &Path, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    if find("openssl").is_none() {
        bail!("install openssl (Debian: `apt-get install openssl`), which signs, and run this again");
    }
    let folder = std::env::temp_dir().join(format!("limpid-sign-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let (message, signature) = (folder.join("message"), folder.join("signature"));
    fs::write(&message, bytes)?;
    let mut openssl = command("openssl");
    openssl.args(["pkeyutl", "-sign", "-rawin", "-inkey"]).arg(key);
    let signed = run(openssl.arg("-in").arg(&message).arg("-out").arg(&signature));
    let bytes = signed.and_then(|()| fs::read(&signature).context("openssl wrote no signature"));
    fs::remove_dir_all(&folder)?;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::output;

    #[test]
    fn a_signed_statement_is_verified_by_openssl() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        run(command("openssl").args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(at("key.pem")))
            .unwrap();
        run(command("openssl")
            .arg("pkey")
            .arg("-in")
            .arg(at("key.pem"))
            .args(["-pubout", "-out"])
            .arg(at("public.pem")))
        .unwrap();
        let name = write(&json!({ "subject": [] }), Some(&at("key.pem")), folder.path()).unwrap();
        let envelope: Value = serde_json::from_slice(&fs::read(at(&name)).unwrap()).unwrap();
        let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
        assert_eq!(payload, br#"{"subject":[]}"#);
        let signature = STANDARD.decode(envelope["signatures"][0]["sig"].as_str().unwrap()).unwrap();
        fs::write(at("signature"), signature).unwrap();
        fs::write(at("message"), "DSSEv1 28 application/vnd.in-toto+json 14 {\"subject\":[]}").unwrap();
        let mut verify = command("openssl");
        verify.args(["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey"]).arg(at("public.pem"));
        verify.arg("-in").arg(at("message")).arg("-sigfile").arg(at("signature"));
        assert!(output(&mut verify).unwrap().contains("Verified Successfully"));
    }

    #[test]
    fn checksums_are_those_that_sha256sum_checks() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.deb"), "a").unwrap();
        let sums = checksums(&digests(folder.path(), &["a.deb".to_owned()]).unwrap());
        fs::write(folder.path().join("SHA256SUMS"), sums).unwrap();
        let mut check = command("sha256sum");
        let checked = output(check.current_dir(folder.path()).args(["--check", "SHA256SUMS"])).unwrap();
        assert_eq!(checked, "a.deb: OK\n");
    }
}
