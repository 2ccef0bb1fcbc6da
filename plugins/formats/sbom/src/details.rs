//! What scanners write of a package beside its package URL, each by names of its own.

use limpid_plugin_sdk::detector::{Evidence, SourcePackage};

/// The longest value that is kept, in bytes.
const MAX_VALUE: usize = 1024;

/// What begins the names of properties that are looked at: those of Trivy, Syft, and Limpid.
const WRITERS: [&str; 4] = ["aquasecurity:trivy:", "syft:metadata:", "syft:distro:", "limpid:"];

/// Properties of others that name the file by which a package was found.
const LOCATIONS: [&str; 2] = ["aquasecurity:trivy:FilePath", "syft:location:0:path"];

/// What SPDX of Trivy, and that of Limpid, says of a package's source: `built package from: glibc 2.36-9`.
const BUILT_FROM: &str = "built package from: ";

/// What SPDX of Limpid says of a package that another one put there.
const PART_OF: &str = "part of package: ";

/// Facts of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    source: Source,
    /// `nodejs:18:8060020220523160029:ad008a3a`
    module: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) location: Option<String>,
    /// What the document calls the component itself.
    pub(crate) reference: Option<String>,
    pub(crate) qualifiers: Vec<(String, String)>,
    /// What the document says of a distribution, by the names of os-release.
    pub(crate) distribution: Vec<(&'static str, String)>,
}

/// The source package, in the parts in which Trivy has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Source {
    name: Option<String>,
    epoch: Option<String>,
    version: Option<String>,
    release: Option<String>,
}

/// Whether a property may say something.
pub(crate) fn is_of_use(name: &str) -> bool {
    WRITERS.iter().any(|writer| name.starts_with(writer)) || LOCATIONS.contains(&name)
}

impl Details {
    /// What a property of CycloneDX says.
    pub(crate) fn add(&mut self, name: &str, value: String) {
        if value.is_empty() || value.len() > MAX_VALUE {
            return;
        }
        match name {
            "aquasecurity:trivy:SrcName" | "limpid:source-name" => self.source.name = Some(value),
            "aquasecurity:trivy:SrcVersion" | "limpid:source-version" => self.source.version = Some(value),
            "aquasecurity:trivy:SrcRelease" => self.source.release = Some(value),
            "aquasecurity:trivy:SrcEpoch" => self.source.epoch = Some(value).filter(|epoch| epoch != "0"),
            "aquasecurity:trivy:Modularitylabel" | "syft:metadata:modularityLabel" => {
                self.module = Some(value)
            }
            "syft:distro:prettyName" => self.distribution.push(("PRETTY_NAME", value)),
            "syft:distro:versionCodename" => self.distribution.push(("VERSION_CODENAME", value)),
            "syft:distro:idLike:0" => self.distribution.push(("ID_LIKE", value)),
            "limpid:owner" => self.owner = Some(value),
            "limpid:evidence" => {
                self.evidence = match value.as_str() {
                    "installed" => Some(Evidence::Installed),
                    "declared" => Some(Evidence::Declared),
                    "inferred" => Some(Evidence::Inferred),
                    _ => None,
                }
            }
            _ if LOCATIONS.contains(&name) => self.locate(&value),
            _ => {
                if let Some(key) = name.strip_prefix("limpid:qualifier:") {
                    self.qualifiers.push((key.to_owned(), value));
                }
            }
        }
    }

    /// The file by which the package was found.
    pub(crate) fn locate(&mut self, path: &str) {
        let path = path.trim_start_matches('/');
        if self.location.is_none() && (1..=MAX_VALUE).contains(&path.len()) {
            self.location = Some(path.to_owned());
        }
    }

    /// What the document calls the component itself.
    pub(crate) fn refer(&mut self, reference: String) {
        self.reference = Some(reference).filter(|reference| (1..=MAX_VALUE).contains(&reference.len()));
    }

    /// What `sourceInfo` of SPDX says.
    pub(crate) fn add_text(&mut self, text: &str) {
        for part in text.split(';').map(str::trim).filter(|part| part.len() <= MAX_VALUE) {
            if let Some(built) = part.strip_prefix(BUILT_FROM) {
                let (name, version) = built.split_once(' ').unwrap_or((built, ""));
                self.source.name = Some(name.to_owned()).filter(|name| !name.is_empty());
                self.source.version = Some(version.to_owned()).filter(|version| !version.is_empty());
            }
            if let Some(owner) = part.strip_prefix(PART_OF) {
                self.owner = Some(owner.to_owned()).filter(|owner| !owner.is_empty());
            }
        }
    }

    /// The source package; one without a version has the package's.
    pub(crate) fn source(&self, package: &str) -> Option<SourcePackage> {
        let Source { name, epoch, version, release } = &self.source;
        let name = name.clone()?;
        let Some(version) = version else { return Some(SourcePackage { name, version: package.to_owned() }) };
        let (epoch, colon) = epoch.as_ref().map_or(("", ""), |epoch| (epoch.as_str(), ":"));
        let (dash, release) = release.as_ref().map_or(("", ""), |release| ("-", release.as_str()));
        Some(SourcePackage { name, version: [epoch, colon, version, dash, release].concat() })
    }

    /// Name and stream of the module in which a package was built.
    pub(crate) fn module(&self) -> Option<String> {
        self.module.as_deref().and_then(stream)
    }
}

/// `nodejs:18` of `nodejs:18:8060020220523160029:ad008a3a`.
pub(crate) fn stream(label: &str) -> Option<String> {
    let mut parts = label.split(':');
    let (name, stream) = (parts.next()?, parts.next()?);
    (!name.is_empty() && !stream.is_empty()).then(|| format!("{name}:{stream}"))
}
