//! Images: what goes in, what is stated of it, and that it can go again.

use serde_json::Value;
use xtask::sample::{self, Layer, advisories};

use crate::archives::{Compression, Parts, image};
use crate::golden;
use crate::program::Setup;
use crate::service::Service;

/// A service that holds the sample advisories.
fn with_advisories() -> Service {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    service.api.hand_in("alpine", advisories::alpine_secdb()).ok();
    service
}

#[test]
fn a_sample_image_gives_its_report_packages_and_layers() {
    let service = with_advisories();
    for (case, image) in [("debian", sample::debian()), ("alpine", sample::alpine())] {
        let parts = Parts::of(&image, Compression::Gzip);
        let digest = service.api.index(&parts.docker_archive());
        assert_eq!(digest, parts.digest());
        for what in ["report", "packages", "layers"] {
            let document = service.api.get(&format!("/v1/images/{digest}/{what}")).ok();
            golden::check_json(case, what, document);
        }
        let shown = service.api.get(&format!("/v1/images/{digest}")).ok();
        assert_eq!(shown["names"], Value::from(vec![image.name()]));
        assert_eq!(shown["layers"].as_array().unwrap().len(), image.layers().len());
    }
}

#[test]
fn every_form_of_an_archive_gives_the_same_image_and_the_same_findings() {
    for sample in [sample::debian(), sample::alpine()] {
        let plain = Parts::of(&sample, Compression::None);
        let gzip = Parts::of(&sample, Compression::Gzip);
        let zstd = Parts::of(&sample, Compression::Zstd);
        let archives = [
            ("docker, plain", plain.docker_archive()),
            ("docker, gzip", gzip.docker_archive()),
            ("OCI, plain", plain.oci_archive()),
            ("OCI, gzip", gzip.oci_archive()),
            ("OCI, zstd", zstd.oci_archive()),
        ];
        let mut first = None;
        for (form, archive) in archives {
            let service = with_advisories();
            let digest = service.api.index(&archive);
            assert_eq!(digest, plain.digest(), "{form}");
            let findings = service.api.report(&digest)["findings"].take();
            assert!(!findings.as_array().unwrap().is_empty());
            assert_eq!(first.get_or_insert_with(|| findings.clone()), &findings, "{form}");
        }
        let findings = scan_directory(&zstd);
        assert_eq!(first.as_ref(), Some(&findings), "OCI directory");
    }
}

/// The findings of an OCI directory, by the command line.
fn scan_directory(parts: &Parts) -> Value {
    let setup = Setup::new();
    let files = tempfile::tempdir().unwrap();
    let documents = [("debian", advisories::debian_tracker()), ("alpine", advisories::alpine_secdb())];
    for (feed, document) in documents {
        let path = files.path().join(feed);
        std::fs::write(&path, document).unwrap();
        setup.run(["feed", "add", feed, path.to_str().unwrap()]).ok();
    }
    let layout = files.path().join("layout");
    parts.oci_directory(&layout);
    let mut reports = setup.run(["scan", layout.to_str().unwrap(), "--format", "json"]).json();
    assert_eq!(reports[0]["image"]["digest"], parts.digest());
    reports[0]["findings"].take()
}

#[test]
fn a_compressed_archive_is_taken_as_it_is() {
    let service = Service::shared();
    let parts = Parts::of(
        &image("test/compressed:1", [Layer::new("COPY").file("compressed", "")]),
        Compression::None,
    );
    for compression in [Compression::Gzip, Compression::Zstd] {
        let archive = crate::archives::compress(&parts.docker_archive(), compression);
        assert_eq!(service.api.index(&archive), parts.digest(), "{compression:?}");
    }
}

#[test]
fn a_layer_says_what_it_added_removed_and_upgraded() {
    let service = Service::start();
    let parts = Parts::of(&sample::debian(), Compression::Gzip);
    let digest = service.api.index(&parts.oci_archive());
    let layer = service.api.get(&format!("/v1/layers/{}", parts.diff_id(2))).ok();
    assert_eq!(layer["digest"], parts.layers[2].digest);
    assert_eq!(layer["size"], parts.layers[2].size);
    let [context] = layer["contexts"].as_array().unwrap().as_slice() else { panic!("{layer:#}") };
    assert_eq!(context["images"], Value::from(vec![digest]));
    assert_eq!(context["below"], Value::from(vec![parts.diff_id(0), parts.diff_id(1)]));
    assert_eq!(names(&context["added"]), [""; 0]);
    assert_eq!(names(&context["removed"]), ["wget"]);
    let [upgraded] = context["upgraded"].as_array().unwrap().as_slice() else { panic!("{layer:#}") };
    assert_eq!(
        [&upgraded["name"], &upgraded["from"], &upgraded["to"]],
        ["libssl3", "3.0.11-1~deb12u2", "3.0.13-1~deb12u1"],
    );
    assert!(context["created_by"].as_str().unwrap().contains("apt-get purge -y wget"));

    let lower = service.api.get(&format!("/v1/layers/{}", parts.diff_id(1))).ok();
    assert_eq!(names(&lower["contexts"][0]["added"]), ["curl", "libcurl4", "libssl3", "wget"]);
}

fn names(packages: &Value) -> Vec<&str> {
    packages.as_array().unwrap().iter().map(|package| package["name"].as_str().unwrap()).collect()
}

#[test]
fn a_deleted_image_takes_its_own_layers_along_and_leaves_shared_ones() {
    let service = Service::start();
    let base = Layer::new("ADD").file("base", "");
    let kept = image("test/kept:1", [base.clone(), Layer::new("COPY").file("kept", "")]);
    let gone = image("test/gone:1", [base, Layer::new("COPY").file("gone", "")]);
    let (kept, gone) = (Parts::of(&kept, Compression::Gzip), Parts::of(&gone, Compression::Gzip));
    service.api.index(&kept.docker_archive());
    let before = service.api.report(&kept.digest());
    service.api.index(&gone.docker_archive());

    let path = format!("/v1/images/{}", gone.digest());
    assert_eq!(service.api.delete(&path).status, 204);
    service.api.get(&path).refused(404, "no-such-image");
    service.api.delete(&path).refused(404, "no-such-image");
    service.api.get(&format!("/v1/layers/{}", gone.diff_id(1))).refused(404, "no-such-layer");
    let shared = service.api.get(&format!("/v1/layers/{}", gone.diff_id(0))).ok();
    assert_eq!(shared["contexts"][0]["images"], Value::from(vec![kept.digest()]));
    assert_eq!(service.api.report(&kept.digest()), before);
    assert_eq!(service.api.get("/v1/images").ok()["images"].as_array().unwrap().len(), 1);

    let job = service.api.submit(&gone.docker_archive()).ok();
    assert_eq!([&job["layers_read"], &job["layers_known"]], [1, 1], "{job:#}");
}

#[test]
fn pages_of_images_together_hold_each_once() {
    let service = Service::start();
    let mut expected = Vec::new();
    for number in 0..5 {
        let layer = Layer::new("COPY").file("number", number.to_string());
        let parts = Parts::of(&image(&format!("test/page:{number}"), [layer]), Compression::None);
        expected.push(service.api.index(&parts.docker_archive()));
    }
    expected.sort();
    let (mut found, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let page = service.api.get(&format!("/v1/images?limit=2{after}")).ok();
        let images = page["images"].as_array().unwrap();
        assert!((1..=2).contains(&images.len()), "{page:#}");
        found.extend(images.iter().map(|image| image["digest"].as_str().unwrap().to_owned()));
        pages += 1;
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!((found, pages), (expected, 3));
}
