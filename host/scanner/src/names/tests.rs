use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use limpid_model::Platform;
use limpid_store::Store;
use limpid_store::tables::images::{self, Indexing};
use limpid_store::tables::manifests;
use limpid_store::tables::marks::Marks;

use super::*;
use crate::Scanner;
use crate::test_support::scanner;

#[test]
fn names_that_mean_the_same_are_the_same() {
    let check = |text: &str, repository: &str, tag: Option<&str>| {
        let expected = Name { repository: repository.to_owned(), tag: tag.map(str::to_owned) };
        assert_eq!(Name::of(text), expected, "{text}");
    };
    for text in ["nginx:1.25", "library/nginx:1.25", "docker.io/nginx:1.25", "docker.io/library/nginx:1.25"] {
        check(text, "nginx", Some("1.25"));
    }
    check("nginx", "nginx", None);
    check("docker.io/shop/web", "shop/web", None);
    check("library/shop/web", "library/shop/web", None);
    check("registry.example:5000/shop/web", "registry.example:5000/shop/web", None);
    check("registry.example:5000/shop/web:2", "registry.example:5000/shop/web", Some("2"));
    check("nginx:1.25@sha256:00", "nginx", Some("1.25"));
    check("nginx:", "nginx", None);
    check("", "", None);
}

/// Images by name, each submitted later than the one before.
struct World {
    scanner: Scanner,
    time: Arc<AtomicU64>,
    _scratch: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let (scanner, _scratch) = scanner(Store::in_memory());
        Self { scanner, time: Arc::default(), _scratch }
    }

    fn submit(&self, id: [u8; 32], names: &[&str]) -> Digest {
        let id = Digest::from_bytes(id);
        let manifest = Digest::of(id.as_bytes());
        let image = Image {
            id,
            manifests: vec![manifest],
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            platform: Platform { os: String::new(), architecture: String::new(), variant: None },
            created: None,
            labels: Vec::new(),
            layers: Vec::new(),
        };
        let indexed_at = self.time.fetch_add(1, Ordering::Relaxed);
        let mut batch = Batch::default();
        put(&mut batch, &image).unwrap();
        batch.put::<Manifests>(&manifest, &manifests::Row::of(id.into())).unwrap();
        let row = images::Row::new(image, Indexing { indexed_at, ..Indexing::default() });
        batch.put::<Images>(&id, &row).unwrap();
        self.scanner.store().commit(batch).unwrap();
        id
    }

    fn find(&self, name: &str) -> Result<Digest, String> {
        self.scanner.find_image(name).map_err(|error| error.to_string())
    }
}

fn id(first: u8, second: u8) -> [u8; 32] {
    let mut id = [0xAB; 32];
    (id[0], id[6]) = (first, second);
    id
}

#[test]
fn an_image_is_found_by_any_of_its_names() {
    let world = World::new();
    let one = world.submit(id(1, 0), &["nginx:1.25", "registry.example:5000/shop/web:2"]);
    let hex = one.to_string();
    let digits = hex.strip_prefix("sha256:").unwrap();
    let manifest = Digest::of(one.as_bytes()).to_string();
    for name in [
        "nginx:1.25",
        "nginx",
        "docker.io/library/nginx:1.25",
        "registry.example:5000/shop/web:2",
        "registry.example:5000/shop/web",
        hex.as_str(),
        digits,
        &digits[..12],
        &digits[..13],
        &digits[..12].to_uppercase(),
        &format!("sha256:{}", &digits[..20]),
        manifest.as_str(),
        &manifest[..20],
        &manifest["sha256:".len()..][..12],
        &format!("nginx:1.25@{hex}"),
        &format!("nginx@{manifest}"),
    ] {
        assert_eq!(world.find(name), Ok(one), "{name}");
    }
    for (name, stated) in [
        ("nginx:1.26", "no image is called `nginx:1.26`"),
        ("ngin", "no image is called `ngin`"),
        ("", "no image is called ``"),
        ("ffffffffffff", "no image is called `ffffffffffff`"),
        ("sha256:12", "`sha256:12` is no digest"),
        ("sha256:xyz", "`sha256:xyz` is no digest"),
        ("nginx@md5:12", "`md5:12` is no digest"),
        (&format!("sha256:{}", "0".repeat(64)), "is not known"),
    ] {
        let why = world.find(name).unwrap_err();
        assert!(why.contains(stated), "{name}: {why}");
    }
}

#[test]
fn a_name_that_may_mean_several_images_says_which() {
    let world = World::new();
    let [one, two] = [world.submit(id(1, 1), &["web:1"]), world.submit(id(1, 2), &["web:2"])];
    let why = world.find("web").unwrap_err();
    assert!(why.contains("`web`") && why.contains("web:1, web:2"), "{why}");
    let digits = one.to_string()["sha256:".len()..][..12].to_owned();
    let why = world.find(&digits).unwrap_err();
    assert!(why.contains(&one.to_string()) && why.contains(&two.to_string()), "{why}");
    assert_eq!(world.find(&one.to_string()["sha256:".len()..][..14]), Ok(one));
    // Docker means this one where it is given no tag.
    let latest = world.submit(id(2, 0), &["web:latest"]);
    assert_eq!(world.find("web"), Ok(latest));
    assert_eq!(world.find("web:2"), Ok(two));
}

#[test]
fn a_name_is_that_of_the_image_that_was_submitted_last_under_it() {
    let world = World::new();
    world.submit(id(9, 0), &["web:1"]);
    let later = world.submit(id(1, 0), &["web:1"]);
    assert_eq!(world.find("web:1"), Ok(later));
    let all = world.scanner.images_named("web", None, 10).unwrap();
    assert_eq!((all.items.len(), all.next), (2, None));
    let first = world.scanner.images_named("web:1", None, 1).unwrap();
    assert_eq!((first.items[0].image.id, first.next), (later, Some(later)));
    let rest = world.scanner.images_named("web:1", first.next.as_ref(), 1).unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
    world.scanner.delete_image(&later).unwrap();
    assert_ne!(world.find("web:1"), Ok(later));
}

#[test]
fn images_that_were_not_known_by_name_are_when_the_service_starts() {
    let world = World::new();
    let one = world.submit(id(1, 0), &["web:1"]);
    let store = world.scanner.store().clone();
    let mut batch = Batch::default();
    batch.delete::<Marks>(&MARK.to_owned());
    batch.delete::<Names>(&Name::of("web:1").key(one));
    store.commit(batch).unwrap();
    assert!(world.find("web:1").is_err());
    let (again, _scratch) = scanner(store);
    assert_eq!(again.find_image("web:1").unwrap(), one);
}
