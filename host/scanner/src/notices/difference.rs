use std::collections::{BTreeMap, BTreeSet};

use limpid_matching::{Advisories, Authority, OwnedPackages, PackageAdvisory, fingerprint, severity};
use limpid_model::report::Enriched;
use limpid_model::{Advisory, Change, Digest, Image, NoticeKind, Rating, Standing, StandingPackage};
use limpid_store::View;
use limpid_store::tables::advisories;
use limpid_store::tables::affects::Affects;
use limpid_store::tables::images::{Images, Indexing};

use crate::Error;
use crate::inventory::{Affected, Vulnerability, affected, by_image, images_of};
use crate::stated::{AfterChange, All, package_advisory};

/// What a document changes: all that is needed to hold what was stated against what is stated now.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Whether an operator removes what was stated: no publisher took it back.
    pub(crate) is_removal: bool,
    /// Advisories that are there no longer in the form that they had.
    pub(crate) gone: BTreeSet<advisories::Key>,
    /// Advisories that are new, or have a new form.
    pub(crate) fresh: BTreeMap<advisories::Key, (Advisory, Vec<PackageAdvisory>)>,
    /// The vulnerabilities that all of these are about.
    pub(crate) vulnerabilities: BTreeSet<String>,
    /// Names that vulnerabilities had, and those that they have now in their place.
    pub(crate) renamed: BTreeMap<String, BTreeSet<String>>,
    /// What is known of vulnerabilities from now on, by kind, where that is something else than
    /// before; nothing where it is known no longer.
    pub(crate) enriched: BTreeMap<String, BTreeMap<String, Option<Enriched>>>,
}

type Groups = BTreeMap<(Digest, u64), Standing>;

/// What changes for images in one vulnerability.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) changed: Vec<Change>,
    /// How layers stand in their contexts once it is so.
    will: Groups,
}

/// Tells of names that have changed, in the place of one vulnerability that affects an image no longer
/// and another one that newly does; and of what else has changed with the name.
pub(crate) fn rename(
    view: &View<'_>,
    changes: &Changes,
    outcomes: &mut BTreeMap<String, Outcome>,
) -> Result<(), Error> {
    let mut images = view.stream::<Images>();
    for (before, names) in &changes.renamed {
        let Some(gone) = outcomes.get_mut(before).map(|outcome| std::mem::take(&mut outcome.changed)) else {
            continue;
        };
        let mut stays = Vec::new();
        for mut change in gone {
            let is_gone = matches!(change.kind, NoticeKind::NoLongerAffected | NoticeKind::Withdrawn);
            let row = if is_gone { images.get(&change.image.id)? } else { None };
            let placed = row.map(|row| row.into_parts(change.image.id));
            let renamed = placed.and_then(|(image, indexing)| {
                let stands = |name| {
                    let outcome: &Outcome = outcomes.get(name)?;
                    Some((name, standing(&outcome.will, &image, &indexing)?))
                };
                names.iter().find_map(stands)
            });
            if let Some((name, will)) = renamed {
                let was = std::mem::replace(&mut change.standing, will.clone());
                if let Some(outcome) = outcomes.get_mut(name) {
                    let is_same = |it: &Change| {
                        it.image.id == change.image.id
                            && matches!(it.kind, NoticeKind::NewlyAffected | NoticeKind::Renamed)
                    };
                    outcome.changed.retain(|it| !is_same(it));
                    outcome.changed.extend(kinds(Some(was), Some(will), false).into_iter().map(
                        |(kind, standing)| Change {
                            image: change.image.clone(),
                            vulnerability: name.clone(),
                            before: None,
                            kind,
                            standing,
                        },
                    ));
                }
                change.kind = NoticeKind::Renamed;
                change.before = Some(std::mem::replace(&mut change.vulnerability, name.clone()));
            }
            stays.push(change);
        }
        if let Some(outcome) = outcomes.get_mut(before) {
            outcome.changed = stays;
        }
    }
    Ok(())
}

/// All that changes for images by what a document changes in one vulnerability.
pub(crate) fn changed(
    view: &View<'_>,
    changes: &Changes,
    vulnerability: &str,
    enrichments: (&[Enriched], &[Enriched]),
    owned: OwnedPackages,
) -> Result<Outcome, Error> {
    let known = Vulnerability::about(view, vulnerability)?;
    let kept = known.without(&changes.gone);
    let (before, withdrawn) =
        (known.package_advisories(view)?, known.advisories.len() > kept.advisories.len());
    let fresh = changes
        .fresh
        .values()
        .flat_map(|(_, stated)| stated)
        .filter_map(|stated| known.only_its_own(stated.clone()));
    let after = Advisories::from_iter(kept.all_package_advisories(view)?.into_iter().chain(fresh));
    let general = |key: &advisories::Key| match changes.fresh.get(key) {
        Some((advisory, _)) => &advisory.ratings,
        None => known.ratings(key),
    };
    let mut authority = Authority::new(All::new(view), owned);
    let was = affected(view, &before, &mut authority)?;
    let taken = |name: &str, it: &Affected| is_taken(view, None, name, it);
    let was = groups(&was, |key| known.ratings(key), enrichments.0, taken)?;
    let fresh = changes.fresh.values().flat_map(|(_, stated)| stated).collect();
    let mut authority = Authority::new(AfterChange { view, gone: &changes.gone, fresh }, owned);
    let will = affected(view, &after, &mut authority)?;
    let taken = |name: &str, it: &Affected| is_taken(view, Some(changes), name, it);
    let will = groups(&will, general, enrichments.1, taken)?;
    let differing: Vec<_> =
        was.keys().chain(will.keys()).filter(|group| was.get(group) != will.get(group)).copied().collect();
    let mut changed = Vec::new();
    let mut images = view.stream::<Images>();
    for (image, _) in by_image(&images_of(view, &differing, None, usize::MAX)?) {
        let Some(row) = images.get(&image)? else { continue };
        let (image, indexing) = row.into_parts(image);
        let standing = |groups: &Groups| standing(groups, &image, &indexing);
        let (was, will) = (standing(&was), standing(&will));
        for (kind, standing) in kinds(was, will, withdrawn && after.is_empty() && !changes.is_removal) {
            let (image, vulnerability, before) = (image.clone(), vulnerability.to_owned(), None);
            changed.push(Change { image, vulnerability, before, kind, standing });
        }
    }
    Ok(Outcome { changed, will })
}

/// How each layer stands in each of its contexts.
fn groups<'r>(
    affected: &[Affected],
    general: impl Fn(&advisories::Key) -> &'r [Rating],
    enrichments: &[Enriched],
    is_taken: impl Fn(&str, &Affected) -> Result<bool, Error>,
) -> Result<Groups, Error> {
    let mut groups = Groups::new();
    let exploited = enrichments.iter().any(|known| known.enrichment.exploited().is_some());
    for it in affected {
        let origin = &it.found.origin;
        let key = advisories::Key {
            feed: origin.feed.clone(),
            id: it.found.id.clone(),
            source: origin.source.clone(),
        };
        // As a report has it, which sees all that is stated of the package.
        let (first, now) = (&it.found.first_name, &it.found.vulnerability);
        let first = if first != now && is_taken(first, it)? { now } else { first };
        let standing = Standing {
            severity: severity(&origin.feed, &it.found.ratings, general(&key), enrichments).severity,
            fixable: it.found.fixed_version.is_some(),
            exploited,
            packages: vec![StandingPackage {
                name: it.installed.package.name.to_string(),
                version: it.installed.package.version.to_string(),
                fixed_version: it.found.fixed_version.clone(),
                namespace: origin.namespace.clone(),
                advisory: it.found.id.clone(),
                feed: origin.feed.clone(),
                fingerprint: fingerprint(first, &it.installed.package),
            }],
        };
        let group = groups.entry((it.diff_id, it.context));
        group.and_modify(|known| known.join(&standing)).or_insert(standing);
    }
    Ok(groups)
}

/// Whether another vulnerability of a package has a name, be it once changes are made.
fn is_taken(view: &View<'_>, changes: Option<&Changes>, name: &str, it: &Affected) -> Result<bool, Error> {
    let package = &it.installed.package;
    let names = [Some(&package.name), package.source.as_ref().map(|source| &source.name)];
    let is_of = |advisory: &PackageAdvisory| {
        names.iter().flatten().any(|known| **known == advisory.name)
            && advisory.vulnerabilities.iter().any(|vulnerability| vulnerability == name)
    };
    if let Some(changes) = changes {
        let mut fresh = changes.fresh.values().flat_map(|(_, stated)| stated);
        if fresh.any(|advisory| advisory.origin.namespace == it.found.origin.namespace && is_of(advisory)) {
            return Ok(true);
        }
    }
    for package in names.into_iter().flatten() {
        let rows = view.scan::<Affects>(|key| {
            key.text(&it.found.origin.namespace).text(package);
        });
        for row in rows {
            let (key, row) = row?;
            let advisory =
                advisories::Key { feed: key.feed.clone(), id: key.id.clone(), source: key.source.clone() };
            let is_gone = changes.is_some_and(|changes| {
                changes.gone.contains(&advisory) || changes.fresh.contains_key(&advisory)
            });
            if !is_gone && is_of(&package_advisory(key, row)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// How an image stands: as all of its layers do together.
fn standing(groups: &Groups, image: &Image, indexing: &Indexing) -> Option<Standing> {
    let mut standing: Option<Standing> = None;
    let linked = indexing.linked.iter().map(|linked| (linked.diff_id, linked.context));
    let layers =
        image.layers.iter().zip(&indexing.contexts).map(|(layer, &context)| (layer.diff_id, context));
    for at in layers.chain(linked) {
        let Some(group) = groups.get(&at) else { continue };
        match &mut standing {
            Some(standing) => standing.join(group),
            None => standing = Some(group.clone()),
        }
    }
    standing
}

/// What kinds of changes lie between two standings of an image.
fn kinds(was: Option<Standing>, will: Option<Standing>, withdrawn: bool) -> Vec<(NoticeKind, Standing)> {
    match (was, will) {
        (None, None) => Vec::new(),
        (None, Some(will)) => vec![(NoticeKind::NewlyAffected, will)],
        (Some(was), None) if withdrawn => vec![(NoticeKind::Withdrawn, was)],
        (Some(was), None) => vec![(NoticeKind::NoLongerAffected, was)],
        (Some(was), Some(will)) => {
            let mut kinds = Vec::new();
            if will.exploited && !was.exploited {
                kinds.push((NoticeKind::BecameExploited, will.clone()));
            }
            if will.severity != was.severity {
                kinds.push((NoticeKind::SeverityChanged, will.clone()));
            }
            if will.fixable && !was.fixable {
                kinds.push((NoticeKind::FixAvailable, will));
            }
            kinds
        }
    }
}
