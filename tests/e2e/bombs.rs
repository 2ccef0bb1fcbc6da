//! Images that are made to do harm: of each comes a report, that says by which limit what was not read, and the
//! service goes on.

use serde_json::Value;
use xtask::sample::bombs::{BOMBS, Bomb, Outcome};

use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::Service;

/// Limits of which the defaults are reached only after seconds; `cargo xtask bench bombs` takes these.
const SOONER: [(&str, u64); 2] =
    [("LIMPID_LAYERS__LAYER_INFLATED_BYTES", 1 << 30), ("LIMPID_LAYERS__INFLATION_RATIO_FROM", 128 << 20)];

#[track_caller]
fn check(service: &Service, bomb: &Bomb) {
    let image = service.api.index(&bomb.archive().unwrap());
    let report = service.api.report(&image);
    match bomb.outcome {
        Outcome::Read => {
            assert_ne!(report["summary"]["packages"], 0, "{}", bomb.name);
            assert_eq!(report["coverage"]["unread_layers"], Value::Array(Vec::new()), "{}", bomb.name);
        }
        outcome => {
            let coverage = report["coverage"].to_string();
            assert!(coverage.contains(&outcome.stated().unwrap()), "{}: {coverage}", bomb.name);
            assert_eq!(report["summary"]["complete"], false, "{}", bomb.name);
        }
    }
}

#[test]
fn no_layer_that_is_made_to_do_harm_does_it() {
    let service = SOONER.into_iter().fold(Setup::new(), |setup, (name, value)| setup.with(name, value));
    let service = Service::with(service);
    for bomb in BOMBS {
        check(&service, bomb);
    }
    let good = Parts::of(&xtask::sample::alpine(), Compression::Gzip);
    assert_eq!(service.api.index(&good.docker_archive()), good.digest());
}
