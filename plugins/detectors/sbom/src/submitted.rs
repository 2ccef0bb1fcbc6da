//! A document that was submitted in the place of the image that it describes.

use std::collections::BTreeSet;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Evidence, File, Package, Report};
use limpid_sbom::Component;

use crate::{MAX_DOCUMENT, package};

/// States what a document says of an image: its distribution, and its packages.
pub(crate) fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    let document = file.read_to_vec(MAX_DOCUMENT)?;
    let mut components = Vec::new();
    let summary = limpid_sbom::read(&document, |component| components.push(component))?;
    drop(document);
    let distribution = match summary.distribution() {
        Ok(distribution) => distribution,
        Err(why) => {
            report.unread(file.path(), why);
            None
        }
    };
    let mut sources = Sources::default();
    let mut seen = BTreeSet::new();
    for component in &components {
        // Its distribution judges it, with the package whose file it is.
        if component.owner().is_some() && !component.is_of_distribution() {
            continue;
        }
        let evidence = component.evidence().unwrap_or(Evidence::Installed);
        let package = package(component, distribution.as_ref()).evidence(evidence);
        let location = component.location();
        // A package may be there in several places. A component is stated once.
        let name = component.reference().map_or_else(|| package.purl.clone(), str::to_owned);
        if !seen.insert((name, location)) {
            continue;
        }
        sources.add(component, &package);
        match location {
            Some(location) => report.found_in(file.path(), location, package),
            None => report.found(file.path(), package),
        }
    }
    if let Some(distribution) = distribution {
        report.found(file.path(), distribution);
    }
    if let Some(why) = sources.missing() {
        report.unread(file.path(), why);
    }
    report.unread_parts(file.path(), summary.into_problems());
    Ok(())
}

/// How many packages name what they were built from, where advisories speak of that.
#[derive(Default)]
struct Sources {
    packages: u64,
    named: u64,
}

impl Sources {
    fn add(&mut self, component: &Component, package: &Package) {
        if matches!(component.purl.kind.as_str(), "apk" | "deb") {
            self.packages += 1;
            self.named += u64::from(package.source.is_some());
        }
    }

    /// Those who know of sources name none where it is called as the package is. Where no package names one, the
    /// document was written by somebody who does not know of them.
    fn missing(&self) -> Option<Error> {
        (self.packages > 0 && self.named == 0).then(|| {
            Error::unsupported(format_args!(
                "the document names the source package of none of its {} packages of a distribution: advisories of \
                 source packages are only found where a package is called as its source",
                self.packages
            ))
        })
    }
}
