//! What to do about the findings of an image.

use std::sync::Arc;

use crate::report::{Gap, InstalledPackage, LayerOrigin};
use crate::{BaseImage, Distribution, Image, PluginFailure, Provenance, Recommendation, Severity, Text};

/// Which packages of an image to update, and to what.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The image.
    pub image: Image,
    /// Its distribution, where a file of it states one.
    pub distribution: Option<Distribution>,
    /// The image upon which it was built; none where none is known.
    pub base: Option<BaseImage>,
    /// A newer image of the base's repository; none where none is known.
    pub recommendation: Option<Recommendation>,
    /// Layers whose packages are to be updated, lowest first.
    pub layers: Vec<PlannedLayer>,
    /// How that is done, in the words of package managers.
    pub commands: Vec<Commands>,
    /// How many packages are to be updated of which nobody says how, by the name of their detector.
    pub untold: Vec<(String, usize)>,
    /// Calls of plugins that were asked how and gave no answer.
    pub failures: Vec<PluginFailure>,
    /// What the patching tool Copacetic calls the distribution, where that is not its identifier.
    pub copacetic: Option<String>,
    /// How many findings count.
    pub findings: usize,
    /// How many findings do not count, so that nothing is planned for them.
    pub suppressed: usize,
    /// How many of them the updates clear.
    pub clears: usize,
    /// What is missing for a full report, and so for a full plan.
    pub gaps: Vec<Gap>,
}

/// What is to be updated of what a layer brought.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedLayer {
    /// The layer.
    pub layer: Arc<LayerOrigin>,
    /// Whose it is; none where no base image is known.
    pub provenance: Option<Provenance>,
    /// What is exploited first, then the worst, then what clears the most.
    pub updates: Vec<Update>,
}

/// A package that is to be updated.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The package.
    pub package: Arc<InstalledPackage>,
    /// The least version that clears the most of its findings, in the terms of the package that advisories speak of.
    pub to: Text,
    /// Versions in which others of its findings are fixed, where advisories speak of the package and of its source
    /// package: each in its own terms.
    pub also: Vec<Text>,
    /// What it clears, the worst first.
    pub clears: Vec<Cleared>,
    /// How many findings of the package no version is known to fix.
    pub remains: usize,
    /// Whether the distribution's package manager updates it: its advisories are those of the distribution.
    pub of_distribution: bool,
}

/// A finding that an update clears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The same as in the report.
    pub fingerprint: String,
    /// The vulnerability.
    pub vulnerability: Text,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it is known to be exploited.
    pub exploited: bool,
}

/// How packages are updated that one detector found and that have one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commands {
    /// Name of the detector.
    pub detector: String,
    /// Whose packages they are; none where no base image is known.
    pub provenance: Option<Provenance>,
    /// How many packages.
    pub packages: usize,
    /// In the order in which they are to be done.
    pub steps: Vec<Step>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub place: Place,
    /// The words of a command; empty where only a person can do it. None has a control character.
    pub command: Vec<String>,
    /// What people should know of it; may be empty.
    pub note: String,
}

/// Where a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the image.
    Image,
    /// Where the application is built from its sources.
    Sources,
}

impl Place {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Sources => "sources",
        }
    }
}

/// What a plugin says of how packages are updated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// In the order in which they are to be done.
    pub steps: Vec<Step>,
    /// What Copacetic calls the distribution, where that is not its identifier.
    pub copacetic: Option<String>,
}
