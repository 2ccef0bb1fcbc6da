//! Secrets: none is in the log at any level, and with a key none is in the data directory.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use limpid_test_registry::{Access, Registry, TestImage};
use serde_json::{Value, json};

use crate::archives::{Compression, Parts, image};
use crate::program::{Outcome, Setup};
use crate::service::{Service, until};
use xtask::sample::Layer;

/// Of a webhook; 24 bytes.
const WEBHOOK: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A receiver that takes everything, and its port.
fn receiver() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut connection in listener.incoming().map_while(Result::ok) {
            let _ = connection.read(&mut [0; 16 << 10]);
            let _ = connection
                .write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    port
}

fn put(service: &Service, path: &str, headers: &[(&str, &str)], body: &Value) -> crate::api::Answer {
    service.api.send("PUT", path, headers, body.to_string().as_bytes())
}

#[test]
fn no_secret_is_in_the_log_at_any_level() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let registry = Registry::start();
    let login = |user: &str, password: &str| Access::Basic {
        username: user.to_owned(),
        password: password.to_owned(),
    };
    registry.push_tagged("shop/web", "1", &TestImage::plain(&[b"no layer"]));
    let key = format!("Zq7{}=", "A".repeat(40));
    let hosts = format!(
        "{{ '{}' = {{ username = 'of-settings', password_file = '{}' }} }}",
        registry.host(),
        file("password", "hidden-password-of-settings")
    );
    let setup = Setup::new()
        .with("LIMPID_LOG", "trace")
        .with("LIMPID_ACCESS__REQUIRED", "true")
        .with("LIMPID_EVENTS__SECRET", "hidden-of-events")
        .with("LIMPID_SECRETS__KEY_FILE", file("keys", &key))
        .with("LIMPID_REGISTRIES", hosts)
        .with("LIMPID_FEEDS__PROXY", "http://user:hidden-of-proxy@127.0.0.1:9")
        .with("LIMPID_NOTICES__UNENCRYPTED", "true")
        .with("LIMPID_TOKEN", "limpid_0123456789ab_hidden-of-commands");
    let service = Service::with(setup);
    let operator = fs::read_to_string(service.setup.data().join("operator")).unwrap();
    let mut command = service.setup.command();
    command.env_remove("LIMPID_TOKEN").args(["token", "create", "admin", "--role", "admin"]);
    let token = Outcome::of(&mut command).ok().trim().to_owned();
    let bearer = format!("Bearer {token}");
    let authorized = [("authorization", bearer.as_str()), ("prefer", "wait=100")];
    let json = [authorized[0], authorized[1], ("content-type", "application/json")];
    let send = |method: &str, path: &str, body: &[u8]| service.api.send(method, path, &authorized, body);

    // Tokens: made by the API, used, wrong, revoked.
    let made = send("POST", "/v1/tokens", br#"{"name": "other", "role": "read"}"#);
    let other = made.body["secret"].as_str().unwrap().to_owned();
    let ask = |secret: &str| {
        service.api.send("GET", "/v1/images", &[("authorization", &format!("Bearer {secret}"))], b"")
    };
    assert_eq!(ask(&other).status, 200);
    assert_eq!(send("DELETE", "/v1/tokens/other", b"").status, 204);
    ask(&other).refused(401, "unauthorized");
    ask("limpid_0123456789ab_hidden-wrong-token").refused(401, "unauthorized");
    service.api.send("GET", "/v1/images?token=hidden-of-query", &authorized, b"");

    // An archive, a document, and a body that is no JSON.
    let layer = Layer::new("COPY").file("etc/secret", "hidden-of-archive");
    let archive = Parts::of(&image("secret/archive:1", [layer]), Compression::Gzip).docker_archive();
    assert_eq!(send("POST", "/v1/images", &archive).status, 200);
    service
        .api
        .send("POST", "/v1/images", &json, br#"{"reference": "hidden-of-body"#)
        .refused(400, "bad-request");
    assert_eq!(send("PUT", "/v1/policies/p", b"not = [hidden-of-policy").status, 422);

    // Registries: credentials of the request, of the settings, and wrong ones; headers of layers.
    let reference = format!("{}/shop/web:1", registry.host());
    let submit =
        |wanted: &Value| service.api.send("POST", "/v1/images", &json, wanted.to_string().as_bytes());
    for (right, given) in [("hidden-of-request", "hidden-of-request"), ("other", "hidden-wrong-password")] {
        registry.admit(login("of-request", right));
        let credentials = json!({ "username": "of-request", "password": given });
        submit(&json!({ "reference": reference, "credentials": credentials }));
    }
    registry.admit(login("of-settings", "hidden-password-of-settings"));
    submit(&json!({ "reference": reference }));
    let digest = format!("sha256:{}", "0".repeat(64));
    let layers = json!([{
        "hash": digest,
        "uri": format!("http://{}/v2/shop/web/blobs/{digest}?signature=hidden-of-address", registry.host()),
        "headers": { "authorization": ["Bearer hidden-of-layer"] },
    }]);
    submit(&json!({ "hash": digest, "layers": layers }));

    // Subscriptions: a webhook that is told, one that is not, and a broker that is away.
    let url = format!("http://127.0.0.1:{}/hook?key=hidden-of-address", receiver());
    let webhook = json!({ "webhook": { "url": url, "secret": WEBHOOK } });
    assert_eq!(put(&service, "/v1/subscriptions/told", &authorized, &webhook).status, 200);
    assert_eq!(send("POST", "/v1/subscriptions/told/test", b"").status, 204);
    for address in
        ["user:hidden-of-user@127.0.0.1:9/hook?key=hidden-away", "127.0.0.1:9/hook?key=hidden-away"]
    {
        let away = json!({ "webhook": { "url": format!("http://{address}"), "secret": WEBHOOK } });
        put(&service, "/v1/subscriptions/away", &authorized, &away);
    }
    assert_ne!(send("POST", "/v1/subscriptions/away/test", b"").status, 204);
    let broker =
        json!({ "amqp": { "url": "amqp://user:hidden-of-broker@127.0.0.1:9/v", "routing_key": "q" } });
    assert_eq!(put(&service, "/v1/subscriptions/broker", &authorized, &broker).status, 200);
    assert_ne!(send("POST", "/v1/subscriptions/broker/test", b"").status, 204);
    let made = put(&service, "/v1/subscriptions/made", &authorized, &json!({ "webhook": { "url": url } }));
    let made = made.body["secret"].as_str().unwrap().to_owned();

    // Push notifications, with the secret and with another one.
    for secret in ["hidden-of-events", "hidden-wrong-event"] {
        service.api.send(
            "POST",
            "/v1/events",
            &[("authorization", secret)],
            b"{\"x\": \"hidden-of-notification\"}",
        );
    }
    // A proxy that is away, and settings that are read again.
    send("POST", "/v1/feeds/debian/update", b"");
    assert_eq!(send("POST", "/v1/settings/reload", b"").status, 200);

    let setup = service.setup.clone();
    let log = until("the log has what was asked for last", || {
        let log = service.log();
        log.contains("settings were read again").then_some(log)
    });
    service.kill();
    assert!(log.contains("TRACE") && log.contains("DEBUG"), "{log}");
    let secrets = [
        "hidden-",
        &token[20..],
        &other[20..],
        &operator[20..],
        &WEBHOOK["whsec_".len()..],
        &made["whsec_".len()..],
        &key[..20],
    ];
    let telling = |line: &&str| secrets.iter().any(|secret| line.contains(secret));
    let telling: Vec<_> = log.lines().filter(telling).collect();
    assert!(telling.is_empty(), "secrets are in the log: {telling:#?}");
    // Of what was given, the data directory keeps nothing that lets in either.
    drop(setup.run(["subscription", "list"]));
    for secret in
        [&WEBHOOK["whsec_".len()..], &made["whsec_".len()..], "hidden-of-broker", "hidden-of-request"]
    {
        assert_eq!(files_with(setup.data(), secret), Vec::<String>::new(), "{secret}");
    }
}

fn files_with(folder: &Path, secret: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_with(&entry.path(), secret));
        } else if fs::read(entry.path())
            .unwrap()
            .windows(secret.len())
            .any(|bytes| bytes == secret.as_bytes())
        {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

#[test]
fn secrets_are_encrypted_when_there_is_a_key_and_wait_for_it_when_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let write = |keys: &[&str]| {
        let lines = keys.iter().map(|letter| format!("{}A=\n", letter.repeat(42)));
        fs::write(&path, lines.collect::<String>()).unwrap();
    };
    let plain = Setup::new().with("LIMPID_NOTICES__UNENCRYPTED", "true");
    let keyed = |setup: Setup| setup.with("LIMPID_SECRETS__KEY_FILE", path.display());
    let secret = &WEBHOOK["whsec_".len()..];

    let service = Service::with(plain.clone());
    let webhook =
        json!({ "webhook": { "url": format!("http://127.0.0.1:{}/", receiver()), "secret": WEBHOOK } });
    put(&service, "/v1/subscriptions/s", &[], &webhook).ok();
    let setup = service.kill();
    assert!(!files_with(setup.data(), secret).is_empty());
    let service = Service::with(setup);
    until("it says so", || service.log().contains("`secrets.key_file` changes that").then_some(()));
    service.kill();

    // A file of keys that cannot be used is none that counts as no key.
    let why = keyed(plain.clone()).run(["serve", "--listen", "127.0.0.1:0"]).stderr;
    assert!(why.contains("`secrets.key_file` cannot be used"), "{why}");

    let test = |service: &Service| service.api.send("POST", "/v1/subscriptions/s/test", &[], b"");
    for keys in [["B"].as_slice(), &["C", "B"], &["C"]] {
        write(keys);
        let service = Service::with(keyed(plain.clone()));
        assert_eq!(test(&service).status, 204, "{keys:?}");
        assert!(!service.log().contains("`secrets.key_file`"));
        let setup = service.kill();
        assert_eq!(files_with(setup.data(), secret), Vec::<String>::new(), "{keys:?}");
    }

    write(&["D"]);
    let service = Service::with(keyed(plain.clone()));
    until("it says which", || {
        let log = service.log();
        (log.contains("subscription `s`") && log.contains("`secrets.key_file`")).then_some(())
    });
    assert!(test(&service).refused(502, "not-delivered").contains("`secrets.key_file`"));
    let shown = service.api.get("/v1/subscriptions/s").ok();
    assert!(shown["failure"].as_str().unwrap().contains("`secrets.key_file`"), "{shown:#}");
    let kept = json!({ "webhook": { "url": "http://127.0.0.1:9/" } });
    put(&service, "/v1/subscriptions/s", &[], &kept).refused(422, "bad-subscription");
    service.kill();

    write(&["D", "C"]);
    assert_eq!(test(&Service::with(keyed(plain))).status, 204);
}
