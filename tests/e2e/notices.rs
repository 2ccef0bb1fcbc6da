//! Notices: a document that changes what is stated is told of, to receivers that are there and to ones
//! that are not.

mod rabbitmq;
pub(crate) mod receiver;
pub(crate) mod schema;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::{Service, until};
use rabbitmq::Broker;
use receiver::{Manner, Receiver, SECRET};
use schema::Schemas;

/// A service that tells at once what changes, and tries again at once, and knows the Debian sample.
fn place() -> (Service, String) {
    let service = Service::with(quick());
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    (service, image)
}

fn quick() -> Setup {
    Setup::new()
        .with("LIMPID_NOTICES__FLAP_WINDOW", 0)
        .with("LIMPID_NOTICES__BACKOFF", 1)
        .with("LIMPID_NOTICES__LONGEST_BACKOFF", 1)
        .with("LIMPID_NOTICES__ATTEMPTS", 100_000)
        .with("LIMPID_NOTICES__ANSWER_TIME", 2)
}

fn subscribe(service: &Service, name: &str, wanted: Value) -> Value {
    let path = format!("/v1/subscriptions/{name}");
    service.api.send("PUT", &path, &[], wanted.to_string().as_bytes()).ok()
}

fn webhook(receiver: &Receiver) -> Value {
    json!({ "webhook": { "url": receiver.url(), "secret": SECRET } })
}

fn post(service: &Service, path: &str) -> crate::api::Answer {
    service.api.send("POST", path, &[], b"")
}

fn tracker() -> Value {
    serde_json::from_str(&advisories::debian_tracker()).unwrap()
}

/// A statement on curl of which the sample has an older version: fixed by one, or by none.
fn release(urgency: &str, fixed: Option<&str>) -> Value {
    let mut release = json!({
        "status": if fixed.is_some() { "resolved" } else { "open" },
        "repositories": { "bookworm": "7.88.1-10+deb12u12" },
        "urgency": urgency,
    });
    if let Some(fixed) = fixed {
        release["fixed_version"] = fixed.into();
    }
    json!({ "releases": { "bookworm": release } })
}

/// A vulnerability that is new to the tracker: notices of it are `newly-affected`.
fn add(document: &mut Value, id: &str) {
    document["curl"][id] = release("medium", None);
}

fn kinds(notices: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let kind = |notice: &Value| {
        let payload = &notice["payload"];
        (text(&payload["type"]), text(&payload["data"]["vulnerability"]))
    };
    notices["notices"].as_array().unwrap().iter().map(kind).collect()
}

#[test]
fn a_document_that_changes_what_is_stated_gives_exactly_the_notices_of_what_it_means() {
    let (service, image) = place();
    let receiver = Receiver::well();
    subscribe(&service, "all", webhook(&receiver));
    let mut document = tracker();
    let curl = &mut document["curl"];
    curl["CVE-2026-10001"] = release("low", Some("7.88.1-10+deb12u99"));
    curl["CVE-2026-10002"] = release("low", Some("7.88.1-10+deb12u99"));
    curl["CVE-2026-10003"] = release("low", None);
    curl["CVE-2026-10004"] = release("low", None);
    curl["CVE-2026-10005"] = release("low", None);
    let kev = |ids: &[&str]| {
        let entry = |id: &&str| json!({ "cveID": id, "dateAdded": "2026-11-26" });
        let entries: Vec<_> = ids.iter().map(entry).collect();
        json!({ "catalogVersion": "1", "count": ids.len(), "vulnerabilities": entries }).to_string()
    };
    service.api.hand_in("debian", document.to_string()).ok();
    service.api.hand_in("kev", kev(&["CVE-2026-19999"])).ok();
    assert_eq!(service.api.get("/v1/notices").ok()["notices"], json!([]), "a first import is no news");

    let curl = document["curl"].as_object_mut().unwrap();
    curl.insert("CVE-2026-10001".to_owned(), release("low", Some("7.88.1-1")));
    curl.remove("CVE-2026-10002");
    curl.insert("CVE-2026-10003".to_owned(), release("high", None));
    curl.insert("CVE-2026-10004".to_owned(), release("low", Some("7.88.1-10+deb12u99")));
    curl.insert("CVE-2026-10006".to_owned(), release("medium", None));
    let reply = [
        ("image.no-longer-affected", "CVE-2026-10001"),
        ("image.withdrawn", "CVE-2026-10002"),
        ("image.severity-changed", "CVE-2026-10003"),
        ("image.fix-available", "CVE-2026-10004"),
        ("image.newly-affected", "CVE-2026-10006"),
        ("image.became-exploited", "CVE-2026-10005"),
    ];
    service.api.hand_in("debian", document.to_string()).ok();
    service.api.hand_in("kev", kev(&["CVE-2026-19999", "CVE-2026-10005"])).ok();
    let schemas = Schemas(service.api.get("/v1/openapi.json").ok());
    let mut got = BTreeSet::new();
    for _ in reply {
        let message = receiver.next();
        schemas.check(&message.body);
        let data = &message.body["data"];
        assert_eq!(data["image"]["digest"], image);
        assert!(!data["packages"].as_array().unwrap().is_empty());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        got.insert((text(&message.body["type"]), text(&data["vulnerability"])));
    }
    let expected: BTreeSet<_> =
        reply.iter().map(|(kind, id)| ((*kind).to_owned(), (*id).to_owned())).collect();
    assert_eq!(got, expected);
    until("all are recorded", || {
        let delivered = kinds(&service.api.get("/v1/notices?state=delivered").ok());
        (delivered == expected).then_some(())
    });
    service.api.hand_in("debian", document.to_string()).ok();
    assert!(receiver.is_quiet(), "an unchanged document is no news");
}

#[test]
fn an_expression_says_of_which_findings_one_is_told_and_what_nobody_can_judge_is_told_too() {
    let (service, _) = place();
    let receiver = Receiver::well();
    let with = |expression: &str| {
        let wanted = webhook(&receiver);
        json!({ "webhook": wanted["webhook"], "filter": { "expression": expression } })
    };
    let high = "finding.package.name == 'curl' && finding.severity.level in ['high', 'critical']";
    let shown = subscribe(&service, "high", with(high));
    assert_eq!(shown["filter"]["expression"], high);
    subscribe(&service, "likely", with("finding.exploit_probability > 0.5"));
    subscribe(&service, "none", with("image.names.exists(name, name == 'nothing')"));
    let refused = |expression: &str| {
        let body = with(expression).to_string();
        service
            .api
            .send("PUT", "/v1/subscriptions/wrong", &[], body.as_bytes())
            .refused(422, "bad-subscription")
    };
    let why = refused("finding.severity.level == 'High'");
    assert!(why.contains("never `High`, but one of `malicious`, `critical`, `high`"), "{why}");
    assert!(why.contains("(at character 27)"), "{why}");
    assert!(refused("finding.package.purl != ''").contains("not known where a notice is raised"));

    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    document["curl"]["CVE-2026-10001"] = release("high", None);
    document["curl"]["CVE-2026-10002"] = release("low", None);
    service.api.hand_in("debian", document.to_string()).ok();
    let told = |name: &str| {
        let page = service.api.get(&format!("/v1/notices?subscription={name}")).ok();
        let mut told: Vec<_> = page["notices"].as_array().unwrap().clone();
        told.iter_mut().map(|notice| notice["payload"]["data"].take()).collect::<Vec<_>>()
    };
    let (high, likely) = (told("high"), told("likely"));
    assert_eq!(high.len(), 1);
    assert_eq!(high[0]["vulnerability"], "CVE-2026-10001");
    assert_eq!(high[0].get("undecided"), None);
    assert_eq!(likely.len(), 2);
    for data in &likely {
        let why = data["undecided"].as_str().unwrap();
        assert!(why.starts_with("`finding.exploit_probability > 0.5`: "), "{why}");
    }
    assert_eq!(told("none"), Vec::<Value>::new());
    let schemas = Schemas(service.api.get("/v1/openapi.json").ok());
    let messages: Vec<_> = (0..3).map(|_| receiver.next().body).collect();
    messages.iter().for_each(|message| schemas.check(message));
    let undecided = messages.iter().filter(|message| message["data"].get("undecided").is_some());
    assert_eq!(undecided.count(), 2);
}

#[test]
fn messages_are_what_the_service_says_of_them() {
    let (service, _) = place();
    let schemas = Schemas(service.api.get("/v1/openapi.json").ok());
    for kind in schemas.0["webhooks"].as_object().unwrap().keys() {
        for example in schemas.of_type(kind).1 {
            schemas.check(example);
        }
    }
    let receiver = Receiver::well();
    let wanted = webhook(&receiver);
    subscribe(&service, "digests", json!({ "webhook": wanted["webhook"], "period": 1 }));
    assert_eq!(post(&service, "/v1/subscriptions/digests/test").status, 204);
    let test = receiver.next();
    assert_eq!([&test.body["type"], &test.body["data"]["subscription"]], ["test", "digests"]);
    schemas.check(&test.body);

    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    for id in ["CVE-2026-10001", "CVE-2026-10002"] {
        add(&mut document, id);
    }
    service.api.hand_in("debian", document.to_string()).ok();
    let digest = receiver.next();
    assert_eq!(digest.body["data"]["notices"].as_array().unwrap().len(), 2, "{digest:#?}");
    schemas.check(&digest.body);
}

#[test]
fn a_receiver_that_misbehaves_keeps_nobody_else_waiting() {
    let (service, _) = place();
    let bad = [
        ("fails", Manner::Answers("500 Oops\r\n"), "500"),
        ("redirects", Manner::Answers("302 Found\r\nlocation: http://127.0.0.1:1/\r\n"), "redirect"),
        ("hangs", Manner::Hangs, "does not answer"),
        ("drips", Manner::Drips, "does not answer"),
        ("closes", Manner::Closes, "does not answer"),
    ];
    let receivers = bad.map(|(name, manner, _)| {
        let receiver = Receiver::that(manner);
        subscribe(&service, name, webhook(&receiver));
        receiver
    });
    let well = Receiver::well();
    subscribe(&service, "well", webhook(&well));
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    for round in 0..3 {
        add(&mut document, &format!("CVE-2026-1000{round}"));
        service.api.hand_in("debian", document.to_string()).ok();
        assert_eq!(well.next().body["data"]["vulnerability"], format!("CVE-2026-1000{round}"));
    }
    for (name, _, expected) in bad {
        let failure = until("the failure is shown", || {
            let shown = service.api.get(&format!("/v1/subscriptions/{name}")).ok();
            assert_eq!(shown["pending"], 3, "{shown:#}");
            shown["failure"].as_str().map(str::to_owned)
        });
        assert!(failure.contains(expected), "{name}: {failure}");
    }
    // Others are told while these hang, and the service ends all the same.
    service.stop();
    drop(receivers);
}

#[test]
fn a_redirect_leads_nowhere_inside_or_outside() {
    let (service, _) = place();
    let inside = Receiver::well();
    let internal = "302 Found\r\nlocation: http://169.254.169.254/latest/meta-data\r\n";
    let redirecting = [Manner::RedirectsTo(inside.address()), Manner::Answers(internal)].map(Receiver::that);
    for (name, receiver) in ["loopback", "internal"].into_iter().zip(&redirecting) {
        subscribe(&service, name, webhook(receiver));
        let message = post(&service, &format!("/v1/subscriptions/{name}/test")).refused(502, "not-delivered");
        assert!(message.contains("redirect"), "{message}");
    }
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    add(&mut document, "CVE-2026-10001");
    service.api.hand_in("debian", document.to_string()).ok();
    for receiver in &redirecting {
        // The test, the notice, and that again.
        let messages = [(); 3].map(|()| receiver.next());
        assert_eq!(messages[1].id, messages[2].id);
    }
    assert!(inside.is_quiet(), "what was sent there went on");
}

#[test]
fn a_slow_receiver_is_told_all_in_order_and_keeps_nobody_else_waiting() {
    let (service, _) = place();
    let (slow, well) = (Receiver::that(Manner::Slow(1_000)), Receiver::well());
    subscribe(&service, "slow", webhook(&slow));
    subscribe(&service, "well", webhook(&well));
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    let ids = [1, 2, 3, 4].map(|number| format!("CVE-2026-1000{number}"));
    for id in &ids {
        add(&mut document, id);
        service.api.hand_in("debian", document.to_string()).ok();
    }
    let told = |receiver: &Receiver| [(); 4].map(|()| receiver.next().body["data"]["vulnerability"].clone());
    assert_eq!(told(&well), ids.each_ref().map(|id| json!(id)));
    let shown = service.api.get("/v1/subscriptions/slow").ok();
    assert!(shown["pending"].as_u64() > Some(0), "the slow one was not slower, so that this shows nothing");
    assert_eq!(told(&slow), ids.map(|id| json!(id)));
    until("it is recorded", || {
        (service.api.get("/v1/subscriptions/slow").ok()["pending"] == 0).then_some(())
    });
    assert!(slow.is_quiet(), "each comes once");
}

#[test]
fn more_receivers_that_hang_than_there_are_threads_keep_nobody_waiting_twice() {
    const ANSWER_TIME: u64 = 5;
    let service = Service::with(
        quick().with("LIMPID_NOTICES__WORKERS", 4).with("LIMPID_NOTICES__ANSWER_TIME", ANSWER_TIME),
    );
    service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let hanging = [(); 8].map(|()| Receiver::that(Manner::Hangs));
    for (number, receiver) in hanging.iter().enumerate() {
        subscribe(&service, &format!("hangs-{number}"), webhook(receiver));
    }
    let well = Receiver::well();
    subscribe(&service, "well", webhook(&well));
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    for round in 0..4 {
        add(&mut document, &format!("CVE-2026-1000{round}"));
        let handed_in = std::time::Instant::now();
        service.api.hand_in("debian", document.to_string()).ok();
        assert_eq!(well.next().body["data"]["vulnerability"], format!("CVE-2026-1000{round}"));
        // At first nobody knows which of them hang.
        assert!(
            round == 0 || handed_in.elapsed().as_secs() < ANSWER_TIME,
            "{round}: {:?}",
            handed_in.elapsed()
        );
        if round == 0 {
            until("it is known which hang", || {
                let listed = service.api.get("/v1/subscriptions").ok();
                let listed = listed["subscriptions"].as_array().unwrap();
                let failing = listed.iter().filter(|it| it["failure"].is_string()).count();
                (failing == hanging.len()).then_some(())
            });
        }
    }
}

#[test]
fn what_fails_is_tried_again_until_it_arrives_in_order() {
    let (service, _) = place();
    let receiver = Receiver::that(Manner::FailsFirst(2));
    subscribe(&service, "s", webhook(&receiver));
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    let ids = ["CVE-2026-10001", "CVE-2026-10002"];
    for id in ids {
        add(&mut document, id);
        service.api.hand_in("debian", document.to_string()).ok();
    }
    let messages = [(); 4].map(|()| receiver.next());
    let [first, second, third, fourth] = messages.each_ref().map(|message| message.id.as_str());
    assert_eq!([first, second], [second, third], "the same identifier at each attempt");
    assert_ne!(third, fourth);
    let told = messages[2..].iter().map(|message| message.body["data"]["vulnerability"].as_str().unwrap());
    assert_eq!(told.collect::<Vec<_>>(), ids);
}

#[test]
fn what_nobody_takes_is_dead_and_can_be_sent_again() {
    let service = Service::with(quick().with("LIMPID_NOTICES__ATTEMPTS", 2));
    service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let bad = Receiver::that(Manner::Answers("500 Oops\r\n"));
    subscribe(&service, "s", webhook(&bad));
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    add(&mut document, "CVE-2026-10001");
    service.api.hand_in("debian", document.to_string()).ok();
    let dead = until("the notice is dead", || {
        let page = service.api.get("/v1/notices?subscription=s&state=dead").ok();
        page["notices"].as_array().unwrap().first().cloned()
    });
    assert_eq!([&dead["attempts"], &dead["number"]], [2, 1]);
    assert!(dead["failure"].as_str().unwrap().contains("500"), "{dead:#}");

    let well = Receiver::well();
    subscribe(&service, "s", webhook(&well));
    assert_eq!(post(&service, "/v1/notices/s/1/replay").ok(), json!({ "replayed": 1 }));
    assert_eq!(well.next().id, dead["id"].as_str().unwrap());
    until("it is delivered", || {
        let page = service.api.get("/v1/notices?state=delivered").ok();
        page["notices"].as_array().unwrap().first().map(|_| ())
    });
    assert_eq!(post(&service, "/v1/notices/s/replay?from=1").ok(), json!({ "replayed": 1 }));
    well.next();
    post(&service, "/v1/notices/s/7/replay").refused(404, "no-such-notice");
}

#[test]
fn what_waits_survives_the_process() {
    let (service, _) = place();
    let bad = Receiver::that(Manner::Hangs);
    subscribe(&service, "s", webhook(&bad));
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    add(&mut document, "CVE-2026-10001");
    service.api.hand_in("debian", document.to_string()).ok();
    let sent = bad.next();
    let service = Service::with(service.kill());
    assert_eq!(bad.next().id, sent.id);
    let well = Receiver::well();
    subscribe(&service, "s", webhook(&well));
    assert_eq!(well.next().id, sent.id);
}

#[test]
fn a_receiver_that_is_gone_is_sent_nothing_more() {
    let (service, _) = place();
    let gone = Receiver::that(Manner::Answers("410 Gone\r\n"));
    subscribe(&service, "s", webhook(&gone));
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    add(&mut document, "CVE-2026-10001");
    service.api.hand_in("debian", document.to_string()).ok();
    gone.next();
    until("the subscription is disabled", || {
        let shown = service.api.get("/v1/subscriptions/s").ok();
        (shown["enabled"] == false).then_some(())
    });
    assert!(gone.is_quiet());
}

#[test]
fn a_subscription_is_made_shown_without_secrets_and_removed() {
    let service = Service::shared();
    let url = "https://receiver.example/hook?token=hidden";
    let made =
        subscribe(&service, "shown", json!({ "webhook": { "url": url }, "filter": { "severity": "high" } }));
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"), "{made:#}");
    let again = subscribe(&service, "shown", json!({ "webhook": { "url": url } }));
    assert!(again.get("secret").is_none(), "{again:#}");
    let shown = service.api.get("/v1/subscriptions/shown").ok();
    assert_eq!(shown["webhook"], json!({ "url": "https://receiver.example/hook?***" }));
    let listed = service.api.get("/v1/subscriptions").ok();
    assert!(listed["subscriptions"].as_array().unwrap().contains(&shown), "{listed:#}");
    assert_eq!(service.api.delete("/v1/subscriptions/shown").status, 204);
    service.api.get("/v1/subscriptions/shown").refused(404, "no-such-subscription");
    service.api.delete("/v1/subscriptions/shown").refused(404, "no-such-subscription");
}

#[test]
fn a_subscription_that_makes_no_sense_is_refused_with_the_reason() {
    let service = Service::shared();
    let check = |name: &str, wanted: Value, expected: &str| {
        let path = format!("/v1/subscriptions/{name}");
        let answer = service.api.send("PUT", &path, &[], wanted.to_string().as_bytes());
        let message = answer.refused(422, "bad-subscription");
        assert!(message.contains(expected), "{message}");
    };
    let to = |url: &str| json!({ "webhook": { "url": url } });
    let with = |field: &str, value: Value| {
        let mut wanted = to("https://receiver.example/");
        wanted["filter"][field] = value;
        wanted
    };
    check("s", json!({}), "one of `webhook`, `amqp`, `harbor` and `clair`");
    check("s", to("http://receiver.example/"), "`notices.unencrypted`");
    check("s", to("https://10.0.0.1/"), "`notices.private_addresses`");
    check("s", to("https://169.254.169.254/"), "`notices.private_addresses`");
    check("s", to("ftp://receiver.example/"), "neither with");
    check(
        "s",
        json!({ "amqp": { "url": "amqp://broker.example", "routing_key": "q" } }),
        "`notices.unencrypted`",
    );
    check("s", json!({ "webhook": { "url": "https://receiver.example/", "secret": "x" } }), "`whsec_`");
    check("s", with("kinds", json!(["nothing"])), "no kind of notice");
    check("s", with("severity", json!("dire")), "no severity");
    check("Not-A-Name", to("https://receiver.example/"), "the name of a subscription");
    let headers = [("origin", "https://elsewhere.example")];
    let body = to("https://receiver.example/").to_string();
    let answer = service.api.send("PUT", "/v1/subscriptions/s", &headers, body.as_bytes());
    answer.refused(403, "forbidden");
}

#[test]
fn a_filter_keeps_away_what_is_not_wanted() {
    let (service, _) = place();
    let receivers = [(); 2].map(|()| Receiver::well());
    let wanted = |receiver: &Receiver, severity: &str| {
        let mut wanted = webhook(receiver);
        wanted["filter"] = json!({ "severity": severity, "kinds": ["newly-affected"], "names": ["*"] });
        wanted
    };
    subscribe(&service, "high", wanted(&receivers[0], "high"));
    subscribe(&service, "low", wanted(&receivers[1], "low"));
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    document["curl"]["CVE-2026-10001"] = release("low", None);
    document["curl"]["CVE-2026-10002"] = release("high", None);
    service.api.hand_in("debian", document.to_string()).ok();
    let told = |receiver: &Receiver| receiver.next().body["data"]["vulnerability"].clone();
    assert_eq!(told(&receivers[0]), "CVE-2026-10002");
    assert_eq!([told(&receivers[1]), told(&receivers[1])], ["CVE-2026-10001", "CVE-2026-10002"]);
    assert!(receivers[0].is_quiet());
}

#[test]
fn subscriptions_of_the_settings_are_there_from_the_start() {
    let receiver = Receiver::well();
    let table =
        format!("{{ shop = {{ webhook = {{ url = \"{}\", secret = \"{SECRET}\" }} }} }}", receiver.url());
    let service = Service::with(quick().with("LIMPID_SUBSCRIPTIONS", table));
    assert_eq!(post(&service, "/v1/subscriptions/shop/test").status, 204);
    assert_eq!(receiver.next().body["type"], "test");
    let setup = service.stop();
    let listed = setup.run(["subscription", "list", "--format", "json"]).json();
    assert_eq!(listed["subscriptions"][0]["name"], "shop");
    assert!(setup.run(["subscription", "list"]).ok().contains("shop"));
    assert!(!setup.run(["settings"]).ok().contains("whsec_"));
}

#[test]
fn deliveries_are_counted() {
    let (service, _) = place();
    let receiver = Receiver::well();
    subscribe(&service, "counted", webhook(&receiver));
    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    add(&mut document, "CVE-2026-10001");
    service.api.hand_in("debian", document.to_string()).ok();
    receiver.next();
    until("it is counted", || {
        let metrics = service.api.text("/metrics");
        let delivered = "limpid_notices_delivered_total{subscription=\"counted\"} 1";
        metrics.contains(delivered).then(|| {
            assert!(metrics.contains("limpid_notices_pending{subscription=\"counted\"} 0"), "{metrics}");
        })
    });
}

#[test]
#[ignore = "starts RabbitMQ: `cargo xtask test-with rabbitmq`"]
fn a_broker_gets_what_a_webhook_gets_and_what_came_while_it_was_away() {
    let mut broker = Broker::start();
    let (service, _) = place();
    let schemas = Schemas(service.api.get("/v1/openapi.json").ok());
    let wanted = json!({ "amqp": { "url": broker.url(), "routing_key": "notices" } });
    let made = subscribe(&service, "broker", wanted);
    assert!(made["amqp"]["url"].as_str().unwrap().starts_with("amqp://***@127.0.0.1:"), "{made:#}");
    let refused = post(&service, "/v1/subscriptions/broker/test").refused(502, "not-delivered");
    assert!(refused.contains("no queue"), "{refused}");
    broker.declare("notices");
    assert_eq!(post(&service, "/v1/subscriptions/broker/test").status, 204);
    assert_eq!(broker.next("notices").body["type"], "test");

    let mut document = tracker();
    service.api.hand_in("debian", document.to_string()).ok();
    for round in 1..4 {
        let id = format!("CVE-2026-1000{round}");
        add(&mut document, &id);
        service.api.hand_in("debian", document.to_string()).ok();
        let message = broker.next("notices");
        assert_eq!(message.body["data"]["vulnerability"], id);
        schemas.check(&message.body);
        assert_eq!((message.content_type.as_str(), message.is_persistent), ("application/json", true));
        assert!(message.id.starts_with("msg_"), "{message:#?}");
        if round == 2 {
            broker.stop_and_start();
        }
    }
}
