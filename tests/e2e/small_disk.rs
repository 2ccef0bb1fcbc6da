//! A service whose disk is full: a file system of a few MiB of its own. Tests mount it, which takes root or a user
//! namespace: `cargo xtask test-with small-disk` gives them one.

use std::io::{BufRead as _, BufReader};
use std::process::Child;

use tempfile::TempDir;
use xtask::crashes::{Crashes, Disk, SETTINGS};
use xtask::sample::{Layer, advisories, alpine, debian};

use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::{Service, until};

const KILLS: u64 = 6;

/// More than are read while the disk is filled.
const SUBMISSIONS: usize = 16;

/// Less than this must be free for the disk to be full.
const FREE_BYTES: u64 = 4 << 20;

/// A data directory on a small disk.
struct Place {
    folder: TempDir,
    disk: Disk,
    setup: Setup,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let disk = Disk::mount(&data).unwrap();
        let setup = Setup::new()
            .over(&data)
            .with("LIMPID_INDEX__FREE_BYTES", FREE_BYTES)
            .with("LIMPID_INDEX__LONGEST_BACKOFF", 2)
            .with("LIMPID_STORE__WRITE_BYTES", 8_192);
        Self { folder, disk, setup }
    }
}

#[test]
#[ignore = "mounts a file system: `cargo xtask test-with small-disk`"]
fn what_was_acknowledged_survives_kills_on_a_disk_that_fills_and_empties() {
    let folder = tempfile::tempdir().unwrap();
    let setup = SETTINGS.into_iter().fold(Setup::new(), |setup, (name, value)| setup.with(name, value));
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let crashes = Crashes {
        command: &|data| setup.command_over(data),
        folder: folder.path(),
        kills: KILLS,
        fills_disk: true,
        seed,
        progress: &|_| (),
    };
    let summary = crashes.run().unwrap();
    assert_eq!(summary.differences, [""; 0], "chance began at {seed}; {summary}");
    let done = [summary.kills, summary.documents, summary.submissions, summary.refused];
    assert!(done.iter().all(|count| *count > 0), "chance began at {seed}; {summary}");
}

#[test]
#[ignore = "mounts a file system: `cargo xtask test-with small-disk`"]
fn a_full_disk_is_told_loses_nothing_and_is_left_without_hands() {
    let Place { folder, disk, setup } = Place::new();
    let service = Service::with(setup);
    let sample = Parts::of(&debian(), Compression::Gzip);
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let known = service.api.index(&sample.docker_archive());
    let before = service.api.report(&known);
    assert_ne!(before["summary"]["findings"], 0);

    // Full to the last byte, as others make it who write there: nothing is set aside any more.
    disk.fill(0).unwrap();
    let other = Parts::of(&alpine(), Compression::Gzip).docker_archive();
    let answer = service.api.submit_and_go_on(&other);
    assert!(answer.headers.contains_key("retry-after"), "{answer:#?}");
    let told = answer.refused(503, "no-room");
    assert!(told.contains("`index.free_bytes`") && told.contains(&FREE_BYTES.to_string()), "{told}");
    service.api.hand_in("alpine", advisories::alpine_secdb()).refused(503, "no-room");
    let why = service.api.get("/readyz").refused(503, "not-ready");
    assert!(why.contains("index.free_bytes"), "{why}");
    // What is read is answered as ever, and the process lives.
    assert_eq!(service.api.get("/healthz").status, 200);
    assert_eq!(service.api.report(&known)["findings"], before["findings"]);

    // A process that is killed meanwhile and begins on a full disk says why it cannot, or goes on.
    let setup = service.kill();
    let started = setup.command().args(["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let service = match ended(started) {
        Some(log) => {
            let says_why = ["No space left on device", "is full", "room"].iter().any(|why| log.contains(why));
            assert!(says_why, "{log}");
            disk.empty().unwrap();
            Service::with(setup)
        }
        None => {
            let service = Service::with(setup);
            assert_eq!(service.api.report(&known)["findings"], before["findings"]);
            disk.empty().unwrap();
            service
        }
    };
    until("it is ready again", || (service.api.get("/readyz").status == 200).then_some(()));
    assert_eq!(service.api.report(&known)["findings"], before["findings"]);
    until("feeds are taken again", || {
        (service.api.hand_in("alpine", advisories::alpine_secdb()).status == 200).then_some(())
    });
    let image = service.api.index(&other);
    assert_eq!(service.api.get(&format!("/v1/images/{image}")).status, 200);

    let setup = service.kill();
    let checked = setup.run(["store", "check"]);
    assert_eq!(checked.code, Some(0), "{checked:#?}");
    drop((disk, folder));
}

#[test]
#[ignore = "mounts a file system: `cargo xtask test-with small-disk`"]
fn a_disk_that_fills_keeps_submissions_until_there_is_room() {
    let Place { folder: _folder, disk, setup } = Place::new();
    let service = Service::with(setup.with("LIMPID_INDEX__JOBS", 1).with("LIMPID_INDEX__LAYERS", 1));
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    // Short to send, long to read: most are not done when the disk is full.
    let zeros = vec![0; 128 << 20];
    let archives: Vec<_> = (0..SUBMISSIONS)
        .map(|number| {
            let layer = Layer::new("COPY").file("zeros", zeros.clone()).file("number", number.to_string());
            Parts::of(&image(&format!("test/slow:{number}"), [layer]), Compression::Zstd)
        })
        .collect();
    let acknowledged = archives.iter().map(|archive| {
        let answer = service.api.submit_and_go_on(&archive.oci_archive());
        assert_eq!(answer.status, 202, "{answer:#?}");
        (answer.body["id"].as_str().unwrap().to_owned(), archive.digest())
    });
    let acknowledged: Vec<_> = acknowledged.collect();
    disk.fill(0).unwrap();
    let state = |id: &str| service.api.get(&format!("/v1/jobs/{id}")).body["state"].clone();
    until("one waits for room", || {
        let states: Vec<_> = acknowledged.iter().map(|(id, _)| state(id)).collect();
        assert!(states.iter().any(|state| state != "done"), "all were done before the disk was full");
        assert!(!states.iter().any(|state| state == "failed"), "{states:?}");
        states.iter().any(|state| state == "waiting").then_some(())
    });
    disk.empty().unwrap();
    for (id, digest) in acknowledged {
        let job = service.api.job_end(&id);
        assert_eq!([&job["state"], &job["images"][0]], ["done", digest.as_str()], "{job:#}");
    }
}

/// What a service has logged that ended before it was ready; none of one that got so far, which is killed.
fn ended(mut child: Child) -> Option<String> {
    let mut log = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok) {
        if line.ends_with(" ready") {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        log.push_str(&line);
        log.push('\n');
    }
    let status = child.wait().unwrap();
    assert!(!status.success(), "{status}\n{log}");
    Some(log)
}
