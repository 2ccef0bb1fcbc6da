use std::collections::BTreeMap;

use limpid_model::{Advisory, Digest, Enrichment, EnrichmentKinds};
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::enrichments::{self, Enrichments};
use limpid_store::{Error, Packed};

use super::silence::Counts;

/// What a source states. There may be hundreds of thousands, which are gone one by one as they are
/// written.
#[derive(Debug, Default)]
pub(crate) struct Records {
    stated: AdvisorySet,
    /// By vulnerability and kind; of two the later counts.
    pub(crate) enrichments: Knowledge,
    /// What kinds of it were stated.
    pub(super) kinds: EnrichmentKinds,
}

pub(crate) type Knowledge = BTreeMap<(String, String), Packed<Enrichments>>;

/// An advisory as it is stored.
#[derive(Debug)]
pub(super) struct PackedAdvisory {
    pub(super) row: Packed<Advisories>,
    /// Of all that it says.
    pub(super) digest: Digest,
}

impl PackedAdvisory {
    pub(super) fn new(advisory: Advisory) -> Result<Self, Error> {
        let row = Packed::new(&advisories::Row::from(advisory))?;
        Ok(Self { digest: row.digest(), row })
    }

    /// What it says, under its identifier.
    pub(super) fn advisory(&self, id: &str) -> Result<Advisory, Error> {
        Ok(self.row.unpack()?.into_advisory(id.to_owned()))
    }
}

/// The advisories of a source.
#[derive(Debug, Default)]
pub(super) struct AdvisorySet {
    /// By identifier.
    pub(super) advisories: BTreeMap<String, PackedAdvisory>,
    /// How much they say of each namespace.
    pub(super) counts: Counts,
}

impl Records {
    /// States an advisory, in the place of what was stated under its identifier.
    pub(crate) fn state(&mut self, advisory: Advisory) -> Result<(), Error> {
        self.stated.counts.add(&advisory);
        let id = advisory.id.clone();
        let record = PackedAdvisory::new(advisory)?;
        if let Some(before) = self.stated.advisories.insert(id.clone(), record) {
            self.stated.counts.remove(&before.advisory(&id)?);
        }
        Ok(())
    }

    /// Takes back what was stated under an identifier, and gives it.
    pub(crate) fn take_back(&mut self, id: &str) -> Result<Option<Advisory>, Error> {
        let Some(record) = self.stated.advisories.remove(id) else { return Ok(None) };
        let advisory = record.advisory(id)?;
        self.stated.counts.remove(&advisory);
        Ok(Some(advisory))
    }

    /// Adds what is known of a vulnerability.
    pub(crate) fn know(&mut self, known: Enrichment) -> Result<(), Error> {
        self.kinds = self.kinds.and(EnrichmentKinds::of(&known));
        let Enrichment { id, kind, ratings, facts } = known;
        self.enrichments.insert((id, kind), Packed::new(&enrichments::Row::new(ratings, facts))?);
        Ok(())
    }

    /// States what others state, in the place of what was stated under the same identifiers.
    pub(super) fn state_all(&mut self, later: Self) -> Result<(), Error> {
        self.stated.counts.add_all(later.stated.counts);
        for (id, record) in later.stated.advisories {
            if let Some(before) = self.stated.advisories.insert(id.clone(), record) {
                self.stated.counts.remove(&before.advisory(&id)?);
            }
        }
        self.enrichments.extend(later.enrichments);
        self.kinds = self.kinds.and(later.kinds);
        Ok(())
    }

    /// How many advisories there are.
    pub(super) fn count(&self) -> usize {
        self.stated.advisories.len()
    }

    pub(super) fn into_parts(self) -> (AdvisorySet, Knowledge) {
        (self.stated, self.enrichments)
    }
}
