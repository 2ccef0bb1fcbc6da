//! A document that was submitted in the place of the image that it describes.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Evidence, File, Package, Report};
use limpid_sbom::Component;

use crate::{MAX_DOCUMENT, depend, package};

/// States what a document says of an image: its distribution, and its packages.
pub(crate) fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    let document = file.read_to_vec(MAX_DOCUMENT)?;
    let mut components = Vec::new();
    let mut summary = limpid_sbom::read(&document, |component| components.push(component))?;
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
    let owners = owners(&components);
    let mut packages: Vec<_> =
        components.iter().map(|component| package(component, distribution.as_ref())).collect();
    depend(&mut summary, &components, &mut packages);
    for (component, package) in components.iter().zip(packages) {
        let evidence = component.evidence().unwrap_or(Evidence::Installed);
        let mut package = package.evidence(evidence);
        // Its distribution judges it, where that speaks of the package whose file it is.
        let owner = component.owner().and_then(|owner| owners.get(owner));
        if let Some((name, source)) = owner.filter(|_| !component.is_of_distribution()) {
            package.qualifiers.retain(|(key, _)| !matches!(key.as_str(), OWNER | OWNER_SOURCE));
            package = package.qualifier(OWNER, name).qualifier(OWNER_SOURCE, source);
        }
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

/// The qualifiers by which the host knows the package of the distribution that brought another package, and what it was
/// built from.
const OWNER: &str = "owner";
const OWNER_SOURCE: &str = "owner-source";

/// Name and source of packages of distributions, by what documents refer to them by: their names, or what the document
/// calls each.
fn owners(components: &[Component]) -> BTreeMap<&str, (String, String)> {
    let mut owners = BTreeMap::new();
    if components.iter().all(|component| component.owner().is_none()) {
        return owners;
    }
    for component in components.iter().filter(|component| component.is_of_distribution()) {
        let package = component.package_of_image();
        let source = package.source.map_or_else(|| package.name.clone(), |source| source.name);
        if let Some(reference) = component.reference() {
            owners.insert(reference, (package.name.clone(), source.clone()));
        }
        owners.insert(&component.purl.name, (package.name, source));
    }
    owners
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
