use limpid_model::Digest;
use limpid_runtime::{Mode, Source};
use limpid_store::tables::enriched::{self, Enriched};
use limpid_store::tables::enrichments::{self, Enrichments};
use limpid_store::{Batch, View};

use super::difference::Difference;
use super::records::Knowledge;
use crate::Error;
use crate::history::Record;
use crate::notices::Changes;

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
    let is_whole = source.mode == Mode::Whole;
    // Both are in the order of vulnerability and kind.
    let before = view.scan::<Enriched>(|key| {
        key.text(feed).text(&source.name);
    });
    let mut before = before.map(|row| row.map(|(key, row)| ((key.id, key.kind), Digest::from(row.digest))));
    let mut next = before.next().transpose()?;
    let tells = next.is_some();
    let (mut stored, mut added, mut withdrawn) = (0, 0, 0);
    let mut withdraw = |batch: &mut Batch, changes: &mut Changes, (id, kind): (String, String)| {
        if !is_whole {
            return Ok(());
        }
        withdrawn += 1;
        record.enrichment(view, batch, &id, &kind)?;
        let (knowledge, stated) = keys(feed, &source.name, &id, &kind);
        batch.delete::<Enrichments>(&knowledge);
        batch.delete::<Enriched>(&stated);
        if tells {
            changes.enriched.insert((id, kind), None);
        }
        Ok::<_, Error>(())
    };
    // Each is gone when it is written.
    for (key, row) in known {
        difference.stated += 1;
        while let Some((gone, _)) = next.take_if(|(before, _)| *before < key) {
            stored += 1;
            withdraw(batch, &mut difference.changes, gone)?;
            next = before.next().transpose()?;
        }
        let same = next.take_if(|(before, _)| *before == key);
        let digest = row.digest();
        if let Some((_, stated)) = &same {
            stored += 1;
            next = before.next().transpose()?;
            if *stated == digest {
                continue;
            }
            difference.changed += 1;
        } else {
            added += 1;
        }
        let (id, kind) = key;
        record.enrichment(view, batch, &id, &kind)?;
        let (knowledge, stated) = keys(feed, &source.name, &id, &kind);
        batch.put_packed::<Enrichments>(&knowledge, &row)?;
        batch.put::<Enriched>(&stated, &enriched::Row { digest: digest.into() })?;
        if tells {
            difference.changes.enriched.insert((id, kind), Some(row));
        }
    }
    while let Some((gone, _)) = next {
        stored += 1;
        withdraw(batch, &mut difference.changes, gone)?;
        next = before.next().transpose()?;
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
