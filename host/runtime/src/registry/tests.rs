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
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("plugins")).unwrap();
        let settings = Settings { instances: 2, parse_instances: 1, ..Settings::default() };
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
    place.registry.put("identity", &GOOD.component()).unwrap();
    let whole = NEXT.component();
    for bad in [&whole[..whole.len() / 2], b"garbage", b""] {
        std::fs::write(place.file("identity.wasm"), bad).unwrap();
        place.look_twice();
        assert_eq!(place.running(), ["identity 1.2.3"]);
        assert_eq!(place.refused().len(), 1);
        assert!(place.registry.put("identity", bad).is_err());
    }
    std::fs::write(place.file("identity.wasm"), whole).unwrap();
    place.look_twice();
    assert_eq!((place.running(), place.refused()), (vec!["identity 2.0.0".to_owned()], vec![]));
}

#[test]
fn a_component_is_put_under_its_own_name_only() {
    let place = Place::new();
    let error = place.registry.put("other", &GOOD.component()).unwrap_err();
    assert_eq!(error.to_string(), "the component states as its name `identity`, not `other`");
    assert!(place.running().is_empty());
}

#[test]
fn going_back_walks_through_the_versions_that_ran() {
    let place = Place::new();
    for guest in [GOOD, NEXT, Guest { version: Some("3.0.0"), ..GOOD }] {
        place.registry.put("identity", &guest.component()).unwrap();
    }
    assert_eq!(place.registry.versions("identity").len(), 3);
    for expected in ["2.0.0", "1.2.3"] {
        assert_eq!(place.registry.rollback("identity", None).unwrap().version, expected);
    }
    let error = place.registry.rollback("identity", None).unwrap_err();
    assert_eq!(error.to_string(), "no earlier version of plugin `identity` is kept");
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
        place.registry.put("identity", &Guest { version: Some(version), ..GOOD }.component()).unwrap();
    }
    assert_eq!(place.registry.versions("identity").len(), 6);
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
    let listener = Arc::clone(&told);
    place.registry.on_change(move |change| {
        let version = |id: &Option<PluginId>| id.as_ref().map(|id| id.version.clone()).unwrap_or_default();
        listener.lock().unwrap().push((version(&change.before), version(&change.after)));
    });
    place.registry.put("identity", &GOOD.component()).unwrap();
    place.registry.put("identity", &NEXT.component()).unwrap();
    place.look_twice();
    place.registry.remove("identity").unwrap();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(*told.lock().unwrap(), [pair("", "1.2.3"), pair("1.2.3", "2.0.0"), pair("2.0.0", "")]);
}
