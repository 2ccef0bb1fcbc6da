use std::sync::Arc;

use limpid_bytes::Stop;
use limpid_images::Archive;

use super::*;
use crate::settings::{QuotaSettings, RepositoryQuota};
use crate::test_support::archive::{docker, tar};
use crate::test_support::scanner_with;
use crate::{ImageInput, Indexed, Progress, Scanner};

fn scanner(quotas: QuotaSettings) -> (Scanner, tempfile::TempDir) {
    let quotas = Arc::new(Quotas::read(&quotas).unwrap());
    scanner_with(Store::in_memory(), |settings| settings.quotas = quotas)
}

/// Submits an image of this name, with one layer of this content.
fn submit(scanner: &Scanner, name: &str, content: &str) -> Result<Indexed, Error> {
    let mut file = tempfile::tempfile().unwrap();
    let (archive, _) = docker(name, &[tar(&[("file", content.as_bytes())])]);
    std::io::Write::write_all(&mut file, &archive).unwrap();
    let settings = scanner.settings();
    let archive = Archive::open_file(file, &settings.scratch, &settings.limits)?;
    scanner.index(ImageInput { source: &archive, stop: &Stop::default() }, &Progress::default())
}

#[track_caller]
fn refused(outcome: Result<Indexed, Error>, expected: &str) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::OverQuota { .. }) && error.refuses_input(), "{error}");
    assert!(error.to_string().starts_with(expected), "{error}");
}

#[test]
fn one_image_more_than_all_may_be_is_refused_and_one_that_is_known_is_not() {
    let (scanner, _scratch) = scanner(QuotaSettings { images: 2, ..QuotaSettings::default() });
    submit(&scanner, "a:1", "1").unwrap();
    submit(&scanner, "b:1", "2").unwrap();
    let expected = "all images would be 3, and setting `quotas.images` allows 2;";
    refused(submit(&scanner, "c:1", "3"), expected);
    submit(&scanner, "a:1", "1").unwrap();
    let images = scanner.images(None, 10).unwrap().items;
    assert_eq!(images.len(), 2, "nothing of what was refused is there");
    // One that is deleted makes place.
    scanner.delete_image(&images[0].image.id).unwrap();
    submit(&scanner, "c:1", "3").unwrap();
}

#[test]
fn a_repository_has_the_quota_of_the_longest_glob() {
    let quota = |images: u64| RepositoryQuota { images };
    let repositories =
        [("builds/*", quota(1)), ("builds/free-*", quota(0))].map(|(glob, quota)| (glob.to_owned(), quota));
    let (scanner, _scratch) = scanner(QuotaSettings {
        repository_images: 2,
        repositories: repositories.into(),
        ..QuotaSettings::default()
    });
    submit(&scanner, "builds/a:1", "1").unwrap();
    let expected = "the images of repository `builds/a` would be 2, and setting \
                    `quotas.repositories.\"builds/*\".images` allows 1;";
    refused(submit(&scanner, "builds/a:2", "2"), expected);
    for number in 0..4 {
        submit(&scanner, &format!("builds/free-a:{number}"), &format!("free {number}")).unwrap();
    }
    submit(&scanner, "other:1", "3").unwrap();
    // A tag that moves leaves another image of the repository behind.
    submit(&scanner, "other:1", "4").unwrap();
    let expected =
        "the images of repository `other` would be 3, and setting `quotas.repository_images` allows 2;";
    refused(submit(&scanner, "other:2", "5"), expected);
}

#[test]
fn no_image_is_added_to_a_store_that_takes_what_it_may() {
    let (scanner, _scratch) = scanner(QuotaSettings { store_bytes: 1, ..QuotaSettings::default() });
    submit(&scanner, "a:1", "1").unwrap_err();
    let empty = scanner.images(None, 10).unwrap().items.is_empty();
    assert!(empty);
    let (scanner, _scratch) =
        self::scanner(QuotaSettings { store_bytes: 1 << 30, ..QuotaSettings::default() });
    submit(&scanner, "a:1", "1").unwrap();
}

#[test]
fn what_is_no_glob_is_told_with_its_setting() {
    let repositories = [("[".to_owned(), RepositoryQuota { images: 1 })];
    let quotas = QuotaSettings { repositories: repositories.into(), ..QuotaSettings::default() };
    let error = Quotas::read(&quotas).unwrap_err();
    assert!(error.starts_with("`quotas.repositories`: `[` is no glob"), "{error}");
}
