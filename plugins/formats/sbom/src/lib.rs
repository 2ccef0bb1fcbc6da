//! Components of software bills of materials: [CycloneDX](https://cyclonedx.org/docs/1.6/json/) 1.0 to 1.7 in JSON and
//! XML, and [SPDX](https://spdx.github.io/spdx-spec/) 2 and 3 in JSON, SPDX 2 in tags and values as well, for detectors
//! that find such documents in layers. An envelope, a bundle or a statement that a document is in is taken off; its
//! signatures are not verified.
//!
//! This crate owns which components a document states ([`read`]), and which package a component is by its package URL
//! ([`Component::package`]): in which namespace its advisories are, what it is called there, and what orders its
//! versions. It knows what scanners write beside package URLs: source packages, modules, the distribution
//! ([`Summary::distribution`]). Whether a component is there, and which documents count, is for the detector to say.
//!
//! A component without a package URL could be anything, and one of a type that no advisories are of is judged by nobody:
//! they are counted, and no packages. One that cannot be read costs itself. No more than [`MAX_COMPONENTS`] are read,
//! nested at most [`MAX_DEPTH`] deep; values that nobody needs are passed over where they stand, however deep they are.
//!
//! What a document names without saying that it is part of what it describes is no component: sources of which a package
//! was made, tools and dependencies of its build and its tests, and what CycloneDX gives the scope `excluded`.
//!
//! ```
//! let document = br#"{"bomFormat": "CycloneDX", "components": [
//!     {"type": "library", "name": "libyaml", "version": "0.2.5", "purl": "pkg:cargo/unsafe-libyaml@0.2.11"}]}"#;
//! let mut packages = Vec::new();
//! let summary = limpid_sbom::read(document, |component| packages.push(component.package()))?;
//! assert_eq!((summary.components, packages[0].name.as_str()), (1, "unsafe-libyaml"));
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

mod cyclonedx;
mod dependencies;
mod details;
mod ecosystem;
mod envelope;
mod relations;
mod spdx;
mod system;
mod tags;
mod xml;

use std::collections::BTreeSet;

use limpid_plugin_sdk::detector::{Distribution, Evidence, Package, Problems};
use limpid_plugin_sdk::{Error, Purl};
use serde::Deserialize;
use serde_json::value::RawValue;

pub use dependencies::Dependencies;
use details::Details;
use system::Systems;

/// How many components of a document are read.
pub const MAX_COMPONENTS: u64 = 50_000;

/// How many dependencies of a document are read, and components of which it is said that they have any.
pub const MAX_DEPENDENCIES: usize = 500_000;

/// How deep components may be nested in each other.
pub const MAX_DEPTH: usize = 16;

/// How many licences of a component are kept.
const MAX_LICENSES: usize = 20;

/// The longest licence that is kept, in bytes: longer ones are no names, but texts.
const MAX_LICENSE: usize = 200;

/// The longest package URL that is read, in bytes.
const MAX_PURL: usize = 4096;

/// How many types of components that are not judged are named.
const MAX_TYPES: usize = 8;

/// What a document is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// By what its package URL says.
    pub purl: Purl,
    /// Namespace and name as the document spells them, where a package URL has them in lower case and its ecosystem has
    /// not: `github.com/Masterminds/semver`.
    pub spelling: Option<String>,
    /// By its package URL, or else the component's own.
    pub version: String,
    /// SPDX expressions, or the document's own words.
    pub licenses: Vec<String>,
    /// Whether the document is about it, rather than about what it is made of.
    pub subject: bool,
    details: Details,
}

impl Component {
    /// The package that it is, of evidence [`Installed`](limpid_plugin_sdk::detector::Evidence::Installed) until more
    /// is said.
    ///
    /// A package of a distribution is in the namespace of the release that it was built for: it was copied from there.
    pub fn package(&self) -> Package {
        self.licensed(ecosystem::package(self))
    }

    /// The same, of a document that describes the image in which it lies: a package of a distribution is one of the
    /// image's.
    pub fn package_of_image(&self) -> Package {
        self.licensed(ecosystem::package_of_image(self))
    }

    /// The same, of a document that describes an image of this distribution: a package that was built for another
    /// distribution or release is in the namespace of that one.
    pub fn package_within(&self, image: &Distribution) -> Package {
        self.licensed(match ecosystem::is_of(&self.purl, image) {
            true => ecosystem::package_of_image(self),
            false => ecosystem::package(self),
        })
    }

    /// Whether it is of a type that only distributions have.
    pub fn is_of_distribution(&self) -> bool {
        ecosystem::is_of_distribution(&self.purl.kind)
    }

    /// The package of the distribution whose file it is, where the document says that: it is judged with that package.
    pub fn owner(&self) -> Option<&str> {
        self.details.owner.as_deref()
    }

    /// What the document calls it, which is another name for each component.
    pub fn reference(&self) -> Option<&str> {
        self.details.reference.as_deref()
    }

    /// The file by which it was found, where the document says that.
    pub fn location(&self) -> Option<&str> {
        self.details.location.as_deref()
    }

    /// How sure it is that it is there, where the document says that.
    pub fn evidence(&self) -> Option<Evidence> {
        self.details.evidence
    }

    fn licensed(&self, package: Package) -> Package {
        self.licenses.iter().cloned().fold(package, Package::license)
    }
}

/// What else there is to say of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many components with package URL and version were read.
    pub components: u64,
    /// How many have no package URL, or no version.
    pub unidentified: u64,
    /// How many are of types of package URLs that no advisories are of.
    pub unjudged: u64,
    /// Some of these types.
    pub types: BTreeSet<String>,
    /// Why others could not be read.
    pub problems: Problems,
    /// Which components need which others, as far as the document says that.
    pub dependencies: Dependencies,
    systems: Systems,
}

impl Summary {
    /// The distribution of the image that the document describes: a component of its own, or else the one that most
    /// package URLs name (`distro`).
    ///
    /// # Errors
    ///
    /// What it is called, where that is no name of a distribution.
    pub fn distribution(&self) -> Result<Option<Distribution>, Error> {
        self.systems.distribution().transpose().map_err(Error::malformed)
    }

    /// What keeps the document from being read whole, as problems of the file that it is.
    pub fn into_problems(self) -> Problems {
        let mut problems = self.problems;
        if let Some(why) = self.systems.doubt() {
            problems.push(Error::malformed(why));
        }
        let mut reasons = Vec::new();
        if self.unidentified > 0 {
            reasons.push(format!("{} components have no package URL with a version", self.unidentified));
        }
        if self.unjudged > 0 {
            let types: Vec<_> = self.types.iter().map(|kind| format!("`{kind}`")).collect();
            let types = types.join(", ");
            reasons.push(format!("{} components are of types that are not judged: {types}", self.unjudged));
        }
        if !reasons.is_empty() {
            problems.push(Error::unsupported(reasons.join("; ")));
        }
        problems
    }
}

/// Reads the components of a document, in their order.
///
/// # Errors
///
/// [`Error::Malformed`] where it is none of the forms; [`Error::Unsupported`] where it is another document. One that has
/// more than [`MAX_COMPONENTS`] is read up to there, which is a problem of the summary.
pub fn read(document: &[u8], found: impl FnMut(Component)) -> Result<Summary, Error> {
    let text = String::from_utf8_lossy(document);
    let mut sink = Sink { found, summary: Summary::default(), is_full: false };
    let read = match start(&text) {
        text if text.starts_with('{') => plain(start(&envelope::unwrapped(text)?), &mut sink),
        text => plain(text, &mut sink),
    };
    match read {
        Err(error) if sink.is_full => sink.problem(error),
        read => read?,
    }
    Ok(sink.summary)
}

fn start(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim_start()
}

/// Reads a document that is in nothing else.
fn plain(text: &str, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    if tags::is_document(text) {
        return tags::read(text, sink);
    }
    if text.starts_with('<') {
        return xml::read(text, sink);
    }
    let head: Head<'_> = serde_json::from_str(text).map_err(Error::malformed)?;
    match head {
        Head { bom_format: Some(format), .. } if format == "CycloneDX" => cyclonedx::read(text, sink),
        Head { spdx_version: Some(version), .. } if version.starts_with("SPDX-2") => spdx::read_2(text, sink),
        Head { graph: Some(graph), .. } => spdx::read_3(graph, sink),
        _ => Err(Error::unsupported("the document is neither CycloneDX nor SPDX 2 or 3")),
    }
}

/// What tells the formats apart.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "bomFormat")]
    bom_format: Option<String>,
    #[serde(rename = "spdxVersion")]
    spdx_version: Option<String>,
    #[serde(borrow, rename = "@graph")]
    graph: Option<&'a RawValue>,
}

/// Where components go.
struct Sink<F> {
    found: F,
    summary: Summary,
    /// Whether it takes no more.
    is_full: bool,
}

/// What a format says of a component.
struct Stated {
    purl: Option<String>,
    version: Option<String>,
    licenses: Vec<String>,
    subject: bool,
    details: Details,
}

impl<F: FnMut(Component)> Sink<F> {
    fn push(&mut self, stated: Stated) -> Result<(), Error> {
        let summary = &mut self.summary;
        if summary.components + summary.unidentified + summary.unjudged >= MAX_COMPONENTS {
            self.is_full = true;
            return Err(Error::unsupported(format_args!(
                "the document has more components than the limit of {MAX_COMPONENTS}"
            )));
        }
        let Some(text) = stated.purl.filter(|purl| !purl.is_empty()) else {
            summary.unidentified += 1;
            return Ok(());
        };
        if text.len() > MAX_PURL {
            let why = format_args!("a package URL is longer than the limit of {MAX_PURL} bytes");
            summary.problems.push(Error::unsupported(why));
            return Ok(());
        }
        let purl: Purl = match text.parse() {
            Ok(purl) => purl,
            Err(why) => {
                let why = format_args!("`{text:.200}` is no package URL: {why}");
                summary.problems.push(Error::malformed(why));
                return Ok(());
            }
        };
        if !ecosystem::is_judged(&purl.kind) {
            // The image or the repository that a document is about is none of its packages.
            if !stated.subject {
                summary.unjudged += 1;
                if summary.types.len() < MAX_TYPES {
                    summary.types.insert(purl.kind);
                }
            }
            return Ok(());
        }
        let version = purl.version.clone().or(stated.version).filter(|version| !version.trim().is_empty());
        let Some(version) = version else {
            summary.unidentified += 1;
            return Ok(());
        };
        let is_name = |license: &String| {
            (1..=MAX_LICENSE).contains(&license.len()) && !matches!(license.as_str(), "NOASSERTION" | "NONE")
        };
        let licenses = stated.licenses.into_iter().filter(is_name).take(MAX_LICENSES).collect();
        summary.components += 1;
        summary.systems.add(&purl);
        let spelling = ecosystem::spelling(&text, &purl);
        let Stated { subject, details, .. } = stated;
        (self.found)(Component { purl, spelling, version, licenses, subject, details });
        Ok(())
    }

    /// The document is about this distribution, or about what is built upon it.
    fn system(&mut self, stated: system::Stated) {
        self.summary.systems.state(stated);
    }

    /// A component needs others, by what the document calls them.
    fn depends(&mut self, on: impl FnOnce(&mut Dependencies)) {
        let was_full = self.summary.dependencies.is_full();
        on(&mut self.summary.dependencies);
        if self.summary.dependencies.is_full() && !was_full {
            self.problem(Error::unsupported(format_args!(
                "the document states more dependencies than the limit of {MAX_DEPENDENCIES}: none of them counts"
            )));
        }
    }

    fn problem(&mut self, error: Error) {
        self.summary.problems.push(error);
    }
}

#[cfg(test)]
mod tests;
