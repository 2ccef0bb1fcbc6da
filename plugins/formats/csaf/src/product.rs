//! The products of a document, and what they are components of.

use std::rc::Rc;

use foldhash::HashMap;
use limpid_plugin_sdk::Error;
use serde::Deserialize;

use crate::document::Csaf;
use crate::names::Id;

/// Products that are named by their groups at most, each as often as its group is.
const MAX_OF_GROUPS: usize = 4_000_000;

/// The category of a branch whose name is a range of versions.
const RANGE: &str = "product_version_range";

/// What is known of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product<'a> {
    /// Its identifier in the document.
    pub id: &'a str,
    /// What the publisher calls it.
    pub name: &'a str,
    /// Its CPE, in whichever binding.
    pub cpe: Option<&'a str>,
    /// Its package URL.
    pub purl: Option<&'a str>,
    /// The range of versions that it is, as the branch says in which it lies: a `vers`, or free text.
    pub range: Option<&'a str>,
    /// Where it is a component of another product: the component by itself, and that other product.
    pub component_of: Option<(Id, Id)>,
}

#[derive(Debug, Default)]
pub(crate) struct Products {
    known: HashMap<Id, Known>,
    ranges: HashMap<Id, Rc<str>>,
    relations: HashMap<Id, (Id, Id)>,
}

#[derive(Debug)]
struct Known {
    name: Box<str>,
    cpe: Option<Box<str>>,
    purl: Option<Box<str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Tree {
    branches: Vec<Branch>,
    full_product_names: Vec<Full>,
    relationships: Vec<Relationship>,
    product_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    group_id: Id,
    #[serde(default)]
    product_ids: Vec<Id>,
}

/// Which products are in which group.
#[derive(Debug)]
pub(crate) struct Groups {
    products: HashMap<Id, Vec<Id>>,
    /// How many products may still be named in the places of their groups.
    left: usize,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(default)]
    category: Box<str>,
    #[serde(default)]
    name: Box<str>,
    #[serde(default)]
    branches: Vec<Branch>,
    product: Option<Full>,
}

#[derive(Deserialize)]
struct Full {
    product_id: Id,
    name: Box<str>,
    #[serde(default)]
    product_identification_helper: Helper,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Helper {
    cpe: Option<Box<str>>,
    purl: Option<Box<str>>,
    purls: Vec<Box<str>>,
}

/// Of whichever category: a component of a product, one that is installed on it or with it, is one in that product.
#[derive(Deserialize)]
struct Relationship {
    full_product_name: Named,
    product_reference: Id,
    relates_to_product_reference: Id,
}

/// The name of a relation is made up of those of its parts.
#[derive(Deserialize)]
struct Named {
    product_id: Id,
}

impl Tree {
    pub(crate) fn products(self) -> (Products, Groups) {
        let groups = self.product_groups.into_iter().map(|group| (group.group_id, group.product_ids));
        let groups = Groups { products: groups.collect(), left: MAX_OF_GROUPS };
        let mut products = Products::default();
        for product in self.full_product_names {
            products.add(product);
        }
        // Readers of JSON bound how deep branches lie in each other.
        let mut branches: Vec<_> = self.branches.into_iter().map(|branch| (branch, None)).collect();
        while let Some((branch, above)) = branches.pop() {
            let range: Option<Rc<str>> = match &*branch.category {
                RANGE => Some(branch.name.into()),
                _ => above,
            };
            branches.extend(branch.branches.into_iter().map(|branch| (branch, range.clone())));
            if let Some(product) = branch.product {
                if let Some(range) = range {
                    products.ranges.insert(product.product_id, range);
                }
                products.add(product);
            }
        }
        for relation in self.relationships {
            let parts = (relation.product_reference, relation.relates_to_product_reference);
            products.relations.insert(relation.full_product_name.product_id, parts);
        }
        (products, groups)
    }
}

impl Groups {
    /// Puts the products of groups in their places.
    pub(crate) fn resolve(&mut self, groups: &mut Vec<Id>, products: &mut Vec<Id>) -> Result<(), Error> {
        for group in groups.drain(..) {
            let Some(members) = self.products.get(&group) else { continue };
            let left = self.left.checked_sub(members.len());
            self.left = left.ok_or_else(|| {
                Error::unsupported(format_args!("its groups stand for more than {MAX_OF_GROUPS} products"))
            })?;
            products.extend_from_slice(members);
        }
        Ok(())
    }
}

impl Products {
    fn add(&mut self, product: Full) {
        let Helper { cpe, purl, purls } = product.product_identification_helper;
        let purl = purl.or_else(|| purls.into_iter().next());
        self.known.insert(product.product_id, Known { name: product.name, cpe, purl });
    }
}

impl Csaf {
    /// What is known of a product.
    pub fn product(&self, id: Id) -> Product<'_> {
        let known = self.products.known.get(&id);
        Product {
            id: self.names.of(id),
            name: known.map_or("", |known| &known.name),
            cpe: known.and_then(|known| known.cpe.as_deref()),
            purl: known.and_then(|known| known.purl.as_deref()),
            range: self.products.ranges.get(&id).map(AsRef::as_ref),
            component_of: self.products.relations.get(&id).copied(),
        }
    }
}
