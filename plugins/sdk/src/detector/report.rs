use super::{File, Package, Problems};
use crate::Error;

/// What a detector makes of the files that it was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What the files state.
    pub findings: Vec<Finding>,
    /// Claimed files that could not be read, whole or in part, and why: never silently nothing.
    pub unread: Vec<Unread>,
}

impl Report {
    /// The report of a function that reads one file at a time; a file for which it fails is
    /// unread.
    pub fn of_each(files: &[File], mut read: impl FnMut(&File, &mut Self) -> Result<(), Error>) -> Self {
        let mut report = Self::default();
        for file in files {
            if let Err(error) = read(file, &mut report) {
                report.unread(file.path(), error);
            }
        }
        report
    }

    /// The file at `path` states this.
    pub fn found(&mut self, path: impl Into<String>, fact: impl Into<Fact>) {
        self.findings.push(Finding { path: path.into(), member: None, fact: fact.into() });
    }

    /// The member of the archive at `path` states this.
    pub fn found_in(&mut self, path: impl Into<String>, member: impl Into<String>, fact: impl Into<Fact>) {
        self.findings.push(Finding { path: path.into(), member: Some(member.into()), fact: fact.into() });
    }

    /// The file at `path`, or something in it, could not be read.
    pub fn unread(&mut self, path: impl Into<String>, error: Error) {
        self.unread.push(Unread { path: path.into(), error });
    }

    /// Some of what the file at `path` holds could not be read.
    pub fn unread_parts(&mut self, path: &str, problems: Problems) {
        for error in problems.into_errors() {
            self.unread(path, error);
        }
    }

    /// The packages that it names.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.findings.iter().filter_map(|finding| match &finding.fact {
            Fact::Package(package) => Some(&**package),
            _ => None,
        })
    }
}

/// A fact and the claimed file that states it. Where a later layer replaces or deletes that file,
/// the fact goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path of the file, as the host gave it.
    pub path: String,
    /// Where inside that file: the member of an archive.
    pub member: Option<String>,
    /// What it states.
    pub fact: Fact,
}

impl Finding {
    /// Roughly how many bytes it takes to hand it to the host.
    pub(super) fn weight(&self) -> usize {
        let texts = |list: &[String]| list.iter().map(|text| 8 + text.len()).sum::<usize>();
        let pairs = |list: &[(String, String)]| {
            list.iter().map(|(key, value)| 16 + key.len() + value.len()).sum::<usize>()
        };
        let fact = match &self.fact {
            Fact::Distribution(distribution) => texts(&distribution.namespaces),
            Fact::Package(package) => {
                let named = package.name.len() + package.version.len() + package.purl.len();
                let linked = package.symbols.as_deref().map_or(0, texts);
                let requires = package.requires.iter().flatten();
                let requires =
                    requires.map(|it| 24 + it.name.len() + it.version.as_ref().map_or(0, String::len));
                named
                    + linked
                    + pairs(&package.qualifiers)
                    + texts(&package.licenses)
                    + requires.sum::<usize>()
            }
            Fact::Ownership(ownership) => texts(&ownership.paths),
            Fact::Property(key, value) => key.len() + value.len(),
        };
        256 + self.path.len() + self.member.as_ref().map_or(0, String::len) + fact
    }
}

/// A claimed file that could not be read, or something in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Path of the file, as the host gave it.
    pub path: String,
    /// Why, and where in the file.
    pub error: Error,
}

/// What a file of a layer may state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Which distribution this is.
    Distribution(Distribution),
    /// A package is there.
    Package(Box<Package>),
    /// A package put these paths there.
    Ownership(Ownership),
    /// A fact of the whole image that advisories may require of its packages: (`cpe`, ...).
    Property(String, String),
}

impl From<Distribution> for Fact {
    fn from(distribution: Distribution) -> Self {
        Self::Distribution(distribution)
    }
}

impl From<Package> for Fact {
    fn from(package: Package) -> Self {
        Self::Package(Box::new(package))
    }
}

impl From<Ownership> for Fact {
    fn from(ownership: Ownership) -> Self {
        Self::Ownership(ownership)
    }
}

/// A distribution release, as one file of the image states it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// os-release's `ID`: `debian`, `alpine`, `rhel`.
    pub id: String,
    /// os-release's `VERSION_ID`: `12`, `3.19.1`; empty for a rolling release.
    pub version_id: String,
    /// What people call it: `Debian GNU/Linux 12 (bookworm)`.
    pub pretty_name: String,
    /// Its CPE name, where it states one.
    pub cpe: Option<String>,
    /// Where advisories for it are published, best first: `debian:bookworm`.
    pub namespaces: Vec<String>,
    /// The last day of its publisher's support, RFC 3339 (`2028-06-30`); none where it has no end
    /// or none is known.
    pub supported_until: Option<String>,
}

/// Paths of the layer that a package put there. What other detectors read from them is that
/// package's, and the distribution's advisories judge it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownership {
    /// Name of the package.
    pub package: String,
    /// Paths without a leading slash.
    pub paths: Vec<String>,
}

impl Ownership {
    /// The longest path that is of use, in bytes: no layer holds a longer one, and the host refuses an
    /// ownership that names one, with all its other paths.
    pub const MAX_PATH: usize = 4096;
}
