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

#[test]
fn packages_for_which_nobody_publishes_advisories_leave_a_report_complete_and_are_told() {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let before =
        service.api.report(&service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive()));
    let lock = r#"{"name": "shop", "lockfileVersion": 3, "packages": {"": {"name": "shop"},
        "node_modules/fork": {"version": "1.0.0",
            "resolved": "git+ssh://git@example.org/fork.git#0123456789abcdef0123456789abcdef01234567"}}}"#;
    let with = debian().with(Layer::new("COPY app").file("app/package-lock.json", lock));
    let image = service.api.index(&Parts::of(&with, Compression::Gzip).docker_archive());
    let report = service.api.report(&image);
    let gap =
        report["coverage"]["gaps"].as_array().unwrap().iter().find(|gap| gap["code"] == "not-published");
    let gap = gap.unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!(gap["blocking"], false);
    assert!(
        gap["message"].as_str().unwrap().contains("1 package is not from a registry (npm:elsewhere)"),
        "{gap}"
    );
    assert!(!gaps(&report).contains(&"no-advisories"), "{report:#}");
    assert_eq!(report["summary"]["complete"], before["summary"]["complete"], "{report:#}");
    let packages = service.api.get(&format!("/v1/images/{image}/packages")).ok();
    let fork =
        packages["packages"].as_array().unwrap().iter().find(|package| package["name"] == "fork").unwrap();
    let address = "pkg:npm/fork@1.0.0?vcs_url=git%2Bssh:%2F%2Fexample.org%2Ffork.git%400123456789abcdef0123456789abcdef01234567";
    assert_eq!(fork["purl"], address);
}

#[test]
fn what_states_no_version_is_unread_and_counted_by_files() {
    let service = Service::shared();
    let layer = Layer::new("COPY app")
        .file("app/package.json", r#"{"name": "shop", "version": "1.0.0", "private": true}"#)
        .file("app/node_modules/a/package.json", r#"{"name": "a"}"#)
        .file("app/requirements.txt", "requests\nflask>=2\nidna==3.7\n");
    let parts = Parts::of(&image("test/versionless:1", [layer]), Compression::Gzip);
    let digest = service.api.index(&parts.docker_archive());
    let report = service.api.report(&digest);
    let gap = report["coverage"]["gaps"].as_array().unwrap().iter().find(|gap| gap["code"] == "unread-files");
    let message = gap.map(|gap| gap["message"].as_str().unwrap()).unwrap_or_default();
    assert_eq!(message, "2 claimed files could not be read, or not all of them, for 3 reasons", "{report:#}");
    let packages = service.api.get(&format!("/v1/images/{digest}/packages")).ok();
    let names: Vec<_> =
        packages["packages"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["idna"]);
}
