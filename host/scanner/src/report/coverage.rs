use std::collections::{BTreeMap, BTreeSet};

use limpid_formats::rfc3339;
use limpid_matching::{Contents, Matches, namespaces};
use limpid_model::Scope;
use limpid_model::report::{
    Coverage, DistributionCoverage, EnrichmentSource, Examination, Finding, Gap, SilentNamespace,
    SourceCoverage,
};
use limpid_store::View;
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::sources::{self, Sources};

use super::Reporter;
use crate::Error;
use crate::history::Past;

/// Says how much of an image was understood, and on what the report rests.
pub(super) fn coverage(
    reporter: Reporter<'_>,
    (view, past): (&View<'_>, &Past),
    (contents, examination): (&Contents, Examination),
    matches: Matches,
    findings: &[Finding],
) -> Result<Coverage, Error> {
    let published = published(contents);
    let asked: BTreeSet<&str> = published.keys().copied().flatten().map(String::as_str).collect();
    let (sources, enrichments) = sources((view, past), &asked)?;
    let spoken_of: BTreeSet<&str> =
        sources.iter().flat_map(|source| &source.namespaces).map(String::as_str).collect();
    let distribution = contents.distribution.clone().map(|distribution| DistributionCoverage {
        supported: distribution
            .supported_until
            .as_ref()
            .map(|until| *until >= reporter.settings.clock.today()),
        distribution,
    });
    let mut coverage = Coverage {
        packages: contents.packages.len(),
        judged: published
            .iter()
            .filter(|(namespaces, _)| namespaces.iter().any(|n| spoken_of.contains(n.as_str())))
            .map(|(_, packages)| packages.ordered)
            .sum(),
        unordered: matches.unordered,
        unjudged: matches.unjudged,
        examination,
        gaps: Vec::new(),
        distribution,
        sources: Vec::new(),
        enrichments,
    };
    let of_distribution =
        contents.packages.iter().filter(|installed| installed.package.scope == Scope::Distribution).count();
    coverage.gaps = gaps(&coverage, of_distribution, unspoken(published, &spoken_of));
    coverage.gaps.extend(other_releases(contents, &spoken_of));
    coverage.gaps.extend(sources.iter().flat_map(dropped));
    coverage.gaps.extend(unrated(reporter, (view, past), findings)?);
    coverage.sources = sources;
    Ok(coverage)
}

/// Releases that packages may come from, beside the distribution's own: where that is among those that are
/// named, nobody knows which package is of which; and where nothing is installed of the others, they do not decide.
fn other_releases(contents: &Contents, spoken_of: &BTreeSet<&str>) -> Option<Gap> {
    let namespaces = &contents.elsewhere;
    let first = contents.distribution.as_ref().and_then(|known| known.namespaces.first())?;
    let decide = namespaces.contains(first) && spoken_of.contains(first.as_str());
    (!namespaces.is_empty() && !decide).then(|| Gap::OtherReleases { namespaces: namespaces.clone() })
}

/// What its publisher no longer speaks of.
fn dropped(source: &SourceCoverage) -> impl Iterator<Item = Gap> {
    source.silent.iter().map(|silent| Gap::ReleaseDropped {
        namespace: silent.namespace.clone(),
        source: (source.feed.clone(), source.source.clone()),
        last_stated: rfc3339(silent.last_stated),
    })
}

/// Findings that nobody has rated, and the feeds that may and of which nothing is installed.
fn unrated(
    reporter: Reporter<'_>,
    (view, past): (&View<'_>, &Past),
    findings: &[Finding],
) -> Result<Option<Gap>, Error> {
    let unrated = findings.iter().filter(|finding| finding.severity.rating.is_none()).count();
    if unrated == 0 {
        return Ok(None);
    }
    let mut feeds = Vec::new();
    for feed in reporter.plugins.feed_names() {
        let sources = view.keys::<Sources>(|key| {
            key.text(feed);
        });
        let mut is_installed = false;
        for key in sources {
            let key = key?;
            is_installed |= past.knew(&key.feed, &key.source);
        }
        if !is_installed {
            feeds.push(feed.to_owned());
        }
    }
    // Where all are installed, some vulnerabilities are too young to be rated by anybody.
    let is_gap = unrated == findings.len() || !feeds.is_empty();
    Ok(is_gap.then_some(Gap::UnratedFindings { unrated, findings: findings.len(), feeds }))
}

/// The sources that speak of a namespace of the image, and those that speak of vulnerabilities whoever is affected, by
/// feed.
fn sources(
    (view, past): (&View<'_>, &Past),
    asked: &BTreeSet<&str>,
) -> Result<(Vec<SourceCoverage>, Vec<EnrichmentSource>), Error> {
    let feeds = view.walk::<Feeds>().group(|_| (), |rows| rows)?;
    let revisions: BTreeMap<&str, u64> = feeds
        .iter()
        .flat_map(|rows| rows.iter())
        .map(|(feed, row)| (feed.as_str(), past.revision(feed, row.revision)))
        .collect();
    let known = view.walk::<Sources>().group(|_| (), |rows| rows)?;
    let (mut sources, mut enrichments) = (Vec::new(), Vec::new());
    for (key, row) in known.iter().flat_map(|rows| rows.iter()) {
        let namespaces = past.namespaces(&key.feed, &key.source, &row.namespaces).iter();
        let namespaces: Vec<_> =
            namespaces.filter(|namespace| asked.contains(namespace.as_str())).cloned().collect();
        // Of the past that is not kept.
        if past.is_now() && !row.knows().is_empty() {
            enrichments.push(EnrichmentSource {
                revision: revisions.get(key.feed.as_str()).copied().unwrap_or(0),
                feed: key.feed.clone(),
                source: key.source.clone(),
                ingested: past.not_after(row.as_of()),
                states: row.knows(),
            });
        }
        if !namespaces.is_empty() {
            sources.push(SourceCoverage {
                revision: revisions.get(key.feed.as_str()).copied().unwrap_or(0),
                feed: key.feed.clone(),
                source: key.source.clone(),
                plugin: row.plugin(),
                silent: silent(row, &namespaces, past),
                namespaces,
                ingested: past.not_after(row.as_of()),
            });
        }
    }
    // What is not there any more was there then.
    for (feed, source, namespaces) in past.changed_sources() {
        let namespaces: Vec<_> =
            namespaces.iter().filter(|namespace| asked.contains(namespace.as_str())).cloned().collect();
        let is_gone = !known
            .iter()
            .flat_map(|rows| rows.iter())
            .any(|(key, _)| key.feed == feed && key.source == source);
        if is_gone && !namespaces.is_empty() {
            sources.push(SourceCoverage {
                revision: revisions.get(feed).copied().unwrap_or(0),
                feed: feed.to_owned(),
                source: source.to_owned(),
                plugin: None,
                silent: Vec::new(),
                namespaces,
                ingested: past.not_after(u64::MAX),
            });
        }
    }
    sources.sort_by(|a, b| (&a.feed, &a.source).cmp(&(&b.feed, &b.source)));
    enrichments.sort_by(|a, b| (&a.feed, &a.source).cmp(&(&b.feed, &b.source)));
    Ok((sources, enrichments))
}

/// What its publisher had stopped speaking of by then.
fn silent(row: &sources::Row, namespaces: &[String], past: &Past) -> Vec<SilentNamespace> {
    let by_then = |since: u64| past.not_after(since) == since;
    let silent = row.spoken.iter().filter(|spoken| spoken.silent_since.is_some_and(by_then));
    let silent = silent.filter(|spoken| namespaces.contains(&spoken.namespace)).map(|spoken| {
        SilentNamespace { namespace: spoken.namespace.clone(), last_stated: spoken.last_stated }
    });
    silent.collect()
}

/// Packages for which advisories are published in the same places.
#[derive(Clone, Copy, Debug, Default)]
struct Packages {
    all: usize,
    /// Those whose versions can be ordered.
    ordered: usize,
}

/// The packages, by where advisories for them are published.
fn published(contents: &Contents) -> BTreeMap<&[String], Packages> {
    let mut published: BTreeMap<_, Packages> = BTreeMap::new();
    for installed in &contents.packages {
        let packages = published.entry(namespaces(contents, installed)).or_default();
        packages.all += 1;
        packages.ordered += usize::from(installed.keys.version.key.is_ok());
    }
    published
}

/// How many packages are published in places of which no source speaks.
fn unspoken(
    published: BTreeMap<&[String], Packages>,
    spoken_of: &BTreeSet<&str>,
) -> BTreeMap<Vec<String>, usize> {
    let unspoken = published.into_iter().filter(|(asked, _)| {
        !asked.is_empty() && !asked.iter().any(|namespace| spoken_of.contains(namespace.as_str()))
    });
    unspoken.map(|(asked, packages)| (asked.to_vec(), packages.all)).collect()
}

fn gaps(coverage: &Coverage, of_distribution: usize, unspoken: BTreeMap<Vec<String>, usize>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    match &coverage.distribution {
        // Modules of languages are judged whatever the distribution: an image may have none.
        None if of_distribution > 0 || coverage.packages == 0 => gaps.push(Gap::UnknownDistribution),
        None => {}
        Some(known) => {
            let DistributionCoverage { distribution, supported } = known;
            if *supported == Some(false) {
                gaps.push(Gap::Unsupported {
                    distribution: distribution.pretty_name.clone(),
                    until: distribution.supported_until.clone().unwrap_or_default(),
                });
            }
            if of_distribution == 0 && coverage.packages > 0 {
                gaps.push(Gap::NoDistributionPackages { distribution: distribution.pretty_name.clone() });
            }
        }
    }
    if coverage.packages == 0 {
        gaps.push(Gap::NoPackages);
    }
    let is_elsewhere = |namespaces: &[String]| namespaces.iter().all(|it| it.ends_with(Scope::ELSEWHERE));
    let (elsewhere, unspoken): (Vec<_>, Vec<_>) =
        unspoken.into_iter().partition(|(namespaces, _)| is_elsewhere(namespaces));
    gaps.extend(
        unspoken.into_iter().map(|(namespaces, packages)| Gap::NoAdvisories { namespaces, packages }),
    );
    gaps.extend(coverage.examination.gaps());
    let mut counted = |count: usize, gap: fn(usize) -> Gap| gaps.extend((count > 0).then(|| gap(count)));
    counted(coverage.unordered.len(), Gap::UnorderedVersions);
    counted(coverage.unjudged.len(), Gap::UnjudgedAdvisories);
    if !elsewhere.is_empty() {
        let packages = elsewhere.iter().map(|(_, packages)| packages).sum();
        let namespaces: BTreeSet<_> = elsewhere.into_iter().flat_map(|(namespaces, _)| namespaces).collect();
        gaps.push(Gap::NotPublished { namespaces: namespaces.into_iter().collect(), packages });
    }
    gaps
}
