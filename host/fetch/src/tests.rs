use std::time::Duration;

use limpid_model::Digest;

use crate::address::Address;
use crate::test_support::{Asked, Reply, Server, manifest};
use crate::transport::{Hosts, NamedBy, Times, Transport};
use crate::{Error, Fetched, Fetcher, Login, Logins, Options, PlainHttp, RegistrySettings, Source};

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0 a component";

/// As much as tests let a component be.
const LIMIT: u64 = 1000;

fn options() -> Options {
    let registries = RegistrySettings { attempts: 2, backoff: Duration::ZERO, ..RegistrySettings::default() };
    Options { component_bytes: LIMIT, registries, ..Options::default() }
}

fn login() -> Logins {
    Logins::Given(Login::password("user", "pass"))
}

/// `user:pass`
const BASIC: &str = "Basic dXNlcjpwYXNz";

fn fetch(source: &str, options: Options) -> Result<Fetched, Error> {
    Fetcher::new(options)?.fetch(&source.parse::<Source>()?)
}

#[track_caller]
fn refused(source: &str, expected: &[&str]) {
    refused_with(source, options(), expected);
}

#[track_caller]
fn refused_with(source: &str, options: Options, expected: &[&str]) {
    let error = fetch(source, options).unwrap_err();
    let text = error.to_string();
    assert!(expected.iter().all(|part| text.contains(part)), "{text}");
}

/// A registry that holds one artifact, `limpid/golang:1.0`, and says for each of its parts what is
/// to be answered instead.
fn registry(instead: impl Fn(&Asked) -> Option<Reply> + Send + 'static) -> Server {
    Server::start(move |asked| {
        if let Some(reply) = instead(asked) {
            return reply;
        }
        let manifest = manifest(COMPONENT);
        let by_digest = format!("/v2/limpid/golang/manifests/{}", Digest::of(manifest.as_bytes()));
        let blob = format!("/v2/limpid/golang/blobs/{}", Digest::of(COMPONENT));
        match asked.path.as_str() {
            "/v2/limpid/golang/manifests/1.0" => Reply::ok(manifest),
            path if path == by_digest => Reply::ok(manifest),
            path if path == blob => Reply::ok(COMPONENT),
            _ => Reply::status(
                404,
                r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no such tag\u001b[0m"}]}"#,
            ),
        }
    })
}

fn is_blob(asked: &Asked) -> bool {
    asked.path.contains("/blobs/")
}

fn reference(server: &Server) -> String {
    format!("{}/limpid/golang:1.0", server.host())
}

#[test]
fn an_artifact_is_pulled_by_its_tag_and_by_its_digest() {
    let server = registry(|_| None);
    let digest = Digest::of(manifest(COMPONENT).as_bytes());
    for source in [
        reference(&server),
        format!("oci://{}", reference(&server)),
        format!("{}/limpid/golang@{digest}", server.host()),
        format!("{}/limpid/golang:other@{digest}", server.host()),
    ] {
        let fetched = fetch(&source, options()).unwrap();
        assert_eq!((fetched.bytes.as_slice(), fetched.digest), (COMPONENT, Digest::of(COMPONENT)));
    }
    let accept = server.asked()[0].accept.clone().unwrap();
    assert!(accept.contains("application/vnd.oci.image.manifest.v1+json"), "{accept}");
}

#[test]
fn what_is_at_an_address_or_in_a_file_is_fetched() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/golang.wasm?v=1" => Reply::redirect("/moved"),
        "/moved" => Reply::ok(COMPONENT),
        _ => Reply::status(404, ""),
    });
    assert_eq!(fetch(&server.at("/golang.wasm?v=1"), options()).unwrap().bytes, COMPONENT);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), COMPONENT).unwrap();
    assert_eq!(fetch(file.path().to_str().unwrap(), options()).unwrap().bytes, COMPONENT);
    refused(&server.at("/other?key=secret"), &["/other` answers 404"]);
    refused("/nowhere/golang.wasm", &["`/nowhere/golang.wasm` cannot be read"]);
}

/// A registry that wants a token, which it gives to whoever `may` have it.
fn with_tokens(may: impl Fn(&Asked) -> bool + Send + 'static) -> Server {
    registry(move |asked| {
        if let Some(query) = asked.path.strip_prefix("/token?") {
            let expected = "from=here&scope=repository%3Alimpid%2Fgolang%3Apull&service=the%20registry";
            assert_eq!(query, expected);
            return Some(match may(asked) {
                true => Reply::ok(r#"{"token": "t0ken", "expires_in": 60}"#),
                false => Reply::status(401, r#"{"errors":[{"code":"UNAUTHORIZED","message":"who?"}]}"#),
            });
        }
        if asked.authorization.as_deref() == Some("Bearer t0ken") {
            return None;
        }
        let challenge = r#"Bearer realm="/token?from=here",service="the registry""#;
        Some(Reply::status(401, "").with("WWW-Authenticate", challenge))
    })
}

#[test]
fn a_token_is_had_with_and_without_a_password() {
    for (logins, expected) in [(Logins::Anonymous, None), (login(), Some(BASIC))] {
        let server = with_tokens(move |asked| asked.authorization.as_deref() == expected);
        let fetched = fetch(&reference(&server), Options { logins, ..options() }).unwrap();
        assert_eq!(fetched.bytes, COMPONENT);
        let shown: Vec<_> = server.asked().into_iter().map(|asked| asked.authorization).collect();
        let bearer = Some("Bearer t0ken".to_owned());
        assert_eq!(shown, [None, expected.map(str::to_owned), bearer.clone(), bearer]);
    }
}

#[test]
fn a_password_is_shown_to_a_registry_that_asks_for_it() {
    let server = registry(|asked| {
        let known = asked.authorization.as_deref() == Some(BASIC);
        (!known).then(|| Reply::status(401, "").with("www-authenticate", "Basic realm=\"x\""))
    });
    let known = Options { logins: login(), ..options() };
    assert_eq!(fetch(&reference(&server), known).unwrap().bytes, COMPONENT);
    assert_eq!(server.asked()[0].authorization, None, "nobody is told who was not asked");
    refused(&reference(&server), &[&server.host(), "who does not say who they are", "read `limpid/golang`"]);
}

#[test]
fn whoever_may_not_read_is_told_who_they_are_taken_for() {
    let server = with_tokens(|_| false);
    let known = Options { logins: login(), ..options() };
    refused_with(&reference(&server), known, &["does not let user `user` read `limpid/golang`: who?"]);
    let server = registry(|_| Some(Reply::status(403, r#"{"errors":[{"code":"DENIED"}]}"#)));
    refused(&reference(&server), &["does not let who does not say", ": DENIED"]);
}

#[test]
fn credentials_that_docker_keeps_elsewhere_are_told_where_they_are_missed() {
    let server = with_tokens(|_| false);
    let config = tempfile::NamedTempFile::new().unwrap();
    let helpers = format!(r#"{{"credHelpers": {{"{}": "vault"}}}}"#, server.host());
    std::fs::write(config.path(), helpers).unwrap();
    let logins = Logins::Docker(config.path().to_owned());
    refused_with(
        &reference(&server),
        Options { logins, ..options() },
        &["`docker-credential-vault` cannot be run"],
    );
}

#[test]
fn credentials_do_not_follow_to_another_host() {
    let storage = Server::start(|_| Reply::ok(COMPONENT));
    let elsewhere = storage.at("/blob?signed=1");
    let server = registry(move |asked| {
        if asked.authorization.as_deref() != Some(BASIC) {
            return Some(Reply::status(401, "").with("www-authenticate", "Basic realm=\"x\""));
        }
        is_blob(asked).then(|| Reply::redirect(elsewhere.clone()))
    });
    let known = Options { logins: login(), ..options() };
    assert_eq!(fetch(&reference(&server), known).unwrap().bytes, COMPONENT);
    let asked = &storage.asked()[0];
    assert_eq!((asked.path.as_str(), &asked.authorization), ("/blob?signed=1", &None));
}

#[test]
fn what_is_not_what_its_digest_says_is_refused() {
    let server = registry(|asked| {
        let other = COMPONENT.to_ascii_uppercase();
        is_blob(asked).then(|| Reply::ok(other))
    });
    let expected = Digest::of(COMPONENT).to_string();
    refused(&reference(&server), &["/blobs/sha256:", "its digest is sha256:", &expected]);

    let digest = Digest::of(b"another manifest");
    let server = registry(|_| Some(Reply::ok(manifest(COMPONENT))));
    refused(
        &format!("{}/limpid/golang@{digest}", server.host()),
        &["/manifests/sha256:", &format!("not {digest}")],
    );
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let large = manifest(COMPONENT).replace(&format!("\"size\":{}", COMPONENT.len()), "\"size\":1001");
    let server = registry(move |_| Some(Reply::ok(large.clone())));
    let over = "is over 1000 bytes (it is 1001), the limit of setting `plugins.component_bytes`";
    refused(&reference(&server), &["/blobs/", over]);
    assert!(!server.asked().iter().any(is_blob));

    let server = Server::start(|_| Reply::ok(vec![0; 10]).stating(1001));
    refused(&server.at("/x.wasm"), &["/x.wasm", over]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), [0; 1001]).unwrap();
    refused(file.path().to_str().unwrap(), &["is over 1000 bytes, the limit"]);

    let server = registry(|_| Some(Reply::ok(vec![b' '; 5 << 20])));
    refused(&reference(&server), &["/manifests/1.0` is over 4194304 bytes"]);
}

#[test]
fn a_blob_of_another_length_is_refused() {
    let with = |reply: fn() -> Reply| registry(move |asked| is_blob(asked).then(reply));
    let server = with(|| Reply::ok([COMPONENT, b"more"].concat()));
    refused(&reference(&server), &["/blobs/", "is longer than the 20 bytes that its manifest states"]);
    let server = with(|| Reply::ok(&COMPONENT[..5]));
    refused(&reference(&server), &["/blobs/", "is shorter than the 20 bytes that its manifest states"]);
    let server = with(|| Reply::ok(&COMPONENT[..5]).stating(COMPONENT.len()));
    refused(&reference(&server), &["/blobs/", "was cut short after 5 bytes"]);
}

#[test]
fn what_is_no_artifact_is_told_by_what_it_is() {
    let server = registry(|_| Some(Reply::ok(r#"{"manifests": []}"#)));
    refused(&reference(&server), &["/limpid/golang:1.0` is no WebAssembly artifact: it is an index"]);
    let server = registry(|_| None);
    let other = format!("{}/limpid/golang:2.0", server.host());
    refused(&other, &["/v2/limpid/golang/manifests/2.0` answers 404: no such tag[0m"]);
}

#[test]
fn an_answer_that_makes_no_sense_is_told_with_its_address() {
    let server = registry(|asked| {
        let challenge = "Bearer realm=\"/token\"";
        let unknown = Reply::status(401, "").with("www-authenticate", challenge);
        Some(if asked.path.starts_with("/token") { Reply::ok("{\"token\": \"a\\nb\"}") } else { unknown })
    });
    refused(&reference(&server), &["/token` answers 200, and no token"]);
    let server = registry(|_| Some(Reply::status(401, "").with("www-authenticate", "Negotiate")));
    refused(&reference(&server), &["does not let"]);
    let server = Server::start(|_| Reply::redirect("/again"));
    refused(&server.at("/x"), &["sends on to", "/again`, and so on, more than 5 times"]);
    let server = Server::start(|_| Reply::redirect("file:///etc/passwd"));
    refused(&server.at("/x"), &["`file:///etc/passwd`, which is no address to fetch from"]);
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    refused(&format!("http://{gone}/x"), &[&gone.to_string(), "does not answer"]);
}

fn transport(plain: PlainHttp) -> Transport {
    let second = Duration::from_secs(1);
    let times = Times { connect: second, idle: second, answer: second };
    Transport::to_registries(NamedBy::Person(plain), Hosts::default(), times)
}

#[test]
fn an_address_leads_neither_to_plain_http_nor_from_elsewhere_to_this_machine() {
    let check = |plain: PlainHttp, from: &str, to: &str, expected: &str| {
        let followed = transport(plain).follow(&Address::parse(from).unwrap(), to, None);
        let text = followed.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains(expected), "{from} -> {to}: {text}");
        assert_eq!(text.is_empty(), expected.is_empty(), "{from} -> {to}: {text}");
    };
    let (loopback, anywhere) = (PlainHttp::Loopback, PlainHttp::Anywhere);
    check(loopback, "https://a.example/x", "https://b.example/y", "");
    check(loopback, "https://a.example/x", "/y", "");
    check(loopback, "http://127.0.0.1/x", "http://localhost:1/y", "");
    check(loopback, "http://127.0.0.1/x", "http://b.example/y", "is plain HTTP");
    check(loopback, "https://a.example/x", "http://a.example/x", "which is not encrypted");
    check(anywhere, "https://a.example/x", "http://a.example/x", "which is not encrypted");
    check(anywhere, "http://a.example/x", "http://b.example/y", "");
    check(anywhere, "http://a.example/x", "http://127.0.0.1:6060/y", "which is this machine");
    check(loopback, "https://a.example/x", "https://[::1]/y", "which is this machine");
    check(loopback, "https://a.example/x", "https://169.254.169.254/y", "which is in a private network");
    check(anywhere, "http://10.0.0.1/x", "http://10.0.0.2/y", "");
    assert!(matches!(fetch("http://a.example/x.wasm", options()), Err(Error::PlainHttp(_))));
}
