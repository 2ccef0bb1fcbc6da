//! Holding packages against advisories: comparisons of bytes in memory, and nothing else.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use limpid_model::report::{Origin, UnjudgedAdvisory, UnorderedVersion};
use limpid_model::{Key, KeyedRange, Rating, Scope, Statement, Status, Text};

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
    /// What is stated of the vulnerability.
    group: &'a [Stated<'a>],
    /// What is stated of all vulnerabilities of the package, in their order.
    all: &'a [Stated<'a>],
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
        fixed_version: Option<Text>,
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

/// A statement about a vulnerability, and the advisory that makes it.
#[derive(Clone, Copy, Debug)]
struct Stated<'a> {
    vulnerability: &'a str,
    advisory: &'a PackageAdvisory,
    statement: &'a Statement,
}

fn statements<'a>(group: &[Stated<'a>]) -> impl Iterator<Item = &'a Statement> + Clone {
    group.iter().map(|stated| stated.statement)
}

impl<'a> Verdict<'a> {
    /// The match that it is, where it affects the package; `package` is the place of that.
    pub fn to_match(&self, package: usize) -> Option<Match> {
        let Outcome::Affected { advisory, statement, fixed_version } = &self.outcome else { return None };
        Some(Match {
            package,
            vulnerability: self.vulnerability.into(),
            first_name: self.first_name().into(),
            id: advisory.id.as_str().into(),
            origin: Arc::clone(&advisory.origin),
            status: statement.status,
            fix: fixed_version.as_deref().and_then(|fixed| fix(fixed, self.group)),
            fixed_version: fixed_version.clone(),
            note: statement.note.clone(),
            ratings: statement.ratings.clone(),
            views: match self.only_view(statement, fixed_version.as_ref()) {
                Some(only) => vec![only],
                None => views(self.subject, self.group),
            },
        })
    }

    /// What the advisory that counts states, where no other speaks of the vulnerability: that is judged
    /// already.
    fn only_view(&self, statement: &Statement, fixed_version: Option<&Text>) -> Option<PublisherView> {
        let (first, others) = self.group.split_first()?;
        let is_only = others.iter().all(|other| is_same(first, other));
        is_only.then(|| PublisherView {
            id: first.advisory.id.as_str().into(),
            origin: Arc::clone(&first.advisory.origin),
            status: Some(statement.status),
            fixed_version: fixed_version.cloned(),
        })
    }

    /// Ranges of vulnerable versions above the installed one, and whether they are of the source package.
    pub fn vulnerable_above(&self) -> impl Iterator<Item = (bool, &'a KeyedRange)> {
        vulnerable_above(self.subject, statements(self.group))
    }

    /// The name by which the vulnerability was known when the first of its publishers spoke of it; its own
    /// where another one of the package has that name now.
    fn first_name(&self) -> &'a str {
        let first = self.group.iter().filter_map(|stated| stated.advisory.first_name.as_deref()).min();
        let is_known = |name: &&str| self.all.binary_search_by(|it| it.vulnerability.cmp(name)).is_ok();
        first.filter(|first| !is_known(first)).unwrap_or(self.vulnerability)
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
        let mut stated = Vec::with_capacity(namespaces.len());
        for namespace in namespaces {
            let of_package = self.statements.about(namespace, &installed.package.name)?;
            let of_source = match subject.source_name() {
                name if name == installed.package.name => None,
                name => Some(self.statements.about(namespace, name)?),
            };
            stated.push((of_package, of_source));
        }
        // Of most packages only the best one states anything: nobody asks then what it decides.
        let is_empty = |(of_package, of_source): &(Arc<Vec<_>>, Option<Arc<Vec<_>>>)| {
            of_package.is_empty() && of_source.as_ref().is_none_or(|stated| stated.is_empty())
        };
        let Some(last) = stated.iter().rposition(|stated| !is_empty(stated)) else { return Ok(()) };
        let mut decided = HashSet::new();
        for (place, (of_package, of_source)) in stated.iter().enumerate().take(last + 1) {
            let named = [(subject.name(), Some(of_package)), (subject.source_name(), of_source.as_ref())];
            let named = named.into_iter().filter_map(|(name, stated)| Some((name, stated?.as_slice())));
            let mut fresh = (place < last).then(Vec::new);
            judge_by(&subject, named, &decided, fresh.as_mut(), &mut tell);
            decided.extend(fresh.into_iter().flatten());
        }
        Ok(())
    }
}

/// Judges a package by what one namespace states of its names; what is decided already is not judged again. `fresh` is
/// told of which vulnerabilities it decides, where anybody asks.
fn judge_by<'a>(
    subject: &Subject<'_>,
    named: impl Iterator<Item = (&'a str, &'a [PackageAdvisory])> + Clone,
    decided: &HashSet<&str>,
    mut fresh: Option<&mut Vec<&'a str>>,
    tell: &mut impl FnMut(Verdict<'_>),
) {
    // Most state one thing of one vulnerability.
    let mut all = Vec::with_capacity(named.clone().map(|(_, advisories)| advisories.len()).sum());
    for (name, advisories) in named {
        // Asked once for all that is stated under the name.
        let (is_own, is_source) = (subject.name() == name, subject.source_name() == name);
        let is_named = |statement: &Statement| if statement.of_source { is_source } else { is_own };
        for advisory in advisories {
            let meant = |statement: &&Statement| is_named(statement) && subject.lacks(statement).is_none();
            for statement in advisory.statements.iter().filter(meant) {
                all.extend(advisory.vulnerabilities.iter().map(|vulnerability| Stated {
                    vulnerability,
                    advisory,
                    statement,
                }));
            }
        }
    }
    // Stable: what is stated of one stays in the order in which it is stated.
    all.sort_by_key(|stated| stated.vulnerability);
    for group in all.chunk_by(|a, b| a.vulnerability == b.vulnerability) {
        let Some(&Stated { vulnerability, .. }) = group.first() else { continue };
        if decided.contains(vulnerability) {
            continue;
        }
        let at = |place: usize| group.get(place).copied();
        let outcome = match judge(subject, statements(group)) {
            Judged::Silent => Some(Outcome::Silent),
            Judged::NotAffected { place, reason } => {
                at(place).map(|Stated { advisory, .. }| Outcome::NotAffected { advisory, reason })
            }
            Judged::Unknown { place, why } => {
                at(place).map(|Stated { advisory, .. }| Outcome::Unknown { advisory, why })
            }
            Judged::Affected { place, fixed_version } => {
                at(place).map(|Stated { advisory, statement, .. }| Outcome::Affected {
                    advisory,
                    statement,
                    fixed_version,
                })
            }
        };
        let Some(outcome) = outcome else { continue };
        if let Some(fresh) = &mut fresh
            && matches!(outcome, Outcome::Affected { .. } | Outcome::NotAffected { .. })
        {
            fresh.push(vulnerability);
        }
        tell(Verdict { vulnerability, outcome, subject, group, all: &all });
    }
}

/// A vulnerability that affects a package.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// Place of the package in the contents.
    pub package: usize,
    /// The vulnerability, as all publishers call it.
    pub vulnerability: Text,
    /// The name by which it was first known here, which a later one does not change.
    pub first_name: Text,
    /// The publisher's identifier of the advisory that counts.
    pub id: Text,
    /// Where that is published, and by whom.
    pub origin: Arc<Origin>,
    /// What it states of the installed version.
    pub status: Status,
    /// The nearest version above the installed one that is not affected.
    pub fixed_version: Option<Text>,
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
    pub id: Text,
    /// Where it is published, and by whom.
    pub origin: Arc<Origin>,
    /// None where it does not speak of this version.
    pub status: Option<Status>,
    /// The nearest fixed version that it names.
    pub fixed_version: Option<Text>,
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

impl Matches {
    /// Adds what matching packages in later places gave.
    pub fn append(&mut self, later: Self) {
        let Self { mut matches, mut unordered, mut unjudged, mut vulnerable_above } = later;
        self.matches.append(&mut matches);
        self.unordered.append(&mut unordered);
        self.unjudged.append(&mut unjudged);
        self.vulnerable_above.append(&mut vulnerable_above);
    }
}

/// Holds the packages in some places of an image against all that is stated of their names. Packages whose files
/// the distribution put there are left to the distribution, where `authority` says so.
///
/// # Errors
/// What is stated cannot be read.
pub fn match_packages<S: Statements>(
    statements: S,
    authority: &mut Authority<impl Speaks<Error = S::Error>>,
    contents: &Contents,
    places: Range<usize>,
) -> Result<Matches, S::Error> {
    let mut matcher = Matcher::new(statements);
    let mut out = Matches::default();
    let of_distribution = namespaces_of_distribution(contents);
    let packages = contents.packages.get(places.clone()).unwrap_or_default();
    for (place, installed) in places.zip(packages) {
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
fn fix(fixed_version: &str, group: &[Stated<'_>]) -> Option<Fix> {
    statements(group).find_map(|statement| {
        let mut ends = statement.ranges.iter().filter_map(|range| range.until.as_ref());
        let end = ends.find(|end| end.version == fixed_version)?;
        Some(Fix { of_source: statement.of_source, key: end.key.clone().ok()? })
    })
}

/// Whether one advisory makes both statements.
fn is_same(a: &Stated<'_>, b: &Stated<'_>) -> bool {
    std::ptr::eq(a.advisory, b.advisory) || a.advisory.place() == b.advisory.place()
}

/// What each advisory of a group states by itself, in the order of their places.
fn views(subject: &Subject<'_>, group: &[Stated<'_>]) -> Vec<PublisherView> {
    let is_sorted = group.is_sorted_by(|a, b| is_same(a, b) || a.advisory.place() < b.advisory.place());
    if is_sorted {
        return group.chunk_by(is_same).filter_map(|group| view(subject, group)).collect();
    }
    let mut group = group.to_vec();
    group.sort_by(|a, b| a.advisory.place().cmp(&b.advisory.place()));
    group.chunk_by(is_same).filter_map(|group| view(subject, group)).collect()
}

/// What one advisory states.
fn view(subject: &Subject<'_>, group: &[Stated<'_>]) -> Option<PublisherView> {
    let advisory = group.first()?.advisory;
    let (status, fixed_version) = match judge(subject, statements(group)) {
        Judged::Affected { place, fixed_version } => {
            (group.get(place).map(|stated| stated.statement.status), fixed_version)
        }
        Judged::NotAffected { reason: NotAffected::Stated(status), .. } => (Some(status), None),
        Judged::NotAffected { reason: NotAffected::FixReached(_), .. } => (Some(Status::Fixed), None),
        // It says so of this file, which its publisher does not know.
        Judged::NotAffected { reason: NotAffected::NotReached, .. } => (Some(Status::NotAffected), None),
        Judged::Silent | Judged::Unknown { .. } => (None, None),
    };
    Some(PublisherView {
        id: advisory.id.as_str().into(),
        origin: Arc::clone(&advisory.origin),
        status,
        fixed_version,
    })
}

#[cfg(test)]
mod tests;
