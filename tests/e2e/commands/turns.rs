//! Commands beside each other, and beside a service.

use std::process::Child;

use xtask::sample::{advisories, debian};

use super::{file, text};
use crate::archives::{Compression, Parts};
use crate::program::{Outcome, Setup};
use crate::service::Service;

#[test]
fn commands_side_by_side_wait_for_their_turn() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let archive = file(&files, "image.tar", Parts::of(&debian(), Compression::Gzip).docker_archive());
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    let start = |arguments: &[&str]| -> Child { setup.command().args(arguments).spawn().unwrap() };
    let running = [
        start(&["scan", text(&archive)]),
        start(&["feed", "add", "debian", text(&tracker)]),
        start(&["scan", text(&archive)]),
        start(&["feed", "list"]),
        start(&["scan", text(&archive)]),
    ];
    for child in running {
        Outcome::from(child.wait_with_output().unwrap()).ok();
    }
}

#[test]
fn a_scan_beside_a_service_gives_the_report_of_the_service() {
    let files = tempfile::tempdir().unwrap();
    let parts = Parts::of(&debian(), Compression::Gzip);
    let archive = file(&files, "image.tar", parts.docker_archive());
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    let service = Service::start();
    let setup = &service.setup;
    let taken = setup.run(["feed", "add", "debian", text(&tracker), "--format", "json"]).json();
    assert_eq!(taken[0]["source"], "tracker");
    assert!(setup.run(["feed", "list"]).ok().contains("debian"));

    let reports = setup.run(["scan", text(&archive), "--format", "json"]).json();
    assert_eq!(reports[0], service.api.report(&parts.digest()));
    let piped = setup.run_reading(["scan", "-", "--format", "json"], &archive).json();
    assert_eq!(piped, reports);
    let known = setup.run(["packages", &parts.digest(), "--format", "json"]).json();
    assert_eq!(known[0], service.api.get(&format!("/v1/images/{}/packages", parts.digest())).ok());
    let finding = reports[0]["findings"][0]["vulnerability"].as_str().unwrap();
    let explained = setup.run(["explain", &parts.digest(), finding]);
    assert_eq!(explained.code, Some(1), "{explained:?}");

    // What the service left behind when it was killed keeps nobody from the directory.
    let setup = service.kill();
    let again = setup.run(["scan", text(&archive), "--format", "json"]).json();
    assert_eq!(again[0]["findings"], reports[0]["findings"]);
}

#[test]
fn a_second_service_over_one_directory_says_where_the_first_is() {
    let service = Service::start();
    let error = service.setup.run(["serve", "--listen", "127.0.0.1:0"]).failed();
    assert!(error.contains("in use by the service at") && error.contains(service.api.address()), "{error}");
}
