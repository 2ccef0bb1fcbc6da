use super::*;
use crate::tests::World;

mod storage;

use storage::{Fault, Storage};

const NOW: u64 = 1_700_000_000_000;

fn bucket(storage: &Storage) -> Bucket {
    Bucket::new("s3://bucket/limpid/daily", &storage.access()).unwrap()
}

fn back_up(world: &World, bucket: &Bucket, reuse: Reuse) -> Result<Made, Error> {
    let sources = world.sources();
    let staged = Staged::take(&world.store, &sources)?;
    bucket.create(&sources, &staged, (NOW, "0", reuse), &Progress::default())
}

fn verify(bucket: &Bucket) -> Verified {
    let manifest = bucket.find(None).unwrap();
    bucket.verify(&manifest, &Progress::default(), &mut |_, _| true).unwrap()
}

fn restore_to(bucket: &Bucket, to: &Path) -> Result<Restored, Error> {
    let manifest = bucket.find(None)?;
    bucket.restore(&manifest, to, (&to.join("plugins"), true), &Progress::default())
}

#[test]
fn what_is_restored_from_a_bucket_is_what_was_there() {
    let (world, storage) = (World::new(), Storage::start());
    world.fill("first");
    world.submit(7, b"an archive");
    let bucket = bucket(&storage);
    let made = back_up(&world, &bucket, Reuse::Unchanged).unwrap();
    assert_eq!(made.new_files as usize + 2, storage.writes(), "the marker and the manifest are written, too");
    assert!(storage.keys().iter().all(|key| key.starts_with("limpid/daily/")), "{:?}", storage.keys());
    let listed = bucket.list().unwrap();
    assert_eq!(listed[0].manifest.as_ref().unwrap(), &made.manifest);
    let verified = verify(&bucket);
    assert!(verified.is_whole(), "{verified:?}");

    let to = world.path("restored");
    let restored = restore_to(&bucket, &to).unwrap();
    assert_eq!(restored.plugins, ["a.wasm", "b.wasm"]);
    assert_eq!(fs::read(to.join("scratch/submitted/7.archive")).unwrap(), b"an archive");
    for file in made.manifest.files.iter().filter(|file| !file.path.starts_with("plugins/")) {
        assert_eq!(Digest::of(&fs::read(to.join(&file.path)).unwrap()), file.digest, "{}", file.path);
    }
}

#[test]
fn a_second_backup_sends_what_has_changed() {
    let (world, storage) = (World::new(), Storage::start());
    world.fill("first");
    let bucket = bucket(&storage);
    let first = back_up(&world, &bucket, Reuse::Unchanged).unwrap();
    storage.writes();
    let same = back_up(&world, &bucket, Reuse::Unchanged).unwrap();
    assert_ne!(same.manifest.name, first.manifest.name);
    assert_eq!(storage.writes(), same.new_files as usize + 1);
    let table_files =
        |made: &Made| made.manifest.files.iter().filter(|file| file.path.ends_with(".sst")).count();
    assert!(table_files(&same) > 0 && same.new_files < first.new_files);
    world.fill("second");
    let second = back_up(&world, &bucket, Reuse::Unchanged).unwrap();
    assert_eq!(table_files(&second), table_files(&first) + 1);
    assert!(verify(&bucket).is_whole());
    storage.writes();
    let anew = back_up(&world, &bucket, Reuse::Nothing).unwrap();
    let contents: std::collections::HashSet<_> = anew.manifest.files.iter().map(|file| file.digest).collect();
    assert_eq!(storage.writes(), contents.len() + 1, "all are sent again, and each once");
}

#[test]
fn lost_connections_and_busy_storage_are_tried_again() {
    let (world, storage) = (World::new(), Storage::start());
    world.fill("first");
    let bucket = bucket(&storage);
    storage.fail(&[Fault::LostWrite, Fault::Busy, Fault::LostWrite]);
    back_up(&world, &bucket, Reuse::Unchanged).unwrap();
    assert_eq!(storage.faults(), 0);
    assert!(verify(&bucket).is_whole());
    let to = world.path("restored");
    storage.fail(&[Fault::LostRead(0), Fault::LostRead(3), Fault::LostRead(100)]);
    restore_to(&bucket, &to).unwrap();
    assert_eq!(storage.faults(), 0);
}

#[test]
fn a_bucket_that_refuses_is_told_and_the_last_backup_stays() {
    let (world, storage) = (World::new(), Storage::start());
    world.fill("first");
    let bucket = bucket(&storage);
    let first = back_up(&world, &bucket, Reuse::Unchanged).unwrap().manifest;
    world.fill("second");
    let check = |faults: &[Fault], expected: &str| {
        storage.fail(faults);
        let error = back_up(&world, &bucket, Reuse::Unchanged).unwrap_err().to_string();
        assert!(error.starts_with("cannot write `s3://bucket/limpid/daily/objects/"), "{error}");
        assert!(error.contains(expected), "{error}");
        assert_eq!(bucket.find(None).unwrap(), first, "what was cut short is no backup");
        assert!(verify(&bucket).is_whole());
    };
    check(&[Fault::Refused], "it answers 403 Forbidden: AccessDenied, no");
    check(&[Fault::LostWrite; 5], "it was tried 5 times");
    check(&[Fault::Busy; 5], "it answers 503 Service Unavailable: SlowDown, no; it was tried 5 times");
    assert_eq!(bucket.list().unwrap().len(), 1);
    storage.fail(&[]);
    back_up(&world, &bucket, Reuse::Unchanged).unwrap();
    assert!(verify(&bucket).is_whole());
}

/// A bucket to which more than a thousand bytes go in parts.
fn bucket_of_parts(storage: &Storage) -> Bucket {
    let access = BucketAccess { part_bytes: 1_000, ..storage.access() };
    Bucket::new("s3://bucket/limpid/daily", &access).unwrap()
}

#[test]
fn a_file_that_is_longer_than_a_request_is_sent_in_parts() {
    let (world, storage) = (World::new(), Storage::start());
    world.fill("first");
    let archive: Vec<u8> = (0..10_500_u32).map(|at| (at % 251) as u8).collect();
    world.submit(7, &archive);
    let bucket = bucket_of_parts(&storage);
    let made = back_up(&world, &bucket, Reuse::Unchanged).unwrap();
    let longer = made.manifest.files.iter().filter(|file| file.bytes > 1_000).count();
    assert_eq!((storage.begun(), storage.uploads()), (longer, 0));
    assert!(longer > 0);
    assert!(verify(&bucket).is_whole());
    let to = world.path("restored");
    restore_to(&bucket, &to).unwrap();
    assert_eq!(fs::read(to.join("scratch/submitted/7.archive")).unwrap(), archive);
    storage.writes();
    let same = back_up(&world, &bucket, Reuse::Unchanged).unwrap();
    assert_eq!(storage.writes(), same.new_files as usize + 1, "what is there in parts is known again");
    let archive = same.manifest.files.iter().find(|file| file.path.ends_with("7.archive")).unwrap();
    storage.change(&bucket.object(&archive.digest), |content| content[9_999] ^= 1);
    let verified = verify(&bucket);
    assert!(matches!(&verified.damaged[..], [Error::Damaged { file, .. }] if *file == archive.path));
}

#[test]
fn parts_are_tried_again_and_put_together_once() {
    let (world, storage) = (World::new(), Storage::start());
    world.submit(7, &[7; 4_000]);
    let bucket = bucket_of_parts(&storage);
    let faults = [
        vec![Fault::LostWrite, Fault::Busy, Fault::LostWrite],
        vec![Fault::LostAnswer],
        vec![Fault::Unfinished, Fault::Unfinished],
    ];
    for faults in faults {
        storage.fail(&faults);
        back_up(&world, &bucket, Reuse::Nothing).unwrap();
        assert_eq!((storage.faults(), storage.uploads()), (0, 0), "{faults:?}");
        assert!(verify(&bucket).is_whole());
    }
}

#[test]
fn parts_of_what_is_not_complete_are_removed() {
    let (world, storage) = (World::new(), Storage::start());
    let bucket = bucket_of_parts(&storage);
    world.submit(7, &[7; 4_000]);
    bucket.mark().unwrap();
    let path = world.path("data/scratch/submitted/7.archive");
    let (file, progress) = (fs::File::open(&path).unwrap(), Progress::default());
    let send = |digest: Digest| {
        let outgoing = Outgoing { file: &file, path: &path, bytes: 4_000, digest, progress: &progress };
        outgoing.send(&bucket.requests, "limpid/daily/objects/x", 1_000).unwrap_err()
    };
    let check = |faults: &[Fault], digest: Digest, expected: &str| {
        storage.fail(faults);
        storage.begun();
        let why = send(digest);
        let why = format!("{why}: {:?}", std::error::Error::source(&why));
        assert!(why.contains(expected), "{why}");
        assert_eq!((storage.begun(), storage.uploads()), (1, 0), "{expected}");
        assert_eq!(storage.keys(), ["limpid/daily/limpid-backups"]);
    };
    let whole = Digest::of(&[7; 4_000]);
    check(&[Fault::Refused], whole, "it answers 403 Forbidden: AccessDenied, no");
    check(&[Fault::Busy; 5], whole, "it was tried 5 times");
    check(&[Fault::Unfinished; 5], whole, "InternalError, no; it was tried 5 times");
    check(&[], Digest::of(b"what it was"), "the file has changed while it was sent");
    storage.fail(&[]);
    progress.stop();
    assert!(send(whole).to_string().contains("cannot read"));
    assert_eq!(storage.uploads(), 0);
}

#[test]
fn a_file_that_no_object_holds_is_refused() {
    let (world, storage) = (World::new(), Storage::start());
    world.submit(7, b"short");
    let bucket = bucket(&storage);
    let path = world.path("data/scratch/submitted/7.archive");
    let (file, progress) = (fs::File::open(&path).unwrap(), Progress::default());
    let bytes = 10_000 * MOST_PART + 1;
    let outgoing = Outgoing { file: &file, path: &path, bytes, digest: Digest::of(b""), progress: &progress };
    let why = outgoing.send(&bucket.requests, "x", PART_BYTES).unwrap_err().to_string();
    assert!(why.contains("objects of 10000 parts of 5368709120 bytes"), "{why}");
    assert_eq!(storage.begun(), 0);
}

#[test]
fn damage_in_a_bucket_is_found_and_not_restored() {
    let (world, storage) = (World::new(), Storage::start());
    world.fill("first");
    let bucket = bucket(&storage);
    let made = back_up(&world, &bucket, Reuse::Unchanged).unwrap();
    let table = made.manifest.files.iter().find(|file| file.path.ends_with(".sst")).unwrap();
    storage.change(&bucket.object(&table.digest), |content| content[10] ^= 1);
    let verified = verify(&bucket);
    assert!(matches!(&verified.damaged[..], [Error::Damaged { file, .. }] if *file == table.path));
    let to = world.path("restored");
    assert!(matches!(restore_to(&bucket, &to), Err(Error::Damaged { .. })));
    assert!(!to.join("store").exists());
    storage.change(&bucket.object(&table.digest), |content| content.truncate(3));
    assert!(!verify(&bucket).is_whole());
    back_up(&world, &bucket, Reuse::Nothing).unwrap();
    assert!(verify(&bucket).is_whole());
}

#[test]
fn a_prefix_in_which_something_else_is_stays_as_it_is() {
    let (world, storage) = (World::new(), Storage::start());
    let bucket = bucket(&storage);
    assert!(matches!(bucket.find(None), Err(Error::NotBackups(_))));
    storage.put("limpid/daily/holidays.jpg", b"a picture");
    assert!(matches!(back_up(&world, &bucket, Reuse::Unchanged), Err(Error::NotBackups(_))));
    assert_eq!(storage.keys(), ["limpid/daily/holidays.jpg"]);
    storage.put("limpid/daily/limpid-backups", b"9\n");
    assert!(matches!(back_up(&world, &bucket, Reuse::Unchanged), Err(Error::LaterLayout { .. })));
}

#[test]
fn an_address_that_is_none_and_what_is_not_allowed_is_told() {
    let access = Storage::start().access();
    let check = |address: &str, access: &BucketAccess, expected: &str| {
        let error = Bucket::new(address, access).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("bucket/a", &access, "does not begin with `s3://`");
    check("s3://", &access, "the name of a bucket");
    check("s3://a@b/c", &access, "the name of a bucket");
    check("s3://bucket/a/../b", &access, "the parts of a prefix");
    check("s3://bucket/a b", &access, "the parts of a prefix");
    let unencrypted = BucketAccess { plain_http: false, ..access.clone() };
    check("s3://bucket", &unencrypted, "`backup.s3_plain_http`");
    let nobody = BucketAccess { secret: None, ..access.clone() };
    check("s3://bucket", &nobody, "`AWS_SECRET_ACCESS_KEY`");
    let elsewhere = BucketAccess { endpoint: Some("ftp://x".to_owned()), ..access };
    check("s3://bucket", &elsewhere, "`backup.s3_endpoint`");
    assert!(!format!("{nobody:?}").contains("key\""));
}
