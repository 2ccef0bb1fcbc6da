use std::collections::BTreeSet;

use limpid_model::Advisory;
use limpid_store::tables::enrichments as knowledge;
use limpid_store::tables::history::{self, Row};
use limpid_store::tables::revisions::{self, Revisions};
use limpid_store::tables::{advisories, affects};
use limpid_store::{Batch, View};

use super::changes::{self, Names};
use crate::Error;

/// Takes down what a document changes, as it was before. Where the source was not known before, that
/// is all there is to be taken down.
pub(crate) struct Record<'a> {
    pub(crate) at: u64,
    pub(crate) feed: &'a str,
    /// That of the feed, once the document is in.
    pub(crate) revision: u64,
    pub(crate) source: &'a str,
    /// The namespaces of which the source spoke before; none where it was not known.
    pub(crate) before: Option<Vec<String>>,
}

impl Record<'_> {
    /// The feed has a new revision, in which the source speaks of these namespaces.
    pub(crate) fn revision(&self, batch: &mut Batch, namespaces: &BTreeSet<String>) -> Result<(), Error> {
        let key = revisions::Key { feed: self.feed.to_owned(), revision: self.revision };
        batch.put::<Revisions>(&key, &revisions::Row { at: self.at })?;
        let row = match &self.before {
            None => Row::Nothing,
            Some(before) if before.iter().eq(namespaces) => return Ok(()),
            Some(before) => Row::Source(before.clone()),
        };
        changes::put(batch, self.key("", ""), &row, Names::new())
    }

    /// The feed has a new revision, in which the source is there no longer.
    pub(crate) fn removal(&self, batch: &mut Batch) -> Result<(), Error> {
        let key = revisions::Key { feed: self.feed.to_owned(), revision: self.revision };
        batch.put::<Revisions>(&key, &revisions::Row { at: self.at })?;
        let row = self.before.clone().map_or(Row::Nothing, Row::Source);
        changes::put(batch, self.key("", ""), &row, Names::new())
    }

    /// An advisory changed, or is gone. By what it names now the change is found, too:
    /// [`Self::names_now`].
    pub(crate) fn advisory(&self, view: &View<'_>, batch: &mut Batch, id: &str) -> Result<(), Error> {
        if self.before.is_none() {
            return Ok(());
        }
        let key =
            advisories::Key { feed: self.feed.to_owned(), id: id.to_owned(), source: self.source.to_owned() };
        let mut names = Names::new();
        let before = match view.get::<advisories::Advisories>(&key)? {
            None => Row::Nothing,
            Some(row) => {
                names = changes::named(&row.clone().into_advisory(id.to_owned()).affected);
                Row::Advisory(Box::new(row), self.stated(view, id, &names)?)
            }
        };
        changes::put(batch, self.key(id, ""), &before, names)
    }

    /// An advisory that has changed names these packages from now on.
    pub(crate) fn names_now(&self, batch: &mut Batch, advisory: &Advisory) -> Result<(), Error> {
        if self.before.is_none() {
            return Ok(());
        }
        changes::put_names(batch, &self.key(&advisory.id, ""), changes::named(&advisory.affected))
    }

    fn stated(
        &self,
        view: &View<'_>,
        id: &str,
        names: &Names,
    ) -> Result<Vec<(String, String, affects::Row)>, Error> {
        let mut stated = Vec::new();
        for (namespace, name) in names.clone() {
            let key = affects::Key {
                namespace,
                name,
                feed: self.feed.to_owned(),
                id: id.to_owned(),
                source: self.source.to_owned(),
            };
            if let Some(row) = view.get::<affects::Affects>(&key)? {
                stated.push((key.namespace, key.name, row));
            }
        }
        Ok(stated)
    }

    /// What is known of a vulnerability changed.
    pub(crate) fn enrichment(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        id: &str,
        kind: &str,
    ) -> Result<(), Error> {
        if self.before.is_none() {
            return Ok(());
        }
        let key = knowledge::Key {
            id: id.to_owned(),
            kind: kind.to_owned(),
            feed: self.feed.to_owned(),
            source: self.source.to_owned(),
        };
        let before = view.get::<knowledge::Enrichments>(&key)?.map_or(Row::Nothing, Row::Enrichment);
        changes::put(batch, self.key(id, kind), &before, Names::new())
    }

    fn key(&self, id: &str, kind: &str) -> history::Key {
        history::Key {
            at: self.at,
            feed: self.feed.to_owned(),
            revision: self.revision,
            source: self.source.to_owned(),
            id: id.to_owned(),
            kind: kind.to_owned(),
        }
    }
}
