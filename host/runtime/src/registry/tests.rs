use ed25519_compact::{KeyPair, Seed};

use super::*;
use crate::Settings;
use crate::tests::guest::{GOOD, Guest};

#[test]
fn a_bad_component_is_refused_and_the_others_are_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let put = |file: &str, bytes: &[u8]| std::fs::write(dir.path().join(file), bytes).unwrap();
    put("1.wasm", &GOOD.component());
    put("2.wasm", b"not a component");
    put("3.wasm", &Guest { scheme: "other", ..GOOD }.component());
    put("4.wasm", &Guest { name: "other", ..GOOD }.component());
    put("5.wasm", &Guest { name: "third", scheme: "third", ..GOOD }.component());
    put("notes.txt", b"not looked at");

    let settings = Settings { instances: 2, parse_instances: 1, ..Settings::default() };
    let runtime = Runtime::new(settings).unwrap();
    let snapshot = Registry::load_dir(&runtime, dir.path()).unwrap().snapshot();

    let names: Vec<&str> = snapshot.plugins().iter().map(|plugin| plugin.id().name.as_str()).collect();
    assert_eq!(names, ["identity", "third"]);
    let first = dir.path().join("1.wasm").display().to_string();
    let refused: Vec<String> = snapshot.refused().iter().map(|refused| refused.reason.to_string()).collect();
    assert_eq!(
        refused,
        [
            "is not WebAssembly: it does not begin with `\\0asm`".to_owned(),
            format!("is named `identity`, and so is {first}"),
            format!("orders the versions of scheme `bytes`, and so does {first}"),
        ],
    );
    assert_eq!(snapshot.scheme("third").unwrap().plugin().name, "third");
    assert!(snapshot.scheme("other").is_none());
    assert!(snapshot.feed("identity").is_none());
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let runtime = Runtime::new(Settings::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    assert!(Registry::load_dir(&runtime, &dir.path().join("plugins")).is_err());
    assert!(Registry::load_dir(&runtime, dir.path()).unwrap().snapshot().plugins().is_empty());
}

/// A registry over a directory of its own, with room for versions.
struct Place {
    dir: tempfile::TempDir,
    registry: Registry,
}

impl Place {
    fn new() -> Self {
        Self::allowing(Vec::new())
    }

    fn allowing(allow: Vec<String>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("plugins")).unwrap();
        let settings = Settings { instances: 2, parse_instances: 1, allow, ..Settings::default() };
        let runtime = Runtime::new(settings).unwrap();
        let registry =
            Registry::with_versions(&runtime, &dir.path().join("plugins"), &dir.path().join("versions"))
                .unwrap();
        Self { dir, registry }
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join("plugins").join(name)
    }

    /// Which versions run, by name.
    fn running(&self) -> Vec<String> {
        let snapshot = self.registry.snapshot();
        snapshot.plugins().iter().map(|p| format!("{} {}", p.id().name, p.id().version)).collect()
    }

    fn look_twice(&self) {
        self.registry.refresh().unwrap();
        self.registry.refresh().unwrap();
    }

    fn refused(&self) -> Vec<String> {
        self.registry.snapshot().refused().iter().map(|refused| refused.reason.to_string()).collect()
    }
}

const NEXT: Guest = Guest { version: Some("2.0.0"), ..GOOD };

#[test]
fn a_file_takes_effect_when_it_has_looked_the_same_twice() {
    let place = Place::new();
    std::fs::write(place.file("a.wasm"), GOOD.component()).unwrap();
    place.registry.refresh().unwrap();
    assert!(place.running().is_empty());
    place.registry.refresh().unwrap();
    assert_eq!(place.running(), ["identity 1.2.3"]);
    std::fs::write(place.file("a.wasm"), NEXT.component()).unwrap();
    place.look_twice();
    assert_eq!(place.running(), ["identity 2.0.0"]);
    std::fs::remove_file(place.file("a.wasm")).unwrap();
    place.registry.refresh().unwrap();
    assert!(place.running().is_empty());
}

#[test]
fn what_runs_goes_on_where_its_successor_is_refused() {
    let place = Place::new();
    place.registry.put("identity", &GOOD.component(), None).unwrap();
    let whole = NEXT.component();
    for bad in [&whole[..whole.len() / 2], b"garbage", b""] {
        std::fs::write(place.file("identity.wasm"), bad).unwrap();
        place.look_twice();
        assert_eq!(place.running(), ["identity 1.2.3"]);
        assert_eq!(place.refused().len(), 1);
        assert!(place.registry.put("identity", bad, None).is_err());
    }
    std::fs::write(place.file("identity.wasm"), whole).unwrap();
    place.look_twice();
    assert_eq!((place.running(), place.refused()), (vec!["identity 2.0.0".to_owned()], vec![]));
}

#[test]
fn a_component_is_put_under_its_own_name_only() {
    let place = Place::new();
    let error = place.registry.put("other", &GOOD.component(), None).unwrap_err();
    assert_eq!(error.to_string(), "the component states as its name `identity`, not `other`");
    assert!(place.running().is_empty());
}

#[test]
fn going_back_walks_through_the_versions_that_ran() {
    let place = Place::new();
    for guest in [GOOD, NEXT, Guest { version: Some("3.0.0"), ..GOOD }] {
        place.registry.put("identity", &guest.component(), None).unwrap();
    }
    assert_eq!(place.registry.versions("identity").len(), 3);
    for expected in ["2.0.0", "1.2.3"] {
        assert_eq!(place.registry.rollback("identity", None).unwrap().version, expected);
    }
    let error = place.registry.rollback("identity", None).unwrap_err();
    assert!(error.to_string().starts_with("no earlier version of plugin `identity` is kept"), "{error}");
    let latest = place.registry.versions("identity")[0].digest;
    assert_eq!(place.registry.rollback("identity", Some(&latest)).unwrap().version, "3.0.0");
    place.registry.remove("identity").unwrap();
    assert!(place.running().is_empty());
    assert_eq!(place.registry.rollback("identity", None).unwrap().version, "3.0.0");
}

#[test]
fn only_the_last_versions_are_kept() {
    let place = Place::new();
    for minor in 0..10 {
        let version: &'static str = format!("1.{minor}.0").leak();
        place.registry.put("identity", &Guest { version: Some(version), ..GOOD }.component(), None).unwrap();
    }
    assert_eq!(place.registry.versions("identity").len(), 6);
}

#[test]
fn what_a_killed_process_left_is_removed_and_nothing_else() {
    let place = Place::new();
    std::fs::write(place.file(".limpid-staged-a1b2c3"), b"half").unwrap();
    std::fs::write(place.file("notes.txt"), b"of somebody").unwrap();
    place.registry.remove_left_over().unwrap();
    assert!(!place.file(".limpid-staged-a1b2c3").exists() && place.file("notes.txt").exists());
    let version = place.dir.path().join("versions/identity");
    std::fs::create_dir_all(&version).unwrap();
    std::fs::write(version.join(".limpid-staged-d4"), b"half").unwrap();
    place.registry.remove_left_over().unwrap();
    assert_eq!(std::fs::read_dir(version).unwrap().count(), 0);
}

#[test]
fn a_plugin_is_not_put_over_another_whose_file_has_its_name() {
    let place = Place::new();
    let other = Guest { name: "other", scheme: "other", ..GOOD };
    std::fs::write(place.file("identity.wasm"), other.component()).unwrap();
    place.look_twice();
    place.registry.put("identity", &GOOD.component(), None).unwrap();
    place.registry.put("identity", &NEXT.component(), None).unwrap();
    let mut running = place.running();
    running.sort();
    assert_eq!(running, ["identity 2.0.0", "other 1.2.3"]);
    assert_eq!(std::fs::read(place.file("identity.wasm")).unwrap(), other.component());
    assert_eq!(std::fs::read_dir(place.dir.path().join("plugins")).unwrap().count(), 2);
}

#[test]
fn what_ran_before_a_restart_runs_after_it_whatever_was_dropped_in_beside_it() {
    let mut place = Place::new();
    place.registry.put("identity", &GOOD.component(), None).unwrap();
    std::fs::write(place.file("a.wasm"), NEXT.component()).unwrap();
    place.look_twice();
    let settings = Settings { instances: 2, parse_instances: 1, ..Settings::default() };
    let runtime = Runtime::new(settings).unwrap();
    let versions = place.dir.path().join("versions");
    place.registry = Registry::with_versions(&runtime, &place.dir.path().join("plugins"), &versions).unwrap();
    assert_eq!((place.running(), place.refused().len()), (vec!["identity 1.2.3".to_owned()], 1));
}

#[test]
fn a_name_that_was_taken_is_free_when_its_holder_goes() {
    let place = Place::new();
    std::fs::write(place.file("a.wasm"), GOOD.component()).unwrap();
    std::fs::write(place.file("b.wasm"), NEXT.component()).unwrap();
    place.look_twice();
    assert_eq!((place.running().len(), place.refused().len()), (1, 1));
    std::fs::remove_file(place.file("a.wasm")).unwrap();
    place.look_twice();
    assert_eq!((place.running(), place.refused().len()), (vec!["identity 2.0.0".to_owned()], 0));
}

#[test]
fn whoever_listens_is_told_each_change_once() {
    let place = Place::new();
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (registry, seen) = (place.registry.clone(), Arc::clone(&told));
    let version = |id: &Option<PluginId>| id.as_ref().map(|id| id.version.clone()).unwrap_or_default();
    let running =
        move || registry.snapshot().plugins().first().map(|p| p.id().version.clone()).unwrap_or_default();
    let running = Arc::new(running);
    let then = Arc::clone(&running);
    place.registry.on_change(
        move |change| assert_eq!(running(), version(&change.before)),
        move |change| {
            assert_eq!(then(), version(&change.after));
            seen.lock().unwrap().push((version(&change.before), version(&change.after)));
        },
    );
    place.registry.put("identity", &GOOD.component(), None).unwrap();
    place.registry.put("identity", &NEXT.component(), None).unwrap();
    place.look_twice();
    place.registry.remove("identity").unwrap();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(*told.lock().unwrap(), [pair("", "1.2.3"), pair("1.2.3", "2.0.0"), pair("2.0.0", "")]);
}

#[test]
fn what_is_added_says_what_it_replaces() {
    let place = Place::new();
    let versions = |guest: &Guest| {
        let change = place.registry.add(&guest.component(), None).unwrap();
        (change.before.map(|id| id.version), change.after.map(|id| id.version))
    };
    assert_eq!(versions(&GOOD), (None, Some("1.2.3".to_owned())));
    assert_eq!(versions(&NEXT), (Some("1.2.3".to_owned()), Some("2.0.0".to_owned())));
    assert!(place.registry.add(b"garbage", None).is_err());
    assert_eq!(place.running(), ["identity 2.0.0"]);
}

/// A key, and what it signs.
struct Signer(KeyPair);

impl Signer {
    fn new(seed: u8) -> Self {
        Self(KeyPair::from_seed(Seed::new([seed; 32])))
    }

    fn entry(&self) -> String {
        format!("ed25519:{}", hex::encode(*self.0.pk))
    }

    fn sign(&self, component: &[u8]) -> String {
        hex::encode(*self.0.sk.sign(Digest::of(component).to_string(), None))
    }
}

#[test]
fn a_component_that_is_not_allowed_runs_once_its_signature_lies_beside_it() {
    let signer = Signer::new(1);
    let place = Place::allowing(vec![signer.entry()]);
    std::fs::write(place.file("a.wasm"), GOOD.component()).unwrap();
    place.look_twice();
    assert!(place.running().is_empty());
    assert!(place.refused()[0].contains("it comes with no signature"), "{:?}", place.refused());
    std::fs::write(place.file("a.wasm.sig"), Signer::new(2).sign(&GOOD.component())).unwrap();
    place.look_twice();
    assert!(place.refused()[0].contains("no key there signed it"), "{:?}", place.refused());
    std::fs::write(place.file("a.wasm.sig"), signer.sign(&GOOD.component()) + "\n").unwrap();
    place.look_twice();
    assert_eq!((place.running(), place.refused()), (vec!["identity 1.2.3".to_owned()], vec![]));
}

#[test]
fn a_signature_comes_goes_and_comes_back_with_its_component() {
    let signer = Signer::new(1);
    let [first, second] = [GOOD.component(), NEXT.component()];
    let place = Place::allowing(vec![signer.entry(), Digest::of(&second).to_string()]);
    let signature = signer.sign(&first);
    let beside = || std::fs::read_to_string(place.file("identity.wasm.sig")).ok();
    assert!(place.registry.put("identity", &first, None).is_err());
    assert!(!place.file("identity.wasm").exists());
    place.registry.put("identity", &first, Some(&signature)).unwrap();
    assert_eq!(beside().as_ref(), Some(&signature));
    place.registry.put("identity", &second, None).unwrap();
    assert_eq!(beside(), None, "that of another component would be wrong");
    place.registry.rollback("identity", None).unwrap();
    assert_eq!(beside().as_ref(), Some(&signature));
    place.registry.remove("identity").unwrap();
    assert_eq!(beside(), None);
}

#[test]
fn what_nobody_needs_is_left_out_uncompiled_and_known_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let plugins = dir.path().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    // It is no good feed, which would be seen were it compiled and asked.
    let feed = Guest { name: "feed", export: "limpid:plugin/feed@0.1.0", ..GOOD };
    std::fs::write(plugins.join("feed.wasm"), feed.component()).unwrap();
    std::fs::write(plugins.join("identity.wasm"), GOOD.component()).unwrap();
    std::fs::write(plugins.join("garbage.wasm"), b"garbage").unwrap();
    let settings = Settings { instances: 2, parse_instances: 1, ..Settings::default() };
    let runtime = Runtime::new(settings).unwrap();
    let versions = dir.path().join("versions");
    let load =
        |roles: &[Role]| Registry::with_roles(&runtime, &plugins, &versions, roles).unwrap().snapshot();
    let snapshot = load(&[Role::Scheme, Role::Detector]);
    let loaded: Vec<_> = snapshot.plugins().iter().map(|plugin| plugin.id().name.as_str()).collect();
    assert_eq!((loaded, snapshot.refused().len()), (vec!["identity"], 1));
    assert_eq!(snapshot.feed_names().collect::<Vec<_>>(), ["feed"]);
    assert_eq!(load(&[Role::Feed]).refused().len(), 2);
}
