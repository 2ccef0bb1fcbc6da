use crate::{Distribution, Package, Paths, PluginFailure, Text};

/// Which files of a layer a detector wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What such a file looks like.
    pub pattern: Pattern,
    /// Whether it can be judged by itself.
    pub grouping: Grouping,
    /// Bytes, some of which such a file holds; none: whatever it holds.
    pub contains: Vec<Vec<u8>>,
    /// How many of its first bytes are shown, and hold some of [`contains`](Self::contains); all of them where
    /// nothing is stated.
    pub head: Option<u32>,
}

impl Claim {
    /// Whole files that look like this, whatever they hold.
    pub const fn new(pattern: Pattern, grouping: Grouping) -> Self {
        Self { pattern, grouping, contains: Vec::new(), head: None }
    }

    /// Whether a path tells that a file is claimed, and is shown whole.
    pub const fn is_told_by_path(&self) -> bool {
        matches!(self.pattern, Pattern::Path(_)) && self.contains.is_empty() && self.head.is_none()
    }
}

/// How a claimed file is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// A glob over paths in the layer: `var/lib/dpkg/info/*.list`. `*` stays within one directory,
    /// `**` does not.
    Path(String),
    /// Files that begin with these bytes.
    Magic(Vec<u8>),
}

/// Whether the files of a claim depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// What one states depends on no other: shown in batches while the layer is being read.
    Alone,
    /// All of the layer are shown in one call, at the layer's end.
    Together,
}

/// A fact and the claimed file that states it. Where a later layer replaces or deletes that file,
/// the fact goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path in the layer, normalised, without a leading slash.
    pub path: Text,
    /// Where inside that file: the member of an archive.
    pub member: Option<String>,
    /// What the file states.
    pub fact: Fact,
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
    /// A fact of the whole image that advisories may require of its packages.
    Property(String, String),
}

/// Paths of a layer that a package put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// Name of the package.
    pub package: String,
    /// Paths without a leading slash.
    pub paths: Paths,
}

/// The package of the distribution that put a file there, as far as it matters who judges what another
/// detector read from that file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// Name of the package.
    pub package: Text,
    /// Name of the source package that it was built from; the same where there is none.
    pub source: Text,
    /// Who published it, where that is somebody else than the distribution ([`Package::VENDOR`]).
    pub vendor: Option<String>,
}

impl Owner {
    /// The owner that a package itself is stated to have ([`Package::OWNER`]).
    pub fn stated(package: &Package) -> Option<Self> {
        let owner = package.qualifier(Package::OWNER)?;
        let source = package.qualifier(Package::OWNER_SOURCE).unwrap_or(owner);
        Some(Self { package: owner.into(), source: source.into(), vendor: None })
    }

    /// The owner that an installed package is of what it put there.
    pub fn of(package: &Package) -> Self {
        Self {
            package: package.name.clone(),
            source: package
                .source
                .as_ref()
                .map_or_else(|| package.name.clone(), |source| source.name.clone()),
            vendor: package.vendor().map(str::to_owned),
        }
    }
}

/// What one detector made of one layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerFindings {
    /// What was found, by path.
    pub findings: Vec<Finding>,
    /// Claimed files that could not be read, and why.
    pub unread: Vec<Unread>,
    /// Calls that gave nothing, and who is to blame.
    pub failures: Vec<PluginFailure>,
}

/// A claimed file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Path in the layer.
    pub path: String,
    /// Why.
    pub error: InputError,
}

/// Why a plugin could not use its input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// Not what the plugin reads, or damaged.
    #[error("malformed: {0}")]
    Malformed(String),
    /// Of a kind or version that the plugin knows of but does not read.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// Any other reason.
    #[error("{0}")]
    Other(String),
}
