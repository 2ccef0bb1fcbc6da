//! How bad a vulnerability of a package is, and who says so.
//!
//! What the publisher says of this package counts before what it says of the vulnerability, and that
//! before what others know of the vulnerability; of several others, the worst counts.
//!
//! Of the ratings that one publisher gives there, its own word or score counts before a vector of
//! CVSS, because it is a judgement and a vector is what that may rest on. Of vectors the newest version
//! of CVSS counts, and of one version the worst. A vector without a score has the score that it
//! gives; a score that stands beside its vector is the publisher's, and counts.

mod cvss;

use limpid_model::report::{Enriched, RatedSeverity};
use limpid_model::{Enrichment, Rating, Severity};

use cvss::Version;

/// Whether a severity is at least so bad. What nobody has rated may be, and passes, unless it is left
/// out.
pub fn is_as_severe(severity: Severity, least: Severity, leave_out_unrated: bool) -> bool {
    severity >= least || (severity == Severity::Unknown && !leave_out_unrated)
}

/// The severity of a finding, from what its feed says of the package and of the vulnerability, and
/// from what is known of that otherwise.
pub fn severity(
    feed: &str,
    of_package: &[Rating],
    of_vulnerability: &[Rating],
    enrichments: &[Enriched],
) -> RatedSeverity {
    let own = |ratings, of_package| Some((decisive(ratings)?, of_package, feed));
    let decided = own(of_package, true)
        .or_else(|| own(of_vulnerability, false))
        .or_else(|| worst_of_others(enrichments).map(|(judged, feed)| (judged, false, feed)));
    let Some((judged, of_package, feed)) = decided else { return RatedSeverity::UNRATED };
    RatedSeverity {
        severity: judged.severity,
        rating: Some(Rating { score: judged.score, ..judged.rating.clone() }),
        of_package,
        feed: Some(feed.to_owned()),
    }
}

/// A rating that was understood.
#[derive(Clone, Copy, Debug)]
struct Judged<'a> {
    weight: Weight,
    severity: Severity,
    rating: &'a Rating,
    score: Option<f32>,
}

/// What counts more than what, among the ratings of one publisher; least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Cvss(Version),
    Own,
}

fn worst_of_others(enrichments: &[Enriched]) -> Option<(Judged<'_>, &str)> {
    let mut worst: Option<(Judged<'_>, &str)> = None;
    for Enriched { feed, enrichment } in enrichments {
        let Some(judged) = decisive(&enrichment.ratings) else { continue };
        if worst.is_none_or(|(worst, _)| worst.severity < judged.severity) {
            worst = Some((judged, feed));
        }
    }
    worst
}

/// The one of a publisher's ratings that counts; none where none is understood.
fn decisive(ratings: &[Rating]) -> Option<Judged<'_>> {
    let mut best: Option<Judged<'_>> = None;
    for rating in ratings.iter().filter(|rating| rating.system != Enrichment::PROBABILITY) {
        let version = cvss::version(rating);
        let weight = version.map_or(Weight::Own, Weight::Cvss);
        // Scores are computed only where they may count.
        if best.is_some_and(|best| weight < best.weight) {
            continue;
        }
        let Some(judged) = judge(rating, version, weight) else { continue };
        if best.is_none_or(|best| (best.weight, best.severity) < (weight, judged.severity)) {
            best = Some(judged);
        }
    }
    best
}

fn judge(rating: &Rating, version: Option<Version>, weight: Weight) -> Option<Judged<'_>> {
    let given = rating.score.filter(|score| (0.0..=10.0).contains(score));
    let score = given.or_else(|| cvss::score(&rating.value, version?));
    let severity = match score {
        Some(score) if version == Some(Version::V2_0) => Severity::of_score_of_cvss_2(score),
        Some(score) => Severity::of_score(score),
        None => Severity::of_word(&rating.value),
    };
    (severity != Severity::Unknown).then_some(Judged { weight, severity, rating, score })
}

#[cfg(test)]
mod tests;
