//! Holding packages against advisories: comparisons of bytes in memory, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use limpid_model::report::{Origin, UnjudgedAdvisory, UnorderedVersion};
use limpid_model::{Key, KeyedRange, Rating, Scope, Statement, Status};

use crate::judge::{Judged, NotAffected, Subject, judge, vulnerable_above};
use crate::{Authority, Contents, Installed, PackageAdvisory, Speaks, Statements};

/// Whether a vulnerability affects a package, and why.
#[derive(Debug)]
pub struct Verdict<'a> {
    /// The vulnerability, as all publishers call it.
    pub vulnerability: &'a str,
    /// Whether it affects the package.
    pub outcome: Outcome<'a>,
    subject: &'a Subject<'a>,
    group: &'a Group<'a>,
    groups: &'a Groups<'a>,
}

/// What a [`Verdict`] comes to. `advisory` is the one that counts.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// It does, or may.
    Affected {
        /// Whose statement counts.
        advisory: &'a PackageAdvisory,
        /// The statement.
        statement: &'a Statement,
        /// The nearest version above the installed one that is not affected.
        fixed_version: Option<String>,
    },
    /// It does not.
    NotAffected {
        /// Whose statement counts.
        advisory: &'a PackageAdvisory,
        /// Why.
        reason: NotAffected,
    },
    /// Nobody can tell.
    Unknown {
        /// Whose statement leaves it open.
        advisory: &'a PackageAdvisory,
        /// Why.
        why: String,
    },
    /// The namespace states nothing of this version.
    Silent,
}

/// The statements about one vulnerability, each with the advisory that makes it.
type Group<'a> = Vec<(&'a PackageAdvisory, &'a Statement)>;

/// In the order of the vulnerabilities, so that verdicts come in the same order each time.
type Groups<'a> = BTreeMap<&'a str, Group<'a>>;

impl<'a> Verdict<'a> {
    /// The match that it is, where it affects the package; `package` is the place of that.
    pub fn to_match(&self, package: usize) -> Option<Match> {
        let Outcome::Affected { advisory, statement, fixed_version } = &self.outcome else { return None };
        Some(Match {
            package,
            vulnerability: self.vulnerability.to_owned(),
            first_name: self.first_name().to_owned(),
            id: advisory.id.clone(),
            origin: advisory.origin.clone(),
            status: statement.status,
            fix: fixed_version.as_deref().and_then(|fixed| fix(fixed, self.group)),
            fixed_version: fixed_version.clone(),
            note: statement.note.clone(),
            ratings: statement.ratings.clone(),
            views: views(self.subject, self.group),
        })
    }

    /// Ranges of vulnerable versions above the installed one, and whether they are of the source package.
    pub fn vulnerable_above(&self) -> impl Iterator<Item = (bool, &'a KeyedRange)> {
        vulnerable_above(self.subject, self.group.iter().map(|(_, statement)| *statement))
    }

    /// The name by which the vulnerability was known when the first of its publishers spoke of it; its own
    /// where another one of the package has that name now.
    fn first_name(&self) -> &'a str {
        let first = self.group.iter().filter_map(|(advisory, _)| advisory.first_name.as_deref()).min();
        first.filter(|first| !self.groups.contains_key(first)).unwrap_or(self.vulnerability)
    }
}

/// Holds packages against statements, one by one.
#[derive(Debug)]
pub struct Matcher<S> {
    statements: S,
}

impl<S: Statements> Matcher<S> {
    /// One that asks `statements` what is stated.
    pub const fn new(statements: S) -> Self {
        Self { statements }
    }

    /// Judges a package by what is stated in each of `namespaces`, best first, where `properties` are those
    /// of its image. What a better namespace decides stands: coarser ones are not asked of it any more.
    ///
    /// # Errors
    /// What is stated cannot be read.
    pub fn judge(
        &mut self,
        installed: &Installed,
        namespaces: &[String],
        properties: &[(String, String)],
        mut tell: impl FnMut(Verdict<'_>),
    ) -> Result<(), S::Error> {
        let subject = Subject::new(installed, properties);
        let mut decided = BTreeSet::new();
        for namespace in namespaces {
            let mut stated = vec![self.statements.about(namespace, &installed.package.name)?];
            if subject.source_name() != installed.package.name {
                stated.push(self.statements.about(namespace, subject.source_name())?);
            }
            let advisories = stated.iter().flat_map(|advisories| advisories.iter());
            judge_by(&subject, advisories, &mut decided, &mut tell);
        }
        Ok(())
    }
}

/// Judges a package by what one namespace states; what is decided already is not judged again.
fn judge_by<'a>(
    subject: &Subject<'_>,
    advisories: impl Iterator<Item = &'a PackageAdvisory>,
    decided: &mut BTreeSet<String>,
    tell: &mut impl FnMut(Verdict<'_>),
) {
    let mut groups = Groups::new();
    for advisory in advisories {
        for statement in advisory.statements.iter().filter(|s| subject.is_meant_by(s, &advisory.name)) {
            for vulnerability in &advisory.vulnerabilities {
                groups.entry(vulnerability).or_default().push((advisory, statement));
            }
        }
    }
    for (&vulnerability, group) in &groups {
        if decided.contains(vulnerability) {
            continue;
        }
        let statements: Vec<_> = group.iter().map(|(_, statement)| *statement).collect();
        let at = |place: usize| group.get(place).copied();
        let outcome = match judge(subject, &statements) {
            Judged::Silent => Some(Outcome::Silent),
            Judged::NotAffected { place, reason } => {
                at(place).map(|(advisory, _)| Outcome::NotAffected { advisory, reason })
            }
            Judged::Unknown { place, why } => {
                at(place).map(|(advisory, _)| Outcome::Unknown { advisory, why })
            }
            Judged::Affected { place, fixed_version } => at(place)
                .map(|(advisory, statement)| Outcome::Affected { advisory, statement, fixed_version }),
        };
        let Some(outcome) = outcome else { continue };
        if matches!(outcome, Outcome::Affected { .. } | Outcome::NotAffected { .. }) {
            decided.insert(vulnerability.to_owned());
        }
        tell(Verdict { vulnerability, outcome, subject, group, groups: &groups });
    }
}

/// A vulnerability that affects a package.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// Place of the package in the contents.
    pub package: usize,
    /// The vulnerability, as all publishers call it.
    pub vulnerability: String,
    /// The name by which it was first known here, which a later one does not change.
    pub first_name: String,
    /// The publisher's identifier of the advisory that counts.
    pub id: String,
    /// Where that is published, and by whom.
    pub origin: Origin,
    /// What it states of the installed version.
    pub status: Status,
    /// The nearest version above the installed one that is not affected.
    pub fixed_version: Option<String>,
    /// Where the fixed version stands among others of the package.
    pub fix: Option<Fix>,
    /// The publisher's reason.
    pub note: Option<String>,
    /// The publisher's ratings of this package.
    pub ratings: Vec<Rating>,
    /// What each publisher states of the package.
    pub views: Vec<PublisherView>,
}

/// A fixed version among others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fix {
    /// Whether it is one of the source package: these two are not compared.
    pub of_source: bool,
    /// Its key.
    pub key: Key,
}

/// What one advisory states of the vulnerability of a package, taken by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct PublisherView {
    /// The publisher's identifier.
    pub id: String,
    /// Where it is published, and by whom.
    pub origin: Origin,
    /// None where it does not speak of this version.
    pub status: Option<Status>,
    /// The nearest fixed version that it names.
    pub fixed_version: Option<String>,
}

/// All that matching the packages of an image gives.
#[derive(Debug, Default)]
pub struct Matches {
    /// What affects them.
    pub matches: Vec<Match>,
    /// Packages whose versions nobody can order.
    pub unordered: Vec<UnorderedVersion>,
    /// Advisories of which nobody can tell whether they affect a package.
    pub unjudged: Vec<UnjudgedAdvisory>,
    /// Ranges of vulnerable versions above the installed one, by the place of the package and whether they
    /// are of its source package.
    pub vulnerable_above: BTreeMap<(usize, bool), Vec<KeyedRange>>,
}

/// Holds all packages of an image against all that is stated of their names. Packages whose files the
/// distribution put there are left to the distribution, where `authority` says so.
///
/// # Errors
/// What is stated cannot be read.
pub fn match_all<S: Statements>(
    statements: S,
    authority: &mut Authority<impl Speaks<Error = S::Error>>,
    contents: &Contents,
) -> Result<Matches, S::Error> {
    let mut matcher = Matcher::new(statements);
    let mut out = Matches::default();
    let of_distribution = namespaces_of_distribution(contents);
    for (place, installed) in contents.packages.iter().enumerate() {
        if authority.judges(installed.owner.as_deref(), of_distribution)? {
            continue;
        }
        if let Err(why) = Subject::new(installed, &contents.properties).orderable() {
            out.unordered.push(UnorderedVersion {
                package: installed.package.name.to_string(),
                version: installed.package.version.to_string(),
                why: why.to_owned(),
            });
        }
        let namespaces = namespaces(contents, installed);
        matcher.judge(installed, namespaces, &contents.properties, |verdict| {
            for (of_source, range) in verdict.vulnerable_above() {
                out.vulnerable_above.entry((place, of_source)).or_default().push(range.clone());
            }
            out.matches.extend(verdict.to_match(place));
            if let Outcome::Unknown { advisory, why } = verdict.outcome {
                out.unjudged.push(UnjudgedAdvisory {
                    id: advisory.id.clone(),
                    feed: advisory.origin.feed.clone(),
                    package: installed.package.name.to_string(),
                    why,
                });
            }
        })?;
    }
    Ok(out)
}

/// Where advisories for the image's distribution are published, best first.
pub fn namespaces_of_distribution(contents: &Contents) -> &[String] {
    contents.distribution.as_ref().map_or(&[], |known| &known.namespaces)
}

/// Where advisories for a package are published, best first.
pub fn namespaces<'a>(contents: &'a Contents, installed: &'a Installed) -> &'a [String] {
    namespaces_in(&installed.package.scope, namespaces_of_distribution(contents))
}

/// The same, where it is known where those of the distribution are published.
pub fn namespaces_in<'a>(scope: &'a Scope, of_distribution: &'a [String]) -> &'a [String] {
    match scope {
        Scope::Distribution => of_distribution,
        Scope::Namespace(namespace) => std::slice::from_ref(namespace),
    }
}

/// The key of a fixed version, which is the end of a range of the group.
fn fix(fixed_version: &str, group: &Group<'_>) -> Option<Fix> {
    group.iter().find_map(|(_, statement)| {
        let mut ends = statement.ranges.iter().filter_map(|range| range.until.as_ref());
        let end = ends.find(|end| end.version == fixed_version)?;
        Some(Fix { of_source: statement.of_source, key: end.key.clone().ok()? })
    })
}

/// What each advisory of a group states by itself.
fn views(subject: &Subject<'_>, group: &Group<'_>) -> Vec<PublisherView> {
    let mut by_advisory: BTreeMap<_, Group<'_>> = BTreeMap::new();
    for (advisory, statement) in group {
        by_advisory.entry(advisory.place()).or_default().push((advisory, statement));
    }
    let view = |group: Group<'_>| {
        let (advisory, _) = *group.first()?;
        let statements: Vec<_> = group.iter().map(|(_, statement)| *statement).collect();
        let (status, fixed_version) = match judge(subject, &statements) {
            Judged::Affected { place, fixed_version } => {
                (statements.get(place).map(|statement| statement.status), fixed_version)
            }
            Judged::NotAffected { reason: NotAffected::Stated(status), .. } => (Some(status), None),
            Judged::NotAffected { reason: NotAffected::FixReached(_), .. } => (Some(Status::Fixed), None),
            Judged::Silent | Judged::Unknown { .. } => (None, None),
        };
        Some(PublisherView {
            id: advisory.id.clone(),
            origin: advisory.origin.clone(),
            status,
            fixed_version,
        })
    };
    by_advisory.into_values().filter_map(view).collect()
}

#[cfg(test)]
mod tests;
