//! Odd and hostile layers of the corpus, which is no part of this repository.

use std::path::{Path, PathBuf};

use crate::api::Answer;
use crate::archives::Parts;
use crate::service::Service;

fn corpus() -> PathBuf {
    let root = std::env::var_os("LIMPID_CORPUS").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let layers = root.unwrap_or_else(beside).join("images/adversarial-layers");
    assert!(layers.is_dir(), "there is no `{}` (`LIMPID_CORPUS` names another place)", layers.display());
    layers
}

/// A report, or an error that is the archive's.
#[track_caller]
fn check(service: &Service, name: &str, answer: Answer) {
    if answer.status == 200 {
        let digest = answer.body["images"][0].as_str().unwrap();
        assert_eq!(service.api.report(digest)["summary"]["complete"], false, "{name}");
        return;
    }
    let code = answer.body["error"]["code"].as_str().unwrap().to_owned();
    assert!(
        ["not-an-image", "damaged", "missing", "wrong-digest", "unsupported"].contains(&&*code),
        "{answer:#?}"
    );
    assert_ne!(answer.refused(422, &code), "", "{name}");
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn every_odd_layer_gives_a_report_or_a_clear_error() {
    let directory = corpus();
    let service = Service::start();
    let mut count = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        check(&service, &name, service.api.submit(&Parts::of_layer(&name, bytes.clone()).oci_archive()));
        check(&service, &name, service.api.submit(&bytes));
        count += 1;
    }
    assert!(count > 0);
    let good = Parts::of(&xtask::sample::alpine(), crate::archives::Compression::Gzip);
    assert_eq!(service.api.index(&good.docker_archive()), good.digest());
}
