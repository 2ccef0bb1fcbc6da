//! Reports: what affects an image, read at one moment.

mod advisory_rows;
mod coverage;
mod enrichments;
mod purl;
mod unexamined;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use limpid_model::report::{
    Enriched, Exploited, Finding, Gap, InstalledPackage, LayerChanges, LayerOrigin, Publisher, Report,
};
use limpid_model::{Advisory, Digest, Distribution, Image, ImageLayer, Inventory, PluginId};
use limpid_runtime::Snapshot;
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::images::Indexing;
use limpid_store::{Store, View};

use crate::history::{self, AsOf, Past, Then};
use crate::refreshing::Refreshing;
use crate::stated::All;
use crate::{Error, Settings, facts, images, inventory};
pub(crate) use advisory_rows::AdvisoryRows;
pub(crate) use enrichments::Enrichments;
use limpid_matching::fold::{self, Change, LayerFacts};
use limpid_matching::{Authority, Contents, Installed, Match, Matches, PublisherView, match_all, severity};
pub(crate) use unexamined::Claims;

/// What reports need of the service.
#[derive(Clone, Copy)]
pub(crate) struct Reporter<'s> {
    pub(crate) store: &'s Store,
    pub(crate) settings: &'s Settings,
    pub(crate) plugins: &'s Snapshot,
    pub(crate) refreshing: &'s Refreshing,
    pub(crate) claims: &'s Claims,
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
        let (image, indexing) = images::image(&view, digest)?;
        let facts = facts(&view, &image, &indexing)?;
        let hidden = inventory::hidden_of(&view, &image, &indexing)?;
        let mut plugins: Vec<_> = facts
            .iter()
            .flat_map(|layer| &layer.found)
            .map(|found| PluginId::clone(&found.detector))
            .collect();
        let contents = fold::fold(facts, &hidden, |_, _| ());
        let past = as_of
            .map(|as_of| history::past(self.settings, self.plugins, &view, as_of))
            .transpose()?
            .unwrap_or_default();
        let stated = || Then::new(&past, All::new(&view));
        let mut authority = Authority::new(stated(), self.settings.owned_packages());
        let matches = match_all(stated(), &mut authority, &contents)?;
        let findings = findings(&view, &past, &image, &contents, &matches)?;
        let mut coverage =
            coverage::coverage(self, (&view, &past), &contents, &indexing, matches, &findings)?;
        unexamined::add(self, &view, &image, &contents, &mut coverage)?;
        if self.refreshing.has_begun_since(begun) {
            coverage.gaps.push(Gap::RefreshUnderWay);
        }
        plugins.extend(schemes_of(self.plugins, &contents));
        plugins.extend(coverage.sources.iter().filter_map(|source| source.plugin.clone()));
        plugins.sort();
        plugins.dedup();
        Ok(Report { image, findings, coverage, plugins })
    }

    /// What an image holds, and what each of its layers did.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub(crate) fn inventory(self, digest: &Digest) -> Result<Inventory, Error> {
        let view = self.store.view();
        let (image, indexing) = images::image(&view, digest)?;
        let facts = facts(&view, &image, &indexing)?;
        let hidden = inventory::hidden_of(&view, &image, &indexing)?;
        let mut changes = Vec::new();
        let contents = fold::fold(facts, &hidden, |_, change| changes.push(change.each()));
        let describe = |installed: &Installed| {
            installed_package(installed, &image.layers, contents.distribution.as_ref())
        };
        let layers = changes.into_iter().map(|changes| layer_changes(changes, &describe)).collect();
        let mut packages: Vec<_> = contents.packages.iter().map(describe).collect();
        packages.sort_by(|a, b| (&a.name, &a.version, &a.path).cmp(&(&b.name, &b.version, &b.path)));
        Ok(Inventory { distribution: contents.distribution.clone(), packages, layers, image })
    }
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
    let linked = indexing.linked.as_ref().map(|linked| (linked.diff_id, linked.files.as_slice()));
    facts::facts(view, image, linked, &indexing.detectors, &BTreeMap::new())
}

fn findings(
    view: &View<'_>,
    past: &Past<'_>,
    image: &Image,
    contents: &Contents,
    matches: &Matches,
) -> Result<Vec<Finding>, Error> {
    let updates = limpid_matching::updates(matches);
    let matches = &matches.matches;
    let advisories = advisories_of(view, past, matches)?;
    let mut enrichments = Enrichments::then(view, past);
    let mut findings = Vec::with_capacity(matches.len());
    for found in matches {
        let Some(installed) = contents.packages.get(found.package) else { continue };
        let package = installed_package(installed, &image.layers, contents.distribution.as_ref());
        let known = enrichments.of(&found.vulnerability)?;
        let fingerprint = limpid_matching::fingerprint(&found.first_name, &installed.package);
        let update_to = updates.of(found).map(str::to_owned);
        findings.push(Finding { fingerprint, update_to, ..finding(found, &advisories, known, package) });
    }
    findings.sort_by(|a, b| {
        let probability = |f: &Finding| f.exploit_probability.unwrap_or(0.0);
        let weight = |f: &Finding| (f.exploited.is_some(), f.severity.severity);
        weight(b)
            .cmp(&weight(a))
            .then_with(|| probability(b).total_cmp(&probability(a)))
            .then_with(|| place(a).cmp(&place(b)))
    });
    Ok(findings)
}

/// Where a finding stands among those that weigh as much.
fn place(finding: &Finding) -> (&str, &str, &str) {
    (&finding.vulnerability, &finding.package.name, &finding.package.path)
}

fn finding(
    found: &Match,
    advisories: &AdvisoriesByKey,
    enrichments: &[Enriched],
    package: InstalledPackage,
) -> Finding {
    let advisory = advisories.get(&key_of(found));
    let general = advisory.map_or(&[][..], |advisory| &advisory.ratings);
    Finding {
        fingerprint: String::new(),
        vulnerability: found.vulnerability.clone(),
        aliases: aliases(found, advisories),
        title: advisory.map(|a| a.title.clone()).unwrap_or_default(),
        status: found.status,
        note: found.note.clone(),
        severity: severity(&found.origin.feed, &found.ratings, general, enrichments),
        package,
        fixed_version: found.fixed_version.clone(),
        update_to: None,
        origin: found.origin.clone(),
        references: advisory.map(|a| a.references.clone()).unwrap_or_default(),
        advisory: found.id.clone(),
        publishers: found.views.iter().map(publisher).collect(),
        exploited: exploited(enrichments),
        exploit_probability: enrichments.iter().find_map(|known| known.enrichment.probability()),
        enrichments: enrichments.to_vec(),
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
        origin: view.origin.clone(),
        status: view.status,
        fixed_version: view.fixed_version.clone(),
    }
}

/// All other identifiers under which publishers speak of the vulnerability. Of an advisory that is
/// about several, only its own.
fn aliases(found: &Match, advisories: &AdvisoriesByKey) -> Vec<String> {
    let mut aliases = BTreeSet::new();
    for view in &found.views {
        aliases.insert(view.id.clone());
        let known = advisories.get(&(view.origin.feed.clone(), view.id.clone(), view.origin.source.clone()));
        if let Some(advisory) = known.filter(|advisory| advisory.vulnerabilities().len() == 1) {
            aliases.extend(advisory.aliases.iter().cloned());
        }
    }
    aliases.remove(&found.vulnerability);
    aliases.into_iter().collect()
}

fn key_of(found: &Match) -> (String, String, String) {
    (found.origin.feed.clone(), found.id.clone(), found.origin.source.clone())
}

type AdvisoriesByKey = HashMap<(String, String, String), Advisory>;

fn advisories_of(view: &View<'_>, past: &Past<'_>, matches: &[Match]) -> Result<AdvisoriesByKey, Error> {
    let of_view =
        |view: &PublisherView| (view.origin.feed.clone(), view.id.clone(), view.origin.source.clone());
    let views = matches.iter().flat_map(|found| &found.views).map(of_view);
    let mut wanted: Vec<_> = matches.iter().map(key_of).chain(views).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let keys: Vec<_> = wanted
        .iter()
        .map(|(feed, id, source)| advisories::Key {
            feed: feed.clone(),
            id: id.clone(),
            source: source.clone(),
        })
        .collect();
    let rows = view.multi_get::<Advisories>(&keys)?;
    let mut found = AdvisoriesByKey::new();
    for ((wanted, key), row) in wanted.into_iter().zip(keys).zip(rows) {
        if let Some(row) = past.advisory(&key, row)? {
            found.insert(wanted, row.into_advisory(key.id));
        }
    }
    Ok(found)
}

/// A package with its layer, and its purl completed from the distribution.
fn installed_package(
    installed: &Installed,
    layers: &[ImageLayer],
    distribution: Option<&Distribution>,
) -> InstalledPackage {
    let layer = layers.get(installed.introduced_by);
    let package = &installed.package;
    InstalledPackage {
        name: package.name.clone(),
        version: package.version.clone(),
        arch: package.arch.clone(),
        purl: purl::complete(package, distribution),
        source: package.source.clone(),
        evidence: package.evidence,
        licenses: package.licenses.clone(),
        path: installed.path.clone(),
        member: installed.member.clone(),
        layer: LayerOrigin {
            index: installed.introduced_by,
            diff_id: layer.map_or(Digest::from_bytes([0; 32]), |layer| layer.diff_id),
            created_by: layer.and_then(|layer| layer.created_by.clone()),
        },
        detector: PluginId::clone(&installed.detector),
        owner: installed.owner.as_ref().map(|owner| owner.package.to_string()),
    }
}
