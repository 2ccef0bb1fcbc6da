//! Modules of one crate depend on each other one way, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use syn::visit::{self, Visit};

/// The modules of a crate, lowest first; those in one row know nothing of each other.
pub(super) struct Order {
    /// Folder of the crate's sources.
    pub(super) sources: &'static str,
    pub(super) rows: &'static [&'static [&'static str]],
    /// The type that stands for the crate as a whole.
    pub(super) whole: &'static str,
    /// The module that says what may be asked of it.
    pub(super) speaks_for_it: &'static str,
    /// Modules that still extend it with methods. This list may only become shorter.
    pub(super) extend_it: &'static [&'static str],
}

/// The modules of `limpid-scanner`.
pub(super) const SCANNER: Order = Order {
    sources: "host/scanner/src",
    rows: &[
        &["background", "error", "refreshing", "settings"],
        &["filling", "plugins", "random", "revision", "running", "workers", "writer"],
        &[
            "attached",
            "blobs",
            "detectors",
            "failures",
            "feeds",
            "identifiers",
            "images",
            "kept",
            "origins",
            "room",
            "timekeeping",
            "unexamined",
            "versions",
        ],
        &["bases", "facts", "names", "stated"],
        &["access", "history", "inventory", "policies", "quotas", "tags", "watched"],
        &["rekey", "report"],
        &["notices", "spans"],
        &["index", "ingest"],
        &["jobs", "run"],
        &["backups", "bundle", "catalog", "refresh", "schedule", "vex"],
        &[
            "difference",
            "explain",
            "packages",
            "plan",
            "repositories",
            "retention",
            "statistics",
            "vulnerabilities",
            "watches",
        ],
        &["use_cases"],
    ],
    whole: "Scanner",
    speaks_for_it: "use_cases",
    extend_it: &[],
};

/// A module for tests, which may use all others.
const TESTS: &str = "test_support";

/// What of a crate's sources breaks its order.
///
/// # Errors
/// A source file cannot be read, or is not Rust.
pub(super) fn violations(root: &Path, order: &Order) -> anyhow::Result<Vec<String>> {
    let sources = root.join(order.sources);
    let library = parse(&sources.join("lib.rs"))?;
    let modules = modules(&library);
    let exported = exported(&library, &modules);
    let mut found = Vec::new();
    for module in modules.iter().filter(|module| *module != TESTS) {
        let Some(place) = rank(order, module) else {
            found.push(format!("`{module}` has no place in the order of modules of `{}`", order.sources));
            continue;
        };
        let seen = look(&sources, module, order, &exported)?;
        for other in seen.modules.iter().filter(|other| modules.contains(*other) && *other != module) {
            if rank(order, other).is_some_and(|other| other >= place) {
                found.push(format!("module `{module}` of `{}` must not use `{other}`", order.sources));
            }
        }
        let global = order.whole;
        let is_allowed = module == order.speaks_for_it || order.extend_it.contains(&module.as_str());
        if seen.extends && !is_allowed {
            found.push(format!("module `{module}` of `{}` must not extend `{global}`", order.sources));
        } else if !seen.extends && is_allowed {
            found.push(format!(
                "module `{module}` of `{}` extends `{global}` no longer: take it from the list",
                order.sources
            ));
        }
    }
    Ok(found)
}

fn rank(order: &Order, module: &str) -> Option<usize> {
    order.rows.iter().position(|row| row.contains(&module))
}

pub(super) fn parse(path: &Path) -> anyhow::Result<syn::File> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    syn::parse_file(&text).with_context(|| format!("`{}` is not Rust", path.display()))
}

fn modules(library: &syn::File) -> BTreeSet<String> {
    let module = |item: &syn::Item| match item {
        syn::Item::Mod(module) => Some(module.ident.to_string()),
        _ => None,
    };
    library.items.iter().filter_map(module).collect()
}

/// Which module each name is of that the crate has at its root.
fn exported(library: &syn::File, modules: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut exported = BTreeMap::new();
    for item in &library.items {
        let syn::Item::Use(item) = item else { continue };
        if let syn::UseTree::Path(path) = &item.tree
            && modules.contains(&path.ident.to_string())
        {
            let mut names = Vec::new();
            leaves(&path.tree, &mut names);
            exported.extend(names.into_iter().map(|name| (name, path.ident.to_string())));
        }
    }
    exported
}

/// The names that a `use` makes known.
pub(super) fn leaves(tree: &syn::UseTree, names: &mut Vec<String>) {
    match tree {
        syn::UseTree::Path(path) => leaves(&path.tree, names),
        syn::UseTree::Name(name) => names.push(name.ident.to_string()),
        syn::UseTree::Rename(rename) => names.push(rename.rename.to_string()),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, names)),
        syn::UseTree::Glob(_) => {}
    }
}

/// What is seen in the files of a module, tests left out.
struct Seen<'o> {
    order: &'o Order,
    exported: &'o BTreeMap<String, String>,
    modules: BTreeSet<String>,
    extends: bool,
}

fn look<'o>(
    sources: &Path,
    module: &str,
    order: &'o Order,
    exported: &'o BTreeMap<String, String>,
) -> anyhow::Result<Seen<'o>> {
    let mut seen = Seen { order, exported, modules: BTreeSet::new(), extends: false };
    let mut files = vec![sources.join(format!("{module}.rs"))];
    collect(&sources.join(module), &mut files)?;
    for path in files {
        seen.visit_file(&parse(&path)?);
    }
    Ok(seen)
}

pub(super) fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let what = || format!("cannot list `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(what)? {
        let path = entry.with_context(what)?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        // The modules `tests`, and such as `notice_tests`.
        if name.ends_with("tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

impl Seen<'_> {
    fn of_root(&mut self, name: &syn::Ident) {
        let name = name.to_string();
        self.modules.insert(self.exported.get(&name).cloned().unwrap_or(name));
    }

    fn of_use(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => self.of_root(&path.ident),
            syn::UseTree::Name(name) => self.of_root(&name.ident),
            syn::UseTree::Rename(rename) => self.of_root(&rename.ident),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.of_use(tree)),
            syn::UseTree::Glob(_) => {}
        }
    }
}

impl<'ast> Visit<'ast> for Seen<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !item.attrs.iter().any(is_for_tests) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if let syn::UseTree::Path(path) = &item.tree
            && path.ident == "crate"
            && !item.attrs.iter().any(is_for_tests)
        {
            self.of_use(&path.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter();
        if segments.next().is_some_and(|first| first.ident == "crate")
            && let Some(second) = segments.next()
        {
            self.of_root(&second.ident);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if item.trait_.is_none()
            && let syn::Type::Path(of) = &*item.self_ty
        {
            self.extends |= of.path.is_ident(self.order.whole);
        }
        visit::visit_item_impl(self, item);
    }
}

pub(super) fn is_for_tests(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Path>().is_ok_and(|cfg| cfg.is_ident("test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW_AND_HIGH: Order = Order {
        sources: "src",
        rows: &[&["low", "beside"], &["high"]],
        whole: "Whole",
        speaks_for_it: "high",
        extend_it: &[],
    };

    fn check(low: &str, high: &str, expected: &[&str]) {
        let root = tempfile::tempdir().unwrap();
        let sources = root.path().join("src");
        fs::create_dir_all(sources.join("low")).unwrap();
        let library = "mod low; mod beside; mod high; #[cfg(test)] mod test_support; pub use high::Thing;";
        for (name, text) in
            [("lib.rs", library), ("low.rs", ""), ("low/inner.rs", low), ("beside.rs", ""), ("high.rs", high)]
        {
            fs::write(sources.join(name), text).unwrap();
        }
        let found = violations(root.path(), &LOW_AND_HIGH).unwrap();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (message, part) in found.iter().zip(expected) {
            assert!(message.contains(part), "{message} does not name {part}");
        }
    }

    const EXTENDS: &str = "impl Whole {}";

    #[test]
    fn a_module_uses_what_is_below_it() {
        check("", "use crate::low::x; impl Whole {}", &[]);
        check("use crate::high;", EXTENDS, &["`low` of `src` must not use `high`"]);
        check("use crate::{a, beside::b};", EXTENDS, &["must not use `beside`"]);
        check("fn f() { crate::high::g() }", EXTENDS, &["must not use `high`"]);
    }

    #[test]
    fn a_name_of_the_root_is_of_the_module_that_has_it() {
        check("use crate::Thing;", EXTENDS, &["must not use `high`"]);
    }

    #[test]
    fn tests_may_use_all() {
        check("#[cfg(test)] mod tests { use crate::high; }", EXTENDS, &[]);
        check("#[cfg(test)] use crate::high;", EXTENDS, &[]);
    }

    #[test]
    fn the_list_of_those_who_extend_the_whole_may_only_become_shorter() {
        check("impl Whole {}", EXTENDS, &["`low` of `src` must not extend `Whole`"]);
        check("", "", &["extends `Whole` no longer"]);
        check("impl Clone for Whole {}", EXTENDS, &[]);
    }
}
