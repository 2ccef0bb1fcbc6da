//! Reports: what concerns an image, read at one moment.

mod coverage;
mod purl;

use std::collections::HashMap;

use limpid_model::report::{
    Finding, Gap, InstalledPackage, LayerChanges, LayerOrigin, RatedSeverity, Report,
};
use limpid_model::{Advisory, Digest, Distribution, Image, ImageLayer, Rating, Severity};
use limpid_store::View;
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::findings::{self, Findings};
use limpid_store::tables::images::Indexing;

use crate::catalog;
use crate::fold::{self, Change, Contents, Found, Held, LayerFacts};
use crate::matching::{self, Match};
use crate::{Error, Scanner};

/// What each layer of an image did to its packages, and what is there in the end.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The image.
    pub image: Image,
    /// Its distribution, where a file states it.
    pub distribution: Option<Distribution>,
    /// What is there, by name.
    pub packages: Vec<InstalledPackage>,
    /// What each layer did, lowest first.
    pub layers: Vec<LayerChanges>,
}

impl Scanner {
    /// What concerns an image, from one view of the store. `digest` is that of its configuration or
    /// of a manifest.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn report(&self, digest: &Digest) -> Result<Report, Error> {
        // Before the view is taken: what ends after that is not in it.
        let begun = self.refreshes();
        let view = self.store().view();
        let (image, indexing) = catalog::image(&view, digest)?;
        let facts = facts(&view, &image, &indexing)?;
        let mut plugins: Vec<_> =
            facts.iter().flat_map(|layer| &layer.found).map(|found| found.detector.clone()).collect();
        let contents = fold::fold(facts, &indexing.hidden, |_, _| ());
        let matches = matching::matches(&view, &contents)?;
        let findings = findings(&view, &image, &contents, &matches.matches)?;
        let mut coverage = coverage::coverage(self, &view, &contents, &indexing, matches)?;
        if self.has_refreshed_since(begun) {
            coverage.gaps.push(Gap::RefreshUnderWay);
        }
        plugins.extend(self.schemes_of(&contents));
        plugins.extend(coverage.sources.iter().filter_map(|source| source.plugin.clone()));
        plugins.sort();
        plugins.dedup();
        Ok(Report { image, findings, coverage, plugins })
    }

    /// What an image holds, and what each of its layers did.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn inventory(&self, digest: &Digest) -> Result<Inventory, Error> {
        let view = self.store().view();
        let (image, indexing) = catalog::image(&view, digest)?;
        let facts = facts(&view, &image, &indexing)?;
        let mut changes = Vec::new();
        let contents = fold::fold(facts, &indexing.hidden, |_, change| changes.push(change));
        let describe = |held: &Held| installed(held, &image.layers, contents.distribution.as_ref());
        let layers = changes.into_iter().map(|changes| layer_changes(changes, &describe)).collect();
        let mut packages: Vec<_> = contents.packages.iter().map(describe).collect();
        packages.sort_by(|a, b| (&a.name, &a.version, &a.path).cmp(&(&b.name, &b.version, &b.path)));
        Ok(Inventory { distribution: contents.distribution.clone(), packages, layers, image })
    }
}

fn layer_changes(changes: Vec<Change>, describe: &impl Fn(&Held) -> InstalledPackage) -> LayerChanges {
    let mut out = LayerChanges::default();
    for change in changes {
        match change {
            Change::Added(held) => out.added.push(describe(&held)),
            Change::Removed(held) => out.removed.push(describe(&held)),
            Change::Changed(pair) => out.changed.push((describe(&pair.0), describe(&pair.1))),
        }
    }
    out
}

/// What the detectors that saw the image found in its layers.
fn facts(view: &View<'_>, image: &Image, indexing: &Indexing) -> Result<Vec<LayerFacts>, Error> {
    let mut layers = Vec::with_capacity(image.layers.len());
    for layer in &image.layers {
        let keys: Vec<_> = indexing
            .detectors
            .iter()
            .map(|&component| findings::Key { diff_id: layer.diff_id, component })
            .collect();
        let rows = view.multi_get::<Findings>(&keys)?;
        let found = rows.into_iter().flatten().map(|row| {
            let (detector, findings, keys) = row.into_parts();
            Found { detector, findings, keys }
        });
        layers.push(LayerFacts { layer: layer.clone(), found: found.collect() });
    }
    Ok(layers)
}

fn findings(
    view: &View<'_>,
    image: &Image,
    contents: &Contents,
    matches: &[Match],
) -> Result<Vec<Finding>, Error> {
    let advisories = advisories_of(view, matches)?;
    let mut findings = Vec::with_capacity(matches.len());
    for found in matches {
        let Some(held) = contents.packages.get(found.package) else { continue };
        let advisory = advisories.get(&key_of(found));
        let package = installed(held, &image.layers, contents.distribution.as_ref());
        findings.push(finding(found, advisory, package));
    }
    findings.sort_by(|a, b| {
        let key = |f: &Finding| std::cmp::Reverse(f.severity.severity);
        (key(a), &a.vulnerability, &a.package.name, &a.package.path).cmp(&(
            key(b),
            &b.vulnerability,
            &b.package.name,
            &b.package.path,
        ))
    });
    Ok(findings)
}

fn finding(found: &Match, advisory: Option<&Advisory>, package: InstalledPackage) -> Finding {
    let general = advisory.map_or(&[][..], |advisory| &advisory.ratings);
    Finding {
        vulnerability: found.id.clone(),
        aliases: advisory.map(|a| a.aliases.clone()).unwrap_or_default(),
        title: advisory.map(|a| a.title.clone()).unwrap_or_default(),
        status: found.status,
        note: found.note.clone(),
        severity: severity(&found.ratings, general),
        package,
        fixed_version: found.fixed_version.clone(),
        origin: found.origin.clone(),
        references: advisory.map(|a| a.references.clone()).unwrap_or_default(),
    }
}

/// The publisher's word on this package counts before that on the vulnerability; within each, the
/// worst.
fn severity(of_package: &[Rating], of_vulnerability: &[Rating]) -> RatedSeverity {
    for (ratings, of_package) in [(of_package, true), (of_vulnerability, false)] {
        let understood = ratings.iter().filter(|rating| Severity::of(rating) != Severity::Unknown);
        if let Some(rating) = understood.max_by_key(|rating| Severity::of(rating)) {
            return RatedSeverity {
                severity: Severity::of(rating),
                rating: Some(rating.clone()),
                of_package,
            };
        }
    }
    RatedSeverity { severity: Severity::Unknown, rating: None, of_package: false }
}

fn key_of(found: &Match) -> (String, String, String) {
    (found.origin.feed.clone(), found.id.clone(), found.origin.source.clone())
}

type AdvisoriesByKey = HashMap<(String, String, String), Advisory>;

fn advisories_of(view: &View<'_>, matches: &[Match]) -> Result<AdvisoriesByKey, Error> {
    let mut wanted: Vec<_> = matches.iter().map(key_of).collect();
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
    let found = wanted.into_iter().zip(rows).filter_map(|(key, row)| {
        let advisory = row?.into_advisory(key.1.clone());
        Some((key, advisory))
    });
    Ok(found.collect())
}

/// A package with its layer, and its purl completed from the distribution.
fn installed(held: &Held, layers: &[ImageLayer], distribution: Option<&Distribution>) -> InstalledPackage {
    let layer = layers.get(held.introduced_by);
    let package = &held.package;
    InstalledPackage {
        name: package.name.clone(),
        version: package.version.clone(),
        arch: package.arch.clone(),
        purl: purl::complete(package, distribution),
        source: package.source.clone(),
        evidence: package.evidence,
        licenses: package.licenses.clone(),
        path: held.path.clone(),
        member: held.member.clone(),
        layer: LayerOrigin {
            index: held.introduced_by,
            diff_id: layer.map_or(Digest::from_bytes([0; 32]), |layer| layer.diff_id),
            created_by: layer.and_then(|layer| layer.created_by.clone()),
        },
        detector: held.detector.clone(),
    }
}
