//! How bad a vulnerability of a package is, and who says so.

use limpid_model::report::{Enriched, RatedSeverity};
use limpid_model::{Rating, Severity};

/// The publisher's word on this package counts before that on the vulnerability, and that before
/// what others know of the vulnerability; within each, the worst.
pub(crate) fn severity(
    feed: &str,
    of_package: &[Rating],
    of_vulnerability: &[Rating],
    enrichments: &[Enriched],
) -> RatedSeverity {
    let own = |rating| (feed, rating);
    let others = enrichments
        .iter()
        .flat_map(|known| known.enrichment.severities().map(|rating| (known.feed.as_str(), rating)));
    worst(of_package.iter().map(own), true)
        .or_else(|| worst(of_vulnerability.iter().map(own), false))
        .or_else(|| worst(others, false))
        .unwrap_or(RatedSeverity { severity: Severity::Unknown, rating: None, of_package: false, feed: None })
}

fn worst<'a>(
    ratings: impl Iterator<Item = (&'a str, &'a Rating)>,
    of_package: bool,
) -> Option<RatedSeverity> {
    let understood = ratings.filter(|(_, rating)| Severity::of(rating) != Severity::Unknown);
    let (feed, rating) = understood.max_by_key(|(_, rating)| Severity::of(rating))?;
    Some(RatedSeverity {
        severity: Severity::of(rating),
        rating: Some(rating.clone()),
        of_package,
        feed: Some(feed.to_owned()),
    })
}
