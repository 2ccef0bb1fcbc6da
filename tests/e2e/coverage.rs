//! What is not known is stated: no report and no table gives a zero that nothing stands behind.

use serde_json::{Value, json};
use xtask::sample::{Layer, advisories, alpine, debian};

use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::Service;

fn gaps(report: &Value) -> Vec<&str> {
    let gaps = report["coverage"]["gaps"].as_array().unwrap();
    gaps.iter().map(|gap| gap["code"].as_str().unwrap()).collect()
}

/// dpkg's status file without anything that tells the distribution.
fn of_no_distribution(name: &str) -> Parts {
    let status = "Package: curl\nStatus: install ok installed\nArchitecture: amd64\n\
                  Version: 7.88.1-10\nDescription: a tool\n\n";
    let layer = Layer::new("COPY status").file("var/lib/dpkg/status", status);
    Parts::of(&image(name, [layer]), Compression::Gzip)
}

#[test]
fn an_image_of_no_known_distribution_is_not_complete() {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let digest = service.api.index(&of_no_distribution("test/unknown:1").docker_archive());
    let report = service.api.report(&digest);
    assert!(report["coverage"]["distribution"].is_null());
    assert!(gaps(&report).contains(&"unknown-distribution"), "{report:#}");
    assert_eq!(report["summary"]["complete"], false);
    assert_eq!([&report["summary"]["packages"], &report["summary"]["judged"]], [1, 0]);
    assert_eq!(report["findings"], json!([]));
}

#[test]
fn an_image_without_layers_is_not_complete() {
    let service = Service::shared();
    let parts = Parts::of(&image("test/empty:1", []), Compression::Gzip);
    for archive in [parts.docker_archive(), parts.oci_archive()] {
        let digest = service.api.index(&archive);
        let report = service.api.report(&digest);
        assert_eq!(gaps(&report), ["unknown-distribution", "no-packages"]);
        assert_eq!(report["summary"]["complete"], false);
        let layers = service.api.get(&format!("/v1/images/{digest}/layers")).ok();
        assert_eq!(layers["layers"], json!([]));
    }
}

#[test]
fn a_report_without_advisories_is_not_complete() {
    let service = Service::start();
    let digest = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let report = service.api.report(&digest);
    assert!(gaps(&report).contains(&"no-advisories"), "{report:#}");
    assert_eq!([&report["summary"]["complete"], &report["summary"]["judged"]], [&json!(false), &json!(0)]);

    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let report = service.api.report(&digest);
    assert!(!gaps(&report).contains(&"no-advisories"), "{report:#}");
    assert_ne!(report["findings"], json!([]), "what comes later is compared with what is there");
}

#[test]
fn a_distribution_past_its_end_is_not_complete() {
    let service = Service::start();
    service.api.hand_in("alpine", advisories::alpine_secdb()).ok();
    let digest = service.api.index(&Parts::of(&alpine(), Compression::Gzip).docker_archive());
    let report = service.api.report(&digest);
    assert_eq!(report["coverage"]["supported"], false);
    assert_eq!(gaps(&report), ["unsupported-distribution", "unrated-findings"]);
    assert_eq!(report["summary"]["complete"], false);
}

#[test]
fn a_damaged_package_database_is_named_in_the_report() {
    let service = Service::start();
    let layer = Layer::new("COPY").file("etc/alpine-release", "3.18.3\n").file(
        "lib/apk/db/installed",
        "P:musl\nV:1.2.4-r1\n\nthis is no field\n\nP:zlib\nV:not a version\n\n",
    );
    let parts = Parts::of(&image("test/damaged-database:1", [layer]), Compression::Gzip);
    let report = service.api.report(&service.api.index(&parts.docker_archive()));
    assert_eq!(report["coverage"]["unread_files"][0]["path"], "lib/apk/db/installed", "{report:#}");
    assert!(gaps(&report).contains(&"unread-files"), "{report:#}");
    assert_eq!(report["summary"]["complete"], false);
}

#[test]
fn the_table_never_says_zero_alone() {
    let setup = Setup::new();
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("image.tar");
    let empty = Parts::of(&image("test/empty:1", []), Compression::None);
    for parts in [of_no_distribution("test/unknown:1"), empty] {
        std::fs::write(&path, parts.docker_archive()).unwrap();
        let table = setup.run(["scan", path.to_str().unwrap()]).ok();
        assert!(table.contains("unknown distribution"), "{table}");
        let (_, rest) = table.split_once("This report is not complete:").unwrap_or_else(|| panic!("{table}"));
        let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            rest.contains("no file of the image states its distribution")
                || rest.contains("no detector found"),
            "{table}"
        );
    }
}
