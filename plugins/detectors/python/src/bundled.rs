//! What is bundled in a wheel, by the SBOMs that it brings
//! ([PEP 770](https://peps.python.org/pep-0770/)): libraries that auditwheel copied, crates that maturin built.

use std::collections::BTreeSet;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{File, Report};

use crate::normalised;
use crate::place::Place;

/// The largest SBOM that is read, in bytes.
pub const MAX_SBOM: u64 = 16 << 20;

/// The name of the wheel whose SBOM this is; none where it is none, or data of tests.
pub(crate) fn of(path: &str) -> Option<String> {
    let (folder, file) = path.split_once(".dist-info/sboms/")?;
    let metadata = format!("{folder}.dist-info/METADATA");
    let place = Place::of(&metadata).filter(|_| file.ends_with(".json"))?;
    place.is_installed(&BTreeSet::new()).then(|| place.name().map(normalised))?
}

/// States the components of an SBOM of this wheel.
pub(crate) fn read(wheel: &str, file: &File, report: &mut Report) -> Result<(), Error> {
    let document = file.read_to_vec(MAX_SBOM)?;
    let mut seen = BTreeSet::new();
    let summary = limpid_sbom::read(&document, |component| {
        let is_wheel = component.purl.kind == "pypi" && normalised(&component.purl.name) == wheel;
        if component.subject || is_wheel {
            return;
        }
        let package = component.package();
        if seen.insert(package.purl.clone()) {
            report.found(file.path(), package);
        }
    })?;
    report.unread_parts(file.path(), summary.into_problems());
    Ok(())
}
