use std::collections::HashMap;

use limpid_model::{Digest, report};
use limpid_runtime::{Mode, Source};
use limpid_store::tables::enriched::{self, Enriched};
use limpid_store::tables::enrichments::{self, Enrichments};
use limpid_store::{Batch, View};

use super::difference::Difference;
use super::records::Knowledge;
use crate::Error;
use crate::history::Record;

/// Holds what a document knows of vulnerabilities against what its source knew before, and adds to
/// the batch only what differs.
pub(super) fn write(
    view: &View<'_>,
    batch: &mut Batch,
    (record, source): (&Record<'_>, &Source),
    known: Knowledge,
    difference: &mut Difference,
) -> Result<(), Error> {
    let feed = record.feed;
    let mut before = known_before(view, feed, &source.name)?;
    let stored = before.len() as u64;
    let (mut added, mut withdrawn) = (0, 0);
    let tells = stored > 0;
    // Each is gone when it is written.
    for ((id, kind), row) in known {
        difference.stated += 1;
        let digest = row.digest();
        let before = before.remove(&(id.clone(), kind.clone()));
        match before {
            Some(stated) if stated == digest => continue,
            Some(_) => difference.changed += 1,
            None => added += 1,
        }
        record.enrichment(view, batch, &id, &kind)?;
        let (knowledge, stated) = keys(feed, &source.name, &id, &kind);
        batch.put_packed::<Enrichments>(&knowledge, &row)?;
        batch.put::<Enriched>(&stated, &enriched::Row { digest: digest.into() })?;
        if tells {
            let enrichment = row.unpack()?.into_enrichment(id.clone(), kind.clone());
            let known = report::Enriched { feed: feed.to_owned(), enrichment };
            difference.changes.enriched.entry(id).or_default().insert(kind, Some(known));
        }
    }
    if source.mode == Mode::Whole {
        for (id, kind) in before.into_keys() {
            withdrawn += 1;
            record.enrichment(view, batch, &id, &kind)?;
            if tells {
                let kinds = difference.changes.enriched.entry(id.clone()).or_default();
                kinds.insert(kind.clone(), None);
            }
            let (knowledge, stated) = keys(feed, &source.name, &id, &kind);
            batch.delete::<Enrichments>(&knowledge);
            batch.delete::<Enriched>(&stated);
        }
    }
    difference.added += added;
    difference.withdrawn += withdrawn;
    difference.stored += (stored + added).saturating_sub(withdrawn);
    Ok(())
}

fn keys(feed: &str, source: &str, id: &str, kind: &str) -> (enrichments::Key, enriched::Key) {
    let [feed, source, id, kind] = [feed, source, id, kind].map(str::to_owned);
    let knowledge =
        enrichments::Key { id: id.clone(), kind: kind.clone(), feed: feed.clone(), source: source.clone() };
    (knowledge, enriched::Key { feed, source, id, kind })
}

type Known = HashMap<(String, String), Digest>;

fn known_before(view: &View<'_>, feed: &str, source: &str) -> Result<Known, Error> {
    let rows = view.scan::<Enriched>(|key| {
        key.text(feed).text(source);
    });
    rows.map(|row| row.map(|(key, row)| ((key.id, key.kind), row.digest.into())).map_err(Error::from))
        .collect()
}
