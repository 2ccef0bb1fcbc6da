use std::collections::{BTreeMap, BTreeSet};

use limpid_model::report::Enriched;
use limpid_model::{Change, Subscription};
use limpid_store::tables::outbox::{self, Outbox, State};
use limpid_store::tables::raised::{self, Raised};
use limpid_store::tables::subscriptions::{self, Subscriptions};
use limpid_store::{Batch, View};

use super::Notifying;
use super::difference::{Changes, changed, rename};
use super::parcel::message_id;
use super::passed_on;
use super::subscriptions::{Wanting, all};
use crate::report::Enrichments;
use crate::{Error, Settings};
use limpid_formats::notice;

/// Adds the notices of a difference to the batch that ingests it. Returns how many there are.
pub(crate) fn raise(
    settings: &Settings,
    view: &View<'_>,
    batch: &mut Batch,
    (feed, revision): (&str, u64),
    changes: &Changes,
) -> Result<u64, Error> {
    let mut posting = Posting::new(view, settings.clock.now())?;
    if posting.wanting.is_empty() {
        return Ok(0);
    }
    let window = settings.flap_window;
    let passed_on = passed_on::vulnerabilities(view, changes)?;
    let touched: BTreeSet<&String> =
        changes.vulnerabilities.iter().chain(changes.enriched.keys()).chain(&passed_on).collect();
    let mut known = Enrichments::new(view);
    let renamed: BTreeSet<&String> =
        changes.renamed.iter().flat_map(|(before, names)| names.iter().chain([before])).collect();
    let mut outcomes = BTreeMap::new();
    for vulnerability in touched.iter().chain(&renamed).copied().collect::<BTreeSet<_>>() {
        let before = known.of(vulnerability)?.to_vec();
        let after = enriched_after(&before, feed, changes.enriched.get(vulnerability));
        let outcome = changed(view, changes, vulnerability, (&before, &after), settings.owned_packages())?;
        // What has other names is told of when all of them are known.
        if renamed.contains(vulnerability) {
            outcomes.insert(vulnerability.clone(), outcome);
            continue;
        }
        for changed in outcome.changed {
            let wanted = posting.wanted(&changed, (feed, revision))?;
            hold_or_post(view, batch, &mut posting, &changed, wanted, window)?;
        }
    }
    rename(view, changes, &mut outcomes)?;
    for changed in outcomes.into_values().flat_map(|outcome| outcome.changed) {
        let wanted = posting.wanted(&changed, (feed, revision))?;
        hold_or_post(view, batch, &mut posting, &changed, wanted, window)?;
    }
    posting.finish(batch)
}

/// What is known of a vulnerability once a feed says something else of it.
fn enriched_after(
    before: &[Enriched],
    feed: &str,
    stated: Option<&BTreeMap<String, Option<Enriched>>>,
) -> Vec<Enriched> {
    let Some(stated) = stated else { return before.to_vec() };
    let stays = |known: &&Enriched| known.feed != feed || !stated.contains_key(&known.enrichment.kind);
    before.iter().filter(stays).chain(stated.values().flatten()).cloned().collect()
}

/// Posts a notice. One that tells the contrary of what was told a moment ago waits whether it stays
/// so; where it does not, nobody is told of either.
fn hold_or_post(
    view: &View<'_>,
    batch: &mut Batch,
    posting: &mut Posting,
    changed: &Change,
    wanted: Vec<(String, Vec<u8>)>,
    window: u64,
) -> Result<(), Error> {
    let Some(affected) = changed.kind.affected_after() else { return posting.post(batch, wanted) };
    let key = raised::Key { image: changed.image.id, vulnerability: changed.vulnerability.clone() };
    let now = posting.now;
    match view.get::<Raised>(&key)? {
        Some(told) if now < told.at.saturating_add(window) => {
            let stored = if told.affected == affected { Vec::new() } else { wanted };
            Ok(batch.put::<Raised>(&key, &raised::Row { stored, ..told })?)
        }
        _ => {
            batch.put::<Raised>(&key, &raised::Row { at: now, affected, stored: Vec::new() })?;
            posting.post(batch, wanted)
        }
    }
}

impl Notifying<'_> {
    /// Posts notices that were deferred and have stayed true, and forgets what was told long ago.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn post_stored(&self) -> Result<(), Error> {
        let writer = self.writers.feeds();
        let view = writer.view();
        let now = self.settings.clock.now();
        let mut posting = Posting::new(&view, now)?;
        let mut batch = Batch::default();
        for row in view.scan::<Raised>(|_| ()) {
            let (key, row) = row?;
            if now < row.at.saturating_add(self.settings.flap_window) {
                continue;
            }
            if row.stored.is_empty() {
                batch.delete::<Raised>(&key);
            } else {
                posting.post(&mut batch, row.stored)?;
                let told = raised::Row { at: now, affected: !row.affected, stored: Vec::new() };
                batch.put::<Raised>(&key, &told)?;
            }
        }
        let posted = posting.finish(&mut batch)?;
        if !batch.is_empty() {
            writer.commit(batch)?;
        }
        if posted > 0 {
            self.desk.ring();
        }
        Ok(())
    }
}

/// Puts notices into the outbox.
struct Posting {
    now: u64,
    wanting: Vec<Wanting>,
    next: BTreeMap<String, Subscription>,
    posted: u64,
}

impl Posting {
    fn new(view: &View<'_>, now: u64) -> Result<Self, Error> {
        let subscriptions = all(view)?;
        let next = subscriptions.iter().map(|it| (it.name.clone(), it.clone())).collect();
        let wanting = subscriptions.into_iter().map(Wanting::new).collect();
        Ok(Self { now, wanting, next, posted: 0 })
    }

    /// The notice for each subscription that wants it.
    fn wanted(&self, changed: &Change, cause: (&str, u64)) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut wanted = Vec::new();
        for subscription in self.wanting.iter().filter(|subscription| subscription.wants(changed)) {
            let body = serde_json::to_vec(&notice::change(changed, cause.0, cause.1, self.now));
            let body = body.map_err(|error| Error::Host {
                what: "a notice cannot be written".to_owned(),
                source: error.into(),
            })?;
            wanted.push((subscription.name.clone(), body));
        }
        Ok(wanted)
    }

    fn post(&mut self, batch: &mut Batch, notices: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        for (subscription, body) in notices {
            let Some(receiver) = self.next.get_mut(&subscription) else { continue };
            let number = receiver.next_number;
            receiver.next_number += 1;
            let notice = outbox::Row {
                id: message_id(&format!("{subscription} {number} {}", self.now)),
                at: self.now,
                body,
                state: State::Pending,
                attempts: 0,
                when: self.now,
                failure: None,
            };
            batch.put::<Outbox>(&outbox::Key { subscription, number }, &notice)?;
            self.posted += 1;
        }
        Ok(())
    }

    fn finish(self, batch: &mut Batch) -> Result<u64, Error> {
        if self.posted > 0 {
            for (name, subscription) in &self.next {
                batch.put::<Subscriptions>(name, &subscriptions::Row::from(subscription))?;
            }
        }
        Ok(self.posted)
    }
}
