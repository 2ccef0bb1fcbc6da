//! Why a vulnerability affects an image, or why it does not, or why that cannot be said.

mod answer;

use std::collections::{BTreeMap, BTreeSet};

use limpid_model::{Advisory, Digest, KeyedVersion, Package, Status};
use limpid_runtime::Snapshot;
use limpid_store::tables::advisories;
use limpid_store::tables::affects::{End, Statement};
use limpid_store::tables::feeds::Feeds;
use limpid_store::{Store, View};

use crate::fold::{self, Contents, Held};
use crate::images;
use crate::inventory::{self, Vulnerability};
use crate::matching::judge::{Reason, Subject, holds};
use crate::matching::{
    AboutSome, All, Authority, Matcher, Owned, Ruling, Said, Speaks, namespaces, namespaces_of_distribution,
};
use crate::{Error, Settings, identifiers};
use answer::Seen;

/// Why a vulnerability affects an image, or why it does not, or why nobody can say: a verdict for each
/// package of which an advisory speaks.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The image.
    pub image: Digest,
    /// The vulnerability, as it was asked for.
    pub vulnerability: String,
    /// What it comes to, as the report has it.
    pub answer: Answer,
    /// Why, in a sentence.
    pub because: String,
    /// The reasons, those by which it is affected first.
    pub verdicts: Vec<Verdict>,
    /// The feeds whose advisories were looked at.
    pub feeds: Vec<String>,
}

/// Whether a vulnerability affects an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// The report has a finding for it.
    Affected,
    /// Somebody who may say so says that it does not, or no package of the image is meant.
    NotAffected,
    /// What is held does not tell.
    CannotSay,
}

impl Answer {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::NotAffected => "not-affected",
            Self::CannotSay => "cannot-say",
        }
    }
}

/// What one advisory means for one package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verdict {
    /// What it comes to.
    pub outcome: Outcome,
    /// The package, its version, and the file that states it; none where no package of the image is
    /// meant.
    pub package: Option<(String, String, String)>,
    /// The publisher's identifier.
    pub advisory: String,
    /// The feed.
    pub feed: String,
    /// Where it is published.
    pub namespace: String,
    /// The reason, in a sentence.
    pub why: String,
}

/// What an advisory comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It affects the package.
    Concerned,
    /// It cannot be told: a version cannot be ordered.
    Unreadable,
    /// The installed version holds the fix.
    Fixed,
    /// It is said not to be vulnerable.
    NotAffected,
    /// It would affect the package, but a namespace or statement that counts before says that it does
    /// not.
    Overruled,
    /// It speaks of other versions.
    OtherVersions,
    /// It speaks of packages with something that this one has not: another architecture.
    Requirement,
    /// It speaks of another release of the distribution, or of another ecosystem.
    OtherNamespace,
    /// The distribution put the package there, and judges it.
    LeftToDistribution,
    /// No package of the image has the name of which it speaks.
    NoSuchPackage,
    /// No feed knows the vulnerability.
    NotInFeeds,
    /// Its publisher took it back, and nobody else speaks of it.
    Withdrawn,
}

impl Outcome {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Concerned => "concerned",
            Self::Unreadable => "unreadable-version",
            Self::Fixed => "fixed",
            Self::NotAffected => "not-affected",
            Self::Overruled => "overruled",
            Self::OtherVersions => "other-versions",
            Self::Requirement => "requirement-not-met",
            Self::OtherNamespace => "other-release",
            Self::LeftToDistribution => "left-to-distribution",
            Self::NoSuchPackage => "no-such-package",
            Self::NotInFeeds => "not-in-feeds",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Says why a vulnerability, by any of its identifiers, affects an image, or why not, or why that
/// cannot be said. What it comes to is what a report has, because the same judge says so.
///
/// # Errors
/// [`Error::NoImage`] where there is no such image.
pub(crate) fn explain(
    store: &Store,
    settings: &Settings,
    plugins: &Snapshot,
    image: &Digest,
    vulnerability: &str,
) -> Result<Explanation, Error> {
    identifiers::check(vulnerability)?;
    let view = store.view();
    let (image, indexing) = images::image(&view, image)?;
    let linked = indexing.linked.as_ref().map(|linked| (linked.diff_id, linked.files.as_slice()));
    let facts = fold::facts(&view, &image, linked, &indexing.detectors, &BTreeMap::new())?;
    let hidden = inventory::hidden_of(&view, &image, &indexing)?;
    let contents = fold::fold(facts, &hidden, |_, _| ());
    let feeds = feeds(&view)?;
    let known = Vulnerability::find(&view, vulnerability)?;
    let said = known.said(&view)?;
    let mut authority = Authority::new(All::new(&view), Owned::by(settings));
    let judged = Judged::new(&contents, &said, &mut authority)?;
    let mut verdicts = Vec::new();
    for (namespace, name) in said.names() {
        for said in said.of_name(namespace, name) {
            verdicts.extend(of_advisory(&contents, said, &judged));
        }
    }
    if verdicts.is_empty() {
        verdicts.extend(known.advisories.iter().filter_map(withdrawn));
    }
    if verdicts.is_empty() {
        verdicts.push(unknown(vulnerability, &feeds));
    }
    verdicts.sort();
    verdicts.dedup();
    let seen = Seen::new(plugins, &view, &contents, &indexing)?;
    let (answer, because) = answer::answer(&verdicts, judged.is_affected(), &seen)?;
    let vulnerability = vulnerability.to_owned();
    Ok(Explanation { image: image.id, vulnerability, answer, because, verdicts, feeds })
}

/// What the judge who makes reports says of the packages of an image.
struct Judged {
    rulings: Vec<Ruling>,
    /// Places of packages that are left to the distribution.
    left: BTreeSet<usize>,
    affected: bool,
}

impl Judged {
    fn new(
        contents: &Contents,
        said: &AboutSome,
        authority: &mut Authority<impl Speaks>,
    ) -> Result<Self, Error> {
        let mut matcher = Matcher::remembering(said);
        let mut left = BTreeSet::new();
        for (place, held) in contents.packages.iter().enumerate() {
            if authority.judges(held.owner.as_deref(), namespaces_of_distribution(contents))? {
                left.insert(place);
            } else {
                matcher.package(place, held, namespaces(contents, held), &contents.properties)?;
            }
        }
        let affected = !matcher.out.matches.is_empty();
        Ok(Self { rulings: matcher.into_rulings(), left, affected })
    }

    const fn is_affected(&self) -> bool {
        self.affected
    }

    /// Who decided that a vulnerability of an advisory does not affect a package, where every one of
    /// them is decided so.
    fn not_affected(&self, place: usize, said: &Said) -> Option<&Ruling> {
        let mut decided = None;
        for vulnerability in &said.vulnerabilities {
            let mut rulings = self.rulings.iter();
            let ruling = rulings.find(|it| it.package == place && it.vulnerability == *vulnerability)?;
            ruling.not_affected.as_ref()?;
            decided = Some(ruling);
        }
        decided
    }
}

fn feeds(view: &View<'_>) -> Result<Vec<String>, Error> {
    view.keys::<Feeds>(|_| ()).map(|key| Ok(key?)).collect()
}

/// What an advisory says that its publisher took back.
fn withdrawn((key, advisory): (&advisories::Key, &Advisory)) -> Option<Verdict> {
    let when = advisory.withdrawn.as_ref()?;
    Some(Verdict {
        outcome: Outcome::Withdrawn,
        package: None,
        advisory: key.id.clone(),
        feed: key.feed.clone(),
        namespace: advisory.affected.first().map(|affected| affected.namespace.clone()).unwrap_or_default(),
        why: format!("`{}` was withdrawn by its publisher on {when}", key.id),
    })
}

fn unknown(vulnerability: &str, feeds: &[String]) -> Verdict {
    let known = if feeds.is_empty() { "none was taken in".to_owned() } else { feeds.join(", ") };
    Verdict {
        outcome: Outcome::NotInFeeds,
        package: None,
        advisory: vulnerability.to_owned(),
        feed: String::new(),
        namespace: String::new(),
        why: format!("no advisory of a feed that was taken in names a package for it ({known})"),
    }
}

/// What an advisory says of each package of its name.
fn of_advisory(contents: &Contents, said: &Said, judged: &Judged) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (place, held) in contents.packages.iter().enumerate() {
        let subject = Subject::new(held, &contents.properties);
        for statement in said.statements.iter().filter(|s| subject.is_named_by(s, &said.key.name)) {
            let at = (place, held);
            let (outcome, why) = of_statement(contents, at, &subject, said, statement, judged);
            let Package { name, version, .. } = &*held.package;
            let package = (name.to_string(), version.to_string(), held.path.to_string());
            verdicts.push(verdict(said, outcome, Some(package), why));
        }
    }
    if verdicts.is_empty() {
        let why = format!("no package of the image is called `{}`", said.key.name);
        verdicts.push(verdict(said, Outcome::NoSuchPackage, None, why));
    }
    verdicts
}

fn verdict(said: &Said, outcome: Outcome, package: Option<(String, String, String)>, why: String) -> Verdict {
    Verdict {
        outcome,
        package,
        advisory: said.key.id.clone(),
        feed: said.key.feed.clone(),
        namespace: said.key.namespace.clone(),
        why,
    }
}

fn of_statement(
    contents: &Contents,
    (place, held): (usize, &Held),
    subject: &Subject<'_>,
    said: &Said,
    statement: &Statement,
    judged: &Judged,
) -> (Outcome, String) {
    let asked = namespaces(contents, held);
    if !asked.contains(&said.key.namespace) {
        let asked = if asked.is_empty() { "nowhere that is known".to_owned() } else { asked.join(", ") };
        let why = format!("it speaks of `{}`; for this package it would be {asked}", said.key.namespace);
        return (Outcome::OtherNamespace, why);
    }
    if let Some(owner) = held.owner.as_ref().filter(|_| judged.left.contains(&place)) {
        let why = format!("its file is of package `{}`, which the distribution judges", owner.package);
        return (Outcome::LeftToDistribution, why);
    }
    if let Some((fact, values)) = subject.lacks(statement) {
        return (Outcome::Requirement, format!("it is for `{fact}` {}", values.join(" or ")));
    }
    let version = &subject.version(statement).version;
    match holds(subject, statement) {
        Err(why) => (Outcome::Unreadable, why),
        Ok(true) if statement.status.concerns() => match judged.not_affected(place, said) {
            Some(ruling) => overruled(ruling, statement, version),
            None => holding(statement, version),
        },
        Ok(true) => holding(statement, version),
        Ok(false) => outside(subject, statement, version),
    }
}

fn holding(statement: &Statement, version: &str) -> (Outcome, String) {
    let note = statement.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    match statement.status {
        Status::Fixed => (Outcome::Fixed, format!("version {version} holds the fix{note}")),
        Status::NotAffected => (Outcome::NotAffected, format!("it is not vulnerable{note}")),
        status => (Outcome::Concerned, format!("version {version} is {}{note}", status.as_str())),
    }
}

/// What counts before a statement that would affect a version.
fn overruled(ruling: &Ruling, statement: &Statement, version: &str) -> (Outcome, String) {
    let Ruling { namespace, id, not_affected, .. } = ruling;
    let decided = match not_affected {
        Some(Reason::FixReached(fix)) => format!("that {version} has reached the fix {fix}"),
        Some(Reason::Stated(status)) => format!("that {version} is {}", status.as_str()),
        None => "otherwise".to_owned(),
    };
    let why = format!(
        "it says that version {version} is {}, but `{id}` in `{namespace}` counts before, and says {decided}",
        statement.status.as_str()
    );
    (Outcome::Overruled, why)
}

/// Why a version is in none of the ranges.
fn outside(subject: &Subject<'_>, statement: &Statement, version: &str) -> (Outcome, String) {
    let Ok(key) = subject.key(statement) else {
        return (Outcome::OtherVersions, format!("version {version} is not among those it lists"));
    };
    if !statement.status.concerns() {
        let status = statement.status.as_str();
        let why = format!("version {version} is not among those of which it says that they are {status}");
        return (Outcome::OtherVersions, why);
    }
    let ends = statement.ranges.iter().filter_map(|range| Some((range.end, range.until.as_ref()?)));
    let passed = ends.filter(|(_, until)| until.key.as_ref().is_ok_and(|until| until <= key));
    let by_key = |(_, a): &(End, &KeyedVersion), (_, b): &(End, &KeyedVersion)| {
        a.key.as_ref().ok().cmp(&b.key.as_ref().ok())
    };
    // What is known of a fix says most.
    let (fixes, others): (Vec<_>, Vec<_>) = passed.partition(|(end, _)| *end == End::Fix);
    if let Some((_, fix)) = fixes.into_iter().max_by(by_key) {
        return (Outcome::Fixed, format!("version {version} is not below {}, which mends it", fix.version));
    }
    if let Some((end, last)) = others.into_iter().max_by(by_key) {
        let last = &last.version;
        let why = match end {
            End::Last => format!("version {version} is behind {last}, the last that is affected"),
            End::Fix | End::Limit => {
                format!(
                    "version {version} is not below {last}, up to which versions are known to be affected"
                )
            }
        };
        return (Outcome::OtherVersions, why);
    }
    let begins = statement.ranges.iter().filter_map(|range| range.introduced.as_ref());
    match begins.min_by(|a, b| a.key.as_ref().ok().cmp(&b.key.as_ref().ok())) {
        Some(first) => {
            let why = format!("version {version} is before {}, which brought it", first.version);
            (Outcome::OtherVersions, why)
        }
        None => (Outcome::OtherVersions, format!("version {version} is not among those it lists")),
    }
}

#[cfg(test)]
mod tests;
