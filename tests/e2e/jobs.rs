//! Jobs: submissions that are acknowledged at once, and worked on after that.

use serde_json::json;
use xtask::sample::Layer;

use crate::archives::{Compression, Parts, image};
use crate::service::Service;

#[test]
fn without_a_wait_a_submission_is_acknowledged_with_a_job_to_ask_for() {
    let service = Service::shared();
    let parts = Parts::of(&image("test/job:1", [Layer::new("COPY").file("job", "")]), Compression::Gzip);
    let archive = parts.docker_archive();
    let answer = service.api.submit_and_go_on(&archive);
    assert_eq!(answer.status, 202, "{answer:#?}");
    let id = answer.body["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/v1/jobs/{id}"));
    assert_eq!(answer.body["archive_bytes"], archive.len());

    let job = service.api.job_end(id);
    assert_eq!(job["state"], "done");
    assert_eq!(job["images"][0], parts.digest());
    assert_eq!([&job["layers_read"], &job["layers_known"]], [1, 0]);
    assert!(job["error"].is_null());
}

#[test]
fn a_wait_that_is_over_first_gives_the_job() {
    let service = Service::shared();
    let layer = Layer::new("COPY").file("waited", "");
    let parts = Parts::of(&image("test/waited:1", [layer]), Compression::Gzip);
    let archive = parts.docker_archive();
    let answer = service.api.send("POST", "/v1/images", &[("prefer", "wait=0")], &archive);
    assert_eq!(answer.header("preference-applied"), "wait");
    assert!(matches!(answer.status, 200 | 202), "{answer:#?}");
    assert_eq!(service.api.job_end(answer.body["id"].as_str().unwrap())["state"], "done");
}

#[test]
fn a_refused_submission_is_a_failed_job_that_says_why() {
    let service = Service::shared();
    let answer = service.api.submit_and_go_on(b"no archive at all");
    assert_eq!(answer.status, 202);
    let job = service.api.job_end(answer.body["id"].as_str().unwrap());
    assert_eq!([&job["state"], &job["error"]["code"]], ["failed", "not-an-image"]);
    assert_ne!(job["error"]["message"], "");
    assert_eq!(job["images"].as_array().unwrap().len(), 0);
}

#[test]
fn a_job_tells_how_far_it_is_until_it_has_ended() {
    let service = Service::shared();
    let parts =
        Parts::of(&image("test/watched:1", [Layer::new("COPY").file("watched", "")]), Compression::Gzip);
    let answer = service.api.submit_and_go_on(&parts.docker_archive());
    let id = answer.body["id"].as_str().unwrap();
    let events = service.api.job_events(id);
    let (last, before) = events.split_last().unwrap();
    assert_eq!((last.0.as_str(), &last.1), ("job", &service.api.job_end(id)));
    for (name, progress) in before {
        assert_eq!(name, "progress");
        let phases = ["queued", "opening", "reading", "storing"];
        assert!(phases.iter().any(|phase| progress["phase"] == *phase), "{progress}");
    }
    assert_eq!(service.api.job_events(id), std::slice::from_ref(last), "what has ended goes no further");
    assert_eq!(service.api.get("/v1/jobs/999999999/events").status, 404);
}

#[test]
fn a_submission_in_json_that_names_nothing_is_refused_and_quotes_no_secret() {
    let service = Service::shared();
    let check = |wanted: serde_json::Value, expected: &str| {
        let answer = service.api.submit_json(&wanted);
        let message = answer.body["error"]["message"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, 400, "{answer:#?}");
        assert!(message.contains(expected) && !message.contains("hunter2"), "{message}");
    };
    check(json!({}), "neither `reference`");
    check(json!({"reference": "r.test/a", "platforms": ["arm64"]}), "`platforms`");
    check(json!({"reference": "r.test/a", "credentials": "hunter2"}), "expected struct Credentials");
    check(json!({"hash": "sha256:1", "layers": []}), "`hash`");
}
