//! Who shows what somebody else has signed: an issuer of OpenID Connect on loopback, and a key that programs share.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::archives::archive_of;
use crate::program::Setup;
use crate::service::{Service, until};

/// An issuer, which answers by path with a status and a document.
struct Issuer {
    address: String,
    answers: Arc<Mutex<BTreeMap<String, (u16, Value)>>>,
}

impl Issuer {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answers: Arc<Mutex<BTreeMap<String, (u16, Value)>>> = Arc::default();
        let answering = Arc::clone(&answers);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let head: Vec<_> = reader
                    .by_ref()
                    .lines()
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .collect();
                let first = head.first().cloned().unwrap_or_default();
                // What is left unread would break the connection before it is answered.
                let length = head.iter().find_map(|line| {
                    line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
                });
                std::io::copy(&mut reader.take(length.unwrap_or(0)), &mut std::io::sink()).unwrap();
                let answer =
                    first.split(' ').nth(1).and_then(|path| answering.lock().unwrap().get(path).cloned());
                let (status, body) = answer.unwrap_or((404, Value::Null));
                let (body, length) = (body.to_string(), body.to_string().len());
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                );
            }
        });
        let issuer = Self { address, answers };
        let discovery = json!({ "issuer": issuer.address, "jwks_uri": format!("{}/keys", issuer.address) });
        issuer.answer("/.well-known/openid-configuration", 200, discovery);
        issuer
    }

    fn answer(&self, path: &str, status: u16, body: Value) {
        self.answers.lock().unwrap().insert(path.to_owned(), (status, body));
    }

    /// From now on it has this key and no other.
    fn has(&self, key: &Key) {
        let public = BASE64.encode(key.pair.public_key());
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": key.id, "x": public });
        self.answer("/keys", 200, json!({ "keys": [key] }));
    }

    /// What it states of somebody, now.
    fn states(&self, subject: &str, groups: &[&str]) -> Value {
        let now = now();
        json!({
            "iss": self.address, "aud": "limpid", "sub": subject, "iat": now, "exp": now + 300,
            "realm": { "groups": groups },
        })
    }
}

struct Key {
    id: &'static str,
    pair: Ed25519KeyPair,
}

impl Key {
    fn new(id: &'static str, seed: u8) -> Self {
        Self { id, pair: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap() }
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "kid": self.id });
        signed(&header, claims, |message| self.pair.sign(message).as_ref().to_vec())
    }
}

fn signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", BASE64.encode(signature))
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Those of the record of changes who did something with this status.
fn who_did(service: &Service, status: u16) -> Vec<(Value, Value)> {
    let audit = service.setup.run(["audit", "--format", "json"]).json();
    let records = audit["records"].as_array().unwrap().iter();
    let of_it = records.filter(|record| record["status"] == status && record["path"] == "/v1/images");
    of_it.map(|record| (record["who"].clone(), record["token"].clone())).collect()
}

#[test]
fn whom_an_issuer_vouches_for_needs_no_token_of_the_service() {
    let (issuer, first, second) = (Issuer::start(), Key::new("first", 1), Key::new("second", 2));
    issuer.has(&first);
    let settings = format!(
        "{{ main = {{ issuer = '{}', audience = 'limpid', role_claim = ['realm', 'groups'], \
         roles = {{ readers = 'read', writers = 'submit' }} }} }}",
        issuer.address
    );
    let setup = Setup::new().with("LIMPID_ACCESS__REQUIRED", "true").with("LIMPID_ACCESS__OIDC", settings);
    let service = Service::with(setup.with("LIMPID_LOG", "trace"));
    let reader = first.sign(&issuer.states("alice", &["other", "readers"]));
    let writer = first.sign(&issuer.states("bob", &["readers", "writers"]));
    assert_eq!(service.api.ask(&reader, "GET", "/v1/images", b"").status, 200);
    let why =
        service.api.ask(&reader, "POST", "/v1/images", &archive_of("test/a:1")).refused(403, "forbidden");
    assert!(why.contains("`oidc:alice` has role `read`, and this needs `submit`"), "{why}");
    service.api.ask(&writer, "POST", "/v1/images", &archive_of("test/a:1")).ok();
    assert_eq!(who_did(&service, 200), [(json!("oidc:bob"), json!(issuer.address))]);
    assert_eq!(who_did(&service, 403), [(json!("oidc:alice"), json!(issuer.address))]);

    let refused = |token: &str, named: &str| {
        let why = service.api.ask(token, "GET", "/v1/images", b"").refused(401, "unauthorized");
        assert!(why.contains(named), "{why}");
    };
    let mut elsewhere = issuer.states("alice", &["readers"]);
    elsewhere["aud"] = json!("another");
    refused(&first.sign(&elsewhere), "for somebody else");
    let mut over = issuer.states("alice", &["readers"]);
    over["exp"] = json!(now() - 31);
    refused(&first.sign(&over), "has expired");
    refused(&Key::new("first", 3).sign(&issuer.states("alice", &["readers"])), "not its issuer's");
    let nobody = first.sign(&issuer.states("carol", &["other"]));
    service.api.ask(&nobody, "GET", "/v1/images", b"").refused(403, "forbidden");

    // Its keys change: the new one is asked for when somebody shows a token of it, and the old one is over.
    issuer.has(&second);
    let changed = second.sign(&issuer.states("alice", &["readers"]));
    until("the new key is known", || {
        let answer = service.api.ask(&changed, "GET", "/v1/images", b"");
        (answer.status == 200).then_some(())
    });
    refused(&reader, "no key `first`");
    // While it is away, its key is used on.
    issuer.answer("/keys", 503, Value::Null);
    assert_eq!(service.api.ask(&changed, "GET", "/v1/images", b"").status, 200);
    assert_eq!(service.api.get("/readyz").status, 200);
    let log = service.log();
    for token in [&reader, &writer, &changed] {
        let (_, signature) = token.rsplit_once('.').unwrap();
        assert!(!log.contains(signature), "a token is in the log");
    }
}

#[test]
fn while_an_issuer_does_not_answer_the_service_is_ready_and_says_so() {
    let issuer = Issuer::start();
    let settings =
        format!("{{ main = {{ issuer = '{}', audience = 'limpid', role = 'read' }} }}", issuer.address);
    let setup = Setup::new().with("LIMPID_ACCESS__REQUIRED", "true").with("LIMPID_ACCESS__OIDC", settings);
    let service = Service::with(setup);
    until("the log says so", || {
        service.log().contains("keys of issuer `main` are not fetched").then_some(())
    });
    assert_eq!(service.api.get("/readyz").status, 200);
    let token = Key::new("first", 1).sign(&issuer.states("alice", &[]));
    let why = service.api.ask(&token, "GET", "/v1/images", b"").refused(401, "unauthorized");
    assert!(why.contains("not there yet"), "{why}");
}

#[test]
fn clairs_clients_sign_with_the_key_that_is_shared() {
    let key = [7; 32];
    let settings = format!(
        "{{ key = '{}', issuers = {{ quay = 'operate', clairctl = 'read' }} }}",
        BASE64_STANDARD.encode(key)
    );
    let setup = Setup::new().with("LIMPID_ACCESS__REQUIRED", "true").with("LIMPID_ACCESS__PSK", settings);
    let service = Service::with(setup);
    let sign = |key: &[u8], header: &Value, claims: &Value| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        signed(header, claims, |message| hmac::sign(&key, message).as_ref().to_vec())
    };
    let quay = json!({ "iss": "quay", "exp": now() + 300 });
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    service.api.ask(&sign(&key, &header, &quay), "POST", "/v1/images", &archive_of("test/a:1")).ok();
    assert_eq!(who_did(&service, 200), [(json!("psk:quay"), Value::Null)]);
    let clairctl = json!({ "iss": "clairctl", "exp": now() + 60, "nbf": now() - 60, "iat": now() });
    let clairctl = sign(&key, &json!({ "alg": "HS256" }), &clairctl);
    assert_eq!(service.api.ask(&clairctl, "GET", "/v1/images", b"").status, 200);
    service.api.ask(&clairctl, "POST", "/v1/images", &archive_of("test/b:1")).refused(403, "forbidden");
    service.api.ask(&sign(&[8; 32], &header, &quay), "GET", "/v1/images", b"").refused(401, "unauthorized");
    let other = json!({ "iss": "other", "exp": now() + 300 });
    service.api.ask(&sign(&key, &header, &other), "GET", "/v1/images", b"").refused(401, "unauthorized");
}

#[test]
fn who_signs_in_at_an_issuer_is_who_the_issuer_says() {
    let (issuer, key) = (Issuer::start(), Key::new("first", 1));
    issuer.has(&key);
    issuer.answer(
        "/.well-known/openid-configuration",
        200,
        json!({
            "issuer": issuer.address, "jwks_uri": format!("{}/keys", issuer.address),
            "authorization_endpoint": format!("{}/authorize", issuer.address),
            "token_endpoint": format!("{}/token", issuer.address),
        }),
    );
    let settings = format!(
        "{{ main = {{ issuer = '{}', audience = 'limpid', role = 'read', \
         pages = {{ client_id = 'limpid', address = 'http://127.0.0.1:6060' }} }} }}",
        issuer.address
    );
    let setup = Setup::new().with("LIMPID_ACCESS__REQUIRED", "true").with("LIMPID_ACCESS__OIDC", settings);
    let service = Service::with(setup);
    let see = |cookie: &str, path: &str| service.api.page("GET", path, &[("cookie", cookie)], "");
    assert!(see("", "/sign-in?to=/plugins").text.contains("href=\"/sign-in/oidc/main?to=/plugins\""));
    // The issuer has said by and by where people sign in.
    let there = until("the issuer is known", || {
        let there = see("", "/sign-in/oidc/main?to=/plugins");
        (there.status == 303).then_some(there)
    });
    let address = there.header("location").to_owned();
    assert!(address.starts_with(&format!("{}/authorize?", issuer.address)), "{address}");
    let asked = |name: &str| {
        let (_, rest) = address.split_once(&format!("{name}=")).unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    let kept = there.header("set-cookie").to_owned();
    assert!(kept.contains("HttpOnly; SameSite=Lax") && kept.contains("Path=/sign-in/oidc"), "{kept}");
    let kept = kept.split(';').next().unwrap().to_owned();
    let give = |nonce: &str| {
        let mut claims = issuer.states("alice", &[]);
        claims["nonce"] = json!(nonce);
        issuer.answer("/token", 200, json!({ "id_token": key.sign(&claims) }));
    };
    let back = format!("/sign-in/oidc/main/back?code=c&state={}", asked("state"));
    // Neither another browser, nor another answer, nor another token signs anybody in.
    give(&asked("nonce"));
    for (cookie, path) in [("", &*back), (&kept, "/sign-in/oidc/main/back?code=c&state=x")] {
        let refused = see(cookie, path);
        assert_eq!(refused.status, 403);
        assert!(!refused.header("set-cookie").starts_with("limpid-session="), "{path}");
    }
    give("another");
    assert_eq!(see(&kept, &back).status, 403);

    give(&asked("nonce"));
    let inside = see(&kept, &back);
    assert_eq!((inside.status, inside.header("refresh")), (200, "0; url=/plugins"), "{}", inside.text);
    let session = inside.header("set-cookie").to_owned();
    assert!(session.starts_with("limpid-session=") && session.contains("SameSite=Strict"), "{session}");
    let session = session.split(';').next().unwrap();
    assert_eq!(see(session, "/plugins").status, 200);
    assert_eq!(see("", "/plugins").status, 303);
    let (_, signature) = session.rsplit_once('.').unwrap();
    assert!(!service.log().contains(signature), "a token is in the log");
}
