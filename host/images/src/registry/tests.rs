use std::io::Read;

use limpid_fetch::{Logins, PlainHttp, RegistrySettings};
use limpid_test_archives::{Layout, Tar, gzip};
use limpid_test_registry::{Asked, Fault, Registry, TestImage, digest, media_types};
use serde_json::{Value, json};

use super::*;
use crate::{Archive, Fault as Blame};

const REPOSITORY: &str = "team/app";

fn registries() -> Registries {
    let settings = RegistrySettings { attempts: 1, ..RegistrySettings::default() };
    Registries::by_hand(settings, Logins::Anonymous, PlainHttp::Loopback).unwrap()
}

fn source(registry: &Registry, version: &str, platforms: &[&str]) -> RegistryImages {
    let reference = format!("{}/{REPOSITORY}{version}", registry.host());
    let platforms = match platforms {
        [] => Platforms::All,
        some => Platforms::Only(some.iter().map(|text| text.parse().unwrap()).collect()),
    };
    let reference = ImageReference { reference, platforms };
    RegistryImages::new(&registries(), reference, None, &Limits::default()).unwrap()
}

fn images(registry: &Registry, version: &str, platforms: &[&str]) -> Result<Vec<FoundImage>, Error> {
    source(registry, version, platforms).images(&Stop::default())
}

fn tar(content: &str) -> Vec<u8> {
    Tar::default().file("a", content.as_bytes()).end()
}

fn image(content: &str) -> TestImage {
    TestImage::plain(&[&tar(content)])
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

/// A registry with an index of two platforms in one of a third, which is tag `1`; the digests of all three
/// manifests and of the inner index.
fn with_index(media_type: &str) -> (Registry, [String; 3], String) {
    let registry = Registry::start();
    let (one, two, three) = (
        registry.push(REPOSITORY, &image("1")),
        registry.push(REPOSITORY, &image("2").on("arm64/v8")),
        registry.push(REPOSITORY, &image("3").on("s390x")),
    );
    let inner = registry.push_index(REPOSITORY, media_type, &[two.clone(), three.clone()]);
    let outer = registry.push_index(REPOSITORY, media_type, &[one.clone(), inner.clone()]);
    registry.tag(REPOSITORY, "1", text(&outer, "digest"));
    let digests = [&one, &two, &three].map(|descriptor| text(descriptor, "digest").to_owned());
    (registry, digests, text(&inner, "digest").to_owned())
}

#[test]
fn an_image_is_named_as_docker_completes_its_reference() {
    let registry = Registry::start();
    let digest = registry.push_tagged(REPOSITORY, "latest", &image("1"));
    let (by_digest, by_both) = (format!("@{digest}"), format!(":other@{digest}"));
    // Where a tag points, whoever names a digest does not say.
    let versions =
        [("", ":latest"), (":latest", ":latest"), (&by_digest, &by_digest), (&by_both, &by_digest)];
    for (version, completed) in versions {
        let found = images(&registry, version, &[]).unwrap();
        let [found] = found.as_slice() else { panic!("{version}: {} images", found.len()) };
        assert_eq!(found.image.names, [format!("{}/{REPOSITORY}{completed}", registry.host())]);
        assert_eq!(found.image.manifests, [digest.parse().unwrap()]);
        assert_eq!(found.image.layers[0].created_by.as_deref(), Some("step 0"));
        assert_eq!(found.image.platform.to_string(), "linux/amd64");
    }
    for (naming, expected) in [(Naming::Tag, Some(":other")), (Naming::Known, None)] {
        let found = source(&registry, &by_both, &[]).called(naming).images(&Stop::default()).unwrap();
        let expected = expected.map(|version| format!("{}/{REPOSITORY}{version}", registry.host()));
        assert_eq!(found[0].image.names, expected.as_slice());
    }
}

#[test]
fn nothing_of_a_layer_is_fetched_before_it_is_opened() {
    let registry = Registry::start();
    registry.push_tagged(REPOSITORY, "1", &image("1"));
    let source = source(&registry, ":1", &[]);
    let found = source.images(&Stop::default()).unwrap();
    let layer = &found[0].layers[0];
    let is_layer = |asked: &Asked| asked.path.ends_with(&layer.digest.unwrap().to_string());
    assert!(!registry.asked().iter().any(is_layer));
    let Content::Stream(mut stream) = source.open(layer, &Stop::default()).unwrap() else { panic!() };
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, tar("1"));
    assert_eq!(registry.asked().iter().filter(|asked| is_layer(asked)).count(), 1);
}

#[test]
fn indexes_lead_to_the_platforms_that_are_meant() {
    for media_type in [media_types::INDEX, media_types::LIST] {
        let (registry, [one, two, three], inner) = with_index(media_type);
        let check = |platforms: &[&str], expected: &[&[&str]]| {
            let found = images(&registry, ":1", platforms).unwrap();
            let found: Vec<Vec<String>> = found
                .iter()
                .map(|found| found.image.manifests.iter().map(ToString::to_string).collect())
                .collect();
            assert_eq!(found, expected, "{platforms:?}");
        };
        let (one, two, three) = (one.as_str(), two.as_str(), three.as_str());
        check(&[], &[&[one], &[two], &[three]]);
        check(&["linux/amd64", "linux/s390x"], &[&[one], &[three]]);
        registry.take_asked();
        check(&["linux/arm64"], &[&[two]]);
        let asked = registry.take_asked();
        assert!(!asked.iter().any(|asked| asked.path.ends_with(one) || asked.path.ends_with(three)));
        assert!(asked.iter().any(|asked| asked.path.ends_with(&inner)));
        let error = images(&registry, ":1", &["linux/arm64/v7", "windows/amd64"]).unwrap_err();
        let (text, blame) = (error.to_string(), error.fault());
        assert!(text.contains("no image for linux/arm64/v7, windows/amd64: there are"), "{text}");
        assert!(text.contains("linux/amd64, linux/arm64/v8, linux/s390x"), "{text}");
        assert_eq!(blame, Blame::Input);
    }
}

#[test]
fn an_index_of_one_image_is_another_name_of_it() {
    let registry = Registry::start();
    let only = registry.push(REPOSITORY, &image("1"));
    let index = registry.push_index(REPOSITORY, media_types::INDEX, std::slice::from_ref(&only));
    registry.tag(REPOSITORY, "1", text(&index, "digest"));
    let found = images(&registry, ":1", &[]).unwrap();
    let manifests: Vec<_> = found[0].image.manifests.iter().map(ToString::to_string).collect();
    assert_eq!(manifests, [text(&only, "digest"), text(&index, "digest")]);
}

#[test]
fn the_platform_of_an_image_without_an_index_is_that_of_its_configuration() {
    let registry = Registry::start();
    registry.push_tagged(REPOSITORY, "1", &image("1").on("arm64/v8"));
    assert_eq!(images(&registry, ":1", &["linux/arm64"]).unwrap().len(), 1);
    assert!(matches!(images(&registry, ":1", &["linux/amd64"]), Err(Error::OtherPlatforms { .. })));
}

#[test]
fn what_is_kept_beside_images_is_left_out() {
    let registry = Registry::start();
    let good = registry.push(REPOSITORY, &image("1"));
    let mut attestation = registry.push(REPOSITORY, &image("2"));
    attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    let config = registry.describe("application/vnd.oci.empty.v1+json", b"{}");
    let signature = json!({"schemaVersion": 2, "artifactType": "application/signature", "config": config,
        "layers": [registry.describe("application/signature", b"s")]});
    let signature = registry.push_document(REPOSITORY, media_types::MANIFEST, &signature);
    let absent = json!({"mediaType": media_types::MANIFEST, "digest": digest(b"absent"), "size": 6});
    let index =
        registry.push_index(REPOSITORY, media_types::INDEX, &[attestation, signature.clone(), absent, good]);
    registry.tag(REPOSITORY, "1", text(&index, "digest"));
    assert_eq!(images(&registry, ":1", &[]).unwrap().len(), 1);

    registry.tag(REPOSITORY, "sig", text(&signature, "digest"));
    let error = images(&registry, ":sig", &[]).unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("team/app:sig`") && shown.contains("leads to no image"), "{shown}");
    let empty = registry.push_index(REPOSITORY, media_types::INDEX, &[]);
    registry.tag(REPOSITORY, "empty", text(&empty, "digest"));
    assert!(images(&registry, ":empty", &[]).unwrap_err().to_string().contains("its index is empty"));
}

#[test]
fn an_error_says_whose_fault_it_is() {
    let registry = Registry::start();
    let good = registry.push_tagged(REPOSITORY, "1", &image("1"));
    let check = |version: &str, blame: Blame, expected: &str| {
        let error = images(&registry, version, &[]).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.fault(), blame, "{error}");
    };
    check(":2", Blame::Input, "is missing: `http://");
    registry.plan("/manifests/", 1, Fault::Lie(b"{}".to_vec()));
    check(&format!("@{good}"), Blame::Input, "its digest is");
    registry.plan("/blobs/", 1, Fault::Lie(b"{}".to_vec()));
    check(":1", Blame::Input, "shorter than");
    registry.plan("/manifests/", 1, Fault::Status(503, None));
    check(":1", Blame::Source, "answers 503");
    registry.plan("/blobs/", 1, Fault::Cut(3));
    check(":1", Blame::Source, "was cut short");
    registry.plan("/manifests/", 1, Fault::Status(403, None));
    check(":1", Blame::Input, "does not let");
    let old = registry.push_manifest(REPOSITORY, "text/plain", br#"{"schemaVersion": 1, "fsLayers": []}"#);
    registry.tag(REPOSITORY, "old", &old);
    check(":old", Blame::Input, "schema 1");
    let stop = Stop::default();
    stop.stop();
    let error = source(&registry, ":1", &[]).images(&stop).unwrap_err();
    assert_eq!(error.fault(), Blame::Host, "{error}");
}

#[test]
fn nested_indexes_are_bounded() {
    let registry = Registry::start();
    let mut descriptor = registry.push(REPOSITORY, &image("1"));
    for _ in 0..5 {
        descriptor = registry.push_index(REPOSITORY, media_types::INDEX, &[descriptor]);
    }
    registry.tag(REPOSITORY, "1", text(&descriptor, "digest"));
    let error = images(&registry, ":1", &[]).unwrap_err().to_string();
    assert!(error.contains("`layers.index_depth`") || error.contains("index_depth"), "{error}");
}

#[test]
fn the_same_image_is_the_same_from_a_registry_and_from_an_archive() {
    let (tar, scratch) = (tar("1"), tempfile::tempdir().unwrap());
    let media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    let stored = gzip(&tar);
    let layers = vec![(media_type.to_owned(), stored.clone(), tar)];
    let pushed = TestImage { layers, ..image("1") };
    let registry = Registry::start();
    registry.push_tagged(REPOSITORY, "1", &pushed);
    let remote = images(&registry, ":1", &[]).unwrap();

    let mut layout = Layout::default();
    let layer = layout.blob(media_type, &stored);
    let manifest = layout.manifest(&pushed.configuration(), &[layer]);
    let path = scratch.path().join("image.tar");
    std::fs::write(&path, layout.tar(&[manifest])).unwrap();
    let archive = Archive::open(&path, scratch.path(), &Limits::default()).unwrap();
    let local = archive.images(&Stop::default()).unwrap();
    let id = |found: &[FoundImage]| (found[0].image.id, found[0].image.layers.clone());
    assert_eq!(id(&remote), id(&local));
    assert_eq!(remote[0].layers[0].digest, local[0].layers[0].digest);
}

#[test]
fn a_layer_that_nobody_can_read_costs_only_itself() {
    let registry = Registry::start();
    let mut foreign = image("1");
    foreign.layers[0].0 = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip".to_owned();
    registry.push_tagged(REPOSITORY, "1", &foreign);
    let source = source(&registry, ":1", &[]);
    let found = source.images(&Stop::default()).unwrap();
    registry.plan("/blobs/", 1, Fault::Status(404, None));
    let opened = source.open(&found[0].layers[0], &Stop::default()).unwrap();
    assert!(matches!(opened, Content::Unreadable(_)), "{opened:?}");

    let mut encrypted = image("1");
    encrypted.layers[0].0 = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted".to_owned();
    registry.push_tagged(REPOSITORY, "2", &encrypted);
    let found = images(&registry, ":2", &[]).unwrap();
    assert!(found[0].layers[0].location.is_unreadable());
}
