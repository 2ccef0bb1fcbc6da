//! Holding packages against advisories: comparisons of bytes in memory, and ordered scans.

mod authority;
mod fingerprint;
pub(crate) mod judge;
mod statements;

use std::collections::{BTreeMap, BTreeSet};

use limpid_model::report::{Origin, UnjudgedAdvisory, UnorderedVersion};
use limpid_model::{Key, Rating, Scope, Status};
use limpid_store::tables::affects::KeyedRange;

use crate::Error;
use crate::fold::{Contents, Held};
pub(crate) use authority::{AfterChange, Authority, Owned, Speaks};
pub(crate) use fingerprint::fingerprint;
use judge::{Judged, Reason, Subject, judge, vulnerable_above};
pub(crate) use statements::{AboutSome, All, Said, Statements, learn_names};

/// A vulnerability that concerns a package.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Match {
    /// Place of the package in the contents.
    pub(crate) package: usize,
    /// The vulnerability, as all publishers call it.
    pub(crate) vulnerability: String,
    /// The name by which it was first known here, which a later one does not change.
    pub(crate) first_name: String,
    /// What the statement that counts says, and who says it.
    pub(crate) id: String,
    pub(crate) origin: Origin,
    pub(crate) status: Status,
    pub(crate) fixed_version: Option<String>,
    /// Where the fixed version stands among others of the package.
    pub(crate) fix: Option<Fix>,
    pub(crate) note: Option<String>,
    pub(crate) ratings: Vec<Rating>,
    /// What each publisher says of the package.
    pub(crate) views: Vec<PublisherView>,
}

/// A fixed version among others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fix {
    /// Whether it is one of the source package: these two are not compared.
    pub(crate) of_source: bool,
    pub(crate) key: Key,
}

/// What one advisory says of the vulnerability of a package, taken by itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PublisherView {
    pub(crate) id: String,
    pub(crate) origin: Origin,
    /// None where it does not speak of this version.
    pub(crate) status: Option<Status>,
    pub(crate) fixed_version: Option<String>,
}

/// All that matching gives.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    pub(crate) matches: Vec<Match>,
    pub(crate) unordered: Vec<UnorderedVersion>,
    pub(crate) unjudged: Vec<UnjudgedAdvisory>,
    /// Ranges of vulnerable versions above the installed one, by the place of the package and whether they
    /// are of its source package, where somebody wants to know.
    pub(crate) vulnerable_above: Option<BTreeMap<(usize, bool), Vec<KeyedRange>>>,
}

/// Holds all packages of an image against all that is said of their names. Packages
/// whose files the distribution put there are left to the distribution, where `authority` says so.
pub(crate) fn matches(
    statements: impl Statements,
    authority: &mut Authority<impl Speaks>,
    contents: &Contents,
) -> Result<Matches, Error> {
    let mut matcher = Matcher::new(statements);
    matcher.out.vulnerable_above = Some(BTreeMap::new());
    let of_distribution = namespaces_of_distribution(contents);
    for (place, held) in contents.packages.iter().enumerate() {
        if !authority.judges(held.owner.as_deref(), of_distribution)? {
            matcher.package(place, held, namespaces(contents, held), &contents.properties)?;
        }
    }
    Ok(matcher.out)
}

/// Where advisories for the image's distribution are published, best first.
pub(crate) fn namespaces_of_distribution(contents: &Contents) -> &[String] {
    contents.distribution.as_ref().map_or(&[], |known| &known.namespaces)
}

/// Where advisories for a package are published, best first.
pub(crate) fn namespaces<'a>(contents: &'a Contents, held: &'a Held) -> &'a [String] {
    namespaces_in(&held.package.scope, namespaces_of_distribution(contents))
}

/// The same, where it is known where those of the distribution are published.
pub(crate) fn namespaces_in<'a>(scope: &'a Scope, of_distribution: &'a [String]) -> &'a [String] {
    match scope {
        Scope::Distribution => of_distribution,
        Scope::Namespace(namespace) => std::slice::from_ref(namespace),
    }
}

/// Holds packages against statements, one by one.
pub(crate) struct Matcher<S> {
    statements: S,
    pub(crate) out: Matches,
    /// What was decided of whom, where somebody wants to know.
    rulings: Option<Vec<Ruling>>,
}

/// Which namespace decides whether a vulnerability affects a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ruling {
    /// Place of the package in the contents.
    pub(crate) package: usize,
    pub(crate) vulnerability: String,
    pub(crate) namespace: String,
    /// The publisher's identifier of the advisory that counts.
    pub(crate) id: String,
    /// Why it is not affected; none where it is.
    pub(crate) not_affected: Option<Reason>,
}

/// The statements about one vulnerability, each with the advisory that holds it.
type Group<'a> = Vec<(&'a Said, &'a limpid_store::tables::affects::Statement)>;

impl<S: Statements> Matcher<S> {
    pub(crate) fn new(statements: S) -> Self {
        Self { statements, out: Matches::default(), rulings: None }
    }

    /// One that remembers what was decided.
    pub(crate) fn remembering(statements: S) -> Self {
        Self { rulings: Some(Vec::new()), ..Self::new(statements) }
    }

    /// What was decided of whom.
    pub(crate) fn into_rulings(self) -> Vec<Ruling> {
        self.rulings.unwrap_or_default()
    }

    pub(crate) fn package(
        &mut self,
        place: usize,
        held: &Held,
        namespaces: &[String],
        properties: &[(String, String)],
    ) -> Result<(), Error> {
        let subject = Subject::new(held, properties);
        if let Err(why) = subject.orderable() {
            self.out.unordered.push(UnorderedVersion {
                package: held.package.name.to_string(),
                version: held.package.version.to_string(),
                why: why.to_owned(),
            });
        }
        let mut decided = BTreeSet::new();
        for namespace in namespaces {
            let mut said = vec![self.statements.about(namespace, &held.package.name)?];
            if subject.source_name() != held.package.name {
                said.push(self.statements.about(namespace, subject.source_name())?);
            }
            let said = said.iter().flat_map(|said| said.iter());
            self.namespace(place, &subject, said, &mut decided);
        }
        Ok(())
    }

    /// Judges a package by what one namespace says; what a better namespace decided stands.
    fn namespace<'a>(
        &mut self,
        place: usize,
        subject: &Subject<'_>,
        said: impl Iterator<Item = &'a Said>,
        decided: &mut BTreeSet<String>,
    ) {
        // Ordered, so that what cannot be judged is told in the same order each time.
        let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
        for said in said {
            for statement in said.statements.iter().filter(|s| subject.is_meant_by(s, &said.key.name)) {
                for vulnerability in &said.vulnerabilities {
                    groups.entry(vulnerability).or_default().push((said, statement));
                }
            }
        }
        for (&vulnerability, group) in &groups {
            if decided.contains(vulnerability) {
                continue;
            }
            let statements: Vec<_> = group.iter().map(|(_, statement)| *statement).collect();
            if let Some(above) = &mut self.out.vulnerable_above {
                for (of_source, range) in vulnerable_above(subject, &statements) {
                    above.entry((place, of_source)).or_default().push(range.clone());
                }
            }
            match judge(subject, &statements) {
                Judged::Silent => {}
                Judged::NotAffected { place: counts, reason } => {
                    let Some((said, _)) = group.get(counts) else { continue };
                    decided.insert(vulnerability.to_owned());
                    self.rule(place, vulnerability, said, Some(reason));
                }
                Judged::Unknown { place, why } => {
                    let Some((said, _)) = group.get(place) else { continue };
                    self.out.unjudged.push(UnjudgedAdvisory {
                        id: said.key.id.clone(),
                        feed: said.key.feed.clone(),
                        package: subject.name().to_owned(),
                        why,
                    });
                }
                Judged::Affected { place: counts, fixed_version } => {
                    let Some((said, statement)) = group.get(counts) else { continue };
                    decided.insert(vulnerability.to_owned());
                    self.rule(place, vulnerability, said, None);
                    self.out.matches.push(Match {
                        package: place,
                        vulnerability: vulnerability.to_owned(),
                        first_name: first_name(vulnerability, group, &groups),
                        id: said.key.id.clone(),
                        origin: said.origin(),
                        status: statement.status,
                        fix: fixed_version.as_deref().and_then(|fixed| fix(fixed, group)),
                        fixed_version,
                        note: statement.note.clone(),
                        ratings: statement.ratings.clone(),
                        views: views(subject, group),
                    });
                }
            }
        }
    }

    fn rule(&mut self, package: usize, vulnerability: &str, said: &Said, not_affected: Option<Reason>) {
        if let Some(rulings) = &mut self.rulings {
            rulings.push(Ruling {
                package,
                vulnerability: vulnerability.to_owned(),
                namespace: said.key.namespace.clone(),
                id: said.key.id.clone(),
                not_affected,
            });
        }
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

/// The name by which a vulnerability was known when the first of its publishers spoke of it; its own where
/// another one of the package has that name now.
fn first_name(vulnerability: &str, group: &Group<'_>, all: &BTreeMap<&str, Group<'_>>) -> String {
    let first = group.iter().filter_map(|(said, _)| said.first_name.as_deref()).min();
    first.filter(|first| !all.contains_key(first)).unwrap_or(vulnerability).to_owned()
}

/// What each advisory of a group says by itself.
fn views(subject: &Subject<'_>, group: &Group<'_>) -> Vec<PublisherView> {
    let mut by_advisory: BTreeMap<_, Group<'_>> = BTreeMap::new();
    for (said, statement) in group {
        by_advisory.entry(&said.key).or_default().push((said, statement));
    }
    let view = |group: Group<'_>| {
        let (said, _) = *group.first()?;
        let statements: Vec<_> = group.iter().map(|(_, statement)| *statement).collect();
        let (status, fixed_version) = match judge(subject, &statements) {
            Judged::Affected { place, fixed_version } => {
                (statements.get(place).map(|statement| statement.status), fixed_version)
            }
            Judged::NotAffected { reason: Reason::Stated(status), .. } => (Some(status), None),
            Judged::NotAffected { reason: Reason::FixReached(_), .. } => (Some(Status::Fixed), None),
            Judged::Silent | Judged::Unknown { .. } => (None, None),
        };
        Some(PublisherView { id: said.key.id.clone(), origin: said.origin(), status, fixed_version })
    };
    by_advisory.into_values().filter_map(view).collect()
}

#[cfg(test)]
mod tests;
