//! What an ingest changes for images is announced: each change is written once, in batches of bounded size, before
//! the ingest is committed. The commit of the ingest says that the announcement counts.

use std::collections::{BTreeMap, BTreeSet};

use limpid_formats::expression::Around;
use limpid_formats::{json as api, notice};
use limpid_model::report::Enriched;
use limpid_model::{Change, Digest, Subscription};
use limpid_store::tables::announced::{self, Announced};
use limpid_store::tables::announcements::{self, Announcements, Receiver, Stage};
use limpid_store::tables::raised::{self, Raised};
use limpid_store::{Batch, Cursor, Packed, View};

use super::difference::{Changes, Detail, Shift, Telling, tell, tell_renamed};
use super::subscriptions::{Wanting, Wish, all};
use super::{Notifying, passed_on};
use crate::Error;
use crate::report::Enrichments;
use crate::writer::Writer;

/// Changes that are written in one batch, at most. Tests have few changes, and many batches all the same.
const ROWS: usize = if cfg!(test) { 2 } else { 1_000 };

/// Bytes of what they say, at most.
const BYTES: usize = 4 << 20;

impl Notifying<'_> {
    /// Announces what a revision of a feed changes for images. The announcement counts as soon as `batch` is
    /// committed, by the writer of the ingest. Returns how many notices it makes at most.
    ///
    /// # Errors
    /// The store fails. What was written of the announcement by then is removed later.
    pub(crate) fn announce(
        &self,
        writer: &Writer<'_>,
        (view, batch): (&View<'_>, &mut Batch),
        (feed, revision): (&str, u64),
        changes: &Changes,
    ) -> Result<u64, Error> {
        if changes.is_empty() {
            return Ok(0);
        }
        let subscriptions = all(&self.store.view())?;
        if subscriptions.is_empty() {
            return Ok(0);
        }
        let judges = subscriptions.iter().any(|it| it.spec.filter.expression.is_some());
        let detail = if judges { Detail::Findings } else { Detail::Standing };
        // A subscription learns of changes in the order of their ingests.
        self.post_announced()?;
        self.remove_unannounced(writer)?;
        let now = self.store.view();
        let mut staging = Staging::new(writer, &now, subscriptions, self.settings.clock.now())?;
        let owned = self.settings.owned_packages();
        let passed_on = passed_on::vulnerabilities(view, changes)?;
        let touched =
            changes.vulnerabilities.iter().chain(changes.enriched.keys().map(|(id, _)| id)).chain(&passed_on);
        let renamed: BTreeSet<&String> =
            changes.renamed.iter().flat_map(|(before, names)| names.iter().chain([before])).collect();
        let mut known = Enrichments::new(view);
        let mut shifts = BTreeMap::new();
        for vulnerability in touched.chain(renamed.iter().copied()).collect::<BTreeSet<_>>() {
            let before = known.of(vulnerability)?.to_vec();
            let after = enriched_after(&before, feed, changes.enriched_of(feed, vulnerability)?);
            let shift = Shift::of(view, changes, vulnerability, (&before, &after), owned, detail)?;
            // What has other names is told of when all of them are known.
            if renamed.contains(vulnerability) {
                shifts.insert(vulnerability.clone(), shift);
            } else {
                tell(view, vulnerability, &shift, |told| staging.add(&told, (feed, revision)))?;
            }
        }
        tell_renamed(view, changes, &shifts, |told| staging.add(&told, (feed, revision)))?;
        staging.finish(batch)
    }

    /// Removes what was written of announcements that do not count, because the process ended before the ingest
    /// was committed. Only whoever may ingest knows that nobody else is at it.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn remove_unannounced(&self, writer: &Writer<'_>) -> Result<(), Error> {
        let staging =
            |(number, row): (u64, announcements::Row)| (row.stage == Stage::Staging).then_some(number);
        let rows = self.store.view().scan::<Announcements>(|_| ()).collect::<Result<Vec<_>, _>>()?;
        for number in rows.into_iter().filter_map(staging) {
            loop {
                let view = self.store.view();
                let mut batch = Batch::default();
                let keys = view.keys::<Announced>(|key| {
                    key.number(number);
                });
                for key in keys.take(ROWS) {
                    batch.delete::<Announced>(&key?);
                }
                let is_last = batch.len() < ROWS;
                if is_last {
                    batch.delete::<Announcements>(&number);
                }
                writer.commit(batch)?;
                if is_last {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// What is known of a vulnerability once a feed says something else of it.
fn enriched_after(
    before: &[Enriched],
    feed: &str,
    stated: BTreeMap<&str, Option<Enriched>>,
) -> Vec<Enriched> {
    let stays = |known: &&Enriched| known.feed != feed || !stated.contains_key(&*known.enrichment.kind);
    let mut after: Vec<_> = before.iter().filter(stays).cloned().collect();
    after.extend(stated.into_values().flatten());
    after
}

/// What expressions see of the image of a change: that is written down for them once for all of its changes that follow
/// each other.
fn around<'a>(
    known: &'a mut Option<(Digest, Result<Around, String>)>,
    change: &Change,
) -> Result<&'a Around, String> {
    let image = change.image.id;
    let of_it = known.take().filter(|(of, _)| *of == image);
    let (_, around) =
        known.insert(of_it.unwrap_or_else(|| (image, Around::of(&api::Image::from(change.image.clone())))));
    around.as_ref().map_err(Clone::clone)
}

/// An announcement that is being written.
struct Staging<'a> {
    writer: &'a Writer<'a>,
    number: u64,
    /// Announcements that are all posted.
    posted: Vec<u64>,
    row: announcements::Row,
    wanting: Vec<Wanting>,
    now: &'a View<'a>,
    /// What images were told last.
    told: Cursor<'a, Raised>,
    next_place: u64,
    changes: Vec<(announced::Key, Packed<Announced>)>,
    bytes: usize,
    /// The image that an expression was asked about last.
    around: Option<(Digest, Result<Around, String>)>,
}

impl<'a> Staging<'a> {
    fn new(
        writer: &'a Writer<'a>,
        now: &'a View<'a>,
        subscriptions: Vec<Subscription>,
        at: u64,
    ) -> Result<Self, Error> {
        let posted = now.keys::<Announcements>(|_| ()).collect::<Result<Vec<_>, _>>()?;
        let receiver =
            |it: &Subscription| Receiver { name: it.name.clone(), created: it.created, unposted: 0 };
        let receivers = subscriptions.iter().map(receiver).collect();
        Ok(Self {
            writer,
            number: posted.last().map_or(1, |last| last + 1),
            posted,
            row: announcements::Row { at, stage: Stage::Staging, receivers },
            wanting: subscriptions.into_iter().map(|it| Wanting::new(now, it)).collect::<Result<_, _>>()?,
            now,
            told: now.cursor(),
            next_place: 0,
            changes: Vec::new(),
            bytes: 0,
            around: None,
        })
    }

    /// Adds a change, unless it is of no use to anybody.
    fn add(&mut self, telling: &Telling, (feed, revision): (&str, u64)) -> Result<(), Error> {
        let change = &telling.change;
        let (mut receivers, mut undecided) = (Vec::new(), Vec::new());
        for (place, (wanting, receiver)) in (0..).zip(self.wanting.iter().zip(&mut self.row.receivers)) {
            let wish = match wanting.wants(self.now, change)? {
                true => wanting.judges(&telling.findings, || around(&mut self.around, change)),
                false => Wish::No,
            };
            match wish {
                Wish::No => continue,
                Wish::Yes => {}
                Wish::Undecided(why) => undecided.push((receiver.name.clone(), why)),
            }
            receiver.unposted += 1;
            receivers.push(place);
        }
        let affected = change.kind.affected_after();
        let mut body = Vec::new();
        if !receivers.is_empty() {
            body = serde_json::to_vec(&notice::change(change, feed, revision, self.row.at)).map_err(
                |error| Error::Host { what: "a notice cannot be written".to_owned(), source: error.into() },
            )?;
        } else if affected.is_none() || !self.was_told(change)? {
            return Ok(());
        }
        let (image, vulnerability) = (change.image.id, change.vulnerability.clone());
        self.bytes += undecided.iter().map(|(_, why)| why.len()).sum::<usize>();
        let row = announced::Row { image, vulnerability, affected, receivers, body, undecided };
        let key = announced::Key { announcement: self.number, place: self.next_place };
        self.next_place += 1;
        self.bytes += row.body.len();
        self.changes.push((key, Packed::new(&row)?));
        if self.changes.len() >= ROWS || self.bytes >= BYTES {
            let mut batch = Batch::default();
            batch.put::<Announcements>(&self.number, &self.row)?;
            self.put_changes(&mut batch)?;
            self.writer.commit(batch)?;
        }
        Ok(())
    }

    /// Whether somebody was told of the image and the vulnerability a moment ago. Then one who wants to know of the
    /// contrary waits, and this change says whether it has stayed so.
    fn was_told(&mut self, change: &Change) -> Result<bool, Error> {
        let key = raised::Key { image: change.image.id, vulnerability: change.vulnerability.clone() };
        Ok(self.told.get(&key)?.is_some())
    }

    fn put_changes(&mut self, batch: &mut Batch) -> Result<(), Error> {
        for (key, change) in self.changes.drain(..) {
            batch.put_packed::<Announced>(&key, &change)?;
        }
        self.bytes = 0;
        Ok(())
    }

    /// Adds what is left to the batch of the ingest, and that the announcement counts.
    fn finish(mut self, batch: &mut Batch) -> Result<u64, Error> {
        if self.next_place == 0 {
            return Ok(0);
        }
        self.put_changes(batch)?;
        self.row.stage = Stage::Posting { next: 0 };
        batch.put::<Announcements>(&self.number, &self.row)?;
        for posted in &self.posted {
            batch.delete::<Announcements>(posted);
        }
        Ok(self.row.receivers.iter().map(|receiver| receiver.unposted).sum())
    }
}
