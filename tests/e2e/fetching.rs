//! Feeds are fetched from their publishers, which are well-behaved or not.
//!
//! The addresses are those that the plugins name; mirrors lead them to a server on loopback.

mod carried;
mod changing;
mod publisher;
mod vex;

use serde_json::{Value, json};
use xtask::sample::advisories;

use crate::archives::{Compression, compress};
use crate::program::Setup;
use crate::service::{Service, until};
use publisher::{Page, Publisher};

const TRACKER: &str = "/debian/tracker/data/json";

/// A setup in which the feeds are where this publisher is, and no failure is waited for.
fn setup(publisher: &Publisher) -> Setup {
    let mirror =
        |from: &str, to: &str| format!("{{ mirrors = {{ \"{from}\" = [\"{}\"] }} }}", publisher.at(to));
    Setup::new()
        .with("LIMPID_FEEDS__DEBIAN", mirror("https://security-tracker.debian.org/", "/debian/"))
        .with("LIMPID_FEEDS__ALPINE", mirror("https://secdb.alpinelinux.org/", "/alpine/"))
        .with("LIMPID_FEEDS__BACKOFF", 0)
}

fn serve(publisher: &Publisher) -> Service {
    Service::with(setup(publisher))
}

/// A publisher of the sample tracker.
fn tracker() -> Publisher {
    let publisher = Publisher::start();
    publisher.document(TRACKER, advisories::debian_tracker());
    publisher
}

/// Fetches a feed, and waits for the end.
#[track_caller]
fn update(service: &Service, feed: &str) -> Value {
    service.api.send("POST", &format!("/v1/feeds/{feed}/update"), &[("prefer", "wait=100")], b"").ok()
}

/// Why a feed is not up to date, once it was fetched; what it kept before must be there.
#[track_caller]
fn refused(service: &Service, expected: &str) {
    let before = service.api.feed("debian");
    let path = "/v1/feeds/debian/update";
    let answer = service.api.send("POST", path, &[("prefer", "wait=100")], b"");
    let why = answer.refused(502, "feed-not-updated");
    assert!(why.contains(expected), "{why}");
    let after = service.api.feed("debian");
    for field in ["revision", "advisories", "sources", "rejections"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(after["last_failure_reason"], why);
    assert!(after["failing_since"].is_string() && after["failures"].as_u64() > Some(0), "{after:#}");
}

#[test]
fn a_feed_is_fetched_and_what_has_not_changed_is_neither_sent_nor_read_again() {
    let publisher = tracker();
    let service = serve(&publisher);
    let run = update(&service, "debian");
    assert_eq!((&run["complete"], &run["ingested"], &run["unchanged"]), (&json!(true), &json!(1), &json!(0)));
    assert_eq!(run["added"], service.api.feed("debian")["advisories"]);
    assert!(publisher.user_agent().starts_with("limpid/"));
    assert_eq!(publisher.asked(), [format!("{TRACKER} 200")]);

    let run = update(&service, "debian");
    assert_eq!((&run["ingested"], &run["unchanged"], &run["bytes"]), (&json!(0), &json!(1), &json!(0)));
    assert_eq!(publisher.asked(), [format!("{TRACKER} 304")]);
    let feed = service.api.feed("debian");
    assert_eq!(feed["revision"], 1);
    assert_eq!(feed["sources"][0]["address"], publisher.at(TRACKER));
    assert_eq!((&feed["failing_since"], &feed["running"]), (&Value::Null, &json!(false)));

    // What its publisher knows by a date only.
    let document = advisories::debian_tracker().replace("7.88.1-10+deb12u7", "7.88.1-10+deb12u8");
    publisher.put(TRACKER, Page::Dated(document.into(), "Thu, 26 Nov 2026 10:00:00 GMT"));
    assert_eq!(update(&service, "debian")["changed"], 1);
    update(&service, "debian");
    assert_eq!(publisher.asked(), [format!("{TRACKER} 200"), format!("{TRACKER} 304")]);
}

#[test]
fn validators_outlive_the_process() {
    let publisher = tracker();
    let service = serve(&publisher);
    update(&service, "debian");
    let service = Service::with(service.stop());
    update(&service, "debian");
    assert_eq!(publisher.asked(), [format!("{TRACKER} 200"), format!("{TRACKER} 304")]);
}

#[test]
fn a_client_need_not_wait() {
    let publisher = tracker();
    let service = serve(&publisher);
    let answer = service.api.send("POST", "/v1/feeds/debian/update", &[], b"");
    assert_eq!((answer.status, answer.header("location")), (202, "/v1/feeds/debian"));
    until("it is fetched", || (service.api.get("/v1/feeds/debian").ok()["revision"] == 1).then_some(()));
    service.api.send("POST", "/v1/feeds/nothing/update", &[], b"").refused(404, "no-such-feed");
    service.api.get("/v1/feeds/nothing").refused(404, "no-such-feed");
}

#[test]
fn what_an_index_names_is_followed_and_what_is_not_there_is_told() {
    let publisher = Publisher::start();
    let secdb = |release: &str, repository: &str| {
        let mut document: Value = serde_json::from_str(&advisories::alpine_secdb()).unwrap();
        document["distroversion"] = json!(release);
        document["reponame"] = json!(repository);
        document.to_string()
    };
    publisher.document("/alpine/", "<a href=\"v3.2/\">v3.2/</a> <a href=\"v3.18/\">v3.18/</a>");
    publisher.document("/alpine/v3.2/main.json", secdb("v3.2", "main"));
    publisher.document("/alpine/v3.18/main.json", secdb("v3.18", "main"));
    publisher.document("/alpine/v3.18/community.json", secdb("v3.18", "community"));
    let service = serve(&publisher);
    let run = update(&service, "alpine");
    assert_eq!((&run["ingested"], run["absent"].as_array().unwrap().len()), (&json!(4), 1), "{run:#}");
    assert_eq!(run["absent"][0]["source"], "v3.2/community.json");
    let feed = service.api.feed("alpine");
    assert_eq!(feed["absent"], run["absent"]);
    let names: Vec<_> = feed["sources"].as_array().unwrap().iter().map(|source| &source["name"]).collect();
    assert_eq!(names, ["v3.18/community.json", "v3.18/main.json", "v3.2/main.json"]);
    publisher.asked();

    // One that fails keeps what it stated, and all others are in.
    publisher.put("/alpine/v3.2/main.json", Page::Status(403, String::new()));
    let changed = secdb("v3.18", "main").replace("8.5.0-r0", "8.5.0-r9");
    publisher.document("/alpine/v3.18/main.json", changed);
    let answer = service.api.send("POST", "/v1/feeds/alpine/update", &[("prefer", "wait=100")], b"");
    let why = answer.refused(502, "feed-not-updated");
    assert!(why.contains("`v3.2/main.json`") && why.contains("answers 403"), "{why}");
    let after = service.api.feed("alpine");
    assert_eq!((&after["revision"], &after["advisories"]), (&json!(4), &feed["advisories"]));
    let expected = [
        "/alpine/ 304",
        "/alpine/v3.18/community.json 304",
        "/alpine/v3.18/main.json 200",
        "/alpine/v3.2/community.json 404",
        "/alpine/v3.2/main.json 403",
    ];
    assert_eq!(publisher.asked(), expected);
}

#[test]
fn a_publisher_that_asks_for_time_is_given_it() {
    let publisher = tracker();
    let busy = |after: &str| Page::Status(429, format!("retry-after: {after}\r\n"));
    let good = Page::Document(advisories::debian_tracker().into());
    publisher.put(TRACKER, Page::Once(Box::new(busy("1")), Box::new(good)));
    let service = serve(&publisher);
    update(&service, "debian");
    assert_eq!(publisher.asked(), [format!("{TRACKER} 200"), format!("{TRACKER} 429")]);

    // More than is waited for: the next run is due then.
    publisher.put(TRACKER, busy("7200"));
    refused(&service, "answers 429: it asks to come again in 7200 s");
    assert_eq!(publisher.asked(), [format!("{TRACKER} 429")]);
    publisher.put(TRACKER, Page::Status(503, "retry-after: Thu, 26 Nov 2099 10:00:00 GMT\r\n".into()));
    refused(&service, "answers 503");
}

#[test]
fn a_cut_connection_is_tried_again() {
    let publisher = tracker();
    let good = advisories::debian_tracker().into_bytes();
    let cut = Page::Cut(good.clone());
    let failing = Page::Once(Box::new(Page::Status(502, String::new())), Box::new(Page::Document(good)));
    publisher.put(TRACKER, Page::Once(Box::new(cut.clone()), Box::new(failing)));
    let service = serve(&publisher);
    update(&service, "debian");
    assert_eq!(publisher.asked().len(), 3);
    publisher.put(TRACKER, cut);
    refused(&service, "was cut short after");
    assert_eq!(publisher.asked().len(), 3);
}

#[test]
fn a_redirect_is_followed_but_not_to_where_nobody_was_sent() {
    let publisher = tracker();
    let to = |address: &str| Page::Status(302, format!("location: {address}\r\n"));
    publisher.document("/moved", advisories::debian_tracker());
    publisher.put(TRACKER, to("/moved"));
    let service = serve(&publisher);
    update(&service, "debian");
    assert_eq!(publisher.asked(), [format!("{TRACKER} 302"), "/moved 200".to_owned()]);
    let other = Publisher::start();
    for address in [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:22/",
        "http://[::1]/",
        "https://10.0.0.1/",
        "https://metadata.internal/",
        &other.at(TRACKER),
    ] {
        publisher.put(TRACKER, to(address));
        refused(&service, "is an internal address");
    }
    publisher.put(TRACKER, to("file:///etc/passwd"));
    refused(&service, "is no address to fetch from");
    publisher.put(TRACKER, to(TRACKER));
    refused(&service, "more than 5 times");
    assert!(other.asked().is_empty());
}

#[test]
fn what_never_ends_is_ended_by_the_setting() {
    let publisher = tracker();
    let setup = setup(&publisher)
        .with("LIMPID_FEEDS__DOCUMENT_BYTES", 1_000_000)
        .with("LIMPID_DOCUMENTS__INFLATED_BYTES", 3_000_000)
        .with("LIMPID_FEEDS__DOCUMENT_TIME", 2)
        .with("LIMPID_FEEDS__IDLE_TIME", 2);
    let service = Service::with(setup);
    update(&service, "debian");
    // As JSON lets there be any number of them.
    let gzip = compress(&vec![b' '; 4_000_000], Compression::Gzip);
    publisher.put(TRACKER, Page::Endless(gzip.clone(), gzip.clone()));
    refused(&service, "is over 1000000 bytes, the limit of setting `feeds.document_bytes`");
    publisher.document(TRACKER, gzip);
    refused(&service, "is over 3000000, the limit of setting `documents.inflated_bytes`");
    publisher.put(TRACKER, Page::Slow(vec![b' '; 100_000]));
    refused(&service, "takes more than 2 s, the limit of setting `feeds.document_time`");
}

#[test]
fn a_document_that_cannot_be_meant_is_refused_and_the_last_good_state_stays() {
    let publisher = tracker();
    let service = serve(&publisher);
    update(&service, "debian");
    let good = advisories::debian_tracker();
    let mut one: Value = serde_json::from_str(&good).unwrap();
    one.as_object_mut().unwrap().retain(|package, _| package == "wget");
    let one = one.to_string();
    let compressed = compress(good.as_bytes(), Compression::Gzip);
    for (document, expected) in [
        (b"<!DOCTYPE html><html>maintenance</html>".to_vec(), "HTML"),
        (good.as_bytes()[..good.len() / 2].to_vec(), "EOF"),
        (compressed[..compressed.len() / 2].to_vec(), "is damaged"),
        (b"".to_vec(), "empty"),
        (b"{}".to_vec(), "names no vulnerability"),
        (b"[]".to_vec(), ""),
        (one.clone().into_bytes(), "`feeds.least_percent`"),
    ] {
        publisher.document(TRACKER, document);
        refused(&service, expected);
    }
    let message = service.api.hand_in("debian", &one).refused(422, "shrunk-document");
    assert!(message.contains("unless it is forced"), "{message}");
    let path = "/v1/feeds/debian/update?force=true";
    let run = service.api.send("POST", path, &[("prefer", "wait=100")], b"").ok();
    assert_eq!(run["complete"], true);
    assert_eq!(service.api.feed("debian")["advisories"], 1);
    publisher.document(TRACKER, good.clone());
    update(&service, "debian");
    let taken = service.api.send("POST", "/v1/feeds/debian/documents?force=true", &[], one.as_bytes()).ok();
    assert_eq!(taken["advisories"], 1);
}

#[test]
fn a_document_may_come_compressed_and_as_a_member_of_an_archive() {
    let publisher = tracker();
    let service = serve(&publisher);
    let document = advisories::debian_tracker();
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(document.len() as u64);
    builder.append_data(&mut header, "data/json", document.as_bytes()).unwrap();
    let tar = builder.into_inner().unwrap();
    update(&service, "debian");
    for form in [
        compress(document.as_bytes(), Compression::Gzip),
        compress(document.as_bytes(), Compression::Zstd),
        tar.clone(),
        compress(&tar, Compression::Zstd),
    ] {
        publisher.document(TRACKER, form);
        let run = update(&service, "debian");
        assert_eq!(
            [&run["ingested"], &run["added"], &run["changed"], &run["withdrawn"]],
            [1, 0, 0, 0],
            "{run:#}"
        );
    }
}

#[test]
fn a_service_fetches_by_itself_and_remembers_when_to_do_so_next() {
    let publisher = tracker();
    publisher.document("/alpine/", "<html>nothing here</html>");
    let setup = setup(&publisher).with("LIMPID_FEEDS__FETCH", true);
    let service = Service::with(setup);
    let fetched = |service: &Service, feed: &'static str| {
        until("it is fetched", || {
            let feed = service.api.feed(feed);
            (feed["last_run"].is_string() && feed["running"] == false).then_some(feed)
        })
    };
    let (debian, alpine) = (fetched(&service, "debian"), fetched(&service, "alpine"));
    assert_eq!((&debian["revision"], &debian["failures"]), (&json!(1), &json!(0)));
    assert_eq!((&alpine["revision"], &alpine["failures"]), (&json!(0), &json!(1)));
    let (next, retry) = (debian["next_run"].as_str().unwrap(), alpine["next_run"].as_str().unwrap());
    assert!(next > retry, "{next} {retry}");
    let metrics = service.api.metrics();
    for line in ["limpid_feed_failures{feed=\"alpine\"} 1", "limpid_feed_failures{feed=\"debian\"} 0"] {
        assert!(metrics.contains(line), "{metrics}");
    }
    assert!(metrics.contains("limpid_feed_age_seconds{feed=\"debian\"}"), "{metrics}");

    publisher.asked();
    let service = Service::with(service.stop());
    assert_eq!(service.api.feed("debian")["next_run"], next);
    update(&service, "debian");
    assert_eq!(publisher.asked(), [format!("{TRACKER} 304")]);
}

#[test]
fn feeds_are_fetched_by_the_command_line() {
    let publisher = tracker();
    publisher.put("/alpine/", Page::Status(403, String::new()));
    let setup = setup(&publisher);
    let json = ["--format", "json"];
    let runs = setup.run(["feed", "update", "debian"].into_iter().chain(json)).json();
    assert_eq!((&runs[0]["feed"], &runs[0]["ingested"]), (&json!("debian"), &json!(1)));
    let all = setup.run(["feed", "update"]);
    assert_eq!(all.code, Some(1));
    assert!(all.stderr.contains("feed `alpine`: source `index`") && all.stderr.contains("403"), "{all:#?}");
    assert!(all.stdout.contains("up to date") && all.stdout.contains("incomplete"), "{all:#?}");
    let listed = setup.run(["feed", "list"]).ok();
    assert!(listed.contains("just now") && listed.contains("alpine failed at"), "{listed}");
    assert!(setup.run(["feed", "update", "nothing"]).failed().contains("no plugin named `nothing`"));

    let service = Service::with(setup);
    let asked = service.setup.run(["feed", "update", "debian"]).ok();
    assert!(asked.contains("up to date"), "the service that has the data directory open is asked: {asked}");
}

#[test]
fn a_service_that_runs_fetches_and_lists_feeds_and_takes_documents_for_the_command_line() {
    let publisher = tracker();
    publisher.put("/alpine/", Page::Status(403, String::new()));
    let service = Service::with(setup(&publisher));
    let address = service.api.address().to_owned();
    let run = |arguments: &[&str]| {
        let of_service = ["--service", &address];
        service.setup.run(["feed"].iter().chain(arguments).chain(&of_service).copied())
    };
    let runs = run(&["update", "debian", "--format", "json"]).json();
    assert_eq!((&runs[0]["feed"], &runs[0]["ingested"]), (&json!("debian"), &json!(1)));
    let failed = run(&["update", "alpine"]).failed();
    assert!(failed.contains("feed `alpine`: the service says: ") && failed.contains("403"), "{failed}");
    assert!(run(&["update", "nothing"]).failed().contains("no plugin named `nothing`"));
    let listed = run(&["list"]).ok();
    assert!(listed.contains("just now") && listed.contains("alpine failed at"), "{listed}");
    let listed = run(&["list", "--format", "json"]).json();
    let debian = listed["feeds"].as_array().unwrap().iter().find(|feed| feed["name"] == "debian").unwrap();
    assert_eq!(debian["sources"], service.api.feed("debian")["sources"]);

    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("tracker & more.json");
    std::fs::write(&document, "{}").unwrap();
    let refused = run(&["add", "debian", document.to_str().unwrap()]).failed();
    let whose = "tracker & more.json` is not ingested: the service says: ";
    assert!(refused.contains(whose), "{refused}");
    std::fs::write(&document, advisories::debian_tracker()).unwrap();
    let taken =
        run(&["add", "debian", document.to_str().unwrap(), "--source", "tracker", "--format", "json"]).json();
    assert_eq!(taken[0]["source"], "tracker");
}

#[test]
fn mirrors_are_tried_in_their_order() {
    let (publisher, down) = (tracker(), Publisher::start());
    let mirrors = format!("[\"{}\", \"{}\"]", down.at("/debian/"), publisher.at("/debian/"));
    let debian = format!("{{ mirrors = {{ \"https://security-tracker.debian.org/\" = {mirrors} }} }}");
    let setup = Setup::new().with("LIMPID_FEEDS__DEBIAN", debian);
    let service = Service::with(setup);
    update(&service, "debian");
    assert_eq!(
        (down.asked(), publisher.asked()),
        (vec![format!("{TRACKER} 404")], vec![format!("{TRACKER} 200")])
    );
}
