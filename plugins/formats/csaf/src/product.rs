//! The products of a document, and what they are components of.

use foldhash::HashMap;
use serde::Deserialize;

use crate::document::Csaf;
use crate::names::Id;

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
    /// Where it is a component of another product: the component by itself, and that other product.
    pub component_of: Option<(Id, Id)>,
}

#[derive(Debug, Default)]
pub(crate) struct Products {
    known: HashMap<Id, Known>,
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
}

#[derive(Deserialize)]
struct Branch {
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
    pub(crate) fn products(self) -> Products {
        let mut products = Products::default();
        for product in self.full_product_names {
            products.add(product);
        }
        // Readers of JSON bound how deep branches lie in each other.
        let mut branches = self.branches;
        while let Some(branch) = branches.pop() {
            branches.extend(branch.branches);
            if let Some(product) = branch.product {
                products.add(product);
            }
        }
        for relation in self.relationships {
            let parts = (relation.product_reference, relation.relates_to_product_reference);
            products.relations.insert(relation.full_product_name.product_id, parts);
        }
        products
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
            component_of: self.products.relations.get(&id).copied(),
        }
    }
}
