use std::collections::BTreeMap;

use limpid_fetch::{Logins, PlainHttp, RegistrySettings};
use limpid_test_archives::{Tar, gzip};
use limpid_test_registry::{Fault, Registry};

use super::*;
use crate::Fault as Blame;

fn registries() -> Registries {
    let settings = RegistrySettings { attempts: 1, layer_bytes: 1 << 20, ..RegistrySettings::default() };
    Registries::by_hand(settings, Logins::Anonymous, PlainHttp::Loopback).unwrap()
}

fn tars() -> [Vec<u8>; 2] {
    ["1", "2"].map(|content| Tar::default().file("a", content.as_bytes()).end())
}

fn hash() -> Digest {
    Digest::of(b"manifest")
}

fn addresses(registry: &Registry, stored: &[&[u8]]) -> LayerAddresses {
    let address = |bytes: &&[u8]| {
        let digest = registry.push_blob(bytes);
        LayerAddress { hash: digest.parse().unwrap(), uri: registry.at(&format!("/v2/x/blobs/{digest}")) }
    };
    LayerAddresses { hash: hash(), layers: stored.iter().map(address).collect() }
}

fn image(addresses: LayerAddresses) -> AddressedImage {
    let headers = BTreeMap::from([("Authorization".to_owned(), "Bearer secret".to_owned())]);
    let headers = vec![headers; addresses.layers.len()];
    AddressedImage::new(&registries(), addresses, headers, &std::env::temp_dir(), &Limits::default()).unwrap()
}

#[test]
fn a_layer_is_not_fetched_where_there_is_no_room_for_it() {
    let registry = Registry::start();
    let [one, two] = tars();
    let addresses = addresses(&registry, &[&one, &gzip(&two)]);
    let full = || Err(io::Error::from(io::ErrorKind::StorageFull));
    let error = image(addresses.clone()).with_room(full).images(&Stop::default()).unwrap_err();
    // It is tried again when there is.
    assert_eq!(error.fault(), Blame::Host, "{error}");
    image(addresses).with_room(|| Ok(())).images(&Stop::default()).unwrap();
}

#[test]
fn a_layer_that_leads_astray_is_not_asked_for_again() {
    let registry = Registry::start();
    let [one, _] = tars();
    let source = image(addresses(&registry, &[&one]));
    registry.plan("/blobs/", 1, Fault::Redirect("http://10.0.0.1/layer".to_owned()));
    let error = source.images(&Stop::default()).unwrap_err();
    assert!(error.is_for_good() && error.fault() == Blame::Source, "{error}");
}

#[test]
fn an_image_is_identified_by_what_its_layers_hold() {
    let registry = Registry::start();
    let [one, two] = tars();
    let compressed = gzip(&two);
    let source = image(addresses(&registry, &[&one, &compressed, &one]));
    let found = source.images(&Stop::default()).unwrap();
    let [found] = found.as_slice() else { panic!("{} images", found.len()) };
    let diff_ids: Vec<_> = found.image.layers.iter().map(|layer| layer.diff_id).collect();
    assert_eq!(diff_ids, [Digest::of(&one), Digest::of(&two), Digest::of(&one)]);
    assert_eq!(found.image.manifests, [hash()]);
    // Known images would be others, were it any other.
    let configuration = format!(
        r#"{{"architecture":"","os":"","rootfs":{{"diff_ids":["{0}","{1}","{0}"],"type":"layers"}}}}"#,
        diff_ids[0], diff_ids[1]
    );
    assert_eq!(found.image.id, Digest::of(configuration.as_bytes()));
    let asked = registry.take_asked();
    assert_eq!(asked.len(), 2, "a layer is fetched once");
    assert!(asked.iter().all(|asked| asked.header("authorization") == Some("Bearer secret")));
    for (layer, (stored, tar)) in found.layers.iter().zip([(&one, &one), (&compressed, &two), (&one, &one)]) {
        assert_eq!((layer.size, layer.digest), (stored.len() as u64, Some(Digest::of(stored))));
        let Content::Part(part) = source.open(layer, &Stop::default()).unwrap() else { panic!() };
        assert_eq!((part.digest("layer").unwrap(), layer.diff_id), (Digest::of(stored), Digest::of(tar)));
    }
    assert!(registry.asked().is_empty(), "what was fetched is kept");
    let plain = image(addresses(&registry, &[&one, &two, &one])).images(&Stop::default()).unwrap();
    assert_eq!(plain[0].image.id, found.image.id);
}

#[test]
fn layers_are_fetched_side_by_side() {
    let registry = Registry::start();
    let [one, two] = tars();
    let source = image(addresses(&registry, &[&one, &gzip(&two), &one])).side_by_side(2);
    // The one that is asked for first answers only when the other one has been asked for, too.
    registry.plan(&Digest::of(&one).to_string(), 1, Fault::Stall(10));
    let stop = Stop::default();
    let images = thread::scope(|scope| {
        let images = scope.spawn(|| source.images(&stop));
        while registry.asked().len() < 2 {
            assert!(!images.is_finished(), "it ended before both were asked for");
            thread::yield_now();
        }
        stop.stop();
        images.join().unwrap()
    });
    assert_eq!(images.unwrap_err().fault(), Blame::Host);
}

#[test]
fn a_layer_that_is_known_is_fetched_only_when_it_is_opened() {
    let registry = Registry::start();
    let [one, two] = tars();
    let known = KnownLayer { diff_id: Digest::of(&one), size: one.len() as u64 };
    let stored = Digest::of(&one);
    let source = image(addresses(&registry, &[&one, &two]));
    let source = source.with_known(move |digest| (*digest == stored).then_some(known));
    let found = source.images(&Stop::default()).unwrap();
    assert_eq!(registry.take_asked().len(), 1);
    source.open(&found[0].layers[0], &Stop::default()).unwrap();
    assert_eq!(registry.take_asked().len(), 1);
}

#[test]
fn what_is_not_what_its_digest_says_is_no_image() {
    let registry = Registry::start();
    let [one, _] = tars();
    let check = |fault: Option<Fault>, stored: &[u8], blame: Blame, expected: &str| {
        let source = image(addresses(&registry, &[stored]));
        if let Some(fault) = fault {
            registry.plan("/blobs/", 1, fault);
        }
        let error = source.images(&Stop::default()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.fault(), blame, "{error}");
    };
    check(Some(Fault::Lie(b"other".to_vec())), &one, Blame::Input, "instead of");
    check(Some(Fault::Status(404, None)), &one, Blame::Input, "answers 404");
    check(Some(Fault::Status(500, None)), &one, Blame::Source, "answers 500");
    check(Some(Fault::Cut(10)), &one, Blame::Source, "was cut short");
    check(None, &[0; (1 << 20) + 1], Blame::Input, "`registries.layer_bytes`");
    check(None, b"BZh91AY&SY", Blame::Input, "bzip2");
    let mut broken = gzip(&one);
    broken.truncate(broken.len() / 2);
    check(None, &broken, Blame::Input, "layer `sha256:");
}

#[test]
fn a_manifest_states_headers_for_each_layer() {
    let registry = Registry::start();
    let [one, _] = tars();
    let addresses = addresses(&registry, &[&one]);
    let new = |addresses, limits: &Limits| {
        AddressedImage::new(&registries(), addresses, Vec::new(), &std::env::temp_dir(), limits)
    };
    let error = new(addresses.clone(), &Limits::default()).unwrap_err().to_string();
    assert!(error.contains("headers for 0 layers"), "{error}");
    let error = new(addresses, &Limits { layers_per_image: 0, ..Limits::default() }).unwrap_err().to_string();
    assert!(error.contains("layers_per_image"), "{error}");
}

#[test]
fn nobody_waits_for_a_layer_that_is_wanted_no_more() {
    let registry = Registry::start();
    let [one, _] = tars();
    let source = image(addresses(&registry, &[&one]));
    let stop = Stop::default();
    stop.stop();
    assert_eq!(source.images(&stop).unwrap_err().fault(), Blame::Host);
}

#[test]
fn what_was_fetched_ahead_is_not_asked_for_again() {
    let registry = Registry::start();
    let [one, two] = tars();
    let compressed = gzip(&two);
    let known = KnownLayer { diff_id: Digest::of(&one), size: one.len() as u64 };
    let stored = Digest::of(&one);
    let source = image(addresses(&registry, &[&one, &compressed, &compressed]));
    let source = source.with_known(move |digest| (*digest == stored).then_some(known));
    assert_eq!(source.to_fetch(), 1);
    source.fetch_ahead(8, &Stop::default(), &|_| ());
    assert_eq!((source.to_fetch(), registry.take_asked().len()), (0, 1));
    // What a token has paid for is good for another try.
    registry.plan("/blobs/", 100, Fault::Status(401, None));
    for _ in 0..2 {
        let found = source.images(&Stop::default()).unwrap();
        source.open(&found[0].layers[1], &Stop::default()).unwrap();
    }
    assert!(registry.take_asked().is_empty());
}

#[test]
fn what_cannot_be_fetched_ahead_is_asked_for_when_it_is_needed() {
    let registry = Registry::start();
    let [one, _] = tars();
    let source = image(addresses(&registry, &[&one]));
    registry.plan("/blobs/", 1, Fault::Status(500, None));
    source.fetch_ahead(1, &Stop::default(), &|_| ());
    assert_eq!(source.to_fetch(), 1);
    source.images(&Stop::default()).unwrap();
}

#[test]
fn who_reads_layers_as_they_come_says_what_they_are() {
    let registry = Registry::start();
    let [one, two] = tars();
    let compressed = gzip(&two);
    let source = image(addresses(&registry, &[&one, &compressed, &one]));
    assert_eq!(source.unnamed(), 2);
    let told = Mutex::new(Vec::new());
    source.fetch_ahead(2, &Stop::default(), &|layer: ArrivingLayer| {
        told.lock().unwrap().push((layer.named.unwrap(), layer.part));
    });
    for (stored, part) in told.into_inner().unwrap() {
        assert_eq!(part.digest("it").unwrap(), stored);
        let tar = if stored == Digest::of(&one) { &one } else { &two };
        source.name(&stored, KnownLayer { diff_id: Digest::of(tar), size: part.len() });
    }
    assert_eq!((source.unnamed(), registry.take_asked().len()), (0, 2));
    let found = source.images(&Stop::default()).unwrap().remove(0);
    let diff_ids: Vec<_> = found.image.layers.iter().map(|layer| layer.diff_id).collect();
    assert_eq!(diff_ids, [Digest::of(&one), Digest::of(&two), Digest::of(&one)]);
    let sizes: Vec<_> = found.layers.iter().map(|layer| (layer.size, layer.media_type.as_str())).collect();
    let gzipped = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    let plain = "application/vnd.docker.image.rootfs.diff.tar";
    assert_eq!(sizes[..2], [(one.len() as u64, plain), (compressed.len() as u64, gzipped)]);
}

#[test]
fn what_is_here_and_has_no_name_is_told_of_again() {
    let registry = Registry::start();
    let [one, _] = tars();
    let source = image(addresses(&registry, &[&one]));
    for _ in 0..2 {
        let told = Mutex::new(0);
        source.fetch_ahead(1, &Stop::default(), &|_| *told.lock().unwrap() += 1);
        assert_eq!(told.into_inner().unwrap(), 1);
    }
    assert_eq!(registry.take_asked().len(), 1);
}

#[test]
fn a_layer_that_lied_is_fetched_anew_by_the_next_try() {
    let registry = Registry::start();
    let [one, _] = tars();
    let source = image(addresses(&registry, &[&one]));
    registry.plan("/blobs/", 1, Fault::Lie(b"other".to_vec()));
    source.fetch_ahead(1, &Stop::default(), &|_| ());
    assert!(source.images(&Stop::default()).unwrap_err().to_string().contains("instead of"));
    source.images(&Stop::default()).unwrap();
    assert_eq!(registry.take_asked().len(), 2);
}
