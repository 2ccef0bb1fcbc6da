//! Counts of all repositories, in memory: they are counted once, and again where something has changed that is about
//! them. Nothing is counted before somebody asks.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Bound;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use limpid_bytes::Stop;
use limpid_model::{Digest, Page, RepositoryOrder, RepositoryPage, RepositorySummary, Severity, Summarized};
use limpid_store::key::{Key as _, Reader};
use limpid_store::table::Table as _;
use limpid_store::tables::advisories::Advisories;
use limpid_store::tables::affects::Affects;
use limpid_store::tables::attached::Attached;
use limpid_store::tables::enrichments::Enrichments;
use limpid_store::tables::images::{Called, Images};
use limpid_store::tables::inventory::{self, Inventory, Named};
use limpid_store::tables::names::{self, Names};
use limpid_store::tables::policies::Policies;
use limpid_store::tables::sources::Sources;
use limpid_store::tables::tags::{self, Tags};
use limpid_store::tables::vex_documents::VexDocuments;
use limpid_store::{Follower, View, Written};
use parking_lot::Mutex;

use super::counting::{Counted, Counting, head};
use crate::names::Name;
use crate::report::Reporter;
use crate::spans::{Reach, Spans, Subject};
use crate::{Error, Settings};

/// How long a request counts at most. What is left is counted beside the requests.
const A_REQUEST: Duration = Duration::from_millis(50);

/// Rows that were written and are remembered one by one; of more, all is counted again.
const WRITTEN: usize = 100_000;

/// Layers that may hold a package of which something else is stated, one by one; of more, all is counted again.
const LAYERS: usize = 1_000_000;

/// Names of packages of which something else is stated that are looked up one by one; of more, all is counted again.
const NAMES: usize = 10_000;

/// Repositories that are looked at for one page of an owner's.
const LOOKED_AT: usize = if cfg!(test) { 3 } else { 20_000 };

/// Tables on which counts rest.
const TABLES: [u8; 10] = [
    Advisories::ID,
    Affects::ID,
    Attached::ID,
    Enrichments::ID,
    Images::ID,
    Names::ID,
    Policies::ID,
    Sources::ID,
    Tags::ID,
    VexDocuments::ID,
];

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Summaries {
    follower: OnceLock<Follower>,
    /// Held by whoever counts.
    counting: Mutex<Option<Basis>>,
    known: Mutex<Known>,
    is_asked_for: AtomicBool,
}

/// On what all counts rest, beside rows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Basis {
    plugins: Vec<Digest>,
    /// None while what plugins have changed is refreshed.
    refreshes: Option<u64>,
    today: String,
    /// Where the settings are that are in force: those before stay where they were.
    settings: usize,
}

#[derive(Debug, Default)]
struct Known {
    entries: BTreeMap<String, Entry>,
    /// Repositories that are to be counted.
    stale: BTreeSet<String>,
    /// On what everything rests that was counted; none where plugins have changed something meanwhile.
    settled: Option<Basis>,
    by_exploited: BTreeSet<Ranked>,
    by_worst: BTreeSet<Ranked>,
    by_findings: BTreeSet<Ranked>,
}

impl Known {
    /// Whether all counts rest on this, and none is to be made.
    fn is_counted(&self, basis: &Basis) -> bool {
        self.stale.is_empty() && self.settled.as_ref() == Some(basis)
    }
}

#[derive(Debug, Default)]
struct Entry {
    summary: Option<RepositorySummary>,
    layers: Box<[u64]>,
    subjects: Box<[Subject]>,
}

/// A place in a list, the first is the least, and the name that has it.
type Ranked = (Rank, String);

/// Numbers by which a list is sorted, each the greater the further at its end.
type Rank = [u64; 4];

fn rank(order: RepositoryOrder, summary: Option<&RepositorySummary>) -> Rank {
    // Whatever it has, it comes after those of which that is known.
    let Some(summary) = summary else { return [u64::MAX; 4] };
    let [exploited, all] = [summary.exploited, summary.all_findings()].map(|count| u64::MAX - count);
    let level = |severity: Severity| {
        Severity::WORST_FIRST
            .into_iter()
            .zip(0..)
            .find(|(it, _)| *it == severity)
            .map_or(0, |(_, place)| place)
    };
    let worst =
        summary.findings.iter().filter(|(_, count)| **count > 0).map(|(it, count)| (*it, *count)).max();
    let (worst, count) = worst.map_or((7, u64::MAX), |(it, count)| (level(it), u64::MAX - count));
    match order {
        RepositoryOrder::Name => [0; 4],
        RepositoryOrder::Exploited => [0, exploited, worst, count],
        RepositoryOrder::Worst => [0, worst, count, all],
        RepositoryOrder::Findings => [0, all, exploited, worst],
    }
}

impl Known {
    fn sorted(&mut self, order: RepositoryOrder) -> Option<&mut BTreeSet<Ranked>> {
        match order {
            RepositoryOrder::Name => None,
            RepositoryOrder::Exploited => Some(&mut self.by_exploited),
            RepositoryOrder::Worst => Some(&mut self.by_worst),
            RepositoryOrder::Findings => Some(&mut self.by_findings),
        }
    }

    fn put(&mut self, name: &str, entry: Option<Entry>) {
        let before = self.entries.remove(name);
        for order in [RepositoryOrder::Exploited, RepositoryOrder::Worst, RepositoryOrder::Findings] {
            let Some(sorted) = self.sorted(order) else { continue };
            if let Some(before) = &before {
                sorted.remove(&(rank(order, before.summary.as_ref()), name.to_owned()));
            }
            if let Some(entry) = &entry {
                sorted.insert((rank(order, entry.summary.as_ref()), name.to_owned()));
            }
        }
        if let Some(entry) = entry {
            self.entries.insert(name.to_owned(), entry);
        }
    }

    fn has_changed(&mut self, repository: String) {
        if !self.entries.contains_key(&repository) {
            self.put(&repository, Some(Entry::default()));
        }
        self.stale.insert(repository);
    }

    fn all_have_changed(&mut self) {
        self.stale = self.entries.keys().cloned().collect();
    }
}

impl Summaries {
    /// The counts of repositories, in their order.
    pub(crate) fn of(
        &self,
        reporter: Reporter<'_>,
        repositories: impl IntoIterator<Item = limpid_model::Repository>,
    ) -> Result<Vec<Summarized>, Error> {
        self.catch_up(reporter)?;
        Ok(self.look(reporter, repositories))
    }

    /// The same as they were counted so far.
    fn look(
        &self,
        reporter: Reporter<'_>,
        repositories: impl IntoIterator<Item = limpid_model::Repository>,
    ) -> Vec<Summarized> {
        let known = self.known.lock();
        let is_settled = self.is_settled(&known, reporter);
        let summarized = repositories.into_iter().map(|repository| {
            let entry = known.entries.get(&repository.name);
            let summary = entry.and_then(|entry| entry.summary.clone());
            let is_current = is_settled && summary.is_some() && !known.stale.contains(&repository.name);
            // Images of which no tag is known to point at them, as after the last one of a tag was deleted, are not
            // counted: that nothing affects them would be said of what nobody has looked at.
            let summary = summary.filter(|summary| summary.images > 0 || repository.images == 0);
            Summarized { repository, summary, is_current }
        });
        summarized.collect()
    }

    /// A page of repositories in an order, of an owner where one is asked for, from the one after a place on.
    ///
    /// # Errors
    /// [`Error::BadPlace`] where `after` is no place in such an order.
    pub(crate) fn page(
        &self,
        reporter: Reporter<'_>,
        (order, owner): (RepositoryOrder, Option<&str>),
        after: Option<&str>,
        limit: usize,
    ) -> Result<RepositoryPage, Error> {
        let owners = &*reporter.settings.owners;
        if order == RepositoryOrder::Name {
            let Page { items, next } = super::repositories(reporter.store, (owners, owner), after, limit)?;
            let items = self.of(reporter, items)?;
            let is_partial = items.iter().any(|it| !it.is_current);
            return Ok(RepositoryPage { items, next, is_partial });
        }
        let after = after.map(|after| place(after).ok_or_else(|| Error::BadPlace(after.to_owned())));
        let after = after.transpose()?;
        self.catch_up(reporter)?;
        if owner.is_some_and(|owner| !owners.has(owner)) {
            return Ok(RepositoryPage { items: Vec::new(), next: None, is_partial: false });
        }
        let (names, next, is_certain) = self.sorted(reporter, (order, owner), after, limit);
        let mut known = Vec::with_capacity(names.len());
        for name in names {
            match super::repository(reporter.store, owners, &name) {
                Ok(repository) => known.push(repository),
                // Its last image was deleted just now.
                Err(Error::NoRepository(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let items = self.look(reporter, known);
        let is_partial = !is_certain || items.iter().any(|it| !it.is_current);
        Ok(RepositoryPage { items, next, is_partial })
    }

    /// Names in an order, where the next page begins, and whether that order is certain. Of an owner, only so many names
    /// are looked at that others wait no time for them.
    fn sorted(
        &self,
        reporter: Reporter<'_>,
        (order, owner): (RepositoryOrder, Option<&str>),
        after: Option<Ranked>,
        limit: usize,
    ) -> (Vec<String>, Option<String>, bool) {
        let mut known = self.known.lock();
        let is_certain = self.is_settled(&known, reporter) && known.stale.is_empty();
        let Some(sorted) = known.sorted(order) else { return (Vec::new(), None, is_certain) };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut found = sorted.range((from, Bound::Unbounded));
        let owners = &reporter.settings.owners;
        let (mut page, mut last) = (Vec::new(), None);
        let looked_at = if owner.is_some() { LOOKED_AT } else { limit };
        for ranked in found.by_ref().take(looked_at) {
            last = Some(ranked);
            if owner.is_none_or(|owner| owners.of(&ranked.1) == Some(owner)) {
                page.push(ranked.1.clone());
            }
            if page.len() >= limit {
                break;
            }
        }
        let next = last.filter(|_| found.next().is_some()).map(written);
        (page, next, is_certain)
    }

    fn is_settled(&self, known: &Known, reporter: Reporter<'_>) -> bool {
        known.settled.as_ref() == Some(&Basis::now(reporter))
            && self.follower.get().is_some_and(Follower::is_idle)
    }

    /// Counts what is to be counted, for as long as a request may.
    fn catch_up(&self, reporter: Reporter<'_>) -> Result<(), Error> {
        self.is_asked_for.store(true, Ordering::Relaxed);
        let until = Instant::now() + A_REQUEST;
        let Some(mut basis) = self.counting.try_lock_until(until) else { return Ok(()) };
        self.count(reporter, &mut basis, &|| Instant::now() < until)
    }

    /// Counts all that is to be counted, where anybody has asked for it before.
    pub(crate) fn count_beside(&self, reporter: Reporter<'_>, stop: &Stop) -> Result<(), Error> {
        if !self.is_asked_for.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut basis = self.counting.lock();
        self.count(reporter, &mut basis, &|| !stop.is_stopped())
    }

    fn count(
        &self,
        reporter: Reporter<'_>,
        basis: &mut Option<Basis>,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<(), Error> {
        let Reporter { store, .. } = reporter;
        let now = Basis::now(reporter);
        let follower = self.follower.get_or_init(|| store.follow(&TABLES, WRITTEN));
        if basis.as_ref() == Some(&now) && follower.is_idle() && self.known.lock().is_counted(&now) {
            return Ok(());
        }
        let begun = reporter.refreshing.moment();
        while goes_on() {
            let written = follower.take();
            let view = store.view();
            if let Err(error) = self.mark(&view, &written, basis.is_none()) {
                follower.give_back(written);
                return Err(error);
            }
            if basis.as_ref() != Some(&now) {
                self.known.lock().all_have_changed();
                *basis = Some(now.clone());
            }
            let is_done = self.count_stale(reporter, &view, follower, goes_on)?;
            if is_done {
                let is_steady = now.refreshes.is_some() && !reporter.refreshing.has_begun_since(begun);
                self.known.lock().settled = is_steady.then(|| now.clone());
                if follower.is_idle() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Counts what is stale, from one view. False where it is not done.
    fn count_stale(
        &self,
        reporter: Reporter<'_>,
        view: &View<'_>,
        follower: &Follower,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<bool, Error> {
        let settings = reporter.settings;
        let reach = if settings.ages.limits.is_any() { Reach::History } else { Reach::Now };
        let mut spans: Option<(Spans<'_>, bool)> = None;
        loop {
            let Some(name) = self.known.lock().stale.first().cloned() else { return Ok(true) };
            // What was written meanwhile this view does not see.
            if !goes_on() || !follower.is_idle() {
                return Ok(false);
            }
            let mut rows = view.keys::<Names>(|key| {
                key.text(&name);
            });
            let counted = match rows.next().transpose()? {
                None => None,
                Some(_) => {
                    let (spans, is_decided) = match &mut spans {
                        Some(spans) => spans,
                        None => {
                            let is_decided = !reporter.decided.is_empty(reporter.store, view)?;
                            spans.insert((Spans::new(view, settings, reach)?, is_decided))
                        }
                    };
                    let (is_decided, now) = (*is_decided, settings.clock.now());
                    let counting = Counting { view, spans, reporter, is_decided, now, goes_on };
                    let Some(Counted { summary, layers, subjects }) = counting.count(&name)? else {
                        return Ok(false);
                    };
                    Some(Entry { summary: Some(summary), layers, subjects })
                }
            };
            let mut known = self.known.lock();
            known.put(&name, counted);
            known.stale.remove(&name);
        }
    }

    /// Says of which repositories the counts have changed by what was written.
    fn mark(&self, view: &View<'_>, written: &Written, is_first: bool) -> Result<(), Error> {
        if is_first || written.is_anything {
            let names = all_repositories(view)?;
            let mut known = self.known.lock();
            names.into_iter().for_each(|name| known.has_changed(name));
            // Those of which no image is left are found to be gone.
            known.all_have_changed();
            return Ok(());
        }
        let mut changed = BTreeSet::new();
        changed
            .extend(written.of::<Tags>().filter_map(|mut key| Some(tags::Key::decode(&mut key)?.repository)));
        changed.extend(
            written.of::<Names>().filter_map(|mut key| Some(names::Key::decode(&mut key)?.repository)),
        );
        let images: Vec<Digest> = written.of::<Images>().filter_map(|mut key| key.digest()).collect();
        let mut cursor = view.cursor::<Images>();
        for image in images {
            let called = cursor.glance::<Called>(&image)?;
            changed.extend(called.into_iter().flat_map(|it| it.names).map(|name| Name::of(&name).repository));
        }
        let is_general = written.has::<Sources>()
            || written.has::<Policies>()
            || written.has::<VexDocuments>()
            || written.has::<Attached>();
        let layers = if is_general { None } else { layers_of(view, written)? };
        let text = |mut reader: Reader<'_>| reader.text();
        let vulnerabilities = written.of::<Enrichments>().filter_map(text);
        // An advisory's identifier comes behind its feed.
        let advisories = written.of::<Advisories>().filter_map(|mut key| key.text().and_then(|_| key.text()));
        let subjects: HashSet<Subject> =
            vulnerabilities.chain(advisories).map(|identifier| Subject::of(&identifier)).collect();
        let mut known = self.known.lock();
        match layers {
            None => known.all_have_changed(),
            Some(layers) if layers.is_empty() && subjects.is_empty() => {}
            Some(layers) => {
                let concerned = |entry: &Entry| {
                    entry.layers.iter().any(|layer| layers.contains(layer))
                        || entry.subjects.iter().any(|subject| subjects.contains(subject))
                };
                let concerned = known.entries.iter().filter(|(_, entry)| concerned(entry));
                changed.extend(concerned.map(|(name, _)| name.clone()));
            }
        }
        changed.into_iter().for_each(|name| known.has_changed(name));
        Ok(())
    }
}

impl Basis {
    fn now(reporter: Reporter<'_>) -> Self {
        Self {
            plugins: reporter.plugins.plugins().iter().map(|plugin| plugin.id().digest).collect(),
            refreshes: reporter.refreshing.ended(),
            today: reporter.settings.clock.today(),
            settings: std::ptr::from_ref::<Settings>(reporter.settings).addr(),
        }
    }
}

/// What the digests of layers begin with that hold a package of which something else is stated now; none where there are
/// too many.
fn layers_of(view: &View<'_>, written: &Written) -> Result<Option<HashSet<u64>>, Error> {
    if written.of::<Affects>().take(NAMES + 1).count() > NAMES {
        return Ok(None);
    }
    let mut layers = HashSet::new();
    let mut inventory = view.stream::<Inventory>();
    for mut name in written.of::<Affects>() {
        let (Some(namespace), Some(name)) = (name.text(), name.text()) else { continue };
        // A package of a distribution is published wherever those of the image's distribution are.
        for namespace in ["", namespace.as_str()] {
            for named in [Named::Alike, Named::Package, Named::Source] {
                let prefix = |key: &mut limpid_store::key::Writer| {
                    inventory::Key::of_name(key, namespace, &name, named);
                };
                for key in inventory.keys(prefix, None) {
                    layers.insert(head(&key?.diff_id));
                    if layers.len() > LAYERS {
                        return Ok(None);
                    }
                }
            }
        }
    }
    Ok(Some(layers))
}

/// The names of all repositories. Costs one step for each, however many images have names in it.
fn all_repositories(view: &View<'_>) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let mut cursor = view.cursor::<Names>();
    let mut from = String::new();
    loop {
        let next = cursor.scan_from(|_| (), |key| _ = key.text(&from)).next().transpose()?;
        let Some((key, _)) = next else { return Ok(names) };
        from = super::above(&key.repository);
        names.push(key.repository);
    }
}

/// A place in a list, as clients are given it.
fn written((rank, name): &Ranked) -> String {
    let [a, b, c, d] = rank.map(|number| u64::MAX - number);
    format!("{a}.{b}.{c}.{d}.{name}")
}

/// Reads what [`written`] writes.
fn place(text: &str) -> Option<Ranked> {
    let mut parts = text.splitn(5, '.');
    let mut rank = [0; 4];
    for number in &mut rank {
        *number = u64::MAX - parts.next()?.parse::<u64>().ok()?;
    }
    Some((rank, parts.next()?.to_owned()))
}
