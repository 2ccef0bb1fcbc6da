//! The feed of SUSE Linux Enterprise and openSUSE: what SUSE states of vulnerabilities in packages of RPM.
//!
//! This crate owns which documents are read and which namespaces their products have. SUSE publishes them in two forms,
//! which come from the same data:
//!
//! - [OVAL definitions](https://ftp.suse.com/pub/projects/security/oval/), one document for each product, with a
//!   definition for each vulnerability. What OVAL means is read by [`limpid_oval`].
//! - [CSAF documents of the VEX profile](https://ftp.suse.com/pub/projects/security/csaf-vex/), one for each
//!   vulnerability, some gigabytes in an archive, which comes in by hand. They alone say who is not affected, who will
//!   not be fixed and what is under investigation. The form is read by [`limpid_csaf`].
//!
//! Both call products and vulnerabilities the same. Where both are there, what they say of one vulnerability is
//! judged together, and counts once.
//!
//! **Sources.** The index of the folder names a document for each product. Those count that speak of what images are
//! made of, and of each the one with what is not fixed yet (`-affected`), where there is one. A document of a major
//! release (`suse.linux.enterprise.15`) has its service packs, so theirs are not read beside it.
//!
//! **By hand.** A document of OVAL is the source that its file is named for: `opensuse.leap.15.2` of
//! `opensuse.leap.15.2.xml.gz`. `csaf-vex.tar.bz2`, or another archive of documents of CSAF, is the source `vex`; a
//! single one is a source of its own, by its identifier.
//!
//! | A definition of OVAL says | Advisory |
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
//!
//! | CSAF says of a component of a product | Advisory |
//! |---|---|
//! | its product has the CPE `cpe:/o:suse:sles:15:sp4` | the namespace of `sles-release` of version 15.4, as above |
//! | `recommended`, `fixed`, of `pad-1.2-3.1` | affected before `1.2-3.1` |
//! | `first_fixed` of `pad-1.2-3.1` | the same, where no version of `pad` is recommended |
//! | `known_affected` | affected, no end known |
//! | `known_affected`, and `no_fix_planned` | will not be fixed |
//! | `under_investigation` | under investigation |
//! | `known_not_affected` | not affected; the justification as note |
//! | no vulnerability: no product has it | nothing |
//! | threat `impact`, scores | ratings |
//!
//! Several products have one namespace, so that several things may be said of a package in it. Then the first line of
//! this table that is said counts: a fix that only LTSS has is a fix of the release, and whoever is affected goes before
//! whoever is not. The name of a component is that of a package. SUSE also names source packages among what is
//! affected, beside the packages that are built of them and without telling which is which; none is taken for a source
//! package, since OVAL does not name them, either, and what is said of them stays when all of these packages are fixed.

mod index;
mod product;
mod vex;

use std::io::BufRead as _;

use limpid_oval::{Class, Condition, Definition, Publisher, Statement, day, worst};
use limpid_plugin_sdk::feed::{Advisory, Affected, Document, Documents, Feed, Range, Rating, Sink, Source};
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
        let mut first = documents.next().ok_or_else(|| Error::malformed("there is no document"))?;
        if source == index::SOURCE {
            return index::follow(first, sink).map(|()| None);
        }
        if start(&mut first)? != Some(b'<') {
            return vex::read(source, first, documents, sink).map(|()| None);
        }
        let mut next = Some(first);
        while let Some(document) = next {
            limpid_oval::read(&Product::of(source), document, sink)?;
            next = documents.next();
        }
        // Which document it is shows in its name only.
        sink.identify(index::stem(source));
        Ok(None)
    }
}

export_feed!(Suse);

/// Passes white space by, and gives the first byte behind it: what a document is.
fn start(document: &mut Document) -> Result<Option<u8>, Error> {
    loop {
        let buffer = document.fill_buf()?;
        let first = buffer.iter().copied().find(|byte| !byte.is_ascii_whitespace());
        let blanks = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if first.is_some() || blanks == 0 {
            document.consume(blanks);
            return Ok(first);
        }
        document.consume(blanks);
    }
}

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
