use crate::{Image, NoticeKind, Severity};

/// What changed for an image in one vulnerability.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The image.
    pub image: Image,
    /// The vulnerability, as all publishers call it.
    pub vulnerability: String,
    /// What it was called before, where that has changed.
    pub before: Option<String>,
    /// What changed.
    pub kind: NoticeKind,
    /// How it affects the image now; where it no longer does, how it did.
    pub standing: Standing,
}

/// How a vulnerability affects an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The worst severity over the packages.
    pub severity: Severity,
    /// Whether a package has a fixed version.
    pub fixable: bool,
    /// Whether it is known to be exploited.
    pub exploited: bool,
    /// The packages by which it affects the image, sorted.
    pub packages: Vec<StandingPackage>,
}

/// A package by which a vulnerability affects an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StandingPackage {
    /// Its name.
    pub name: String,
    /// The installed version.
    pub version: String,
    /// The nearest fixed version.
    pub fixed_version: Option<String>,
    /// Where the advisory that counts is published.
    pub namespace: String,
    /// The publisher's identifier of it.
    pub advisory: String,
    /// The feed.
    pub feed: String,
    /// What stands for the finding wherever it is told of.
    pub fingerprint: String,
}

impl Standing {
    /// How two standings affect an image together.
    pub fn join(&mut self, other: &Self) {
        self.severity = self.severity.max(other.severity);
        self.fixable |= other.fixable;
        self.exploited |= other.exploited;
        self.packages.extend_from_slice(&other.packages);
        self.packages.sort_unstable();
        self.packages.dedup();
    }
}
