use std::io::Write as _;

use limpid_bytes::Stop;
use limpid_images::Archive;
use limpid_model::Page;

use super::*;
use crate::test_support::archive::{docker, tar};
use crate::test_support::scanner;
use crate::{ImageInput, Progress, Scanner};

fn index(scanner: &Scanner, name: &str, content: &str) -> Digest {
    let layer = tar(&[("file", content.as_bytes())]);
    let mut file = scanner.scratch_file().unwrap();
    file.write_all(&docker(name, &[layer]).0).unwrap();
    let settings = scanner.settings();
    let archive = Archive::open_file(file, &settings.scratch, &settings.limits).unwrap();
    let input = ImageInput { source: &archive, stop: &Stop::default() };
    scanner.index(input, &Progress::default()).unwrap().images[0]
}

/// All that pages hold, one after the other.
fn all<T>(limit: usize, page: impl Fn(Option<&str>) -> Page<T, String>) -> Vec<T> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = page(after.as_deref());
        assert!(page.items.len() <= limit);
        found.extend(page.items);
        let Some(next) = page.next else { return found };
        assert!(after.is_none_or(|after| after < next), "{next}");
        after = Some(next);
    }
}

#[test]
fn pages_hold_every_repository_once_with_all_that_is_in_it() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    for (name, content) in [
        ("a:1", "a"),
        ("a:2", "b"),
        // A name of the same repository and tag, for another image.
        ("docker.io/library/a:2", "c"),
        ("a/b:1", "d"),
        ("registry.example:5000/a:1", "e"),
        ("z", "f"),
    ] {
        index(&scanner, name, content);
    }
    let expected = [("a", 2, 3), ("a/b", 1, 1), ("registry.example:5000/a", 1, 1), ("z", 0, 1)];
    for limit in 1..6 {
        let found =
            all(limit, |after| repositories(scanner.store(), &Owners::default(), after, limit).unwrap());
        let counts: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.tags, it.images)).collect();
        assert_eq!(counts, expected, "{limit} a page");
        assert!(found.iter().all(|it| it.last_indexed == Some(1_000)));
        for repository in found {
            assert_eq!(scanner.repository(&repository.name).unwrap().repository, repository);
        }
    }
    assert!(matches!(scanner.repository("b"), Err(Error::NoRepository(name)) if name == "b"));
}

#[test]
fn pages_hold_every_tag_once_with_what_it_pointed_at_before() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let first = index(&scanner, "shop/web:2", "a");
    let second = index(&scanner, "shop/web:2", "b");
    for name in ["shop/web:1", "shop/web:10", "shop/web2:1", "shop:1"] {
        index(&scanner, name, name);
    }
    for limit in 1..5 {
        let tags = all(limit, |after| scanner.tags("shop/web", after, limit).unwrap());
        assert_eq!(tags.iter().map(|tag| tag.tag.as_str()).collect::<Vec<_>>(), ["1", "10", "2"]);
        let moved = tags.last().unwrap();
        assert_eq!(moved.images.iter().map(|image| image.image).collect::<Vec<_>>(), [second]);
        assert_eq!(moved.previous.as_ref().unwrap().images, [first]);
        let change = TagChange { from: first, added: 0, removed: 0 };
        assert_eq!(moved.images[0].change, Some(change));
        assert!(tags[..2].iter().all(|tag| tag.previous.is_none() && tag.images[0].change.is_none()));
    }
    scanner.delete_image(&first).unwrap();
    assert_eq!(scanner.tags("shop/web", Some("10"), 1).unwrap().items[0].previous, None);
    assert!(matches!(scanner.tags("web", None, 1), Err(Error::NoRepository(_))));
    assert_eq!(scanner.tags("shop/web", Some("9"), 1).unwrap().items, []);
}
