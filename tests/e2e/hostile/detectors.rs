//! Guests that are detectors.

use super::guest::Guest;
use super::trial::{CALLS, Trial, flood, limits, short_limits};
use crate::program::Setup;

const OUT_OF_TIME: (&str, &str) = ("time", "ran for more than 1s, the limit of setting `plugins.limits.");

const TOO_MUCH_OUTPUT: (&str, &str) =
    ("output", "more than 4194304 bytes at once, the limit of setting `plugins.output_bytes`");

pub(in crate::hostile) fn endless_loop(guest: &Guest) {
    Trial::with(guest, short_limits(guest)).fails(&[OUT_OF_TIME]);
}

pub(in crate::hostile) fn endless_cleanup(guest: &Guest) {
    Trial::with(guest, short_limits(guest)).fails(&[OUT_OF_TIME]);
}

pub(in crate::hostile) fn endless_memory(guest: &Guest) {
    let over = "over the limit of 33554432 (setting `plugins.memory_bytes`)";
    Trial::of(guest).fails(&[("memory", over)]);
}

pub(in crate::hostile) fn endless_tables(guest: &Guest) {
    let over = "over the limit of 100000 (setting `plugins.table_elements`)";
    Trial::of(guest).fails(&[("tables", over)]);
}

pub(in crate::hostile) fn endless_handles(guest: &Guest) {
    Trial::of(guest).fails(&[("contract", "handle limit exceeded")]);
}

pub(in crate::hostile) fn deep_recursion(guest: &Guest) {
    Trial::of(guest).fails(&[("trap", "bytes of stack, the limit of setting `plugins.stack_bytes`")]);
}

pub(in crate::hostile) fn trap_in_detect(guest: &Guest) {
    Trial::of(guest).fails(&[("trap", "unreachable")]);
    is_quarantined_after_five_images(guest);
}

/// For one image it is called five times; it takes five images that nobody is called for it any more.
fn is_quarantined_after_five_images(guest: &Guest) {
    let trial = Trial::with(guest, Setup::new().with("LIMPID_INDEX__LAYERS", 1));
    let quarantined = || trial.service.api.get("/v1/plugins/trap-in-detect").ok()["quarantined"].clone();
    for (image, trapped) in [5, 5, 5, 5, 1, 0].into_iter().enumerate() {
        let before = quarantined();
        assert_eq!(before.is_null(), image < 5, "{before}");
        let report = trial.flood(image);
        let failures = report["coverage"]["plugin_failures"].as_array().unwrap();
        let of = |kind: &str| failures.iter().filter(|failure| failure["kind"] == kind).count();
        assert_eq!([of("trap"), of("quarantined")], [trapped, CALLS - trapped], "{report:#}");
    }
    assert!(quarantined().as_str().unwrap().contains("`plugins.quarantine_after`"));
}

pub(in crate::hostile) fn four_gib_answer(guest: &Guest) {
    Trial::of(guest).fails(&[TOO_MUCH_OUTPUT]);
}

pub(in crate::hostile) fn million_findings(guest: &Guest) {
    let room = limits().with("LIMPID_PLUGINS__MEMORY_BYTES", 128 << 20);
    Trial::with(guest, room).fails(&[TOO_MUCH_OUTPUT]);
}

pub(in crate::hostile) fn foreign_files(guest: &Guest) {
    Trial::of(guest).fails(&[("contract", "speaks of `etc/shadow`, which it was not shown")]);
}

pub(in crate::hostile) fn invalid_utf8(guest: &Guest) {
    Trial::of(guest).fails(&[("contract", "utf-8")]);
}

pub(in crate::hostile) fn lone_surrogates(guest: &Guest) {
    Trial::of(guest).fails(&[("contract", "found: d83d"), ("contract", "found: de00")]);
}

pub(in crate::hostile) fn reads_past_the_end(guest: &Guest) {
    Trial::of(guest).states_nothing();
}

pub(in crate::hostile) fn huge_lengths(guest: &Guest) {
    Trial::of(guest).fails(&[("contract", "")]);
}

pub(in crate::hostile) fn forged_handles(guest: &Guest) {
    Trial::of(guest).fails(&[("contract", "")]);
}

pub(in crate::hostile) fn hostile_allocator(guest: &Guest) {
    Trial::of(guest).fails(&[("contract", ""), ("trap", "cannot leave component instance")]);
}

pub(in crate::hostile) fn different_at_each_call(guest: &Guest) {
    let trial = Trial::of(guest);
    trial.harms_nobody(|round| {
        let report = trial.flood(round);
        let image = report["image"]["digest"].as_str().unwrap();
        let layers = trial.service.api.get(&format!("/v1/images/{image}/layers")).ok().to_string();
        assert_ne!(layers.matches("call-1").count(), 0, "{layers}");
        assert_eq!(layers.matches("call-1").count(), layers.matches("call-").count(), "{layers}");
    });
}

pub(in crate::hostile) fn control_characters(guest: &Guest) {
    let trial = Trial::of(guest);
    trial.harms_nobody(|round| {
        assert_eq!(trial.flood(round)["summary"]["packages"], 2);
    });
    let directory = tempfile::tempdir().unwrap();
    let archive = directory.path().join("image.tar");
    std::fs::write(&archive, flood(0)).unwrap();
    let setup = limits().with_plugins(trial.service.setup.plugins());
    let shown = setup.run(["packages", archive.to_str().unwrap()]).ok();
    let unseen = |char: char| char.is_control() && char != '\n';
    assert!(shown.contains("evil") && !shown.contains(unseen), "{shown:?}");
}
