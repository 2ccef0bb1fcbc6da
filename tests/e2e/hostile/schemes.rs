//! Guests that are schemes, with a detector and a feed of their own.

use serde_json::{Value, json};

use super::guest::Guest;
use super::trial::Trial;

/// The report of an image with the guest's package, and its feed ingested anew.
fn report(trial: &Trial<'_>, round: usize) -> Value {
    trial.service.api.hand_in(&trial.guest.name, "{}").ok();
    let report = trial.flood(round);
    assert_eq!(report["coverage"]["plugin_failures"], json!([]));
    assert_eq!(report["summary"]["packages"], 2, "{report:#}");
    report
}

/// Whatever a scheme's keys are, they are compared with each other only.
#[track_caller]
fn lies_of_its_own_packages_alone(guest: &Guest) {
    let trial = Trial::of(guest);
    trial.harms_nobody(|round| {
        let report = report(&trial, round);
        for finding in report["findings"].as_array().unwrap() {
            assert_eq!(finding["package"]["purl"], "pkg:generic/hostile", "{finding:#}");
        }
    });
}

pub(in crate::hostile) fn unordered_keys(guest: &Guest) {
    lies_of_its_own_packages_alone(guest);
}

pub(in crate::hostile) fn fickle_keys(guest: &Guest) {
    lies_of_its_own_packages_alone(guest);
}

pub(in crate::hostile) fn missing_keys(guest: &Guest) {
    let trial = Trial::of(guest);
    let why = format!("plugin `{} 1.0.0", guest.name);
    trial.harms_nobody(|round| {
        let report = report(&trial, round);
        assert_eq!(report["findings"], json!([]));
        let unordered = report["coverage"]["unordered_versions"].as_array().unwrap();
        let unordered = unordered.iter().find(|it| it["package"] == "hostile").unwrap();
        let reason = unordered["reason"].as_str().unwrap();
        for part in [&*why, "keys: gave 0 keys for", "to blame: plugin"] {
            assert!(reason.contains(part), "{reason}");
        }
    });
}
