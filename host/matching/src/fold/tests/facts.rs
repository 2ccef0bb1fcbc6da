//! Facts other than packages, and what is not understood.

use limpid_model::{Blame, FailureKind};

use super::*;

fn distribution(id: &str, namespaces: usize) -> Distribution {
    Distribution {
        id: id.to_owned(),
        version_id: String::new(),
        pretty_name: String::new(),
        cpe: None,
        namespaces: (0..namespaces).map(|n| format!("{id}:{n}")).collect(),
        supported_until: None,
    }
}

/// A layer whose files state facts.
fn stating(entries: &str, facts: Vec<(&str, Fact)>) -> Layer {
    let mut layer = Layer::read(entries);
    let found = facts.into_iter().map(|(path, stated)| fact(path, stated));
    layer.of("detector").findings.findings.extend(found);
    layer
}

#[test]
fn a_file_that_was_not_read_matters_as_long_as_it_is_there() {
    let unread = |layers: &[&str]| -> Vec<String> {
        folded(layers).contents.unread.into_iter().map(|(_, _, unread)| unread.path).collect()
    };
    assert_eq!(unread(&["d/x? y?", ""]), ["d/x", "y"]);
    assert_eq!(unread(&["d/x? y?", "d!"]), ["y"]);
    assert_eq!(unread(&["d/x?", "d/x: a=1"]), [""; 0]);
    assert_eq!(unread(&["d/x: a=1", "d/x?"]), ["d/x"]);
    assert_eq!(folded(&["d/x: a=1", "d/x?"]).packages, "");
}

#[test]
fn a_call_that_failed_is_told_whatever_lies_above() {
    let mut layer = Layer::read("db?");
    layer.of("detector").findings.failures.push(PluginFailure {
        plugin: plugin("detector"),
        call: "detect".to_owned(),
        kind: FailureKind::Trap,
        blame: Blame::Plugin,
        message: String::new(),
    });
    let (contents, _) = fold_layers(vec![layer, Layer::read("-db")]);
    assert_eq!(contents.failures.len(), 1);
    assert!(contents.unread.is_empty());
}

#[test]
fn a_higher_layer_says_which_distribution_it_is_unless_it_knows_less_of_the_same() {
    let check = |lower: (&str, usize), higher: (&str, usize), expected: (&str, usize)| {
        let layer = |path, (id, namespaces)| {
            stating(&format!("{path}:"), vec![(path, Fact::Distribution(distribution(id, namespaces)))])
        };
        let (contents, _) = fold_layers(vec![layer("x", lower), layer("y", higher)]);
        assert_eq!(contents.distribution, Some(distribution(expected.0, expected.1)));
    };
    check(("a", 2), ("b", 1), ("b", 1));
    check(("a", 2), ("a", 1), ("a", 2));
    check(("a", 1), ("a", 2), ("a", 2));
    check(("a", 0), ("a", 0), ("a", 0));
}

#[test]
fn the_beginning_of_a_version_does_not_replace_it_where_nothing_else_differs() {
    let check = |lower: &str, higher: &str, expected: &str| {
        let layer = |path, version: &str| {
            let stated = Distribution { version_id: version.to_owned(), ..distribution("a", 1) };
            stating(&format!("{path}:"), vec![(path, Fact::Distribution(stated))])
        };
        let (contents, _) = fold_layers(vec![layer("x", lower), layer("y", higher)]);
        assert_eq!(contents.distribution.unwrap().version_id, expected, "{lower}, {higher}");
    };
    check("3.20.3", "3.20", "3.20.3");
    check("3.20.3", "", "3.20.3");
    check("3.20", "3.20.3", "3.20.3");
    check("3.20.3", "3.20.4", "3.20.4");
    check("3.20.10", "3.20.1", "3.20.1");
}

#[test]
fn distribution_and_properties_go_with_their_files() {
    let facts = || {
        let property = Fact::Property("libc".to_owned(), "musl".to_owned());
        vec![("d/x", Fact::Distribution(distribution("a", 1))), ("d/x", property)]
    };
    let known = |above: &str| {
        let (contents, _) = fold_layers(vec![stating("d/x:", facts()), Layer::read(above)]);
        assert_eq!(contents.distribution.is_some(), !contents.properties.is_empty());
        contents.distribution.is_some()
    };
    assert!(known(""));
    assert!(known("d/y:"));
    assert!(!known("d/x:"));
    assert!(!known("-d"));
}

#[test]
fn a_lower_statement_counts_again_where_the_higher_one_is_gone() {
    let say = |path, id| stating(&format!("{path}:"), vec![(path, Fact::Distribution(distribution(id, 1)))]);
    let (contents, _) = fold_layers(vec![say("x", "a"), say("y", "b"), Layer::read("-y")]);
    assert_eq!(contents.distribution, Some(distribution("a", 1)));
}

#[test]
fn a_package_of_the_distribution_that_two_files_state_alike_is_there_once() {
    let check = |layers: &[&str], expected: &[&str]| {
        let (contents, _) = fold_layers(layers.iter().map(|layer| Layer::read(layer)).collect());
        let mut packages = contents.packages;
        state_once(&mut packages);
        let told = packages
            .iter()
            .map(|installed| format!("{}={}", installed.package.name, installed.package.version));
        assert_eq!(told.collect::<Vec<_>>(), expected);
    };
    check(&["status: a=1", "status.d/a: a=1"], &["a=1"]);
    check(&["status: a=1 status.d/a: a=2"], &["a=1", "a=2"]);
    check(&["status: a:x=1 a:y=1"], &["a=1", "a=1"]);
    check(&["status: a=1", "db: other|a=1"], &["a=1", "a=1"]);
}

#[test]
fn what_is_only_declared_does_not_count_where_the_same_version_is_there() {
    let check = |declared: (&str, &str, &str), expected: usize| {
        let (namespace, name, version) = declared;
        let (contents, _) = fold_layers(vec![Layer::read("lock: x=1"), Layer::read("modules: a=1")]);
        let mut packages = contents.packages;
        for installed in &mut packages {
            let is_lock = installed.path == "lock";
            let own = if is_lock { namespace } else { "npm" };
            installed.package.scope = Scope::Namespace(own.to_owned());
            if is_lock {
                installed.package.evidence = Evidence::Declared;
                (installed.package.name, installed.package.version) = (name.into(), version.into());
            }
        }
        assert_eq!(once(&packages).count(), expected, "{declared:?}");
        state_once(&mut packages);
        assert_eq!(packages.len(), expected, "{declared:?}");
        assert!(packages.iter().any(|installed| installed.path == "modules"));
    };
    check(("npm", "a", "1"), 1);
    check(("npm", "a", "2"), 2);
    check(("npm", "b", "1"), 2);
    check(("pypi", "a", "1"), 2);
}
