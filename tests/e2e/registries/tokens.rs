//! Where tokens for a registry are given out
//! ([token authentication](https://distribution.github.io/distribution/spec/auth/token/)).

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::json;

/// A certificate for tests, and its key, which protects nothing.
const CERTIFICATE: &str = include_str!("tokens.cert.pem");
const KEY: &str = include_str!("tokens.key.pem");

/// `me:hunter2`
const LOGIN: &str = "Basic bWU6aHVudGVyMg==";

/// Gives tokens to `me`, who says `hunter2`, until the test ends.
pub(super) struct Tokens {
    port: u16,
    certificate: PathBuf,
}

impl Tokens {
    pub(super) fn start(directory: &Path) -> Self {
        let certificate = directory.join("tokens.pem");
        std::fs::write(&certificate, CERTIFICATE).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || answer(stream));
            }
        });
        Self { port, certificate }
    }

    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What a registry is to be told of it.
    pub(super) fn settings(&self) -> String {
        let (port, certificate) = (self.port, self.certificate.display());
        format!(
            "auth:\n  token:\n    realm: http://127.0.0.1:{port}/token\n    service: registry\n    issuer: \
             limpid\n    rootcertbundle: {certificate}\n"
        )
    }

    /// A token for a repository.
    pub(super) fn token(&self, repository: &str, actions: &str) -> String {
        token(&format!("repository:{repository}:{actions}"))
    }
}

/// Answers one request.
fn answer(stream: TcpStream) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let is_me = head.iter().any(|line| line.split_once(": ").is_some_and(|(_, value)| value == LOGIN));
    let (status, body) = if is_me {
        let query = request.split([' ', '?', '&']).find_map(|part| part.strip_prefix("scope="))?;
        let scope = query.replace("%3A", ":").replace("%2F", "/").replace("%2C", ",");
        ("200 OK", json!({ "token": token(&scope), "expires_in": 60 }).to_string())
    } else {
        ("401 Unauthorized", json!({ "errors": [{ "code": "UNAUTHORIZED" }] }).to_string())
    };
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n");
    let mut stream = stream;
    stream.write_all(format!("{head}content-type: application/json\r\n\r\n{body}").as_bytes()).ok()
}

/// A token in the form that the registry checks: signed by the certificate's key.
fn token(scope: &str) -> String {
    let [kind, name, actions] = scope.splitn(3, ':').collect::<Vec<_>>()[..] else {
        panic!("`{scope}` is no scope")
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let header = json!({ "typ": "JWT", "alg": "ES256", "x5c": [STANDARD.encode(der(CERTIFICATE))] });
    let claims = json!({
        "iss": "limpid", "sub": "me", "aud": "registry", "jti": "1",
        "iat": now, "nbf": now - 60, "exp": now + 60,
        "access": [{ "type": kind, "name": name, "actions": actions.split(',').collect::<Vec<_>>() }],
    });
    let encoded = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encoded(header), encoded(claims));
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der(KEY), &random).unwrap();
    let signature = key.sign(&random, signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(lines).unwrap()
}
