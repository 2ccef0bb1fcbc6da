use std::collections::{BTreeMap, HashMap};

use limpid_model::report::Enriched;
use limpid_store::View;
use limpid_store::tables::enrichments as table;

use crate::Error;
use crate::history::Past;

/// What is known of vulnerabilities, whoever is affected; each is looked up once.
pub(crate) struct Enrichments<'v> {
    view: &'v View<'v>,
    past: Option<&'v Past>,
    known: HashMap<String, Vec<Enriched>>,
}

impl<'v> Enrichments<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { view, past: None, known: HashMap::new() }
    }

    /// What was known at a moment.
    pub(crate) fn then(view: &'v View<'v>, past: &'v Past) -> Self {
        Self { past: Some(past), ..Self::new(view) }
    }

    pub(crate) fn of(&mut self, vulnerability: &str) -> Result<&[Enriched], Error> {
        if !self.known.contains_key(vulnerability) {
            let rows = self.view.scan::<table::Enrichments>(|key| {
                key.text(vulnerability);
            });
            let mut rows: BTreeMap<_, _> = rows.collect::<Result<_, _>>()?;
            if let Some(past) = self.past {
                past.take_back(vulnerability, &mut rows);
            }
            let known = rows.into_iter().map(|(key, row)| Enriched {
                feed: key.feed,
                enrichment: row.into_enrichment(key.id, key.kind),
            });
            self.known.insert(vulnerability.to_owned(), known.collect());
        }
        Ok(self.known.get(vulnerability).map_or(&[], Vec::as_slice))
    }
}
