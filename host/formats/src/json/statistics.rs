use std::collections::BTreeMap;

use limpid_model::Severity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Word, time};

/// Statistics over all images.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Statistics {
    /// How many images are known.
    pub images: u64,
    /// Images by the worst that affects them. With the next two, these are all images.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub by_worst_severity: BTreeMap<Word, u64>,
    /// Images of which packages were judged, and that nothing affects.
    pub unaffected: u64,
    /// Images of which no package was judged: it is not known what affects them.
    pub not_judged: u64,
    /// Images that something affects which is known to be exploited.
    pub exploited: u64,
    /// Images that something affects which an update fixes.
    pub fixable: u64,
    /// Images that something affects, all of which an update fixes.
    pub wholly_fixable: u64,
    /// The vulnerability that was published longest ago of those that no update fixes.
    #[schema(required)]
    pub oldest_unfixed: Option<Unfixed>,
    /// When they were counted.
    pub counted_at: String,
    /// Whether they are as of now, and not of before something changed.
    pub current: bool,
}

/// A vulnerability that no update fixes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Unfixed {
    /// Which.
    pub vulnerability: String,
    /// When it was published.
    pub published: String,
}

impl From<limpid_model::Statistics> for Statistics {
    fn from(statistics: limpid_model::Statistics) -> Self {
        let known = Severity::WORST_FIRST.into_iter();
        let count = |severity| statistics.by_worst.get(&severity).copied().unwrap_or(0);
        Self {
            images: statistics.images,
            by_worst_severity: known.map(|severity| (severity.as_str().into(), count(severity))).collect(),
            unaffected: statistics.unaffected,
            not_judged: statistics.not_judged,
            exploited: statistics.exploited,
            fixable: statistics.fixable,
            wholly_fixable: statistics.wholly_fixable,
            oldest_unfixed: statistics
                .oldest_unfixed
                .map(|(vulnerability, published)| Unfixed { vulnerability, published }),
            counted_at: time(statistics.counted),
            current: statistics.is_current,
        }
    }
}
