use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use limpid_model::{Digest, Image};
use limpid_store::tables::images::Indexing;

use super::BySeverity;
use crate::report::Reporter;
use crate::revision::Revision;
use crate::{Error, revision};

/// Findings that are remembered, of all images together.
const REMEMBERED: usize = 4_000_000;

/// How many findings a report has, and which.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) by_severity: BySeverity,
    /// What stands for each finding, sorted.
    fingerprints: Vec<u64>,
}

impl Tally {
    fn of(report: &limpid_model::report::Report) -> Self {
        let mut tally = Self::default();
        for finding in &report.findings {
            *tally.by_severity.entry(finding.severity.severity).or_default() += 1;
            // Where they are compared, a place among 2^64 is as good as its text.
            let digest = Digest::of(finding.fingerprint.as_bytes());
            let first = digest.as_bytes().first_chunk().copied().unwrap_or_default();
            tally.fingerprints.push(u64::from_be_bytes(first));
        }
        tally.fingerprints.sort_unstable();
        tally.fingerprints.dedup();
        tally
    }

    /// How many findings another tally does not have.
    pub(crate) fn beyond(&self, other: &Self) -> u64 {
        let is_new = |print: &&u64| other.fingerprints.binary_search(print).is_err();
        self.fingerprints.iter().filter(is_new).count() as u64
    }
}

/// Tallies of images that were asked for, as long as what they rest on is the same.
#[derive(Debug, Default)]
pub(crate) struct Tallies(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    revision: Option<Revision>,
    tallies: HashMap<Digest, (Indexing, Arc<Tally>)>,
    /// Images in the order in which they came.
    order: VecDeque<Digest>,
    findings: usize,
}

impl Tallies {
    /// The tally of an image, which was indexed so.
    pub(crate) fn of(
        &self,
        reporter: Reporter<'_>,
        image: &Image,
        indexing: &Indexing,
    ) -> Result<Arc<Tally>, Error> {
        // Before the report is made: what it rests on may be newer, and never older.
        let now = revision::of_advisories(
            reporter.store,
            reporter.plugins,
            reporter.refreshing,
            &reporter.settings.clock,
        );
        if let Some(known) = now.as_ref().and_then(|now| self.known(now, &image.id, indexing)) {
            return Ok(known);
        }
        let tally = Arc::new(Tally::of(&reporter.report(&image.id)?));
        if let Some(now) = now {
            self.remember(now, image.id, indexing.clone(), &tally);
        }
        Ok(tally)
    }

    fn known(&self, now: &Revision, image: &Digest, indexing: &Indexing) -> Option<Arc<Tally>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.revision.as_ref() != Some(now) {
            return None;
        }
        known.tallies.get(image).filter(|(before, _)| before == indexing).map(|(_, tally)| Arc::clone(tally))
    }

    fn remember(&self, now: Revision, image: Digest, indexing: Indexing, tally: &Arc<Tally>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.revision.as_ref() != Some(&now) {
            *known = Known { revision: Some(now), ..Known::default() };
        }
        known.findings += tally.fingerprints.len() + 1;
        match known.tallies.insert(image, (indexing, Arc::clone(tally))) {
            Some((_, before)) => known.findings -= before.fingerprints.len() + 1,
            None => known.order.push_back(image),
        }
        while known.findings > REMEMBERED {
            let Some((_, gone)) = known.order.pop_front().and_then(|first| known.tallies.remove(&first))
            else {
                break;
            };
            known.findings -= gone.fingerprints.len() + 1;
        }
    }
}
