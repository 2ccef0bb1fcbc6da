use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};
use limpid_formats::expression::{Around, Expression, Of};
use limpid_matching::is_as_severe;
use limpid_model::{Change, NoticeFilter, Subscription, SubscriptionSpec, Watch};
use limpid_store::tables::outbox::Outbox;
use limpid_store::tables::subscriptions::{Row, Subscriptions};
use limpid_store::tables::watches::Watches;
use limpid_store::{Batch, View};

use super::Notifying;
use super::difference::TellingFinding;
use super::outbox::{A_BATCH, from};
use super::references::Counts;
use super::sealing::sealed;
use crate::{Error, SubscriptionError, watched};

/// Longest name of a subscription, in bytes.
const NAME_BYTES: usize = 64;

impl Notifying<'_> {
    /// All subscriptions, by name.
    pub(crate) fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        let all = all(&self.store.view())?;
        Ok(all.into_iter().map(|subscription| self.readable(subscription)).collect())
    }

    /// The subscription of that name.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none.
    pub(crate) fn subscription(&self, name: &str) -> Result<Subscription, Error> {
        let row = self.store.view().get::<Subscriptions>(&name.to_owned())?;
        let row = row.ok_or_else(|| Error::NoSubscription(name.to_owned()))?;
        Ok(self.readable(row.into_subscription(name.to_owned())?))
    }

    /// Makes a subscription, or changes the one of that name; notices that wait go on to wait.
    ///
    /// # Errors
    /// [`Error::Subscription`] where it makes no sense.
    pub(crate) fn put_subscription(&self, name: &str, spec: SubscriptionSpec) -> Result<Subscription, Error> {
        check(name, &spec).map_err(Error::Subscription)?;
        let writer = self.writers.notices();
        for watch in &spec.filter.watches {
            if writer.view().get::<Watches>(watch)?.is_none() {
                return Err(Error::Subscription(SubscriptionError::Watch(watch.clone())));
            }
        }
        let key = name.to_owned();
        let before = writer.view().get::<Subscriptions>(&key)?;
        let subscription = match before.map(|row| row.into_subscription(key.clone())).transpose()? {
            Some(before) => Subscription { spec, ..before },
            None => {
                let created = self.settings.clock.now();
                Subscription { name: name.to_owned(), created, next_number: 1, spec }
            }
        };
        let mut batch = Batch::default();
        let target = sealed(&self.settings.secrets, name, subscription.spec.target.clone())?;
        let spec = SubscriptionSpec { target, ..subscription.spec.clone() };
        batch.put::<Subscriptions>(&key, &Row::from(&Subscription { spec, ..subscription.clone() }))?;
        writer.commit(batch)?;
        // Whatever stood in the way may be gone.
        self.deliveries.change(name, |queue| queue.not_before = 0);
        self.deliveries.ring();
        Ok(subscription)
    }

    /// Removes a subscription and its notices, some at a time, and itself with the last of them.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none.
    pub(crate) fn remove_subscription(&self, name: &str) -> Result<(), Error> {
        self.subscription(name)?;
        loop {
            let writer = self.writers.notices();
            let view = writer.view();
            let (mut batch, mut references) = (Batch::default(), Counts::default());
            for row in from(&view, Some(name), None).take(A_BATCH) {
                let (key, notice) = row?;
                references.remove(&notice.body);
                batch.delete::<Outbox>(&key);
            }
            let is_last = batch.len() < A_BATCH;
            references.put(&view, &mut batch)?;
            if is_last {
                batch.delete::<Subscriptions>(&name.to_owned());
            }
            writer.commit(batch)?;
            self.deliveries.forget(name);
            if is_last {
                return Ok(());
            }
        }
    }
}

pub(super) fn all(view: &View<'_>) -> Result<Vec<Subscription>, Error> {
    let rows = view.scan::<Subscriptions>(|_| ());
    rows.map(|row| row.and_then(|(name, row)| row.into_subscription(name)).map_err(Error::from)).collect()
}

/// Whether a subscription could be made, as far as that can be said without a store.
///
/// # Errors
/// Its name, a glob or an expression makes no sense.
pub fn check(name: &str, spec: &SubscriptionSpec) -> Result<(), SubscriptionError> {
    let speakable = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if !(1..=NAME_BYTES).contains(&name.len()) || !name.bytes().all(speakable) {
        return Err(SubscriptionError::Name(name.chars().take(NAME_BYTES).collect()));
    }
    for given in &spec.filter.names {
        Glob::new(given).map_err(|error| SubscriptionError::Names {
            given: given.clone(),
            why: error.kind().to_string(),
        })?;
    }
    if let Some(expression) = &spec.filter.expression {
        Expression::new(expression, Of::Notices).map_err(SubscriptionError::Expression)?;
    }
    if spec.period == Some(0) { Err(SubscriptionError::Period) } else { Ok(()) }
}

/// A subscription, ready to be asked about many notices.
pub(super) struct Wanting {
    filter: NoticeFilter,
    names: GlobSet,
    /// Those of the filter that are there; none where it names none.
    watches: Option<Vec<Watch>>,
    /// That of the filter; or why this version of Limpid does not understand it.
    expression: Option<Result<Expression, String>>,
}

/// Whether a subscription wants to be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    No,
    Yes,
    /// It cannot be said, and why not.
    Undecided(String),
}

impl Wanting {
    pub(super) fn new(view: &View<'_>, subscription: Subscription) -> Result<Self, Error> {
        let mut names = GlobSetBuilder::new();
        // They were checked when the subscription was made.
        for glob in subscription.spec.filter.names.iter().filter_map(|name| Glob::new(name).ok()) {
            names.add(glob);
        }
        let names = names.build().unwrap_or_default();
        let filter = subscription.spec.filter;
        let mut watches = (!filter.watches.is_empty()).then(Vec::new);
        for name in &filter.watches {
            // One that was removed knows no image.
            let watch = view.get::<Watches>(name)?.map(|row| row.into_watch(name.clone()));
            watches.iter_mut().for_each(|watches| watches.extend(watch.clone()));
        }
        let expression = filter.expression.as_ref().map(|text| Expression::new(text, Of::Notices));
        Ok(Self { filter, names, watches, expression })
    }

    /// Whether it wants to be told, were it not for its expression.
    pub(super) fn wants(&self, view: &View<'_>, changed: &Change) -> Result<bool, Error> {
        Ok(self.admits(changed)
            && match &self.watches {
                Some(watches) => watched::know(view, watches, changed.image.names.iter())?,
                None => true,
            })
    }

    /// Whether its expression is true of one of the findings. `around` is what expressions see of the image.
    pub(super) fn judges<'a>(
        &self,
        findings: &[Arc<TellingFinding>],
        around: impl FnOnce() -> Result<&'a Around, String>,
    ) -> Wish {
        let (expression, around) = match &self.expression {
            None => return Wish::Yes,
            Some(Err(why)) => return Wish::Undecided(why.clone()),
            Some(Ok(expression)) => match around() {
                Ok(around) => (expression, around),
                Err(why) => return Wish::Undecided(why),
            },
        };
        let mut doubt = findings.is_empty().then(|| "nothing is known of its findings".to_owned());
        for finding in findings {
            match expression.holds(&around.asked(finding.shown())) {
                Ok(true) => return Wish::Yes,
                Ok(false) => {}
                Err(why) => drop(doubt.get_or_insert(why)),
            }
        }
        doubt.map_or(Wish::No, Wish::Undecided)
    }

    fn admits(&self, changed: &Change) -> bool {
        let filter = &self.filter;
        let standing = &changed.standing;
        let labelled = |wanted: &String| match wanted.split_once('=') {
            Some((key, value)) => changed.image.labels.iter().any(|(k, v)| k == key && v == value),
            None => changed.image.labels.iter().any(|(k, _)| k == wanted),
        };
        let namespaces = || standing.packages.iter().map(|package| &package.namespace);
        (filter.kinds.is_empty() || filter.kinds.contains(&changed.kind))
            && (filter.names.is_empty() || changed.image.names.iter().any(|name| self.names.is_match(name)))
            && (filter.labels.is_empty() || filter.labels.iter().any(labelled))
            && (filter.namespaces.is_empty() || namespaces().any(|name| filter.namespaces.contains(name)))
            && filter
                .severity
                .is_none_or(|least| is_as_severe(standing.severity, least, filter.leave_out_unrated))
            && filter.fixable.is_none_or(|fixable| standing.fixable == fixable)
            && (!filter.exploited || standing.exploited)
    }
}
