//! The answer to "why does this vulnerability affect this image, or why not?".

use crate::report::Suppressed;
use crate::{BaseImage, Digest};

/// Why a vulnerability affects an image, or why it does not, or why nobody can say: a reason for each
/// package of which an advisory speaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The image.
    pub image: Digest,
    /// The vulnerability, as it was asked for.
    pub vulnerability: String,
    /// What it comes to, as the report has it.
    pub answer: Answer,
    /// Why, in a sentence.
    pub because: String,
    /// The reasons, those by which it is affected first.
    pub reasons: Vec<Reason>,
    /// Findings of it that do not count, and why.
    pub suppressed: Vec<Suppressed>,
    /// Whether any finding of it counts.
    pub counts: bool,
    /// The image upon which the image was built, where findings are suppressed and it is known.
    pub base: Option<BaseImage>,
    /// The feeds whose advisories were looked at.
    pub feeds: Vec<String>,
}

/// Whether a vulnerability affects an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// The report has a finding for it.
    Affected,
    /// Somebody who may say so says that it does not, or no package of the image is meant.
    NotAffected,
    /// What is known does not tell.
    CannotSay,
}

impl Answer {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::NotAffected => "not-affected",
            Self::CannotSay => "cannot-say",
        }
    }
}

/// What one advisory means for one package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// What it comes to.
    pub outcome: Outcome,
    /// The package; none where no package of the image is meant.
    pub package: Option<ReasonPackage>,
    /// The publisher's identifier.
    pub advisory: String,
    /// The feed.
    pub feed: String,
    /// Where it is published.
    pub namespace: String,
    /// The reason, in a sentence.
    pub why: String,
}

/// The package of which a [`Reason`] speaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReasonPackage {
    /// Its name.
    pub name: String,
    /// The installed version.
    pub version: String,
    /// The file that states it.
    pub path: String,
}

/// What an advisory comes to for a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It affects the package.
    Affected,
    /// It cannot be told: a version cannot be ordered.
    Unreadable,
    /// The installed version holds the fix.
    Fixed,
    /// It is stated not to be vulnerable.
    NotAffected,
    /// Its version is vulnerable, but through nothing that is linked into the file.
    NotReached,
    /// It would affect the package, but a namespace or statement that counts before says that it does
    /// not.
    Overruled,
    /// It speaks of other versions.
    OtherVersions,
    /// It speaks of packages with something that this one has not: another architecture.
    Requirement,
    /// It speaks of another release of the distribution, or of another ecosystem.
    OtherNamespace,
    /// The distribution put the package there, and judges it.
    LeftToDistribution,
    /// No package of the image has the name of which it speaks.
    NoSuchPackage,
    /// No feed knows the vulnerability.
    NotInFeeds,
    /// Its publisher took it back, and nobody else speaks of it.
    Withdrawn,
}

impl Outcome {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::Unreadable => "unreadable-version",
            Self::Fixed => "fixed",
            Self::NotAffected => "not-affected",
            Self::NotReached => "not-reached",
            Self::Overruled => "overruled",
            Self::OtherVersions => "other-versions",
            Self::Requirement => "requirement-not-met",
            Self::OtherNamespace => "other-release",
            Self::LeftToDistribution => "left-to-distribution",
            Self::NoSuchPackage => "no-such-package",
            Self::NotInFeeds => "not-in-feeds",
            Self::Withdrawn => "withdrawn",
        }
    }
}
