use globset::{Glob, GlobSet, GlobSetBuilder};
use limpid_model::Severity;
use limpid_store::tables::outbox::Outbox;
use limpid_store::tables::subscriptions::{self, Filter, Row, Subscriptions, Target};
use limpid_store::{Batch, View};

use super::Kind;
use super::Notifying;
use super::difference::Changed;
use crate::severity::is_as_severe;
use crate::{Error, SubscriptionError};

/// Longest name of a subscription, in bytes.
const NAME_BYTES: usize = 64;

/// Who is told of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its name.
    pub name: String,
    /// What is kept of it.
    pub row: Row,
}

impl Notifying<'_> {
    /// All subscriptions, by name.
    pub(crate) fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        all(&self.store.view())
    }

    /// The subscription of that name.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none.
    pub(crate) fn subscription(&self, name: &str) -> Result<Subscription, Error> {
        let row = self.store.view().get::<Subscriptions>(&name.to_owned())?;
        let row = row.ok_or_else(|| Error::NoSubscription(name.to_owned()))?;
        Ok(Subscription { name: name.to_owned(), row })
    }

    /// Makes a subscription, or changes the one of that name; notices that wait go on to wait.
    ///
    /// # Errors
    /// [`Error::Subscription`] where it makes no sense.
    pub(crate) fn put_subscription(
        &self,
        name: &str,
        target: Target,
        filter: Filter,
        period: Option<u64>,
        enabled: bool,
    ) -> Result<Subscription, Error> {
        check(name, &filter, period).map_err(Error::Subscription)?;
        let writer = self.writers.feeds();
        let before = writer.view().get::<Subscriptions>(&name.to_owned())?;
        let created = before.as_ref().map_or_else(|| self.settings.clock.now(), |row| row.created);
        let next = before.map_or(1, |row| row.next);
        let row = Row { created, enabled, target, filter, period, next };
        let mut batch = Batch::default();
        batch.put::<Subscriptions>(&name.to_owned(), &row)?;
        writer.commit(batch)?;
        // Whatever stood in the way may be gone.
        self.desk.change(name, |queue| queue.not_before = 0);
        self.desk.ring();
        Ok(Subscription { name: name.to_owned(), row })
    }

    /// Removes a subscription and its notices.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none.
    pub(crate) fn remove_subscription(&self, name: &str) -> Result<(), Error> {
        let writer = self.writers.feeds();
        let _delivers = self.desk.lock_outbox();
        self.subscription(name)?;
        let view = writer.view();
        let mut batch = Batch::default();
        batch.delete::<Subscriptions>(&name.to_owned());
        let notices = view.keys::<Outbox>(|key| {
            key.text(name);
        });
        for key in notices {
            batch.delete::<Outbox>(&key?);
        }
        writer.commit(batch)?;
        self.desk.forget(name);
        Ok(())
    }
}

pub(super) fn all(view: &View<'_>) -> Result<Vec<Subscription>, Error> {
    let rows = view.scan::<Subscriptions>(|_| ());
    rows.map(|row| row.map(|(name, row)| Subscription { name, row }).map_err(Error::from)).collect()
}

fn check(name: &str, filter: &Filter, period: Option<u64>) -> Result<(), SubscriptionError> {
    let speakable = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if !(1..=NAME_BYTES).contains(&name.len()) || !name.bytes().all(speakable) {
        return Err(SubscriptionError::Name(name.chars().take(NAME_BYTES).collect()));
    }
    for given in &filter.kinds {
        if !Kind::ALL.iter().any(|kind| kind.as_str() == given) {
            let known = Kind::ALL.map(Kind::as_str).join(", ");
            return Err(SubscriptionError::Kind { given: given.clone(), known });
        }
    }
    if let Some(given) = filter.severity.as_ref().filter(|word| severity(word).is_none()) {
        let known = Severity::WORST_FIRST.map(Severity::as_str).join(", ");
        return Err(SubscriptionError::Severity { given: given.clone(), known });
    }
    for given in &filter.names {
        Glob::new(given).map_err(|error| SubscriptionError::Names {
            given: given.clone(),
            why: error.kind().to_string(),
        })?;
    }
    if period == Some(0) { Err(SubscriptionError::Period) } else { Ok(()) }
}

fn severity(word: &str) -> Option<Severity> {
    Severity::WORST_FIRST.into_iter().find(|severity| severity.as_str() == word)
}

/// A subscription, ready to be asked about many notices.
pub(super) struct Wanting {
    pub(super) name: String,
    pub(super) row: subscriptions::Row,
    names: GlobSet,
}

impl Wanting {
    pub(super) fn new(subscription: Subscription) -> Self {
        let mut names = GlobSetBuilder::new();
        // They were checked when the subscription was made.
        for glob in subscription.row.filter.names.iter().filter_map(|name| Glob::new(name).ok()) {
            names.add(glob);
        }
        let names = names.build().unwrap_or_default();
        Self { name: subscription.name, row: subscription.row, names }
    }

    /// Whether it wants to be told.
    pub(super) fn wants(&self, changed: &Changed) -> bool {
        let filter = &self.row.filter;
        let standing = &changed.standing;
        let labelled = |wanted: &String| match wanted.split_once('=') {
            Some((key, value)) => changed.image.labels.iter().any(|(k, v)| k == key && v == value),
            None => changed.image.labels.iter().any(|(k, _)| k == wanted),
        };
        let least = filter.severity.as_deref().and_then(severity);
        let namespaces = || standing.packages.iter().map(|package| &package.namespace);
        (filter.kinds.is_empty() || filter.kinds.iter().any(|kind| kind == changed.kind.as_str()))
            && (filter.names.is_empty() || changed.image.names.iter().any(|name| self.names.is_match(name)))
            && (filter.labels.is_empty() || filter.labels.iter().any(labelled))
            && (filter.namespaces.is_empty() || namespaces().any(|name| filter.namespaces.contains(name)))
            && least.is_none_or(|least| is_as_severe(standing.severity, least, filter.leave_out_unrated))
            && filter.fixable.is_none_or(|fixable| standing.fixable == fixable)
            && (!filter.exploited || standing.exploited)
    }
}
