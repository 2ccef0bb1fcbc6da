use limpid_model::report;
use limpid_model::{Doubt, ImageDifference};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::layers::Changed;
use super::report::{Finding, Suppressed, all_suppressed, findings};
use super::{Image, Package, Word};

/// What came, went and changed from one image to another.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// The first image.
    pub before: Image,
    /// The second.
    pub after: Image,
    /// The packages.
    pub packages: PackageDifference,
    /// The findings.
    pub findings: FindingDifference,
    /// Why the comparison cannot be relied on in full; empty where it can.
    pub doubts: Vec<DifferenceDoubt>,
}

/// In which packages two images differ.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PackageDifference {
    /// Only in the second.
    pub added: Vec<Package>,
    /// Only in the first.
    pub removed: Vec<Package>,
    /// Of another version.
    pub changed: Vec<Changed>,
}

/// In which findings two images differ.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FindingDifference {
    /// Only in the second, where they count.
    pub added: Vec<Finding>,
    /// Only in the first, where they count.
    pub removed: Vec<Finding>,
    /// Counted in both, with another status, severity or fixed version.
    pub changed: Vec<ChangedFinding>,
    /// Counted in the first and suppressed in the second: as they are there.
    pub suppressed: Vec<Suppressed>,
    /// Suppressed in the first and counted in the second: as they are in the second, with why they did not count in
    /// the first.
    pub counted: Vec<Suppressed>,
    /// Only in the second, where they do not count.
    pub added_suppressed: Vec<Suppressed>,
    /// Only in the first, where they do not count.
    pub removed_suppressed: Vec<Suppressed>,
}

/// A finding that is not in both images as it is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangedFinding {
    /// As it is in the first.
    pub before: Finding,
    /// As it is in the second.
    pub after: Finding,
}

/// Something that is not known of one of the images or of both.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DifferenceDoubt {
    /// `before`, `after` or `both`.
    #[schema(value_type = String)]
    pub of: Word,
    /// That of a gap of the report, or `other-detectors`.
    pub code: String,
    /// For people.
    pub message: String,
}

impl Difference {
    /// Whether no package and no finding differs.
    pub const fn is_empty(&self) -> bool {
        let Self { packages, findings, .. } = self;
        packages.added.is_empty()
            && packages.removed.is_empty()
            && packages.changed.is_empty()
            && findings.added.is_empty()
            && findings.removed.is_empty()
            && findings.changed.is_empty()
            && findings.is_decided_alike()
    }
}

impl FindingDifference {
    /// Whether the images do not differ in what is suppressed.
    pub const fn is_decided_alike(&self) -> bool {
        self.suppressed.is_empty()
            && self.counted.is_empty()
            && self.added_suppressed.is_empty()
            && self.removed_suppressed.is_empty()
    }
}

impl From<ImageDifference> for Difference {
    fn from(difference: ImageDifference) -> Self {
        let packages =
            |stored: Vec<report::InstalledPackage>| stored.into_iter().map(Package::from).collect();
        let (of_before, of_after) = (difference.bases.0.as_ref(), difference.bases.1.as_ref());
        let (before, after): (Vec<_>, Vec<_>) = difference.findings.changed.into_iter().unzip();
        let changed = findings(before, of_before).into_iter().zip(findings(after, of_after));
        Self {
            before: difference.before.into(),
            after: difference.after.into(),
            packages: PackageDifference {
                added: packages(difference.added),
                removed: packages(difference.removed),
                changed: difference.changed.into_iter().map(Changed::from).collect(),
            },
            findings: FindingDifference {
                added: findings(difference.findings.added, of_after),
                removed: findings(difference.findings.removed, of_before),
                changed: changed.map(|(before, after)| ChangedFinding { before, after }).collect(),
                suppressed: all_suppressed(difference.findings.suppressed, of_after),
                counted: all_suppressed(difference.findings.counted, of_after),
                added_suppressed: all_suppressed(difference.findings.added_suppressed, of_after),
                removed_suppressed: all_suppressed(difference.findings.removed_suppressed, of_before),
            },
            doubts: difference.doubts.into_iter().map(DifferenceDoubt::from).collect(),
        }
    }
}

impl From<Doubt> for DifferenceDoubt {
    fn from(doubt: Doubt) -> Self {
        Self { of: doubt.of.as_str().into(), code: doubt.code, message: doubt.message }
    }
}
