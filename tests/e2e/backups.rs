//! Backups, what is removed by itself, and what happens where there is no room.

use std::fs;
use std::path::Path;

use serde_json::json;
use xtask::sample::{Layer, advisories, debian};

use crate::archives::{Compression, Parts, image};
use crate::program::{Outcome, Setup};
use crate::service::{Service, until};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs a command over a setup with another data directory.
fn over(setup: &Setup, data: &Path, arguments: &[&str]) -> Outcome {
    Outcome::of(setup.command_over(data).args(arguments))
}

#[test]
fn what_is_backed_up_beside_a_service_is_all_there_after_a_restoration() {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let parts = Parts::of(&debian(), Compression::Gzip);
    let digest = service.api.index(&parts.docker_archive());
    let root = tempfile::tempdir().unwrap();
    let backups = root.path().join("backups");

    // The service makes it: it has the data directory.
    let made = service.setup.run(["backup", "create", text(&backups)]).ok();
    assert!(made.contains("files of"), "{made}");
    let audit = service.api.get("/v1/audit").ok();
    let recorded = audit["records"].as_array().unwrap().iter().any(|record| {
        record["path"] == "/v1/backups" && record["detail"].as_str().unwrap_or_default().contains("backups")
    });
    assert!(recorded, "{audit:#}");
    // What comes later costs little more, and is not part of the first.
    let other = image("test/other:1", [Layer::new("COPY").file("name", "other")]);
    service.api.index(&Parts::of(&other, Compression::Gzip).docker_archive());
    let again = service.setup.run(["backup", "create", text(&backups), "--format", "json"]).json();
    assert!(again["new_bytes"].as_u64().unwrap() < again["bytes"].as_u64().unwrap(), "{again:#}");
    let listed = service.setup.run(["backup", "list", text(&backups), "--format", "json"]).json();
    let names: Vec<_> =
        listed["backups"].as_array().unwrap().iter().map(|backup| backup["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 2);
    for name in &names {
        let verified = service.setup.run(["backup", "verify", text(&backups), "--name", name]).ok();
        assert!(verified.contains("is whole"), "{verified}");
    }
    let checked = service.setup.run(["store", "check", text(&backups), "--rehearse"]).ok();
    assert!(
        checked.contains("the store is whole") && checked.contains("an upgrade of a copy took"),
        "{checked}"
    );

    let report = service.api.report(&digest);
    let setup = service.kill();
    let restored = root.path().join("restored");
    over(&setup, &restored, &["backup", "restore", text(&backups), "--name", names[0]]).ok();
    // Nothing is restored over what is there.
    let refused = over(&setup, &restored, &["backup", "restore", text(&backups)]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("is not empty"), "{refused:#?}");

    fs::remove_dir_all(setup.data()).unwrap();
    fs::rename(&restored, setup.data()).unwrap();
    let whole = setup.run(["store", "check", "--format", "json"]).json();
    assert_eq!((&whole["whole"], &whole["store"]["problem_count"]), (&json!(true), &json!(0)));
    let service = Service::with(setup);
    until("what plugins may have changed is refreshed", || {
        let now = service.api.report(&digest);
        let gaps = now["coverage"]["gaps"].as_array().unwrap();
        (!gaps.iter().any(|gap| gap["code"] == "refresh-under-way")).then_some(())
    });
    assert_eq!(service.api.report(&digest)["findings"], report["findings"]);
    assert_eq!(service.api.get("/v1/images").ok()["images"].as_array().unwrap().len(), 1);
}

#[test]
fn a_submission_that_waits_is_part_of_a_backup_and_is_done_after_its_restoration() {
    let empty = tempfile::tempdir().unwrap();
    let service = Service::with(Setup::new().with_plugins(empty.path()));
    let parts = Parts::of(&debian(), Compression::Gzip);
    // Without a detector it waits.
    let answer = service.api.submit_and_go_on(&parts.docker_archive());
    assert_eq!(answer.status, 202, "{answer:#?}");
    let root = tempfile::tempdir().unwrap();
    let backups = root.path().join("backups");
    service.setup.run(["backup", "create", text(&backups)]).ok();
    drop(service.kill());

    let setup = Setup::new();
    setup.run(["backup", "restore", text(&backups)]).ok();
    let service = Service::with(setup);
    let digest = parts.digest();
    until("the submission is indexed", || {
        let answer = service.api.get(&format!("/v1/images/{digest}"));
        (answer.status == 200).then_some(())
    });
}

#[test]
fn a_damaged_backup_is_told_with_exit_code_1_and_not_restored() {
    let setup = Setup::new();
    let parts = Parts::of(&debian(), Compression::Gzip);
    let root = tempfile::tempdir().unwrap();
    let archive = root.path().join("image.tar");
    fs::write(&archive, parts.docker_archive()).unwrap();
    setup.run(["scan", text(&archive)]).ok();
    let backups = root.path().join("backups");
    // Without a service, the command makes it itself.
    setup.run(["backup", "create", text(&backups)]).ok();
    let largest =
        walk(&backups.join("objects")).into_iter().max_by_key(|path| fs::metadata(path).unwrap().len());
    let largest = largest.unwrap();
    let mut bytes = fs::read(&largest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&largest, bytes).unwrap();
    let verified = setup.run(["backup", "verify", text(&backups)]);
    assert_eq!(verified.code, Some(1), "{verified:#?}");
    assert!(verified.stdout.contains("is damaged"), "{verified:#?}");
    let restored = root.path().join("restored");
    let refused = over(&setup, &restored, &["backup", "restore", text(&backups)]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("--read-all"), "{refused:#?}");
    // What was begun is not taken for a data directory.
    let refused = over(&setup, &restored, &["feed", "list"]);
    assert!(refused.stderr.contains("restore the backup again"), "{refused:#?}");
    setup.run(["backup", "create", text(&backups), "--read-all"]).ok();
    setup.run(["backup", "prune", text(&backups), "--keep", "1"]).ok();
    over(&setup, &restored, &["backup", "restore", text(&backups)]).ok();
    over(&setup, &restored, &["feed", "list"]).ok();
}

fn walk(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn images_that_expire_are_named_and_removed() {
    let service = Service::with(Setup::new().with("LIMPID_RETENTION__MOST", 1));
    let submit = |tag: &str| {
        let image = image(&format!("test/shop:{tag}"), [Layer::new("COPY").file("name", tag)]);
        service.api.index(&Parts::of(&image, Compression::Gzip).docker_archive())
    };
    let (first, second) = (submit("1"), submit("2"));
    let planned = service.setup.run(["retention", "--dry-run", "--format", "json"]).json();
    assert_eq!((&planned["count"], &planned["images"][0]["digest"]), (&json!(1), &json!(first)));
    assert!(
        planned["images"][0]["reason"].as_str().unwrap().contains("`retention.most` is 1"),
        "{planned:#}"
    );
    assert_eq!(service.api.get(&format!("/v1/images/{first}")).status, 200);
    let removed = service.setup.run(["retention"]).ok();
    assert!(removed.contains(&first), "{removed}");
    service.api.get(&format!("/v1/images/{first}")).refused(404, "no-such-image");
    assert_eq!(service.api.get(&format!("/v1/images/{second}")).status, 200);
    let audit = service.api.get("/v1/audit").ok();
    assert!(audit["records"].as_array().unwrap().iter().any(|it| it["who"] == "retention"), "{audit:#}");
}

#[test]
fn where_there_is_no_room_reads_go_on_and_writes_are_put_off() {
    let setup = Setup::new();
    let service = Service::with(setup);
    let parts = Parts::of(&debian(), Compression::Gzip);
    let digest = service.api.index(&parts.docker_archive());
    let setup = service.stop();
    let service = Service::with(setup.with("LIMPID_INDEX__FREE_BYTES", i64::MAX));
    let message = service.api.get("/readyz").refused(503, "not-ready");
    assert!(message.contains("`index.free_bytes`"), "{message}");
    assert_eq!(service.api.report(&digest)["image"]["digest"], json!(digest));
    let policy = b"[[suppress]]\npackages = [\"libc6\"]\nreason = \"a\"";
    let refused = service.api.send("PUT", "/v1/policies/shop", &[], policy);
    refused.refused(503, "no-room");
    service.api.hand_in("debian", advisories::debian_tracker()).refused(503, "no-room");
    // What makes room is done.
    assert_eq!(service.api.send("DELETE", &format!("/v1/images/{digest}"), &[], b"").status, 204);
}

#[test]
fn a_token_has_so_many_submissions_that_are_not_done() {
    let empty = tempfile::tempdir().unwrap();
    let service = Service::with(Setup::new().with_plugins(empty.path()).with("LIMPID_ACCESS__PENDING", 1));
    let bearer = format!("Bearer {}", service.token(&["build", "--role", "submit"]));
    let shown = [("authorization", bearer.as_str())];
    let archive = Parts::of(&debian(), Compression::Gzip).docker_archive();
    // Without a detector it waits.
    assert_eq!(service.api.send("POST", "/v1/images", &shown, &archive).status, 202);
    let refused = service.api.send("POST", "/v1/images", &shown, &archive);
    let message = refused.refused(429, "too-many-requests");
    assert!(message.contains("`access.pending`"), "{message}");
    // Others are not held up by it.
    assert_eq!(service.api.send("POST", "/v1/images", &[], &archive).status, 202);
}
