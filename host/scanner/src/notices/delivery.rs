//! The threads that deliver notices.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use limpid_formats::clair::NotificationId;
use limpid_formats::notice;
use limpid_model::chain;
use limpid_model::{Subscribed, Subscription, SubscriptionSpec, Target};
use tracing::field::Empty;

use super::Notifying;
use super::message::{Next, OutgoingMessage, callback_body, message_id, written};
use super::notifications::NOTHING;
use super::secret;
use super::transport::{Message, Then, Transport, Undelivered};
use crate::{Error, Scanner, SubscriptionError};

/// How often it is looked for what nobody rang the bell for.
const POLL: Duration = Duration::from_secs(5);

/// How often deferred notices are posted, and old ones forgotten.
const TIDY: Duration = Duration::from_secs(5);

/// How long messages that are on their way may take to arrive when the service ends.
const STOPPING: Duration = Duration::from_secs(2);

/// Delivers notices, until it is dropped.
///
/// One thread looks who is to be told of what, and starts one more for each subscription to which
/// there is something to send. So notices of a subscription arrive in their order, and a receiver that
/// is slow keeps nobody else waiting: those that have failed share half of the threads.
pub struct Delivery {
    parts: Arc<Parts>,
    dispatcher: Option<JoinHandle<()>>,
    poster: Option<JoinHandle<()>>,
}

struct Parts {
    scanner: Scanner,
    transport: Arc<dyn Transport>,
    stopping: AtomicBool,
    busy: Mutex<Busy>,
    ended: Condvar,
}

/// Subscriptions to which something is being sent.
#[derive(Debug, Default)]
struct Busy {
    well: BTreeSet<String>,
    failing: BTreeSet<String>,
}

impl Busy {
    fn len(&self) -> usize {
        self.well.len() + self.failing.len()
    }

    fn contains(&self, name: &str) -> bool {
        self.well.contains(name) || self.failing.contains(name)
    }
}

impl Delivery {
    /// Delivers what an earlier process left, and then what is raised.
    ///
    /// # Errors
    /// No thread can be had.
    pub fn start(scanner: Scanner, transport: Arc<dyn Transport>) -> Result<Self, Error> {
        let (stopping, busy, ended) = (AtomicBool::new(false), Mutex::default(), Condvar::new());
        let parts = Arc::new(Parts { scanner, transport, stopping, busy, ended });
        let work = Arc::clone(&parts);
        let dispatcher = std::thread::Builder::new()
            .name("notices".to_owned())
            .spawn(move || dispatch(&work))
            .map_err(Error::no_thread)?;
        let mut delivery = Self { parts, dispatcher: Some(dispatcher), poster: None };
        delivery.parts.scanner.deliveries().poster.begin();
        let work = Arc::clone(&delivery.parts);
        let poster = std::thread::Builder::new()
            .name("notices-posted".to_owned())
            .spawn(move || post(&work))
            .map_err(Error::no_thread)?;
        delivery.poster = Some(poster);
        Ok(delivery)
    }

    /// Makes a subscription, or changes the one of that name; notices that wait go on to wait. A
    /// webhook whose secret is empty keeps the one that it has, or gets one.
    ///
    /// # Errors
    /// [`Error::Subscription`] where it makes no sense, or nothing can be sent there.
    pub fn subscribe(&self, name: &str, mut spec: SubscriptionSpec) -> Result<Subscribed, Error> {
        let scanner = &self.parts.scanner;
        let mut made = None;
        if let Target::Webhook { secret, .. } = &mut spec.target
            && secret.is_empty()
        {
            *secret = match scanner.notifying().subscription(name).map(|known| known.spec.target) {
                Ok(Target::Webhook { secret, .. }) => secret,
                Ok(Target::Sealed(_)) => {
                    let why = "its secret cannot be kept, because nobody can read it: give one, as `whsec_` and base64";
                    return Err(Error::Subscription(SubscriptionError::Target(why.to_owned())));
                }
                Ok(Target::Amqp { .. } | Target::Harbor(_) | Target::Clair { .. }) | Err(_) => {
                    made.insert(secret::new()?).clone()
                }
            };
        }
        if let Target::Clair { key, .. } = &mut spec.target
            && key.is_empty()
        {
            *key = match scanner.notifying().subscription(name).map(|known| known.spec.target) {
                Ok(Target::Clair { key, .. }) => key,
                _ => {
                    let why = "it needs a `key`: base64 of the one that its receiver has";
                    return Err(Error::Subscription(SubscriptionError::Target(why.to_owned())));
                }
            };
        }
        scanner.notifying().complete_harbor(name, &mut spec)?;
        self.parts
            .transport
            .check(&spec.target)
            .map_err(|why| Error::Subscription(SubscriptionError::Target(why)))?;
        let subscription = scanner.notifying().put_subscription(name, spec)?;
        Ok(Subscribed { subscription, secret: made })
    }

    /// Sends a message that tells nothing, at once and only once.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none of that name, [`Error::Undelivered`] where it is
    /// not acknowledged.
    pub fn test(&self, name: &str) -> Result<(), Error> {
        let subscription = self.parts.scanner.notifying().subscription(name)?;
        if let Some(why) = self.parts.scanner.notifying().why_locked(&subscription) {
            return Err(Error::Undelivered { subscription: name.to_owned(), why });
        }
        let now = self.parts.scanner.settings().clock.now();
        let (id, body) = match &subscription.spec.target {
            Target::Clair { callback, .. } => {
                let id = NotificationId::of_notices(&subscription, NOTHING, 1, now);
                (id.to_string(), callback_body(callback, &id)?)
            }
            _ => (message_id(&format!("test {name} {now}")), written("a message", &notice::test(name, now))?),
        };
        let message = Message { id: &id, body: &body };
        let sent = self.parts.transport.deliver(&subscription.spec.target, message);
        sent.map_err(|failed| Error::Undelivered { subscription: name.to_owned(), why: failed.why })
    }
}

impl Drop for Delivery {
    /// Waits for messages that are on their way, for a while. A receiver may hang for longer than
    /// that: its message is sent again by the next process, and what comes of it now is not recorded.
    fn drop(&mut self) {
        self.parts.stopping.store(true, Ordering::SeqCst);
        self.parts.scanner.deliveries().poster.end();
        self.parts.scanner.deliveries().ring();
        for thread in [self.dispatcher.take(), self.poster.take()].into_iter().flatten() {
            let _ = thread.join();
        }
        let busy = self.parts.busy();
        drop(self.parts.ended.wait_timeout_while(busy, STOPPING, |busy| busy.len() > 0));
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Delivery")
    }
}

/// Posts what is announced, whoever ingests: see [`super::poster`].
fn post(parts: &Arc<Parts>) {
    let poster = &parts.scanner.deliveries().poster;
    // What an earlier process has left comes first.
    let mut next = Some(0);
    while let Some(wanted) = next {
        let outcome = loop {
            match parts.scanner.notifying().post_some() {
                Ok(true) if !parts.is_stopping() => {}
                Ok(_) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        log("notices are posted later", outcome);
        poster.posted(wanted);
        parts.scanner.deliveries().ring();
        next = poster.next(POLL);
    }
}

fn dispatch(parts: &Arc<Parts>) {
    let mut tidied: Option<Instant> = None;
    while !parts.is_stopping() {
        if tidied.is_none_or(|at| at.elapsed() >= TIDY) {
            tidied = Some(Instant::now());
            log("notices cannot be tidied up", parts.tidy());
        }
        let wait = match start_due(parts) {
            Ok(Some(due)) => due.saturating_sub(parts.scanner.settings().clock.now()),
            Ok(None) => u64::MAX,
            Err(error) => {
                log("notices cannot be read", Err(error));
                u64::MAX
            }
        };
        parts.scanner.deliveries().wait(Duration::from_millis(wait).min(POLL));
    }
}

/// Starts to send what is due, as far as there are threads. Returns when more is.
fn start_due(parts: &Arc<Parts>) -> Result<Option<u64>, Error> {
    let scanner = &parts.scanner;
    let now = scanner.settings().clock.now();
    let mut next: Option<u64> = None;
    for Subscription { name, .. } in scanner.notifying().subscriptions()? {
        if parts.busy().contains(&name) {
            continue;
        }
        let Some(due) = scanner.notifying().due(&name)? else { continue };
        if due.at > now {
            next = Some(next.map_or(due.at, |next| next.min(due.at)));
        } else if parts.take(&name, due.is_failing) {
            start(parts, name);
        }
    }
    Ok(next)
}

fn start(parts: &Arc<Parts>, name: String) {
    let work = Arc::downgrade(parts);
    let of = name.clone();
    let thread =
        std::thread::Builder::new().name(format!("notices-{name}")).spawn(move || deliver(&work, &of));
    if let Err(error) = thread {
        tracing::error!("no thread delivers to subscription `{name}`: {error}");
        parts.leave(&name);
    }
}

/// Sends what is due to a subscription, one after the other. While something is on its way, nothing of
/// the service is kept, so that it can end.
fn deliver(parts: &Weak<Parts>, name: &str) {
    while let Some(here) = parts.upgrade().filter(|parts| !parts.is_stopping()) {
        let next = here.scanner.notifying().next(name);
        let transport = Arc::clone(&here.transport);
        drop(here);
        let message = match next {
            Ok(Next::Now(message)) => message,
            Ok(Next::Nothing | Next::Later) => break,
            Err(error) => {
                log("notices cannot be read", Err(error));
                break;
            }
        };
        let span = tracing::info_span!(parent: None, "delivery", subscription = name, id = message.id, trace_id = Empty);
        limpid_telemetry::mark(&span);
        let outcome = span.in_scope(|| send(&*transport, &message));
        if let Err(undelivered) = &outcome {
            limpid_telemetry::failed(&span, undelivered.why.clone());
        }
        drop(span);
        let Some(here) = parts.upgrade() else { return };
        if let Err(error) = here.scanner.notifying().record(&message, &outcome) {
            log("it cannot be recorded that a notice was delivered", Err(error));
            here.scanner.notifying().pause(name);
            break;
        }
    }
    if let Some(parts) = parts.upgrade() {
        parts.leave(name);
    }
}

/// A panic is a bug of ours, and must not cost the subscription its place for good.
fn send(transport: &dyn Transport, outgoing: &OutgoingMessage) -> Result<(), Undelivered> {
    let message = Message { id: &outgoing.id, body: &outgoing.body };
    let sent = catch_unwind(AssertUnwindSafe(|| transport.deliver(&outgoing.target, message)));
    sent.unwrap_or_else(|_| {
        Err(Undelivered { why: "sending has ended early: panic".to_owned(), then: Then::Retry })
    })
}

fn log(what: &str, outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        tracing::error!("{what}: {}", chain(&error));
    }
}

impl Parts {
    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    fn busy(&self) -> MutexGuard<'_, Busy> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place among those that are sent to, where there is one.
    fn take(&self, name: &str, is_failing: bool) -> bool {
        let workers = self.scanner.settings().notices.workers.max(2);
        let mut busy = self.busy();
        let full = busy.len() >= workers || (is_failing && busy.failing.len() >= workers / 2);
        if !full {
            let among = if is_failing { &mut busy.failing } else { &mut busy.well };
            among.insert(name.to_owned());
        }
        !full
    }

    fn leave(&self, name: &str) {
        let mut busy = self.busy();
        busy.well.remove(name);
        busy.failing.remove(name);
        drop(busy);
        self.ended.notify_all();
        self.scanner.deliveries().ring();
    }

    fn tidy(&self) -> Result<(), Error> {
        self.scanner.notifying().post_deferred()?;
        self.scanner.notifying().forget_old_notices().map(|_| ())
    }
}

impl Notifying<'_> {
    /// Sends nothing to a subscription for a moment, because something is wrong here.
    fn pause(&self, name: &str) {
        let until = self.settings.clock.now().saturating_add(self.settings.notices.backoff);
        self.deliveries.change(name, |queue| queue.not_before = until);
    }
}

#[cfg(test)]
mod tests;
