mod code;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;

/// In seconds since 1970.
const NOW: u64 = 1_800_000_000;

/// A key of an issuer.
struct Signer {
    id: &'static str,
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    fn new(id: &'static str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        Self { id, pair, random }
    }

    fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..]),
        })
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": "ES256", "typ": "JWT", "kid": self.id }), claims)
    }

    fn sign_with(&self, header: &Value, claims: &Value) -> String {
        signed(header, claims, |message| self.pair.sign(&self.random, message).unwrap().as_ref().to_vec())
    }
}

fn signed(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", BASE64.encode(signature))
}

/// An issuer on loopback.
struct Server {
    address: String,
    /// What it answers, by path: a status and a body.
    answers: Arc<Mutex<BTreeMap<String, (u16, String)>>>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    fn start(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let answers: Arc<Mutex<BTreeMap<String, (u16, String)>>> = Arc::default();
        let asked: Arc<AtomicUsize> = Arc::default();
        let (answering, counting) = (Arc::clone(&answers), Arc::clone(&asked));
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
                counting.fetch_add(1, Ordering::Relaxed);
                let path = first.split(' ').nth(1).unwrap();
                let answer = answering.lock().unwrap().get(path).cloned();
                let (status, body) = answer.unwrap_or((404, String::new()));
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} x\r\nlocation: /elsewhere\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        let server = Self { address, answers, asked };
        let discovery = json!({ "issuer": server.address, "jwks_uri": format!("{}/keys", server.address) });
        server.answer("/.well-known/openid-configuration", 200, discovery.to_string());
        server.have(signers);
        server
    }

    fn answer(&self, path: &str, status: u16, body: impl Into<String>) {
        self.answers.lock().unwrap().insert(path.to_owned(), (status, body.into()));
    }

    fn have(&self, signers: &[&Signer]) {
        let keys: Vec<_> = signers.iter().map(|signer| signer.public()).collect();
        self.answer("/keys", 200, json!({ "keys": keys }).to_string());
    }

    fn settings(&self) -> IssuerSettings {
        IssuerSettings {
            issuer: self.address.clone(),
            audience: vec!["limpid".to_owned()],
            role: Some(AccessRole::Read),
            ..IssuerSettings::default()
        }
    }

    fn claims(&self) -> Value {
        json!({
            "iss": self.address, "aud": "limpid", "sub": "alice", "iat": NOW - 10, "exp": NOW + 300,
        })
    }
}

fn identities(settings: IssuerSettings) -> Identities {
    let issuers = BTreeMap::from([("main".to_owned(), settings)]);
    Identities::new(Settings { issuers, shared: None }).unwrap().unwrap()
}

/// Those whose issuer has been asked for its keys.
fn fetched(settings: IssuerSettings) -> Identities {
    let identities = identities(settings);
    identities.issuers()[0].refresh();
    identities
}

/// The claims with some of them changed; null: without it.
fn with(mut claims: Value, changed: Value) -> Value {
    for (name, value) in changed.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

#[track_caller]
fn refused(identities: &Identities, token: &str, named: &str) {
    let why = identities.identify(token, NOW * 1_000).unwrap_err().to_string();
    assert!(why.contains(named), "{why}");
}

#[test]
fn whom_an_issuer_vouches_for_is_known_by_subject_and_issuer() {
    let signer = Signer::new("a");
    let server = Server::start(&[&signer]);
    let identities = fetched(server.settings());
    let token = signer.sign(&server.claims());
    let identity = identities.identify(&token, NOW * 1_000).unwrap();
    assert_eq!(
        identity,
        Identity {
            name: "oidc:alice".to_owned(),
            issuer: Some(server.address.clone()),
            role: AccessRole::Read,
            repositories: Vec::new(),
        }
    );
    assert!(identities.concerns(&token));
    let other = signer.sign(&with(server.claims(), json!({ "iss": "https://other.example" })));
    assert!(!identities.concerns(&other));
    refused(&identities, &other, "whom setting `access.oidc` does not name");
    // Some audiences are lists, and some times have parts of seconds.
    let listed = json!({ "aud": ["other", "limpid"], "exp": NOW as f64 + 0.5 });
    identities.identify(&signer.sign(&with(server.claims(), listed)), NOW * 1_000).unwrap();
}

#[test]
fn what_is_not_for_us_or_not_of_now_is_refused() {
    let signer = Signer::new("a");
    let server = Server::start(&[&signer]);
    let identities = fetched(server.settings());
    let check = |changed: Value, named: &str| {
        refused(&identities, &signer.sign(&with(server.claims(), changed)), named);
    };
    check(json!({ "aud": "other" }), "for somebody else");
    check(json!({ "aud": ["other", "limpid.example"] }), "for somebody else");
    check(json!({ "aud": null }), "no claim `aud`");
    check(json!({ "aud": 7 }), "for somebody else");
    check(json!({ "exp": NOW - 31 }), "has expired");
    check(json!({ "exp": null }), "does not say when it expires");
    check(json!({ "exp": "tomorrow" }), "`exp` of the token is no time");
    check(json!({ "exp": -1 }), "`exp` of the token is no time");
    check(json!({ "exp": 1e30 }), "`exp` of the token is no time");
    check(json!({ "exp": u64::MAX }), "longer than");
    check(json!({ "iat": NOW - 100, "exp": NOW + 86_400 }), "longer than the 86400 s");
    check(json!({ "nbf": NOW + 31 }), "not good yet");
    check(json!({ "iat": NOW + 31 }), "not good yet");
    check(json!({ "sub": null }), "names nobody");
    check(json!({ "sub": "" }), "names nobody");
    check(json!({ "sub": "a\nb" }), "cannot be shown");
    check(json!({ "sub": "a".repeat(257) }), "longer than 256 bytes");
    check(json!({ "iss": [server.address, "x"] }), "no JWT");
    // Within what clocks may differ.
    for changed in [json!({ "exp": NOW - 29 }), json!({ "nbf": NOW + 29 }), json!({ "iat": NOW + 29 })] {
        identities.identify(&signer.sign(&with(server.claims(), changed)), NOW * 1_000).unwrap();
    }
}

#[test]
fn who_has_not_the_key_signs_nothing() {
    let (signer, other) = (Signer::new("a"), Signer::new("a"));
    let server = Server::start(&[&signer]);
    let identities = fetched(server.settings());
    let claims = server.claims();
    refused(&identities, &other.sign(&claims), "not its issuer's");
    let token = signer.sign(&claims);
    let (message, _) = token.rsplit_once('.').unwrap();
    refused(&identities, &format!("{message}."), "not its issuer's");
    let admin = BASE64.encode(with(claims.clone(), json!({ "sub": "admin" })).to_string());
    let parts: Vec<_> = token.split('.').collect();
    refused(&identities, &format!("{}.{admin}.{}", parts[0], parts[2]), "not its issuer's");
    // No signature, and a public key as if it were a shared one.
    let none = signed(&json!({ "alg": "none" }), &claims, |_| Vec::new());
    refused(&identities, &none, "no JWT");
    let point = signer.pair.public_key().as_ref().to_vec();
    for key in [point.clone(), signer.public().to_string().into_bytes()] {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        let header = json!({ "alg": "HS256", "kid": "a" });
        let token = signed(&header, &claims, |message| ring::hmac::sign(&key, message).as_ref().to_vec());
        refused(&identities, &token, "`access.psk.issuers`");
    }
    // Keys that the token brings along, or says where they are.
    let brought = json!({ "alg": "ES256", "kid": "a", "jwk": other.public(), "jku": "http://127.0.0.1:1/" });
    refused(&identities, &other.sign_with(&brought, &claims), "not its issuer's");
    refused(
        &identities,
        &signer.sign_with(&json!({ "alg": "ES256", "kid": "../a" }), &claims),
        "no key `../a`",
    );
    refused(&identities, &signer.sign_with(&json!({ "alg": "ES384", "kid": "a" }), &claims), "no key `a`");
    let critical = json!({ "alg": "ES256", "kid": "a", "crit": ["x"], "x": 1 });
    refused(&identities, &signer.sign_with(&critical, &claims), "no JWT");
    // What is none at all.
    for token in ["", "..", "a.b.c", "a.b", &format!("{token}.x"), &"a".repeat(20_000)] {
        refused(&identities, token, "no JWT");
        assert!(!identities.concerns(token));
    }
    let long = signer.sign(&with(claims, json!({ "x": "x".repeat(16 << 10) })));
    refused(&identities, &long, "longer than 16384 bytes");
}

#[test]
fn only_algorithms_of_the_settings_are_taken() {
    let signer = Signer::new("a");
    let server = Server::start(&[&signer]);
    let settings = IssuerSettings { algorithms: vec![Algorithm::Rs256], ..server.settings() };
    refused(&fetched(settings), &signer.sign(&server.claims()), "which setting `algorithms`");
    let bad = |settings: IssuerSettings| {
        let issuers = BTreeMap::from([("main".to_owned(), settings)]);
        Identities::new(Settings { issuers, shared: None }).unwrap_err().to_string()
    };
    let check = |settings: IssuerSettings, named: &str| {
        let why = bad(settings);
        assert!(why.contains("`access.oidc.main`") && why.contains(named), "{why}");
    };
    let good = || server.settings();
    check(IssuerSettings { algorithms: vec![Algorithm::Hs256], ..good() }, "`HS256`");
    check(IssuerSettings { algorithms: Vec::new(), ..good() }, "`algorithms`");
    check(IssuerSettings { audience: Vec::new(), ..good() }, "`audience`");
    check(IssuerSettings { role: None, ..good() }, "`role`");
    check(IssuerSettings { role_claim: Some(vec!["groups".to_owned()]), ..good() }, "stated together");
    check(IssuerSettings { issuer: "http://issuer.example".to_owned(), ..good() }, "not encrypted");
    check(IssuerSettings { issuer: "issuer.example".to_owned(), ..good() }, "https://HOST/PATH");
    check(IssuerSettings { issuer: "https://a:b@issuer.example".to_owned(), ..good() }, "has a user");
    check(IssuerSettings { issuer: "https://issuer.example/?a=b".to_owned(), ..good() }, "`?`");
    check(IssuerSettings { authorities: Some(b"x".to_vec()), ..good() }, "`ca`");
    check(IssuerSettings { leeway: std::time::Duration::from_secs(601), ..good() }, "`leeway`");
}

#[test]
fn keys_of_other_kinds_are_taken_where_they_sign_by_their_own_algorithm() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64.encode(pair.public_key()) });
    let server = Server::start(&[]);
    // What is not known, cannot sign or is no secret spoils nothing.
    let others = [
        json!({ "kty": "oct", "k": "AAAA", "kid": "shared" }),
        json!({ "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA", "use": "enc" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA" }),
        json!(7),
        key,
    ];
    server.answer("/keys", 200, json!({ "keys": others }).to_string());
    let identities = fetched(server.settings());
    let sign = |algorithm: &str| {
        signed(&json!({ "alg": algorithm }), &server.claims(), |message| pair.sign(message).as_ref().to_vec())
    };
    assert_eq!(identities.identify(&sign("EdDSA"), NOW * 1_000).unwrap().name, "oidc:alice");
    refused(&identities, &sign("ES256"), "no key");
}

/// A key of OpenSSL, and what it signed by that: `{"iss":"joe"}`.
const MODULUS: &str = "uyRq0EzOn8MKGdeZVN3QXtvhSNQyu9hS3OF1t40GNnYHmfCDnOY3tT6AM0QdhpFBB88-bAhYyazX_SDArnG5WnTAE1s3jJEZ\
    XeMSiHTOKE6MEWem1G6miM6R0Rx-ecVq515_yCpTaJfoLyRCikDpKAJjWUj_Czd49HsBJV-zWOOemqRCbRov9LtaUen2ToHL\
    QHv2Vf11H6sojjrScJ21OS4qyB718NzVwxjQpD53DDGlTM4JIXuzYTpPos12mNtP-ZfooZlbbkye8YH1hZslh5358l0JOLu2\
    UErfKkhYzPrdPFRlHnx4XQLxJlTB0YeAmSPcDHgso9WCf6G3dbEkhQ";
const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UifQ.sWaEnfEXscL3fIESXQiF2AJlGb9VyrmsY13pnwHnDZoPusuLE-XRlwkA\
    3q15Hh1brb2HQSkhgkJZPuTmdF-Atj62ErchjTRu9VMjJ3YssEhEDbTiqkbcBDIcEko5z1PHdJLqN2QE6kFPCzDT1wUBB2Xt\
    NnF-KsWxQ9_xVWKWQ9dgG6htwQG-PkhZTEWc-bJ_GzskVVVs0M3vAKnW9AyD3jhIsX4T7CMmFJfuYD5MzaYjWR4f5tFBO8CU\
    VAoHyvXGVVvoARO9nrKmiXbukQGfi_Pm4XB0V5VAWsfjT1gsXkxf7eMizhHQtqOyPWgPTLIJ5n6w1jhW27rNJL-NhYDw5g";
const PS256: &str = "eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJqb2UifQ.UckprOSl7XVwWNNM4UcvkmX9kWvjAN0EToaFv4_uhSsahGURT6gPn57W\
    Yo30ilsrXXnhtUdUTDSCKY1RzBShMGSMjDkbg2JH3Pv_oRvf-2HirRN9VG5lxP0E9f6HF-J0-LiLJC_bLw9pQEmzURjWsBxE\
    nr6FpvpMJiggZkOcuoDf5NZ8onDGbxzWF0b8UIIok3EKnQYM6qytUUbkMC18MukqE44bJzDk22ibBX-GJxK7PVsEoqT1Z8JK\
    FRx-fQdMEYm37xCbMtdeiVKLI0sPFTPW2knHGagwEO_GtbteCtjG991yIf5WPWG0YA0bwHlhHtXQgFR1E6DRhFXqDHXzvg";

#[test]
fn a_signature_by_rsa_is_checked() {
    let modulus = BASE64.decode(MODULUS).unwrap();
    // Some issuers write a zero before it.
    for zeros in [Vec::new(), vec![0]] {
        let padded = BASE64.encode([zeros, modulus.clone()].concat());
        let set = json!({ "keys": [{ "kty": "RSA", "n": padded, "e": "AQAB" }] });
        let keys = keys::Keys::read(set.to_string().as_bytes()).unwrap();
        let is_taken = |algorithm: Algorithm, token: &str| {
            let (key, token) = (keys.find(None, algorithm).unwrap(), token::Token::read(token).unwrap());
            token.algorithm == algorithm && token.claims(key).is_ok()
        };
        assert!(is_taken(Algorithm::Rs256, RS256) && is_taken(Algorithm::Ps256, PS256));
        assert!(!is_taken(Algorithm::Rs256, PS256) && !is_taken(Algorithm::Ps256, RS256));
        let (_, signature) = RS256.rsplit_once('.').unwrap();
        let (message, _) = PS256.rsplit_once('.').unwrap();
        assert!(!is_taken(Algorithm::Ps256, &format!("{message}.{signature}")));
        // A key that says by what it signs does not sign by anything else.
        let set = json!({ "keys": [{ "kty": "RSA", "n": MODULUS, "e": "AQAB", "alg": "RS512" }] });
        let keys = keys::Keys::read(set.to_string().as_bytes()).unwrap();
        assert_eq!(keys.find(None, Algorithm::Rs256).err(), Some(keys::NotFound::None));
    }
}

#[test]
fn what_somebody_may_is_what_claims_say() {
    let signer = Signer::new("a");
    let server = Server::start(&[&signer]);
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let settings = IssuerSettings {
        role: None,
        role_claim: Some(texts(&["realm_access", "roles"])),
        roles: BTreeMap::from([
            ("reader".to_owned(), AccessRole::Read),
            ("root".to_owned(), AccessRole::Admin),
        ]),
        repository_claim: Some(texts(&["https://limpid.example/repositories"])),
        required_claims: BTreeMap::from([("owner".to_owned(), "acme".to_owned())]),
        ..server.settings()
    };
    let identities = fetched(settings);
    let repositories = json!({ "https://limpid.example/repositories": ["shop/*"], "owner": "acme" });
    let ask = |changed: Value| {
        let claims = with(with(server.claims(), repositories.clone()), changed);
        identities.identify(&signer.sign(&claims), NOW * 1_000).map_err(|why| why.to_string())
    };
    let role = |roles: Value| ask(json!({ "realm_access": { "roles": roles } })).map(|it| it.role);
    assert_eq!(role(json!(["other", "reader"])), Ok(AccessRole::Read));
    assert_eq!(role(json!(["root", "reader"])), Ok(AccessRole::Admin));
    assert_eq!(role(json!("reader root")), Ok(AccessRole::Admin));
    for none in [json!([]), json!(["Root"]), json!("rootx"), Value::Null] {
        assert!(role(none).unwrap_err().contains("none of the roles of setting `access.oidc.main.roles`"));
    }
    for neither in [json!(7), json!([["root"]]), json!({ "root": true })] {
        assert!(role(neither).unwrap_err().contains("neither a text nor a list"));
    }
    let many: Vec<_> = (0..1_001).map(|number| number.to_string()).collect();
    assert!(role(json!(many)).unwrap_err().contains("more than 1000"));
    let root = |changed: Value| ask(with(json!({ "realm_access": { "roles": ["root"] } }), changed));
    assert_eq!(root(json!({})).unwrap().repositories, ["shop/*"]);
    let claim = "https://limpid.example/repositories";
    assert_eq!(root(json!({ claim: "a/* b/**" })).unwrap().repositories, ["a/*", "b/**"]);
    assert!(root(json!({ claim: [] })).unwrap_err().contains("has no repositories"));
    for owner in [json!("other"), json!(["other"]), json!(7)] {
        assert!(root(json!({ "owner": owner })).unwrap_err().contains("claim `owner`"));
    }
    assert!(root(json!({ "owner": ["acme", "other"] })).is_ok());
}

#[test]
fn a_key_that_is_not_known_is_asked_for_and_old_ones_are_dropped() {
    let (first, second) = (Signer::new("first"), Signer::new("second"));
    let server = Server::start(&[&first]);
    let identities = identities(server.settings());
    let issuer = &identities.issuers()[0];
    let refusal = |signer: &Signer| identities.identify(&signer.sign(&server.claims()), NOW * 1_000).err();
    let why = refusal(&first).unwrap();
    assert!(why.to_string().contains("not there yet"), "{why}");
    assert!(identities.to_ask(&why).is_some());
    issuer.refresh();
    assert_eq!(refusal(&first), None);
    server.have(&[&second]);
    let why = refusal(&second).unwrap();
    assert!(why.to_string().contains("has no key `second`"), "{why}");
    // It was asked just now.
    assert!(identities.to_ask(&why).is_none());
    issuer.refresh();
    assert_eq!(refusal(&second), None);
    assert!(refusal(&first).unwrap().to_string().contains("has no key `first`"));
}

#[test]
fn while_an_issuer_is_away_its_keys_are_used_for_as_long_as_is_set() {
    let signer = Signer::new("a");
    let server = Server::start(&[&signer]);
    for (keep, is_taken) in [(std::time::Duration::from_secs(600), true), (std::time::Duration::ZERO, false)]
    {
        server.have(&[&signer]);
        let identities = fetched(IssuerSettings { keep, ..server.settings() });
        let issuer = &identities.issuers()[0];
        assert_eq!(issuer.next(), std::time::Duration::from_secs(900));
        server.answer("/keys", 503, "");
        issuer.refresh();
        assert_eq!(issuer.next(), std::time::Duration::from_secs(60));
        let answer = identities.identify(&signer.sign(&server.claims()), NOW * 1_000);
        assert_eq!(answer.is_ok(), is_taken, "{answer:?}");
        if let Err(why) = answer {
            assert!(why.to_string().contains("`keep`"), "{why}");
        }
    }
}

#[test]
fn what_an_issuer_must_not_answer_is_told_and_changes_nothing() {
    let signer = Signer::new("a");
    let server = Server::start(&[&signer]);
    let settings = server.settings();
    let discovery = "/.well-known/openid-configuration";
    let good =
        json!({ "issuer": server.address, "jwks_uri": format!("{}/keys", server.address) }).to_string();
    let check = |path: &str, status: u16, body: String, named: &str| {
        server.answer(discovery, 200, good.clone());
        server.have(&[&signer]);
        server.answer(path, status, body);
        let fetcher = fetch::Fetcher::new(&settings).unwrap();
        let why = fetcher.keys(&server.address).unwrap_err();
        assert!(why.contains(named), "{why}");
    };
    let at = |keys: &str| json!({ "issuer": server.address, "jwks_uri": keys }).to_string();
    check(discovery, 500, String::new(), "answers 500");
    check(discovery, 302, String::new(), "a redirect");
    check("/keys", 302, String::new(), "a redirect");
    check(discovery, 200, "x".repeat((512 << 10) + 1), "longer than 524288 bytes");
    check("/keys", 200, "x".repeat((512 << 10) + 1), "longer than 524288 bytes");
    check(discovery, 200, "{}".to_owned(), "no `issuer` and `jwks_uri`");
    let other = json!({ "issuer": "https://other.example", "jwks_uri": "https://other.example/" });
    check(discovery, 200, other.to_string(), "of another issuer, `https://other.example`");
    check(discovery, 200, at("http://issuer.example/keys"), "not encrypted");
    check(discovery, 200, at("file:///etc/passwd"), "https://HOST/PATH");
    check(discovery, 200, at("https://10.0.0.1/keys"), "`private_addresses`");
    check(discovery, 200, at("https://169.254.169.254/keys"), "`private_addresses`");
    check("/keys", 200, "[]".to_owned(), "no set of keys");
    check("/keys", 200, json!({ "keys": [] }).to_string(), "none of its keys");
    let many: Vec<_> = (0..101).map(|_| signer.public()).collect();
    check("/keys", 200, json!({ "keys": many }).to_string(), "101 keys, and at most 100");
    assert!(server.asked.load(Ordering::Relaxed) > 14);
}

/// What Clair's clients send: Quay (`exp` alone), and `clairctl` (with `nbf` and `iat`, and no `typ`).
#[test]
fn who_shares_a_key_signs_as_clairs_clients_do() {
    let key: Vec<_> = (0..32).collect();
    let issuers = BTreeMap::from([
        ("quay".to_owned(), AccessRole::Operate),
        ("clairctl".to_owned(), AccessRole::Submit),
    ]);
    let shared = Some(SharedKeySettings { key: key.clone(), issuers });
    let identities = Identities::new(Settings { issuers: BTreeMap::new(), shared }).unwrap().unwrap();
    let sign = |key: &[u8], header: &Value, claims: &Value| {
        let algorithm = match header["alg"].as_str() {
            Some("HS384") => ring::hmac::HMAC_SHA384,
            Some("HS512") => ring::hmac::HMAC_SHA512,
            _ => ring::hmac::HMAC_SHA256,
        };
        let key = ring::hmac::Key::new(algorithm, key);
        signed(header, claims, |message| ring::hmac::sign(&key, message).as_ref().to_vec())
    };
    let quay = json!({ "iss": "quay", "exp": NOW + 300 });
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let identity = identities.identify(&sign(&key, &header, &quay), NOW * 1_000).unwrap();
    assert_eq!((identity.name.as_str(), identity.role), ("psk:quay", AccessRole::Operate));
    assert_eq!(identity.issuer, None);
    let clairctl = json!({ "iss": "clairctl", "exp": NOW + 60, "nbf": NOW - 60, "iat": NOW });
    for algorithm in ["HS256", "HS384", "HS512"] {
        let token = sign(&key, &json!({ "alg": algorithm }), &clairctl);
        assert!(identities.concerns(&token));
        assert_eq!(identities.identify(&token, NOW * 1_000).unwrap().name, "psk:clairctl");
    }
    let check = |key: &[u8], header: &Value, claims: Value, named: &str| {
        refused(&identities, &sign(key, header, &claims), named);
    };
    check(&[7; 32], &header, quay.clone(), "not its issuer's");
    check(
        &key,
        &json!({ "alg": "HS384", "kid": "x" }),
        with(quay.clone(), json!({ "exp": NOW - 15 })),
        "has expired",
    );
    check(&key, &header, with(quay.clone(), json!({ "exp": null })), "does not say when it expires");
    check(&key, &header, with(quay.clone(), json!({ "exp": NOW + 4_000 })), "longer than the 3600 s");
    check(&key, &header, with(quay.clone(), json!({ "nbf": NOW + 16 })), "not good yet");
    check(&key, &header, with(quay.clone(), json!({ "iss": "Quay" })), "`access.psk.issuers`");
    check(&key, &header, with(quay.clone(), json!({ "iss": ["quay"] })), "no JWT");
    check(&key, &header, with(quay.clone(), json!({ "iss": null })), "no JWT");
    check(&key, &json!({ "alg": "none" }), quay.clone(), "no JWT");
    check(&key, &json!({ "alg": "RS256" }), quay, "`access.oidc`");
    let short =
        SharedKeySettings { key: vec![7; 31], issuers: BTreeMap::from([("a".to_owned(), AccessRole::Read)]) };
    let why = Identities::new(Settings { issuers: BTreeMap::new(), shared: Some(short) }).unwrap_err();
    assert!(why.to_string().contains("at least 32"), "{why}");
    let nobody = SharedKeySettings { key: vec![7; 32], issuers: BTreeMap::new() };
    let why = Identities::new(Settings { issuers: BTreeMap::new(), shared: Some(nobody) }).unwrap_err();
    assert!(why.to_string().contains("`issuers`"), "{why}");
}
