use crate::{Symbols, Text};

/// A package that a detector found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name, as its package manager writes it.
    pub name: Text,
    /// Its version, as its package manager writes it.
    pub version: Text,
    /// The version scheme that orders `version`.
    pub scheme: Text,
    /// Where advisories for it are published.
    pub scope: Scope,
    /// How sure it is that it is there.
    pub evidence: Evidence,
    /// Package URL. Where the scope is [`Scope::Distribution`], namespace and `distro` come with
    /// the distribution, when layers are folded.
    pub purl: String,
    /// Architecture, in the package manager's own words.
    pub arch: Option<Text>,
    /// What it was built from, where advisories may speak of that instead.
    pub source: Option<SourcePackage>,
    /// What of it is linked into the file; none where that cannot be told.
    pub symbols: Option<Symbols>,
    /// Further facts that an advisory may require.
    pub qualifiers: Vec<(String, String)>,
    /// SPDX expressions, or the package's own words.
    pub licenses: Vec<String>,
    /// Packages that it needs to run; none where nobody says what it needs.
    pub requires: Option<Vec<Requirement>>,
}

/// A package that another one needs to run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    /// Its name, as the detector that found both calls it.
    pub name: Text,
    /// The version that is meant, where several may be there and the detector can tell.
    pub version: Option<Text>,
}

impl Package {
    /// The qualifier that names who published a package, where that is somebody else than the
    /// distribution whose package manager installed it.
    pub const VENDOR: &'static str = "vendor";

    /// The qualifier that names whose signature a package bears.
    pub const SIGNER: &'static str = "signer";

    /// The qualifier that says why a package is there: `requested`, or as a `dependency` of another.
    pub const REASON: &'static str = "reason";

    /// The qualifier that names the package of the distribution that brought a package of another scope, where that is
    /// stated of the package itself and not of the file that states it.
    pub const OWNER: &'static str = "owner";

    /// The qualifier that names what that package of the distribution was built from.
    pub const OWNER_SOURCE: &'static str = "owner-source";

    /// Who published it, where that is somebody else than the distribution.
    pub fn vendor(&self) -> Option<&str> {
        self.qualifier(Self::VENDOR)
    }

    /// The value of a qualifier.
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.qualifiers.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// The source package that a binary package was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePackage {
    /// Its name.
    pub name: Text,
    /// Its version, in the same scheme as the package's.
    pub version: Text,
}

/// Where the advisories for a package are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Wherever those of the image's distribution are.
    Distribution,
    /// In a namespace of their own.
    Namespace(String),
}

impl Scope {
    /// What a namespace ends with by the contract where its packages are not from the registry whose name it begins
    /// with (`npm:elsewhere`): nobody publishes advisories there, unless for packages of their own.
    pub const ELSEWHERE: &str = ":elsewhere";
}

/// How sure it is that a package is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// A package manager's record of what it installed, or the installed thing itself.
    Installed,
    /// A lock file or manifest names it.
    Declared,
    /// Recognised by its content, with no record of an installation.
    Inferred,
}

impl Evidence {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Installed, Self::Declared, Self::Inferred];

    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Declared => "declared",
            Self::Inferred => "inferred",
        }
    }
}
