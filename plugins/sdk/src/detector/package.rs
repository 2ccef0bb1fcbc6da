use crate::Purl;

/// A package that a detector found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name, as its package manager writes it.
    pub name: String,
    /// Its version, as its package manager writes it.
    pub version: String,
    /// The version scheme that orders `version`: `dpkg`, `rpm`, `semver`.
    pub scheme: String,
    /// Where advisories for it are published.
    pub scope: Scope,
    /// How sure it is that it is there.
    pub evidence: Evidence,
    /// Package URL; where the scope is the distribution, without namespace and `distro`, which a
    /// layer alone does not tell: the host adds them.
    pub purl: String,
    /// Architecture, in the package manager's own words.
    pub arch: Option<String>,
    /// What it was built from, where advisories may speak of that instead.
    pub source: Option<SourcePackage>,
    /// Who published it, where its scope is the distribution and that is somebody else. The distribution's
    /// advisories do not speak of such a package, and what the package put there is not judged by them.
    pub vendor: Option<String>,
    /// Whose signature it bears: a fingerprint, or a name.
    pub signer: Option<String>,
    /// Why it is there, where its package manager knows.
    pub reason: Option<Reason>,
    /// Functions and methods of it that are linked into the file, as the advisories of its language spell them;
    /// none where that cannot be told.
    pub symbols: Option<Vec<String>>,
    /// Further facts that an advisory may require: (`module`, `nodejs:18`), (`cpe`, ...). It may require
    /// `vendor`, `signer` and `reason` as well.
    pub qualifiers: Vec<(String, String)>,
    /// SPDX expressions, or the package's own words.
    pub licenses: Vec<String>,
    /// Packages that it needs to run; none where nobody says what it needs.
    pub requires: Option<Vec<Requirement>>,
}

impl Package {
    /// How many packages one may need. More than that, and nothing is stated of them.
    pub const MAX_REQUIREMENTS: usize = 10_000;

    /// An installed package whose advisories are those of the image's distribution, until more is
    /// stated of it.
    pub fn new(name: impl Into<String>, version: impl Into<String>, scheme: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            scheme: scheme.into(),
            scope: Scope::Distribution,
            evidence: Evidence::Installed,
            purl: String::new(),
            arch: None,
            source: None,
            vendor: None,
            signer: None,
            reason: None,
            symbols: None,
            qualifiers: Vec::new(),
            licenses: Vec::new(),
            requires: None,
        }
    }

    /// Its advisories are published in a namespace of their own: `pypi`, `npm`, `golang`.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.scope = Scope::Namespace(namespace.into());
        self
    }

    /// How sure it is that it is there.
    #[must_use]
    pub const fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }

    /// Its package URL.
    #[must_use]
    pub fn purl(mut self, purl: Purl) -> Self {
        self.purl = purl.to_string();
        self
    }

    /// Its architecture.
    #[must_use]
    pub fn arch(mut self, arch: impl Into<String>) -> Self {
        self.arch = Some(arch.into());
        self
    }

    /// The source package that it was built from.
    #[must_use]
    pub fn source(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.source = Some(SourcePackage { name: name.into(), version: version.into() });
        self
    }

    /// Who published it, where that is somebody else than the distribution.
    #[must_use]
    pub fn vendor(mut self, vendor: impl Into<String>) -> Self {
        self.vendor = Some(vendor.into());
        self
    }

    /// Whose signature it bears.
    #[must_use]
    pub fn signer(mut self, signer: impl Into<String>) -> Self {
        self.signer = Some(signer.into());
        self
    }

    /// Why it is there.
    #[must_use]
    pub const fn reason(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// What of it is linked into the file. An advisory that names other symbols says that it is not reached.
    #[must_use]
    pub fn symbols(mut self, symbols: impl Into<Vec<String>>) -> Self {
        self.symbols = Some(symbols.into());
        self
    }

    /// One more fact that an advisory may require.
    #[must_use]
    pub fn qualifier(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.qualifiers.push((key.into(), value.into()));
        self
    }

    /// One more licence.
    #[must_use]
    pub fn license(mut self, license: impl Into<String>) -> Self {
        self.licenses.push(license.into());
        self
    }

    /// All packages that it needs to run, which may be none: those that are there, by the names and versions that the
    /// detector states of them. More than [`Self::MAX_REQUIREMENTS`] are not stated.
    #[must_use]
    pub fn requires<R: Into<Requirement>>(mut self, requires: impl IntoIterator<Item = R>) -> Self {
        let one_more = Self::MAX_REQUIREMENTS + 1;
        let requires: Vec<_> = requires.into_iter().take(one_more).map(Into::into).collect();
        self.requires = (requires.len() < one_more).then_some(requires);
        self
    }
}

/// A package that another one needs to run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// Its name, as the detector states it.
    pub name: String,
    /// The version that is meant, as the detector states it, where several may be there.
    pub version: Option<String>,
}

impl Requirement {
    /// The longest name, and the longest version, in bytes.
    const MAX_NAME: usize = 4096;

    /// Whether the host takes it.
    pub(super) fn is_usable(&self) -> bool {
        let version = self.version.as_ref().map_or(0, String::len);
        (1..=Self::MAX_NAME).contains(&self.name.len()) && version <= Self::MAX_NAME
    }
}

impl From<String> for Requirement {
    fn from(name: String) -> Self {
        Self { name, version: None }
    }
}

impl From<&str> for Requirement {
    fn from(name: &str) -> Self {
        Self::from(name.to_owned())
    }
}

impl<V: Into<String>> From<(String, V)> for Requirement {
    fn from((name, version): (String, V)) -> Self {
        Self { name, version: Some(version.into()) }
    }
}

/// The source package that a binary package was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePackage {
    /// Its name.
    pub name: String,
    /// Its version, in the same scheme as the package's.
    pub version: String,
}

/// Why a package is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody asked for it.
    Requested,
    /// Another package needs it.
    Dependency,
}

/// Where the advisories for a package are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Wherever those of the image's distribution are.
    Distribution,
    /// In a namespace of their own: `pypi`, `npm`, `golang`.
    Namespace(String),
}

impl Scope {
    /// What a namespace ends with where its packages are not from the registry whose name it begins with
    /// (`npm:elsewhere`): that registry's advisories speak of other packages of the same names.
    pub const ELSEWHERE: &str = ":elsewhere";
}

/// How sure it is that a package is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A package manager's record of what it installed, or the installed thing itself.
    Installed,
    /// A lock file or manifest names it.
    Declared,
    /// Recognised by its content, with no record of an installation.
    Inferred,
}
