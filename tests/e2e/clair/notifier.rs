//! Notifications, as Quay receives and fetches them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver as Messages};
use std::thread;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64};
use limpid_test_registry::Registry;
use ring::hmac;
use serde_json::{Value, json};
use xtask::sample::{advisories, alpine};

use super::{hash, indexed, psk::KEY, push, setup_for};
use crate::program::Setup;
use crate::service::{DEADLINE, Service, until};

/// A receiver that holds requests to what Quay's decoder requires of them, and answers with these statuses, one after
/// the other, the last again and again. Where there is none, it never answers.
struct Receiver {
    address: SocketAddr,
    messages: Messages<Value>,
}

impl Receiver {
    fn that(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for (number, connection) in listener.incoming().map_while(Result::ok).enumerate() {
                let status = statuses.get(number).or(statuses.last());
                let _ = sender.send(read(&connection));
                answer(connection, status.copied());
            }
        });
        Self { address, messages }
    }

    fn next(&self) -> Value {
        self.messages.recv_timeout(DEADLINE).unwrap()
    }
}

fn answer(mut connection: TcpStream, status: Option<u16>) {
    let Some(status) = status else {
        thread::spawn(move || {
            let _ = connection.read(&mut [0]);
        });
        return;
    };
    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _ = connection.write_all(head.as_bytes());
}

fn read(connection: &TcpStream) -> Value {
    let mut reader = BufReader::new(connection);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let field = |wanted: &str| {
        let mut fields = head.iter().filter_map(|line| line.split_once(": "));
        let found = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.unwrap_or_else(|| panic!("no `{wanted}` in {head:#?}")).1.to_owned()
    };
    assert_eq!(field("content-type"), "application/json");
    verify(field("authorization").strip_prefix("Bearer ").unwrap());
    let mut body = vec![0; field("content-length").parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// Quay takes no token without `exp`, `nbf` and `iat`, and none by another algorithm.
fn verify(token: &str) {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let form = |part: &str| serde_json::from_slice::<Value>(&BASE64.decode(part).unwrap()).unwrap();
    assert_eq!(form(header)["alg"], "HS256");
    let claims = form(claims);
    let now = jiff::Timestamp::now().as_second();
    let time = |claim: &str| claims[claim].as_i64().unwrap_or_else(|| panic!("no `{claim}`"));
    assert!(time("nbf") <= now && time("iat") <= now && time("exp") > now, "{claims}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &KEY);
    hmac::verify(&key, message.as_bytes(), &BASE64.decode(signature).unwrap()).unwrap();
}

fn quick(registry: &Registry) -> Setup {
    setup_for(registry)
        .with("LIMPID_NOTICES__FLAP_WINDOW", 0)
        .with("LIMPID_NOTICES__BACKOFF", 1)
        .with("LIMPID_NOTICES__LONGEST_BACKOFF", 1)
        .with("LIMPID_NOTICES__ANSWER_TIME", 2)
}

fn subscribe(service: &Service, receiver: &Receiver, key: Option<&[u8]>) -> crate::api::Answer {
    let mut clair = json!({
        "url": format!("http://{}/secscan/notification", receiver.address),
        "callback": format!("{}/notifier/api/v1/notification/", service.api.address()),
    });
    if let Some(key) = key {
        clair["key"] = BASE64_STANDARD.encode(key).into();
    }
    let wanted = json!({ "clair": clair }).to_string();
    service.api.send("PUT", "/v1/subscriptions/quay", &[], wanted.as_bytes())
}

/// The sample, with vulnerabilities of musl, which the image has in an older version.
fn secdb(vulnerabilities: &[&str]) -> String {
    let mut document: Value = serde_json::from_str(&advisories::alpine_secdb()).unwrap();
    let package = json!({ "pkg": { "name": "musl", "secfixes": { "1.2.4-r9": vulnerabilities } } });
    if !vulnerabilities.is_empty() {
        document["packages"].as_array_mut().unwrap().push(package);
    }
    document.to_string()
}

/// Where a message says that its notifications are.
fn path(service: &Service, message: &Value) -> String {
    let callback = message["callback"].as_str().unwrap();
    let path = callback.strip_prefix(service.api.address()).unwrap().to_owned();
    assert_eq!(
        path,
        format!("/notifier/api/v1/notification/{}", message["notification_id"].as_str().unwrap())
    );
    path
}

/// All notifications, in pages of so many.
fn pages(service: &Service, path: &str, size: usize) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let query = next.iter().map(|next| format!("&next={next}")).collect::<String>();
        let answer = service.api.get(&format!("{path}?page_size={size}{query}"));
        assert_eq!(answer.headers["content-type"], "application/vnd.clair.notification_page.v1+json");
        let page = answer.ok();
        assert_eq!(page["page"]["size"], size);
        let notifications = page["notifications"].as_array().unwrap();
        assert!(notifications.len() <= size);
        all.extend(notifications.iter().cloned());
        match page["page"].get("next") {
            None => return all,
            Some(of) => {
                assert_eq!(of, &notifications.last().unwrap()["id"]);
                next = Some(of.as_str().unwrap().to_owned());
            }
        }
    }
}

fn told<'n>(notifications: &'n [Value]) -> Vec<(&'n str, &'n str)> {
    let text = |value: &'n Value| value.as_str().unwrap();
    let mut all: Vec<_> =
        notifications.iter().map(|it| (text(&it["reason"]), text(&it["vulnerability"]["name"]))).collect();
    all.sort_unstable();
    all
}

#[test]
fn a_change_of_advisories_reaches_a_receiver_that_refuses_twice_and_is_fetched_page_by_page() {
    let registry = Registry::start();
    let service = Service::with(quick(&registry));
    service.api.hand_in("alpine", secdb(&[])).ok();
    let manifest = push(&registry, "shop/alpine", &alpine());
    indexed(&service, &manifest);
    let receiver = Receiver::that(&[500, 204, 200]);
    subscribe(&service, &receiver, Some(&KEY)).ok();
    service.api.hand_in("alpine", secdb(&["CVE-2026-10001", "CVE-2026-10002"])).ok();
    let first = receiver.next();
    // Only 200 counts: the same comes again.
    assert_eq!(receiver.next(), first);
    assert_eq!(receiver.next(), first);
    let path = path(&service, &first);
    let notifications = pages(&service, &path, 1);
    assert_eq!(told(&notifications), [("added", "CVE-2026-10001"), ("added", "CVE-2026-10002")]);
    assert_eq!(pages(&service, &path, 500), notifications);
    for notification in &notifications {
        assert_eq!(notification["manifest"], hash(&manifest));
        let vulnerability = &notification["vulnerability"];
        assert_eq!(vulnerability["package"]["name"], "musl");
        assert_eq!(vulnerability["fixed_in_version"], "1.2.4-r9");
        assert!(vulnerability["severity"].is_string() && vulnerability["normalized_severity"].is_string());
        assert!(vulnerability["links"].as_str().unwrap().contains(vulnerability["name"].as_str().unwrap()));
    }
    assert_eq!(service.api.get(&format!("{path}?page_size=x")).status, 400);
    assert_eq!(service.api.get(&format!("{path}?page_size=-1")).status, 500);
    assert_eq!(service.api.delete(&path).status, 200);
    assert_eq!(service.api.get(&path).ok()["notifications"], json!([]));
    let again = service.api.delete(&path);
    assert_eq!((again.status, &again.body["code"]), (500, &json!("internal-error")));
    let unknown = "/notifier/api/v1/notification/11111111-2222-4333-8444-555555555555";
    assert_eq!(service.api.get(unknown).ok()["notifications"], json!([]));
    assert_eq!(service.api.get("/notifier/api/v1/notification/x").status, 400);

    // What is taken back is told of, too.
    service.api.hand_in("alpine", secdb(&["CVE-2026-10002"])).ok();
    let removed = pages(&service, &self::path(&service, &receiver.next()), 500);
    assert_eq!(told(&removed), [("removed", "CVE-2026-10001")]);
}

/// A message that tells of one change, and the page that belongs to it.
pub(super) fn told_of_one_change() -> (Value, Value) {
    let registry = Registry::start();
    let service = Service::with(quick(&registry));
    service.api.hand_in("alpine", secdb(&[])).ok();
    indexed(&service, &push(&registry, "shop/alpine", &alpine()));
    let receiver = Receiver::that(&[200]);
    subscribe(&service, &receiver, Some(&KEY)).ok();
    service.api.hand_in("alpine", secdb(&["CVE-2026-10001"])).ok();
    let message = receiver.next();
    let page = service.api.get(&path(&service, &message)).ok();
    assert_eq!(page["notifications"].as_array().unwrap().len(), 1);
    (message, page)
}

#[test]
fn what_a_receiver_has_not_acknowledged_comes_again_after_a_kill() {
    let registry = Registry::start();
    let service = Service::with(quick(&registry));
    service.api.hand_in("alpine", secdb(&[])).ok();
    indexed(&service, &push(&registry, "shop/alpine", &alpine()));
    let silent = Receiver::that(&[]);
    subscribe(&service, &silent, Some(&KEY)).ok();
    service.api.hand_in("alpine", secdb(&["CVE-2026-10001"])).ok();
    let first = silent.next();
    let service = Service::with(service.kill());
    let receiver = Receiver::that(&[200]);
    // The key stays as it was.
    subscribe(&service, &receiver, None).ok();
    let again = receiver.next();
    assert_eq!(again["notification_id"], first["notification_id"]);
    let path = path(&service, &again);
    assert_eq!(told(&pages(&service, &path, 1)), [("added", "CVE-2026-10001")]);
    // It can be sent again by hand, once it is known to have arrived.
    let number = until("it is delivered", || {
        let notice = service.api.get("/v1/notices?subscription=quay").ok()["notices"][0].clone();
        (notice["state"] == "delivered").then(|| notice["number"].clone())
    });
    let replay = format!("/v1/notices/quay/{number}/replay");
    assert!(service.api.send("POST", &replay, &[], b"").status < 300);
    assert_eq!(receiver.next()["notification_id"], first["notification_id"]);
}

#[test]
fn a_receiver_needs_a_key_and_kinds_that_clair_knows() {
    let service = Service::with(quick(&Registry::start()));
    let receiver = Receiver::that(&[200]);
    let why = subscribe(&service, &receiver, None).refused(422, "bad-subscription");
    assert!(why.contains("`key`"), "{why}");
    let why = subscribe(&service, &receiver, Some(b"short")).refused(422, "bad-subscription");
    assert!(why.contains("5 bytes"), "{why}");
    let made = subscribe(&service, &receiver, Some(&KEY)).ok();
    assert!(made["clair"].get("key").is_none(), "{made}");
    // A test arrives, and its notifications are none that could be lost.
    assert_eq!(service.api.send("POST", "/v1/subscriptions/quay/test", &[], b"").status, 204);
    let path = path(&service, &receiver.next());
    assert_eq!(pages(&service, &path, 500), Vec::<Value>::new());
    assert_eq!(service.api.delete(&path).status, 200);
}
