//! Vectors of CVSS as publishers write them, and the base scores that they give.
//!
//! Of CVSS 2.0 and 3.x the base score is taken, whatever temporal and environmental metrics a vector
//! has: they are of a day and of a place, and the NVD's and GitHub's scores are base scores. CVSS 4.0
//! has one score, into which all metrics of a vector go.

use limpid_model::Rating;

/// Versions of CVSS, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V2_0,
    V3_0,
    V3_1,
    V4_0,
}

/// What is longer is no vector: one of CVSS 4.0 with all of its metrics has 180 bytes.
const MAX_LENGTH: usize = 512;

/// The version of CVSS by which a rating was made: what its vector says, which the system beside it
/// may tell less exactly; none where it is of another system.
pub(super) fn version(rating: &Rating) -> Option<Version> {
    match split(&rating.value) {
        (Some(prefix), _) => named(prefix),
        (None, metrics) => named(&rating.system).or_else(|| unnamed(metrics)),
    }
}

/// The score that a vector gives in a version of CVSS; none where it is malformed.
pub(super) fn score(vector: &str, version: Version) -> Option<f32> {
    if vector.len() > MAX_LENGTH {
        return None;
    }
    let metrics = split(vector).1.to_ascii_uppercase();
    let score = match version {
        // The one metric whose name has a small letter.
        Version::V2_0 => metrics.replace("AU:", "Au:").parse::<cvss::v2::Vector>().ok()?.score().value(),
        Version::V3_0 => score_of_3(&format!("CVSS:3.0/{metrics}"))?,
        Version::V3_1 => score_of_3(&format!("CVSS:3.1/{metrics}"))?,
        Version::V4_0 => format!("CVSS:4.0/{metrics}").parse::<cvss::v4::Vector>().ok()?.score().value(),
    };
    // One decimal, and 10.0 at most.
    Some(score as f32)
}

/// The parser of 3.x, unlike the others, takes vectors that lack metrics.
fn score_of_3(vector: &str) -> Option<f64> {
    let vector = vector.parse::<cvss::v3::Vector>().ok()?;
    let of_attack = vector.av.is_some() && vector.ac.is_some() && vector.pr.is_some() && vector.ui.is_some();
    let of_impact = vector.s.is_some() && vector.c.is_some() && vector.i.is_some() && vector.a.is_some();
    (of_attack && of_impact).then(|| vector.base_score().value())
}

/// What names the version in front of a vector, and its metrics. Vectors stand in parentheses at
/// times, as the guide of CVSS 2.0 writes them, and those of 2.0 may have one of two prefixes.
fn split(vector: &str) -> (Option<&str>, &str) {
    let vector = vector.trim();
    let vector = vector.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(vector);
    let vector = vector.strip_suffix('/').unwrap_or(vector);
    let parts = vector.split_once('#').or_else(|| vector.split_once('/'));
    match parts {
        Some((prefix, metrics)) if strip_cvss(prefix).is_some() => (Some(prefix), metrics),
        _ => (None, vector),
    }
}

/// The version that a prefix or a system names: `CVSS:3.1`, `CVSS_V3`, `CVSS2`.
fn named(name: &str) -> Option<Version> {
    let version = strip_cvss(name)?.trim_start_matches([':', '_', '-', ' ', 'v', 'V']);
    match version {
        "2" | "2.0" => Some(Version::V2_0),
        "3.0" => Some(Version::V3_0),
        "3" | "3.1" => Some(Version::V3_1),
        "4" | "4.0" => Some(Version::V4_0),
        _ => None,
    }
}

/// The version of a vector of which neither prefix nor system tells it, by metrics that only some
/// versions have.
fn unnamed(metrics: &str) -> Option<Version> {
    let begins = metrics.get(.."AV:".len()).is_some_and(|start| start.eq_ignore_ascii_case("AV:"));
    let has = |name: &str| metrics.split('/').any(|metric| metric.split(':').next() == Some(name));
    match begins {
        true if has("VC") => Some(Version::V4_0),
        true if has("PR") => Some(Version::V3_1),
        true => Some(Version::V2_0),
        false => None,
    }
}

fn strip_cvss(name: &str) -> Option<&str> {
    let (start, rest) = name.split_at_checked("CVSS".len())?;
    start.eq_ignore_ascii_case("CVSS").then_some(rest)
}

#[cfg(test)]
mod tests;
