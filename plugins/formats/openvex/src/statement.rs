//! A statement: what a vulnerability does to products.

use std::fmt;

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

/// How many identifiers of one component, and aliases of one vulnerability, are kept.
const MAX_NAMES: usize = 256;

/// What a vulnerability does to products. Texts are empty where nothing is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its own identifier.
    pub id: String,
    /// What it is about.
    pub vulnerability: Vulnerability,
    /// Of what. None where the document says so otherwise.
    pub products: Vec<Product>,
    /// What is stated.
    pub status: Status,
    /// Why a product is not affected: `vulnerable_code_not_present`.
    pub justification: String,
    /// How the status was found.
    pub status_notes: String,
    /// Why a product is not affected, in words.
    pub impact_statement: String,
    /// What to do where a product is affected.
    pub action_statement: String,
    /// When it was made first.
    pub timestamp: String,
    /// When it was changed last.
    pub last_updated: String,
    /// Whoever supplies the product.
    pub supplier: String,
}

/// What is stated of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is not, and a justification or an impact statement says why.
    NotAffected,
    /// It is, and an action statement says what to do.
    Affected,
    /// It holds a fix.
    Fixed,
    /// It is not known yet.
    UnderInvestigation,
}

/// A vulnerability.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vulnerability {
    /// Its address, where there is one.
    pub id: String,
    /// `CVE-2024-0001`
    pub name: String,
    /// As long as it takes.
    pub description: String,
    /// Other names, and addresses.
    pub aliases: Vec<String>,
}

/// A product, and what of it is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// Itself.
    pub component: Component,
    /// The parts that are meant; none where all of it is.
    pub subcomponents: Vec<Component>,
}

/// A piece of software.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// An IRI, a package URL in most documents.
    pub id: String,
    /// Its identifiers, by their types: `purl`, `cpe23`.
    pub identifiers: Vec<(String, String)>,
}

impl Component {
    /// Its package URL.
    pub fn purl(&self) -> Option<&str> {
        let stated = self.identifiers.iter().find(|(kind, _)| kind == "purl").map(|(_, purl)| purl.as_str());
        stated.or_else(|| Some(self.id.as_str()).filter(|id| id.starts_with("pkg:")))
    }
}

impl Statement {
    /// Parses a statement.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where it is none.
    pub(crate) fn parse(json: &str) -> Result<Self, Error> {
        let Written {
            id,
            vulnerability,
            vuln_description,
            products,
            subcomponents,
            status,
            justification,
            status_notes,
            impact_statement,
            action_statement,
            timestamp,
            last_updated,
            supplier,
        } = serde_json::from_str(json).map_err(Error::malformed)?;
        let mut vulnerability = vulnerability.unwrap_or_default().0;
        if vulnerability.name.is_empty() {
            return Err(Error::malformed("it names no vulnerability"));
        }
        if vulnerability.description.is_empty() {
            vulnerability.description = vuln_description.unwrap_or_default();
        }
        let common: Vec<Component> =
            subcomponents.unwrap_or_default().into_iter().map(|part| part.0.component).collect();
        let products = products.unwrap_or_default().into_iter().map(|ProductOrText(mut product)| {
            if product.subcomponents.is_empty() {
                product.subcomponents.clone_from(&common);
            }
            product
        });
        Ok(Self {
            products: products.collect(),
            id: id.unwrap_or_default(),
            vulnerability,
            status,
            justification: justification.unwrap_or_default(),
            status_notes: status_notes.unwrap_or_default(),
            impact_statement: impact_statement.unwrap_or_default(),
            action_statement: action_statement.unwrap_or_default(),
            timestamp: timestamp.unwrap_or_default(),
            last_updated: last_updated.unwrap_or_default(),
            supplier: supplier.unwrap_or_default(),
        })
    }
}

/// A statement as it is written.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "@id")]
    id: Option<String>,
    vulnerability: Option<VulnerabilityOrText>,
    vuln_description: Option<String>,
    products: Option<Vec<ProductOrText>>,
    subcomponents: Option<Vec<ProductOrText>>,
    status: Status,
    justification: Option<String>,
    status_notes: Option<String>,
    impact_statement: Option<String>,
    action_statement: Option<String>,
    timestamp: Option<String>,
    last_updated: Option<String>,
    supplier: Option<String>,
}

/// A vulnerability as an object, or by its name.
#[derive(Default)]
struct VulnerabilityOrText(Vulnerability);

impl<'de> Deserialize<'de> for VulnerabilityOrText {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Object {
            #[serde(rename = "@id")]
            id: Option<String>,
            name: Option<String>,
            description: Option<String>,
            aliases: Option<Vec<String>>,
        }
        json.deserialize_any(Either::<Object>::new()).map(|either| {
            Self(match either {
                Parsed::Text(name) => Vulnerability { name, ..Vulnerability::default() },
                Parsed::Object(Object { id, name, description, aliases }) => {
                    let mut aliases = aliases.unwrap_or_default();
                    aliases.truncate(MAX_NAMES);
                    let id = id.unwrap_or_default();
                    Vulnerability {
                        // Some state the address only.
                        name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| last(&id).to_owned()),
                        id,
                        description: description.unwrap_or_default(),
                        aliases,
                    }
                }
            })
        })
    }
}

/// What follows the last slash of an address.
fn last(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or(address)
}

/// A product or component as an object, or by its identifier.
struct ProductOrText(Product);

impl<'de> Deserialize<'de> for ProductOrText {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Object {
            #[serde(rename = "@id")]
            id: Option<String>,
            identifiers: Option<std::collections::BTreeMap<String, String>>,
            subcomponents: Option<Vec<ProductOrText>>,
        }
        json.deserialize_any(Either::<Object>::new()).map(|either| {
            Self(match either {
                Parsed::Text(id) => {
                    Product { component: Component { id, ..Component::default() }, ..Product::default() }
                }
                Parsed::Object(Object { id, identifiers, subcomponents }) => Product {
                    component: Component {
                        id: id.unwrap_or_default(),
                        identifiers: identifiers.unwrap_or_default().into_iter().take(MAX_NAMES).collect(),
                    },
                    subcomponents: subcomponents
                        .unwrap_or_default()
                        .into_iter()
                        .map(|part| part.0.component)
                        .collect(),
                },
            })
        })
    }
}

/// What may be written in two ways.
enum Parsed<T> {
    Text(String),
    Object(T),
}

/// Reads it in either.
struct Either<T>(std::marker::PhantomData<T>);

impl<T> Either<T> {
    const fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
    type Value = Parsed<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string or an object")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Parsed::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Parsed::Text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(Parsed::Object)
    }
}
