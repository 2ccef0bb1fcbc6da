//! The feed of SUSE Linux Enterprise and openSUSE: their [OVAL definitions](https://ftp.suse.com/pub/projects/security/oval/),
//! one for each vulnerability.
//!
//! This crate owns which documents are read and which namespaces their products have; what OVAL means is read by
//! [`limpid_oval`].
//!
//! **Sources.** The index of the folder names a document for each product. Those count that speak of what images are
//! made of, and of each the one with what is not fixed yet (`-affected`), where there is one. A document of a major
//! release (`suse.linux.enterprise.15`) has its service packs, so theirs are not read beside it.
//!
//! **By hand.** A document is the source that its file is named for: `opensuse.leap.15.2` of `opensuse.leap.15.2.xml.gz`.
//!
//! | The definition says | Advisory |
//! |---|---|
//! | its title, `CVE-2024-1234` | its identifier |
//! | `sles-release` is of version 15.4 | affected in `sles:15.4` |
//! | `sled-release`, `SLES_SAP-release`, `sle_hpc-release` | the same: they have the same packages of the same builds |
//! | `sle-module-basesystem-release` | the same: images have packages of modules without the package that names the module |
//! | `sles-ltss-release` is of version 15.1 | affected in `sles:15.1`: an image does not say for which support somebody paid |
//! | `openSUSE-release` is of version 15.2 | affected in `opensuse-leap:15.2` |
//! | `openSUSE-release` is of a date or later | affected in `opensuse-tumbleweed` |
//! | `SLE-Micro-release`, `SL-Micro-release` | affected in `sle-micro:5.4`, `sl-micro:6.0` |
//! | no product, in a document `opensuse.12.1` | affected in `opensuse-leap:12.1` |
//! | another product | nothing: no image states that it is one |
//! | a package is of version 0 ("is not affected") | nothing |
//! | a package is of a version greater than 0 ("is affected") | affected, no end known |
//! | `severity` and SUSE's own scores | ratings |

mod index;
mod product;

use limpid_oval::{Class, Condition, Definition, Publisher, Statement, day, worst};
use limpid_plugin_sdk::feed::{Advisory, Affected, Documents, Feed, Range, Rating, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// The feed.
#[derive(Debug)]
pub struct Suse;

impl Feed for Suse {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(index::SOURCE, index::FOLDER)]
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let mut read = false;
        while let Some(document) = documents.next() {
            match source == index::SOURCE {
                true => index::follow(document, sink)?,
                false => {
                    limpid_oval::read(&Product::of(source), document, sink)?;
                    // Which document it is shows in its name only.
                    sink.identify(index::stem(source));
                }
            }
            read = true;
        }
        if read { Ok(None) } else { Err(Error::malformed("there is no document")) }
    }
}

export_feed!(Suse);

/// The product of a document.
#[derive(Debug)]
struct Product {
    /// Its namespace, where the name of the document says it.
    namespace: Option<String>,
}

impl Product {
    /// Documents of old releases name none in some of their criteria. Such a document is handed in under its own name.
    fn of(source: &str) -> Self {
        Self { namespace: product::of_document(source) }
    }
}

impl Publisher for Product {
    fn statement(&self, definition: &Definition) -> Result<Statement, Error> {
        let cves = definition.cve_ids();
        let id = match definition.class {
            Class::Vulnerability => cves.first().cloned(),
            // Notices are called by their kind and number where they have one, and by their OVAL identifier otherwise.
            Class::Patch => definition
                .references
                .iter()
                .find(|reference| reference.source != "CVE" && reference.id.contains("SU-"))
                .map_or_else(|| Some(definition.id.clone()), |reference| Some(reference.id.clone())),
        };
        let id = id.ok_or_else(|| Error::malformed("it names no vulnerability"))?;
        let mut ratings = Vec::new();
        if !definition.severity.is_empty() {
            ratings.push(Rating::word("suse", definition.severity.clone()));
        }
        // The NVD's ratings stand beside SUSE's own, and are a feed of their own.
        ratings.extend(worst(definition.cves.iter().filter(|cve| cve.url.contains("suse.com/"))));
        let title = Some(&definition.title).filter(|title| **title != id);
        let advisory = Advisory {
            aliases: cves.into_iter().filter(|cve| *cve != id).collect(),
            title: title.cloned().unwrap_or_default(),
            details: definition.description.clone(),
            ratings,
            references: definition.references.iter().map(|reference| reference.url.clone()).collect(),
            published: day(&definition.issued),
            modified: day(&definition.updated),
            ..Advisory::new(id)
        };
        Ok(Statement { advisory, every: Affected { scheme: "rpm".to_owned(), ..Affected::default() } })
    }

    fn is_release(&self, package: &str) -> bool {
        package.ends_with("-release")
    }

    fn namespaces(&self, package: &str, version: Condition<'_>) -> Result<Vec<String>, Error> {
        product::namespaces(package, version)
    }

    fn implied(&self, _range: &Range) -> Vec<String> {
        self.namespace.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests;
