//! The reverse question: what is known of a vulnerability, and which images it affects.

mod changes;
mod scores;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use limpid_matching::{Authority, is_as_severe, severity};
use limpid_model::report::Enriched;
use limpid_model::{
    AffectedImage, AffectedPackage, Digest, Page, Published, Severity, VulnerabilityDescription,
};
use limpid_store::tables::images::{Called, Images, Labelled};
use limpid_store::{Cursor, Store, View};

use crate::inventory::{Affected, Placed, Vulnerability, affected, by_image, images_of};
use crate::report::Enrichments;
use crate::stated::All;
use crate::{Error, Settings, identifiers};
#[cfg(test)]
pub(crate) use changes::affected_now;
pub(crate) use changes::changes;
pub(crate) use scores::scores;

/// Images that are looked at for one page that filters by what only an image tells.
const LOOKED_AT: usize = 100_000;

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

    const fn asks_for_image(&self) -> bool {
        self.name.is_some() || self.label.is_some()
    }

    /// The names of an image, where it is asked for.
    fn names(&self, images: &mut Cursor<'_, Images>, image: &Digest) -> Result<Option<Vec<String>>, Error> {
        if !self.asks_for_image() {
            return Ok(images.glance::<Called>(image)?.map(|called| called.names));
        }
        let known = images.glance::<Labelled>(image)?;
        let known = known.filter(|known| self.admits_image(&known.called.names, &known.labels));
        Ok(known.map(|known| known.called.names))
    }

    fn admits_image(&self, names: &[String], labels: &[(String, String)]) -> bool {
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
    let packages = affected_packages(settings, &view, &known)?.into_iter().map(|(_, package)| package);
    let mut packages: Vec<_> = packages.collect();
    packages.sort_by(|a, b| (&a.name, &a.version, a.diff_id).cmp(&(&b.name, &b.version, b.diff_id)));
    packages.dedup();
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

/// Images that a vulnerability affects, by digest, from the one after `after` on, `limit` at
/// most.
///
/// # Errors
/// [`Error::NoVulnerability`] where no feed knows this identifier.
pub(crate) fn affected_images(
    store: &Store,
    settings: &Settings,
    id: &str,
    filter: &Filter,
    after: Option<&Digest>,
    limit: usize,
) -> Result<Page<AffectedImage, Digest>, Error> {
    let view = store.view();
    let (_, known) = find(&view, id)?;
    let mut by_group: BTreeMap<Group, Vec<AffectedPackage>> = BTreeMap::new();
    for (group, package) in affected_packages(settings, &view, &known)? {
        if filter.admits_package(&package) {
            by_group.entry(group).or_default().push(package);
        }
    }
    let (groups, packages): (Vec<_>, Vec<_>) = by_group.into_iter().unzip();
    page(&view, &groups, &mut Packages::new(packages), (filter, after, limit))
}

/// The packages that it affects, with the layer and context in which each lies.
fn affected_packages(
    settings: &Settings,
    view: &View<'_>,
    known: &Vulnerability,
) -> Result<Vec<(Group, AffectedPackage)>, Error> {
    let stated = known.package_advisories(view)?;
    let mut authority = Authority::new(All::new(view), settings.owned_packages());
    let found = affected(view, &stated, &mut authority)?;
    let mut enrichments = Enrichments::new(view);
    let place = |it: Affected| {
        let place = (it.diff_id, it.context);
        let enrichments = enrichments.of(&it.found.vulnerability)?;
        Ok((place, package(known, &enrichments, &it)))
    };
    found.into_iter().map(place).collect()
}

/// A layer, and a context in which it lies.
type Group = (Digest, u64);

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

/// The packages by which images are affected: those of the groups in which an image is. Images share
/// them.
struct Packages {
    of_group: Vec<Arc<[AffectedPackage]>>,
    of_several: HashMap<Vec<usize>, Arc<[AffectedPackage]>>,
}

impl Packages {
    fn new(of_group: Vec<Vec<AffectedPackage>>) -> Self {
        Self { of_group: of_group.into_iter().map(Arc::from).collect(), of_several: HashMap::new() }
    }

    fn of(&mut self, placed: &[Placed]) -> Arc<[AffectedPackage]> {
        if let [(_, place)] = placed
            && let Some(packages) = self.of_group.get(*place)
        {
            return Arc::clone(packages);
        }
        let places: Vec<usize> = placed.iter().map(|(_, place)| *place).collect();
        let packages = self.of_several.entry(places).or_insert_with_key(|places| {
            let packages = places.iter().filter_map(|place| self.of_group.get(*place));
            packages.flat_map(|packages| packages.iter().cloned()).collect()
        });
        Arc::clone(packages)
    }
}

fn page(
    view: &View<'_>,
    groups: &[Group],
    packages: &mut Packages,
    (filter, after, limit): (&Filter, Option<&Digest>, usize),
) -> Result<Page<AffectedImage, Digest>, Error> {
    let mut items: Vec<AffectedImage> = Vec::new();
    let mut after = after.copied();
    // Only an image tells its names and labels: they are looked at until the page is full.
    let step = if filter.asks_for_image() { limit.saturating_mul(4).min(LOOKED_AT) } else { limit };
    let mut images = view.stream::<Images>();
    loop {
        let found = images_of(view, groups, after.as_ref(), step.saturating_add(1))?;
        for (image, same) in by_image(&found).take(step) {
            if items.len() > limit {
                break;
            }
            after = Some(image);
            let Some(names) = filter.names(&mut images, &image)? else { continue };
            items.push(AffectedImage { image, names, packages: packages.of(same) });
        }
        let more = found.last().is_some_and(|(last, _)| after.is_some_and(|after| *last > after));
        if !more || items.len() > limit {
            let full = items.len() > limit;
            items.truncate(limit);
            let next = items.last().filter(|_| full || more).map(|last| last.image);
            return Ok(Page { items, next });
        }
        if !filter.asks_for_image() {
            let next = items.last().map(|last| last.image);
            return Ok(Page { items, next });
        }
    }
}
