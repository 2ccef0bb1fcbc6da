use std::time::Duration;

use crate::{Digest, Severity};

/// How counts were day by day. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trend {
    /// The first moment of which it is known: before it, history holds nothing, or nothing was known of the images, or of
    /// any vulnerability. None where no tag points anywhere.
    pub since: Option<u64>,
    /// Days that are known, the oldest first; the last is today, so far.
    pub days: Vec<TrendDay>,
}

/// Counts over the images at which tags pointed at the end of a day, each image once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrendDay {
    /// The last moment of the day, in UTC, or now.
    pub at: u64,
    /// The images.
    pub images: u64,
    /// Images of which no package was judged.
    pub not_judged: u64,
    /// Vulnerabilities, each once.
    pub vulnerabilities: u64,
    /// Findings of all images.
    pub findings: u64,
    /// Findings that were known to be exploited.
    pub exploited: u64,
}

/// How long findings of the tags of a repository lasted. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repairs {
    /// From when on it was looked.
    pub since: u64,
    /// How long each took that ended because the tag came to point at images which do not have it, the shortest first.
    pub repaired: Vec<Duration>,
    /// Findings that ended so of which it is not known when they began.
    pub begun_before: u64,
    /// Findings that ended because of what feeds state, while the tag pointed at the same images.
    pub withdrawn: u64,
    /// Findings that have not ended.
    pub open: u64,
}

impl Repairs {
    /// The mean; none where nothing was repaired.
    pub fn mean(&self) -> Option<Duration> {
        let count = u32::try_from(self.repaired.len()).ok().filter(|count| *count > 0)?;
        Some(self.repaired.iter().sum::<Duration>() / count)
    }

    /// The median: of an even number the mean of the two in the middle; none where nothing was repaired.
    pub fn median(&self) -> Option<Duration> {
        let middle = self.repaired.len() / 2;
        let upper = *self.repaired.get(middle)?;
        if self.repaired.len() % 2 == 1 {
            return Some(upper);
        }
        let lower = middle.checked_sub(1).and_then(|place| self.repaired.get(place))?;
        Some((*lower + upper) / 2)
    }
}

/// How old the findings of an image are. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ages {
    /// The image.
    pub image: Digest,
    /// The names, with tags, in whose history it was looked.
    pub tags: Vec<String>,
    /// The first moment that history holds.
    pub since: u64,
    /// Now.
    pub now: u64,
    /// One for each finding of the report, in its order.
    pub findings: Vec<Age>,
}

/// How old a finding is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Age {
    /// That of the finding.
    pub fingerprint: String,
    /// The vulnerability.
    pub vulnerability: String,
    /// The package.
    pub package: String,
    /// How it is rated.
    pub severity: Severity,
    /// When it first affected this package in an image at which one of the tags pointed; none where that is not known.
    pub first_seen: Option<Seen>,
    /// Since when a feed has stated a version that fixes it; none where none does.
    pub fix_known: Option<Seen>,
    /// After how many days it is overdue; none where its severity has no limit.
    pub limit_days: Option<u64>,
    /// Whether it is; none where there is no limit, or it is not known when it was first seen.
    pub is_overdue: Option<bool>,
}

/// When something was first seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// Whether it may have been earlier: history holds nothing of before.
    pub or_earlier: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        let of = |seconds: &[u64]| {
            let repaired = seconds.iter().map(|it| Duration::from_secs(*it)).collect();
            let repairs = Repairs { repaired, ..Repairs::default() };
            (repairs.median().map(|it| it.as_secs()), repairs.mean().map(|it| it.as_secs()))
        };
        assert_eq!(of(&[]), (None, None));
        assert_eq!(of(&[4]), (Some(4), Some(4)));
        assert_eq!(of(&[2, 4]), (Some(3), Some(3)));
        assert_eq!(of(&[1, 2, 9]), (Some(2), Some(4)));
        assert_eq!(of(&[1, 2, 4, 9]), (Some(3), Some(4)));
    }
}
