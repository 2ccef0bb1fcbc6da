use std::collections::BTreeMap;
use std::sync::Arc;

use limpid_model::report::Enriched;
use limpid_store::key::Writer;
use limpid_store::tables::enrichments as table;
use limpid_store::{View, Walk};

use crate::Error;
use crate::history::{Past, TakesBack};

/// What is known of vulnerabilities, whoever is affected.
pub(crate) struct Enrichments<'v> {
    view: &'v View<'v>,
    rows: Walk<'v, table::Enrichments>,
    /// None where it is asked what is known now.
    past: Option<&'v dyn TakesBack>,
    /// What was last asked for.
    known: Arc<Vec<Enriched>>,
}

impl<'v> Enrichments<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { view, rows: view.walk(), past: None, known: Arc::default() }
    }

    /// What was known at a moment.
    pub(crate) fn then(view: &'v View<'v>, past: &'v Past<'_>) -> Self {
        Self { past: (!past.is_now()).then_some(past as &dyn TakesBack), ..Self::new(view) }
    }

    pub(crate) fn of(&mut self, vulnerability: &str) -> Result<&Arc<Vec<Enriched>>, Error> {
        let group = |key: &mut Writer| {
            key.text(vulnerability);
        };
        self.known = match self.past {
            None => self.rows.group(group, enriched)?.unwrap_or_default(),
            Some(past) => {
                let rows = self.view.scan::<table::Enrichments>(group);
                let mut rows: BTreeMap<_, _> = rows.collect::<Result<_, _>>()?;
                past.take_back(vulnerability, &mut rows)?;
                Arc::new(enriched(rows))
            }
        };
        Ok(&self.known)
    }
}

fn enriched(rows: impl IntoIterator<Item = (table::Key, table::Row)>) -> Vec<Enriched> {
    let known = rows
        .into_iter()
        .map(|(key, row)| Enriched { feed: key.feed, enrichment: row.into_enrichment(key.id, key.kind) });
    known.collect()
}
