//! The process ends, in order or not, and another goes on where it was.

use serde_json::json;
use xtask::sample::{Layer, advisories, alpine, debian};

use crate::archives::{Compression, Parts, image};
use crate::service::{Service, until};

#[test]
fn after_a_restart_everything_is_there() {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    service.api.hand_in("alpine", advisories::alpine_secdb()).ok();
    let debian = Parts::of(&debian(), Compression::Gzip);
    let job = service.api.submit(&debian.docker_archive()).ok();
    service.api.index(&Parts::of(&alpine(), Compression::Zstd).oci_archive());
    let job_path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    let digest = debian.digest();
    let paths = [
        "/v1/images".to_owned(),
        format!("/v1/images/{digest}/report"),
        format!("/v1/images/{digest}/layers"),
        format!("/v1/layers/{}", debian.diff_id(1)),
        "/v1/feeds".to_owned(),
        job_path,
    ];
    let ask = |service: &Service| {
        // A process that starts looks first whether plugins have changed.
        until("what plugins may have changed is refreshed", || {
            let report = service.api.report(&digest);
            let gaps = report["coverage"]["gaps"].as_array().unwrap();
            (!gaps.iter().any(|gap| gap["code"] == "refresh-under-way")).then_some(())
        });
        let mut answers = paths.clone().map(|path| service.api.get(&path).ok());
        // How old feeds are depends on when that is asked.
        for feed in answers[4]["feeds"].as_array_mut().unwrap() {
            feed.as_object_mut().unwrap().remove("age").unwrap();
        }
        answers
    };
    let before = ask(&service);

    let service = Service::with(service.stop());
    assert_eq!(ask(&service), before);
    let service = Service::with(service.kill());
    assert_eq!(ask(&service), before);
    let again = service.api.submit(&debian.docker_archive()).ok();
    assert_eq!([&again["layers_read"], &again["layers_known"]], [0, 3]);
    assert!(again["id"].as_str().unwrap().parse::<u64>().unwrap() > 2, "numbers go on: {again:#}");
}

#[test]
fn what_was_handed_in_and_how_plugins_failed_is_known_after_a_restart() {
    let service = Service::start();
    service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let tracker = advisories::debian_tracker();
    service.api.hand_in("debian", &tracker).ok();
    let other = tracker.replace("CVE-2024-38428", "CVE-2024-99999");
    let other = other.replace("7.88.1-10+deb12u7", "7.88.1-10+deb12u8");
    service.api.hand_in("debian", &other).ok();
    assert_ne!(service.api.hand_in("debian", "no tracker").status, 200);
    let ask = |service: &Service| {
        let runs = service.api.get("/v1/feeds/debian/runs").ok();
        let changes = service.api.get("/v1/feeds/debian/changes?from=1&to=2&images=true").ok();
        let plugin = service.api.get("/v1/plugins/debian").ok();
        (runs, changes, plugin["failures"].clone())
    };
    let before = ask(&service);
    let (runs, changes, failures) = &before;
    let [refused, second, first] = runs["runs"].as_array().unwrap().as_slice() else { panic!("{runs:#}") };
    assert!(refused["why"].is_string() && refused["kind"] == "handed-in", "{refused:#}");
    assert_eq!((&first["before"], &first["revision"]), (&json!(0), &json!(1)));
    assert_eq!((&second["before"], &second["revision"]), (&json!(1), &json!(2)));
    assert_eq!([&second["added"], &second["changed"], &second["withdrawn"]], [1, 1, 1]);
    let listed = changes["changes"].as_array().unwrap();
    let shown = listed.iter().map(|it| (it["change"].as_str().unwrap(), it["id"].as_str().unwrap()));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [("withdrawn", "CVE-2024-38428"), ("changed", "CVE-2024-7264"), ("added", "CVE-2024-99999")]
    );
    assert!(listed[0]["images"].is_null() && listed[1]["images"].is_u64(), "{changes:#}");
    let [failed] = failures.as_array().unwrap().as_slice() else { panic!("{failures:#}") };
    assert_eq!(
        (&failed["call"], &failed["times"], &failed["blame"]),
        (&json!("parse"), &json!(1), &json!("input"))
    );

    let service = Service::with(service.stop());
    assert_eq!(ask(&service), before);
    assert_ne!(service.api.hand_in("debian", "no tracker").status, 200);
    assert_eq!(ask(&service).2[0]["times"], 2, "it is counted on");
    service.api.get("/v1/feeds/debian/changes?from=2&to=3").refused(404, "no-such-revision");
    service.api.get("/v1/feeds/debian/changes?change=colour").refused(400, "bad-request");
    service.api.get("/v1/feeds/debian/changes?after=x").refused(400, "bad-request");
}

#[test]
fn submissions_that_a_killed_process_had_acknowledged_are_taken_up() {
    let service = Service::start();
    // Long to read, quick to send.
    let zeros = vec![0; 96 << 20];
    let jobs = ["first", "second"].map(|name| {
        let layer = Layer::new("COPY").file("zeros", zeros.clone()).file("name", name);
        let parts = Parts::of(&image(&format!("test/{name}:1"), [layer]), Compression::Zstd);
        let answer = service.api.submit_and_go_on(&parts.oci_archive());
        assert_eq!(answer.status, 202, "{answer:#?}");
        (answer.body["id"].as_str().unwrap().to_owned(), parts.digest())
    });
    let setup = service.kill();
    let left = std::fs::read_dir(setup.data().join("scratch/submitted")).unwrap().count();
    assert!(left > 0, "both were done before the process was killed, so that this shows nothing");

    let service = Service::with(setup);
    for (id, digest) in jobs {
        let job = service.api.job_end(&id);
        assert_eq!([&job["state"], &job["images"][0]], ["done", digest.as_str()], "{job:#}");
        service.api.report(&digest);
    }
    let submitted = service.setup.data().join("scratch/submitted");
    assert_eq!(std::fs::read_dir(submitted).unwrap().count(), 0, "archives are kept no longer than needed");
}

#[test]
fn a_second_service_on_the_same_data_directory_is_refused_and_a_command_asks_the_first() {
    let service = Service::start();
    let error = service.setup.run(["serve", "--listen", "127.0.0.1:0"]).failed();
    let data = service.setup.data().to_str().unwrap();
    assert!(error.contains("in use") && error.contains(data), "{error}");
    let feeds = service.setup.run(["feed", "list"]).ok();
    assert!(feeds.contains("alpine"), "{feeds}");
    service.api.index(&Parts::of(&alpine(), Compression::Gzip).docker_archive());
}

#[test]
fn a_service_that_is_asked_to_end_says_so_and_ends_well() {
    let service = Service::start();
    service.api.get("/healthz").ok();
    service.stop();
}
