use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use limpid_formats::expression::Shown;
use limpid_matching::{Advisories, Authority, OwnedPackages, PackageAdvisory, fingerprint, severity};
use limpid_model::report::{AdvisorySummary, Enriched, Finding, InstalledPackage, LayerOrigin};
use limpid_model::{Advisory, Change, Digest, Image, NoticeKind, Rating, Standing, StandingPackage};
use limpid_store::tables::advisories;
use limpid_store::tables::affects::Affects;
use limpid_store::tables::enrichments::Enrichments;
use limpid_store::tables::images::{Images, Indexing};
use limpid_store::{Packed, View};

use crate::Error;
use crate::inventory::{Affected, Placed, Vulnerability, affected, by_image, images_of};
use crate::report::{Summaries, finding};
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
    /// What is known of vulnerabilities from now on, by vulnerability and kind, where that is something else
    /// than before; nothing where it is known no longer.
    pub(crate) enriched: BTreeMap<(String, String), Option<Packed<Enrichments>>>,
}

impl Changes {
    /// Adds what changes besides.
    pub(crate) fn append(&mut self, others: Self) {
        let Self { is_removal, mut gone, mut fresh, mut vulnerabilities, renamed, mut enriched } = others;
        self.is_removal |= is_removal;
        self.gone.append(&mut gone);
        self.fresh.append(&mut fresh);
        self.vulnerabilities.append(&mut vulnerabilities);
        for (before, mut names) in renamed {
            self.renamed.entry(before).or_default().append(&mut names);
        }
        self.enriched.append(&mut enriched);
    }

    /// What a feed knows of a vulnerability from now on, by kind, where that is something else than before.
    pub(crate) fn enriched_of(
        &self,
        feed: &str,
        vulnerability: &str,
    ) -> Result<BTreeMap<&str, Option<Enriched>>, limpid_store::Error> {
        let from = self.enriched.range((vulnerability.to_owned(), String::new())..);
        let of_it = from.take_while(|((id, _), _)| id == vulnerability);
        let each = of_it.map(|((id, kind), row)| {
            let row = row.as_ref().map(Packed::unpack).transpose()?;
            let known = |enrichment| Enriched { feed: feed.to_owned(), enrichment };
            Ok((kind.as_str(), row.map(|row| known(row.into_enrichment(id.clone(), kind.clone())))))
        });
        each.collect()
    }

    /// Whether nothing changes.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { is_removal: _, gone, fresh, vulnerabilities, renamed, enriched } = self;
        gone.is_empty()
            && fresh.is_empty()
            && vulnerabilities.is_empty()
            && renamed.is_empty()
            && enriched.is_empty()
    }
}

/// Images that are looked at together.
const IMAGES: usize = 10_000;

type Groups = BTreeMap<(Digest, u64), Group>;

/// How much is told of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// How images stand.
    Standing,
    /// The findings, too, which expressions ask about.
    Findings,
}

/// How a layer stands in a context, and the findings, where these are told.
#[derive(Clone, Debug)]
struct Group {
    standing: Standing,
    findings: Vec<Arc<TellingFinding>>,
}

impl Group {
    fn join(&mut self, other: &Self) {
        self.standing.join(&other.standing);
        self.findings.extend_from_slice(&other.findings);
    }
}

/// A finding that is told of, which many images may share.
#[derive(Debug)]
pub(super) struct TellingFinding {
    finding: Finding,
    shown: OnceLock<Shown>,
}

impl TellingFinding {
    /// As expressions see it. It is written down for them once, and only where one asks.
    pub(super) fn shown(&self) -> &Shown {
        self.shown.get_or_init(|| Shown::of_notice(self.finding.clone()))
    }
}

/// A change, and the findings that it is about, where these are told.
pub(super) struct Telling {
    pub(super) change: Change,
    pub(super) findings: Vec<Arc<TellingFinding>>,
}

/// How layers stand in their contexts in one vulnerability, before and after a change.
#[derive(Debug)]
pub(super) struct Shift {
    was: Groups,
    will: Groups,
    /// Whether the vulnerability is there no longer because its publishers have taken it back.
    is_withdrawn: bool,
}

impl Shift {
    /// What a document changes in one vulnerability.
    pub(super) fn of(
        view: &View<'_>,
        changes: &Changes,
        vulnerability: &str,
        enrichments: (&[Enriched], &[Enriched]),
        owned: OwnedPackages,
        detail: Detail,
    ) -> Result<Self, Error> {
        let known = Vulnerability::about(view, vulnerability)?;
        let kept = known.without(&changes.gone);
        let before = known.package_advisories(view)?;
        let fresh = changes.fresh.values().flat_map(|(_, stated)| stated);
        let fresh = fresh.filter_map(|stated| known.only_its_own(stated.clone()));
        let after = Advisories::from_iter(kept.all_package_advisories(view)?.into_iter().chain(fresh));
        let general = |key: &advisories::Key| match changes.fresh.get(key) {
            Some((advisory, _)) => &advisory.ratings,
            None => known.ratings(key),
        };
        let mut authority = Authority::new(All::new(view), owned);
        let was = affected(view, &before, &mut authority)?;
        let taken = |name: &str, it: &Affected| is_taken(view, None, name, it);
        let before = (detail == Detail::Findings).then(|| summaries(known.advisories.iter()));
        let was = groups(&was, |key| known.ratings(key), (enrichments.0, before.as_ref()), taken)?;
        let fresh = changes.fresh.values().flat_map(|(_, stated)| stated).collect();
        let mut authority = Authority::new(AfterChange { view, gone: &changes.gone, fresh }, owned);
        let will = affected(view, &after, &mut authority)?;
        let taken = |name: &str, it: &Affected| is_taken(view, Some(changes), name, it);
        let fresh = changes.fresh.iter().map(|(key, (advisory, _))| (key, advisory));
        let after_it = (detail == Detail::Findings).then(|| summaries(kept.advisories.iter().chain(fresh)));
        let will = groups(&will, general, (enrichments.1, after_it.as_ref()), taken)?;
        let some_are_gone = known.advisories.len() > kept.advisories.len();
        Ok(Self { was, will, is_withdrawn: some_are_gone && after.is_empty() && !changes.is_removal })
    }

    /// Layers, with their contexts, that stand otherwise than before.
    fn differing(&self) -> BTreeSet<(Digest, u64)> {
        let all = self.was.keys().chain(self.will.keys());
        let differs = |group: &&(Digest, u64)| {
            let (was, will) = (self.was.get(*group), self.will.get(*group));
            was.map(|it| &it.standing) != will.map(|it| &it.standing)
        };
        all.filter(differs).copied().collect()
    }

    /// What changes for one image.
    fn changes(&self, vulnerability: &str, image: &Image, indexing: &Indexing) -> Vec<Telling> {
        let standing = |groups: &Groups| standing(groups, image, indexing);
        let kinds = kinds(standing(&self.was), standing(&self.will), self.is_withdrawn);
        kinds.into_iter().map(|(kind, group)| telling(image, vulnerability, kind, group)).collect()
    }
}

fn telling(image: &Image, vulnerability: &str, kind: NoticeKind, group: Group) -> Telling {
    let (image, vulnerability, Group { standing, findings }) =
        (image.clone(), vulnerability.to_owned(), group);
    Telling { change: Change { image, vulnerability, before: None, kind, standing }, findings }
}

/// Tells of all that changes for images in one vulnerability, one image after the other.
pub(super) fn tell(
    view: &View<'_>,
    vulnerability: &str,
    shift: &Shift,
    mut tell: impl FnMut(Telling) -> Result<(), Error>,
) -> Result<(), Error> {
    let groups: Vec<_> = shift.differing().into_iter().collect();
    each_image(view, &groups, |image, indexing, _| {
        shift.changes(vulnerability, image, indexing).into_iter().try_for_each(&mut tell)
    })
}

/// Tells of all that changes for images in vulnerabilities whose names change, one image after the other.
pub(super) fn tell_renamed(
    view: &View<'_>,
    changes: &Changes,
    shifts: &BTreeMap<String, Shift>,
    mut tell: impl FnMut(Telling) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut differing: BTreeMap<(Digest, u64), Vec<&String>> = BTreeMap::new();
    for (name, shift) in shifts {
        for group in shift.differing() {
            differing.entry(group).or_default().push(name);
        }
    }
    let (groups, names): (Vec<_>, Vec<_>) = differing.into_iter().unzip();
    each_image(view, &groups, |image, indexing, places| {
        let names = places.iter().filter_map(|(_, place)| names.get(*place)).flatten();
        let mut changed: BTreeMap<&String, Vec<Telling>> = BTreeMap::new();
        for name in names.copied().collect::<BTreeSet<_>>() {
            if let Some(shift) = shifts.get(name) {
                changed.insert(name, shift.changes(name, image, indexing));
            }
        }
        rename(changes, shifts, (image, indexing), &mut changed);
        changed.into_values().flatten().try_for_each(&mut tell)
    })
}

/// Calls something for each image that has any of these layers in their contexts, with the layers that it has.
fn each_image(
    view: &View<'_>,
    groups: &[(Digest, u64)],
    mut visit: impl FnMut(&Image, &Indexing, &[Placed]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut images = view.stream::<Images>();
    let mut after = None;
    loop {
        let placed = images_of(view, groups, after.as_ref(), IMAGES)?;
        let mut count = 0;
        for (id, places) in by_image(&placed) {
            (count, after) = (count + 1, Some(id));
            let Some(row) = images.get(&id)? else { continue };
            let (image, indexing) = row.into_parts(id);
            visit(&image, &indexing, places)?;
        }
        if count < IMAGES {
            return Ok(());
        }
    }
}

/// Lets one change say that a name has become another one, in the place of one vulnerability that affects the image
/// no longer and another one that newly does; and says what else has changed with the name.
fn rename<'s>(
    changes: &Changes,
    shifts: &'s BTreeMap<String, Shift>,
    (image, indexing): (&Image, &Indexing),
    changed: &mut BTreeMap<&'s String, Vec<Telling>>,
) {
    for (before, names) in &changes.renamed {
        let Some((before, _)) = shifts.get_key_value(before) else { continue };
        let Some(gone) = changed.remove(before) else { continue };
        let mut stays = Vec::new();
        for mut telling_of in gone {
            let was = &mut telling_of.change;
            let is_gone = matches!(was.kind, NoticeKind::NoLongerAffected | NoticeKind::Withdrawn);
            let stands = |name| {
                let (name, shift) = shifts.get_key_value(name)?;
                Some((name, standing(&shift.will, image, indexing)?))
            };
            if is_gone && let Some((name, will)) = names.iter().find_map(stands) {
                let before = Group {
                    standing: std::mem::replace(&mut was.standing, will.standing.clone()),
                    findings: std::mem::replace(&mut telling_of.findings, will.findings.clone()),
                };
                let others = changed.entry(name).or_default();
                others
                    .retain(|it| !matches!(it.change.kind, NoticeKind::NewlyAffected | NoticeKind::Renamed));
                let kinds = kinds(Some(before), Some(will), false).into_iter();
                others.extend(kinds.map(|(kind, group)| telling(image, name, kind, group)));
                was.kind = NoticeKind::Renamed;
                was.before = Some(std::mem::replace(&mut was.vulnerability, name.clone()));
            }
            stays.push(telling_of);
        }
        changed.entry(before).or_default().append(&mut stays);
    }
}

/// What advisories say of their vulnerabilities.
fn summaries<'a>(advisories: impl Iterator<Item = (&'a advisories::Key, &'a Advisory)>) -> Summaries<'a> {
    let summary = |(key, stated): (&'a advisories::Key, &'a Advisory)| {
        let summary = AdvisorySummary {
            aliases: stated.aliases.clone(),
            title: stated.title.as_str().into(),
            ratings: stated.ratings.clone(),
            references: stated.references.as_slice().into(),
            published: stated.published.as_deref().map(Into::into),
            vulnerabilities: stated.vulnerabilities().len(),
        };
        ((&*key.feed, &*key.id, &*key.source), Arc::new(summary))
    };
    advisories.map(summary).collect()
}

/// A finding as far as it is known where a change is told. What is not known of it expressions do not see.
fn telling_finding(
    it: &Affected,
    fingerprint: String,
    summaries: &Summaries<'_>,
    enrichments: &Arc<Vec<Enriched>>,
) -> Arc<TellingFinding> {
    let package = &it.installed.package;
    let package = InstalledPackage {
        name: package.name.clone(),
        version: package.version.clone(),
        scheme: package.scheme.clone(),
        arch: package.arch.clone(),
        purl: String::new(),
        source: package.source.clone(),
        evidence: package.evidence,
        licenses: Vec::new(),
        requires: None,
        path: it.installed.path.clone(),
        member: None,
        layer: Arc::new(LayerOrigin { index: 0, diff_id: it.real_layer, created_by: None }),
        detector: Arc::clone(&it.installed.detector),
        owner: None,
        qualifiers: package.qualifiers.clone(),
    };
    let finding =
        finding(&it.found, (fingerprint, None), summaries, Arc::clone(enrichments), Arc::new(package));
    Arc::new(TellingFinding { finding, shown: OnceLock::new() })
}

/// How each layer stands in each of its contexts.
fn groups<'r>(
    affected: &[Affected],
    general: impl Fn(&advisories::Key) -> &'r [Rating],
    (enrichments, summaries): (&[Enriched], Option<&Summaries<'_>>),
    is_taken: impl Fn(&str, &Affected) -> Result<bool, Error>,
) -> Result<Groups, Error> {
    let mut groups = Groups::new();
    let exploited = enrichments.iter().any(|known| known.enrichment.exploited().is_some());
    let known = Arc::new(if summaries.is_some() { enrichments.to_vec() } else { Vec::new() });
    for it in affected {
        let origin = &it.found.origin;
        let key = advisories::Key {
            feed: origin.feed.clone(),
            id: it.found.id.to_string(),
            source: origin.source.clone(),
        };
        // As a report has it, which sees all that is stated of the package.
        let (first, now) = (&it.found.first_name, &it.found.vulnerability);
        let first = if first != now && is_taken(first, it)? { now } else { first };
        let fingerprint = fingerprint(first, &it.installed.package);
        let told = summaries.map(|summaries| telling_finding(it, fingerprint.clone(), summaries, &known));
        let standing = Standing {
            severity: severity(&origin.feed, &it.found.ratings, general(&key), enrichments).severity,
            fixable: it.found.fixed_version.is_some(),
            exploited,
            packages: vec![StandingPackage {
                name: it.installed.package.name.to_string(),
                version: it.installed.package.version.to_string(),
                fixed_version: it.found.fixed_version.as_ref().map(ToString::to_string),
                namespace: origin.namespace.clone(),
                advisory: it.found.id.to_string(),
                feed: origin.feed.clone(),
                fingerprint,
            }],
        };
        let group = Group { standing, findings: told.into_iter().collect() };
        let known = groups.entry((it.diff_id, it.context));
        known.and_modify(|known| known.join(&group)).or_insert(group);
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
fn standing(groups: &Groups, image: &Image, indexing: &Indexing) -> Option<Group> {
    let mut standing: Option<Group> = None;
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
fn kinds(was: Option<Group>, will: Option<Group>, withdrawn: bool) -> Vec<(NoticeKind, Group)> {
    match (was, will) {
        (None, None) => Vec::new(),
        (None, Some(will)) => vec![(NoticeKind::NewlyAffected, will)],
        (Some(was), None) if withdrawn => vec![(NoticeKind::Withdrawn, was)],
        (Some(was), None) => vec![(NoticeKind::NoLongerAffected, was)],
        (Some(was), Some(will)) => {
            let mut kinds = Vec::new();
            let (before, after) = (&was.standing, &will.standing);
            if after.exploited && !before.exploited {
                kinds.push((NoticeKind::BecameExploited, will.clone()));
            }
            if after.severity != before.severity {
                kinds.push((NoticeKind::SeverityChanged, will.clone()));
            }
            if after.fixable && !before.fixable {
                kinds.push((NoticeKind::FixAvailable, will));
            }
            kinds
        }
    }
}
