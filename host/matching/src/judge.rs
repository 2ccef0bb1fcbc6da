use limpid_model::{Digest, Key, KeyedRange, KeyedVersion, RangeEnd, Statement, Status, Symbols, Text};

use crate::fold::Installed;

/// A package as advisories see it.
#[derive(Debug)]
pub struct Subject<'a> {
    installed: &'a Installed,
    properties: &'a [(String, String)],
}

/// What the advisories of one namespace say of a package.
#[derive(Debug)]
pub(crate) enum Judged {
    /// Nothing is stated of this version.
    Silent,
    /// It is not affected: the place of the statement that says so, and why it does.
    NotAffected { place: usize, reason: NotAffected },
    /// It is affected, or may be: the place of the statement that says so.
    Affected { place: usize, fixed_version: Option<Text> },
    /// It cannot be told: the place of the first statement that leaves it open, and why it does.
    Unknown { place: usize, why: String },
}

/// Why a version is not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAffected {
    /// Its publisher says so of this version.
    Stated(Status),
    /// It has reached the version that fixes the vulnerability.
    FixReached(Text),
    /// None of what it is vulnerable through is linked in.
    NotReached,
}

impl<'a> Subject<'a> {
    /// A package of an image that has these properties.
    pub const fn new(installed: &'a Installed, properties: &'a [(String, String)]) -> Self {
        Self { installed, properties }
    }

    /// The package's own name.
    pub fn name(&self) -> &str {
        &self.installed.package.name
    }

    /// The name under which advisories of source packages speak of it.
    pub fn source_name(&self) -> &str {
        self.installed.package.source.as_ref().map_or(&self.installed.package.name, |source| &source.name)
    }

    /// Whether its versions have keys.
    pub fn orderable(&self) -> Result<(), &str> {
        for keyed in
            [Some(&self.installed.keys.version), self.installed.keys.source.as_ref()].into_iter().flatten()
        {
            keyed.key.as_ref().map_err(String::as_str)?;
        }
        Ok(())
    }

    /// Whether a statement found under `name` names this package, whatever else it requires.
    pub fn is_named_by(&self, statement: &Statement, name: &str) -> bool {
        name == if statement.of_source { self.source_name() } else { self.name() }
    }

    /// What a statement requires that is not so, and the values of which it wants one. What must be linked in is
    /// asked for by [`unreached`](Self::unreached).
    pub fn lacks<'s>(&self, statement: &'s Statement) -> Option<&'s (String, Vec<String>)> {
        let mut requires = statement.requires.iter();
        requires.find(|(fact, values)| fact != Statement::SYMBOLS && !self.has(fact, values))
    }

    /// What of a package is linked in, and the functions and methods through which a statement says that it is
    /// vulnerable, where none of these is.
    pub fn unreached<'s>(&'s self, statement: &'s Statement) -> Option<(&'s Symbols, &'s [String])> {
        let linked = self.installed.package.symbols.as_ref()?;
        let (_, wanted) = statement.requires.iter().find(|(fact, _)| fact == Statement::SYMBOLS)?;
        (!wanted.iter().any(|symbol| linked.has(symbol))).then_some((linked, wanted))
    }

    fn has(&self, fact: &str, values: &[String]) -> bool {
        let arch = self.installed.package.arch.as_deref().filter(|_| fact == "arch");
        let facts = self.installed.package.qualifiers.iter().chain(self.properties);
        arch.is_some_and(|arch| values.iter().any(|value| value == arch))
            || facts.into_iter().any(|(name, value)| name == fact && values.contains(value))
    }

    /// The version of which a statement speaks: the package's, or its source package's.
    pub fn version(&self, statement: &Statement) -> &KeyedVersion {
        let source = self.installed.keys.source.as_ref().filter(|_| statement.of_source);
        source.unwrap_or(&self.installed.keys.version)
    }

    /// Whether nobody orders its version, in the scheme of a statement.
    fn is_unordered(&self, statement: &Statement) -> bool {
        self.installed.package.scheme == statement.scheme && self.version(statement).key.is_err()
    }

    /// The key to compare with those of a statement: one that the same component computed.
    pub fn key(&self, statement: &Statement) -> Result<&Key, String> {
        let computed_by: Option<Digest> = self.installed.keys.scheme;
        if self.installed.package.scheme != statement.scheme {
            return Err(format!(
                "it orders versions by scheme `{}`, the package by `{}`",
                statement.scheme, self.installed.package.scheme
            ));
        }
        let key = self.version(statement).key.as_ref().map_err(Clone::clone)?;
        if computed_by.is_some() && computed_by == statement.component {
            Ok(key)
        } else {
            Err(format!(
                "its keys and the package's were computed by different builds of scheme `{}`",
                statement.scheme
            ))
        }
    }
}

/// What the statements of one namespace about one vulnerability say of a package. That it is not
/// affected weighs most; then the first statement that affects it counts; that it is not reached, or has reached
/// a fix, counts where nothing is left open.
pub(crate) fn judge<'s>(
    subject: &Subject<'_>,
    statements: impl Iterator<Item = &'s Statement> + Clone,
) -> Judged {
    let mut affecting = None;
    let mut unknown = None;
    let mut reached = None;
    let mut unreached = None;
    for (place, statement) in statements.clone().enumerate() {
        match holds(subject, statement) {
            Ok(false) => {
                if reached.is_none() {
                    reached = fix_reached(subject, statement).map(|fix| (place, fix));
                }
            }
            Ok(true) if statement.status.affects() && subject.unreached(statement).is_some() => {
                unreached.get_or_insert(place);
            }
            Ok(true) if statement.status.affects() => {
                affecting.get_or_insert(place);
            }
            Ok(true) => return Judged::NotAffected { place, reason: NotAffected::Stated(statement.status) },
            Err(why) => {
                unknown.get_or_insert((place, why));
            }
        }
    }
    if let (None, None, Some(place)) = (affecting, &unknown, unreached) {
        return Judged::NotAffected { place, reason: NotAffected::NotReached };
    }
    match (affecting, unknown, reached) {
        (Some(place), ..) => Judged::Affected { place, fixed_version: nearest_fix(subject, statements) },
        (None, Some((place, why)), _) => Judged::Unknown { place, why },
        (None, None, Some((place, fix))) => {
            Judged::NotAffected { place, reason: NotAffected::FixReached(fix) }
        }
        (None, None, None) => Judged::Silent,
    }
}

/// The latest fix of a statement that the installed version has reached, where it is in none of the
/// ranges.
fn fix_reached(subject: &Subject<'_>, statement: &Statement) -> Option<Text> {
    if !is_vulnerable(statement.status) {
        return None;
    }
    let installed = subject.key(statement).ok()?;
    let fixes = statement.ranges.iter().filter(|range| range.end == RangeEnd::Fix && !is_empty(range));
    let fixes = fixes.filter_map(|range| range.until.as_ref());
    let reached = fixes.filter(|fix| fix.key.as_ref().is_ok_and(|key| key <= installed));
    reached.max_by(|a, b| a.key.as_ref().ok().cmp(&b.key.as_ref().ok())).map(|fix| fix.version.clone())
}

/// Whether a range holds no version at all: one whose ends are crossed says nothing of a fix.
fn is_empty(range: &KeyedRange) -> bool {
    let ends = range.introduced.as_ref().zip(range.until.as_ref());
    ends.is_some_and(|(from, until)| match (&from.key, &until.key) {
        (Ok(from), Ok(until)) => from >= until,
        _ => false,
    })
}

/// Whether a statement speaks of the package's version.
pub(crate) fn holds(subject: &Subject<'_>, statement: &Statement) -> Result<bool, String> {
    let version = &subject.version(statement).version;
    if statement.versions.iter().any(|listed| listed.version == *version) {
        return Ok(true);
    }
    if statement.ranges.iter().any(|range| range.introduced.is_none() && range.until.is_none()) {
        return Ok(true);
    }
    // Versions that are only listed are compared as text where nobody orders them.
    if statement.ranges.is_empty() && (statement.versions.is_empty() || subject.is_unordered(statement)) {
        return Ok(false);
    }
    let key = subject.key(statement)?;
    let mut unknown = None;
    for range in &statement.ranges {
        match contains(range, key) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(why) => unknown = Some(why.to_owned()),
        }
    }
    if statement.versions.iter().any(|listed| listed.key.as_ref() == Ok(key)) {
        return Ok(true);
    }
    unknown.map_or(Ok(false), Err)
}

fn contains<'a>(range: &'a KeyedRange, key: &Key) -> Result<bool, &'a str> {
    if let Some(introduced) = &range.introduced
        && key < introduced.key.as_ref().map_err(String::as_str)?
    {
        return Ok(false);
    }
    let Some(until) = &range.until else { return Ok(true) };
    let until = until.key.as_ref().map_err(String::as_str)?;
    Ok(key < until || (range.end == RangeEnd::Last && key == until))
}

/// The nearest version above the installed one at which a range ends and of which no statement says
/// that it is vulnerable too.
fn nearest_fix<'s>(
    subject: &Subject<'_>,
    statements: impl Iterator<Item = &'s Statement> + Clone,
) -> Option<Text> {
    let vulnerable = statements.filter(|statement| is_vulnerable(statement.status));
    let mut ends: Vec<(&Key, &Text)> = Vec::new();
    for statement in vulnerable.clone() {
        let installed = subject.key(statement).ok()?;
        if !matches!(statement.status, Status::Affected | Status::EndOfLife) {
            continue;
        }
        let fixed = statement.ranges.iter().filter(|range| range.end == RangeEnd::Fix);
        for until in fixed.filter_map(|range| range.until.as_ref()) {
            if let Ok(key) = &until.key
                && key > installed
            {
                ends.push((key, &until.version));
            }
        }
    }
    ends.sort_unstable();
    let still = |key: &Key| {
        vulnerable.clone().any(|statement| {
            statement.ranges.iter().any(|range| contains(range, key).unwrap_or(true))
                || statement.versions.iter().any(|listed| listed.key.as_ref() == Ok(key))
        })
    };
    ends.into_iter().find(|(key, _)| !still(key)).map(|(_, version)| version.clone())
}

/// Ranges of vulnerable versions that begin above the installed one, and whether they are of the source
/// package.
pub(crate) fn vulnerable_above<'s>(
    subject: &Subject<'_>,
    statements: impl Iterator<Item = &'s Statement>,
) -> impl Iterator<Item = (bool, &'s KeyedRange)> {
    let vulnerable = statements.filter(|statement| is_vulnerable(statement.status));
    vulnerable.flat_map(move |statement| {
        let is_above = move |range: &&KeyedRange| {
            let from = range.introduced.as_ref().and_then(|from| from.key.as_ref().ok());
            from.is_some_and(|from| subject.key(statement).is_ok_and(|installed| from > installed))
        };
        statement.ranges.iter().filter(is_above).map(|range| (statement.of_source, range))
    })
}

/// Whether a range holds a version for certain.
pub(crate) fn surely_contains(range: &KeyedRange, key: &Key) -> bool {
    contains(range, key).unwrap_or(false)
}

/// Whether a version with this status is known to be vulnerable.
const fn is_vulnerable(status: Status) -> bool {
    matches!(status, Status::Affected | Status::WontFix | Status::FixDeferred | Status::EndOfLife)
}

#[cfg(test)]
mod tests;
