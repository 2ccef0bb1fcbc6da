use limpid_model::explanation::{self, Answer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Word;
use super::report::{Suppressed, all_suppressed};

/// Why a vulnerability affects an image, or why not.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// The image.
    pub image: String,
    /// The vulnerability.
    pub vulnerability: String,
    /// `affected`, `not-affected` or `cannot-say`.
    #[schema(value_type = String)]
    pub answer: Word,
    /// Why, in a sentence.
    pub because: String,
    /// Whether it affects the image; the same as `answer` where that is known, otherwise null.
    #[schema(required)]
    pub affected: Option<bool>,
    /// Whether any finding of it counts: false also where all of them are suppressed.
    pub counts: bool,
    /// Findings of it that do not count, and by whose decision.
    pub suppressed: Vec<Suppressed>,
    /// The reasons, those that affect it first.
    pub reasons: Vec<Reason>,
    /// The feeds whose advisories were looked at.
    pub feeds: Vec<String>,
}

/// What one advisory means for one package.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// `affected`, `unreadable-version`, `fixed`, `not-affected`, `not-reached`, `overruled`, `other-versions`,
    /// `requirement-not-met`, `other-release`, `left-to-distribution`, `no-such-package` or
    /// `not-in-feeds`, `withdrawn`.
    #[schema(value_type = String)]
    pub outcome: Word,
    /// The reason, in a sentence.
    pub why: String,
    /// The package; null where no package of the image is meant.
    #[schema(required)]
    pub package: Option<String>,
    /// Its version.
    #[schema(required)]
    pub version: Option<String>,
    /// The file that states it.
    #[schema(required)]
    pub path: Option<String>,
    /// The publisher's identifier.
    pub advisory: String,
    /// The feed.
    pub feed: String,
    /// Where it is published.
    pub namespace: String,
}

impl From<explanation::Explanation> for Explanation {
    fn from(explanation: explanation::Explanation) -> Self {
        Self {
            image: explanation.image.to_string(),
            vulnerability: explanation.vulnerability,
            answer: explanation.answer.as_str().into(),
            because: explanation.because,
            affected: match explanation.answer {
                Answer::Affected => Some(true),
                Answer::NotAffected => Some(false),
                Answer::CannotSay => None,
            },
            counts: explanation.counts,
            suppressed: all_suppressed(explanation.suppressed, explanation.base.as_ref()),
            reasons: explanation.reasons.into_iter().map(Reason::from).collect(),
            feeds: explanation.feeds,
        }
    }
}

impl From<explanation::Reason> for Reason {
    fn from(reason: explanation::Reason) -> Self {
        let (mut package, mut version, mut path) = (None, None, None);
        if let Some(of) = reason.package {
            (package, version, path) = (Some(of.name), Some(of.version), Some(of.path));
        }
        Self {
            outcome: reason.outcome.as_str().into(),
            why: reason.why,
            package,
            version,
            path,
            advisory: reason.advisory,
            feed: reason.feed,
            namespace: reason.namespace,
        }
    }
}
