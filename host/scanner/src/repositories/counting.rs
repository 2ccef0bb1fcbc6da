//! What the images of a repository come to.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use limpid_model::{Digest, RepositorySummary, Seen, Severity};
use limpid_store::View;

use super::ages::{is_overdue, see};
use super::pointing::{self, Pointing};
use crate::Error;
use crate::report::Reporter;
use crate::settings::AgeLimits;
use crate::spans::{PackageSpans, Place, Print, Span, Spans, Subject, places};

/// What was counted of a repository, and what tells whether a change is about it.
pub(super) struct Counted {
    pub(super) summary: RepositorySummary,
    /// What layers' digests begin with, sorted.
    pub(super) layers: Box<[u64]>,
    /// Vulnerabilities and advisories, sorted.
    pub(super) subjects: Box<[Subject]>,
}

/// What digests of layers begin with.
pub(super) fn head(diff_id: &Digest) -> u64 {
    diff_id.as_bytes().first_chunk().copied().map(u64::from_be_bytes).unwrap_or_default()
}

/// When each finding was first seen in what a tag pointed at before.
type Earlier = HashMap<Print, Seen>;

/// Counts what the reports of the images have at which the tags of a repository point.
pub(super) struct Counting<'a, 'v> {
    pub(super) view: &'v View<'v>,
    pub(super) spans: &'a mut Spans<'v>,
    pub(super) reporter: Reporter<'a>,
    /// Whether policies or VEX documents may decide on findings: then the reports are made.
    pub(super) is_decided: bool,
    pub(super) now: u64,
    /// Asked now and then whether to go on.
    pub(super) goes_on: &'a dyn Fn() -> bool,
}

/// Counts on their way.
struct Sums<'a> {
    limits: &'a AgeLimits,
    now: u64,
    findings: BTreeMap<Severity, u64>,
    exploited: u64,
    fixable: u64,
    exploited_fixable: u64,
    overdue: u64,
}

/// A finding, as far as it is counted.
struct Weighed {
    severity: Severity,
    is_exploited: bool,
    is_fixable: bool,
    first_seen: u64,
}

impl Sums<'_> {
    fn add(&mut self, finding: &Weighed, times: u64) {
        *self.findings.entry(finding.severity).or_default() += times;
        self.exploited += if finding.is_exploited { times } else { 0 };
        self.fixable += if finding.is_fixable { times } else { 0 };
        self.exploited_fixable += if finding.is_exploited && finding.is_fixable { times } else { 0 };
        let limit = self.limits.days(finding.severity);
        let is_overdue = limit.is_some_and(|days| is_overdue(finding.first_seen, days, self.now));
        self.overdue += if is_overdue { times } else { 0 };
    }
}

/// How the tags stand that point at an image.
#[derive(Default)]
struct Tagged {
    /// Since when the first of them does.
    since: Option<u64>,
    /// Those of them that pointed elsewhere before, by their places.
    moved: Vec<usize>,
}

impl<'v> Counting<'_, 'v> {
    /// The counts of a repository; none where it was told not to go on.
    pub(super) fn count(mut self, repository: &str) -> Result<Option<Counted>, Error> {
        let settings = self.reporter.settings;
        let tags = pointing::of_repository(self.view, repository)?;
        let mut images: BTreeMap<Digest, Tagged> = BTreeMap::new();
        for (place, tag) in tags.iter().enumerate() {
            if let Some(target) = tag.now() {
                for image in &target.images {
                    let tagged = images.entry(*image).or_default();
                    tagged.since = Some(tagged.since.map_or(target.since, |since| since.min(target.since)));
                    if !tag.before().is_empty() {
                        tagged.moved.push(place);
                    }
                }
            }
        }
        let (limits, oldest) = (settings.ages.limits, self.spans.oldest);
        let mut sums = Sums {
            limits: &limits,
            now: self.now,
            findings: BTreeMap::new(),
            exploited: 0,
            fixable: 0,
            exploited_fixable: 0,
            overdue: 0,
        };
        let (mut count, mut not_judged) = (0, 0);
        let (mut layers, mut all_places) = (BTreeSet::new(), BTreeSet::new());
        // Layers of images of tags that never moved, by since when those point there: most are alike.
        let mut alike: HashMap<(Place, u64), u64> = HashMap::new();
        let mut earlier: HashMap<usize, Earlier> = HashMap::new();
        let mut vulnerabilities: HashSet<limpid_model::Text> = HashSet::new();
        let mut rows = Vec::new();
        pointing::known(self.view, images.keys().copied(), |image, indexing| {
            rows.push((image.id, places(&image, &indexing)));
            Ok(())
        })?;
        for (image, places) in rows {
            if !(self.goes_on)() {
                return Ok(None);
            }
            let Some(Tagged { since, moved }) = images.get(&image) else { continue };
            let since = since.unwrap_or_default();
            count += 1;
            let packages: Vec<_> =
                places.iter().map(|place| self.spans.of(*place)).collect::<Result<_, Error>>()?;
            let mut all = packages.iter().flat_map(|packages| packages.iter());
            let is_judged = all.any(|it| it.judged_since.is_some() || it.now().next().is_some());
            not_judged += u64::from(!is_judged);
            layers.extend(places.iter().map(|(diff_id, _)| head(diff_id)));
            all_places.extend(places.iter().copied());
            for place in moved {
                if limits.is_any() && !earlier.contains_key(place) {
                    let of_tag = tags.get(*place).map(|tag| self.earlier(tag, &mut layers)).transpose()?;
                    earlier.insert(*place, of_tag.unwrap_or_default());
                }
            }
            let first_seen = |(package, span): (&PackageSpans, &Span)| {
                let before = moved.iter().filter_map(|place| Some(earlier.get(place)?.get(&span.print)?.at));
                before.fold(package.first_seen(span, since).max(oldest), u64::min)
            };
            let packages = || packages.iter().flat_map(|packages| packages.iter());
            let spans = || packages().flat_map(|it| it.now().map(move |span| (it.as_ref(), span)));
            if self.is_decided && spans().next().is_some() {
                let first: HashMap<Print, u64> =
                    spans().map(|span| (span.1.print, first_seen(span))).collect();
                for finding in self.reporter.report(&image)?.findings {
                    let weighed = Weighed {
                        severity: finding.severity.severity,
                        is_exploited: finding.exploited.is_some(),
                        is_fixable: finding.fixed_version.is_some(),
                        first_seen: first.get(&Print::of_finding(&finding)).copied().unwrap_or(self.now),
                    };
                    sums.add(&weighed, 1);
                    vulnerabilities.insert(finding.vulnerability);
                }
            } else if !self.is_decided && moved.is_empty() {
                places.iter().for_each(|place| *alike.entry((*place, since)).or_default() += 1);
            } else if !self.is_decided {
                spans().for_each(|span| sums.add(&weighed(span.1, first_seen(span)), 1));
            }
        }
        for ((place, since), times) in alike {
            let packages = self.spans.of(place)?;
            for package in packages.iter() {
                for span in package.now() {
                    let first_seen = package.first_seen(span, since).max(oldest);
                    sums.add(&weighed(span, first_seen), times);
                }
            }
        }
        let mut subjects = BTreeSet::new();
        let mut seen: HashMap<*const PackageSpans, Arc<PackageSpans>> = HashMap::new();
        for place in all_places {
            for package in self.spans.of(place)?.iter() {
                if seen.insert(Arc::as_ptr(package), Arc::clone(package)).is_some() {
                    continue;
                }
                for span in package.now() {
                    subjects.extend([Subject::of(&span.vulnerability), span.advisory]);
                    if !self.is_decided {
                        vulnerabilities.insert(span.vulnerability.clone());
                    }
                }
            }
        }
        let summary = RepositorySummary {
            images: count,
            not_judged,
            vulnerabilities: vulnerabilities.len() as u64,
            findings: sums.findings,
            exploited: sums.exploited,
            fixable: sums.fixable,
            exploited_fixable: sums.exploited_fixable,
            overdue: limits.is_any().then_some(sums.overdue),
            counted: self.now,
        };
        let (layers, subjects) = (layers.into_iter().collect(), subjects.into_iter().collect());
        Ok(Some(Counted { summary, layers, subjects }))
    }

    /// When what a tag pointed at before had each finding first. Its layers are those on which that rests.
    fn earlier(&mut self, tag: &Pointing, layers: &mut BTreeSet<u64>) -> Result<Earlier, Error> {
        let mut earlier = Earlier::new();
        layers.extend(see(self.view, self.spans, tag.before(), &mut earlier)?.iter().map(head));
        Ok(earlier)
    }
}

fn weighed(span: &Span, first_seen: u64) -> Weighed {
    Weighed {
        severity: span.severity,
        is_exploited: span.exploited,
        is_fixable: span.fixed_since.is_some(),
        first_seen,
    }
}
