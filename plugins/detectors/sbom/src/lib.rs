//! Finds packages by the software bills of materials that lie in an image.
//!
//! | Files | Format |
//! |---|---|
//! | `.limpid/bill-of-materials` | any of the formats below: a document that was submitted by itself |
//! | `*.cdx.json`, `*.cdx`, `bom.json`, `sbom.json`, and what lies in folders of the name `.sbom` or `share/sbom` | [CycloneDX](https://cyclonedx.org/docs/1.6/json/) in JSON |
//! | `*.cdx.xml`, `bom.xml`, `sbom.xml` | the same in XML |
//! | `*.spdx.json`, `*.spdx`, and the same names and folders | [SPDX](https://spdx.github.io/spdx-spec/) 2 and 3 in JSON, SPDX 2 in tags and values |
//! | `.spdx-NAME.spdx` below `opt/bitnami` | [the same](https://github.com/bitnami/vulndb), for a component of Bitnami |
//! | `opt/bitnami/.bitnami_components.json` | Bitnami's own list of its components |
//!
//! Names that others use as well (`bom.json`) count where the file says what it is.
//!
//! # What a document proves
//!
//! A document says what somebody found or built, possibly elsewhere and before. So its packages are
//! [`Declared`](Evidence::Declared): they do not count where another detector found the same version installed. Each is
//! stated by the document that names it. Only what Bitnami says of its own components in its own folder is a record of
//! what was installed. It lists components twice; where both agree, its list does not count.
//!
//! Packages of distributions (`pkg:deb`, `pkg:apk`, `pkg:rpm`) are taken for the image's, as a document describes the
//! image in which it lies, but for those that were built for another release than most packages of the document. Documents in wheels are read by the detector `python`, to which they are of copies from elsewhere.
//!
//! A document that was submitted is all that is known of an image. Its packages are
//! [`Installed`](Evidence::Installed), and it states the distribution, which documents in images do not.
//!
//! What components need is what the document says of it (`dependencies`, `DEPENDS_ON`), between packages of one ecosystem.
//!
//! # What is passed over
//!
//! - Of documents of apk's packages (`var/lib/db/sbom`, in Wolfi and Chainguard), the package itself: apk's database says
//!   the same. The rest of such a document are sources.
//! - Documents in installed packages, tests and documentation: those describe what their authors worked with.
//! - SPDX that a buildpack writes beside CycloneDX (`layers/sbom`).
//!
//! Which components have a package, and how each type of package URL is stated, is in `limpid_sbom`. Components that
//! have none are counted in one statement of the file.

mod bitnami;
mod place;
mod submitted;

use std::collections::BTreeSet;

use limpid_plugin_sdk::detector::{Claim, Detector, Distribution, Evidence, File, Package, Report};
use limpid_plugin_sdk::{Error, export_detector};
use limpid_sbom::{Component, Summary};

use place::Place;

/// The largest document that is read, in bytes. One of a thousand packages has about 2 MB.
pub const MAX_DOCUMENT: u64 = 64 << 20;

/// Texts of which each document holds one: what tells CycloneDX in JSON and in XML, SPDX 2 in JSON and in tags, and SPDX
/// 3 from anything else.
const MARKS: [&str; 5] =
    ["CycloneDX", "cyclonedx.org/schema/bom", "spdxVersion", "SPDXVersion", "spdx.org/rdf/3"];

/// The detector `sbom`.
#[derive(Debug)]
pub struct Sbom;

impl Detector for Sbom {
    fn claims() -> Vec<Claim> {
        let marked = ["**/{bom,sbom,.sbom}.{json,xml}", "**/.sbom", "**/{.sbom,share/sbom}/**"];
        let marked = marked.map(|glob| MARKS.into_iter().fold(Claim::alone(glob), Claim::holding));
        let named =
            [place::SUBMITTED, "**/*.{cdx,spdx}", "**/*.{cdx,spdx}.json", "**/*.cdx.xml", bitnami::LIST];
        let named = named.map(Claim::alone);
        named.into_iter().chain(marked).collect()
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| match Place::of(file.path()) {
            Place::Ignored => Ok(()),
            Place::Submitted => submitted::read(file, report),
            Place::BitnamiList => bitnami::read(file, report),
            place => read(place, file, report),
        }))
    }
}

export_detector!(Sbom);

fn read(place: Place, file: &File, report: &mut Report) -> Result<(), Error> {
    let document = file.read_to_vec(MAX_DOCUMENT)?;
    let mut components = Vec::new();
    let mut summary = limpid_sbom::read(&document, |component| components.push(component))?;
    drop(document);
    // The image's, as far as the document knows.
    let distribution = summary.distribution().unwrap_or_default();
    let mut packages: Vec<_> =
        components.iter().map(|component| package(component, distribution.as_ref())).collect();
    depend(&mut summary, &components, &mut packages);
    let mut seen = BTreeSet::new();
    for (component, package) in components.iter().zip(packages) {
        let kind = component.purl.kind.as_str();
        if place == Place::ApkPackage && kind == "apk" {
            continue;
        }
        let evidence = match (place, kind) {
            (Place::Bitnami, bitnami::TYPE) => Evidence::Installed,
            _ => Evidence::Declared,
        };
        let package = package.evidence(evidence);
        if seen.insert(package.purl.clone()) {
            report.found(file.path(), package);
        }
    }
    report.unread_parts(file.path(), summary.into_problems());
    Ok(())
}

/// States what a document says that packages of its components need.
fn depend(summary: &mut Summary, components: &[Component], packages: &mut [Package]) {
    let named = components.iter().zip(packages);
    let named = named.filter_map(|(component, package)| Some((component.reference()?, package)));
    std::mem::take(&mut summary.dependencies).state(named);
}

/// The package of a component of an image, whose distribution is the one that its document is about.
fn package(component: &Component, distribution: Option<&Distribution>) -> Package {
    match distribution {
        Some(distribution) => component.package_within(distribution),
        None => component.package_of_image(),
    }
}

#[cfg(test)]
mod tests;
