use std::io::{Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::*;
use crate::test_support::{Reply, Server};

fn options() -> DocumentOptions {
    DocumentOptions {
        setting: "feeds.document_bytes",
        bytes: 1_000,
        time: Duration::from_secs(60),
        idle: Duration::from_secs(60),
        attempts: 3,
        backoff: Duration::ZERO,
        longest_wait: Duration::from_secs(1),
        plain_http: PlainHttp::Loopback,
        proxy: None,
        mirrors: BTreeMap::new(),
        hosts: Vec::new(),
    }
}

/// A fetcher that may ask a server.
fn may_ask(server: &Server) -> DocumentOptions {
    DocumentOptions { hosts: vec![server.host()], ..options() }
}

fn fetch(
    options: DocumentOptions,
    url: &str,
    known: Option<&Validators>,
) -> Result<(FetchedDocument, Vec<u8>), Error> {
    let mut file = tempfile::tempfile().unwrap();
    let fetched = DocumentFetcher::new(options, Stop::default())?.fetch(url, known, &file, &|_| ())?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_end(&mut bytes).unwrap();
    Ok((fetched, bytes))
}

#[track_caller]
fn refused(options: DocumentOptions, url: &str, expected: &str) {
    let error = fetch(options, url, None).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_has_not_changed_is_not_sent() {
    let server =
        Server::start(|asked| match (asked.none_match.as_deref(), asked.modified_since.as_deref()) {
            (Some("\"1\""), Some("then")) => Reply::status(304, ""),
            _ => Reply::ok("document").with("etag", "\"1\"").with("last-modified", "then"),
        });
    let url = server.at("/x");
    let (first, bytes) = fetch(may_ask(&server), &url, None).unwrap();
    let validators = Validators {
        address: url.clone(),
        etag: Some("\"1\"".to_owned()),
        modified: Some("then".to_owned()),
    };
    let digest = Digest::of(b"document");
    assert_eq!(first, FetchedDocument::New { bytes: 8, digest, validators: validators.clone() });
    assert_eq!(bytes, b"document");
    let (second, _) = fetch(may_ask(&server), &url, Some(&validators)).unwrap();
    assert_eq!(second, FetchedDocument::Unchanged);
    // Another address does not know them.
    let (third, _) = fetch(may_ask(&server), &server.at("/y"), Some(&validators)).unwrap();
    assert_ne!(third, FetchedDocument::Unchanged);
}

#[test]
fn nobody_says_that_what_was_not_asked_about_is_unchanged() {
    let server = Server::start(|_| Reply::status(304, ""));
    refused(may_ask(&server), &server.at("/x"), "answers 304");
}

#[test]
fn what_may_succeed_in_a_moment_is_tried_again() {
    let check = |statuses: &'static [u16], expected: Result<(), &str>, asked: usize| {
        let next = AtomicUsize::new(0);
        let server = Server::start(move |_| {
            let status = statuses.get(next.fetch_add(1, Ordering::SeqCst)).copied().unwrap_or(200);
            Reply::status(status, "document").with("retry-after", "0")
        });
        let fetched = fetch(may_ask(&server), &server.at("/x"), None).map(drop);
        let fetched = fetched.map_err(|error| error.to_string());
        match (&fetched, expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
            _ => panic!("{statuses:?}: {fetched:?}"),
        }
        assert_eq!(server.asked().len(), asked, "{statuses:?}");
    };
    check(&[], Ok(()), 1);
    check(&[500], Ok(()), 2);
    check(&[429, 503], Ok(()), 3);
    check(&[502, 502, 502, 502], Err("answers 502"), 3);
    check(&[429, 429, 429, 429], Err("asks to come again in 0 s"), 3);
    check(&[404], Err("answers 404"), 1);
    check(&[403], Err("answers 403"), 1);
}

#[test]
fn a_publisher_that_asks_for_more_time_than_is_waited_is_not_asked_again() {
    let server = Server::start(|_| Reply::status(503, "").with("retry-after", "7200"));
    let error = fetch(may_ask(&server), &server.at("/x"), None).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7200)));
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn what_an_attempt_before_left_is_gone() {
    let first = AtomicU64::new(0);
    let server = Server::start(move |_| match first.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::ok("a long beginning").stating(100),
        _ => Reply::ok("short"),
    });
    let (fetched, bytes) = fetch(may_ask(&server), &server.at("/x"), None).unwrap();
    assert_eq!(bytes, b"short");
    assert!(matches!(fetched, FetchedDocument::New { bytes: 5, .. }), "{fetched:?}");
}

#[test]
fn a_document_over_the_limit_is_refused_as_soon_as_that_shows() {
    let server = Server::start(|_| Reply::ok(vec![0; 10]).stating(1_001));
    refused(
        may_ask(&server),
        &server.at("/x"),
        "is over 1000 bytes (it is 1001), the limit of setting `feeds.",
    );
    let server = Server::start(|_| Reply::ok(vec![0; 1_000]));
    fetch(may_ask(&server), &server.at("/x"), None).unwrap();
}

#[test]
fn only_internal_addresses_that_settings_name_are_asked() {
    let server = Server::start(|_| Reply::ok("document"));
    refused(options(), &server.at("/x"), "is an internal address");
    for url in ["https://10.0.0.1/", "https://localhost/", "https://metadata/", "http://[::1]/"] {
        refused(options(), url, "is an internal address");
    }
    refused(options(), "http://a.example/", "is plain HTTP");
    refused(options(), "ftp://a.example/", "is no address to fetch from");
    let beyond = Server::start(|_| Reply::ok("secret"));
    let to = beyond.at("/");
    let sending = Server::start(move |_| Reply::redirect(to.clone()));
    refused(may_ask(&sending), &sending.at("/x"), "is an internal address");
    assert!(beyond.asked().is_empty() && server.asked().is_empty());
}

#[test]
fn mirrors_are_asked_in_the_place_of_the_publisher() {
    let down = Server::start(|_| Reply::status(404, ""));
    let up = Server::start(|asked| Reply::ok(asked.path.clone()));
    let to = vec![down.at("/a/"), up.at("/b/")];
    let mirrors = BTreeMap::from([("https://publisher.example/".to_owned(), to)]);
    let options = DocumentOptions { mirrors, ..options() };
    let (_, bytes) = fetch(options, "https://publisher.example/x?y", None).unwrap();
    assert_eq!(bytes, b"/b/x?y");
    assert_eq!(down.asked()[0].path, "/a/x?y");
}

#[test]
fn who_fetches_can_be_stopped() {
    let server = Server::start(|_| Reply::status(503, "").with("retry-after", "1"));
    let stop = Stop::default();
    stop.stop();
    let fetcher = DocumentFetcher::new(may_ask(&server), stop).unwrap();
    let file = tempfile::tempfile().unwrap();
    let error = fetcher.fetch(&server.at("/x"), None, &file, &|_| ()).unwrap_err();
    assert!(matches!(error, Error::Stopped), "{error}");
}

#[test]
fn waiting_grows_and_is_bounded() {
    let options = DocumentOptions {
        backoff: Duration::from_secs(2),
        longest_wait: Duration::from_secs(60),
        ..options()
    };
    let fetcher = DocumentFetcher::new(options, Stop::default()).unwrap();
    let check = |attempts: u32, chance: f64, expected: u64| {
        assert_eq!(
            fetcher.retries().backoff(attempts, chance),
            Duration::from_secs(expected),
            "{attempts} {chance}"
        );
    };
    check(1, 0.0, 2);
    check(1, 1.0, 1);
    check(2, 0.0, 4);
    check(4, 0.5, 12);
    check(6, 0.0, 60);
    check(1_000, 1.0, 30);
}

#[test]
fn a_setting_that_is_no_address_is_told() {
    let bad = DocumentOptions { proxy: Some("not a proxy".to_owned()), ..options() };
    assert!(DocumentFetcher::new(bad, Stop::default()).unwrap_err().to_string().contains("`feeds.proxy`"));
    let mirrors = BTreeMap::from([("https://a/".to_owned(), vec!["b".to_owned()])]);
    let bad = DocumentOptions { mirrors, ..options() };
    assert!(matches!(DocumentFetcher::new(bad, Stop::default()), Err(Error::Address { .. })));
}
