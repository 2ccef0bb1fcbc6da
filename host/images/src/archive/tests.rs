use std::os::unix::fs::symlink;

use limpid_layers::Error as LayerError;
use limpid_test_archives::{
    Layout, Tar, bzip2, configuration, docker_archive, docker_archive_of, file, gzip, xz, zstd,
};
use serde_json::{Value, json};

use super::test_support::{images as images_of, open, path, read_first, scratch};
use super::*;

const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";
const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

fn layer(content: &str) -> Vec<u8> {
    Tar::default().file("a", content.as_bytes()).end()
}

fn images(archive: &[u8]) -> Result<Vec<FoundImage>, Error> {
    images_of(&open(archive)?)
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
fn what_is_no_archive_is_stated_to_be_none() {
    let check = |bytes: &[u8], expected: &str| {
        let error = check_error(bytes, expected);
        assert!(
            matches!(error, Error::NotAnImage(_) | Error::Content(LayerError::Unsupported { .. })),
            "{error}"
        );
    };
    check(b"", "it is empty");
    check(b"hello", "it is not a tar");
    check(&[b'x'; 5000], "it is not a tar: not a tar header: the checksum is wrong");
    check(&gzip(b"hello"), "it is not a tar");
    check(&layer("1"), "neither `index.json` nor `manifest.json`");
    check(b"\x04\x22\x4d\x18\0\0\0", "compressed by lz4");
    check(&Tar::default().file("manifest.json", b"[]").end(), "names no image");
}

#[test]
fn a_truncated_archive_is_damaged_at_its_end() {
    let archive = docker_archive(&[&layer("1")]);
    let error =
        check_error(&archive[..700], "the archive is damaged at byte 700: the tar ends within an entry");
    assert!(matches!(error, Error::Content(LayerError::Damaged { offset: 700, .. })));
    check_error(&gzip(&archive)[..200], "the gzip stream ends early");
    check_error(&zstd(&archive)[..200], "the zstd stream ends early");
    check_error(&xz(&archive)[..200], "the xz stream ends early");
    check_error(&bzip2(&archive)[..200], "the bzip2 stream ends early");
}

#[test]
fn docker_archives_tell_images_names_and_history() {
    let (lower, upper) = (layer("1"), layer("2"));
    let mut configuration = configuration(&[&lower, &upper]);
    configuration["history"] = json!([
        {"created_by": "ADD file"}, {"created_by": "CMD sh", "empty_layer": true}, {"created_by": "RUN x"},
    ]);
    let archive = docker_archive_of(&configuration, &[&lower, &upper]);
    for archive in [archive.clone(), gzip(&archive), zstd(&archive), xz(&archive), bzip2(&archive)] {
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
    assert_eq!(images_of(&archive).unwrap()[0].layers.len(), 3);
    let (_, shown) = read_first(&archive, &[path("a")]).unwrap();
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
    assert!(matches!(check_error(&wrong, &hex), Error::Content(LayerError::WrongDigest { .. })));
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
    assert!(matches!(error, Error::Content(LayerError::WrongDigest { .. })));
    let mut wrong = image.clone();
    wrong["size"] = json!(5);
    check_error(&layout.tar(&[wrong]), "and 5 by its descriptor");
}

#[test]
fn the_bytes_of_a_layer_decide_and_not_its_media_type() {
    let tar = Tar::default().file("a", b"1").header(ustar("b"), b"").end();
    let (gz, zst) = (gzip(&tar), zstd(&tar));
    let odd = "application/vnd.oci.image.layer.v1.tar+odd";
    for (media_type, stored, found) in [
        (PLAIN, gz.as_slice(), Some("gzip")),
        (PLAIN, &zst, Some("zstd")),
        (GZIP, &tar, Some("plain")),
        (GZIP, &zst, Some("zstd")),
        (ZSTD, &gz, Some("gzip")),
        (odd, &tar, Some("plain")),
        (odd, &gz, Some("gzip")),
        (PLAIN, &tar, None),
        (GZIP, &gz, None),
    ] {
        let mut layout = Layout::default();
        let image = layout.image(&[(media_type, stored, &tar)]);
        let archive = open(&layout.tar(&[image])).unwrap();
        let (_, shown) = read_first(&archive, &[path("a")]).unwrap();
        let layer = images_of(&archive).unwrap().remove(0).layers.remove(0);
        assert_eq!((shown.files(), layer.media_type.as_str()), (vec![("a", "1")], media_type));
        let stored_as = layer.stored_as;
        let expected = found.map(|found| {
            format!("its media type is `{media_type}`, by its first bytes it is {found}: read as that")
        });
        assert_eq!(stored_as, expected);
    }
    let named = docker_archive_of(&configuration(&[&tar]), &[&gz]);
    let source = images(&named).unwrap().remove(0).layers.remove(0);
    let why = "its name is `0/layer.tar`, by its first bytes it is gzip: read as that";
    assert_eq!(source.stored_as.as_deref(), Some(why));
}

/// A header of an empty file as POSIX has it.
fn ustar(name: &str) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).unwrap();
    header.set_size(0);
    header
}

/// What the only layer of an image says when it is read.
fn unread(media_type: &str, stored: &[u8], tar: &[u8]) -> String {
    let mut layout = Layout::default();
    let image = layout.image(&[(media_type, stored, tar)]);
    let archive = open(&layout.tar(&[image])).unwrap();
    let error = read_first(&archive, &[]).unwrap_err();
    assert!(matches!(error, Error::Content(LayerError::UnreadLayer(_))), "{error:?}");
    error.to_string()
}

#[test]
fn a_layer_that_is_not_read_costs_only_itself() {
    let tar = layer("1");
    let check = |media_type: &str, stored: &[u8], expected: &str| {
        let text = unread(media_type, stored, &tar);
        assert!(text.contains(expected) && text.contains(&Digest::of(&tar).to_string()), "{text}");
    };
    let encrypted = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
    check(encrypted, &gzip(&tar), "it is encrypted, its media type is `application/vnd.oci.image.layer");
    check(
        "application/vnd.oci.image.layer.nydus.blob.v1",
        b"nydus",
        "its media type is `application/vnd.oci",
    );
    check(GZIP, b"\xfd7zXZ\0rest", "it is compressed by xz, of which only gzip and zstd are read");

    let mut layout = Layout::default();
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let blob = layout.blob(foreign, &gzip(&tar));
    let image = layout.manifest(&configuration(&[&tar]), std::slice::from_ref(&blob));
    assert_eq!(images(&layout.clone().tar(std::slice::from_ref(&image))).unwrap().len(), 1);
    let archive = open(&without(layout, &blob).tar(&[image])).unwrap();
    let error = read_first(&archive, &[]).unwrap_err().to_string();
    assert!(error.contains("only its publisher has it"), "{error}");
}

#[test]
fn a_layer_that_one_manifest_names_in_a_readable_form_is_read() {
    let (mut layout, tar) = (Layout::default(), layer("1"));
    let sealed = layout.image(&[("application/vnd.oci.image.layer.v1.tar+encrypted", b"sealed", &tar)]);
    let plain = layout.image(&[(PLAIN, &tar, &tar)]);
    let archive = open(&layout.tar(&[sealed, plain])).unwrap();
    assert_eq!(read_first(&archive, &[path("a")]).unwrap().1.files(), [("a", "1")]);
}

/// Artifacts that are kept beside images in the same form, and what is stated of each where it is alone.
fn artifacts(layout: &mut Layout) -> Vec<(Value, &'static str)> {
    let payload = b"{}";
    let mut of_image = |media_type: &str| layout.image(&[(media_type, payload, payload)]);
    let mut all = vec![
        (of_image("application/vnd.dev.cosign.simplesigning.v1+json"), "its layers are"),
        (of_image("application/vnd.dsse.envelope.v1+json"), "its layers are"),
        (of_image("application/spdx+json"), "its layers are `application/spdx+json`"),
        (of_image("application/x-rar"), "its layers are `application/x-rar`"),
    ];
    let manifest = "application/vnd.oci.image.manifest.v1+json";
    let config = layout.blob("application/vnd.oci.image.config.v1+json", b"{}");
    let chart = layout.blob("application/vnd.example.chart+json", b"{}");
    for (fields, why) in [
        (json!({"config": config}), "has no `rootfs`"),
        (json!({"config": chart}), "its configuration is `application/vnd.example.chart+json`"),
        (
            json!({"config": config, "artifactType": "application/vnd.example.sbom"}),
            "of type `application/vnd.ex",
        ),
    ] {
        let mut fields = fields;
        fields["schemaVersion"] = json!(2);
        fields["layers"] = json!([]);
        all.push((layout.blob(manifest, fields.to_string().as_bytes()), why));
    }
    let old = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    all.push((layout.blob(old, br#"{"schemaVersion": 1}"#), "docker manifest of schema 1"));
    all.push((layout.blob("application/vnd.oci.artifact.manifest.v1+json", b"{}"), "its media type is"));
    all.push((layout.blob("application/octet-stream", b"no JSON"), "its media type is"));
    let mut typed = layout.blob(manifest, b"no JSON");
    typed["artifactType"] = json!("application/vnd.dev.sigstore.bundle.v0.3+json");
    all.push((typed, "an artifact of type `application/vnd.dev.sigstore"));
    all
}

#[test]
fn an_artifact_is_neither_an_image_nor_in_the_way_of_one() {
    let (mut layout, image) = simple();
    let artifacts = artifacts(&mut layout);
    for (artifact, why) in &artifacts {
        for order in [[&image, artifact], [artifact, &image]] {
            let sources = images(&layout.clone().tar(&order.map(Value::clone))).unwrap();
            assert_eq!(sources.len(), 1, "{why}");
        }
        let error = check_error(&layout.clone().tar(std::slice::from_ref(artifact)), why);
        assert!(matches!(error, Error::NotAnImage(_)), "{error}");
    }
    let index = layout.index(&artifacts.into_iter().map(|(artifact, _)| artifact).collect::<Vec<_>>());
    assert_eq!(images(&layout.tar(&[index, image])).unwrap().len(), 1);
}

#[test]
fn a_document_that_is_both_an_index_and_a_manifest_is_refused() {
    let mut layout = Layout::default();
    let both = json!({"manifests": [], "config": {"digest": "", "size": 0}}).to_string();
    let both = layout.blob("application/vnd.oci.image.index.v1+json", both.as_bytes());
    check_error(&layout.tar(&[both]), "both an index and a manifest");
}

#[test]
fn layers_of_a_docker_archive_that_others_distribute_cost_only_themselves() {
    let tar = layer("1");
    let config = configuration(&[&tar]).to_string();
    let of = |sources: Value| {
        let manifest =
            json!([{"Config": "c.json", "Layers": ["1/layer.tar"], "LayerSources": sources}]).to_string();
        Tar::default().file("c.json", config.as_bytes()).file("manifest.json", manifest.as_bytes()).end()
    };
    assert!(matches!(check_error(&of(json!(null)), "is missing"), Error::Missing { .. }));
    let archive =
        open(&of(json!({Digest::of(&tar).to_string(): {"urls": ["https://example.test"]}}))).unwrap();
    let error = read_first(&archive, &[]).unwrap_err();
    assert!(
        matches!(&error, Error::Content(LayerError::UnreadLayer(_)))
            && error.to_string().contains("only its publisher"),
        "{error}"
    );
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
            Archive::open_file(file(&archive), &scratch(), &limits).and_then(|archive| images_of(&archive));
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
    assert!(images_of(&archive).unwrap_err().to_string().contains("`manifests_per_archive` of 0"));
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
        read_first(&archive, &[path("a")])
    };
    assert_eq!(read().unwrap().1.files(), [("a", "1")]);
    // Neither a directory nor what is not there is read.
    std::fs::remove_file(&blob).unwrap();
    symlink("/", &blob).unwrap();
    assert!(matches!(read(), Err(Error::Missing { .. })));
}

#[test]
fn directories_and_files_that_are_none_are_stated_to_be_none() {
    let directory = tempfile::tempdir().unwrap();
    let open = |path: &Path| images_of(&Archive::open(path, &scratch(), &Limits::default())?);
    let error = open(directory.path()).unwrap_err().to_string();
    assert!(error.contains("holds no `index.json`"), "{error}");
    assert!(matches!(open(Path::new("/absent")), Err(Error::Content(LayerError::Io { .. }))));
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
            let _ = read_first(&archive, &[path("**")]);
        }
    }
}

#[test]
fn a_layer_of_another_archive_is_missing() {
    let archive = open(&docker_archive(&[&layer("1")])).unwrap();
    let mut layer = images_of(&archive).unwrap().remove(0).layers.remove(0);
    layer.location = Location::File("index.json".into());
    assert!(matches!(archive.open(&layer, &Stop::default()), Err(Error::Missing { .. })));
}

#[test]
fn a_layer_is_found_by_its_digest_where_its_place_is_not_known() {
    let (layout, image) = simple();
    let archive = open(&layout.tar(&[image])).unwrap();
    let mut layer = images_of(&archive).unwrap().remove(0).layers.remove(0);
    layer.location = Location::Digest;
    let Ok(Content::Part(part)) = archive.open(&layer, &Stop::default()) else { panic!("it is there") };
    assert_eq!(Some(part.digest("x").unwrap()), layer.digest);
    layer.digest = Some(Digest::of(b"another"));
    assert!(matches!(archive.open(&layer, &Stop::default()), Err(Error::Missing { .. })));
}

#[test]
fn configurations_may_leave_out_history() {
    let tar = Tar::default().end();
    let mut configuration = configuration(&[&tar]);
    configuration["history"] = json!(null);
    configuration["config"] = json!(null);
    let image = images(&docker_archive_of(&configuration, &[&tar])).unwrap().remove(0).image;
    assert_eq!((image.layers[0].created_by.as_deref(), image.labels.len()), (None, 0));
}
