//! The parts of a document that say something.

use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Meter, Rating};
use serde::Deserialize;

use crate::names::{Id, Names};
use crate::product::{Groups, Products, Tree};

/// The largest document, in bytes. The largest ones that are published, of kernels, have some ten megabytes.
const MAX_DOCUMENT: u64 = 256 << 20;

/// Documents up to this size, in bytes, are read at once, which takes half the time.
const AT_ONCE: u64 = 8 << 20;

/// A document.
#[derive(Debug)]
pub struct Csaf {
    /// What it says of itself.
    pub document: Document,
    /// What it is about.
    pub vulnerabilities: Vec<Vulnerability>,
    pub(crate) products: Products,
    pub(crate) names: Names,
}

/// What a document says of itself. Texts are empty where nothing is stated.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Document {
    /// Its profile: `csaf_vex`, `csaf_security_advisory`.
    #[serde(default)]
    pub category: String,
    /// `2.0`, `2.1`
    pub csaf_version: String,
    /// One line.
    #[serde(default)]
    pub title: String,
    /// Who makes its statements.
    #[serde(default)]
    pub publisher: Publisher,
    /// Its editions.
    pub tracking: Tracking,
}

/// Who publishes a document.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Publisher {
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// The editions of a document.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Tracking {
    /// The identifier of the document: `CVE-2024-0727`, `RHSA-2024:2447`.
    pub id: String,
    /// RFC 3339.
    pub current_release_date: Option<String>,
    /// RFC 3339.
    pub initial_release_date: Option<String>,
    /// `final`, `interim`, `draft`
    #[serde(default)]
    pub status: String,
}

/// A vulnerability, and what it does to whom.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Vulnerability {
    /// `CVE-2024-0727`
    pub cve: Option<String>,
    /// What else it is called.
    #[serde(default)]
    pub ids: Vec<OtherId>,
    /// One line.
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    cwe: Option<Cwe>,
    #[serde(default)]
    cwes: Vec<Cwe>,
    /// Texts.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// Further reading.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// RFC 3339.
    pub release_date: Option<String>,
    #[serde(default)]
    pub(crate) product_status: ProductStatus,
    /// What can be done.
    #[serde(default)]
    pub remediations: Vec<Remediation>,
    #[serde(default)]
    pub(crate) flags: Vec<Flag>,
    /// What it does.
    #[serde(default)]
    pub threats: Vec<Threat>,
    #[serde(default)]
    scores: Vec<Score>,
    #[serde(default)]
    metrics: Vec<Metric>,
}

/// A vulnerability as somebody else calls it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct OtherId {
    /// `GHSA-xxxx-xxxx-xxxx`
    #[serde(default)]
    pub text: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Cwe {
    id: String,
}

/// A text.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Note {
    /// `description`, `summary`, `general`
    pub category: String,
    /// The text.
    pub text: String,
}

/// Where more is said.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Reference {
    /// The address.
    pub url: String,
}

/// What can be done.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Remediation {
    /// `vendor_fix`, `workaround`, `none_available`, `no_fix_planned`
    pub category: String,
    /// In the publisher's words.
    #[serde(default)]
    pub details: String,
    /// The address of the erratum.
    pub url: Option<String>,
    /// By whom, those of groups among them.
    #[serde(default)]
    pub product_ids: Vec<Id>,
    #[serde(default)]
    group_ids: Vec<Id>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Flag {
    pub(crate) label: String,
    #[serde(default)]
    pub(crate) product_ids: Vec<Id>,
    #[serde(default)]
    group_ids: Vec<Id>,
}

/// What a vulnerability does.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Threat {
    /// `impact`, `exploit_status`
    pub category: String,
    /// In the publisher's words: `Important`.
    #[serde(default)]
    pub details: String,
    /// To whom, those of groups among them; to all where none is named.
    #[serde(default)]
    pub product_ids: Vec<Id>,
    #[serde(default)]
    group_ids: Vec<Id>,
}

/// How bad it is for whom.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Score {
    cvss_v2: Option<Cvss>,
    cvss_v3: Option<Cvss>,
    cvss_v4: Option<Cvss>,
    /// For whom.
    #[serde(default)]
    pub products: Vec<Id>,
}

/// The same, since version 2.1.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Metric {
    #[serde(default)]
    content: Content,
    /// For whom.
    #[serde(default)]
    pub products: Vec<Id>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Content {
    cvss_v2: Option<Cvss>,
    cvss_v3: Option<Cvss>,
    cvss_v4: Option<Cvss>,
}

#[derive(Clone, Debug, Deserialize)]
struct Cvss {
    version: Option<String>,
    #[serde(rename = "vectorString")]
    vector: String,
    #[serde(rename = "baseScore")]
    score: Option<f32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProductStatus {
    pub(crate) first_affected: Vec<Id>,
    pub(crate) first_fixed: Vec<Id>,
    pub(crate) fixed: Vec<Id>,
    pub(crate) known_affected: Vec<Id>,
    pub(crate) known_not_affected: Vec<Id>,
    pub(crate) last_affected: Vec<Id>,
    pub(crate) recommended: Vec<Id>,
    pub(crate) under_investigation: Vec<Id>,
}

#[derive(Deserialize)]
struct Whole {
    document: Document,
    #[serde(default)]
    product_tree: Tree,
    #[serde(default)]
    vulnerabilities: Vec<Vulnerability>,
}

impl Csaf {
    /// Reads a document to its end.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where it is no CSAF, ends early or is too large, and [`Error::Unsupported`] where it is of
    /// another version.
    pub fn read(input: impl Read) -> Result<Self, Error> {
        let mut input = Meter::new(MAX_DOCUMENT).measure(input);
        let mut head = Vec::new();
        input.by_ref().take(AT_ONCE).read_to_end(&mut head)?;
        let is_whole = u64::try_from(head.len()).unwrap_or(u64::MAX) < AT_ONCE;
        let (whole, names) = Names::collect(|| match is_whole {
            true => serde_json::from_slice::<Whole>(&head),
            false => serde_json::from_reader::<_, Whole>(head.as_slice().chain(input)),
        });
        let Whole { document, product_tree, mut vulnerabilities } = whole.map_err(from_json)?;
        if !matches!(document.csaf_version.as_str(), "2.0" | "2.1") {
            return Err(Error::unsupported(format_args!(
                "the document is of version `{:.20}` of CSAF, not 2.0 or 2.1",
                document.csaf_version
            )));
        }
        let (products, mut groups) = product_tree.products();
        vulnerabilities.iter_mut().try_for_each(|vulnerability| vulnerability.resolve(&mut groups))?;
        Ok(Self { document, vulnerabilities, products, names })
    }
}

impl Vulnerability {
    /// Names the products of groups one by one. What is said of groups only that there are not is said of nobody.
    fn resolve(&mut self, groups: &mut Groups) -> Result<(), Error> {
        for flag in &mut self.flags {
            groups.resolve(&mut flag.group_ids, &mut flag.product_ids)?;
        }
        for remediation in &mut self.remediations {
            groups.resolve(&mut remediation.group_ids, &mut remediation.product_ids)?;
        }
        let mut threats = Vec::with_capacity(self.threats.len());
        for mut threat in std::mem::take(&mut self.threats) {
            let is_of_groups = !threat.group_ids.is_empty();
            groups.resolve(&mut threat.group_ids, &mut threat.product_ids)?;
            if !(is_of_groups && threat.product_ids.is_empty()) {
                threats.push(threat);
            }
        }
        self.threats = threats;
        Ok(())
    }

    /// The kinds of weakness that it is: `CWE-476`.
    pub fn weaknesses(&self) -> impl Iterator<Item = &str> {
        self.cwe.iter().chain(&self.cwes).map(|cwe| cwe.id.as_str())
    }

    /// The text of the first note of a category.
    pub fn note(&self, category: &str) -> Option<&str> {
        self.notes.iter().find(|note| note.category == category).map(|note| note.text.as_str())
    }

    /// Ratings, each with those for whom it holds: system (`CVSS:3.1`), vector and score.
    pub fn ratings(&self) -> impl Iterator<Item = (Rating, &[Id])> {
        let scores = self
            .scores
            .iter()
            .map(|score| ([&score.cvss_v4, &score.cvss_v3, &score.cvss_v2], score.products.as_slice()));
        let metrics = self.metrics.iter().map(|Metric { content, products }| {
            ([&content.cvss_v4, &content.cvss_v3, &content.cvss_v2], products.as_slice())
        });
        scores.chain(metrics).flat_map(|(all, products)| {
            all.into_iter().zip(["4.0", "3.1", "2.0"]).filter_map(move |(cvss, system)| {
                let cvss = cvss.as_ref()?;
                let version = cvss.version.as_deref().unwrap_or(system);
                let rating = Rating {
                    system: format!("CVSS:{version}"),
                    value: cvss.vector.clone(),
                    score: cvss.score,
                };
                Some((rating, products))
            })
        })
    }
}

/// A failure of reading stays what it is: a document over the limit, a connection that broke.
fn from_json(error: serde_json::Error) -> Error {
    match error.io_error_kind() {
        Some(kind) => std::io::Error::new(kind, error.to_string()).into(),
        None => Error::malformed(error),
    }
}
