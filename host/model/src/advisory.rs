use crate::Rating;

/// What one publisher says of one vulnerability.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advisory {
    /// The publisher's identifier.
    pub id: String,
    /// Other identifiers of the same vulnerability.
    pub aliases: Vec<String>,
    /// One line.
    pub title: String,
    /// As long as it takes.
    pub details: String,
    /// Ratings of the vulnerability, whoever is affected.
    pub ratings: Vec<Rating>,
    /// CWE identifiers.
    pub weaknesses: Vec<String>,
    /// Addresses of further reading.
    pub references: Vec<String>,
    /// RFC 3339.
    pub published: Option<String>,
    /// RFC 3339.
    pub modified: Option<String>,
    /// RFC 3339; some where the publisher took it back.
    pub withdrawn: Option<String>,
    /// Whom it affects.
    pub affected: Vec<Affected>,
}

impl Advisory {
    /// The vulnerabilities that it is about, as all publishers call them.
    pub fn vulnerabilities(&self) -> Vec<String> {
        vulnerabilities(&self.id, &self.aliases)
    }
}

/// The vulnerabilities that an identifier and its aliases stand for, sorted: each [CVE
/// identifier](https://cve.mitre.org/cve/identifiers/syntaxchange.html) among them, because a
/// publisher may fix several at once and they are not therefore the same; where there is none, the
/// one that sorts first, which all who know the same identifiers arrive at.
pub fn vulnerabilities(id: &str, aliases: &[String]) -> Vec<String> {
    let all = || std::iter::once(id).chain(aliases.iter().map(String::as_str));
    let mut cves: Vec<&str> = all().filter(|id| is_cve(id)).collect();
    cves.sort_unstable();
    cves.dedup();
    if cves.is_empty() {
        cves.extend(all().min());
    }
    cves.into_iter().map(str::to_owned).collect()
}

/// Whether it is an identifier of the CVE list.
pub fn is_cve(id: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = id.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(year, number)| year.len() == 4 && number.len() >= 4 && digits(year) && digits(number))
}

/// What an advisory says of one package of one namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Affected {
    /// Where it is published: `debian:bookworm`.
    pub namespace: String,
    /// Name of a package; of a source package where `source`.
    pub name: String,
    /// Whether `name` and the versions are those of a source package.
    pub source: bool,
    /// The scheme that orders the versions.
    pub scheme: String,
    /// What is stated of the versions in the ranges.
    pub status: Status,
    /// Which versions, as ranges.
    pub ranges: Vec<Range>,
    /// Which versions, one by one.
    pub versions: Vec<String>,
    /// A qualifier or property, and the values of which one must be there.
    pub requires: Vec<(String, Vec<String>)>,
    /// Where the publisher rates this package for itself.
    pub ratings: Vec<Rating>,
    /// The publisher's reason for the status.
    pub note: Option<String>,
}

/// From `introduced` (none: from the first version) up to `until` (none: no end is known).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first version in it.
    pub introduced: Option<String>,
    /// Where it ends.
    pub until: Option<Bound>,
}

/// The end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// This version is no longer in it: it holds the fix.
    Excluding(String),
    /// This version is the last in it.
    Including(String),
    /// This version is no longer in it; whether it holds a fix is not stated.
    Limit(String),
}

/// What a publisher says of the versions in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Vulnerable; where a range ends excluding a version, that version is the fix.
    Affected,
    /// They hold the fix.
    Fixed,
    /// Not vulnerable, whatever others say.
    NotAffected,
    /// Not yet known.
    UnderInvestigation,
    /// Vulnerable, and will stay so.
    WontFix,
    /// Vulnerable; a fix may come later.
    FixDeferred,
    /// Vulnerable, and out of support.
    EndOfLife,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Affected,
        Self::Fixed,
        Self::NotAffected,
        Self::UnderInvestigation,
        Self::WontFix,
        Self::FixDeferred,
        Self::EndOfLife,
    ];

    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::Fixed => "fixed",
            Self::NotAffected => "not-affected",
            Self::UnderInvestigation => "under-investigation",
            Self::WontFix => "wont-fix",
            Self::FixDeferred => "fix-deferred",
            Self::EndOfLife => "end-of-life",
        }
    }

    /// Whether a version with this status belongs into a report: it is vulnerable, or may be.
    pub const fn affects(self) -> bool {
        !matches!(self, Self::Fixed | Self::NotAffected)
    }
}

/// What is known of a vulnerability whoever is affected: scores, exploitation.
#[derive(Clone, Debug, PartialEq)]
pub struct Enrichment {
    /// The vulnerability: `CVE-2024-1234`.
    pub id: String,
    /// What kind of knowledge, in the feed's own word.
    pub kind: String,
    /// Ratings that it gives.
    pub ratings: Vec<Rating>,
    /// Named facts.
    pub facts: Vec<(String, String)>,
}

impl Enrichment {
    /// The fact that says since when the vulnerability is known to be exploited.
    pub const EXPLOITED: &'static str = "exploited";
    /// The system of ratings whose scores are probabilities that it will be exploited.
    pub const PROBABILITY: &'static str = "EPSS";

    /// Since when the vulnerability is known to be exploited.
    pub fn exploited(&self) -> Option<&str> {
        self.facts.iter().find(|(name, _)| name == Self::EXPLOITED).map(|(_, since)| since.as_str())
    }

    /// How likely it is to be exploited, 0 to 1.
    pub fn probability(&self) -> Option<f32> {
        self.ratings.iter().find(|rating| rating.system == Self::PROBABILITY).and_then(|rating| rating.score)
    }
}

/// What kinds of knowledge of vulnerabilities somebody states, whoever is affected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnrichmentKinds {
    /// Which are exploited.
    pub exploited: bool,
    /// How likely they are to be exploited.
    pub probability: bool,
    /// Anything else: other ratings and facts.
    pub other: bool,
}

impl EnrichmentKinds {
    /// That of one statement.
    pub fn of(enrichment: &Enrichment) -> Self {
        let (exploited, probability) = (enrichment.exploited().is_some(), enrichment.probability().is_some());
        let is_other = |rating: &Rating| rating.system != Enrichment::PROBABILITY;
        let other = (!exploited && !probability) || enrichment.ratings.iter().any(is_other);
        Self { exploited, probability, other }
    }

    /// That of both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            exploited: self.exploited || other.exploited,
            probability: self.probability || other.probability,
            other: self.other || other.other,
        }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The words for them in documents.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let all = [(self.exploited, "exploited"), (self.probability, "probability"), (self.other, "other")];
        all.into_iter().filter_map(|(is_stated, word)| is_stated.then_some(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_stand_for_the_cves_among_them_or_else_for_the_first() {
        let check = |ids: &str, expected: &str| {
            let mut ids = ids.split(' ').map(str::to_owned);
            let (id, aliases) = (ids.next().unwrap(), ids.collect::<Vec<_>>());
            assert_eq!(vulnerabilities(&id, &aliases).join(" "), expected);
        };
        check("CVE-2024-1234", "CVE-2024-1234");
        check("GHSA-b CVE-2024-1234 PYSEC-1", "CVE-2024-1234");
        check("DSA-1 CVE-2024-22222 CVE-2024-1111 CVE-2024-1111", "CVE-2024-1111 CVE-2024-22222");
        check("PYSEC-1 GHSA-b", "GHSA-b");
        check("GHSA-b PYSEC-1", "GHSA-b");
        check("CVE-24-1234", "CVE-24-1234");
        check("CVE-2024-XXXX A", "A");
    }
}
