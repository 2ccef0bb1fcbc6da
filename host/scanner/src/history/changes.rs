//! Changes as they are kept: by time, by what changed, and by the packages that advisories name, so that
//! a report of the past reads those on which its image rests, however many others there are.

use std::collections::BTreeSet;

use limpid_model::Affected;
use limpid_store::key::Writer;
use limpid_store::table::Table;
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::history::{self, History, Row};
use limpid_store::tables::history_names::{self, HistoryNames};
use limpid_store::tables::history_subjects::{self, HistorySubjects};
use limpid_store::tables::marks::{self, Marks};
use limpid_store::{Batch, Cursor, Store, View};

use super::ROWS;
use crate::Error;

/// Says that every change is found by what it changed.
pub(super) const MARK: &str = "history-by-subject";

/// Packages, by namespace and name.
pub(super) type Names = BTreeSet<(String, String)>;

/// Adds a change to the batch. `names` are the packages that an advisory names before it.
pub(super) fn put(batch: &mut Batch, key: history::Key, before: &Row, names: Names) -> Result<(), Error> {
    batch.put::<History>(&key, before)?;
    index(batch, key, names)
}

fn index(batch: &mut Batch, key: history::Key, names: Names) -> Result<(), Error> {
    put_names(batch, &key, names)?;
    Ok(batch.put::<HistorySubjects>(&key.into(), &history_subjects::Row)?)
}

/// Adds packages by which a change of an advisory is found.
pub(super) fn put_names(batch: &mut Batch, key: &history::Key, names: Names) -> Result<(), Error> {
    for (namespace, name) in names {
        let key = history_names::Key::new(namespace, name, key.clone());
        batch.put::<HistoryNames>(&key, &history_names::Row)?;
    }
    Ok(())
}

/// Removes a change with all by which it is found.
pub(super) fn delete(
    view: &View<'_>,
    batch: &mut Batch,
    key: history::Key,
    before: &Row,
) -> Result<(), Error> {
    for (namespace, name) in names_of(view, &key, before)? {
        batch.delete::<HistoryNames>(&history_names::Key::new(namespace, name, key.clone()));
    }
    batch.delete::<History>(&key);
    batch.delete::<HistorySubjects>(&key.into());
    Ok(())
}

/// The packages that an advisory names.
pub(super) fn named(affected: &[Affected]) -> Names {
    affected.iter().map(|it| (it.namespace.clone(), it.name.clone())).collect()
}

fn named_by(row: advisories::Row) -> Names {
    named(&row.into_advisory(String::new()).affected)
}

fn named_before(before: &Row) -> Names {
    match before {
        Row::Advisory(advisory, _) => named_by(advisories::Row::clone(advisory)),
        _ => Names::new(),
    }
}

/// The packages that an advisory names before a change or after it.
fn names_of(view: &View<'_>, change: &history::Key, before: &Row) -> Result<Names, Error> {
    if change.id.is_empty() || !change.kind.is_empty() {
        return Ok(Names::new());
    }
    let mut names = named_before(before);
    let mut later = view.cursor::<HistorySubjects>();
    let next = next_of(&mut later, &change.clone().into(), change.at.saturating_add(1))?;
    match next {
        Some(next) => {
            let row = view.get::<History>(&next.into())?;
            names.extend(row.as_ref().map(named_before).unwrap_or_default());
        }
        None => {
            let history::Key { feed, source, id, .. } = change.clone();
            let row = view.get::<Advisories>(&advisories::Key { feed, id, source })?;
            names.extend(row.map(named_by).unwrap_or_default());
        }
    }
    Ok(names)
}

/// The first change of the subject of a key that was made at a time or later.
pub(super) fn next_of(
    cursor: &mut Cursor<'_, HistorySubjects>,
    subject: &history_subjects::Key,
    since: u64,
) -> Result<Option<history_subjects::Key>, Error> {
    let prefix = |key: &mut Writer| HistorySubjects::subject(subject, key);
    let from = |key: &mut Writer| {
        HistorySubjects::subject(subject, key);
        key.number(since);
    };
    let next = cursor.scan_from(prefix, from).next().transpose()?;
    Ok(next.map(|(key, _)| key))
}

/// A table of changes by what they changed.
pub(super) trait BySubject: Table<Key: Clone> {
    /// Appends the parts of a key that tell what changed: all before the time.
    fn subject(key: &Self::Key, out: &mut Writer);
    /// When it changed.
    fn at(key: &Self::Key) -> u64;
}

impl BySubject for HistorySubjects {
    fn subject(key: &Self::Key, out: &mut Writer) {
        out.text(&key.id).text(&key.kind).text(&key.feed).text(&key.source);
    }

    fn at(key: &Self::Key) -> u64 {
        key.at
    }
}

impl BySubject for HistoryNames {
    fn subject(key: &Self::Key, out: &mut Writer) {
        out.text(&key.namespace).text(&key.name).text(&key.feed).text(&key.id).text(&key.source);
    }

    fn at(key: &Self::Key) -> u64 {
        key.at
    }
}

/// The first change at a time or later of each subject that begins with a prefix. Costs two steps for
/// each subject, however often it has changed.
pub(super) fn firsts<T: BySubject>(
    cursor: &mut Cursor<'_, T>,
    prefix: impl Fn(&mut Writer),
    since: u64,
) -> Result<Vec<T::Key>, Error> {
    let mut firsts = Vec::new();
    let mut place: Option<(T::Key, u64)> = None;
    loop {
        let from = |key: &mut Writer| match &place {
            None => prefix(key),
            Some((of, at)) => {
                T::subject(of, key);
                key.number(*at);
            }
        };
        let Some((key, _)) = cursor.scan_from(&prefix, from).next().transpose()? else { return Ok(firsts) };
        if T::at(&key) < since {
            place = Some((key, since));
        } else {
            firsts.push(key.clone());
            place = Some((key, u64::MAX));
        }
    }
}

/// Makes what changes are found by, where a Limpid wrote them that did not. Costs one look-up where
/// there is nothing to do.
pub(crate) fn index_history(store: &Store) -> Result<(), Error> {
    let mark = MARK.to_owned();
    if store.view().get::<Marks>(&mark)?.is_some() {
        return Ok(());
    }
    // What is found by subject first: which packages a change leaves named, the next one says.
    index_all_history(store, |batch, key, _| {
        Ok(batch.put::<HistorySubjects>(&key.into(), &history_subjects::Row)?)
    })?;
    let view = store.view();
    index_all_history(store, |batch, key, before| {
        let names = names_of(&view, &key, before)?;
        index(batch, key, names)
    })?;
    let mut batch = Batch::default();
    batch.put::<Marks>(&mark, &marks::Row::default())?;
    Ok(store.commit(batch)?)
}

fn index_all_history(
    store: &Store,
    mut add: impl FnMut(&mut Batch, history::Key, &Row) -> Result<(), Error>,
) -> Result<(), Error> {
    let view = store.view();
    let mut batch = Batch::default();
    for change in view.scan::<History>(|_| ()) {
        let (key, before) = change?;
        add(&mut batch, key, &before)?;
        if batch.len() >= ROWS {
            store.commit(std::mem::take(&mut batch))?;
        }
    }
    Ok(store.commit(batch)?)
}
