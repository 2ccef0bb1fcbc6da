//! Why a vulnerability concerns an image, or why it does not.

use std::collections::BTreeMap;

use limpid_model::{Digest, Package, Status};
use limpid_store::View;
use limpid_store::tables::affects::Statement;
use limpid_store::tables::feeds::Feeds;

use crate::fold::{self, Contents, Held};
use crate::inventory::{self, Vulnerability};
use crate::matching::judge::{Subject, holds};
use crate::matching::{Owned, Said, namespaces};
use crate::{Error, Scanner, catalog};

/// Why a vulnerability concerns an image, or why it does not: a verdict for each package of which
/// an advisory speaks.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The image.
    pub image: Digest,
    /// The vulnerability, as it was asked for.
    pub vulnerability: String,
    /// Whether it concerns the image.
    pub concerned: bool,
    /// The reasons, those that concern it first.
    pub verdicts: Vec<Verdict>,
    /// The feeds whose advisories were looked at.
    pub feeds: Vec<String>,
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
    /// It concerns the package.
    Concerned,
    /// It cannot be told: a version cannot be ordered.
    Unreadable,
    /// The installed version holds the fix.
    Fixed,
    /// It is said not to be vulnerable.
    NotAffected,
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
}

impl Outcome {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Concerned => "concerned",
            Self::Unreadable => "unreadable-version",
            Self::Fixed => "fixed",
            Self::NotAffected => "not-affected",
            Self::OtherVersions => "other-versions",
            Self::Requirement => "requirement-not-met",
            Self::OtherNamespace => "other-release",
            Self::LeftToDistribution => "left-to-distribution",
            Self::NoSuchPackage => "no-such-package",
            Self::NotInFeeds => "not-in-feeds",
        }
    }
}

impl Scanner {
    /// Says why a vulnerability, by any of its identifiers, concerns an image, or why not.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn explain(&self, image: &Digest, vulnerability: &str) -> Result<Explanation, Error> {
        let view = self.store().view();
        let (image, indexing) = catalog::image(&view, image)?;
        let facts = fold::facts(&view, &image, &indexing.detectors, &BTreeMap::new())?;
        let hidden = inventory::hidden_of(&view, &image, &indexing)?;
        let contents = fold::fold(facts, &hidden, |_, _| ());
        let feeds = feeds(&view)?;
        let known = Vulnerability::find(&view, vulnerability)?;
        let said = known.said(&view)?;
        let mut verdicts = Vec::new();
        for (namespace, name) in said.names() {
            for said in said.of_name(namespace, name) {
                verdicts.extend(of_advisory(&contents, said, self.owned()));
            }
        }
        if verdicts.is_empty() {
            verdicts.push(unknown(vulnerability, &feeds));
        }
        verdicts.sort();
        verdicts.dedup();
        let concerned = verdicts.iter().any(|verdict| verdict.outcome == Outcome::Concerned);
        Ok(Explanation {
            image: image.id,
            vulnerability: vulnerability.to_owned(),
            concerned,
            verdicts,
            feeds,
        })
    }
}

fn feeds(view: &View<'_>) -> Result<Vec<String>, Error> {
    view.keys::<Feeds>(|_| ()).map(|key| Ok(key?)).collect()
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
fn of_advisory(contents: &Contents, said: &Said, owned: Owned) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for held in &contents.packages {
        let subject = Subject::new(held, &contents.properties);
        for statement in said.statements.iter().filter(|s| subject.is_named_by(s, &said.key.name)) {
            let (outcome, why) = of_statement(contents, held, &subject, said, statement, owned);
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
    held: &Held,
    subject: &Subject<'_>,
    said: &Said,
    statement: &Statement,
    owned: Owned,
) -> (Outcome, String) {
    let asked = namespaces(contents, held);
    if !asked.contains(&said.key.namespace) {
        let asked = if asked.is_empty() { "nowhere that is known".to_owned() } else { asked.join(", ") };
        let why = format!("it speaks of `{}`; for this package it would be {asked}", said.key.namespace);
        return (Outcome::OtherNamespace, why);
    }
    if let Some(owner) = held.owner.as_ref().filter(|_| owned == Owned::LeftToDistribution) {
        let why = format!("its file is of package `{owner}`, which the distribution judges");
        return (Outcome::LeftToDistribution, why);
    }
    if let Some((fact, values)) = subject.lacks(statement) {
        return (Outcome::Requirement, format!("it is for `{fact}` {}", values.join(" or ")));
    }
    let version = &subject.version(statement).version;
    match holds(subject, statement) {
        Err(why) => (Outcome::Unreadable, why),
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

/// Why a version is in none of the ranges.
fn outside(subject: &Subject<'_>, statement: &Statement, version: &str) -> (Outcome, String) {
    let Ok(key) = subject.key(statement) else {
        return (Outcome::OtherVersions, format!("version {version} is not among those it lists"));
    };
    let ends = statement.ranges.iter().filter_map(|range| range.until.as_ref());
    let passed = ends.filter(|until| until.key.as_ref().is_ok_and(|until| until <= key));
    let latest = passed.max_by(|a, b| a.key.as_ref().ok().cmp(&b.key.as_ref().ok()));
    if let Some(fix) = latest {
        return (Outcome::Fixed, format!("version {version} is not below {}, which mends it", fix.version));
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
