//! An OCI registry on loopback that holds one artifact and lets one user read it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use sha2::{Digest, Sha256};

/// The user and password `reader:secret`, as a request shows them.
const READER: &str = "Basic cmVhZGVyOnNlY3JldA==";

/// Holds `limpid/plugin:1.0` until the tests end.
pub(super) struct Registry {
    address: SocketAddr,
    manifest: String,
}

/// Who may read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    Anyone,
    /// Whoever shows a token, which is had with the password `secret` of user `reader`.
    Reader,
}

impl Registry {
    /// Serves a blob under the digest of the component that it is stated to be.
    pub(super) fn of(component: &[u8], blob: Vec<u8>, readers: Readers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let manifest = manifest(component);
        let served = manifest.clone();
        let pinned = format!("/v2/limpid/plugin/manifests/{}", digest(manifest.as_bytes()));
        let blob_path = format!("/v2/limpid/plugin/blobs/{}", digest(component));
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let Some((path, authorization)) = read(&connection) else { continue };
                let known = readers == Readers::Anyone || authorization == "Bearer let-in";
                let answer = match path.as_str() {
                    "/token?scope=repository%3Alimpid%2Fplugin%3Apull" => match authorization.as_str() {
                        READER => answer(200, "", br#"{"token": "let-in"}"#),
                        _ => answer(401, "", br#"{"errors": [{"message": "wrong password"}]}"#),
                    },
                    _ if !known => answer(401, "www-authenticate: Bearer realm=\"/token\"\r\n", b""),
                    "/v2/limpid/plugin/manifests/1.0" => answer(200, "", served.as_bytes()),
                    path if path == pinned => answer(200, "", served.as_bytes()),
                    path if path == blob_path => answer(200, "", &blob),
                    "/plugin.wasm" => answer(200, "", &blob),
                    _ => answer(404, "", br#"{"errors": [{"message": "manifest unknown"}]}"#),
                };
                // A client that has seen enough is gone.
                let _ = (&connection).write_all(&answer);
            }
        });
        Self { address, manifest }
    }

    pub(super) fn reference(&self) -> String {
        format!("{}/limpid/plugin:1.0", self.address)
    }

    pub(super) fn pinned(&self) -> String {
        format!("oci://{}/limpid/plugin:1.0@{}", self.address, digest(self.manifest.as_bytes()))
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}/plugin.wasm", self.address)
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// As `wkg` writes it.
fn manifest(component: &[u8]) -> String {
    format!(
        r#"{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {{"mediaType": "application/vnd.wasm.config.v0+json", "digest": "{}", "size": 2}},
            "layers": [{{"mediaType": "application/wasm", "digest": "{}", "size": {}}}]}}"#,
        digest(b"{}"),
        digest(component),
        component.len(),
    )
}

fn read(connection: &TcpStream) -> Option<(String, String)> {
    let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let mut fields = head.iter().filter_map(|line| line.split_once(": "));
    let authorization = fields.find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    Some((path, authorization.map(|(_, value)| value.to_owned()).unwrap_or_default()))
}

fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}
