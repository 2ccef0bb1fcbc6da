use limpid_store::tables::images;

use super::*;
use crate::test_support::scanner;

fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

fn image(id: u8, architecture: &str, names: &[&str]) -> Image {
    Image {
        id: digest(id),
        manifests: Vec::new(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        platform: Platform { os: "linux".into(), architecture: architecture.into(), variant: None },
        created: None,
        labels: Vec::new(),
        layers: Vec::new(),
    }
}

/// Where a tag has pointed: since when, at which digest, and at which images.
fn history(store: &Store, name: &str) -> Vec<(u64, Option<Digest>, Vec<Digest>)> {
    let rows = rows(&store.view(), &Name::of(name)).unwrap();
    rows.into_iter().map(|(key, row)| (key.since, row.digest(), row.images().collect())).collect()
}

fn submit(store: &Store, images: &[Image], digest: Option<Digest>, now: u64) {
    let view = store.view();
    let mut batch = Batch::default();
    point(&view, &mut batch, images.iter(), digest, now).unwrap();
    for image in images {
        let indexing = images::Indexing { indexed_at: now, ..images::Indexing::default() };
        batch.put::<Images>(&image.id, &images::Row::new(image.clone(), indexing)).unwrap();
        crate::names::put(&mut batch, image).unwrap();
    }
    store.commit(batch).unwrap();
}

#[test]
fn a_tag_that_points_elsewhere_keeps_where_it_pointed() {
    let store = Store::in_memory();
    let name = "registry.example:5000/shop/web:1";
    submit(&store, &[image(1, "amd64", &[name])], Some(digest(11)), 100);
    submit(&store, &[image(1, "amd64", &[name])], Some(digest(11)), 200);
    assert_eq!(history(&store, name), [(100, Some(digest(11)), vec![digest(1)])]);
    assert_eq!(rows(&store.view(), &Name::of(name)).unwrap()[0].1.indexed, 200);
    submit(&store, &[image(2, "amd64", &[name])], Some(digest(12)), 300);
    // Back to where it was, within the same millisecond.
    submit(&store, &[image(1, "amd64", &[name])], Some(digest(11)), 300);
    let expected = [
        (100, Some(digest(11)), vec![digest(1)]),
        (300, Some(digest(12)), vec![digest(2)]),
        (301, Some(digest(11)), vec![digest(1)]),
    ];
    assert_eq!(history(&store, name), expected);
}

#[test]
fn a_name_with_a_digest_does_not_move_its_tag() {
    let store = Store::in_memory();
    submit(&store, &[image(1, "amd64", &["a:1"])], Some(digest(11)), 100);
    let pinned = format!("a:1@{}", digest(12));
    submit(&store, &[image(2, "amd64", &[&pinned])], Some(digest(12)), 200);
    assert_eq!(history(&store, "a:1"), [(100, Some(digest(11)), vec![digest(1)])]);
}

#[test]
fn the_platforms_of_one_index_share_a_tag() {
    let store = Store::in_memory();
    let of_index = [image(1, "amd64", &["a:1"]), image(2, "arm64", &["a:1"])];
    submit(&store, &of_index[..1], Some(digest(10)), 100);
    submit(&store, &of_index, Some(digest(10)), 200);
    assert_eq!(history(&store, "a:1"), [(100, Some(digest(10)), vec![digest(1), digest(2)])]);
    // Another index is all of what the tag points at, whatever of it was asked for.
    submit(&store, &[image(3, "amd64", &["a:1"])], Some(digest(20)), 300);
    assert_eq!(history(&store, "a:1")[1], (300, Some(digest(20)), vec![digest(3)]));
}

#[test]
fn archives_that_name_no_index_speak_of_their_own_platform() {
    let store = Store::in_memory();
    submit(&store, &[image(1, "amd64", &["a:1"])], None, 100);
    submit(&store, &[image(2, "arm64", &["a:1"])], None, 200);
    assert_eq!(history(&store, "a:1")[1], (200, None, vec![digest(1), digest(2)]));
    submit(&store, &[image(3, "amd64", &["a:1"])], None, 300);
    assert_eq!(history(&store, "a:1")[2], (300, None, vec![digest(2), digest(3)]));
    // A digest that comes to be known of the same images is no move.
    submit(&store, &[image(3, "amd64", &["a:1"])], Some(digest(9)), 400);
    assert_eq!(history(&store, "a:1").len(), 3);
    assert_eq!(history(&store, "a:1")[2], (300, Some(digest(9)), vec![digest(2), digest(3)]));
}

#[test]
fn only_the_last_targets_are_remembered() {
    let store = Store::in_memory();
    for n in 0..=REMEMBERED as u64 + 5 {
        let id = u8::try_from(n + 1).unwrap();
        submit(&store, &[image(id, "amd64", &["a:1"])], None, n * 10);
    }
    let history = history(&store, "a:1");
    assert_eq!(history.len(), REMEMBERED);
    assert_eq!(history.last().unwrap().0, (REMEMBERED as u64 + 5) * 10);
}

#[test]
fn an_image_that_is_removed_leaves_its_tags() {
    let store = Store::in_memory();
    let old = image(1, "amd64", &["a:1", "docker.io/library/a:1"]);
    submit(&store, std::slice::from_ref(&old), None, 100);
    let new = image(2, "amd64", &["a:1"]);
    submit(&store, std::slice::from_ref(&new), None, 200);
    let removed = |image: &Image| {
        let mut batch = Batch::default();
        remove(&store.view(), &mut batch, image).unwrap();
        store.commit(batch).unwrap();
        history(&store, "a:1")
    };
    assert_eq!(removed(&old), [(200, None, vec![digest(2)])]);
    submit(&store, &[image(3, "amd64", &["a:1"])], None, 300);
    // Its name leads there as well.
    assert_eq!(removed(&image(3, "amd64", &["a:1"])), [(200, None, vec![digest(2)])]);
    assert_eq!(removed(&new), []);
}

#[test]
fn what_an_earlier_version_wrote_is_put_in_the_order_of_its_submissions() {
    let store = Store::in_memory();
    let images = [
        (image(3, "amd64", &["a:1", "b"]), 100),
        (image(1, "arm64", &["a:1"]), 200),
        (image(2, "amd64", &["a:1", "a:2"]), 300),
    ];
    let mut batch = Batch::default();
    for (image, indexed_at) in &images {
        let indexing = images::Indexing { indexed_at: *indexed_at, ..images::Indexing::default() };
        batch.put::<Images>(&image.id, &images::Row::new(image.clone(), indexing)).unwrap();
        crate::names::put(&mut batch, image).unwrap();
    }
    store.commit(batch).unwrap();
    let (scanner, _scratch) = scanner(store);
    let store = scanner.store();
    let expected = [
        (100, None, vec![digest(3)]),
        (200, None, vec![digest(1), digest(3)]),
        (300, None, vec![digest(1), digest(2)]),
    ];
    assert_eq!(history(store, "a:1"), expected);
    assert_eq!(history(store, "a:2"), [(300, None, vec![digest(2)])]);
    assert_eq!(store.view().scan::<Tags>(|_| ()).count(), 4);
    // It is done once.
    let mut batch = Batch::default();
    batch.delete::<Tags>(&Name::of("a:2").tag_key(300));
    store.commit(batch).unwrap();
    index_tags(store).unwrap();
    assert_eq!(history(store, "a:2"), []);
}
