//! Holding packages against advisories: comparisons of bytes in memory, and ordered scans.

pub(crate) mod judge;
mod statements;

use std::collections::{BTreeMap, BTreeSet};

use limpid_model::report::{Origin, UnjudgedAdvisory, UnorderedVersion};
use limpid_model::{Rating, Scope, Status};

use crate::Error;
use crate::fold::{Contents, Held};
use judge::{Judged, Subject, judge};
pub(crate) use statements::{AboutSome, All, Said, Statements};

/// A vulnerability that concerns a package.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Match {
    /// Place of the package in the contents.
    pub(crate) package: usize,
    /// The vulnerability, as all publishers call it.
    pub(crate) vulnerability: String,
    /// What the statement that counts says, and who says it.
    pub(crate) id: String,
    pub(crate) origin: Origin,
    pub(crate) status: Status,
    pub(crate) fixed_version: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) ratings: Vec<Rating>,
    /// What each publisher says of the package.
    pub(crate) views: Vec<PublisherView>,
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
}

/// Holds all packages of an image against all that is said of their names. Packages
/// whose files the distribution put there are left to the distribution, unless `owned` says so.
pub(crate) fn matches(
    statements: impl Statements,
    contents: &Contents,
    owned: Owned,
) -> Result<Matches, Error> {
    let mut matcher = Matcher { statements, out: Matches::default() };
    for (place, held) in contents.packages.iter().enumerate() {
        if held.owner.is_none() || owned == Owned::Judged {
            matcher.package(place, held, namespaces(contents, held), &contents.properties)?;
        }
    }
    Ok(matcher.out)
}

/// What becomes of packages whose files the distribution put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owned {
    /// The distribution judges them.
    LeftToDistribution,
    /// They are judged like all others, too.
    Judged,
}

/// Where advisories for a package are published, best first.
pub(crate) fn namespaces<'a>(contents: &'a Contents, held: &'a Held) -> &'a [String] {
    let of_distribution = contents.distribution.as_ref().map_or(&[][..], |known| &known.namespaces);
    namespaces_in(&held.package.scope, of_distribution)
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
    pub(crate) statements: S,
    pub(crate) out: Matches,
}

/// The statements about one vulnerability, each with the advisory that holds it.
type Group<'a> = Vec<(&'a Said, &'a limpid_store::tables::affects::Statement)>;

impl<S: Statements> Matcher<S> {
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
            namespace_says(place, &subject, said, &mut decided, &mut self.out);
        }
        Ok(())
    }
}

/// Judges a package by what one namespace says; what a better namespace decided stands.
fn namespace_says<'a>(
    place: usize,
    subject: &Subject<'_>,
    said: impl Iterator<Item = &'a Said>,
    decided: &mut BTreeSet<String>,
    out: &mut Matches,
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
    for (vulnerability, group) in groups {
        if decided.contains(vulnerability) {
            continue;
        }
        let statements: Vec<_> = group.iter().map(|(_, statement)| *statement).collect();
        match judge(subject, &statements) {
            Judged::Unconcerned => {}
            Judged::Decided => {
                decided.insert(vulnerability.to_owned());
            }
            Judged::Unknown { place, why } => {
                let Some((said, _)) = group.get(place) else { continue };
                out.unjudged.push(UnjudgedAdvisory {
                    id: said.key.id.clone(),
                    feed: said.key.feed.clone(),
                    package: subject.name().to_owned(),
                    why,
                });
            }
            Judged::Concerned { place: counts, fixed_version } => {
                let Some((said, statement)) = group.get(counts) else { continue };
                decided.insert(vulnerability.to_owned());
                out.matches.push(Match {
                    package: place,
                    vulnerability: vulnerability.to_owned(),
                    id: said.key.id.clone(),
                    origin: said.origin(),
                    status: statement.status,
                    fixed_version,
                    note: statement.note.clone(),
                    ratings: statement.ratings.clone(),
                    views: views(subject, &group),
                });
            }
        }
    }
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
            Judged::Concerned { place, fixed_version } => {
                (statements.get(place).map(|statement| statement.status), fixed_version)
            }
            Judged::Decided => (Some(Status::NotAffected), None),
            Judged::Unconcerned | Judged::Unknown { .. } => (None, None),
        };
        Some(PublisherView { id: said.key.id.clone(), origin: said.origin(), status, fixed_version })
    };
    by_advisory.into_values().filter_map(view).collect()
}

#[cfg(test)]
mod tests;
