//! What to do about the findings of an image.

use limpid_model::Text;
use limpid_model::plan;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{BlameWord, OriginWord, PlaceWord};
use super::{Base, Distribution, Gap, Image, LayerRef, Package, Recommendation, Word};
use crate::plan::line;

/// Which packages of an image to update, to what, and how.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// The image.
    pub image: Image,
    /// Its distribution; null where no file of it states one.
    #[schema(required)]
    pub distribution: Option<Distribution>,
    /// What it comes to.
    pub summary: PlanSummary,
    /// The image upon which it was built; null where none is known.
    #[schema(required)]
    pub base: Option<Base>,
    /// A newer image of the base's repository; null where none is known.
    #[schema(required)]
    pub recommendation: Option<Recommendation>,
    /// Layers whose packages are to be updated, lowest first.
    pub layers: Vec<PlannedLayer>,
    /// How that is done, in the words of package managers.
    pub commands: Vec<PlanCommands>,
    /// Packages that are to be updated of which no plugin says how.
    pub untold: Vec<Untold>,
    /// Plugins that were asked how and gave no answer.
    pub failures: Vec<PlanFailure>,
    /// What the patching tool Copacetic calls the distribution; null where that is its `id`.
    #[schema(required)]
    pub copacetic: Option<String>,
    /// What is missing for a full report, and so for a full plan.
    pub gaps: Vec<Gap>,
}

/// What a plan comes to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlanSummary {
    /// Findings of the image that count.
    pub findings: usize,
    /// Findings that a policy or a VEX document suppresses: nothing is planned for them.
    pub suppressed: usize,
    /// How many of them the updates clear.
    pub clears: usize,
    /// Packages that are to be updated.
    pub updates: usize,
    /// Whether nothing is missing for a full report: no gap is `blocking`.
    pub complete: bool,
}

/// What is to be updated of what a layer brought.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlannedLayer {
    /// The layer.
    pub layer: LayerRef,
    /// `base` where it is of the base image, `own` where it is above that; null where no base image is known.
    #[schema(required, inline, value_type = Option<OriginWord>)]
    pub origin: Option<Word>,
    /// What is exploited first, then the worst, then what clears the most.
    pub updates: Vec<Update>,
}

/// A package that is to be updated.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Update {
    /// The package.
    pub package: Package,
    /// The least version that clears the most of its findings, in the terms of the package that advisories speak of,
    /// which may be the source package.
    #[schema(value_type = String)]
    pub to: Text,
    /// Versions in which others of its findings are fixed, where advisories speak of the package and of its source
    /// package: each in its own terms.
    #[schema(value_type = Vec<String>)]
    pub also: Vec<Text>,
    /// What it clears, the worst first.
    pub clears: Vec<Cleared>,
    /// Findings of the package that no version is known to fix.
    pub remains: usize,
    /// Whether its advisories are those of the distribution, whose package manager then updates it.
    pub of_distribution: bool,
}

/// A finding that an update clears.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Cleared {
    /// The same as in the report.
    pub fingerprint: String,
    /// The vulnerability.
    #[schema(value_type = String)]
    pub vulnerability: Text,
    /// How bad it is.
    #[schema(value_type = String)]
    pub severity: Word,
    /// Whether it is known to be exploited.
    pub exploited: bool,
}

/// How packages are updated that one detector found and that have one owner.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlanCommands {
    /// The detector, whose plugin says so.
    pub detector: String,
    /// `base` or `own`; null where no base image is known.
    #[schema(required, inline, value_type = Option<OriginWord>)]
    pub origin: Option<Word>,
    /// How many packages.
    pub packages: usize,
    /// In the order in which they are to be done.
    pub steps: Vec<PlanStep>,
}

/// One thing to do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlanStep {
    /// Where: in the `image`, or where the application is built from its `sources`.
    #[schema(inline, value_type = PlaceWord)]
    pub place: Word,
    /// The words of a command; empty where only a person can do it.
    pub command: Vec<String>,
    /// The same as a line for a shell; null where there is none, or a word has characters that nobody would see.
    #[schema(required)]
    pub line: Option<String>,
    /// What people should know of it; may be empty.
    pub note: String,
}

/// Packages of which no plugin says how they are updated.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Untold {
    /// The detector that found them.
    pub detector: String,
    /// How many.
    pub packages: usize,
}

/// A plugin that was asked how packages are updated and gave no answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlanFailure {
    /// The plugin.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// What kind of failure.
    #[schema(value_type = String)]
    pub kind: Word,
    /// `plugin`, `input` or `host`.
    #[schema(inline, value_type = BlameWord)]
    pub blame: Word,
    /// What happened.
    pub reason: String,
}

impl From<plan::Plan> for Plan {
    fn from(plan: plan::Plan) -> Self {
        let summary = PlanSummary {
            findings: plan.findings,
            suppressed: plan.suppressed,
            clears: plan.clears,
            updates: plan.layers.iter().map(|layer| layer.updates.len()).sum(),
            complete: !plan.gaps.iter().any(limpid_model::report::Gap::is_blocking),
        };
        Self {
            image: plan.image.into(),
            distribution: plan.distribution.map(Distribution::from),
            summary,
            base: plan.base.map(Base::from),
            recommendation: plan.recommendation.map(Recommendation::from),
            layers: plan.layers.into_iter().map(PlannedLayer::from).collect(),
            commands: plan.commands.into_iter().map(PlanCommands::from).collect(),
            untold: plan
                .untold
                .into_iter()
                .map(|(detector, packages)| Untold { detector, packages })
                .collect(),
            failures: plan.failures.into_iter().map(PlanFailure::from).collect(),
            copacetic: plan.copacetic,
            gaps: plan.gaps.into_iter().map(Gap::from).collect(),
        }
    }
}

fn origin(provenance: Option<limpid_model::Provenance>) -> Option<Word> {
    provenance.map(|provenance| provenance.as_str().into())
}

impl From<plan::PlannedLayer> for PlannedLayer {
    fn from(planned: plan::PlannedLayer) -> Self {
        Self {
            layer: LayerRef::from(&*planned.layer),
            origin: origin(planned.provenance),
            updates: planned.updates.into_iter().map(Update::from).collect(),
        }
    }
}

impl From<plan::Update> for Update {
    fn from(update: plan::Update) -> Self {
        let plan::Update { package, to, also, clears, remains, of_distribution } = update;
        let package = std::sync::Arc::unwrap_or_clone(package).into();
        Self {
            package,
            to,
            also,
            clears: clears.into_iter().map(Cleared::from).collect(),
            remains,
            of_distribution,
        }
    }
}

impl From<plan::Cleared> for Cleared {
    fn from(cleared: plan::Cleared) -> Self {
        let plan::Cleared { fingerprint, vulnerability, severity, exploited } = cleared;
        Self { fingerprint, vulnerability, severity: severity.as_str().into(), exploited }
    }
}

impl From<plan::Commands> for PlanCommands {
    fn from(commands: plan::Commands) -> Self {
        let plan::Commands { detector, provenance, packages, steps } = commands;
        let steps = steps.into_iter().map(PlanStep::from).collect();
        Self { detector, origin: origin(provenance), packages, steps }
    }
}

impl From<plan::Step> for PlanStep {
    fn from(step: plan::Step) -> Self {
        let plan::Step { place, command, note } = step;
        Self { place: place.as_str().into(), line: line(&command), command, note }
    }
}

impl From<limpid_model::PluginFailure> for PlanFailure {
    fn from(failure: limpid_model::PluginFailure) -> Self {
        Self {
            plugin: failure.plugin.name,
            version: failure.plugin.version,
            kind: failure.kind.as_str().into(),
            blame: failure.blame.as_str().into(),
            reason: failure.message,
        }
    }
}
