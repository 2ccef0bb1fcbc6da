use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use limpid_matching::{PackageAdvisory, Statements};
use limpid_model::report::Origin;
use limpid_store::tables::enrichments as knowledge;
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

/// What was stated and known at a moment, as far as that is something else than now. By default it is
/// now. What has changed since is looked up where it is asked for: it costs what the image rests on, and
/// not what feeds have changed.
#[derive(Debug, Default)]
pub(crate) struct Past<'v>(Option<Moment<'v>>);

/// A moment of the past.
struct Moment<'v> {
    view: &'v View<'v>,
    /// What was changed at this time or later is taken back, in milliseconds since 1970.
    since: u64,
    /// The revisions that feeds had which have others now.
    revisions: HashMap<String, u64>,
    /// Sources that were others then than now, by feed and source.
    sources: HashMap<(String, String), SourceThen>,
    subjects: RefCell<Cursor<'v, HistorySubjects>>,
    names: RefCell<Cursor<'v, HistoryNames>>,
    /// What advisories were before changes, as far as it was asked for: packages share them.
    before: RefCell<BTreeMap<history::Key, Rc<Row>>>,
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

impl<'v> Past<'v> {
    /// That of the moment before a time.
    pub(super) fn new(view: &'v View<'v>, since: u64) -> Result<Self, Error> {
        let moment = Moment {
            view,
            since,
            revisions: revisions(view, since)?,
            sources: sources(view, since)?,
            subjects: RefCell::new(view.cursor()),
            names: RefCell::new(view.cursor()),
            before: RefCell::default(),
        };
        Ok(Self(Some(moment)))
    }

    /// Whether it is no moment of the past.
    pub(crate) const fn is_now(&self) -> bool {
        self.0.is_none()
    }

    /// An advisory as it was, given how it is.
    pub(crate) fn advisory(
        &self,
        key: &advisories::Key,
        now: Option<advisories::Row>,
    ) -> Result<Option<advisories::Row>, Error> {
        let Some(moment) = &self.0 else { return Ok(now) };
        let subject = history_subjects::Key {
            id: key.id.clone(),
            kind: String::new(),
            feed: key.feed.clone(),
            source: key.source.clone(),
            at: 0,
            revision: 0,
        };
        let change = next_of(&mut moment.subjects.borrow_mut(), &subject, moment.since)?;
        let Some(change) = change else { return Ok(now.filter(|_| self.holds_now(&key.feed, &key.source))) };
        if !self.stored_before(&key.feed, &key.source, change.at) {
            return Ok(None);
        }
        match &*moment.before(change.into())? {
            Row::Advisory(advisory, _) => Ok(Some(advisories::Row::clone(advisory))),
            _ => Ok(None),
        }
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
        changed.filter_map(|((feed, source), then)| {
            Some((feed.as_str(), source.as_str(), then.namespaces.as_deref()?))
        })
    }

    fn source(&self, feed: &str, source: &str) -> Option<&SourceThen> {
        self.0.as_ref()?.sources.get(&(feed.to_owned(), source.to_owned()))
    }

    /// The revision that a feed had, given the one that it has.
    pub(crate) fn revision(&self, feed: &str, now: u64) -> u64 {
        self.0.as_ref().and_then(|moment| moment.revisions.get(feed)).copied().unwrap_or(now)
    }

    /// A time that is not after the moment.
    pub(crate) fn not_after(&self, time: u64) -> u64 {
        self.0.as_ref().map_or(time, |moment| time.min(moment.since.saturating_sub(1)))
    }

    fn before(&self, namespace: &str, name: &str) -> Result<Option<Before>, Error> {
        let Some(moment) = &self.0 else { return Ok(None) };
        let changes = firsts(
            &mut moment.names.borrow_mut(),
            |key| {
                key.text(namespace).text(name);
            },
            moment.since,
        )?;
        let mut before = Before::default();
        for change in changes {
            let change = history::Key::from(change);
            let history::Key { feed, source, id, .. } = change.clone();
            if self.stored_before(&feed, &source, change.at)
                && let Row::Advisory(_, stated) = &*moment.before(change)?
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
        Ok(Some(before))
    }
}

/// Makes of what is known what was known.
pub(crate) trait TakesBack {
    /// Makes of what is known of a vulnerability what was known of it.
    fn take_back(
        &self,
        vulnerability: &str,
        known: &mut BTreeMap<knowledge::Key, knowledge::Row>,
    ) -> Result<(), Error>;
}

impl TakesBack for Past<'_> {
    fn take_back(
        &self,
        vulnerability: &str,
        known: &mut BTreeMap<knowledge::Key, knowledge::Row>,
    ) -> Result<(), Error> {
        let Some(moment) = &self.0 else { return Ok(()) };
        known.retain(|key, _| self.holds_now(&key.feed, &key.source));
        let changes = firsts(
            &mut moment.subjects.borrow_mut(),
            |key| {
                key.text(vulnerability);
            },
            moment.since,
        )?;
        for change in changes {
            // An advisory may go by the same identifier.
            if change.kind.is_empty() || !self.stored_before(&change.feed, &change.source, change.at) {
                continue;
            }
            let history_subjects::Key { id, kind, feed, source, .. } = change.clone();
            let key = knowledge::Key { id, kind, feed, source };
            match moment.view.get::<History>(&change.into())? {
                Some(Row::Enrichment(row)) => drop(known.insert(key, row)),
                _ => drop(known.remove(&key)),
            }
        }
        Ok(())
    }
}

impl Moment<'_> {
    /// What was there before a change of an advisory.
    fn before(&self, change: history::Key) -> Result<Rc<Row>, Error> {
        if let Some(known) = self.before.borrow().get(&change) {
            return Ok(Rc::clone(known));
        }
        let row = Rc::new(self.view.get::<History>(&change)?.unwrap_or(Row::Nothing));
        self.before.borrow_mut().insert(change, Rc::clone(&row));
        Ok(row)
    }
}

impl std::fmt::Debug for Moment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Moment").field("since", &self.since).finish_non_exhaustive()
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
fn sources(view: &View<'_>, since: u64) -> Result<HashMap<(String, String), SourceThen>, Error> {
    let mut cursor = view.cursor::<HistorySubjects>();
    let changed = firsts(
        &mut cursor,
        |key| {
            key.text("").text("");
        },
        since,
    )?;
    let mut sources = HashMap::new();
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
        sources.insert(place, then);
    }
    Ok(sources)
}

/// What was stated at a moment.
pub(crate) struct Then<'p, 'v, S> {
    past: &'p Past<'v>,
    now: S,
}

impl<'p, 'v, S: Statements> Then<'p, 'v, S> {
    /// What was stated at a moment, given what is stated now.
    pub(crate) const fn new(past: &'p Past<'v>, now: S) -> Self {
        Self { past, now }
    }
}

impl<S: Statements<Error = Error>> Statements for Then<'_, '_, S> {
    type Error = Error;

    fn about(&mut self, namespace: &str, name: &str) -> Result<Arc<Vec<PackageAdvisory>>, Error> {
        let now = self.now.about(namespace, name)?;
        let Some(before) = self.past.before(namespace, name)? else { return Ok(now) };
        let stays = |advisory: &&PackageAdvisory| {
            let Origin { feed, source, .. } = Origin::clone(&advisory.origin);
            let id = advisory.id.clone();
            self.past.holds_now(&feed, &source)
                && !before.changed.contains(&advisories::Key { feed, id, source })
        };
        let mut stated: Vec<PackageAdvisory> = now.iter().filter(stays).cloned().collect();
        stated.extend(before.stated);
        stated.sort_by(|a, b| a.place().cmp(&b.place()));
        Ok(Arc::new(stated))
    }
}
