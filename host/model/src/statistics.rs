use std::collections::BTreeMap;

use crate::Severity;

/// Counts over all images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// How many images are known.
    pub images: u64,
    /// Images by the worst that affects them. With the next two, these are all images.
    pub by_worst: BTreeMap<Severity, u64>,
    /// Images of which packages were judged, and that nothing affects.
    pub unaffected: u64,
    /// Images of which no package was judged: it is not known what affects them.
    pub not_judged: u64,
    /// Images that something affects which is known to be exploited.
    pub exploited: u64,
    /// Images that something affects which has a fixed version.
    pub fixable: u64,
    /// Images that something affects, all of which has a fixed version.
    pub wholly_fixable: u64,
    /// The vulnerability that was published longest ago of those without a fixed version, and when.
    pub oldest_unfixed: Option<(String, String)>,
    /// When they were counted, in milliseconds since 1970.
    pub counted: u64,
    /// Whether they are as of now, and not of before something changed.
    pub is_current: bool,
}
