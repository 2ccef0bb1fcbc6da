//! Whose files are whose, over all layers. A list is written `list: package path path`.

use limpid_model::{Ownership as Owned, SourcePackage};

use super::*;

/// A layer of a package database `db` with packages (`name` or `name@vendor`), of lists, and of
/// modules (`path name=version`) that another detector read.
fn layer(installed: &str, lists: &[&str], modules: &[&str]) -> Layer {
    let mut layer = Layer::default();
    let mut put = |path: &str| {
        let entry = LayerEntry::new(path, EntryKind::File);
        layer.entries.last.push(entry);
    };
    put("db");
    lists.iter().for_each(|list| put(list.split(':').next().unwrap()));
    modules.iter().for_each(|module| put(module.split(' ').next().unwrap()));
    if installed.is_empty() {
        layer.entries.last.remove(0);
    }
    for name in installed.split_whitespace() {
        let (name, vendor) = name.split_once('@').map_or((name, None), |(name, vendor)| (name, Some(vendor)));
        let qualifiers = vendor.map(|vendor| (Package::VENDOR.to_owned(), vendor.to_owned()));
        let source = SourcePackage { name: format!("source of {name}").into(), version: "1".into() };
        let package = Package {
            source: Some(source),
            qualifiers: qualifiers.into_iter().collect(),
            ..package(name, "1")
        };
        let found = layer.of("manager");
        found.keys.push(keys(&package));
        found.findings.findings.push(fact("db", Fact::Package(Box::new(package))));
    }
    for list in lists {
        let (path, owned) = list.split_once(": ").unwrap();
        let (package, paths) = owned.split_once(' ').unwrap();
        let owned = Owned { package: package.to_owned(), paths: paths.split(' ').collect() };
        layer.of("manager").findings.findings.push(fact(path, Fact::Ownership(owned)));
    }
    for module in modules {
        let (path, module) = module.split_once(' ').unwrap();
        let (name, version) = module.split_once('=').unwrap();
        let package = Package { scope: Scope::Namespace("own".to_owned()), ..package(name, version) };
        let found = layer.of("reader");
        found.keys.push(keys(&package));
        found.findings.findings.push(fact(path, Fact::Package(Box::new(package))));
    }
    layer
}

/// What modules are there in the end, with their owners: `name=version owner`.
#[track_caller]
fn check(layers: Vec<Layer>, expected: &[&str]) {
    let (contents, _) = fold_layers(layers);
    let modules = contents.packages.iter().filter(|installed| installed.package.scope != Scope::Distribution);
    let told = modules.map(|installed| {
        let owner = installed.owner.as_ref().map_or("-", |owner| owner.package.as_str());
        format!("{}={} {owner}", installed.package.name, installed.package.version)
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    assert_eq!(told, expected);
}

#[test]
fn ownership_holds_whichever_layer_the_database_lies_in() {
    check(vec![layer("p", &["list: p lib/m"], &["lib/m m=1"])], &["m=1 p"]);
    check(vec![layer("", &[], &["lib/m m=1"]), layer("p", &["list: p lib/m"], &[])], &["m=1 p"]);
    check(
        vec![layer("", &[], &["lib/m m=1"]), layer("p", &[], &[]), layer("", &["list: p lib/m"], &[])],
        &["m=1 p"],
    );
    check(vec![layer("p", &["list: p lib/other"], &["lib/m m=1"])], &["m=1 -"]);
}

#[test]
fn a_file_that_is_written_again_as_it_was_is_still_its_packages() {
    let below = || layer("p", &["list: p lib/m"], &["lib/m m=1"]);
    check(vec![below(), layer("", &[], &["lib/m m=1"])], &["m=1 p"]);
    check(vec![below(), layer("", &[], &["lib/m m=2"])], &["m=2 -"]);
    check(vec![below(), layer("", &[], &["lib/m m=2"]), layer("", &[], &["lib/m m=1"])], &["m=1 p"]);
    check(vec![below(), layer("p", &["list: p lib/m"], &["lib/m m=2"])], &["m=2 p"]);
    check(vec![layer("p", &["list: p lib/m"], &[]), layer("", &[], &["lib/m m=1"])], &["m=1 -"]);
}

#[test]
fn a_package_that_is_gone_owns_nothing() {
    let below = || layer("p", &["list: p lib/m"], &["lib/m m=1"]);
    check(vec![below(), layer("other", &[], &[])], &["m=1 -"]);
    let mut removed = layer("", &[], &[]);
    removed.entries.last.push(LayerEntry::new("list", EntryKind::Whiteout));
    check(vec![below(), removed], &["m=1 -"]);
}

#[test]
fn an_owner_says_of_what_it_was_built_and_by_whom() {
    let (contents, _) = fold_layers(vec![layer("p@vendor", &["list: p lib/m"], &["lib/m m=1"])]);
    let owner = contents.packages.iter().find_map(|installed| installed.owner.clone()).unwrap();
    assert_eq!((owner.source.as_str(), owner.vendor.as_deref()), ("source of p", Some("vendor")));
}

#[test]
fn a_package_may_state_its_owner_itself() {
    let owned_by = |qualifiers: &[(&str, &str)], scope| {
        let qualifiers = qualifiers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let package = Package { scope, qualifiers: qualifiers.collect(), ..package("m", "1") };
        let (keys, finding) = (keys(&package), fact("bill", Fact::Package(Box::new(package))));
        let mut found = installed(Arc::new(plugin("reader")), vec![finding], vec![keys], 0, |_| None);
        let owner = found.next().unwrap().owner;
        owner.map(|owner| format!("{} of {}", owner.package, owner.source))
    };
    let own = || Scope::Namespace("own".to_owned());
    let both = [("owner", "p"), ("owner-source", "s")];
    assert_eq!(owned_by(&both, own()).as_deref(), Some("p of s"));
    assert_eq!(owned_by(&both[..1], own()).as_deref(), Some("p of p"));
    assert_eq!(owned_by(&both[1..], own()), None);
    assert_eq!(owned_by(&both, Scope::Distribution), None);
}
