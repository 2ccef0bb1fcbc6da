//! Changes that were announced become notices, in steps of bounded size, each of which is one batch: whoever goes on
//! after a process has ended goes on behind the last step.
//!
//! A change that tells the contrary of what was told a moment ago is deferred: where it does not stay so, nobody is
//! told of either.

use std::collections::BTreeMap;

use limpid_model::{Subscription, chain};
use limpid_store::tables::announced::{self, Announced};
use limpid_store::tables::announcements::{self, Announcements, Stage};
use limpid_store::tables::outbox::{self, Body, Outbox, State};
use limpid_store::tables::raised::{self, Deferred, Raised};
use limpid_store::tables::subscriptions::{self, Subscriptions};
use limpid_store::{Batch, View};

use super::Notifying;
use super::message::message_id;
use super::references::Counts;
use super::subscriptions::all;
use crate::Error;

/// Notices, or rows of what was told, that one batch writes, unless one change alone makes more. Tests have few of
/// them, and many batches all the same.
const A_STEP: usize = if cfg!(test) { 3 } else { 4_000 };

/// Rows of what was told that are looked at under one lock.
const LOOKED_AT: usize = if cfg!(test) { 3 } else { 10_000 };

impl Notifying<'_> {
    /// Posts the notices of all that was announced. Where that fails, whoever delivers, or the next ingest, goes on
    /// with it: what was ingested stays so.
    pub(crate) fn post_now(&self) {
        if let Err(error) = self.post_announced() {
            tracing::error!("notices are posted later: {}", chain(&error));
        }
        self.deliveries.ring();
    }

    /// Posts the notices of all that was announced, or waits until the thread has done so that does it while somebody
    /// delivers.
    ///
    /// # Errors
    /// The store fails.
    pub(super) fn post_announced(&self) -> Result<(), Error> {
        if first_unposted(&self.store.view())?.is_none() {
            return Ok(());
        }
        self.deliveries.poster.post();
        // What that thread has left, because it failed or has ended.
        while self.post_some()? {}
        Ok(())
    }

    /// Posts some notices of what was announced first. Returns false where none was left.
    ///
    /// # Errors
    /// The store fails.
    pub(super) fn post_some(&self) -> Result<bool, Error> {
        let writer = self.writers.notices();
        let view = writer.view();
        let mut batch = Batch::default();
        let Some((number, mut announcement, first)) = first_unposted(&view)? else { return Ok(false) };
        let mut posting = Posting::new(&view, announcement.at, self.settings.flap_window)?;
        let rows = view.scan_from::<Announced>(
            |key| {
                key.number(number);
            },
            |key| {
                key.number(number).number(first);
            },
        );
        announcement.stage = Stage::Posted;
        for row in rows {
            let (key, change) = row?;
            let written = batch.len() + posting.told.len();
            if written > 0 && written + change.receivers.len() > A_STEP {
                announcement.stage = Stage::Posting { next: key.place };
                break;
            }
            posting.change(&mut batch, &key, &change, &mut announcement)?;
        }
        if announcement.stage == Stage::Posted {
            announcement.receivers.clear();
        }
        batch.put::<Announcements>(&number, &announcement)?;
        let posted = posting.finish(&mut batch)?;
        writer.commit(batch)?;
        self.has_posted(&posted);
        Ok(true)
    }

    /// Posts notices that were deferred and have stayed true, and forgets what was told long ago.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) fn post_deferred(&self) -> Result<(), Error> {
        let now = self.settings.clock.now();
        if now < self.deliveries.deferred_until() {
            return Ok(());
        }
        // What is told from now on tells by itself when it is due.
        self.deliveries.forget_deferred();
        let mut after = None;
        loop {
            match self.post_some_deferred(now, after) {
                Ok(None) => return Ok(()),
                Ok(last) => after = last,
                Err(error) => {
                    self.deliveries.defer_until(0);
                    return Err(error);
                }
            }
        }
    }

    /// The same for some rows after a key. Returns the last of them, unless it was the last of all.
    fn post_some_deferred(&self, now: u64, after: Option<raised::Key>) -> Result<Option<raised::Key>, Error> {
        let writer = self.writers.notices();
        let view = writer.view();
        let mut batch = Batch::default();
        let mut posting = Posting::new(&view, now, self.settings.flap_window)?;
        let mut last = None;
        for (looked_at, row) in view.scan_after::<Raised>(after.as_ref()).enumerate() {
            if looked_at >= LOOKED_AT || batch.len() + posting.told.len() >= A_STEP {
                break;
            }
            let (key, told) = row?;
            let until = told.at.saturating_add(self.settings.flap_window);
            if now < until {
                self.deliveries.defer_until(until);
            } else if told.deferred == Deferred::Nothing {
                batch.delete::<Raised>(&key);
            } else {
                let told = posting.mature(&mut batch, told)?;
                posting.told.insert(key.clone(), told);
            }
            last = Some(key);
        }
        let is_last = match &last {
            Some(last) => view.scan_after::<Raised>(Some(last)).next().is_none(),
            None => true,
        };
        let posted = posting.finish(&mut batch)?;
        if !batch.is_empty() {
            writer.commit(batch)?;
        }
        self.has_posted(&posted);
        Ok(last.filter(|_| !is_last))
    }

    /// Lets those who deliver know. Still under the lock: counts follow what was committed.
    fn has_posted(&self, posted: &Posted) {
        for (name, notices) in &posted.notices {
            self.deliveries.change(name, |queue| queue.waiting.add(*notices));
        }
        if let Some(until) = posted.deferred_until {
            self.deliveries.defer_until(until);
        }
        if !posted.notices.is_empty() {
            self.deliveries.ring();
        }
    }
}

/// The announcement that is posted next, and the place of its first change that is not.
fn first_unposted(view: &View<'_>) -> Result<Option<(u64, announcements::Row, u64)>, Error> {
    for row in view.scan::<Announcements>(|_| ()) {
        let (number, row) = row?;
        if let Stage::Posting { next } = row.stage {
            return Ok(Some((number, row, next)));
        }
    }
    Ok(None)
}

/// What a step has posted, once it is committed.
struct Posted {
    /// How many notices, by subscription.
    notices: BTreeMap<String, u64>,
    /// When what it has told is looked at next, in milliseconds since 1970.
    deferred_until: Option<u64>,
}

/// A step.
struct Posting<'a> {
    view: &'a View<'a>,
    now: u64,
    window: u64,
    subscriptions: BTreeMap<String, Subscription>,
    posted: BTreeMap<String, u64>,
    /// What images are told by the end of it.
    told: BTreeMap<raised::Key, raised::Row>,
    references: Counts,
}

impl<'a> Posting<'a> {
    fn new(view: &'a View<'a>, now: u64, window: u64) -> Result<Self, Error> {
        let subscriptions = all(view)?.into_iter().map(|it| (it.name.clone(), it)).collect();
        let (posted, told, references) = Default::default();
        Ok(Self { view, now, window, subscriptions, posted, told, references })
    }

    /// Posts or defers the notices of a change, or cancels what was deferred.
    fn change(
        &mut self,
        batch: &mut Batch,
        key: &announced::Key,
        change: &announced::Row,
        announcement: &mut announcements::Row,
    ) -> Result<(), Error> {
        let mut receivers = Vec::new();
        for &place in &change.receivers {
            let receiver = usize::try_from(place).ok().and_then(|it| announcement.receivers.get_mut(it));
            let Some(receiver) = receiver else { continue };
            receiver.unposted = receiver.unposted.saturating_sub(1);
            receivers.push((receiver.name.clone(), receiver.created));
        }
        // Where nobody will refer to it, it goes.
        self.references.change(key.clone(), 0);
        let Some(affected) = change.affected else { return self.post_change(batch, key, receivers) };
        let of = raised::Key { image: change.image, vulnerability: change.vulnerability.clone() };
        let mut told = match self.told.remove(&of) {
            Some(told) => Some(told),
            None => self.view.get::<Raised>(&of)?,
        };
        if let Some(due) = told.take_if(|told| self.now >= told.at.saturating_add(self.window))
            && due.deferred != Deferred::Nothing
        {
            told = Some(self.mature(batch, due)?);
        }
        let Some(told) = told else {
            let told = raised::Row { at: self.now, affected, deferred: Deferred::Nothing };
            self.told.insert(of, told);
            return self.post_change(batch, key, receivers);
        };
        if let Some(cancelled) = told.deferred.announced() {
            self.references.change(cancelled, -1);
        }
        let deferred = if told.affected == affected || receivers.is_empty() {
            Deferred::Nothing
        } else {
            self.references.change(key.clone(), 1);
            Deferred::Announced { announcement: key.announcement, place: key.place, receivers }
        };
        self.told.insert(of, raised::Row { deferred, ..told });
        Ok(())
    }

    /// Posts what was deferred. Returns what the image is told by then.
    fn mature(&mut self, batch: &mut Batch, told: raised::Row) -> Result<raised::Row, Error> {
        match told.deferred {
            Deferred::Nothing => {}
            Deferred::Copies(copies) => {
                for (name, body) in copies {
                    self.post(batch, &name, None, Body::Own(body))?;
                }
            }
            Deferred::Announced { announcement, place, receivers } => {
                let key = announced::Key { announcement, place };
                self.references.change(key.clone(), -1);
                self.post_change(batch, &key, receivers)?;
            }
        }
        Ok(raised::Row { at: self.now, affected: !told.affected, deferred: Deferred::Nothing })
    }

    fn post_change(
        &mut self,
        batch: &mut Batch,
        key: &announced::Key,
        receivers: Vec<(String, u64)>,
    ) -> Result<(), Error> {
        for (name, created) in receivers {
            if self.post(batch, &name, Some(created), Body::from(key))? {
                self.references.change(key.clone(), 1);
            }
        }
        Ok(())
    }

    /// Puts a notice into the outbox. Returns whether its subscription is there still: the one that was made then,
    /// where that is known.
    fn post(
        &mut self,
        batch: &mut Batch,
        name: &str,
        created: Option<u64>,
        body: Body,
    ) -> Result<bool, Error> {
        let subscription = self.subscriptions.get_mut(name);
        let is_meant = |it: &&mut Subscription| created.is_none_or(|created| it.created == created);
        let Some(subscription) = subscription.filter(is_meant) else { return Ok(false) };
        let number = subscription.next_number;
        subscription.next_number += 1;
        let notice = outbox::Row {
            id: message_id(&format!("{name} {number} {}", self.now)),
            at: self.now,
            body,
            state: State::Pending,
            attempts: 0,
            when: self.now,
            failure: None,
        };
        batch.put::<Outbox>(&outbox::Key { subscription: name.to_owned(), number }, &notice)?;
        match self.posted.get_mut(name) {
            Some(posted) => *posted += 1,
            None => drop(self.posted.insert(name.to_owned(), 1)),
        }
        Ok(true)
    }

    fn finish(self, batch: &mut Batch) -> Result<Posted, Error> {
        for name in self.posted.keys() {
            if let Some(subscription) = self.subscriptions.get(name) {
                batch.put::<Subscriptions>(name, &subscriptions::Row::from(subscription))?;
            }
        }
        let deferred_until = self.told.values().map(|told| told.at.saturating_add(self.window)).min();
        for (key, told) in &self.told {
            batch.put::<Raised>(key, told)?;
        }
        self.references.put(self.view, batch)?;
        Ok(Posted { notices: self.posted, deferred_until })
    }
}
