//! The feed of Red Hat: its [CSAF documents of the VEX profile](https://security.access.redhat.com/data/csaf/v2/vex/),
//! one for each vulnerability.
//!
//! This crate owns where the documents are, which namespaces Red Hat's products have, and what Red Hat means by
//! statuses and remediations; the form is read by [`limpid_csaf`].
//!
//! **Sources.** A first run begins with the list of changes, whose newest time becomes the cursor, so that nothing that
//! changes while the archive is fetched is missed; then `archive_latest.txt` names the archive. A later run follows
//! each document that changed since the cursor, or the archive where many did, and before that the list of deletions.
//! All of them are of the source `vex`.
//!
//! **By hand.** Documents come in under any name. A single one is a source of its own, by its identifier.
//!
//! | Red Hat says of a component of a product | Advisory |
//! |---|---|
//! | `fixed` in a version, by architecture | affected before that version; the architectures are required, and `noarch` |
//! | `known_affected` | affected, no end known |
//! | `known_affected`, "Fix deferred" | fix deferred |
//! | `known_affected`, "Will not fix" | will not be fixed |
//! | `known_affected`, "Out of support scope" | end of life |
//! | `known_not_affected` | not affected: the version that is named, or all; the justification as note |
//! | `under_investigation` | under investigation |
//! | a component of architecture `src` without a version | a source package |
//! | a component without a version, in documents that name none of `src` | a package and a source package: those name either |
//! | `rpmmod` of a component, `nodejs:18:...` | `nodejs:18` is required as its `module` |
//! | threat `impact`, scores | ratings, of the advisory where all products have the same, of the package otherwise |
//!
//! | CPE of the product | Namespace |
//! |---|---|
//! | `enterprise_linux:9`, `enterprise_linux:9::appstream`, `enterprise_linux:10.1`, `rhel_els:7` | `rhel:9`, `rhel:10`, `rhel:7` |
//! | `rhel_eus:9.2::baseos`, `rhel_e4s`, `rhel_aus`, `rhel_tus`, `enterprise_linux_eus:10.0` | `rhel:9.2`: a minor release that somebody pays for |
//! | another one with a release, `openshift:4.12::el8` | `rhel:8`, of images that state this `cpe` |
//! | another one | none: which release it is of is not stated |
//!
//! Containers, and what else is no package of RPM, are left out: images are judged by what is in them. Where several
//! statements would be made of one package in one namespace, one that names a fixed version goes before one that names
//! none, and whoever is affected before whoever is not.

mod changes;
mod package;
mod platform;
mod vulnerability;

use std::io::{BufRead as _, Read as _};

use limpid_csaf::Csaf;
use limpid_plugin_sdk::feed::{Document, Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// Where everything below is.
const FOLDER: &str = "https://security.access.redhat.com/data/csaf/v2/vex/";

/// What the source of all documents is called.
const VEX: &str = "vex";

/// The feed.
#[derive(Debug)]
pub struct RedHat;

impl Feed for RedHat {
    fn sources(cursor: Option<String>) -> Vec<Source> {
        vec![changes::source(cursor.as_deref())]
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        if source == changes::LATEST {
            return changes::follow_archive(only(documents)?, sink).map(|()| None);
        }
        match changes::Since::of_source(source) {
            Some(since) => changes::follow(only(documents)?, &since, sink).map(Some),
            None => read(source, documents, sink).map(|()| None),
        }
    }
}

export_feed!(RedHat);

fn only(documents: &mut dyn Documents) -> Result<Document, Error> {
    documents.next().ok_or_else(|| Error::malformed("there is no document"))
}

/// Reads documents, and the list of those that were deleted.
fn read(source: &str, documents: &mut dyn Documents, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut count = 0usize;
    let mut failed = 0usize;
    let mut first = None;
    let mut why = None;
    while let Some(mut document) = documents.next() {
        let name = document.name().to_owned();
        if source == VEX && document.fill_buf()?.first() == Some(&b'"') {
            changes::withdraw(document, sink)?;
            count += 1;
            continue;
        }
        count += 1;
        match Csaf::read(document.by_ref()).and_then(|csaf| vulnerability::state(&csaf, sink)) {
            Ok(id) => drop(first.get_or_insert(id)),
            Err(error) => {
                failed += 1;
                why.get_or_insert_with(|| error.clone());
                sink.reject(&name, error);
            }
        }
    }
    match (why, &first) {
        // A page of a proxy must not withdraw what the source stated before.
        (Some(why), None) if failed == count => return Err(why),
        _ if count == 0 => return Err(Error::malformed("there is no document")),
        (_, Some(id)) if source != VEX && count == 1 => sink.identify(id),
        _ if source != VEX => sink.identify(VEX),
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
