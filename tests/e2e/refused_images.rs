//! Archives that are no images, or broken ones: each is refused with what is wrong and where,
//! nothing of it is stored, and the service goes on.

use serde_json::json;
use xtask::sample::Layer;

use crate::archives::{Compression, Parts, image, sha256};
use crate::program::Setup;
use crate::service::Service;

/// An image of two layers that no other test has.
fn parts(test: &str, compression: Compression) -> Parts {
    let layers = ["lower", "upper"].map(|layer| {
        let text = format!("{test} {layer}\n").repeat(2_000);
        Layer::new(format!("COPY {layer}")).file(layer, text)
    });
    Parts::of(&image(&format!("bad/{test}:1"), layers), compression)
}

/// The archive is refused under `code` with a message that holds all of `stated`; afterwards nothing
/// of `parts` is known, and a good image is taken.
#[track_caller]
fn check(parts: &Parts, archive: &[u8], code: &str, reply: &[&str]) {
    let service = Service::shared();
    let message = service.api.submit(archive).refused(422, code);
    for part in reply {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    assert!(service.api.image_named(&parts.name).is_null());
    service.api.get(&format!("/v1/images/{}", parts.digest())).refused(404, "no-such-image");
    for index in 0..parts.layers.len() {
        service.api.get(&format!("/v1/layers/{}", parts.diff_id(index))).refused(404, "no-such-layer");
    }
    let good = Layer::new("COPY").file(parts.name.clone(), sha256(archive));
    let good = Parts::of(&image(&format!("good/{}", parts.name), [good]), Compression::Gzip);
    assert_eq!(service.api.index(&good.docker_archive()), good.digest());
}

#[test]
fn what_is_not_a_tar_is_refused() {
    let parts = parts("not-a-tar", Compression::None);
    check(&parts, b"this is a text and not an archive", "not-an-image", &["not an image archive"]);
    check(&parts, &[0x7f; 4_096], "not-an-image", &["not an image archive"]);
}

#[test]
fn a_tar_that_is_no_image_is_refused() {
    let parts = parts("no-image", Compression::None);
    let tar = Layer::new("").file("etc/motd", "hello").tar().unwrap();
    check(&parts, &tar, "not-an-image", &["neither `index.json` nor `manifest.json`"]);
}

#[test]
fn a_truncated_tar_is_refused() {
    let parts = parts("truncated", Compression::None);
    for archive in [parts.oci_archive(), parts.docker_archive()] {
        check(&parts, &archive[..archive.len() / 2], "damaged", &["archive", "ends"]);
    }
}

#[test]
fn a_missing_layer_is_refused_by_name() {
    let mut parts = parts("missing", Compression::Gzip);
    parts.layers[1].bytes = None;
    let diff_id = parts.diff_id(1).to_owned();
    check(&parts, &parts.docker_archive(), "missing", &[&diff_id, "1/layer.tar", "is missing"]);
    let blob = parts.layers[1].digest.clone();
    check(&parts, &parts.oci_archive(), "missing", &[&diff_id, &blob, "is missing"]);
}

#[test]
fn a_layer_whose_stored_digest_is_wrong_is_refused() {
    let mut parts = parts("wrong-digest", Compression::Gzip);
    let true_digest = parts.layers[1].digest.clone();
    parts.layers[1].digest = sha256(b"something else");
    let reply = [parts.diff_id(1), &true_digest, &parts.layers[1].digest].map(str::to_owned);
    check(&parts, &parts.oci_archive(), "wrong-digest", &reply.each_ref().map(String::as_str));
}

#[test]
fn a_layer_whose_diff_id_is_wrong_is_refused() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let mut parts = parts(&format!("wrong-diff-id-{compression:?}"), compression);
        let true_diff_id = parts.diff_id(1).to_owned();
        let stated = sha256(b"something else");
        parts.set_diff_id(1, &stated);
        check(&parts, &parts.docker_archive(), "wrong-digest", &[&true_diff_id, &stated]);
        check(&parts, &parts.oci_archive(), "wrong-digest", &[&true_diff_id, &stated]);
    }
}

/// The image is there, and its report says that it is not complete, because a layer was not read.
#[track_caller]
fn unread(parts: &Parts, index: usize, code: &str, reply: &[&str]) {
    let service = Service::shared();
    assert_eq!(service.api.index(&parts.oci_archive()), parts.digest());
    let report = service.api.get(&format!("/v1/images/{}/report", parts.digest())).ok();
    let coverage = &report["coverage"];
    let gaps = coverage["gaps"].as_array().unwrap();
    let gap = gaps.iter().find(|gap| gap["code"] == "unread-layer").unwrap_or_else(|| panic!("{coverage:#}"));
    for part in reply.iter().copied().chain([parts.diff_id(index)]) {
        assert!(gap["message"].as_str().unwrap().contains(part), "`{part}` is not in: {gap:#}");
    }
    let [layer] = &coverage["unread_layers"].as_array().unwrap()[..] else { panic!("{coverage:#}") };
    assert_eq!([&layer["index"], &layer["code"]], [&json!(index), &json!(code)]);
    assert_eq!(report["summary"]["complete"], false);
    service.api.get(&format!("/v1/layers/{}", parts.diff_id(index))).refused(404, "no-such-layer");
    let others = (0..parts.layers.len()).filter(|other| *other != index);
    others.for_each(|other| _ = service.api.get(&format!("/v1/layers/{}", parts.diff_id(other))).ok());
}

#[test]
fn a_layer_that_ends_early_is_refused_where_nobody_says_that_it_is_so_meant() {
    for compression in [Compression::Gzip, Compression::Zstd] {
        let mut parts = parts(&format!("ends-early-{compression:?}"), compression);
        let half = parts.layers[1].size / 2;
        parts.layers[1].cut(half);
        let diff_id = parts.diff_id(1).to_owned();
        check(&parts, &parts.docker_archive(), "damaged", &[&diff_id, "ends"]);
        // The manifest names just these bytes.
        unread(&parts, 1, "damaged", &["ends"]);
    }
}

#[test]
fn a_layer_that_only_others_can_read_costs_only_itself() {
    let mut parts = parts("encrypted", Compression::Gzip);
    parts.layers[1].media_type += "+encrypted";
    unread(&parts, 1, "unsupported", &["layer 1", "encrypted", "tar+gzip+encrypted"]);
}

#[test]
fn a_layer_over_a_limit_costs_only_itself() {
    let layers =
        [Layer::new("COPY").file("lower", "1"), Layer::new("COPY").file("upper", "2".repeat(70_000))];
    let parts = Parts::of(&image("test/over-limit:1", layers), Compression::Gzip);
    let service = Service::with(Setup::new().with("LIMPID_LAYERS__LAYER_INFLATED_BYTES", 65_536));
    assert_eq!(service.api.index(&parts.docker_archive()), parts.digest());
    let report = service.api.get(&format!("/v1/images/{}/report", parts.digest())).ok();
    let gaps = report["coverage"]["gaps"].to_string();
    assert!(gaps.contains("`layer_inflated_bytes` of 65536") && gaps.contains(parts.diff_id(1)), "{gaps}");
    assert_eq!(report["coverage"]["unread_layers"][0]["code"], "over-limit");
}

#[test]
fn a_media_type_that_the_content_belies_is_noted() {
    for (number, media_type) in [
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.example.layer.v1+brotli",
    ]
    .into_iter()
    .enumerate()
    {
        let mut parts = parts(&format!("belied-{number}"), Compression::Gzip);
        parts.layers[0].media_type = media_type.to_owned();
        let service = Service::shared();
        assert_eq!(service.api.index(&parts.oci_archive()), parts.digest());
        let report = service.api.get(&format!("/v1/images/{}/report", parts.digest())).ok();
        let [note] = &report["coverage"]["notes"].as_array().unwrap()[..] else { panic!("{report:#}") };
        let message = note["message"].as_str().unwrap();
        assert!(message.contains(media_type) && message.contains("it is gzip"), "{message}");
        assert_eq!([&note["index"], &note["diff_id"]], [&json!(0), &json!(parts.diff_id(0))]);
        assert_eq!(report["coverage"]["unread_layers"], json!([]));
    }
}

#[test]
fn a_configuration_that_names_other_layers_than_the_manifest_is_refused() {
    let mut parts = parts("other-layers", Compression::Gzip);
    let diff_ids = parts.config["rootfs"]["diff_ids"].as_array_mut().unwrap();
    diff_ids.push(sha256(b"one more").into());
    check(&parts, &parts.docker_archive(), "damaged", &["configuration"]);
    check(&parts, &parts.oci_archive(), "damaged", &["configuration"]);
}

#[test]
fn a_configuration_that_is_none_is_refused() {
    let good = parts("no-configuration", Compression::Gzip);
    let mut bad = good.clone();
    bad.config = json!("nothing");
    check(&good, &bad.docker_archive(), "damaged", &["configuration"]);
}

#[test]
fn an_empty_body_is_refused() {
    let service = Service::shared();
    let message = service.api.submit(b"").refused(400, "bad-request");
    assert!(message.contains("the body is empty"), "{message}");
}

/// The service with a limit that a good image keeps; the refusal of a body of `size`.
#[track_caller]
fn check_over_limit(size: usize) {
    let service = Service::with(Setup::new().with("LIMPID_HTTP__ARCHIVE_BYTES", 64 << 10));
    let message = service.api.submit(&vec![0; size]).refused(413, "over-limit");
    assert!(message.contains("65536 bytes") && message.contains("`http.archive_bytes`"), "{message}");
    let parts = Parts::of(&image("test/small:1", [Layer::new("").file("a", "")]), Compression::Gzip);
    service.api.index(&parts.docker_archive());
    assert_eq!(service.api.get("/v1/images").ok()["images"].as_array().unwrap().len(), 1);
}

#[test]
fn a_body_over_the_limit_is_refused_by_the_name_of_the_setting() {
    check_over_limit((64 << 10) + 1);
}

#[test]
fn a_client_that_sends_far_more_than_the_limit_gets_the_answer_and_no_broken_connection() {
    check_over_limit(16 << 20);
}

#[test]
fn a_refused_submission_leaves_no_file_behind() {
    let service = Service::start();
    let mut parts = parts("no-file", Compression::Gzip);
    parts.layers[1].cut(20);
    service.api.submit(&parts.docker_archive()).refused(422, "damaged");
    service.api.submit(b"nothing").refused(422, "not-an-image");
    let scratch = service.setup.data().join("scratch");
    let left: Vec<_> = std::fs::read_dir(scratch.join("submitted")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let left: Vec<_> = std::fs::read_dir(&scratch).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["submitted"]);
    assert_eq!(service.api.get("/v1/images").ok()["images"].as_array().unwrap().len(), 0);
}
