use std::io::Write as _;

use limpid_bytes::Stop;
use limpid_images::Archive;
use limpid_model::{Page, RepositoryOrder};

use super::*;
use crate::settings::OwnerSettings;
use crate::test_support::archive::{docker, tar};
use crate::test_support::{scanner, scanner_with};
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
        let found = all(limit, |after| {
            repositories(scanner.store(), (&Owners::default(), None), after, limit).unwrap()
        });
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
fn an_owners_pages_hold_what_is_theirs_and_nothing_else() {
    let stated = [("shop", &["shop/*"] as &[&str]), ("rest", &["**"]), ("idle", &["nothing/*"])];
    let stated =
        stated.map(|(name, globs)| (name.to_owned(), globs.iter().map(|it| (*it).to_owned()).collect()));
    let owners = Arc::new(Owners::read(&OwnerSettings::from(stated)).unwrap());
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |settings| settings.owners = owners);
    let mut images = BTreeMap::new();
    for name in ["a:1", "b:1", "c:1", "d:1", "shop/cart:1", "shop/cart:2", "shop/web:1", "z:1", "zz:1"] {
        images.insert(name, index(&scanner, name, name));
    }
    // One image with a name of each.
    index(&scanner, "z:2", "shop/web:1");
    let orders = RepositoryOrder::ALL;
    for (owner, theirs) in
        [("shop", &["shop/cart", "shop/web"] as &[&str]), ("rest", &["a", "b", "c", "d", "z", "zz"])]
    {
        for (order, limit) in orders.into_iter().flat_map(|order| (1..4).map(move |limit| (order, limit))) {
            let (mut found, mut after, mut pages) = (Vec::new(), None::<String>, 0);
            loop {
                let page = scanner.repositories((order, Some(owner)), after.as_deref(), limit).unwrap();
                assert!(page.items.len() <= limit && pages < 20);
                assert!(page.items.iter().all(|it| it.repository.owner.as_deref() == Some(owner)));
                found.extend(page.items.into_iter().map(|it| it.repository.name));
                pages += 1;
                let Some(next) = page.next else { break };
                after = Some(next);
            }
            found.sort();
            assert_eq!(found, theirs, "{owner} by {}, {limit} a page", order.as_str());
        }
    }
    let of = |owner: &str, name: Option<&str>, limit| {
        let (mut found, mut after) = (BTreeSet::new(), None);
        loop {
            let page = scanner.images_of_owner(owner, name, after.as_ref(), limit).unwrap();
            found.extend(page.items.into_iter().map(|it| it.image.id));
            let Some(next) = page.next else { return found };
            assert!(after < Some(next));
            after = Some(next);
        }
    };
    let expected = |names: &[&str]| names.iter().map(|name| images[name]).collect::<BTreeSet<_>>();
    for limit in [1, 2, 100] {
        assert_eq!(of("shop", None, limit), expected(&["shop/cart:1", "shop/cart:2", "shop/web:1"]));
        assert_eq!(of("shop", Some("shop/cart"), limit), expected(&["shop/cart:1", "shop/cart:2"]));
        assert_eq!(of("shop", Some("a"), limit), expected(&[]));
        assert_eq!(of("idle", None, limit), expected(&[]));
    }
    for owner in ["idle", "nobody"] {
        for order in orders {
            let (mut after, mut pages) = (None::<String>, 0);
            loop {
                let page = scanner.repositories((order, Some(owner)), after.as_deref(), 10).unwrap();
                assert!(page.items.is_empty() && pages < 20, "{owner} is no error, and has nothing");
                pages += 1;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        assert_eq!(of(owner, None, 10), BTreeSet::new());
    }
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
