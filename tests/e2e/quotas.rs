//! How much may be kept.

use crate::archives::archive_of;
use crate::program::Setup;
use crate::service::Service;

#[test]
fn an_image_over_a_quota_is_refused_with_the_setting_and_what_is_known_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("limpid.toml");
    std::fs::write(&settings, "[quotas]\nimages = 3\n[quotas.repositories.\"shop/*\"]\nimages = 1\n")
        .unwrap();
    let service = Service::with(Setup::new().with("LIMPID_SETTINGS", settings.display()));
    let first = service.api.index(&archive_of("shop/web:1"));
    let why = service.api.submit(&archive_of("shop/web:2")).refused(422, "over-quota");
    assert!(
        why.contains("repository `shop/web` would be 2")
            && why.contains("`quotas.repositories.\"shop/*\".images` allows 1"),
        "{why}"
    );
    // What is not waited for ends the same.
    let job = service.api.submit_and_go_on(&archive_of("shop/web:3")).body;
    let job = service.api.job_end(job["id"].as_str().unwrap());
    assert_eq!((&job["state"], &job["error"]["code"]), (&"failed".into(), &"over-quota".into()), "{job:#}");
    service.api.index(&archive_of("shop/api:1"));
    service.api.index(&archive_of("other:1"));
    let why = service.api.submit(&archive_of("other:2")).refused(422, "over-quota");
    assert!(why.contains("all images would be 4") && why.contains("`quotas.images` allows 3"), "{why}");
    // What is known may come again, and one that goes makes place.
    assert_eq!(service.api.index(&archive_of("shop/web:1")), first);
    assert_eq!(service.api.get("/v1/images").ok()["images"].as_array().unwrap().len(), 3);
    assert_eq!(service.api.delete(&format!("/v1/images/{first}")).status, 204);
    service.api.index(&archive_of("shop/web:2"));
}

#[test]
fn a_store_that_takes_what_it_may_takes_no_further_image() {
    let service = Service::with(Setup::new().with("LIMPID_QUOTAS__STORE_BYTES", 1));
    let why = service.api.submit(&archive_of("a:1")).refused(422, "over-quota");
    assert!(why.contains("the store takes") && why.contains("`quotas.store_bytes` allows 1"), "{why}");
}
