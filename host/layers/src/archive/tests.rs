use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::*;
use crate::test_support::{
    Layout, Tar, configuration, docker_archive, docker_archive_of, file, gzip, open, path, read_first,
    scratch, zstd,
};

const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";
const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

fn layer(content: &str) -> Vec<u8> {
    Tar::default().file("a", content.as_bytes()).end()
}

fn images(archive: &[u8]) -> Result<Vec<ImageSource>, Error> {
    open(archive)?.images()
}

#[track_caller]
fn check_error(archive: &[u8], expected: &str) -> Error {
    let error = images(archive).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(expected), "{text}");
    error
}

/// A layout of one image with one plain layer, and its manifest.
fn simple() -> (Layout, Value) {
    let mut layout = Layout::default();
    let tar = layer("1");
    let image = layout.image(&[(PLAIN, &tar, &tar)]);
    (layout, image)
}

fn digest_of(descriptor: &Value) -> String {
    descriptor["digest"].as_str().unwrap().to_owned()
}

/// A layout without the blob of a descriptor.
fn without(mut layout: Layout, descriptor: &Value) -> Layout {
    let hex = digest_of(descriptor).replace("sha256:", "");
    layout.0.retain(|(name, _)| !name.contains(&hex));
    layout
}

#[test]
fn what_is_no_archive_is_said_to_be_none() {
    let check = |bytes: &[u8], expected: &str| {
        let error = check_error(bytes, expected);
        assert!(matches!(error, Error::NotAnImage(_) | Error::Unsupported { .. }), "{error}");
    };
    check(b"", "it is empty");
    check(b"hello", "it is not a tar");
    check(&[b'x'; 5000], "it is not a tar: not a tar header: the checksum is wrong");
    check(&gzip(b"hello"), "it is not a tar");
    check(&layer("1"), "neither `index.json` nor `manifest.json`");
    check(b"\xfd7zXZ\0\0\0", "compressed by xz");
    check(&Tar::default().file("manifest.json", b"[]").end(), "names no image");
}

#[test]
fn a_truncated_archive_is_damaged_at_its_end() {
    let archive = docker_archive(&[&layer("1")]);
    let error =
        check_error(&archive[..700], "the archive is damaged at byte 700: the tar ends within an entry");
    assert!(matches!(error, Error::Damaged { offset: 700, .. }));
    check_error(&gzip(&archive)[..200], "the gzip stream ends early");
    check_error(&zstd(&archive)[..200], "the zstd stream ends early");
}

#[test]
fn docker_archives_tell_images_names_and_history() {
    let (lower, upper) = (layer("1"), layer("2"));
    let mut configuration = configuration(&[&lower, &upper]);
    configuration["history"] = json!([
        {"created_by": "ADD file"}, {"created_by": "CMD sh", "empty_layer": true}, {"created_by": "RUN x"},
    ]);
    let archive = docker_archive_of(&configuration, &[&lower, &upper]);
    for archive in [archive.clone(), gzip(&archive), zstd(&archive)] {
        let [source] = images(&archive).unwrap().try_into().unwrap();
        let image = &source.image;
        assert_eq!(image.id, Digest::of(configuration.to_string().as_bytes()));
        assert_eq!(image.names, ["example.test/a:1"]);
        assert_eq!((image.platform.os.as_str(), image.platform.architecture.as_str()), ("linux", "amd64"));
        assert_eq!(image.labels, [("a".to_owned(), "b".to_owned())]);
        assert_eq!(image.created.as_deref(), Some("2026-01-02T03:04:05Z"));
        let commands: Vec<_> = image.layers.iter().map(|layer| layer.created_by.as_deref()).collect();
        assert_eq!(commands, [Some("ADD file"), Some("RUN x")]);
        let diff_ids: Vec<_> = source.layers.iter().map(|layer| layer.diff_id).collect();
        assert_eq!(diff_ids, [Digest::of(&lower), Digest::of(&upper)]);
        assert_eq!(source.layers[0].size, lower.len() as u64);
    }
}

#[test]
fn history_that_does_not_fit_the_layers_tells_nothing() {
    let tar = layer("1");
    let mut configuration = configuration(&[&tar]);
    configuration["history"] = json!([{"created_by": "a"}, {"created_by": "b"}]);
    let source = images(&docker_archive_of(&configuration, &[&tar])).unwrap().remove(0);
    assert_eq!(source.image.layers[0].created_by, None);
}

#[test]
fn an_empty_image_has_no_layers() {
    let source = images(&docker_archive(&[])).unwrap().remove(0);
    assert!(source.image.layers.is_empty() && source.layers.is_empty());
    let mut layout = Layout::default();
    let image = layout.image(&[]);
    assert!(images(&layout.tar(&[image])).unwrap()[0].layers.is_empty());
}

#[test]
fn links_between_members_lead_to_layers() {
    let tar = layer("1");
    let configuration = configuration(&[&tar, &tar, &tar]).to_string();
    let names = ["first/layer.tar", "second/layer.tar", "third.tar"];
    let manifest = json!([{"Config": "config.json", "RepoTags": null, "Layers": names}]).to_string();
    let archive = Tar::default()
        .symlink("first/layer.tar", "../second/layer.tar")
        .file("second/layer.tar", &tar)
        .hard_link("third.tar", "first/layer.tar")
        .file("config.json", configuration.as_bytes())
        .file("manifest.json", manifest.as_bytes())
        .end();
    let archive = open(&archive).unwrap();
    assert_eq!(archive.images().unwrap()[0].layers.len(), 3);
    let (_, shown) = read_first(&archive, &[path("a")], &Limits::default()).unwrap();
    assert_eq!(shown.files(), [("a", "1")]);
}

#[test]
fn links_out_of_the_archive_or_in_circles_lead_nowhere() {
    let config = configuration(&[&layer("1")]).to_string();
    let check = |target: &str, expected: &str| {
        let manifest =
            json!([{"Config": "config.json", "RepoTags": [], "Layers": ["layer.tar"]}]).to_string();
        let archive = Tar::default()
            .symlink("layer.tar", target)
            .symlink("b", "layer.tar")
            .file("config.json", config.as_bytes())
            .file("manifest.json", manifest.as_bytes())
            .end();
        check_error(&archive, expected);
    };
    check("../../etc/passwd", "is missing: `manifest.json` names it");
    check("/etc/passwd", "is missing");
    check("b", "more than 8 links lead to one another");
}

#[test]
fn docker_archives_that_contradict_themselves_are_refused() {
    let tar = layer("1");
    let good = configuration(&[&tar]);
    check_error(&docker_archive_of(&good, &[&tar, &tar]), "it has 1 diff ids for 2 layers");
    let config = good.to_string();
    let archive = |config_name: &str, manifest: Value| {
        let manifest = manifest.to_string();
        Tar::default().file(config_name, config.as_bytes()).file("manifest.json", manifest.as_bytes()).end()
    };
    let hex = "0".repeat(64);
    let name = format!("{hex}.json");
    let wrong = archive(&name, json!([{"Config": name, "RepoTags": null, "Layers": ["x"]}]));
    assert!(matches!(check_error(&wrong, &hex), Error::WrongDigest { .. }));
    let absent =
        archive("c.json", json!([{"Config": "c.json", "RepoTags": null, "Layers": ["1/layer.tar"]}]));
    assert!(matches!(check_error(&absent, "member `1/layer.tar`, is missing"), Error::Missing { .. }));
    check_error(&archive("c.json", json!([{"Config": "d.json"}])), "configuration `d.json` is missing");
    check_error(&Tar::default().file("manifest.json", b"[{]").end(), "`manifest.json` is damaged at byte 2");
}

#[test]
fn layouts_tell_images_and_names() {
    let (layout, mut image) = simple();
    let id = image["digest"].as_str().unwrap().parse().unwrap();
    image["annotations"] = json!({"org.opencontainers.image.ref.name": "example.test/a:1"});
    let mut full = image.clone();
    full["annotations"] = json!({"io.containerd.image.name": "docker.io/library/b:2", "org.opencontainers.image.ref.name": "2"});
    let source = images(&layout.tar(&[image, full])).unwrap();
    let [source] = source.as_slice() else { panic!("{source:?}") };
    assert_eq!(source.image.names, ["example.test/a:1", "docker.io/library/b:2"]);
    assert_eq!(source.image.manifests, [id]);
    assert_eq!(source.layers[0].digest, Some(Digest::of(&layer("1"))));
}

#[test]
fn layouts_take_further_names_from_manifest_json() {
    let (mut layout, image) = simple();
    let id = images(&layout.clone().tar(std::slice::from_ref(&image))).unwrap()[0].image.id;
    let config = format!("blobs/sha256/{}", id.hex());
    let manifest = json!([{"Config": config, "RepoTags": ["a:1"], "Layers": []}]).to_string();
    layout.0.push(("manifest.json".into(), manifest.into_bytes()));
    assert_eq!(images(&layout.tar(&[image])).unwrap()[0].image.names, ["a:1"]);
}

#[test]
fn one_configuration_with_two_manifests_is_one_image() {
    let mut layout = Layout::default();
    let tar = layer("1");
    let plain = layout.image(&[(PLAIN, &tar, &tar)]);
    let gz = layout.image(&[(GZIP, &gzip(&tar), &tar)]);
    let sources = images(&layout.tar(&[plain, gz])).unwrap();
    assert_eq!((sources.len(), sources[0].image.manifests.len()), (1, 2));
}

#[test]
fn attestations_are_no_images() {
    let (mut layout, image) = simple();
    let mut attestation = layout.manifest(&json!({}), &[]);
    attestation["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
    let mut unknown = layout.manifest(&json!({"x": 1}), &[]);
    unknown["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    let index = layout.index(&[attestation, unknown, image]);
    assert_eq!(images(&layout.tar(&[index])).unwrap().len(), 1);
}

#[test]
fn images_of_a_nested_index_that_are_not_there_are_left_out() {
    let (mut layout, image) = simple();
    let other = layout.image(&[(PLAIN, &layer("2"), &layer("2"))]);
    let index = layout.index(&[other.clone(), image.clone()]);
    let partly = without(layout, &other);
    assert_eq!(images(&partly.clone().tar(std::slice::from_ref(&index))).unwrap().len(), 1);
    let none = without(partly, &image).tar(&[index]);
    let error = check_error(&none, &digest_of(&other));
    assert!(matches!(error, Error::Missing { .. }));
}

#[test]
fn a_missing_part_is_named_by_digest() {
    let tar = layer("1");
    let mut layout = Layout::default();
    let blob = layout.blob(PLAIN, &tar);
    let image = layout.image(&[(PLAIN, &tar, &tar)]);
    for part in [&blob, &image] {
        let archive = without(layout.clone(), part).tar(std::slice::from_ref(&image));
        let error = check_error(&archive, &digest_of(part));
        assert!(matches!(error, Error::Missing { .. }), "{error}");
    }
}

#[test]
fn a_wrong_digest_or_size_of_a_document_is_named() {
    let (mut layout, image) = simple();
    let hex = digest_of(&image).replace("sha256:", "");
    let manifest = layout.0.iter_mut().find(|(name, _)| name.contains(&hex)).unwrap();
    manifest.1[1] = b' ';
    let error = check_error(&layout.clone().tar(std::slice::from_ref(&image)), &hex);
    assert!(matches!(error, Error::WrongDigest { .. }));
    let mut wrong = image.clone();
    wrong["size"] = json!(5);
    check_error(&layout.tar(&[wrong]), "and 5 by its descriptor");
}

#[test]
fn media_types_that_are_not_read_are_named() {
    let tar = layer("1");
    let check = |media_type: &str, stored: &[u8], expected: &str| {
        let mut layout = Layout::default();
        let image = layout.image(&[(media_type, stored, &tar)]);
        check_error(&layout.tar(&[image]), expected);
    };
    check("application/x-rar", &tar, "is not supported: its media type is `application/x-rar`");
    check(PLAIN, &gzip(&tar), "it is gzip by its first bytes, and");
    check(GZIP, &tar, "it is plain by its first bytes, and");

    let mut layout = Layout::default();
    let config = layout.blob("application/vnd.example.chart+json", b"{}");
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": []}).to_string();
    let chart = layout.blob("application/vnd.oci.image.manifest.v1+json", manifest.as_bytes());
    check_error(&layout.tar(&[chart]), "its configuration is `application/vnd.example.chart+json`");

    let mut layout = Layout::default();
    let manifest = json!({"schemaVersion": 1, "name": "a"}).to_string();
    let old = layout.blob("application/vnd.docker.distribution.manifest.v1+prettyjws", manifest.as_bytes());
    check_error(&layout.tar(&[old]), "docker manifest of schema 1");

    let mut layout = Layout::default();
    let both = json!({"manifests": [], "config": {"digest": "", "size": 0}}).to_string();
    let both = layout.blob("application/vnd.oci.image.index.v1+json", both.as_bytes());
    check_error(&layout.tar(&[both]), "both an index and a manifest");
}

#[test]
fn foreign_layers_that_are_not_there_are_not_supported() {
    let tar = layer("1");
    let mut layout = Layout::default();
    let blob = layout.blob("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", &gzip(&tar));
    let image = layout.manifest(&configuration(&[&tar]), std::slice::from_ref(&blob));
    assert_eq!(images(&layout.clone().tar(std::slice::from_ref(&image))).unwrap().len(), 1);
    check_error(&without(layout, &blob).tar(&[image]), "only its publisher has it");
}

#[test]
fn indexes_are_followed_to_a_depth() {
    let (mut layout, mut image) = simple();
    for _ in 0..3 {
        image = layout.index(&[image]);
    }
    assert_eq!(images(&layout.clone().tar(std::slice::from_ref(&image))).unwrap().len(), 1);
    let deeper = layout.index(&[image]);
    check_error(&layout.tar(&[deeper]), "`index_depth` of 4: 5 found");
}

#[test]
fn limits_of_an_archive_are_named() {
    let archive = docker_archive(&[&layer("1")]);
    let check = |limits: Limits, expected: &str| {
        let result =
            Archive::open_file(file(&archive), &scratch(), &limits).and_then(|archive| archive.images());
        let text = result.unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
    };
    check(Limits { archive_members: 1, ..Limits::default() }, "`archive_members` of 1: 2 found");
    check(Limits { json_document_bytes: 9, ..Limits::default() }, "`json_document_bytes` of 9");
    check(Limits { images_per_archive: 0, ..Limits::default() }, "`images_per_archive` of 0: 1 found");
    check(Limits { names_per_image: 0, ..Limits::default() }, "`names_per_image` of 0: 1 found");
    check(Limits { layers_per_image: 0, ..Limits::default() }, "`layers_per_image` of 0: 1 found");
    let (layout, image) = simple();
    let limits = Limits { manifests_per_archive: 0, ..Limits::default() };
    let archive = Archive::open_file(file(&layout.tar(&[image])), &scratch(), &limits).unwrap();
    assert!(archive.images().unwrap_err().to_string().contains("`manifests_per_archive` of 0"));
    let limits = Limits { archive_inflated_bytes: 100, ..Limits::default() };
    let error = Archive::open_file(file(&gzip(&docker_archive(&[]))), &scratch(), &limits).unwrap_err();
    assert!(error.to_string().contains("`archive_inflated_bytes` of 100"), "{error}");
}

#[test]
fn layout_directories_are_read_where_they_lie() {
    let (layout, image) = simple();
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in layout.files(std::slice::from_ref(&image)) {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    // Some layouts share blobs by symbolic links.
    let blob = directory.path().join("blobs/sha256").join(Digest::of(&layer("1")).hex());
    std::fs::rename(&blob, directory.path().join("layer.tar")).unwrap();
    symlink("../../layer.tar", &blob).unwrap();
    let read = || {
        let archive = Archive::open(directory.path(), &scratch(), &Limits::default())?;
        read_first(&archive, &[path("a")], &Limits::default())
    };
    assert_eq!(read().unwrap().1.files(), [("a", "1")]);
    // Neither a directory nor what is not there is read.
    std::fs::remove_file(&blob).unwrap();
    symlink("/", &blob).unwrap();
    assert!(matches!(read(), Err(Error::Missing { .. })));
}

#[test]
fn directories_and_files_that_are_none_are_said_to_be_none() {
    let directory = tempfile::tempdir().unwrap();
    let open = |path: &Path| Archive::open(path, &scratch(), &Limits::default())?.images();
    let error = open(directory.path()).unwrap_err().to_string();
    assert!(error.contains("holds no `index.json`"), "{error}");
    assert!(matches!(open(Path::new("/absent")), Err(Error::Io { .. })));
    assert!(matches!(open(Path::new("/dev/null")), Err(Error::NotAnImage(_))));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn no_change_of_an_archive_makes_opening_panic_or_hang(at in 0usize..8192, value in proptest::prelude::any::<u8>()) {
        let (layout, image) = simple();
        let mut archive = layout.tar(&[image]);
        let at = at % archive.len();
        archive[at] = value;
        if let Ok(archive) = open(&archive) {
            let _ = read_first(&archive, &[path("**")], &Limits::default());
        }
    }
}
