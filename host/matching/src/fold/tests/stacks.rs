//! Random stacks of layers against a model that lays them upon each other file by file.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What a path holds: nothing more, or the packages that a file states.
#[derive(Clone, Debug)]
enum Node {
    Directory,
    Link,
    File(Vec<(String, u32)>),
}

/// What a layer puts there, and what it takes away first.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    nodes: BTreeMap<String, Node>,
    whiteouts: Vec<String>,
    opaque: Vec<String>,
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec("[xy]", 1..4).prop_map(|parts| parts.join("/"))
}

fn node() -> impl Strategy<Value = Node> {
    let packages = prop::collection::btree_set(("[ab]", 1..3_u32), 0..3);
    prop_oneof![
        1 => Just(Node::Directory),
        1 => Just(Node::Link),
        4 => packages.prop_map(|packages| Node::File(packages.into_iter().collect())),
    ]
}

pub(super) fn spec() -> impl Strategy<Value = Spec> {
    let nodes = prop::collection::btree_map(path(), node(), 0..4);
    let opaque = prop_oneof![4 => path(), 1 => Just(String::new())];
    let taken = (prop::collection::vec(path(), 0..2), prop::collection::vec(opaque, 0..2));
    (nodes, taken).prop_map(|(nodes, (whiteouts, opaque))| {
        // Reading a layer leaves nothing below what is no directory.
        let below = |path: &str| {
            nodes.iter().any(|(above, node)| !matches!(node, Node::Directory) && is_below(path, above))
        };
        let clear = nodes.iter().filter(|(path, _)| !below(path));
        Spec { nodes: clear.map(|(p, n)| (p.clone(), n.clone())).collect(), whiteouts, opaque }
    })
}

fn is_below(path: &str, above: &str) -> bool {
    above.is_empty() || path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

pub(super) fn layer(spec: &Spec) -> Layer {
    let mut layer = Layer::default();
    let mut put = |path: &String, kind| layer.entries.last.push(LayerEntry::new(path.clone(), kind));
    spec.whiteouts.iter().for_each(|path| put(path, EntryKind::Whiteout));
    spec.opaque.iter().for_each(|path| put(path, EntryKind::Opaque));
    for (path, node) in &spec.nodes {
        match node {
            Node::Directory => put(path, EntryKind::Directory),
            Node::Link => put(path, EntryKind::Other),
            Node::File(_) => put(path, EntryKind::File),
        }
    }
    for (path, node) in &spec.nodes {
        let Node::File(packages) = node else { continue };
        for (name, version) in packages {
            layer.state(path, name, &version.to_string());
        }
    }
    layer
}

/// A file system: what each path holds, and which layer put it there.
type Files = BTreeMap<String, (usize, Node)>;

/// Lays a layer upon a file system: first all that it takes away, then all that it puts there.
fn apply(files: &mut Files, place: usize, spec: &Spec) {
    for gone in &spec.whiteouts {
        files.retain(|path, _| path != gone && !is_below(path, gone));
    }
    for directory in &spec.opaque {
        files.retain(|path, _| !is_below(path, directory));
    }
    for (path, node) in &spec.nodes {
        // What lies in the way of the path becomes a directory.
        files.retain(|above, (_, node)| !is_below(path, above) || matches!(node, Node::Directory));
        if !matches!(node, Node::Directory) {
            files.retain(|below, _| !is_below(below, path));
        }
        files.insert(path.clone(), (place, node.clone()));
    }
}

/// Packages as `(name, version)`, however often.
type Bag = Vec<(String, String)>;

fn bag(files: &Files) -> Bag {
    stated(files).into_iter().map(|(_, name, version, _)| (name, version)).collect::<Vec<_>>().sorted()
}

/// Path, name, version and layer of all that the files state.
fn stated(files: &Files) -> Vec<(String, String, String, usize)> {
    let mut stated = Vec::new();
    for (path, (layer, node)) in files {
        let Node::File(packages) = node else { continue };
        stated.extend(packages.iter().map(|(name, v)| (path.clone(), name.clone(), v.to_string(), *layer)));
    }
    stated.sorted()
}

trait Sorted {
    fn sorted(self) -> Self;
}

impl<T: Ord> Sorted for Vec<T> {
    fn sorted(mut self) -> Self {
        self.sort();
        self
    }
}

fn named(installed: &Installed) -> (String, String) {
    (installed.package.name.to_string(), installed.package.version.to_string())
}

/// Applies what a layer is stated to have done.
fn replay(before: &mut Bag, changes: &[Change]) {
    let mut remove = |installed: &Installed| {
        let place = before.iter().position(|package| *package == named(installed));
        before.remove(place.expect("what is removed or changed was there"));
    };
    for change in changes {
        match change {
            Change::Added(_) => {}
            Change::Removed(installed) => remove(installed),
            Change::Changed(pair) => remove(&pair.0),
        }
    }
    for change in changes {
        match change {
            Change::Added(installed) => before.push(named(installed)),
            Change::Changed(pair) => before.push(named(&pair.1)),
            Change::Removed(_) => {}
        }
    }
    before.sort();
}

/// The first layer of those up to the last in which a package was always there.
fn introduced(states: &[Bag], package: &(String, String)) -> usize {
    states.iter().rposition(|state| !state.contains(package)).map_or(0, |absent| absent + 1)
}

/// Whether no layer leaves more than one copy of any version of a package.
fn is_single(states: &[Bag], name: &str) -> bool {
    states.iter().all(|state| state.iter().filter(|package| package.0 == name).count() <= 1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn folding_is_laying_layers_upon_each_other(specs in prop::collection::vec(spec(), 1..6)) {
        let mut files = Files::new();
        let mut states = Vec::new();
        for (place, spec) in specs.iter().enumerate() {
            apply(&mut files, place, spec);
            states.push(bag(&files));
        }
        let (contents, changes) = fold_layers(specs.iter().map(layer).collect());

        let installed = contents.packages.iter().map(|installed| {
            (installed.path.to_string(), installed.package.name.to_string(), installed.package.version.to_string(), installed.stated_by)
        });
        prop_assert_eq!(installed.collect::<Vec<_>>().sorted(), stated(&files));

        let mut replayed = Bag::new();
        for (state, changes) in states.iter().zip(&changes) {
            replay(&mut replayed, changes);
            prop_assert_eq!(&replayed, state);
        }

        for installed in &contents.packages {
            let expected = introduced(&states, &named(installed));
            prop_assert!(installed.introduced_by >= expected && installed.introduced_by <= installed.stated_by);
            if is_single(&states, &installed.package.name) {
                prop_assert_eq!(installed.introduced_by, expected);
            }
        }
    }
}
