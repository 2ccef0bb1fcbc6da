//! Rows stay inside of the store: no public item of the crates above it names one.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use syn::visit::{self, Visit};

use super::modules::{collect, is_for_tests, leaves, parse};

/// The crates that must not show rows.
pub(super) const ABOVE_THE_STORE: &[&str] = &["host/scanner/src", "host/server/src"];

/// Where the types of rows and keys stand.
const TABLES: [&str; 2] = ["limpid_store", "tables"];

/// Public items in the folder `sources` below `root` that name a type of the store's tables.
///
/// # Errors
/// A source file cannot be read, or is not Rust.
pub(super) fn violations(root: &Path, sources: &str) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    collect(&root.join(sources), &mut files)?;
    let mut found = Vec::new();
    for path in files {
        let file = parse(&path)?;
        let shown = path.strip_prefix(root).context("a source is below the root")?.display().to_string();
        let mut names = Names::default();
        names.visit_file(&file);
        let mut public = Public { rows: &names.of_tables, found: BTreeSet::new() };
        public.visit_file(&file);
        found.extend(public.found.into_iter().map(|(item, row)| {
            format!("`{shown}`: public `{item}` names `{row}`, which is a type of the store's tables")
        }));
    }
    Ok(found)
}

/// Names that a file has of the store's tables.
#[derive(Default)]
struct Names {
    of_tables: BTreeSet<String>,
}

impl Names {
    fn of_use(&mut self, tree: &syn::UseTree, deep: usize) {
        if deep == TABLES.len() {
            let mut names = Vec::new();
            leaves(tree, &mut names);
            self.of_tables.extend(names);
            // `use tables::jobs::{self, Jobs}` makes the module known by its own name.
            if let syn::UseTree::Path(path) = tree {
                self.of_tables.insert(path.ident.to_string());
            }
            return;
        }
        match tree {
            syn::UseTree::Path(path) if TABLES.get(deep).is_some_and(|name| path.ident == name) => {
                self.of_use(&path.tree, deep + 1);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.of_use(tree, deep)),
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !item.attrs.iter().any(is_for_tests) {
            self.of_use(&item.tree, 0);
        }
    }
}

/// Looks at what is public.
struct Public<'n> {
    rows: &'n BTreeSet<String>,
    found: BTreeSet<(String, String)>,
}

impl Public<'_> {
    fn look(&mut self, item: &syn::Ident, at: impl FnOnce(&mut Types<'_>)) {
        let mut types = Types { rows: self.rows, named: BTreeSet::new() };
        at(&mut types);
        self.found.extend(types.named.into_iter().map(|row| (item.to_string(), row)));
    }
}

const fn is_public(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Public(_))
}

impl<'ast> Visit<'ast> for Public<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !item.attrs.iter().any(is_for_tests) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        if is_public(&item.vis) {
            for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                self.look(&item.ident, |types| types.visit_field(field));
            }
        }
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        if is_public(&item.vis) {
            self.look(&item.ident, |types| types.visit_item_enum(item));
        }
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        if is_public(&item.vis) {
            self.look(&item.ident, |types| types.visit_item_type(item));
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        if is_public(&item.vis) {
            self.look(&item.ident, |types| types.visit_item_trait(item));
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if is_public(&item.vis) {
            self.look(&item.sig.ident, |types| types.visit_signature(&item.sig));
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if is_public(&item.vis) {
            self.look(&item.sig.ident, |types| types.visit_signature(&item.sig));
        }
    }
}

/// The types of tables that an item names.
struct Types<'n> {
    rows: &'n BTreeSet<String>,
    named: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Types<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let is_whole =
            TABLES.iter().zip(&segments).filter(|(name, segment)| name == segment).count() == TABLES.len();
        if is_whole || segments.first().is_some_and(|first| self.rows.contains(first)) {
            self.named.insert(segments.join("::"));
        }
        visit::visit_path(self, path);
    }

    fn visit_block(&mut self, _: &'ast syn::Block) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &[&str]) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("src")).unwrap();
        std::fs::write(root.path().join("src/a.rs"), source).unwrap();
        let found = violations(root.path(), "src").unwrap();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (message, part) in found.iter().zip(expected) {
            assert!(message.contains(part), "{message} does not name {part}");
        }
    }

    const USE: &str =
        "use limpid_store::tables::jobs::{self, Row}; use limpid_store::{Store, tables::feeds::Feeds};";

    #[test]
    fn what_is_public_names_no_row() {
        check(&format!("{USE} pub struct A {{ pub row: Row }}"), &["public `A` names `Row`"]);
        check(&format!("{USE} pub fn f(row: &jobs::Row) {{}}"), &["public `f` names `jobs::Row`"]);
        check(&format!("{USE} impl A {{ pub fn f() -> Vec<Feeds> {{}} }}"), &["public `f` names `Feeds`"]);
        check("pub enum A { B(limpid_store::tables::jobs::Row) }", &["public `A` names"]);
        check(&format!("{USE} pub trait A {{ fn f(row: Row); }}"), &["public `A` names `Row`"]);
    }

    #[test]
    fn what_is_not_public_may() {
        check(&format!("{USE} pub(crate) struct A {{ pub row: Row }}"), &[]);
        check(&format!("{USE} pub struct A {{ row: Row }}"), &[]);
        check(&format!("{USE} pub fn f(store: &Store) {{ let row: Row; }}"), &[]);
        check(&format!("{USE} #[cfg(test)] mod tests {{ pub fn f(row: Row) {{}} }}"), &[]);
    }
}
