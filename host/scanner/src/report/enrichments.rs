use std::collections::HashMap;

use limpid_model::report::Enriched;
use limpid_store::View;
use limpid_store::tables::enrichments as table;

use crate::Error;

/// What is known of vulnerabilities, whoever is affected; each is looked up once.
pub(crate) struct Enrichments<'v> {
    view: &'v View<'v>,
    known: HashMap<String, Vec<Enriched>>,
}

impl<'v> Enrichments<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { view, known: HashMap::new() }
    }

    pub(crate) fn of(&mut self, vulnerability: &str) -> Result<&[Enriched], Error> {
        if !self.known.contains_key(vulnerability) {
            let rows = self.view.scan::<table::Enrichments>(|key| {
                key.text(vulnerability);
            });
            let known = rows.map(|row| {
                row.map(|(key, row)| Enriched {
                    feed: key.feed,
                    enrichment: row.into_enrichment(key.id, key.kind),
                })
            });
            self.known.insert(vulnerability.to_owned(), known.collect::<Result<_, _>>()?);
        }
        Ok(self.known.get(vulnerability).map_or(&[], Vec::as_slice))
    }
}
