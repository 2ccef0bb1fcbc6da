//! Reports: what affects an image, read at one moment.

mod advisory_rows;
mod coverage;
mod enrichments;
mod examination;
mod purl;
mod recommendation;
mod states;

use std::cmp::{Ordering, Reverse};
use std::collections::{HashMap, HashSet};
use std::iter;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
use limpid_matching::fold::{self, Change, LayerFacts};
use limpid_matching::{
    Authority, Contents, Installed, Match, Matches, OwnedPackages, PublisherView, Updates, match_packages,
    severity,
};
use limpid_model::report::{
    AdvisorySummary, Enriched, Exploited, Finding, InstalledPackage, LayerChanges, LayerOrigin, Publisher,
    Report, Suppressed,
};
use limpid_model::{Digest, Distribution, Image, ImageLayer, Inventory, LinkedFile, PluginId, Rating, Text};
use limpid_runtime::Snapshot;
use limpid_store::tables::advisories::{self, General};
use limpid_store::tables::images::Indexing;
use limpid_store::{Store, View};
use rayon::prelude::*;

use self::examination::examination;
use crate::history::{self, AdvisoriesThen, AdvisoryThen, AsOf, Past, Then};
use crate::policies::Decided;
use crate::refreshing::{Moment, Refreshing};
use crate::revision::Revision;
use crate::stated::All;
use crate::{Error, Settings, attached, bases, facts, images, inventory, policies};
pub(crate) use advisory_rows::AdvisoryRows;
pub(crate) use enrichments::Enrichments;
pub(crate) use recommendation::JudgedImages;

/// What reports need of the service.
#[derive(Clone, Copy)]
pub(crate) struct Reporter<'s> {
    pub(crate) store: &'s Store,
    pub(crate) settings: &'s Settings,
    pub(crate) plugins: &'s Snapshot,
    pub(crate) refreshing: &'s Refreshing,
    pub(crate) judged: &'s JudgedImages,
    pub(crate) decided: &'s policies::InForce,
    /// Of before any view was taken.
    pub(crate) revision: Option<&'s Revision>,
}

impl Reporter<'_> {
    /// What affects an image, from one view of the store. `digest` is that of its configuration or
    /// of a manifest.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub(crate) fn report(self, digest: &Digest) -> Result<Report, Error> {
        self.report_as_of(digest, None)
    }

    /// The same as it would have been at a moment of the past: from what was stated then of what the
    /// image is known to hold now.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image, [`Error::BeforeHistory`] where the moment is
    /// longer ago than is kept, [`Error::NoFeed`] and [`Error::NoRevision`] where there was none such.
    pub(crate) fn report_as_of(self, digest: &Digest, as_of: Option<&AsOf>) -> Result<Report, Error> {
        // Before the view is taken: what ends after that is not in it.
        let begun = self.refreshing.moment();
        let view = self.store.view();
        self.report_in(&view, begun, digest, as_of)
    }

    /// The same from a view that was taken after the moment `begun`.
    pub(crate) fn report_in(
        self,
        view: &View<'_>,
        begun: Moment,
        digest: &Digest,
        as_of: Option<&AsOf>,
    ) -> Result<Report, Error> {
        self.made(view, begun, digest, as_of, Packages::OfFindings).map(|(report, _)| report)
    }

    /// A report, and what the image holds, from one view of the store: to ask for both costs little more than to ask for
    /// one. What packages need is left out.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub(crate) fn report_with_inventory(self, digest: &Digest) -> Result<(Report, Inventory), Error> {
        let begun = self.refreshing.moment();
        let view = self.store.view();
        let (report, mut packages) = self.made(&view, begun, digest, None, Packages::All)?;
        packages.sort_by(|a, b| listed(a).cmp(&listed(b)));
        let inventory = Inventory {
            image: report.image.clone(),
            distribution: report.coverage.distribution.as_ref().map(|known| known.distribution.clone()),
            packages: packages.into_iter().map(Arc::unwrap_or_clone).collect(),
            examination: report.coverage.examination.clone(),
        };
        Ok((report, inventory))
    }

    /// A report, and packages as they are described in it, in the order of the layers: all of them, or none.
    fn made(
        self,
        view: &View<'_>,
        begun: Moment,
        digest: &Digest,
        as_of: Option<&AsOf>,
        packages: Packages,
    ) -> Result<(Report, Vec<Arc<InstalledPackage>>), Error> {
        let (image, indexing) = images::image(view, digest)?;
        let facts = facts(view, &image, &indexing)?;
        let hidden = inventory::hidden_of(view, &image, &indexing)?;
        let mut plugins: Vec<_> = facts
            .iter()
            .flat_map(|layer| &layer.found)
            .map(|found| PluginId::clone(&found.detector))
            .collect();
        let contents = fold::fold(facts, &hidden, |_, _| ());
        let past = as_of
            .map(|as_of| history::past(self.settings, self.plugins, view, as_of))
            .transpose()?
            .unwrap_or_default();
        let owned = self.settings.owned_packages();
        let matches = matches(view, &past, owned, &contents)?;
        let layers = origins(&image.layers);
        let packages = match packages {
            Packages::All => described(&contents, &layers)?,
            Packages::OfFindings => Vec::new(),
        };
        let findings = findings(view, &past, (&contents, &layers, &packages), &matches)?;
        let mut examination = examination(self, view, (&image, &indexing), &contents)?;
        examination.under_way = self.refreshing.has_begun_since(begun);
        let coverage = coverage::coverage(self, (view, &past), (&contents, examination), matches, &findings)?;
        let (findings, suppressed) = self.decided(view, &past, &image, findings)?;
        plugins.extend(schemes_of(self.plugins, &contents));
        plugins.extend(coverage.sources.iter().filter_map(|source| source.plugin.clone()));
        plugins.sort();
        plugins.dedup();
        let base = bases::base_of(view, &image)?;
        let attached = attached::of(view, &self.settings.attached, &image.id, past.ends())?;
        let attached = attached.into_iter().map(|document| document.attachment).collect();
        let mut report =
            Report { image, findings, suppressed, attached, coverage, plugins, base, recommendation: None };
        if past.is_now() {
            report.recommendation = recommendation::recommendation(self, view, &report)?;
        }
        Ok((report, packages))
    }

    /// What becomes of findings by what was decided at that moment, those that count and those that do not.
    fn decided(
        self,
        view: &View<'_>,
        past: &Past,
        image: &Image,
        findings: Vec<Finding>,
    ) -> Result<(Vec<Finding>, Vec<Suppressed>), Error> {
        let known = self.decided.before(self.store, view, past.ends())?;
        let now = past.ends().unwrap_or_else(|| self.settings.clock.now());
        let order = self.decided.order(self.plugins, self.settings.versions_a_call);
        let Decided { mut counted, suppressed, is_rated_anew } =
            policies::applied(view, (&known.decisions, now, &order), image, findings, |bases| {
                self.decided.attached(view, &self.settings.attached, (image, bases), past.ends())
            })?;
        if is_rated_anew {
            counted.sort_by_cached_key(place);
        }
        Ok((counted, suppressed))
    }

    /// What an image holds.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub(crate) fn inventory(self, digest: &Digest) -> Result<Inventory, Error> {
        let begun = self.refreshing.moment();
        self.inventory_in(&self.store.view(), begun, digest)
    }

    /// The same from a view that was taken after the moment `begun`.
    pub(crate) fn inventory_in(
        self,
        view: &View<'_>,
        begun: Moment,
        digest: &Digest,
    ) -> Result<Inventory, Error> {
        let (image, indexing) = images::image(view, digest)?;
        let facts = facts::facts_and_needs(view, &image, linked(&indexing), &indexing.detectors)?;
        let hidden = inventory::hidden_of(view, &image, &indexing)?;
        let mut contents = fold::fold(facts, &hidden, |_, _| ());
        let origins = origins(&image.layers);
        let mut packages = Vec::with_capacity(contents.packages.len());
        for installed in &mut contents.packages {
            let requires = installed.package.requires.take();
            let described = installed_package(installed, &origins, contents.distribution.as_ref());
            packages.push(InstalledPackage { requires, ..described });
        }
        packages.sort_by(|a, b| listed(a).cmp(&listed(b)));
        let mut examination = examination(self, view, (&image, &indexing), &contents)?;
        examination.under_way = self.refreshing.has_begun_since(begun);
        Ok(Inventory { distribution: contents.distribution, packages, examination, image })
    }

    /// What the layer at a place of an image did to its packages, and the image. None where it has no such layer.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub(crate) fn layer_changes(
        self,
        digest: &Digest,
        place: usize,
    ) -> Result<Option<(LayerChanges, Image)>, Error> {
        let view = self.store.view();
        let (image, indexing) = images::image(&view, digest)?;
        let facts = facts(&view, &image, &indexing)?;
        let hidden = inventory::hidden_of(&view, &image, &indexing)?;
        let mut changes = None;
        let contents = fold::fold(facts, &hidden, |layer, change| {
            if layer == place {
                changes = Some(change.each());
            }
        });
        let origins = origins(&image.layers);
        let describe =
            |installed: &Installed| installed_package(installed, &origins, contents.distribution.as_ref());
        Ok(changes.map(|changes| (layer_changes(changes, &describe), image)))
    }
}

/// Which packages a report describes, besides those of its findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packages {
    OfFindings,
    All,
}

/// Where a package stands among others.
fn listed(package: &InstalledPackage) -> impl Ord + use<'_> {
    (&package.name, &package.version, &package.path)
}

/// The scheme plugins that computed the keys of an image's packages, as far as they are loaded.
fn schemes_of(plugins: &Snapshot, contents: &Contents) -> Vec<PluginId> {
    let used: HashSet<_> = contents.packages.iter().filter_map(|installed| installed.keys.scheme).collect();
    let loaded = plugins.plugins().iter().map(|plugin| plugin.id());
    loaded.filter(|id| used.contains(&id.digest)).cloned().collect()
}

fn layer_changes(changes: Vec<Change>, describe: &impl Fn(&Installed) -> InstalledPackage) -> LayerChanges {
    let mut out = LayerChanges::default();
    for change in changes {
        match change {
            Change::Added(installed) => out.added.push(describe(&installed)),
            Change::Removed(installed) => out.removed.push(describe(&installed)),
            Change::Changed(pair) => out.changed.push((describe(&pair.0), describe(&pair.1))),
        }
    }
    out
}

/// What the detectors that saw the image found in its layers.
fn facts(view: &View<'_>, image: &Image, indexing: &Indexing) -> Result<Vec<LayerFacts>, Error> {
    facts::facts(view, image, linked(indexing), &indexing.detectors)
}

/// Files that are seen through links, and under which digest what is found in them is kept.
fn linked(indexing: &Indexing) -> Option<(Digest, &[LinkedFile])> {
    indexing.linked.as_ref().map(|linked| (linked.diff_id, linked.files.as_slice()))
}

/// Fewer packages or findings are not worth dividing.
const LEAST: usize = 200;

/// What comes of so many things, a part of them on each processor, in their order.
fn divided<R: Send>(
    count: usize,
    each: impl Fn(Range<usize>) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    if count <= LEAST {
        return Ok(vec![each(0..count)?]);
    }
    let share = count.div_ceil(rayon::current_num_threads()).max(LEAST);
    let shares = (0..count.div_ceil(share)).into_par_iter();
    // Whatever fails first, what is told is what fails first in their order.
    let done: Vec<_> = shares.map(|it| each(it * share..count.min((it + 1) * share))).collect();
    done.into_iter().collect()
}

/// What affects the packages of an image, found on all processors.
fn matches(
    view: &View<'_>,
    past: &Past,
    owned: OwnedPackages,
    contents: &Contents,
) -> Result<Matches, Error> {
    let shares = divided(contents.packages.len(), |places| {
        let stated = || Then::new(view, past, All::new(view));
        match_packages(stated(), &mut Authority::new(stated(), owned), contents, places)
    })?;
    let mut all = Matches::default();
    shares.into_iter().for_each(|matches| all.append(matches));
    Ok(all)
}

/// All packages, described on all processors.
fn described(contents: &Contents, layers: &[Arc<LayerOrigin>]) -> Result<Vec<Arc<InstalledPackage>>, Error> {
    let describe = |installed| Arc::new(installed_package(installed, layers, contents.distribution.as_ref()));
    let shares = divided(contents.packages.len(), |places| {
        let packages = contents.packages.get(places).unwrap_or_default();
        Ok(packages.iter().map(describe).collect::<Vec<_>>())
    })?;
    Ok(shares.into_iter().flatten().collect())
}

fn findings(
    view: &View<'_>,
    past: &Past,
    (contents, layers, known): (&Contents, &[Arc<LayerOrigin>], &[Arc<InstalledPackage>]),
    matches: &Matches,
) -> Result<Vec<Finding>, Error> {
    let updates = limpid_matching::updates(matches);
    let matches = &matches.matches;
    let describing = Describing { layers, contents, known, updates: &updates };
    let shares = divided(matches.len(), |places| {
        let matches = matches.get(places).unwrap_or_default();
        describing.findings(matches, &advisories_of(view, past, matches)?, Enrichments::then(view, past))
    })?;
    let all = shares.into_iter().reduce(|mut all, mut share| {
        all.append(&mut share);
        all
    });
    let mut findings = all.unwrap_or_default();
    // Findings are large, and are moved once.
    if findings.len() > LEAST {
        findings.par_sort_by_cached_key(place);
    } else {
        findings.sort_by_cached_key(place);
    }
    Ok(findings)
}

/// What findings are described from.
struct Describing<'a> {
    layers: &'a [Arc<LayerOrigin>],
    contents: &'a Contents,
    /// All packages, or none.
    known: &'a [Arc<InstalledPackage>],
    updates: &'a Updates<'a>,
}

impl Describing<'_> {
    fn findings(
        &self,
        matches: &[Match],
        advisories: &Summaries<'_>,
        mut enrichments: Enrichments<'_>,
    ) -> Result<Vec<Finding>, Error> {
        let Self { layers, contents, known, updates } = self;
        // Each package is described once, however many findings it has, which follow each other.
        let mut described: Option<(usize, Arc<InstalledPackage>)> = None;
        let mut findings = Vec::with_capacity(matches.len());
        for found in matches {
            let Some(installed) = contents.packages.get(found.package) else { continue };
            let describe = || Arc::new(installed_package(installed, layers, contents.distribution.as_ref()));
            let package = match (known.get(found.package), described.take()) {
                (Some(known), _) => Arc::clone(known),
                (None, Some((of, package))) if of == found.package => package,
                (None, _) => describe(),
            };
            described = Some((found.package, Arc::clone(&package)));
            let enrichments = enrichments.of(&found.vulnerability)?;
            let fingerprint = limpid_matching::fingerprint(&found.first_name, &installed.package);
            let update_to = updates.of(found).map(Text::from);
            findings.push(finding(found, (fingerprint, update_to), advisories, enrichments, package));
        }
        Ok(findings)
    }
}

/// Where a finding stands among others: what is exploited first, then the worst, then the likeliest to be
/// exploited, then by vulnerability and package.
pub(crate) fn place(finding: &Finding) -> impl Ord + use<> {
    (
        Reverse((finding.exploited.is_some(), finding.severity.severity)),
        Reverse(Probability(finding.exploit_probability.unwrap_or(0.0))),
        (finding.vulnerability.clone(), finding.package.name.clone(), finding.package.path.clone()),
    )
}

/// In the order of all numbers there are.
struct Probability(f32);

impl Ord for Probability {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Probability {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Probability {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Probability {}

/// A finding, described from what is known of it.
pub(crate) fn finding(
    found: &Match,
    (fingerprint, update_to): (String, Option<Text>),
    advisories: &Summaries<'_>,
    enrichments: Arc<Vec<Enriched>>,
    package: Arc<InstalledPackage>,
) -> Finding {
    let summary = advisories.get(&key_of(found));
    let general = summary.map_or(&[][..], |summary| &summary.ratings);
    Finding {
        fingerprint,
        vulnerability: found.vulnerability.clone(),
        aliases: aliases(found, summary, advisories),
        summary: summary.cloned(),
        status: found.status,
        note: found.note.clone(),
        severity: severity(&found.origin.feed, &found.ratings, general, &enrichments),
        package,
        fixed_version: found.fixed_version.clone(),
        update_to,
        origin: Arc::clone(&found.origin),
        advisory: found.id.clone(),
        publishers: found.views.iter().map(publisher).collect(),
        exploited: exploited(&enrichments),
        exploit_probability: enrichments.iter().find_map(|known| known.enrichment.probability()),
        enrichments,
    }
}

fn exploited(enrichments: &[Enriched]) -> Option<Exploited> {
    enrichments.iter().find_map(|known| {
        let since = known.enrichment.exploited()?.to_owned();
        Some(Exploited { since, feed: known.feed.clone() })
    })
}

fn publisher(view: &PublisherView) -> Publisher {
    Publisher {
        advisory: view.id.clone(),
        origin: Arc::clone(&view.origin),
        status: view.status,
        fixed_version: view.fixed_version.clone(),
    }
}

/// All other identifiers under which publishers speak of the vulnerability. Of an advisory that is
/// about several, only its own.
fn aliases(found: &Match, summary: Option<&Arc<AdvisorySummary>>, advisories: &Summaries<'_>) -> Vec<String> {
    let mut aliases = Vec::new();
    for view in &found.views {
        let known = if counts(found, view) { summary } else { advisories.get(&key_of_view(view)) };
        let known = known.filter(|summary| summary.vulnerabilities == 1);
        let others = known.iter().flat_map(|summary| &summary.aliases).map(String::as_str);
        let all = iter::once(view.id.as_str()).chain(others);
        aliases.extend(all.filter(|alias| *alias != found.vulnerability));
    }
    aliases.sort_unstable();
    aliases.dedup();
    aliases.into_iter().map(str::to_owned).collect()
}

/// Whether a view is that of the advisory that counts, as it is of most.
fn counts(found: &Match, view: &PublisherView) -> bool {
    Arc::ptr_eq(&found.origin, &view.origin) && found.id == view.id
}

/// Feed, identifier and source of an advisory.
pub(crate) type Place<'m> = (&'m str, &'m str, &'m str);

fn key_of(found: &Match) -> Place<'_> {
    (&found.origin.feed, &found.id, &found.origin.source)
}

fn key_of_view(view: &PublisherView) -> Place<'_> {
    (&view.origin.feed, &view.id, &view.origin.source)
}

/// What the advisories of some matches say of their vulnerabilities.
pub(crate) type Summaries<'m> = HashMap<Place<'m>, Arc<AdvisorySummary>, RandomState>;

/// The ratings that the advisory gives which counts, whoever is affected.
pub(crate) fn ratings_of<'a>(advisories: &'a Summaries<'a>, found: &'a Match) -> &'a [Rating] {
    advisories.get(&key_of(found)).map_or(&[], |summary| &summary.ratings)
}

/// Those of matches at a moment.
pub(crate) fn advisories_of<'m>(
    view: &View<'_>,
    past: &Past,
    matches: &'m [Match],
) -> Result<Summaries<'m>, Error> {
    let (mut wanted, mut keys) = places_of(matches);
    let mut summaries = Summaries::default();
    if !past.is_now() {
        let mut then = AdvisoriesThen::new(view, past);
        let mut as_now = (Vec::new(), Vec::new());
        for (place, key) in wanted.into_iter().zip(keys) {
            match then.of(&key)? {
                AdvisoryThen::AsNow => as_now.extend([(place, key)]),
                AdvisoryThen::Absent => {}
                AdvisoryThen::Other(row) => {
                    summaries.insert(place, Arc::new(summary(&key, General::from(*row))));
                }
            }
        }
        (wanted, keys) = as_now;
    }
    let found = view.multi_glance(&keys, summary)?;
    summaries.extend(wanted.into_iter().zip(found).filter_map(|(key, found)| Some((key, found?))));
    Ok(summaries)
}

/// The advisories of some matches, each once.
fn places_of(matches: &[Match]) -> (Vec<Place<'_>>, Vec<advisories::Key>) {
    let views = matches.iter().flat_map(|found| found.views.iter().filter(move |view| !counts(found, view)));
    let views = views.map(key_of_view);
    let wanted: HashSet<_, RandomState> = matches.iter().map(key_of).chain(views).collect();
    let key = |&(feed, id, source): &Place<'_>| advisories::Key {
        feed: feed.to_owned(),
        id: id.to_owned(),
        source: source.to_owned(),
    };
    wanted.iter().map(|place| (*place, key(place))).unzip()
}

fn summary(key: &advisories::Key, general: General) -> AdvisorySummary {
    general.into_summary(&key.id)
}

/// The layers in their places.
fn origins(layers: &[ImageLayer]) -> Vec<Arc<LayerOrigin>> {
    let origin = |(index, layer): (usize, &ImageLayer)| {
        Arc::new(LayerOrigin { index, diff_id: layer.diff_id, created_by: layer.created_by.clone() })
    };
    layers.iter().enumerate().map(origin).collect()
}

/// A package with its layer, and its purl completed from the distribution.
fn installed_package(
    installed: &Installed,
    layers: &[Arc<LayerOrigin>],
    distribution: Option<&Distribution>,
) -> InstalledPackage {
    let index = installed.introduced_by;
    let unknown = || Arc::new(LayerOrigin { index, diff_id: Digest::from_bytes([0; 32]), created_by: None });
    let package = &installed.package;
    InstalledPackage {
        name: package.name.clone(),
        version: package.version.clone(),
        scheme: package.scheme.clone(),
        arch: package.arch.clone(),
        purl: purl::complete(package, distribution),
        source: package.source.clone(),
        evidence: package.evidence,
        licenses: package.licenses.clone(),
        path: installed.path.clone(),
        member: installed.member.clone(),
        layer: layers.get(index).cloned().unwrap_or_else(unknown),
        detector: Arc::clone(&installed.detector),
        owner: installed.owner.as_ref().map(|owner| owner.package.to_string()),
        qualifiers: package.qualifiers.clone(),
        requires: None,
    }
}
