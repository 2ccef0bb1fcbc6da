use limpid_model::Platform;

use super::*;

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn image(names: &[String], manifests: &[&str]) -> Image {
    Image {
        id: digest("image"),
        manifests: manifests.iter().map(|text| digest(text)).collect(),
        names: names.to_vec(),
        platform: Platform::default(),
        created: None,
        labels: Vec::new(),
        layers: Vec::new(),
    }
}

#[test]
fn an_image_is_scanned_by_the_names_that_a_registry_has_for_it() {
    let check = |names: &[String], expected: &[(&str, &[&str])]| {
        let found = artifacts(&image(names, &["a", "b"]), "harbor.example");
        let expected: Vec<_> = expected
            .iter()
            .map(|(repository, digests)| RescannedArtifact {
                repository: (*repository).to_owned(),
                digests: digests.iter().map(|text| digest(text)).collect(),
            })
            .collect();
        assert_eq!(found, expected, "{names:?}");
    };
    let by_digest = |name: &str, of: &str| format!("{name}@{}", digest(of));
    check(&[by_digest("harbor.example/shop/web", "a")], &[("shop/web", &["a"])]);
    check(&["harbor.example/shop/web:1".to_owned()], &[("shop/web", &["a", "b"])]);
    // What states a digest says which it is.
    check(
        &["harbor.example/shop/web:1".to_owned(), by_digest("harbor.example/shop/web", "b")],
        &[("shop/web", &["b"])],
    );
    check(
        &[by_digest("harbor.example/b/c/d", "a"), by_digest("harbor.example/a/x", "a")],
        &[("a/x", &["a"]), ("b/c/d", &["a"])],
    );
    for elsewhere in ["shop/web:1", "harbor.example.org/shop/web:1", "other.example/harbor.example/web:1"] {
        check(&[elsewhere.to_owned()], &[]);
    }
    check(&["harbor.example/web:1".to_owned()], &[]);
    assert_eq!(artifacts(&image(&["harbor.example/shop/web:1".to_owned()], &[]), "harbor.example"), []);
}

#[test]
fn a_scan_has_seen_what_was_announced_before_it() {
    let rescans = Rescans::default();
    let (one, other) = (digest("one"), digest("other"));
    rescans.begun("s", Rescanning { image: one, announcement: 3, pause: 0 });
    assert!(rescans.have_seen("s", &one, 3) && rescans.have_seen("s", &one, 1));
    assert!(!rescans.have_seen("s", &one, 4), "a later change");
    assert!(!rescans.have_seen("s", &other, 3) && !rescans.have_seen("t", &one, 3));
    rescans.forget("s");
    assert!(!rescans.have_seen("s", &one, 3));
}
