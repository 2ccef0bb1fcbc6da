use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use limpid_matching::{PackageAdvisory, Statements};
use limpid_model::report::Origin;
use limpid_store::key::Writer;
use limpid_store::tables::enrichments::{self as knowledge, Enrichments};
use limpid_store::tables::feeds::Feeds;
use limpid_store::tables::history::{self, History, Row};
use limpid_store::tables::history_names::HistoryNames;
use limpid_store::tables::history_subjects::{self, HistorySubjects};
use limpid_store::tables::revisions::{self, Revisions};
use limpid_store::tables::{advisories, affects};
use limpid_store::{Cursor, View};

use super::changes::{firsts, next_of};
use crate::Error;
use crate::stated::package_advisory;

/// A moment, as far as what was stated and known then is something else than now. By default it is now. What
/// has changed since is looked up where it is asked for: it costs what the image rests on, and not what feeds
/// have changed.
#[derive(Debug, Default)]
pub(crate) struct Past(Option<Moment>);

/// A moment of the past.
#[derive(Debug)]
struct Moment {
    /// What was changed at this time or later is taken back, in milliseconds since 1970.
    since: u64,
    /// The revisions that feeds had which have others now.
    revisions: HashMap<String, u64>,
    /// Sources that were others then than now, by feed and source.
    sources: HashMap<String, HashMap<String, SourceThen>>,
}

/// A source at a moment.
#[derive(Debug)]
struct SourceThen {
    /// Of which namespaces it spoke; none where it was not known.
    namespaces: Option<Vec<String>>,
    /// When it came to be known anew since, where it did: what it has stated from then on, it had not stated.
    anew: Option<u64>,
}

impl SourceThen {
    /// Whether what was there before a change made at a time was there at the moment.
    fn holds_before(&self, at: u64) -> bool {
        self.namespaces.is_some() && self.anew.is_none_or(|anew| at < anew)
    }
}

/// What was stated of a package at a moment that is not stated now.
#[derive(Debug, Default)]
struct Before {
    /// The advisories that have changed since.
    changed: BTreeSet<advisories::Key>,
    stated: Vec<PackageAdvisory>,
}

impl Past {
    /// That of the moment before a time.
    pub(super) fn new(view: &View<'_>, since: u64) -> Result<Self, Error> {
        let (revisions, sources) = (revisions(view, since)?, sources(view, since)?);
        Ok(Self(Some(Moment { since, revisions, sources })))
    }

    /// The same, but for the revisions that feeds had: enough for what was stated then.
    pub(crate) fn of_statements(view: &View<'_>, since: u64) -> Result<Self, Error> {
        Ok(Self(Some(Moment { since, revisions: HashMap::new(), sources: sources(view, since)? })))
    }

    /// Whether it is no moment of the past.
    pub(crate) const fn is_now(&self) -> bool {
        self.0.is_none()
    }

    /// The time of the first change that is taken back, in milliseconds since 1970; none where it is now.
    pub(crate) fn ends(&self) -> Option<u64> {
        self.0.as_ref().map(|moment| moment.since)
    }

    /// Whether what a source says now it had stated, where no change tells otherwise.
    fn holds_now(&self, feed: &str, source: &str) -> bool {
        self.source(feed, source).is_none_or(|then| then.namespaces.is_some() && then.anew.is_none())
    }

    /// Whether what was there before a change was there at the moment.
    fn stored_before(&self, feed: &str, source: &str, at: u64) -> bool {
        self.source(feed, source).is_none_or(|then| then.holds_before(at))
    }

    /// Whether a source was known.
    pub(crate) fn knew(&self, feed: &str, source: &str) -> bool {
        self.source(feed, source).is_none_or(|then| then.namespaces.is_some())
    }

    /// The namespaces of which a source spoke, given those of which it speaks.
    pub(crate) fn namespaces<'a>(&'a self, feed: &str, source: &str, now: &'a [String]) -> &'a [String] {
        match self.source(feed, source) {
            Some(then) => then.namespaces.as_deref().unwrap_or_default(),
            None => now,
        }
    }

    /// Sources that were known and have changed since, with the namespaces of which they spoke.
    pub(crate) fn changed_sources(&self) -> impl Iterator<Item = (&str, &str, &[String])> {
        let changed = self.0.iter().flat_map(|moment| &moment.sources);
        let changed = changed.flat_map(|(feed, sources)| sources.iter().map(move |it| (feed, it)));
        changed.filter_map(|(feed, (source, then))| {
            Some((feed.as_str(), source.as_str(), then.namespaces.as_deref()?))
        })
    }

    fn source(&self, feed: &str, source: &str) -> Option<&SourceThen> {
        self.0.as_ref()?.sources.get(feed)?.get(source)
    }

    /// The revision that a feed had, given the one that it has.
    pub(crate) fn revision(&self, feed: &str, now: u64) -> u64 {
        self.0.as_ref().and_then(|moment| moment.revisions.get(feed)).copied().unwrap_or(now)
    }

    /// A time that is not after the moment.
    pub(crate) fn not_after(&self, time: u64) -> u64 {
        self.0.as_ref().map_or(time, |moment| time.min(moment.since.saturating_sub(1)))
    }
}

/// How it was with advisories at a moment.
pub(crate) struct AdvisoriesThen<'v> {
    past: &'v Past,
    view: &'v View<'v>,
    subjects: Cursor<'v, HistorySubjects>,
}

/// What an advisory was at a moment.
pub(crate) enum AdvisoryThen {
    AsNow,
    /// It was not there.
    Absent,
    Other(Box<advisories::Row>),
}

impl<'v> AdvisoriesThen<'v> {
    pub(crate) fn new(view: &'v View<'_>, past: &'v Past) -> Self {
        Self { past, view, subjects: view.cursor() }
    }

    /// What one was.
    pub(crate) fn of(&mut self, key: &advisories::Key) -> Result<AdvisoryThen, Error> {
        let Some(moment) = &self.past.0 else { return Ok(AdvisoryThen::AsNow) };
        let subject = history_subjects::Key {
            id: key.id.clone(),
            kind: String::new(),
            feed: key.feed.clone(),
            source: key.source.clone(),
            at: 0,
            revision: 0,
        };
        let Some(change) = next_of(&mut self.subjects, &subject, moment.since)? else {
            let is_as_now = self.past.holds_now(&key.feed, &key.source);
            return Ok(if is_as_now { AdvisoryThen::AsNow } else { AdvisoryThen::Absent });
        };
        if !self.past.stored_before(&key.feed, &key.source, change.at) {
            return Ok(AdvisoryThen::Absent);
        }
        Ok(match self.view.get::<History>(&change.into())? {
            Some(Row::Advisory(advisory, _)) => AdvisoryThen::Other(advisory),
            _ => AdvisoryThen::Absent,
        })
    }
}

/// What was known of vulnerabilities at a moment.
pub(crate) struct KnownThen<'v> {
    past: &'v Past,
    view: &'v View<'v>,
    subjects: Cursor<'v, HistorySubjects>,
    known: Cursor<'v, Enrichments>,
}

impl<'v> KnownThen<'v> {
    pub(crate) fn new(view: &'v View<'_>, past: &'v Past) -> Self {
        Self { past, view, subjects: view.cursor(), known: view.cursor() }
    }

    /// What was known of one.
    pub(crate) fn of(
        &mut self,
        vulnerability: &str,
    ) -> Result<BTreeMap<knowledge::Key, knowledge::Row>, Error> {
        let prefix = |key: &mut Writer| {
            key.text(vulnerability);
        };
        let mut known: BTreeMap<_, _> = self.known.scan(prefix).collect::<Result<_, _>>()?;
        let Some(moment) = &self.past.0 else { return Ok(known) };
        known.retain(|key, _| self.past.holds_now(&key.feed, &key.source));
        for change in firsts(&mut self.subjects, prefix, moment.since)? {
            // An advisory may go by the same identifier.
            if change.kind.is_empty() || !self.past.stored_before(&change.feed, &change.source, change.at) {
                continue;
            }
            let history_subjects::Key { id, kind, feed, source, .. } = change.clone();
            let key = knowledge::Key { id, kind, feed, source };
            match self.view.get::<History>(&change.into())? {
                Some(Row::Enrichment(row)) => drop(known.insert(key, row)),
                _ => drop(known.remove(&key)),
            }
        }
        Ok(known)
    }
}

/// The revisions that feeds had before a time which have others now.
fn revisions(view: &View<'_>, since: u64) -> Result<HashMap<String, u64>, Error> {
    let mut revisions = HashMap::new();
    for row in view.scan::<Feeds>(|_| ()) {
        let (feed, row) = row?;
        let had = revision_before(view, &feed, row.revision, since)?;
        if had != row.revision {
            revisions.insert(feed, had);
        }
    }
    Ok(revisions)
}

/// The last revision that a feed came to before a time. Later ones came later, and of the earliest it is
/// not kept when.
fn revision_before(view: &View<'_>, feed: &str, latest: u64, since: u64) -> Result<u64, Error> {
    let (mut before, mut after) = (0, latest.saturating_add(1));
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        let key = revisions::Key { feed: feed.to_owned(), revision: middle };
        match view.get::<Revisions>(&key)? {
            Some(row) if row.at >= since => after = middle,
            _ => before = middle,
        }
    }
    Ok(before)
}

/// Sources that were others before a time than now.
fn sources(view: &View<'_>, since: u64) -> Result<HashMap<String, HashMap<String, SourceThen>>, Error> {
    let mut cursor = view.cursor::<HistorySubjects>();
    let changed = firsts(
        &mut cursor,
        |key| {
            key.text("").text("");
        },
        since,
    )?;
    let mut sources: HashMap<String, HashMap<_, _>> = HashMap::new();
    for first in changed {
        let mut then = SourceThen { namespaces: None, anew: None };
        let (place, began) = ((first.feed.clone(), first.source.clone()), first.at);
        let mut next = Some(first);
        while let Some(change) = next {
            let at = change.at;
            let row = view.get::<History>(&change.clone().into())?;
            match row {
                Some(Row::Source(namespaces)) if at == began => then.namespaces = Some(namespaces),
                Some(Row::Source(_)) => {}
                _ => {
                    then.anew = Some(at);
                    break;
                }
            }
            next = next_of(&mut cursor, &change, at.saturating_add(1))?;
        }
        sources.entry(place.0).or_default().insert(place.1, then);
    }
    Ok(sources)
}

/// What was stated at a moment.
pub(crate) struct Then<'v, S> {
    past: &'v Past,
    now: S,
    view: &'v View<'v>,
    /// None where it is now.
    names: Option<Cursor<'v, HistoryNames>>,
    /// What advisories were before changes, as far as it was asked for: packages share them.
    before: BTreeMap<history::Key, Rc<Row>>,
}

impl<'v, S: Statements> Then<'v, S> {
    /// What was stated at a moment, given what is stated now.
    pub(crate) fn new(view: &'v View<'_>, past: &'v Past, now: S) -> Self {
        let names = (!past.is_now()).then(|| view.cursor());
        Self { past, now, view, names, before: BTreeMap::new() }
    }

    fn before(&mut self, namespace: &str, name: &str) -> Result<Before, Error> {
        let mut before = Before::default();
        let (Some(moment), Some(names)) = (&self.past.0, &mut self.names) else { return Ok(before) };
        let prefix = |key: &mut Writer| {
            key.text(namespace).text(name);
        };
        for change in firsts(names, prefix, moment.since)? {
            let change = history::Key::from(change);
            let history::Key { feed, source, id, .. } = change.clone();
            if self.past.stored_before(&feed, &source, change.at)
                && let Row::Advisory(_, stated) = &*self.row(change)?
            {
                let [of, at] = [namespace, name].map(str::to_owned);
                let place = affects::Key {
                    namespace: of,
                    name: at,
                    feed: feed.clone(),
                    id: id.clone(),
                    source: source.clone(),
                };
                let of_name = stated.iter().filter(|(of, at, _)| of == namespace && at == name);
                before.stated.extend(of_name.map(|(_, _, row)| package_advisory(place.clone(), row.clone())));
            }
            before.changed.insert(advisories::Key { feed, id, source });
        }
        Ok(before)
    }

    /// What was there before a change of an advisory.
    fn row(&mut self, change: history::Key) -> Result<Rc<Row>, Error> {
        if let Some(known) = self.before.get(&change) {
            return Ok(Rc::clone(known));
        }
        let row = Rc::new(self.view.get::<History>(&change)?.unwrap_or(Row::Nothing));
        self.before.insert(change, Rc::clone(&row));
        Ok(row)
    }
}

impl<S: Statements<Error = Error>> Statements for Then<'_, S> {
    type Error = Error;

    fn about(&mut self, namespace: &str, name: &str) -> Result<Arc<Vec<PackageAdvisory>>, Error> {
        let now = self.now.about(namespace, name)?;
        if self.names.is_none() {
            return Ok(now);
        }
        let before = self.before(namespace, name)?;
        let held = |it: &PackageAdvisory| self.past.holds_now(&it.origin.feed, &it.origin.source);
        if before.changed.is_empty() && now.iter().all(held) {
            return Ok(now);
        }
        let stays = |advisory: &&PackageAdvisory| {
            let Origin { feed, source, .. } = Origin::clone(&advisory.origin);
            let id = advisory.id.clone();
            held(advisory) && !before.changed.contains(&advisories::Key { feed, id, source })
        };
        let mut stated: Vec<PackageAdvisory> = now.iter().filter(stays).cloned().collect();
        stated.extend(before.stated);
        stated.sort_by(|a, b| a.place().cmp(&b.place()));
        Ok(Arc::new(stated))
    }
}
