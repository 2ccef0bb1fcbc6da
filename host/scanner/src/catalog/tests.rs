use limpid_bytes::Stop;
use limpid_images::Archive;
use limpid_store::Store;
use limpid_store::table::Table;
use limpid_store::tables::manifests;
use limpid_store::tables::placements::Placements;

use limpid_store::tables::entries::Entries;
use limpid_store::tables::findings::Findings;

use super::*;
use crate::Scanner;
use crate::test_support::archive::{docker, tar};
use crate::test_support::scanner;
use crate::{ImageInput, Progress};

fn index(scanner: &Scanner, archive: &[u8]) -> Digest {
    use std::io::Write as _;

    let mut file = scanner.scratch_file().unwrap();
    file.write_all(archive).unwrap();
    let settings = scanner.settings();
    let archive = Archive::open_file(file, &settings.scratch, &settings.limits).unwrap();
    scanner
        .index(ImageInput { source: &archive, stop: &Stop::default() }, &Progress::default())
        .unwrap()
        .images[0]
}

fn layer(content: &str) -> Vec<u8> {
    tar(&[("file", content.as_bytes())])
}

fn count<T: Table>(scanner: &Scanner) -> usize {
    scanner.store().view().scan::<T>(|_| ()).map(Result::unwrap).count()
}

#[test]
fn pages_follow_each_other_and_hold_every_image_once() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let mut expected: Vec<_> = (0..5).map(|n| index(&scanner, &docker(&n.to_string(), &[]).0)).collect();
    expected.sort();
    for limit in 1..7 {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = scanner.images(after.as_ref(), limit).unwrap();
            assert!(page.items.len() <= limit);
            found.extend(page.items.into_iter().map(|item| item.image.id));
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        assert_eq!(found, expected, "{limit} a page");
    }
    assert_eq!(scanner.images(None, 5).unwrap().next, None);
}

#[test]
fn deleting_an_image_forgets_the_layers_that_no_other_has() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let (shared, own) = (layer("shared"), layer("own"));
    let both = index(&scanner, &docker("both", &[shared.clone(), own.clone()]).0);
    let one = index(&scanner, &docker("one", std::slice::from_ref(&shared)).0);

    scanner.delete_image(&both).unwrap();
    assert!(matches!(scanner.image(&both), Err(Error::NoImage(id)) if id == both));
    assert!(matches!(scanner.layer(&Digest::of(&own)), Err(Error::NoLayer(_))));
    assert_eq!(scanner.layer(&Digest::of(&shared)).unwrap().contexts[0].images, [one]);

    scanner.delete_image(&one).unwrap();
    assert!(matches!(scanner.delete_image(&one), Err(Error::NoImage(_))));
    let left = [count::<Images>(&scanner), count::<Layers>(&scanner), count::<Entries>(&scanner)];
    assert_eq!(left, [0; 3]);
    assert_eq!((count::<Placements>(&scanner), count::<Findings>(&scanner)), (0, 0));
}

#[test]
fn an_image_may_hold_one_layer_twice() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let twice = index(&scanner, &docker("twice", &[layer("x"), layer("x")]).0);
    let description = scanner.layer(&Digest::of(&layer("x"))).unwrap();
    assert_eq!(description.contexts.len(), 1);
    assert!(description.contexts[0].below.is_empty());
    scanner.delete_image(&twice).unwrap();
    assert_eq!((count::<Layers>(&scanner), count::<Placements>(&scanner)), (0, 0));
}

#[test]
fn a_layer_is_described_over_each_set_of_layers_below_it() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let (a, b, top) = (layer("a"), layer("b"), layer("top"));
    let over = |name: &str, below: &[u8]| docker(name, &[below.to_vec(), top.clone()]).0;
    let over_a = [index(&scanner, &over("1", &a)), index(&scanner, &over("2", &a))];
    let over_b = index(&scanner, &over("3", &b));
    let mut contexts = scanner.layer(&Digest::of(&top)).unwrap().contexts;
    contexts.sort_by_key(|context| context.images.len());
    assert_eq!(contexts.len(), 2);
    assert_eq!((contexts[0].below.clone(), contexts[0].images.clone()), (vec![Digest::of(&b)], vec![over_b]));
    assert_eq!(contexts[1].below, [Digest::of(&a)]);
    assert!(over_a.iter().all(|image| contexts[1].images.contains(image)));
}

#[test]
fn a_manifest_names_stored_forms_of_layers_until_it_is_forgotten() {
    let (scanner, _scratch) = scanner(Store::in_memory());
    let id = index(&scanner, &docker("named", &[layer("x")]).0);
    let (noted, older, blob) = (Digest::of(b"noted"), Digest::of(b"older"), Digest::of(b"blob"));
    let (mut image, indexing) = images::image(&scanner.store().view(), &id).unwrap();
    image.manifests = vec![noted, older];
    let mut batch = Batch::default();
    batch.put::<Images>(&id, &Row::new(image, indexing)).unwrap();
    let row = manifests::Row { image: id.into(), layers: vec![blob.into()] };
    batch.put::<Manifests>(&noted, &row).unwrap();
    batch.put::<Manifests>(&older, &manifests::Row::of(id.into())).unwrap();
    scanner.store().commit(batch).unwrap();
    let layers = |manifest| scanner.image_of_manifest(manifest).unwrap().map(|(_, layers)| layers);
    assert_eq!(layers(&noted), Some(vec![blob]));
    assert_eq!(layers(&older), Some(vec![Digest::of(&layer("x"))]), "no other form of it was noted");
    assert_eq!(layers(&id), None, "it is no manifest");

    assert!(scanner.forget_manifest(&noted).unwrap());
    assert!(!scanner.forget_manifest(&noted).unwrap());
    assert_eq!((layers(&noted), layers(&older).is_some()), (None, true));
    assert!(scanner.forget_manifest(&older).unwrap());
    assert_eq!(scanner.image(&id).unwrap().image.names, ["named"], "it has a name");
}
