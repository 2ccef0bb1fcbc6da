//! Layers that are known are not read again.

use serde_json::Value;
use xtask::sample::{Layer, debian};

use crate::archives::{Compression, Parts};
use crate::service::Service;

fn read_and_known(job: &Value) -> (u64, u64) {
    assert_eq!(job["state"], "done", "{job:#}");
    (job["layers_read"].as_u64().unwrap(), job["layers_known"].as_u64().unwrap())
}

#[test]
fn a_second_submission_reads_no_layer_whatever_its_form() {
    let service = Service::start();
    let gzip = Parts::of(&debian(), Compression::Gzip);
    let zstd = Parts::of(&debian(), Compression::Zstd);
    let first = service.api.submit(&gzip.docker_archive()).ok();
    assert_eq!(read_and_known(&first), (3, 0));
    let report = service.api.report(&gzip.digest());
    for archive in [gzip.docker_archive(), zstd.oci_archive()] {
        let again = service.api.submit(&archive).ok();
        assert_eq!(read_and_known(&again), (0, 3));
    }
    assert_eq!(service.api.report(&gzip.digest())["findings"], report["findings"]);
    assert_eq!(service.api.get("/v1/images").ok()["images"].as_array().unwrap().len(), 1);
}

#[test]
fn of_an_image_that_shares_layers_only_the_new_ones_are_read() {
    let service = Service::start();
    let base = debian();
    service.api.index(&Parts::of(&base, Compression::Gzip).docker_archive());
    let derived = base.clone().with(Layer::new("RUN rm").whiteout("var/lib/dpkg/status"));
    let derived = Parts::of(&derived, Compression::Gzip);
    let job = service.api.submit(&derived.docker_archive()).ok();
    assert_eq!(read_and_known(&job), (1, 3));
    let report = service.api.report(&derived.digest());
    assert_eq!(report["summary"]["packages"], 0, "its topmost layer deleted what states them");
}
