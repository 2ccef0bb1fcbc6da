use std::collections::HashMap;

use limpid_model::Advisory;
use limpid_model::report::Origin;
use limpid_store::View;
use limpid_store::tables::advisories::{self, Advisories};

use crate::Error;

/// Advisories, each read once.
pub(crate) struct AdvisoryRows<'v> {
    view: &'v View<'v>,
    known: HashMap<(String, String, String), Option<Advisory>>,
}

impl<'v> AdvisoryRows<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { view, known: HashMap::new() }
    }

    /// The one that somebody published under an identifier.
    pub(crate) fn of(&mut self, origin: &Origin, id: &str) -> Result<Option<&Advisory>, Error> {
        let place = (origin.feed.clone(), id.to_owned(), origin.source.clone());
        if !self.known.contains_key(&place) {
            let (feed, id, source) = place.clone();
            let row = self.view.get::<Advisories>(&advisories::Key { feed, id: id.clone(), source })?;
            self.known.insert(place.clone(), row.map(|row| row.into_advisory(id)));
        }
        Ok(self.known.get(&place).and_then(Option::as_ref))
    }
}
