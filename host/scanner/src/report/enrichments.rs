use std::collections::HashMap;
use std::sync::Arc;

use limpid_model::report::Enriched;
use limpid_store::key::Writer;
use limpid_store::tables::enrichments as table;
use limpid_store::{View, Walk};

use crate::Error;
use crate::history::{KnownThen, Past};

/// What is known of vulnerabilities, whoever is affected.
pub(crate) struct Enrichments<'v> {
    rows: Walk<'v, table::Enrichments>,
    /// None where it is asked what is known now. What was known is not kept for other reports.
    then: Option<(KnownThen<'v>, ByVulnerability)>,
}

/// What was asked for already.
type ByVulnerability = HashMap<String, Arc<Vec<Enriched>>>;

impl<'v> Enrichments<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { rows: view.walk(), then: None }
    }

    /// What was known at a moment.
    pub(crate) fn then(view: &'v View<'v>, past: &'v Past) -> Self {
        let then = (!past.is_now()).then(|| (KnownThen::new(view, past), HashMap::new()));
        Self { then, ..Self::new(view) }
    }

    pub(crate) fn of(&mut self, vulnerability: &str) -> Result<Arc<Vec<Enriched>>, Error> {
        let Some((then, known)) = &mut self.then else {
            let group = |key: &mut Writer| {
                key.text(vulnerability);
            };
            return Ok(self.rows.group(group, enriched)?.unwrap_or_default());
        };
        if let Some(known) = known.get(vulnerability) {
            return Ok(Arc::clone(known));
        }
        let was = Arc::new(enriched(then.of(vulnerability)?));
        known.insert(vulnerability.to_owned(), Arc::clone(&was));
        Ok(was)
    }
}

fn enriched(rows: impl IntoIterator<Item = (table::Key, table::Row)>) -> Vec<Enriched> {
    let known = rows
        .into_iter()
        .map(|(key, row)| Enriched { feed: key.feed, enrichment: row.into_enrichment(key.id, key.kind) });
    known.collect()
}
