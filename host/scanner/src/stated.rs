//! What publishers state of packages, as it is stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use limpid_matching::{PackageAdvisory, Speaks, Statements};
use limpid_model::report::Origin;
use limpid_store::key::Writer;
use limpid_store::tables::advisories;
use limpid_store::tables::affects::{self, Affects};
use limpid_store::tables::enrichments::Enrichments;
use limpid_store::{Rows, Store, View, Walk};

use crate::Error;

/// Learns of which packages and vulnerabilities anything is stated at all, so that reports do not look
/// for more of the others. Reads all those names: worth it where many reports are made.
///
/// # Errors
/// The store fails.
pub(crate) fn learn_names(store: &Store) -> Result<(), Error> {
    store.learn_groups::<Affects>()?;
    Ok(store.learn_groups::<Enrichments>()?)
}

/// A stored row as what an advisory states of a package.
pub(crate) fn package_advisory(key: affects::Key, row: affects::Row) -> PackageAdvisory {
    let first_name = row.first_name().map(str::to_owned);
    let (statements, mut vulnerabilities) = row.into_parts();
    let affects::Key { namespace, name, feed, id, source } = key;
    if vulnerabilities.is_empty() {
        vulnerabilities.push(id.clone());
    }
    let origin = Arc::new(Origin { feed, source, namespace });
    PackageAdvisory { id, name, origin, vulnerabilities, statements, first_name }
}

/// All that is stored at a moment.
#[derive(Debug)]
pub(crate) struct All<'v> {
    rows: Walk<'v, Affects>,
    nothing: Arc<Vec<PackageAdvisory>>,
}

impl<'v> All<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { rows: view.walk(), nothing: Arc::default() }
    }
}

impl Statements for All<'_> {
    type Error = Error;

    fn about(&mut self, namespace: &str, name: &str) -> Result<Arc<Vec<PackageAdvisory>>, Error> {
        let group = |key: &mut Writer| {
            key.text(namespace).text(name);
        };
        let read = |rows: Rows<Affects>| -> Vec<PackageAdvisory> {
            rows.into_iter().map(|(key, row)| package_advisory(key, row)).collect()
        };
        Ok(self.rows.group(group, read)?.unwrap_or_else(|| Arc::clone(&self.nothing)))
    }
}

/// Whether anything is stated of a name once a change is written.
#[derive(Debug)]
pub(crate) struct AfterChange<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) gone: &'a BTreeSet<advisories::Key>,
    pub(crate) fresh: Vec<&'a PackageAdvisory>,
}

impl Speaks for AfterChange<'_> {
    type Error = Error;

    fn speaks(&mut self, namespace: &str, name: &str) -> Result<bool, Error> {
        if self.fresh.iter().any(|it| it.origin.namespace == namespace && it.name == name) {
            return Ok(true);
        }
        let keys = self.view.keys::<Affects>(|key| {
            key.text(namespace).text(name);
        });
        for key in keys {
            let key = key?;
            let advisory = advisories::Key { feed: key.feed, id: key.id, source: key.source };
            if !self.gone.contains(&advisory) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
