//! For how long a vulnerability has affected a package: what history holds, for each package of a layer in a context.
//!
//! What affects a package changes only when a feed changes what it states of the package's names. So a package is judged
//! once as it is now, and once for each such change, whatever else has changed; packages that are alike in an equal
//! context are judged once for all images. Policies and VEX documents are not asked.

mod exploits;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use limpid_bytes::Stop;
use limpid_matching::fold::installed;
use limpid_matching::{
    Authority, Installed, Match, Matcher, OwnedPackages, fingerprint, namespaces_in, severity,
};
use limpid_model::report::Finding;
use limpid_model::{Digest, Image, Owner, PackageKeys, Scope, Severity, Text};
use limpid_store::View;
use limpid_store::tables::contexts::{self, Contexts};
use limpid_store::tables::findings::{self, Findings};
use limpid_store::tables::images::Indexing;
use limpid_store::tables::inventory;

use crate::history::{self, Past, SourceChanges, Then, changes_of_package};
use crate::report::{self, Enrichments};
use crate::stated::All;
use crate::{Error, Settings};
pub(crate) use exploits::Exploits;

/// Times at which what is stated of a package changed that are looked at. Of more, the last ones count, and what was so
/// before them is taken for what was so before history.
const CHANGES: usize = 1_000;

/// Spans that are remembered. Beyond it, packages are judged again where they are met again.
const REMEMBERED: usize = 1_000_000;

/// Moments of the past that are remembered.
const MOMENTS: usize = 1_000;

/// The end of a span that has none yet.
pub(crate) const STILL: u64 = u64::MAX;

/// What stands for a finding among others of an image: a place among 2^64 is as good as its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Print(u64);

impl Print {
    fn of(fingerprint: &str) -> Self {
        Self(
            fingerprint.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default(),
        )
    }

    /// That of a finding of a report.
    pub(crate) fn of_finding(finding: &Finding) -> Self {
        Self::of(&finding.fingerprint)
    }
}

/// A vulnerability of a package, for as long as it affected it without a break. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) print: Print,
    /// As publishers call it, or called it last.
    pub(crate) vulnerability: Text,
    /// Since when: 0 where it was so before what history holds.
    pub(crate) from: u64,
    /// Until when, excluding it.
    pub(crate) until: u64,
    /// Since when an update has been known that fixes it, where one is.
    pub(crate) fixed_since: Option<u64>,
    /// How it is rated now, where it still affects the package.
    pub(crate) severity: Severity,
    /// Whether it is known to be exploited now.
    pub(crate) exploited: bool,
    /// The advisory by which it is rated, where it still affects the package.
    pub(crate) advisory: Subject,
}

/// What stands for the identifier of an advisory or a vulnerability where it is only asked whether a change is about it:
/// two that share one are taken for each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Subject(u32);

impl Subject {
    pub(crate) fn of(identifier: &str) -> Self {
        let digest = Digest::of(identifier.as_bytes());
        Self(digest.as_bytes().first_chunk().copied().map(u32::from_be_bytes).unwrap_or_default())
    }
}

impl Span {
    pub(crate) const fn is_now(&self) -> bool {
        self.until == STILL
    }
}

/// What is known of a package in a context.
#[derive(Debug, Default)]
pub(crate) struct PackageSpans {
    pub(crate) spans: Vec<Span>,
    /// Since when it is judged: some source speaks of where advisories for it are published, and its version can be
    /// ordered.
    pub(crate) judged_since: Option<u64>,
}

impl PackageSpans {
    /// When a span that has no end was first seen by whoever has looked since a time: it may have ended and come again.
    pub(crate) fn first_seen(&self, span: &Span, since: u64) -> u64 {
        if span.from <= since {
            return since;
        }
        let place = self.spans.partition_point(|other| other.print < span.print);
        let alike = self.spans.iter().skip(place).take_while(|other| other.print == span.print);
        alike
            .filter(|other| other.until > since)
            .map(|other| other.from)
            .min()
            .unwrap_or(span.from)
            .max(since)
    }

    pub(crate) fn now(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter().filter(|span| span.is_now())
    }
}

/// A layer, and a context in which it lies.
pub(crate) type Place = (Digest, u64);

/// The packages of a layer in a context.
pub(crate) type Packages = Arc<Vec<Arc<PackageSpans>>>;

/// Where the layers of an image lie in which something was found.
pub(crate) fn places(image: &Image, indexing: &Indexing) -> Vec<Place> {
    let layers = image.layers.iter().map(|layer| layer.diff_id).zip(indexing.contexts.iter().copied());
    let linked = indexing.linked.iter().map(|linked| (linked.diff_id, linked.context));
    layers.chain(linked).filter(|(_, context)| *context != 0).collect()
}

/// How far spans reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only what is so now: all of them begin before history.
    Now,
    /// As far as history holds.
    History,
}

/// Judges packages through time, each once, from one view.
pub(crate) struct Spans<'v> {
    view: &'v View<'v>,
    /// The first moment that history holds.
    pub(crate) oldest: u64,
    reach: Reach,
    owned: OwnedPackages,
    matcher: Matcher<All<'v>>,
    authority: Authority<All<'v>>,
    enrichments: Enrichments<'v>,
    sources: Rc<SourceChanges>,
    /// What contexts that are alike have in common.
    kinds: HashMap<Kind, usize>,
    changes: HashMap<(String, String), Rc<BTreeSet<u64>>>,
    pasts: HashMap<u64, Rc<Past>>,
    packages: HashMap<Judged, Arc<PackageSpans>>,
    places: HashMap<Place, Packages>,
    remembered: usize,
    /// Ends it before it is done.
    stop: Stop,
}

/// Fails where whoever waits for an answer has gone.
///
/// # Errors
/// It was stopped.
pub(crate) fn go_on(stop: &Stop) -> Result<(), Error> {
    if stop.is_stopped() { Err(Error::Fetch(limpid_fetch::Error::Stopped)) } else { Ok(()) }
}

/// Namespaces and properties of a context.
type Kind = (Vec<String>, Vec<(String, String)>);

/// All on which it rests what affects a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Judged {
    package: inventory::Row,
    owner: Option<Owner>,
    kind: usize,
}

/// What affected a package at a moment.
type State = Vec<Affecting>;

struct Affecting {
    print: Print,
    vulnerability: Text,
    is_fixable: bool,
}

impl<'v> Spans<'v> {
    pub(crate) fn new(view: &'v View<'v>, settings: &Settings, reach: Reach) -> Result<Self, Error> {
        let (oldest, owned) = (history::oldest_moment(settings), settings.owned_packages());
        Ok(Self {
            view,
            oldest,
            reach,
            owned,
            matcher: Matcher::new(All::new(view)),
            authority: Authority::new(All::new(view), owned),
            enrichments: Enrichments::new(view),
            sources: Rc::new(SourceChanges::since(view, oldest)?),
            kinds: HashMap::new(),
            changes: HashMap::new(),
            pasts: HashMap::new(),
            packages: HashMap::new(),
            places: HashMap::new(),
            remembered: 0,
            stop: Stop::default(),
        })
    }

    /// The same until it is stopped: then it fails at the next package.
    pub(crate) fn until(self, stop: &Stop) -> Self {
        Self { stop: stop.clone(), ..self }
    }

    /// When a span began, as far as history holds.
    pub(crate) fn began(&self, span: &Span) -> u64 {
        span.from.max(self.oldest)
    }

    /// The packages of a layer in a context that no later layer hides.
    pub(crate) fn of(&mut self, place: Place) -> Result<Packages, Error> {
        if let Some(known) = self.places.get(&place) {
            return Ok(Arc::clone(known));
        }
        go_on(&self.stop)?;
        if self.remembered > REMEMBERED {
            self.packages.clear();
            self.places.clear();
            self.remembered = 0;
        }
        let key = contexts::Key { diff_id: place.0, context: place.1 };
        let packages = match self.view.get::<Contexts>(&key)? {
            Some(context) => self.judge(place.0, &context)?,
            None => Vec::new(),
        };
        let packages = Arc::new(packages);
        self.remembered += packages.len() / 8 + 1;
        self.places.insert(place, Arc::clone(&packages));
        Ok(packages)
    }

    fn judge(&mut self, diff_id: Digest, context: &contexts::Row) -> Result<Vec<Arc<PackageSpans>>, Error> {
        let next = self.kinds.len();
        let kind = (context.namespaces().to_vec(), context.properties().to_vec());
        let kind = *self.kinds.entry(kind).or_insert(next);
        let mut all = Vec::new();
        let mut fresh: BTreeMap<usize, (Judged, Installed)> = BTreeMap::new();
        for installed in packages(self.view, diff_id, context)? {
            let owner = installed.owner.as_deref().cloned();
            let package = inventory::Row::new("", &installed.package, PackageKeys::clone(&installed.keys));
            let judged = Judged { package, owner, kind };
            if let Some(known) = self.packages.get(&judged) {
                all.push(Arc::clone(known));
            } else {
                fresh.insert(all.len(), (judged, installed));
                all.push(Arc::default());
            }
        }
        let judged = self.judge_fresh(context, fresh.values().map(|(_, installed)| installed))?;
        for ((place, (key, _)), spans) in fresh.into_iter().zip(judged) {
            self.remembered += spans.spans.len() + 1;
            let spans = Arc::new(spans);
            if let Some(at) = all.get_mut(place) {
                *at = Arc::clone(&spans);
            }
            self.packages.insert(key, spans);
        }
        Ok(all)
    }

    /// What is known of packages, in their order.
    fn judge_fresh<'i>(
        &mut self,
        context: &contexts::Row,
        packages: impl Iterator<Item = &'i Installed>,
    ) -> Result<Vec<PackageSpans>, Error> {
        let packages: Vec<&Installed> = packages.collect();
        let (mut then, mut times) = (Vec::with_capacity(packages.len()), Vec::with_capacity(packages.len()));
        // Packages by the changes before which they are judged.
        let mut by_time: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (place, installed) in packages.iter().enumerate() {
            go_on(&self.stop)?;
            let changes = self.times(installed, context)?;
            changes.iter().for_each(|time| by_time.entry(*time).or_default().push(place));
            then.push(BTreeMap::new());
            times.push(changes);
        }
        for (time, places) in by_time {
            go_on(&self.stop)?;
            let past = self.past(time)?;
            let stated = || Then::new(self.view, &past, All::new(self.view));
            let (mut matcher, mut authority) = (Matcher::new(stated()), Authority::new(stated(), self.owned));
            for place in places {
                let (Some(installed), Some(then)) = (packages.get(place), then.get_mut(place)) else {
                    continue;
                };
                let mut state = State::new();
                if !authority.judges(installed.owner.as_deref(), context.namespaces())? {
                    let namespaces = namespaces_in(&installed.package.scope, context.namespaces());
                    matcher.judge(installed, namespaces, context.properties(), |verdict| {
                        state.extend(verdict.to_match(0).map(|found| Affecting::new(&found, installed)));
                    })?;
                }
                then.insert(time, state);
            }
        }
        let mut judged = Vec::with_capacity(packages.len());
        for (installed, then) in packages.into_iter().zip(then) {
            go_on(&self.stop)?;
            judged.push(self.of_package(installed, context, then)?);
        }
        Ok(judged)
    }

    /// What is known of a package, given what affected it before changes.
    fn of_package(
        &mut self,
        installed: &Installed,
        context: &contexts::Row,
        then: BTreeMap<u64, State>,
    ) -> Result<PackageSpans, Error> {
        let namespaces = namespaces_in(&installed.package.scope, context.namespaces());
        let mut out = PackageSpans::default();
        if installed.keys.version.key.is_ok() {
            let spoken = namespaces.iter().filter_map(|namespace| self.sources.spoken_since.get(namespace));
            out.judged_since = spoken.min().copied();
        }
        let mut matches = Vec::new();
        if !self.authority.judges(installed.owner.as_deref(), context.namespaces())? {
            self.matcher.judge(installed, namespaces, context.properties(), |verdict| {
                matches.extend(verdict.to_match(0));
            })?;
        }
        let advisories = report::advisories_of(self.view, &Past::default(), &matches)?;
        let mut timeline = Timeline::default();
        for (until, state) in then {
            timeline.advance(until, state);
        }
        timeline.advance(STILL, matches.iter().map(|found| Affecting::new(found, installed)).collect());
        let mut spans = timeline.finish();
        let mut by_name: HashMap<&str, &Match> = HashMap::new();
        by_name.extend(matches.iter().map(|found| (found.vulnerability.as_str(), found)));
        for span in spans.iter_mut().filter(|span| span.is_now()) {
            let Some(found) = by_name.get(span.vulnerability.as_str()) else { continue };
            let general = report::ratings_of(&advisories, found);
            let known = self.enrichments.of(&found.vulnerability)?;
            span.severity = severity(&found.origin.feed, &found.ratings, general, &known).severity;
            span.advisory = Subject::of(&found.id);
            span.exploited = known.iter().any(|known| known.enrichment.exploited().is_some());
        }
        out.spans = spans;
        Ok(out)
    }

    /// When what is stated of a package has changed, or of the package of the distribution to which it may be left.
    fn times(&mut self, installed: &Installed, context: &contexts::Row) -> Result<BTreeSet<u64>, Error> {
        let mut times = BTreeSet::new();
        if self.reach == Reach::Now {
            return Ok(times);
        }
        let of_distribution = context.namespaces();
        let package = &installed.package;
        let source = package.source.as_ref().map(|source| &source.name).filter(|name| **name != package.name);
        for namespace in namespaces_in(&package.scope, of_distribution) {
            for name in [Some(&package.name), source].into_iter().flatten() {
                times.extend(self.changes(namespace, name)?.iter());
            }
        }
        if let (Some(owner), Scope::Namespace(_)) = (&installed.owner, &package.scope) {
            for namespace in of_distribution {
                for name in [&owner.source, &owner.package] {
                    times.extend(self.changes(namespace, name)?.iter());
                }
            }
        }
        while times.len() > CHANGES {
            times.pop_first();
        }
        Ok(times)
    }

    fn changes(&mut self, namespace: &str, name: &str) -> Result<Rc<BTreeSet<u64>>, Error> {
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(known) = self.changes.get(&key) {
            return Ok(Rc::clone(known));
        }
        let mut changes = changes_of_package(self.view, (namespace, name), self.oldest)?;
        let mut now = All::new(self.view);
        let stated = limpid_matching::Statements::about(&mut now, namespace, name)?;
        changes.sources.extend(stated.iter().map(|it| (it.origin.feed.clone(), it.origin.source.clone())));
        for source in &changes.sources {
            changes.times.extend(self.sources.of(source));
        }
        let times = Rc::new(changes.times);
        self.changes.insert(key, Rc::clone(&times));
        Ok(times)
    }

    /// The moment before a change.
    fn past(&mut self, time: u64) -> Result<Rc<Past>, Error> {
        if let Some(known) = self.pasts.get(&time) {
            return Ok(Rc::clone(known));
        }
        if self.pasts.len() >= MOMENTS {
            self.pasts.clear();
        }
        let past = Rc::new(Past::of_statements(self.view, time)?);
        self.pasts.insert(time, Rc::clone(&past));
        Ok(past)
    }
}

impl Affecting {
    fn new(found: &Match, installed: &Installed) -> Self {
        Self {
            print: Print::of(&fingerprint(&found.first_name, &installed.package)),
            vulnerability: found.vulnerability.clone(),
            is_fixable: found.fixed_version.is_some(),
        }
    }
}

/// Spans on their way from the oldest state to the newest.
#[derive(Default)]
struct Timeline {
    /// Where the next state begins.
    at: u64,
    /// Vulnerabilities that had one name at first have one print: they are told apart by their order.
    open: HashMap<(Print, usize), Span>,
    ended: Vec<Span>,
}

impl Timeline {
    /// What affects the package from where the last state ended until a time.
    fn advance(&mut self, until: u64, state: State) {
        let from = std::mem::replace(&mut self.at, until);
        let mut alike: HashMap<Print, usize> = HashMap::new();
        for Affecting { print, vulnerability, is_fixable } in state {
            let number = alike.entry(print).or_default();
            *number += 1;
            let fresh = || Span {
                print,
                vulnerability: vulnerability.clone(),
                from,
                until: from,
                fixed_since: None,
                severity: Severity::Unknown,
                exploited: false,
                advisory: Subject::default(),
            };
            let span = self.open.entry((print, *number)).or_insert_with(fresh);
            if span.until != from {
                self.ended.push(std::mem::replace(span, fresh()));
            }
            span.until = until;
            span.fixed_since = is_fixable.then(|| span.fixed_since.unwrap_or(from));
            span.vulnerability = vulnerability;
        }
    }

    fn finish(self) -> Vec<Span> {
        let mut spans = self.ended;
        spans.extend(self.open.into_values());
        spans.sort_by_key(|span| (span.print, span.from));
        spans
    }
}

/// The packages that detectors found in one layer and that no later layer hides, in a context.
pub(crate) fn packages(
    view: &View<'_>,
    diff_id: Digest,
    context: &contexts::Row,
) -> Result<Vec<Installed>, Error> {
    let keys: Vec<_> = context.detectors().map(|component| findings::Key { diff_id, component }).collect();
    let rows = view.multi_get::<Findings>(&keys)?.into_iter().flatten();
    let owners: HashMap<&str, Arc<Owner>> =
        context.owned().map(|(path, owner)| (path, Arc::new(owner))).collect();
    let hidden: std::collections::HashSet<&str> = context.hidden().map(|(path, _)| path).collect();
    let mut packages = Vec::new();
    for row in rows {
        let (detector, found, keys) = row.into_parts();
        let owner = |path: &str| owners.get(path).cloned();
        let found = installed(Arc::new(detector), found.findings, keys, 0, owner);
        packages.extend(found.filter(|installed| !hidden.contains(installed.path.as_str())));
    }
    Ok(packages)
}

#[cfg(test)]
mod tests;
