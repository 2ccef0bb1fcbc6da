//! VEX documents: what makers of software state of their products.
//!
//! | Form | What counts |
//! |---|---|
//! | [OpenVEX](https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md) | its statements |
//! | [CSAF](https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html) 2.0 and 2.1 | the status of each product; flags as justifications, impacts as reasons |
//! | [CycloneDX](https://cyclonedx.org/docs/1.6/json/#vulnerabilities) in JSON | the analysis of each vulnerability, of what it affects |
//!
//! A product that no image and no package can be recognised by (a name alone, a CPE) is counted as not applicable, and
//! nothing is concluded from it; nor from the statement that something is fixed in no version in particular. So are
//! ranges that nobody can compare. Where they are said to be affected, all versions count as such: a finding is not to
//! be suppressed because nobody understands what speaks against that.

mod csaf;
mod cyclonedx;
mod openvex;
mod product;
mod range;

use std::collections::HashMap;
use std::sync::OnceLock;

use limpid_purl::Purl;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::time::Moment;
pub(crate) use product::Product;
use range::Versions;

/// Longest reason that is kept, in bytes.
const MAX_REASON: usize = 4_096;

/// Most statements of one document, one for each vulnerability and status.
const MAX_STATEMENTS: usize = 200_000;

/// A VEX document that is understood.
#[derive(Clone, Debug, Default)]
pub struct VexDocument {
    /// What it calls itself, or what it was handed in as.
    pub id: String,
    /// Who makes its statements; empty where it does not say.
    pub author: String,
    /// Name of the repository from which it is; none where somebody handed it in.
    pub repository: Option<String>,
    /// How many of its statements, or products of them, nothing can be recognised by.
    pub inapplicable: usize,
    pub(crate) statements: Vec<Statement>,
    /// By the upper case of an identifier, the places of statements; made when it is first asked for.
    places: OnceLock<HashMap<String, Vec<usize>>>,
}

/// Why a text is no VEX document.
#[derive(Debug, thiserror::Error)]
pub enum VexError {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is something else.
    #[error(
        "it is neither OpenVEX (`@context`), nor CSAF (`document.csaf_version`), nor CycloneDX (`bomFormat`)"
    )]
    Unknown,
    /// Its reader refuses it.
    #[error("it is no {form} that can be read: {why}")]
    Form {
        /// OpenVEX or CSAF.
        form: &'static str,
        /// What the reader says.
        why: String,
    },
    /// It states nothing.
    #[error("it has no statement on any product that can be recognised, out of {0}")]
    Nothing(usize),
    /// It states more than is kept.
    #[error("it has more than {MAX_STATEMENTS} statements")]
    Many,
}

/// What is stated of products.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The vulnerability, and what else it is called.
    pub(crate) identifiers: Vec<String>,
    pub(crate) products: Vec<Product>,
    pub(crate) status: Status,
    pub(crate) justification: Option<String>,
    pub(crate) reason: String,
    /// When it was stated; the first moment of 1970 where nothing says so.
    pub(crate) at: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    NotAffected,
    Fixed,
    UnderInvestigation,
    Affected,
}

impl Status {
    /// Whether a finding counts by it.
    pub(crate) const fn counts(self) -> bool {
        matches!(self, Self::UnderInvestigation | Self::Affected)
    }
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "@context")]
    context: Option<IgnoredAny>,
    #[serde(rename = "bomFormat")]
    bom_format: Option<IgnoredAny>,
    document: Option<IgnoredAny>,
    metadata: Option<IgnoredAny>,
}

impl VexDocument {
    /// Reads a document. `name` is what it is called where it does not call itself anything.
    ///
    /// # Errors
    /// [`VexError`]: it is none, or nothing in it can be applied.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, VexError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let head: Head = serde_json::from_slice(bytes)?;
        let mut read = match head {
            Head { bom_format: Some(_), .. } => cyclonedx::read(bytes)?,
            Head { document: Some(_), .. } => csaf::read(bytes)?,
            Head { context: Some(_), .. } | Head { metadata: Some(_), .. } => openvex::read(bytes)?,
            _ => return Err(VexError::Unknown),
        };
        if read.statements.is_empty() {
            return Err(VexError::Nothing(read.inapplicable));
        }
        if read.id.is_empty() {
            name.clone_into(&mut read.id);
        }
        Ok(read)
    }

    /// The same as a document of a repository, which states something of some packages and of nothing else: whoever
    /// publishes there for one package must not speak of those of others. None where nothing is left of it.
    pub fn of_repository(mut self, repository: &str, packages: &[String]) -> Option<Self> {
        let packages: Vec<Purl> = packages.iter().filter_map(|id| id.parse().ok()).collect();
        for statement in &mut self.statements {
            let all = statement.products.len();
            statement.products.retain(|product| packages.iter().any(|package| product.is_of(package)));
            self.inapplicable += all - statement.products.len();
        }
        self.statements.retain(|statement| !statement.products.is_empty());
        self.repository = Some(repository.to_owned());
        (!self.statements.is_empty()).then_some(self)
    }

    /// How many statements it makes.
    pub const fn statements(&self) -> usize {
        self.statements.len()
    }

    /// Whether any of its statements is on a range of versions, so that somebody has to order them.
    pub fn has_ranges(&self) -> bool {
        let mut products = self.statements.iter().flat_map(|statement| &statement.products);
        products.any(Product::is_of_a_range)
    }

    /// Its statements on a vulnerability of that identifier.
    pub(crate) fn on(&self, identifier: &str) -> impl Iterator<Item = &Statement> {
        let places = self.places.get_or_init(|| {
            let mut places: HashMap<String, Vec<usize>> = HashMap::new();
            for (place, statement) in self.statements.iter().enumerate() {
                for identifier in &statement.identifiers {
                    let of_one = places.entry(identifier.to_ascii_uppercase()).or_default();
                    if of_one.last() != Some(&place) {
                        of_one.push(place);
                    }
                }
            }
            places
        });
        let places = places.get(&identifier.to_ascii_uppercase());
        places.into_iter().flatten().filter_map(|place| self.statements.get(*place))
    }

    /// Adds a statement, where it is on anything that can be recognised.
    fn push(&mut self, mut statement: Statement) -> Result<(), VexError> {
        let (all, status) = (statement.products.len(), statement.status);
        let unknown = statement.products.iter().filter(|it| it.is_of_unknown_versions()).count();
        if status.counts() {
            self.inapplicable += unknown;
        } else {
            let is_meant = |it: &Product| {
                !it.is_of_unknown_versions() && (status != Status::Fixed || it.is_of_a_version())
            };
            statement.products.retain(is_meant);
            self.inapplicable += all - statement.products.len();
            if all > 0 && statement.products.is_empty() {
                return Ok(());
            }
        }
        if statement.products.is_empty() || statement.identifiers.is_empty() {
            self.inapplicable += 1;
            return Ok(());
        }
        if self.statements.len() >= MAX_STATEMENTS {
            return Err(VexError::Many);
        }
        let end = statement.reason.floor_char_boundary(MAX_REASON);
        statement.reason.truncate(end);
        self.statements.push(statement);
        Ok(())
    }
}

/// The first text that says something.
fn first(texts: &[&str]) -> String {
    texts.iter().map(|text| text.trim()).find(|text| !text.is_empty()).unwrap_or_default().to_owned()
}

/// When something was stated: by the first text that is a time.
fn when(texts: &[&str]) -> Moment {
    texts.iter().find_map(|text| Moment::of(text)).unwrap_or(Moment(0))
}

#[cfg(test)]
mod tests;
