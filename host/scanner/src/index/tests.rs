use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use limpid_images::Archive;
use limpid_layers::{FilesOfKind, Kind, Kinds, Rule};
use limpid_model::report::Gap;
use limpid_model::{Fact, Finding, LayerFindings, Ownership, PluginId};
use limpid_store::Store;
use limpid_store::tables::kinds::Kinds as KindsTable;
use limpid_store::tables::unexamined::Unexamined;

use super::*;
use crate::Scanner;
use crate::Settings;
use crate::test_support::archive::{docker, tar};
use crate::test_support::{package, plugin, scanner_with};
use crate::unexamined;

fn jars() -> Arc<Kinds> {
    let rule = Rule { paths: vec!["**/*.jar".to_owned()], ..Rule::default() };
    let kind =
        Kind { code: "jar".to_owned(), one: "jar".to_owned(), many: "jars".to_owned(), rules: vec![rule] };
    Arc::new(Kinds::new(vec![kind]).unwrap())
}

fn scanner(change: impl FnOnce(&mut Settings)) -> (Scanner, tempfile::TempDir) {
    scanner_with(Store::in_memory(), |settings| {
        settings.kinds = jars();
        change(settings);
    })
}

fn index(scanner: &Scanner, archive: &[u8]) -> Result<Indexed, Error> {
    let file = tempfile::tempfile().unwrap();
    std::io::copy(&mut Cursor::new(archive), &mut &file).unwrap();
    let settings = scanner.settings();
    let archive = Archive::open_file(file, &settings.scratch, &settings.limits)?;
    scanner.index(ImageInput { source: &archive, stop: &Stop::default() }, &Progress::default())
}

#[test]
fn a_layer_over_a_limit_is_unread_and_the_image_reported() {
    let store = Store::in_memory();
    let few = |settings: &mut Settings| {
        settings.kinds = jars();
        settings.limits.layer_entries = 2;
    };
    let (archive, image) = docker(
        "a",
        &[
            tar(&[("a.jar", b"x")]),
            tar(&[("1", b"x"), ("2", b"x"), ("b.jar", b"x")]),
            tar(&[("c.jar", b"x")]),
        ],
    );
    let (limited, _scratch) = scanner_with(store.clone(), few);
    for _ in 0..2 {
        // It is tried again each time.
        let indexed = index(&limited, &archive).unwrap();
        assert_eq!(indexed.images, [image]);
        let coverage = limited.report(&image).unwrap().coverage;
        let [unread] = &coverage.examination.unread_layers[..] else { panic!("{coverage:?}") };
        assert_eq!((unread.index, unread.code.as_str()), (1, "over-limit"));
        let message = coverage.gaps.iter().find(|gap| gap.code() == "unread-layer").unwrap().to_string();
        let diff_id = limited.image(&image).unwrap().image.layers[1].diff_id.to_string();
        for part in ["layer 1", &diff_id, "`layer_entries` of 2: 3 found"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(!coverage.gaps.iter().any(|gap| gap.code() == "uncounted-files"), "{coverage:?}");
        assert_eq!(coverage.examination.unexamined[0].examples, ["a.jar", "c.jar"]);
    }
    assert!(limited.inventory(&image).is_ok() && limited.layer(&diff_id_of(&limited, &image, 1)).is_err());

    // Once the limit is higher, a submission reads it.
    let (scanner, _scratch) = scanner_with(store, |settings| settings.kinds = jars());
    let indexed = index(&scanner, &archive).unwrap();
    assert_eq!((indexed.layers_read, indexed.layers_known), (1, 2));
    let coverage = scanner.report(&image).unwrap().coverage;
    assert_eq!(coverage.examination.unread_layers, []);
    assert_eq!(
        (coverage.examination.unexamined[0].files, coverage.examination.unexamined[0].title.as_str()),
        (3, "jars")
    );
    scanner.delete_image(&image).unwrap();
    let view = scanner.store().view();
    assert_eq!(view.keys::<Unexamined>(|_| ()).count() + view.keys::<KindsTable>(|_| ()).count(), 0);
}

#[test]
fn a_known_image_is_written_again_without_what_its_layers_hold() {
    let (scanner, _scratch) = scanner(|_| ());
    let layer = tar(&[("a.jar", b"x")]);
    let (archive, image) = docker("a", std::slice::from_ref(&layer));
    index(&scanner, &archive).unwrap();
    let before = scanner.image(&image).unwrap();
    // Whoever needed them would read the layer again.
    let mut batch = Batch::default();
    batch.delete::<limpid_store::tables::entries::Entries>(&Digest::of(&layer));
    scanner.store().commit(batch).unwrap();
    // The same image under another name of the same length.
    let at = archive.windows(16).position(|bytes| bytes == br#""RepoTags":["a"]"#).unwrap();
    let mut renamed = archive.clone();
    renamed[at + 13] = b'b';
    let indexed = index(&scanner, &renamed).unwrap();
    assert_eq!((indexed.layers_read, indexed.layers_known), (0, 1));
    let after = scanner.image(&image).unwrap();
    assert_eq!(after.image.names, ["b", "a"]);
    assert_eq!(after.image.layers, before.image.layers);
    assert_eq!(scanner.report(&image).unwrap().coverage.examination.unexamined[0].examples, ["a.jar"]);
}

fn diff_id_of(scanner: &Scanner, image: &Digest, place: usize) -> Digest {
    scanner.image(image).unwrap().image.layers[place].diff_id
}

#[test]
fn a_layer_that_another_image_brings_in_readable_form_does_not_change_the_first() {
    let (scanner, _scratch) = scanner(|_| ());
    let (upper, lower) = (tar(&[("a.jar", b"x")]), tar(&[("b.jar", b"x")]));
    let (whole, image) = docker("a", &[lower.clone(), upper]);
    // The same image, but its second layer is compressed by something that is not read.
    let member = whole.windows(4).position(|bytes| bytes == b"a.ja").unwrap();
    let mut sealed = whole.clone();
    sealed[member..member + 6].copy_from_slice(b"\xfd7zXZ\0");
    index(&scanner, &sealed).unwrap();
    let unread = |scanner: &Scanner| scanner.report(&image).unwrap().coverage.examination.unread_layers.len();
    assert_eq!(unread(&scanner), 1);
    index(&scanner, &whole).unwrap();
    assert_eq!(unread(&scanner), 0);
    // What is known of a layer is known, however it comes.
    index(&scanner, &sealed).unwrap();
    assert_eq!(unread(&scanner), 0);
}

#[test]
fn what_contradicts_its_name_is_a_note_and_no_gap() {
    let (scanner, _scratch) = scanner(|_| ());
    let layer = tar(&[("a", b"x")]);
    let (archive, image) = docker("a", std::slice::from_ref(&layer));
    let gz = zstd::encode_all(&layer[..], 1).unwrap();
    let config = limpid_layers_config(&archive);
    let files =
        [("0/layer.tar", gz.as_slice()), (config.0.as_str(), &config.1), ("manifest.json", &config.2)];
    index(&scanner, &tar(&files)).unwrap();
    let coverage = scanner.report(&image).unwrap().coverage;
    assert!(coverage.examination.notes[0].what.contains("by its first bytes it is zstd"), "{coverage:?}");
    let codes: Vec<_> = coverage.gaps.iter().map(Gap::code).collect();
    assert!(!codes.iter().any(|code| code.contains("layer")), "{codes:?}");
}

/// Name and content of the configuration of an archive, and its manifest.
fn limpid_layers_config(archive: &[u8]) -> (String, Vec<u8>, Vec<u8>) {
    let mut members = tar::Archive::new(archive);
    let mut found = (String::new(), Vec::new(), Vec::new());
    for entry in members.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        match name.as_str() {
            "manifest.json" => found.2 = content,
            name if name.ends_with(".json") => (found.0, found.1) = (name.to_owned(), content),
            _ => {}
        }
    }
    found
}

#[test]
fn files_that_nobody_reads_are_counted_and_hidden_as_facts_are() {
    let (scanner, _scratch) = scanner(|settings| settings.limits.files_of_kind = 3);
    let lower = tar(&[("a.jar", b"1"), ("b.jar", b"1"), ("d/c.jar", b"1")]);
    let upper = tar(&[
        (".wh.a.jar", b""),
        ("d/.wh..wh..opq", b""),
        ("e.jar", b"1"),
        ("f.jar", b"1"),
        ("g.jar", b"1"),
        ("h.jar", b"1"),
    ]);
    let (archive, image) = docker("a", &[lower, upper]);
    index(&scanner, &archive).unwrap();
    let coverage = scanner.report(&image).unwrap().coverage;
    let [jars] = &coverage.examination.unexamined[..] else { panic!("{coverage:?}") };
    // The path of `h.jar` is over the limit of its layer.
    assert_eq!((jars.kind.as_str(), jars.files), ("jar", 5));
    assert_eq!(jars.examples, ["b.jar", "e.jar", "f.jar", "g.jar"]);
    let gap = coverage.gaps.iter().find(|gap| gap.code() == "unexamined-files").unwrap();
    assert_eq!(gap.to_string(), "5 jars were not examined: no loaded detector reads them");
    assert_eq!(index(&scanner, &archive).unwrap().layers_known, 2);
}

#[test]
fn layers_that_were_counted_by_other_rules_are_read_again() {
    let store = Store::in_memory();
    let (archive, image) = docker("a", &[tar(&[("a.jar", b"1")])]);
    let (before, _scratch) = scanner_with(store.clone(), |_| ());
    index(&before, &archive).unwrap();
    assert!(before.report(&image).unwrap().coverage.examination.unexamined.is_empty());

    let (scanner, _scratch) = scanner_with(store.clone(), |settings| settings.kinds = jars());
    let coverage = scanner.report(&image).unwrap().coverage;
    let codes: Vec<_> = coverage.gaps.iter().map(Gap::code).collect();
    assert!(codes.contains(&"uncounted-files"), "{codes:?}");
    let again = index(&scanner, &archive).unwrap();
    assert_eq!((again.layers_read, again.layers_known), (1, 0));
    let coverage = scanner.report(&image).unwrap().coverage;
    assert_eq!(coverage.examination.unexamined[0].files, 1);
    assert!(!coverage.gaps.iter().any(|gap| gap.code() == "uncounted-files"), "{coverage:?}");
}

#[test]
fn paths_over_their_limit_are_told_until_they_are_not() {
    let store = Store::in_memory();
    let long = format!("{}.jar", "x".repeat(80));
    let (archive, image) = docker("a", &[tar(&[(&long, b"1"), ("b", b"1")])]);
    let within = |limit: u64| {
        scanner_with(store.clone(), |settings| {
            settings.kinds = jars();
            settings.limits.path_length = limit;
        })
    };
    // Names within the archive are shorter than that.
    let (short, _scratch) = within(75);
    index(&short, &archive).unwrap();
    let gaps = |scanner: &Scanner| {
        let gaps = scanner.report(&image).unwrap().coverage.gaps.into_iter();
        gaps.map(|gap| gap.to_string()).find(|text| text.contains("path_length"))
    };
    let told = gaps(&short).unwrap();
    assert!(told.starts_with("1 entry of layer 0") && told.ends_with("limit `path_length` of 75"), "{told}");
    assert_eq!(index(&short, &archive).unwrap().layers_read, 0);
    let (scanner, _scratch) = within(100);
    assert_eq!(index(&scanner, &archive).unwrap().layers_read, 1);
    assert_eq!(gaps(&scanner), None);
    assert_eq!(scanner.report(&image).unwrap().coverage.examination.unexamined[0].examples, [long]);
}

#[test]
fn files_of_packages_are_the_distribution_s_but_not_a_vendor_s() {
    let (scanner, _scratch) = scanner(|_| ());
    let finding = |path: &str, fact| Finding { path: path.into(), member: None, fact };
    let owns = |package: &str, path: &str| {
        let paths = [path].into_iter().collect();
        finding("list", Fact::Ownership(Ownership { package: package.into(), paths }))
    };
    let mut of_vendor = package("b", "1");
    of_vendor.qualifiers.push(("vendor".to_owned(), "somebody".to_owned()));
    let findings = vec![
        finding("db", Fact::Package(Box::new(package("a", "1")))),
        finding("db", Fact::Package(Box::new(of_vendor))),
        owns("a", "a.jar"),
        owns("b", "b.jar"),
    ];
    let found: Vec<(PluginId, LayerFindings)> =
        vec![(plugin("packages"), LayerFindings { findings, ..LayerFindings::default() })];
    let kinds = vec![FilesOfKind {
        code: "jar".to_owned(),
        paths: ["a.jar", "b.jar", "c.jar"].map(str::to_owned).to_vec(),
        more: 0,
    }];
    let contents = limpid_layers::LayerContents { kinds, ..contents() };
    let row = unexamined::of_layer(
        &scanner.settings().kinds,
        scanner.settings().limits.path_length,
        &contents,
        &found,
        &limpid_layers::ClaimSet::new(std::iter::empty()).unwrap(),
    );
    assert_eq!(row.files[0].paths, ["b.jar", "c.jar"]);
}

/// What was read of a layer in which nothing is.
fn contents() -> limpid_layers::LayerContents {
    limpid_layers::LayerContents {
        diff_id: Digest::of(b"x"),
        digest: None,
        size: 0,
        inflated_size: 0,
        entries: limpid_model::LayerEntries::default(),
        unread: Vec::new(),
        superseded: Vec::new(),
        ignored: Vec::new(),
        long_paths: 0,
        kinds: Vec::new(),
    }
}

#[test]
fn where_not_all_have_room_what_nobody_reads_is_kept() {
    let (scanner, _scratch) = scanner(|_| ());
    let pattern = limpid_model::Pattern::Path("read/**".into());
    let claim = limpid_model::Claim::new(pattern, limpid_model::Grouping::Alone);
    let claims = limpid_layers::ClaimSet::new(std::iter::once([claim].as_slice())).unwrap();
    let mut paths: Vec<_> = (0..400).map(|number| format!("read/{number:03}.jar")).collect();
    paths.push("unread.jar".to_owned());
    let kinds = vec![FilesOfKind { code: "jar".to_owned(), paths, more: 7 }];
    let contents = limpid_layers::LayerContents { kinds, ..contents() };
    let settings = scanner.settings();
    let row = unexamined::of_layer(&settings.kinds, settings.limits.path_length, &contents, &[], &claims);
    assert!(row.files[0].paths.iter().any(|path| path == "unread.jar"));
    assert_eq!((row.files[0].paths.len(), row.files[0].more), (256, 152));
    // Nor does an image with several such layers forget it.
    let several = vec![Some(row.clone()), Some(row.clone()), Some(row)];
    let row = unexamined::of_image(&settings.kinds, unexamined::Remarks::new(), several, &[]);
    assert!(row.files[0].paths.iter().any(|path| path == "unread.jar"));
    assert_eq!((row.files[0].paths.len(), row.files[0].more), (256, 3 * 152 + 512));
}

#[test]
fn a_damaged_archive_is_refused_and_names_its_layer() {
    let (scanner, _scratch) = scanner(|_| ());
    let (mut archive, _) = docker("a", &[tar(&[("a", b"content")])]);
    let at = archive.windows(7).position(|bytes| bytes == b"content").unwrap();
    archive[at] ^= 1;
    let error = index(&scanner, &archive).unwrap_err();
    assert!(error.refuses_input() && chain(&error).contains("has digest"), "{error}");
}

/// A source whose layers come when `wait` has ended, and how many were asked for.
struct Slow<'s> {
    archive: Archive,
    opened: AtomicU64,
    wait: &'s (dyn Fn() + Sync),
    /// What is wrong with it.
    fails: Option<fn() -> limpid_images::Error>,
}

impl<'s> Slow<'s> {
    fn new(scanner: &Scanner, archive: &[u8], wait: &'s (dyn Fn() + Sync)) -> Self {
        let file = tempfile::tempfile().unwrap();
        std::io::copy(&mut Cursor::new(archive), &mut &file).unwrap();
        let settings = scanner.settings();
        let archive = Archive::open_file(file, &settings.scratch, &settings.limits).unwrap();
        Self { archive, opened: AtomicU64::new(0), wait, fails: None }
    }

    fn index(&self, scanner: &Scanner, stop: &Stop) -> Result<Indexed, Error> {
        scanner.index(ImageInput { source: self, stop }, &Progress::default())
    }
}

impl ImageSource for Slow<'_> {
    fn images(&self, stop: &Stop) -> Result<Vec<limpid_images::FoundImage>, limpid_images::Error> {
        self.archive.images(stop)
    }

    fn open(
        &self,
        layer: &limpid_images::FoundLayer,
        stop: &Stop,
    ) -> Result<limpid_images::Content, limpid_images::Error> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        (self.wait)();
        if let Some(fails) = self.fails {
            return Err(fails());
        }
        let limpid_images::Content::Part(part) = self.archive.open(layer, stop)? else { unreachable!() };
        Ok(limpid_images::Content::Stream(Box::new(part.reader())))
    }
}

fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::thread::yield_now();
    }
}

/// Two images that share a layer, of which the first comes when `wait` has ended.
fn sharing<'s>(scanner: &Scanner, wait: &'s (dyn Fn() + Sync)) -> [Slow<'s>; 2] {
    let shared = tar(&[("a.jar", b"x")]);
    let [first, second] = ["a", "b"].map(|name| docker(name, std::slice::from_ref(&shared)).0);
    [Slow::new(scanner, &first, wait), Slow::new(scanner, &second, &|| ())]
}

/// What became of both: the second is indexed once the first reads the layer.
fn together(
    scanner: &Scanner,
    [first, second]: &[Slow<'_>; 2],
    second_stops: &Stop,
    between: impl FnOnce(),
) -> [Result<Indexed, Error>; 2] {
    std::thread::scope(|scope| {
        let indexing = scope.spawn(|| first.index(scanner, &Stop::default()));
        until(|| first.opened.load(Ordering::Relaxed) == 1);
        let second = second.index(scanner, second_stops);
        between();
        [indexing.join().unwrap(), second]
    })
}

#[test]
fn a_layer_of_two_submissions_is_fetched_once() {
    let (scanner, _scratch) = scanner(|_| ());
    let other_waits = || until(|| scanner.0.flights.waiting() == 1);
    let sources = sharing(&scanner, &other_waits);
    let indexed = together(&scanner, &sources, &Stop::default(), || ());
    assert_eq!(indexed.map(|indexed| indexed.unwrap().layers_read), [1, 1]);
    assert_eq!(scanner.images(None, 10).unwrap().items.len(), 2);
    assert_eq!(sources.map(|source| source.opened.into_inner()), [1, 0]);
    assert_eq!(scanner.0.flights.waiting(), 0);
}

#[test]
fn who_waits_for_a_layer_reads_it_where_the_other_fails() {
    let (scanner, _scratch) = scanner(|_| ());
    let other_waits = || until(|| scanner.0.flights.waiting() == 1);
    let mut sources = sharing(&scanner, &other_waits);
    sources[0].fails = Some(|| limpid_images::Error::Unavailable {
        what: "the layer".to_owned(),
        source: std::io::ErrorKind::ConnectionReset.into(),
    });
    let [first, second] = together(&scanner, &sources, &Stop::default(), || ());
    assert!(chain(&first.unwrap_err()).contains("the layer"));
    assert_eq!(second.unwrap().layers_read, 1);
    assert_eq!(sources.map(|source| source.opened.into_inner()), [1, 1]);
}

#[test]
fn who_waits_for_a_layer_can_be_stopped() {
    let (scanner, _scratch) = scanner(|_| ());
    let released = AtomicBool::new(false);
    let wait = || until(|| released.load(Ordering::Relaxed));
    let sources = sharing(&scanner, &wait);
    let stopped = Stop::default();
    stopped.stop();
    let release = || released.store(true, Ordering::Relaxed);
    let [first, second] = together(&scanner, &sources, &stopped, release);
    assert!(chain(&second.unwrap_err()).contains("was not waited for"));
    assert_eq!(first.unwrap().layers_read, 1);
}
