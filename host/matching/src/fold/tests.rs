//! Stacks of layers are written as the words of each layer, lowest first:
//!
//! | word | what the layer holds |
//! |---|---|
//! | `path:` and then `name=version` ... | a file that states packages |
//! | `path?` | a file that could not be read |
//! | `path/`, `path@` | a directory, a symbolic link |
//! | `-path`, `path!` | a whiteout, an opaque marker of a directory |
//!
//! A package may be `detector|name:arch=version`.

use std::collections::BTreeSet;

use limpid_layers::{Limits, hidden};
use limpid_model::{
    Digest, EntryKind, Fact, Finding, ImageLayer, InputError, LayerEntries, LayerEntry, LayerFindings, Unread,
};

use super::*;
use crate::test_support::{keys, package, plugin};

mod facts;
mod findings;
mod owners;
mod stacks;

/// What folding gave, as words.
struct Folded {
    contents: Contents,
    /// `name=version@layer` of what is there, by name.
    packages: String,
    /// What each layer did: `+a=1`, `-a=1`, `a=1>2`.
    changes: Vec<String>,
}

/// What one layer holds and states.
#[derive(Debug, Default)]
struct Layer {
    entries: LayerEntries,
    found: Vec<Found>,
}

impl Layer {
    fn read(text: &str) -> Self {
        let mut layer = Self::default();
        let mut file = String::new();
        for word in text.split_whitespace() {
            let mut put = |path: &str, kind| {
                layer.entries.last.push(LayerEntry::new(path, kind));
                path.to_owned()
            };
            if let Some(path) = word.strip_suffix(':') {
                file = put(path, EntryKind::File);
            } else if let Some((package, version)) = word.split_once('=') {
                layer.state(&file, package, version);
            } else if let Some(path) = word.strip_suffix('?') {
                let error = InputError::Malformed("test".to_owned());
                let unread = Unread { path: put(path, EntryKind::File), error };
                layer.of("detector").findings.unread.push(unread);
            } else if let Some(path) = word.strip_suffix('/') {
                put(path, EntryKind::Directory);
            } else if let Some(path) = word.strip_suffix('@') {
                put(path, EntryKind::Other);
            } else if let Some(path) = word.strip_suffix('!') {
                put(path, EntryKind::Opaque);
            } else if let Some(path) = word.strip_prefix('-') {
                put(path, EntryKind::Whiteout);
            } else {
                panic!("`{word}` is no word of a layer");
            }
        }
        layer
    }

    fn state(&mut self, path: &str, name: &str, version: &str) {
        let (detector, name) = name.split_once('|').unwrap_or(("detector", name));
        let (name, arch) =
            name.split_once(':').map_or((name, None), |(name, arch)| (name, Some(arch.into())));
        let package = limpid_model::Package { arch, ..package(name, version) };
        let found = self.of(detector);
        found.keys.push(keys(&package));
        found.findings.findings.push(fact(path, Fact::Package(Box::new(package))));
    }

    fn of(&mut self, detector: &str) -> &mut Found {
        let place = self.found.iter().position(|found| found.detector.name == detector);
        let place = place.unwrap_or_else(|| {
            let (detector, findings) = (plugin(detector), LayerFindings::default());
            self.found.push(Found { detector: Arc::new(detector), findings, keys: Vec::new(), linked: None });
            self.found.len() - 1
        });
        &mut self.found[place]
    }

    fn stating(&self) -> BTreeSet<String> {
        let findings = self.found.iter().flat_map(|found| &found.findings.findings);
        let unread = self.found.iter().flat_map(|found| &found.findings.unread);
        findings.map(|f| f.path.to_string()).chain(unread.map(|u| u.path.clone())).collect()
    }
}

fn fact(path: &str, fact: Fact) -> Finding {
    Finding { path: path.into(), member: None, fact }
}

/// What detectors found in layers, and which files of them are hidden.
fn laid(layers: Vec<Layer>) -> (Vec<LayerFacts>, Vec<HiddenFile>) {
    let stating: Vec<_> = layers.iter().map(Layer::stating).collect();
    let entries: Vec<_> = layers.iter().map(|layer| layer.entries.clone()).collect();
    let hidden = hidden(&stating, &entries.iter().collect::<Vec<_>>(), &Limits::default());
    let facts = layers.into_iter().enumerate().map(|(place, layer)| {
        let diff_id = Digest::of(&place.to_be_bytes());
        LayerFacts { layer: ImageLayer { diff_id, created_by: None }, found: layer.found, linked: None }
    });
    (facts.collect(), hidden)
}

fn fold_layers(layers: Vec<Layer>) -> (Contents, Vec<Vec<Change>>) {
    let (facts, hidden) = laid(layers);
    let mut changes = Vec::new();
    let on_layer = |place: usize, change: &Changes<'_>| {
        assert_eq!(place, changes.len());
        changes.push(change.each());
    };
    let contents = lay(facts, &hidden, on_layer, |_, _| ());
    (contents, changes)
}

fn folded(layers: &[&str]) -> Folded {
    let (contents, changes) = fold_layers(layers.iter().map(|text| Layer::read(text)).collect());
    let mut packages: Vec<_> = contents
        .packages
        .iter()
        .map(|installed| format!("{}@{}", word(installed), installed.introduced_by))
        .collect();
    packages.sort();
    let changes = changes.iter().map(|layer| layer.iter().map(change_word).collect::<Vec<_>>().join(" "));
    Folded { packages: packages.join(" "), changes: changes.collect(), contents }
}

fn word(installed: &Installed) -> String {
    let arch = installed.package.arch.as_ref().map(|arch| format!(":{arch}")).unwrap_or_default();
    format!("{}{arch}={}", installed.package.name, installed.package.version)
}

fn change_word(change: &Change) -> String {
    match change {
        Change::Added(installed) => format!("+{}", word(installed)),
        Change::Removed(installed) => format!("-{}", word(installed)),
        Change::Changed(pair) => format!("{}>{}", word(&pair.0), pair.1.package.version),
    }
}

/// Holds what is there in the end, and what each layer did, against what should be.
fn check(layers: &[&str], packages: &str, changes: &[&str]) {
    let folded = folded(layers);
    assert_eq!(folded.packages, packages, "{layers:?}");
    assert_eq!(folded.changes, changes, "{layers:?}");
}

#[test]
fn a_fact_goes_with_the_file_that_states_it() {
    let gone = |above: &str| check(&["d/e/db: a=1", above], "", &["+a=1", "-a=1"]);
    gone("-d/e/db");
    gone("-d/e");
    gone("-d");
    gone("d/e!");
    gone("d!");
    gone("!");
    gone("d/e/db@");
    gone("d/e@");
    gone("d@");
    gone("d/e/db/");
    gone("d/e/db/x:");
    gone("d/e:");
    gone("d/ d/e/ d/e/db:");
    gone("-d d/ d/e/");
}

#[test]
fn a_fact_stays_with_the_file_that_states_it() {
    let stays = |above: &str| check(&["d/e/db: a=1", above], "a=1@0", &["+a=1", ""]);
    stays("");
    stays("d/ d/e/ d/e/other:");
    stays("-d/e/other");
    stays("-d/e/d -d/e/db2 -d/e/db-wal -e -db");
    stays("d/e/db!");
    stays("d/e/db2@ d/e2@ d2:");
    stays("-d/e/db/x d/e/db/x!");
}

#[test]
fn a_layer_hides_nothing_of_its_own() {
    check(&["-d d! d/db: a=1"], "a=1@0", &["+a=1"]);
    check(&["d/db: a=1", "-d d! d/db: a=1"], "a=1@0", &["+a=1", ""]);
}

#[test]
fn a_file_that_is_replaced_takes_only_its_own_facts() {
    check(&["d/1: a=1 d/2: b=1", "d/1: c=1"], "b=1@0 c=1@1", &["+a=1 +b=1", "-a=1 +c=1"]);
    check(&["d/1: a=1", "d/2: b=1", "-d/1"], "b=1@1", &["+a=1", "+b=1", "-a=1"]);
}

#[test]
fn what_is_stated_again_keeps_the_layer_that_introduced_it() {
    check(&["db: a=1 b=1", "db: a=1 b=1 c=1"], "a=1@0 b=1@0 c=1@1", &["+a=1 +b=1", "+c=1"]);
    check(&["db: a=1", "db: a=1 b=1", "db: a=1 b=1"], "a=1@0 b=1@1", &["+a=1", "+b=1", ""]);
}

#[test]
fn another_version_is_a_change_of_the_layer_that_brings_it() {
    check(&["db: a=1 b=1", "db: a=2 b=1"], "a=2@1 b=1@0", &["+a=1 +b=1", "a=1>2"]);
    check(&["db: a=1", "db: a=2", "db: a=1"], "a=1@2", &["+a=1", "a=1>2", "a=2>1"]);
}

#[test]
fn a_database_that_moved_brings_and_removes_nothing() {
    let before = "lib/apk/db/installed: a=1 b=1";
    for hiding in ["-lib/apk/db/installed", "-lib/apk", "lib/apk/db@", "lib@"] {
        let after = format!("{hiding} usr/lib/apk/db/installed: a=1 b=2");
        check(&[before, &after], "a=1@0 b=2@1", &["+a=1 +b=1", "b=1>2"]);
    }
}

#[test]
fn a_package_that_comes_back_is_introduced_anew() {
    check(&["db: a=1", "-db", "db: a=1"], "a=1@2", &["+a=1", "-a=1", "+a=1"]);
    check(&["db: a=1 b=1", "db: b=1", "db: a=1 b=1"], "a=1@2 b=1@0", &["+a=1 +b=1", "-a=1", "+a=1"]);
}

#[test]
fn copies_at_two_paths_live_each_by_its_own_file() {
    check(&["x: a=1", "y: a=1", "-x"], "a=1@1", &["+a=1", "+a=1", "-a=1"]);
    check(&["x: a=1", "y: a=1", "x: a=2"], "a=1@1 a=2@2", &["+a=1", "+a=1", "a=1>2"]);
    check(&["x: a=1", "y: a=1", "x: a=1 y: a=1"], "a=1@0 a=1@1", &["+a=1", "+a=1", ""]);
    check(&["x: a=1 y: a=2", "x: a=3 -y"], "a=3@1", &["+a=1 +a=2", "-a=2 a=1>3"]);
    check(&["x: a=1 y: a=2", "z: a=3 x: a=4 -y"], "a=3@1 a=4@1", &["+a=1 +a=2", "a=2>3 a=1>4"]);
}

#[test]
fn architecture_and_detector_tell_packages_apart() {
    let layers = ["db: a:x=1 a:y=1", "db: a:x=2 a:y=1"];
    check(&layers, "a:x=2@1 a:y=1@0", &["+a:x=1 +a:y=1", "a:x=1>2"]);
    check(&["db: a=1", "-db x: other|a=2"], "a=2@1", &["+a=1", "-a=1 +a=2"]);
}

#[test]
fn changes_come_in_one_order() {
    let architectures = "a:p=1 a:q=1 a:r=1 a:s=1 a:t=1";
    let (below, above) = (format!("db: {architectures}"), format!("db: {}", architectures.replace('1', "2")));
    let removed = architectures.split(' ').map(|word| format!("-{word}")).collect::<Vec<_>>().join(" ");
    let added = architectures.split(' ').map(|word| format!("+{word}")).collect::<Vec<_>>().join(" ");
    check(&[&below, "-db"], "", &[&added, &removed]);
    let changed = architectures.split(' ').map(|word| format!("{word}>2")).collect::<Vec<_>>().join(" ");
    assert_eq!(folded(&[&below, &above]).changes, [added, changed]);
}
