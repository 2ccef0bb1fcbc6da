//! The process is killed at any instant, under load, and another goes on. `cargo xtask verify crashes`
//! does the same more often.

use std::fs;
use std::thread;
use std::time::Instant;

use xtask::crashes::{Crashes, SETTINGS};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::hot_swap::{Place, built, gap, rebuilt};
use crate::program::Setup;
use crate::service::{Service, until};

const KILLS: u64 = 15;

/// How often a process is killed that replaces a plugin, and after how many times at most the old build was there as well
/// as the new one.
const KILLS_OF_SWAPS: u32 = 12;
const MOST_KILLS_OF_SWAPS: u32 = 60;

/// Without these the sample has no findings.
const PLUGINS: [&str; 4] = ["os-release", "dpkg", "dpkg-versions", "debian"];

#[test]
fn what_was_acknowledged_survives_kills_at_any_instant() {
    let folder = tempfile::tempdir().unwrap();
    let setup = SETTINGS.into_iter().fold(Setup::new(), |setup, (name, value)| setup.with(name, value));
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let crashes = Crashes {
        command: &|data| setup.command_over(data),
        folder: folder.path(),
        kills: KILLS,
        fills_disk: false,
        seed,
        progress: &|_| (),
    };
    let summary = crashes.run().unwrap();
    assert_eq!(summary.differences, [""; 0], "chance began at {seed}; {summary}");
    let done =
        [summary.kills, summary.documents, summary.submissions, summary.subscriptions, summary.notices];
    assert!(done.iter().all(|count| *count > 0), "{summary}");
}

#[test]
fn a_plugin_that_is_replaced_when_the_process_is_killed_is_the_old_one_or_the_new_one() {
    let (plugins, compiled) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in PLUGINS {
        fs::write(plugins.path().join(format!("{name}.wasm")), built(name)).unwrap();
    }
    // Compiled anew, so that the process is killed while it compiles, too.
    let setup =
        Setup::new().with_plugins(plugins.path()).with("LIMPID_COMPILED_DIR", compiled.path().display());
    let service = Service::with(setup);
    let sample = Parts::of(&debian(), Compression::Gzip);
    service.api.index(&sample.docker_archive());
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let mut place = Place { plugins, service };
    let expected = place.settled_report(&sample.digest())["findings"].clone();
    assert!(!expected.as_array().unwrap().is_empty());

    // How long it takes where nothing is killed.
    let began = Instant::now();
    let mut current = place.put("dpkg", &rebuilt("dpkg", "first"))["digest"].clone();
    let takes = began.elapsed();
    let mut outcomes = [0; 2];
    for number in 0..MOST_KILLS_OF_SWAPS {
        if number >= KILLS_OF_SWAPS && outcomes.iter().all(|count| *count > 0) {
            break;
        }
        let instant = number % KILLS_OF_SWAPS;
        let other = rebuilt("dpkg", &format!("build {number}"));
        let (api, after) =
            (&place.service.api, takes.mul_f64(1.2 * f64::from(instant) / f64::from(KILLS_OF_SWAPS)));
        let acknowledged = thread::scope(|scope| {
            let put = scope.spawn(|| api.try_send("PUT", "/v1/plugins/dpkg", &[], &other));
            thread::sleep(after);
            place.service.kill_at_once();
            put.join().unwrap().ok().filter(|answer| answer.status == 200)
        });
        place.service = Service::with(place.service.kill());

        let listed = place.service.api.get("/v1/plugins").ok();
        assert_eq!(listed["refused"].as_array().unwrap().len(), 0, "{listed:#}");
        assert_eq!(listed["plugins"].as_array().unwrap().len(), PLUGINS.len(), "{listed:#}");
        let found = place.digest("dpkg").unwrap();
        if let Some(answer) = &acknowledged {
            assert_eq!(answer.body["digest"], *found, "what was acknowledged is not there");
        }
        outcomes[usize::from(current != *found)] += 1;
        let report = place.settled_report(&sample.digest());
        assert_eq!(report["findings"], expected);
        assert!(gap(&report, "not-examined").is_none(), "{report:#}");
        current = found.into();
    }
    assert!(outcomes.iter().all(|count| *count > 0), "kept and replaced: {outcomes:?}");
    // It can be replaced still, and gone back to.
    let last = place.put("dpkg", &rebuilt("dpkg", "last"));
    let back = place.service.api.send("POST", "/v1/plugins/dpkg/rollback", &[], b"").ok();
    assert_eq!(back["digest"], current, "{last:#}");
    until("the plugins directory has nothing but plugins", || {
        let entries = fs::read_dir(place.plugins.path()).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).all(|name| name.ends_with(".wasm")).then_some(())
    });
}
