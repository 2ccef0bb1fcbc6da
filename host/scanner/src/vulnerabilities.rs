//! The reverse question: what is known of a vulnerability, and which images it affects.

mod changes;
mod scores;

use std::collections::BTreeSet;

use limpid_matching::{Authority, Speaks, is_as_severe, severity};
use limpid_model::report::Enriched;
use limpid_model::{AffectedImage, AffectedPackage, Page, Published, Severity, VulnerabilityDescription};
use limpid_store::tables::inventory;
use limpid_store::{Store, View};

use crate::inventory::{
    Admission, Affected, Asked, Candidates, Context, Go, Holder, Judge, KnownContexts, Position, Rows as _,
    Vulnerability, page,
};
use crate::report::Enrichments;
use crate::stated::All;
use crate::{Error, Settings, identifiers};
#[cfg(test)]
pub(crate) use changes::affected_now;
pub(crate) use changes::changes;
pub(crate) use scores::scores;

/// Packages of layers that a vulnerability is described with, and those of one name and version.
const PACKAGES: usize = 1_000;
const LAYERS: usize = 20;

/// How many are looked at for them.
const LOOKED_AT: usize = 10_000;

/// Which of the images that a vulnerability affects are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of which a name holds this text.
    pub name: Option<String>,
    /// Those with this label, `key` or `key=value`.
    pub label: Option<String>,
    /// Those that it affects this badly, or worse, or of which nobody says how badly.
    pub severity: Option<Severity>,
    /// Whether `severity` leaves out what nobody has rated, too.
    pub leave_out_unrated: bool,
    /// Those that an update fixes, or those that none does.
    pub fixable: Option<bool>,
}

impl Filter {
    fn admits_package(&self, package: &AffectedPackage) -> bool {
        let is_severe = |least| is_as_severe(package.severity, least, self.leave_out_unrated);
        self.severity.is_none_or(is_severe)
            && self.fixable.is_none_or(|fixable| package.fixed_version.is_some() == fixable)
    }
}

impl Admission for Filter {
    fn is_open(&self) -> bool {
        self.name.is_none() && self.label.is_none()
    }

    fn admits(&self, names: &[String], labels: &[(String, String)]) -> bool {
        let named = |part: &String| names.iter().any(|name| name.contains(part.as_str()));
        let labelled = |wanted: &String| match wanted.split_once('=') {
            Some((key, value)) => labels.iter().any(|(k, v)| k == key && v == value),
            None => labels.iter().any(|(k, _)| k == wanted),
        };
        self.name.as_ref().is_none_or(named) && self.label.as_ref().is_none_or(labelled)
    }
}

/// All that is known of a vulnerability, by any of its identifiers.
///
/// # Errors
/// [`Error::NoVulnerability`] where no feed knows this identifier.
pub(crate) fn vulnerability(
    store: &Store,
    settings: &Settings,
    id: &str,
) -> Result<VulnerabilityDescription, Error> {
    let view = store.view();
    let (id, known) = find(&view, id)?;
    let (packages, more_packages) = some_packages(settings, &view, &known)?;
    let identifiers = identifiers_of(&id, &known);
    let advisories = known.advisories.into_iter();
    let advisories = advisories
        .map(|(key, advisory)| Published { feed: key.feed, source: key.source, advisory })
        .collect();
    let mut enrichments = Vec::new();
    let mut known_of = Enrichments::new(&view);
    for identifier in &identifiers {
        enrichments.extend_from_slice(&known_of.of(identifier)?);
    }
    Ok(VulnerabilityDescription {
        id,
        enrichments,
        identifiers: identifiers.into_iter().collect(),
        advisories,
        packages,
        more_packages,
    })
}

/// All identifiers of a vulnerability.
fn identifiers_of(id: &str, known: &Vulnerability) -> BTreeSet<String> {
    let mut identifiers: BTreeSet<String> = known.names.clone();
    // The one of which no publisher of advisories has spoken yet.
    if known.advisories.is_empty() {
        identifiers.insert(id.to_owned());
    }
    for advisory in known.advisories.values() {
        identifiers.insert(advisory.id.clone());
        // What fixes several at once has aliases that are none of this one.
        if advisory.vulnerabilities().len() == 1 {
            identifiers.extend(advisory.aliases.iter().cloned());
        }
    }
    identifiers
}

/// Images that a vulnerability affects: by digest where few layers bring it in, and else by the packages that do, so
/// that those with one lie side by side. A page may hold less where another follows.
///
/// # Errors
/// [`Error::NoVulnerability`] where no feed knows this identifier.
pub(crate) fn affected_images(
    store: &Store,
    settings: &Settings,
    id: &str,
    filter: &Filter,
    asked: Asked<'_>,
) -> Result<Page<AffectedImage, Position>, Error> {
    let view = store.view();
    let (_, known) = find(&view, id)?;
    page_of(settings, &view, &known, filter, asked)
}

fn page_of(
    settings: &Settings,
    view: &View<'_>,
    known: &Vulnerability,
    filter: &Filter,
    asked: Asked<'_>,
) -> Result<Page<AffectedImage, Position>, Error> {
    let stated = known.package_advisories(view)?;
    let mut authority = Authority::new(All::new(view), settings.owned_packages());
    let mut packages = Packages::new(view, known, Judge::new(&stated, &mut authority));
    let within = |context: &Context, key: &inventory::Key, row: &inventory::Row| {
        let mut found = packages.within(context, key, row)?;
        found.retain(|package| filter.admits_package(package));
        Ok(found)
    };
    let page = page(view, &Candidates::of(&stated), within, filter, asked)?;
    let image = |holder: Holder<_>| AffectedImage {
        image: holder.image,
        names: holder.names,
        packages: holder.found,
    };
    Ok(Page { items: page.items.into_iter().map(image).collect(), next: page.next })
}

/// Packages that it affects, of each version those of some layers; and whether there are more.
fn some_packages(
    settings: &Settings,
    view: &View<'_>,
    known: &Vulnerability,
) -> Result<(Vec<AffectedPackage>, bool), Error> {
    let stated = known.package_advisories(view)?;
    let mut authority = Authority::new(All::new(view), settings.owned_packages());
    let mut packages = Packages::new(view, known, Judge::new(&stated, &mut authority));
    let mut contexts = KnownContexts::new(view);
    let (mut found, mut last, mut of_version) = (Vec::new(), None, 0);
    let (mut looked_at, mut more) = (0, false);
    Candidates::of(&stated).visit(view, None, |key, row| {
        if found.len() >= PACKAGES || looked_at >= LOOKED_AT {
            more = true;
            return Ok(Go::Stop);
        }
        if !last.as_ref().is_some_and(|last| is_same_version(last, &key)) {
            (last, of_version) = (Some(key.clone()), 0);
        }
        if of_version >= LAYERS {
            more = true;
            return Ok(Go::ToNextVersion);
        }
        looked_at += 1;
        let mut of_layer = Vec::new();
        for context in contexts.of(&key.diff_id)? {
            for package in packages.within(context, &key, &row)? {
                if !of_layer.contains(&package) {
                    of_layer.push(package);
                }
            }
        }
        of_version += of_layer.len();
        found.extend(of_layer);
        Ok(Go::On)
    })?;
    found.sort_by(|a, b| (&a.name, &a.version, a.diff_id).cmp(&(&b.name, &b.version, b.diff_id)));
    found.dedup();
    Ok((found, more))
}

/// Whether two keys are of the same name and version.
fn is_same_version(a: &inventory::Key, b: &inventory::Key) -> bool {
    let version = |it: &inventory::Key| (it.named, it.scheme);
    version(a) == version(b) && a.version == b.version && a.name == b.name && a.namespace == b.namespace
}

/// Judges packages, and says what is told of those that are affected.
struct Packages<'a, S> {
    known: &'a Vulnerability,
    judge: Judge<'a, S>,
    enrichments: Enrichments<'a>,
}

impl<'a, S: Speaks<Error = Error>> Packages<'a, S> {
    fn new(view: &'a View<'a>, known: &'a Vulnerability, judge: Judge<'a, S>) -> Self {
        Self { known, judge, enrichments: Enrichments::new(view) }
    }

    fn within(
        &mut self,
        context: &Context,
        key: &inventory::Key,
        row: &inventory::Row,
    ) -> Result<Vec<AffectedPackage>, Error> {
        let affected = self.judge.within(context, key.diff_id, &key.component, row)?;
        let package = |affected: Affected| {
            let enrichments = self.enrichments.of(&affected.found.vulnerability)?;
            Ok(package(self.known, &enrichments, &affected))
        };
        affected.into_iter().map(package).collect()
    }
}

/// The vulnerability of an identifier, in whatever case that is written, and the identifier as publishers
/// write it.
fn find(view: &View<'_>, id: &str) -> Result<(String, Vulnerability), Error> {
    identifiers::check(id)?;
    let known = Vulnerability::find(view, id)?;
    if !known.advisories.is_empty() {
        let own = known.advisories.values().flat_map(|it| std::iter::once(&it.id).chain(&it.aliases));
        let written = known.names.iter().chain(own).find(|name| name.eq_ignore_ascii_case(id));
        return Ok((written.map_or(id, |name| name).to_owned(), known));
    }
    // Of what is enriched only, identifiers are those of CVE, in capitals.
    let mut enrichments = Enrichments::new(view);
    for written in [id.to_owned(), id.to_ascii_uppercase()] {
        if !enrichments.of(&written)?.is_empty() {
            return Ok((written, known));
        }
    }
    identifiers::check_unknown(id)?;
    Err(Error::NoVulnerability(id.to_owned()))
}

fn package(known: &Vulnerability, enrichments: &[Enriched], affected: &Affected) -> AffectedPackage {
    let found = &*affected.found;
    let key = limpid_store::tables::advisories::Key {
        feed: found.origin.feed.clone(),
        id: found.id.to_string(),
        source: found.origin.source.clone(),
    };
    let general = known.ratings(&key);
    AffectedPackage {
        diff_id: affected.real_layer,
        name: affected.installed.package.name.to_string(),
        version: affected.installed.package.version.to_string(),
        path: affected.installed.path.to_string(),
        status: found.status,
        severity: severity(&found.origin.feed, &found.ratings, general, enrichments).severity,
        fixed_version: found.fixed_version.as_ref().map(ToString::to_string),
        feed: found.origin.feed.clone(),
        namespace: found.origin.namespace.clone(),
    }
}
