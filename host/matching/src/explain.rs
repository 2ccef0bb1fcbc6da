//! Why a vulnerability affects the packages of an image, or why it does not.

use std::collections::BTreeSet;

use limpid_model::explanation::{Outcome, Reason, ReasonPackage};
use limpid_model::{KeyedVersion, RangeEnd, Statement, Status};

use crate::judge::{NotAffected, Subject, holds};
use crate::{
    Advisories, Authority, Contents, Installed, Matcher, PackageAdvisory, Speaks, matcher, namespaces,
    namespaces_of_distribution,
};

/// What the advisories of a vulnerability come to for an image.
#[derive(Clone, Debug)]
pub struct Considered {
    /// Whether a report of the image has a finding for it.
    pub is_affected: bool,
    /// What each advisory means for each package of its name.
    pub reasons: Vec<Reason>,
}

/// Says what each of some advisories means for each package of its name. What it comes to is what a report
/// has, because the same judge says so.
///
/// # Errors
/// What is stated cannot be read.
pub fn explain<S: Speaks>(
    contents: &Contents,
    advisories: &Advisories,
    authority: &mut Authority<S>,
) -> Result<Considered, S::Error> {
    let judged = Judged::new(contents, advisories, authority)?;
    let mut reasons = Vec::new();
    for (namespace, name) in advisories.names() {
        for advisory in advisories.of_name(namespace, name) {
            reasons.extend(of_advisory(contents, advisory, &judged));
        }
    }
    Ok(Considered { is_affected: judged.is_affected, reasons })
}

/// What the judge who makes reports says of the packages of an image.
#[derive(Debug, Default)]
struct Judged {
    rulings: Vec<Ruling>,
    /// Places of packages that are left to the distribution.
    left: BTreeSet<usize>,
    is_affected: bool,
}

/// Which namespace decides whether a vulnerability affects a package.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ruling {
    /// Place of the package in the contents.
    package: usize,
    vulnerability: String,
    namespace: String,
    /// The publisher's identifier of the advisory that counts.
    id: String,
    /// Why it is not affected; none where it is.
    not_affected: Option<NotAffected>,
}

impl Judged {
    fn new<S: Speaks>(
        contents: &Contents,
        advisories: &Advisories,
        authority: &mut Authority<S>,
    ) -> Result<Self, S::Error> {
        let mut matcher = Matcher::new(advisories);
        let mut judged = Self::default();
        for (place, installed) in contents.packages.iter().enumerate() {
            if authority.judges(installed.owner.as_deref(), namespaces_of_distribution(contents))? {
                judged.left.insert(place);
                continue;
            }
            let namespaces = namespaces(contents, installed);
            let Ok(()) = matcher.judge(installed, namespaces, &contents.properties, |verdict| {
                judged.is_affected |= matches!(verdict.outcome, matcher::Outcome::Affected { .. });
                judged.rulings.extend(Ruling::of(place, verdict));
            });
        }
        Ok(judged)
    }

    /// Who decided that a vulnerability of an advisory does not affect a package, where every one of
    /// them is decided so.
    fn not_affected(&self, place: usize, advisory: &PackageAdvisory) -> Option<&Ruling> {
        let mut decided = None;
        for vulnerability in &advisory.vulnerabilities {
            let mut rulings = self.rulings.iter();
            let ruling = rulings.find(|it| it.package == place && it.vulnerability == *vulnerability)?;
            ruling.not_affected.as_ref()?;
            decided = Some(ruling);
        }
        decided
    }
}

impl Ruling {
    fn of(package: usize, verdict: matcher::Verdict<'_>) -> Option<Self> {
        let (advisory, not_affected) = match verdict.outcome {
            matcher::Outcome::Affected { advisory, .. } => (advisory, None),
            matcher::Outcome::NotAffected { advisory, reason } => (advisory, Some(reason)),
            matcher::Outcome::Unknown { .. } | matcher::Outcome::Silent => return None,
        };
        Some(Self {
            package,
            vulnerability: verdict.vulnerability.to_owned(),
            namespace: advisory.origin.namespace.clone(),
            id: advisory.id.clone(),
            not_affected,
        })
    }
}

/// What an advisory states of each package of its name.
fn of_advisory(contents: &Contents, advisory: &PackageAdvisory, judged: &Judged) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (place, installed) in contents.packages.iter().enumerate() {
        let subject = Subject::new(installed, &contents.properties);
        for statement in advisory.statements.iter().filter(|s| subject.is_named_by(s, &advisory.name)) {
            let at = (place, installed);
            let (outcome, why) = of_statement(contents, at, &subject, advisory, statement, judged);
            let package = ReasonPackage {
                name: installed.package.name.to_string(),
                version: installed.package.version.to_string(),
                path: installed.path.to_string(),
            };
            reasons.push(reason(advisory, outcome, Some(package), why));
        }
    }
    if reasons.is_empty() {
        let why = format!("no package of the image is called `{}`", advisory.name);
        reasons.push(reason(advisory, Outcome::NoSuchPackage, None, why));
    }
    reasons
}

fn reason(
    advisory: &PackageAdvisory,
    outcome: Outcome,
    package: Option<ReasonPackage>,
    why: String,
) -> Reason {
    Reason {
        outcome,
        package,
        advisory: advisory.id.clone(),
        feed: advisory.origin.feed.clone(),
        namespace: advisory.origin.namespace.clone(),
        why,
    }
}

fn of_statement(
    contents: &Contents,
    (place, installed): (usize, &Installed),
    subject: &Subject<'_>,
    advisory: &PackageAdvisory,
    statement: &Statement,
    judged: &Judged,
) -> (Outcome, String) {
    let asked = namespaces(contents, installed);
    if !asked.contains(&advisory.origin.namespace) {
        let asked = if asked.is_empty() { "nowhere that is known".to_owned() } else { asked.join(", ") };
        let why =
            format!("it speaks of `{}`; for this package it would be {asked}", advisory.origin.namespace);
        return (Outcome::OtherNamespace, why);
    }
    if let Some(owner) = installed.owner.as_ref().filter(|_| judged.left.contains(&place)) {
        let why = format!("its file is of package `{}`, which the distribution judges", owner.package);
        return (Outcome::LeftToDistribution, why);
    }
    if let Some((fact, values)) = subject.lacks(statement) {
        return (Outcome::Requirement, format!("it is for `{fact}` {}", values.join(" or ")));
    }
    let version = &subject.version(statement).version;
    match holds(subject, statement) {
        Err(why) => (Outcome::Unreadable, why),
        Ok(true) if statement.status.affects() && subject.unreached(statement).is_some() => {
            unreached(subject, statement, version)
        }
        Ok(true) if statement.status.affects() => match judged.not_affected(place, advisory) {
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
        status => (Outcome::Affected, format!("version {version} is {}{note}", status.as_str())),
    }
}

/// How many functions a reason names.
const NAMED: usize = 5;

/// What a package that is in none of these ways vulnerable has linked in.
fn unreached(subject: &Subject<'_>, statement: &Statement, version: &str) -> (Outcome, String) {
    let Some((linked, wanted)) = subject.unreached(statement) else {
        return (Outcome::Affected, format!("version {version} is affected"));
    };
    let named: Vec<_> = wanted.iter().take(NAMED).map(|symbol| format!("`{symbol}`")).collect();
    let more = wanted.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let why = format!(
        "version {version} is vulnerable through {}{more}, none of which is among the {} functions of the package \
         that are linked into the file",
        named.join(", "),
        linked.len(),
    );
    (Outcome::NotReached, why)
}

/// What counts before a statement that would affect a version.
fn overruled(ruling: &Ruling, statement: &Statement, version: &str) -> (Outcome, String) {
    let Ruling { namespace, id, not_affected, .. } = ruling;
    let decided = match not_affected {
        Some(NotAffected::FixReached(fix)) => format!("that {version} has reached the fix {fix}"),
        Some(NotAffected::NotReached) => "that nothing of it is linked in".to_owned(),
        Some(NotAffected::Stated(status)) => format!("that {version} is {}", status.as_str()),
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
    if !statement.status.affects() {
        let status = statement.status.as_str();
        let why = format!("version {version} is not among those of which it says that they are {status}");
        return (Outcome::OtherVersions, why);
    }
    let ends = statement.ranges.iter().filter_map(|range| Some((range.end, range.until.as_ref()?)));
    let passed = ends.filter(|(_, until)| until.key.as_ref().is_ok_and(|until| until <= key));
    let by_key = |(_, a): &(RangeEnd, &KeyedVersion), (_, b): &(RangeEnd, &KeyedVersion)| {
        a.key.as_ref().ok().cmp(&b.key.as_ref().ok())
    };
    // What is known of a fix says most.
    let (fixes, others): (Vec<_>, Vec<_>) = passed.partition(|(end, _)| *end == RangeEnd::Fix);
    if let Some((_, fix)) = fixes.into_iter().max_by(by_key) {
        return (Outcome::Fixed, format!("version {version} is not below {}, which fixes it", fix.version));
    }
    if let Some((end, last)) = others.into_iter().max_by(by_key) {
        let last = &last.version;
        let why = match end {
            RangeEnd::Last => format!("version {version} is behind {last}, the last that is affected"),
            RangeEnd::Fix | RangeEnd::Limit => {
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
