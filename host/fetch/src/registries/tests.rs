use std::collections::BTreeMap;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use limpid_bytes::Stop;
use limpid_model::Digest;
use limpid_test_registry::{Access, Fault, Flow, Registry, TestImage, TokenService, media_types};
use proptest::prelude::*;

use super::*;
use crate::Version;

mod tls;

const REPOSITORY: &str = "team/app";

/// Settings under which failures come fast.
fn settings() -> RegistrySettings {
    RegistrySettings {
        attempts: 3,
        backoff: Duration::ZERO,
        longest_wait: Duration::from_secs(2),
        idle_time: Duration::from_secs(30),
        ..RegistrySettings::default()
    }
}

/// The settings of a registry that requests may name.
fn naming(registry: &Registry, one: OneRegistry) -> RegistrySettings {
    RegistrySettings { each: BTreeMap::from([(registry.host(), one)]), ..settings() }
}

fn named(registry: &Registry) -> RegistrySettings {
    naming(registry, OneRegistry::default())
}

fn repository(registry: &Registry, settings: RegistrySettings, login: Option<&Login>) -> Repository {
    let reference = Reference::of_repository(&registry.host(), REPOSITORY).unwrap();
    Registries::new(settings).unwrap().repository(&reference, login).unwrap()
}

fn tag(text: &str) -> Version {
    Version::tag(text).unwrap()
}

/// Bytes that are nowhere alike.
fn bytes(length: usize) -> Vec<u8> {
    (0..length as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

fn read_all(repository: &Repository, bytes: &[u8], stop: &Stop) -> Result<Vec<u8>, Error> {
    let mut blob = repository.blob(&Digest::of(bytes), bytes.len() as u64, stop)?;
    let mut read = Vec::new();
    blob.read_to_end(&mut read).map_err(inner)?;
    Ok(read)
}

/// What reading failed of.
fn inner(error: io::Error) -> Error {
    error.downcast().unwrap()
}

#[track_caller]
fn check_text(error: &Error, expected: &[&str]) {
    let text = error.to_string();
    assert!(expected.iter().all(|part| text.contains(part)), "{text}");
}

/// A registry with one image, tag `1`, and the digest of its manifest.
fn with_image() -> (Registry, Digest) {
    let registry = Registry::start();
    let digest = registry.push_tagged(REPOSITORY, "1", &TestImage::plain(&[b"tar"]));
    (registry, digest.parse().unwrap())
}

#[test]
fn a_manifest_is_had_by_tag_and_by_digest() {
    let (registry, digest) = with_image();
    let repository = repository(&registry, named(&registry), None);
    for version in [tag("1"), Version::from(digest)] {
        let manifest = repository.manifest(&version, &Stop::default()).unwrap();
        assert_eq!((manifest.digest, Digest::of(&manifest.bytes)), (digest, digest));
        assert_eq!(manifest.media_type, media_types::MANIFEST);
    }
    let error = repository.manifest(&tag("2"), &Stop::default()).unwrap_err();
    assert!(error.is_absent(), "{error}");
}

#[test]
fn where_a_tag_leads_is_known_without_its_manifest() {
    let (registry, digest) = with_image();
    let repository = repository(&registry, named(&registry), None);
    let head = |version, known| repository.head(&version, known, &Stop::default()).unwrap();
    assert_eq!(head(tag("1"), None), Some(digest));
    assert_eq!(head(tag("2"), None), None);
    assert!(!registry.take_asked().iter().any(limpid_test_registry::Asked::is_manifest_body));

    // Where the head has no digest, one that is known is not sent again.
    registry.plan("/manifests/", 4, Fault::NoDigest);
    assert_eq!(head(tag("1"), Some(&digest)), Some(digest));
    let asked = registry.take_asked();
    let validator = asked.iter().find_map(|asked| asked.header("if-none-match"));
    assert_eq!(validator, Some(format!("\"{digest}\"").as_str()));
    assert_eq!(head(tag("1"), None), Some(digest));
    registry.heal();
    registry.plan("/manifests/", 1, Fault::Status(405, None));
    assert_eq!(head(tag("1"), None), Some(digest));
}

#[test]
fn a_digest_that_lies_is_an_error() {
    let (registry, digest) = with_image();
    let repository = repository(&registry, named(&registry), None);
    let other = Digest::of(b"other");
    registry.plan("/manifests/1", 1, Fault::Digest(other.to_string()));
    let error = repository.manifest(&tag("1"), &Stop::default()).unwrap_err();
    assert!(matches!(error, Error::WrongDigest { .. }), "{error}");
    registry.plan("/manifests/sha256", 1, Fault::Lie(b"{}".to_vec()));
    let error = repository.manifest(&digest.into(), &Stop::default()).unwrap_err();
    assert!(matches!(error, Error::WrongDigest { .. }), "{error}");
    registry.plan("/manifests/sha256", 1, Fault::Digest(other.to_string()));
    let error = repository.head(&digest.into(), None, &Stop::default()).unwrap_err();
    assert!(matches!(error, Error::WrongDigest { .. }), "{error}");
    registry.push_blob(b"blob");
    registry.plan("/blobs/", 1, Fault::Lie(b"bulb".to_vec()));
    let error = repository.document(&Digest::of(b"blob"), 4, &Stop::default()).unwrap_err();
    assert!(matches!(error, Error::WrongDigest { .. }), "{error}");
}

#[test]
fn a_manifest_of_schema_1_is_refused_by_its_name() {
    let registry = Registry::start();
    let digest = registry.push_manifest(REPOSITORY, media_types::SCHEMA_1, b"{\"schemaVersion\": 1}");
    registry.tag(REPOSITORY, "old", &digest);
    let repository = repository(&registry, named(&registry), None);
    let error = repository.manifest(&tag("old"), &Stop::default()).unwrap_err();
    check_text(&error, &["schema 1", "pushing the image again"]);
}

#[test]
fn whoever_may_read_is_let_in_by_password_token_and_identity() {
    let (registry, digest) = with_image();
    let check = |access: Access, login: Option<&Login>| {
        registry.admit(access.clone());
        registry.take_asked();
        let repository = repository(&registry, named(&registry), login);
        let manifest = repository.manifest(&tag("1"), &Stop::default());
        assert_eq!(manifest.unwrap().digest, digest, "{access:?}");
        assert_eq!(
            registry.take_asked()[0].header("authorization"),
            None,
            "nobody is told who was not asked"
        );
        repository.manifest(&tag("1"), &Stop::default()).unwrap();
        assert_eq!(registry.take_asked().len(), 1, "what was shown is shown again at once");
    };
    let (user, password) = ("user".to_owned(), "secret".to_owned());
    let login = Login::password("user", "secret");
    check(Access::Basic { username: user.clone(), password: password.clone() }, Some(&login));
    check(Access::Bearer(TokenService::default()), None);
    let service = TokenService { login: Some((user, password)), ..TokenService::default() };
    check(Access::Bearer(service.clone()), Some(&login));
    check(Access::Bearer(TokenService { flow: Flow::Form, ..service.clone() }), Some(&login));
    let identity = TokenService { identity: Some("refresh".to_owned()), ..service };
    check(Access::Bearer(identity), Some(&Login::identity("refresh")));
}

#[test]
fn a_token_is_renewed_before_its_end_and_when_it_is_refused() {
    let (registry, _) = with_image();
    let second = Duration::from_secs(1);
    let brief = TokenService { stated: Duration::ZERO, ..TokenService::default() };
    registry.admit(Access::Bearer(brief));
    let repository = repository(&registry, named(&registry), None);
    let tokens = |asked: &[limpid_test_registry::Asked]| {
        asked.iter().filter(|asked| asked.path.starts_with("/token")).count()
    };
    for _ in 0..3 {
        repository.manifest(&tag("1"), &Stop::default()).unwrap();
    }
    let asked = registry.take_asked();
    assert_eq!((tokens(&asked), asked.len()), (3, 7), "only the first request is refused");

    registry.admit(Access::Bearer(TokenService { stated: second * 3600, ..TokenService::default() }));
    repository.manifest(&tag("1"), &Stop::default()).unwrap();
    registry.take_asked();
    registry.revoke_tokens();
    repository.manifest(&tag("1"), &Stop::default()).unwrap();
    assert_eq!(tokens(&registry.take_asked()), 1);
}

#[test]
fn whoever_may_not_read_is_told_without_their_secret() {
    let (registry, _) = with_image();
    let service = TokenService { login: Some(("user".into(), "secret".into())), ..TokenService::default() };
    for access in
        [Access::Bearer(service), Access::Basic { username: "user".into(), password: "secret".into() }]
    {
        registry.admit(access);
        let wrong = Login::password("user", "hunter2");
        let repository = repository(&registry, named(&registry), Some(&wrong));
        let error = repository.manifest(&tag("1"), &Stop::default()).unwrap_err();
        check_text(&error, &["does not let user `user` read `team/app`"]);
        let shown = format!("{error:?} {repository:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVy"), "{shown}");
    }
    let anonymous = repository(&registry, named(&registry), None);
    let error = anonymous.manifest(&tag("1"), &Stop::default()).unwrap_err();
    check_text(&error, &["who does not say who they are", "`[registries.\"HOST\"]`"]);
}

#[test]
fn credentials_are_those_of_the_request_then_of_the_settings_then_of_dockers_file() {
    let (registry, digest) = with_image();
    let access =
        |user: &str| Access::Basic { username: user.to_owned(), password: "secret\u{e9}".to_owned() };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "secret\u{e9}\n").unwrap();
    let one = OneRegistry {
        username: Some("of-settings".to_owned()),
        password_file: Some(file.path().to_owned()),
        ..OneRegistry::default()
    };
    let config = tempfile::NamedTempFile::new().unwrap();
    let auths = format!(
        r#"{{"auths": {{"{}": {{"username": "of-docker", "password": "secret\u00e9"}}}}}}"#,
        registry.host()
    );
    std::fs::write(config.path(), auths).unwrap();
    let docker = RegistrySettings { docker_config: Some(config.path().to_owned()), ..named(&registry) };
    let both = RegistrySettings { docker_config: docker.docker_config.clone(), ..naming(&registry, one) };
    let request = Login::password("of-request", "secret\u{e9}");
    for (user, settings, login) in
        [("of-request", &both, Some(&request)), ("of-settings", &both, None), ("of-docker", &docker, None)]
    {
        registry.admit(access(user));
        let repository = repository(&registry, settings.clone(), login);
        let manifest = repository.manifest(&tag("1"), &Stop::default());
        assert_eq!(manifest.unwrap().digest, digest, "{user}");
    }
}

#[test]
fn a_layer_that_is_cut_is_gone_on_with_where_it_was_cut() {
    let registry = Registry::start();
    let blob = bytes(300_000);
    registry.push_blob(&blob);
    let repository = repository(&registry, named(&registry), None);
    for _ in 0..3 {
        registry.plan("/blobs/", 1, Fault::Cut(70_000));
    }
    assert_eq!(read_all(&repository, &blob, &Stop::default()).unwrap(), blob);
    let ranges: Vec<_> =
        registry.take_asked().iter().map(|asked| asked.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges.len(), 4, "each byte that comes is a new beginning: {ranges:?}");
    assert_eq!(ranges[0], None);
    assert!(ranges[1..].iter().all(Option::is_some), "{ranges:?}");

    registry.plan("/blobs/", 1, Fault::Cut(200_000));
    registry.plan("/blobs/", 1, Fault::NoRanges);
    assert_eq!(read_all(&repository, &blob, &Stop::default()).unwrap(), blob);
    registry.plan("/blobs/", 1, Fault::Cut(200_000));
    registry.plan("/blobs/", 5, Fault::WrongRange);
    let error = read_all(&repository, &blob, &Stop::default()).unwrap_err();
    assert!(matches!(error, Error::OtherPart { .. }), "{error}");
    registry.heal();
    registry.plan("/blobs/", 1, Fault::Cut(10));
    registry.plan("/blobs/", 9, Fault::Cut(0));
    let error = read_all(&repository, &blob, &Stop::default()).unwrap_err();
    assert!(matches!(error, Error::CutShort { .. }), "{error}");
}

#[test]
fn a_registry_that_is_busy_is_asked_again_when_it_says() {
    let (registry, digest) = with_image();
    let repository = repository(&registry, named(&registry), None);
    let second = Some("1".to_owned());
    registry.plan("/manifests/", 1, Fault::Status(503, second.clone()));
    registry.plan("/manifests/", 1, Fault::Status(429, Some("0".to_owned())));
    let begun = Instant::now();
    assert_eq!(repository.manifest(&tag("1"), &Stop::default()).unwrap().digest, digest);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    // More time than is allowed is not waited for.
    registry.plan("/manifests/", 1, Fault::Status(429, Some("3600".to_owned())));
    let error = repository.manifest(&tag("1"), &Stop::default()).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    check_text(&error, &["answers 429", "in 3600 s"]);
    registry.plan("/manifests/", 3, Fault::Status(503, None));
    let error = repository.manifest(&tag("1"), &Stop::default()).unwrap_err();
    assert!(matches!(error, Error::Later { status: 503, .. }), "{error}");
}

#[test]
fn one_that_never_answers_is_given_up_by_a_setting() {
    let registry = Registry::start();
    let blob = bytes(100_000);
    registry.push_blob(&blob);
    let idle_time = Duration::from_millis(300);
    let settings = RegistrySettings { attempts: 2, idle_time, ..named(&registry) };
    let repository = repository(&registry, settings, None);
    registry.plan("/manifests/", 9, Fault::Silent);
    let error = repository.manifest(&tag("1"), &Stop::default()).unwrap_err();
    check_text(&error, &["does not answer", "setting `registries.idle_time`"]);
    registry.plan("/blobs/", 9, Fault::Silent);
    let error = read_all(&repository, &blob, &Stop::default()).unwrap_err();
    check_text(&error, &["setting `registries.idle_time`"]);
    registry.heal();
    registry.plan("/blobs/", 1, Fault::Stall(60_000));
    assert_eq!(read_all(&repository, &blob, &Stop::default()).unwrap(), blob);
}

#[test]
fn one_that_sends_a_layer_by_the_byte_is_given_up_by_a_setting() {
    let registry = Registry::start();
    let blob = bytes(100_000);
    registry.push_blob(&blob);
    let read = |least_rate| {
        let settings =
            RegistrySettings { idle_time: Duration::from_millis(100), least_rate, ..named(&registry) };
        read_all(&repository(&registry, settings, None), &blob, &Stop::default())
    };
    registry.plan("/blobs/", 1, Fault::Drip(10));
    let error = read(1 << 20).unwrap_err();
    check_text(&error, &["too slow", "bytes of a layer", "`registries.least_rate`", "1048576 a second"]);
    registry.heal();
    registry.plan("/blobs/", 1, Fault::Drip(10_000));
    assert_eq!(read(1_000).unwrap(), blob);
}

#[test]
fn whoever_wants_it_no_more_waits_for_nothing() {
    let registry = Registry::start();
    let blob = bytes(100_000);
    registry.push_blob(&blob);
    let settings = RegistrySettings { longest_wait: Duration::from_secs(600), ..named(&registry) };
    let repository = repository(&registry, settings, None);
    let check = |fault: Fault, work: &dyn Fn(&Stop) -> Error| {
        registry.heal();
        registry.plan("/", 9, fault.clone());
        let (stop, begun) = (Stop::default(), Instant::now());
        let error = std::thread::scope(|scope| {
            scope.spawn(|| {
                // As soon as it has been asked.
                while registry.asked().is_empty() {
                    std::thread::yield_now();
                }
                stop.stop();
            });
            work(&stop)
        });
        assert!(matches!(error, Error::Stopped), "{fault:?}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{fault:?}");
        registry.take_asked();
    };
    let manifest = |stop: &Stop| repository.manifest(&tag("1"), stop).unwrap_err();
    let layer = |stop: &Stop| read_all(&repository, &blob, stop).unwrap_err();
    check(Fault::Silent, &manifest);
    check(Fault::Status(503, Some("500".to_owned())), &manifest);
    check(Fault::Silent, &layer);
    check(Fault::Stall(50_000), &layer);
}

#[test]
fn requests_lead_to_internal_addresses_only_where_the_settings_name_them() {
    let (registry, digest) = with_image();
    let reference = Reference::of_repository(&registry.host(), REPOSITORY).unwrap();
    let error = Registries::new(settings()).unwrap().repository(&reference, None).unwrap_err();
    check_text(&error, &[&registry.host(), "internal address", "`[registries.\"HOST\"]`"]);
    let error = Registries::new(settings()).unwrap().catalog(&registry.host(), None, &Stop::default());
    assert!(matches!(error, Err(Error::Internal { .. })));
    let by_hand = Registries::by_hand(settings(), Logins::Anonymous, PlainHttp::Loopback).unwrap();
    let manifest = by_hand.repository(&reference, None).unwrap().manifest(&tag("1"), &Stop::default());
    assert_eq!(manifest.unwrap().digest, digest);

    let other = Registry::start();
    other.push_blob(b"blob");
    let at = other.at(&format!("/v2/x/blobs/{}", Digest::of(b"blob")));
    let blob = |settings| {
        registry.plan("/blobs/", 1, Fault::Redirect(at.clone()));
        repository(&registry, settings, None).document(&Digest::of(b"blob"), 4, &Stop::default())
    };
    assert!(matches!(blob(named(&registry)), Err(Error::Redirect { .. })));
    assert!(other.asked().is_empty());
    let one = OneRegistry { hosts: vec![other.host()], ..OneRegistry::default() };
    assert_eq!(blob(naming(&registry, one)).unwrap(), b"blob");
}

#[test]
fn a_registry_leads_to_no_internal_host_that_is_named_for_another() {
    let (registry, other) = (Registry::start(), Registry::start());
    registry.push_blob(b"blob");
    other.push_blob(b"blob");
    // The name of the last one is seen to be internal only when it is resolved.
    let port = other.host().split_once(':').map(|(_, port)| port.to_owned()).unwrap();
    let path = format!("/v2/x/blobs/{}", Digest::of(b"blob"));
    let plain = OneRegistry { plain_http: Some(true), ..OneRegistry::default() };
    for host in [other.host(), format!("127.1:{port}")] {
        let elsewhere = OneRegistry { hosts: vec!["10.0.0.1".to_owned(), host.clone()], ..plain.clone() };
        let each = [(registry.host(), OneRegistry::default()), (host.clone(), plain.clone())];
        let mut each = BTreeMap::from(each);
        each.insert("b.example".to_owned(), elsewhere);
        let read = |each: BTreeMap<String, OneRegistry>| {
            registry.plan("/blobs/", 1, Fault::Redirect(format!("http://{host}{path}")));
            let repository = repository(&registry, RegistrySettings { each, ..settings() }, None);
            let read = repository.document(&Digest::of(b"blob"), 4, &Stop::default());
            registry.heal();
            read
        };
        read(each.clone()).unwrap_err();
        assert!(other.take_asked().is_empty(), "{host} was asked");

        // Mirrors lead where the registry may.
        let mirrors = vec![format!("http://{}", registry.host())];
        let of_mirror = OneRegistry { mirrors, hosts: vec![host.clone()], ..OneRegistry::default() };
        each.insert("a.example".to_owned(), of_mirror);
        read(each.clone()).unwrap_err();
        let reference = Reference::of_repository("a.example", REPOSITORY).unwrap();
        let registries = Registries::new(RegistrySettings { each: each.clone(), ..settings() }).unwrap();
        registry.plan("/blobs/", 1, Fault::Redirect(format!("http://{host}{path}")));
        let mirrored = registries.repository(&reference, None).unwrap();
        assert_eq!(mirrored.document(&Digest::of(b"blob"), 4, &Stop::default()).unwrap(), b"blob");

        other.take_asked();
        registry.plan("/blobs/", 1, Fault::Realm(format!("http://{host}/token")));
        let repository = repository(&registry, RegistrySettings { each: each.clone(), ..settings() }, None);
        repository.document(&Digest::of(b"blob"), 4, &Stop::default()).unwrap_err();
        assert!(other.take_asked().is_empty(), "{host} was asked for a token");
        registry.heal();

        let own = OneRegistry { hosts: vec![host.clone()], ..OneRegistry::default() };
        each.insert(registry.host(), own);
        assert_eq!(read(each).unwrap(), b"blob");
        other.take_asked();
    }
}

#[test]
fn a_registry_that_leads_to_no_address_or_a_forbidden_one_is_at_fault() {
    let registry = Registry::start();
    registry.push_blob(b"blob");
    let check = |fault: Fault, expected: &str| {
        registry.plan("/blobs/", 1, fault);
        let repository = repository(&registry, named(&registry), None);
        let error = repository.document(&Digest::of(b"blob"), 4, &Stop::default()).unwrap_err();
        registry.heal();
        assert!(error.is_of_source(), "{error}");
        check_text(&error, &[&format!("{}/v2/", registry.host()), "sends on to", expected]);
    };
    for at in [
        ("file:///etc/passwd", "`file:///etc/passwd`, which is no address to fetch from"),
        ("https://user@a.example/", "which is no address to fetch from: it holds credentials"),
        ("http://10.0.0.1/x", "`http://10.0.0.1/x`, which is an internal address"),
        ("https://localhost/x", "an internal address"),
        // Seen to be internal when it is resolved.
        ("https://127.1:9/x", "an internal address"),
        ("http://93.184.216.34/x", "which is plain HTTP"),
    ] {
        let (to, expected) = at;
        check(Fault::Redirect(to.to_owned()), expected);
        check(Fault::Realm(to.to_owned()), expected);
    }
}

#[test]
fn what_is_shown_to_a_registry_does_not_follow_to_its_storage() {
    let (registry, storage) = (Registry::start(), Registry::start());
    storage.push_blob(b"blob");
    registry.push_blob(b"blob");
    registry.admit(Access::Basic { username: "user".into(), password: "secret".into() });
    let at = storage.at(&format!("/v2/x/blobs/{}", Digest::of(b"blob")));
    let one = OneRegistry { hosts: vec![storage.host()], ..OneRegistry::default() };
    let repository = repository(&registry, naming(&registry, one), Some(&Login::password("user", "secret")));
    registry.plan("/blobs/", 2, Fault::Redirect(at));
    // Whoever is not let in is not sent on.
    registry.heal();
    repository.document(&Digest::of(b"blob"), 4, &Stop::default()).unwrap();
    registry.plan("/blobs/", 1, Fault::Redirect(storage.at(&format!("/v2/x/blobs/{}", Digest::of(b"blob")))));
    assert_eq!(repository.document(&Digest::of(b"blob"), 4, &Stop::default()).unwrap(), b"blob");
    assert_eq!(storage.asked()[0].header("authorization"), None);
}

#[test]
fn lists_come_in_pages() {
    let registry = Registry::start();
    registry.list_in_pages(3);
    for at in 0..10 {
        registry.tag(REPOSITORY, &format!("t{at}"), "sha256:0");
        registry.tag(&format!("team/r{at}"), "t", "sha256:0");
    }
    registry.tag(REPOSITORY, "not a tag", "sha256:0");
    let registries = Registries::new(named(&registry)).unwrap();
    let tags = repository(&registry, named(&registry), None).tags(&Stop::default()).unwrap();
    assert_eq!(tags.names, (0..10).map(|at| format!("t{at}")).collect::<Vec<_>>());
    assert_eq!(tags.unusable, 1);
    let catalog = registries.catalog(&registry.host(), None, &Stop::default()).unwrap();
    assert_eq!((catalog.names.len(), catalog.unusable), (11, 0));
    registry.plan("n=1000", 1, Fault::Status(400, None));
    assert_eq!(registries.catalog(&registry.host(), None, &Stop::default()).unwrap(), catalog);
    registry.admit(Access::Bearer(TokenService::default()));
    assert_eq!(registries.catalog(&registry.host(), None, &Stop::default()).unwrap(), catalog);
}

#[test]
fn a_list_that_does_not_end_is_an_error_that_names_the_setting() {
    let registry = Registry::start();
    for at in 0..10 {
        registry.tag(REPOSITORY, &format!("t{at}"), "sha256:0");
    }
    registry.list_in_pages(1);
    let list = |settings: RegistrySettings| {
        registry.take_asked();
        repository(&registry, settings, None).tags(&Stop::default()).unwrap_err()
    };
    let error = list(RegistrySettings { pages: 4, ..named(&registry) });
    check_text(&error, &["is over 4 pages", "setting `registries.pages`"]);
    assert_eq!(registry.asked().len(), 4);
    let error = list(RegistrySettings { names: 5, ..named(&registry) });
    check_text(&error, &["is over 5 names", "setting `registries.names`"]);
    registry.plan("last=t3", 9, Fault::Link(format!("/v2/{REPOSITORY}/tags/list?n=1&last=t1&x")));
    registry.plan("last=t1&x", 9, Fault::Link(format!("/v2/{REPOSITORY}/tags/list?n=1&last=t1&x")));
    let error = list(named(&registry));
    check_text(&error, &["does not end", "`registries.pages`"]);
    registry.heal();
    // The host that a link names does not count.
    registry.plan(
        "list?n=1000",
        1,
        Fault::Link(format!("https://10.0.0.1/v2/{REPOSITORY}/tags/list?last=t8")),
    );
    assert_eq!(
        repository(&registry, named(&registry), None).tags(&Stop::default()).unwrap().names,
        ["t0", "t9"]
    );
}

#[test]
fn mirrors_are_asked_first_and_what_they_lack_of_the_registry() {
    let (registry, digest) = with_image();
    let mirror = Registry::start();
    mirror.push_tagged("hub/team/app", "1", &TestImage::plain(&[b"tar"]));
    let blob = bytes(100_000);
    registry.push_blob(&blob);
    mirror.push_blob(&blob);
    let mirrors = vec!["127.0.0.1:1".to_owned(), format!("http://{}/hub", mirror.host())];
    let one = OneRegistry { mirrors, ..OneRegistry::default() };
    let settings = RegistrySettings { attempts: 1, ..naming(&registry, one) };
    let login = Login::password("user", "for the registry only");
    let repository = repository(&registry, settings, Some(&login));
    assert_eq!(repository.manifest(&tag("1"), &Stop::default()).unwrap().digest, digest);
    assert!(registry.take_asked().is_empty());

    // One that ends in mid-layer, and one that lies.
    mirror.plan("/blobs/", 1, Fault::Cut(40_000));
    mirror.plan("/blobs/", 9, Fault::Status(500, None));
    assert_eq!(read_all(&repository, &blob, &Stop::default()).unwrap(), blob);
    assert!(registry.take_asked()[0].header("range").is_some());
    mirror.heal();
    mirror.plan("/manifests/", 9, Fault::Lie(b"{}".to_vec()));
    assert_eq!(repository.manifest(&digest.into(), &Stop::default()).unwrap().digest, digest);
    mirror.admit(Access::Basic { username: "user".into(), password: "x".into() });
    assert_eq!(repository.manifest(&tag("1"), &Stop::default()).unwrap().digest, digest);
    let shown = mirror.asked().iter().any(|asked| asked.header("authorization").is_some());
    assert!(!shown, "a mirror is shown what the registry was to be shown");
}

#[test]
fn what_is_too_large_or_of_another_size_is_refused() {
    let registry = Registry::start();
    let blob = bytes(10_000);
    registry.push_blob(&blob);
    let check = |settings, size, expected: &[&str]| {
        let repository = repository(&registry, settings, None);
        let read = repository.blob(&Digest::of(&blob), size, &Stop::default());
        check_text(&read.unwrap_err(), expected);
    };
    let small = RegistrySettings { layer_bytes: 9_999, ..named(&registry) };
    check(small, 10_000, &["over 9999 bytes (it is 10000)", "`registries.layer_bytes`"]);
    check(named(&registry), 9_999, &["is longer than the 9999 bytes"]);
    check(named(&registry), 10_001, &["is shorter than the 10001 bytes"]);
    let (digest, small) = (Digest::of(&blob), RegistrySettings { manifest_bytes: 9_999, ..named(&registry) });
    let error = repository(&registry, small, None).document(&digest, 10_000, &Stop::default()).unwrap_err();
    check_text(&error, &["`registries.manifest_bytes`"]);
}

#[test]
fn an_address_of_a_layer_is_asked_with_its_headers() {
    let registry = Registry::start();
    let blob = bytes(100_000);
    let path = format!("/v2/x/blobs/{}", registry.push_blob(&blob));
    let registries = Registries::new(named(&registry)).unwrap();
    let headers = |name: &str| BTreeMap::from([(name.to_owned(), "secret".to_owned())]);
    registry.plan("/blobs/", 1, Fault::Cut(10_000));
    let address = registry.at(&format!("{path}?key=hidden"));
    let mut stream = registries.address(&address, &headers("Authorization"), &Stop::default()).unwrap();
    let mut read = Vec::new();
    stream.read_to_end(&mut read).unwrap();
    assert_eq!(read, blob);
    assert!(registry.take_asked().iter().all(|asked| asked.header("authorization") == Some("secret")));
    for name in ["Host", "transfer-encoding", "Range", "a b"] {
        let error = registries.address(&address, &headers(name), &Stop::default()).unwrap_err();
        check_text(&error, &[name, "is not sent"]);
    }
    registry.plan("/blobs/", 1, Fault::Status(403, None));
    let error = registries.address(&address, &BTreeMap::new(), &Stop::default()).unwrap_err();
    check_text(&error, &["answers 403"]);
    assert!(!format!("{error} {error:?}").contains("hidden"));
    let error = Registries::new(settings()).unwrap().address(&address, &BTreeMap::new(), &Stop::default());
    assert!(matches!(error, Err(Error::Internal { .. })));
}

#[test]
fn a_setting_that_cannot_be_used_is_named() {
    let check = |one: OneRegistry, expected: &[&str]| {
        let each = BTreeMap::from([("r.example".to_owned(), one)]);
        let error = Registries::new(RegistrySettings { each, ..settings() }).unwrap_err();
        check_text(&error, expected);
    };
    let none = OneRegistry::default;
    let nowhere = || Some("/nowhere/x.pem".into());
    check(OneRegistry { ca: nowhere(), ..none() }, &["`registries.\"r.example\".ca`", "/nowhere/x.pem"]);
    check(OneRegistry { mirrors: vec!["a b".to_owned()], ..none() }, &[".mirrors`", "a b"]);
    check(OneRegistry { username: Some("u".to_owned()), ..none() }, &[".username`", "together"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let here = || Some(file.path().to_owned());
    check(OneRegistry { ca: here(), ..none() }, &["no certificate of an authority"]);
    check(OneRegistry { client_key: here(), ..none() }, &["are stated together"]);
    check(
        OneRegistry { client_certificate: here(), client_key: here(), ..none() },
        &["no certificate of a client"],
    );
}

#[test]
fn secrets_of_settings_are_not_shown() {
    let one = OneRegistry {
        username: Some("user".to_owned()),
        password: Some(Secret::new("hunter2")),
        token: Some(Secret::new("hunter2")),
        ..OneRegistry::default()
    };
    let shown = format!("{one:?} {}", serde_json::to_string(&one).unwrap());
    assert!(shown.contains("user") && !shown.contains("hunter2"), "{shown}");
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        (0..40_000_usize).prop_map(Fault::Cut),
        (0..4_u64)
            .prop_map(|status| Fault::Status([429, 503, 500, 404][status as usize], Some("0".to_owned()))),
        Just(Fault::NoRanges),
        Just(Fault::WrongRange),
        (0..40_000_usize).prop_map(|length| Fault::Lie(bytes(length))),
        (0..40_000_usize).prop_map(Fault::Stall),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever goes wrong, what comes is the layer, or an error.
    #[test]
    fn what_comes_is_right_or_an_error(faults in proptest::collection::vec(fault(), 0..5), length in 0..40_000_usize) {
        let registry = Registry::start();
        // Other bytes than those of a lie.
        let blob: Vec<u8> = bytes(length).iter().map(|byte| !byte).collect();
        registry.push_blob(&blob);
        for fault in &faults {
            registry.plan("/blobs/", 1, fault.clone());
        }
        let settings = RegistrySettings { idle_time: Duration::from_millis(50), ..named(&registry) };
        let repository = repository(&registry, settings, None);
        let is_lie = faults.iter().any(|fault| matches!(fault, Fault::Lie(_)));
        if let Ok(read) = repository.document(&Digest::of(&blob), length as u64, &Stop::default()) {
            prop_assert_eq!(&read, &blob);
        }
        registry.heal();
        for fault in &faults {
            registry.plan("/blobs/", 1, fault.clone());
        }
        if let Ok(read) = read_all(&repository, &blob, &Stop::default()) {
            prop_assert_eq!(read.len(), blob.len());
            prop_assert!(is_lie || read == blob);
        }
    }
}

/// A registry with an image to which so many artifacts refer, and the digests of both.
fn with_referrers(count: usize) -> (Registry, Digest, Vec<Digest>) {
    let registry = Registry::start();
    let image = registry.push(REPOSITORY, &TestImage::plain(&[b"tar"]));
    let refer = |number: usize| {
        let (content, annotations) = (number.to_string(), serde_json::json!({"number": number.to_string()}));
        let blob = ("application/x", content.as_bytes(), annotations);
        let artifact = registry.push_artifact(REPOSITORY, "application/vnd.x", blob, &image);
        artifact["digest"].as_str().unwrap().parse().unwrap()
    };
    let mut referrers: Vec<Digest> = (0..count).map(refer).collect();
    referrers.sort();
    (registry, image["digest"].as_str().unwrap().parse().unwrap(), referrers)
}

fn referrers(registry: &Registry, of: &Digest, most: u64) -> Result<Vec<Referrer>, Error> {
    repository(registry, named(registry), None).referrers(of, most, "attached.referrers", &Stop::default())
}

fn digests(referrers: &[Referrer]) -> Vec<Digest> {
    let mut digests: Vec<_> = referrers.iter().map(|referrer| referrer.digest).collect();
    digests.sort();
    digests
}

#[test]
fn all_that_refers_to_a_manifest_is_listed_page_by_page() {
    let (registry, image, expected) = with_referrers(5);
    registry.list_referrers();
    registry.list_in_pages(2);
    let found = referrers(&registry, &image, 5).unwrap();
    assert_eq!(digests(&found), expected);
    assert!(found.iter().all(|it| it.artifact_type == "application/vnd.x"));
    let numbers: std::collections::BTreeSet<_> = found.iter().map(|it| &it.annotations["number"]).collect();
    assert_eq!(numbers.len(), 5);
    let pages = registry.take_asked().iter().filter(|asked| asked.path.contains("/referrers/")).count();
    assert_eq!(pages, 3);
    assert_eq!(referrers(&registry, &Digest::of(b"other"), 5).unwrap(), []);
    check_text(&referrers(&registry, &image, 4).unwrap_err(), &["over 4 referrers", "`attached.referrers`"]);
    registry.plan("/referrers/", 9, Fault::Link(format!("/v2/{REPOSITORY}/referrers/{image}")));
    check_text(&referrers(&registry, &image, 99).unwrap_err(), &["does not end"]);
}

#[test]
fn a_registry_without_the_api_is_asked_for_the_tag_of_its_referrers() {
    let (registry, image, expected) = with_referrers(2);
    assert_eq!(referrers(&registry, &image, 5).unwrap(), [], "there is neither");
    let list = expected.iter().map(|digest| serde_json::json!({"digest": digest.to_string(), "size": 1}));
    let mut list: Vec<_> = list.collect();
    // What cannot be read, and what is there twice, is left out.
    list.extend([serde_json::json!({"digest": "sha512:00"}), list[0].clone()]);
    let index = registry.push_index(REPOSITORY, media_types::INDEX, &list);
    registry.tag(REPOSITORY, &format!("sha256-{}", image.hex()), index["digest"].as_str().unwrap());
    assert_eq!(digests(&referrers(&registry, &image, 2).unwrap()), expected);
    check_text(&referrers(&registry, &image, 1).unwrap_err(), &["over 1 referrers"]);
    for status in [400, 405, 501] {
        registry.plan("/referrers/", 1, Fault::Status(status, None));
        assert_eq!(digests(&referrers(&registry, &image, 2).unwrap()), expected, "{status}");
    }
    registry.plan("/referrers/", 9, Fault::Status(500, None));
    check_text(&referrers(&registry, &image, 2).unwrap_err(), &["answers 500"]);
    registry.heal();
    registry.list_referrers();
    registry.plan("/referrers/", 1, Fault::Lie(b"<html>".to_vec()));
    check_text(&referrers(&registry, &image, 2).unwrap_err(), &["it is no index"]);
}

#[test]
fn an_attachment_is_bounded_by_the_limit_that_is_given() {
    let (registry, ..) = with_referrers(0);
    registry.push_blob(b"document");
    let repository = repository(&registry, named(&registry), None);
    let fetch = |most, size| {
        repository.attachment(
            &Digest::of(b"document"),
            size,
            (most, "attached.document_bytes"),
            &Stop::default(),
        )
    };
    assert_eq!(fetch(8, 8).unwrap(), b"document");
    check_text(&fetch(7, 8).unwrap_err(), &["over 7 bytes", "`attached.document_bytes`"]);
    assert!(fetch(8, 7).is_err());
}
