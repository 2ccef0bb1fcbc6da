use std::collections::VecDeque;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc;

use limpid_model::{Digest, Notice, NoticeFilter, NoticeState};
use limpid_store::tables::announced::{self, Announced};
use limpid_store::tables::announcements::{self, Announcements, Receiver, Stage};
use limpid_store::tables::outbox::{self, Outbox, State};
use limpid_store::tables::subscriptions::{Row, Subscriptions};
use limpid_store::{Batch, Store};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::Clock;
use crate::NoticeSettings;
use crate::test_support::{scanner_with, subscription};

/// A store with subscriptions, and a clock that is set by hand.
struct Place {
    store: Store,
    clock: Arc<AtomicU64>,
    settings: NoticeSettings,
}

impl Place {
    fn new() -> Self {
        let settings = NoticeSettings {
            attempts: 3,
            backoff: 1_000,
            longest_backoff: 4_000,
            ..NoticeSettings::default()
        };
        Self { store: Store::in_memory(), clock: Arc::new(AtomicU64::new(1_000_000)), settings }
    }

    /// A process that has this store.
    fn scanner(&self) -> (Scanner, tempfile::TempDir) {
        let clock = Arc::clone(&self.clock);
        scanner_with(self.store.clone(), |settings| {
            settings.clock = Clock::new(move || clock.load(Ordering::SeqCst));
            settings.notices = self.settings.clone();
        })
    }

    fn pass(&self, milliseconds: u64) {
        self.clock.fetch_add(milliseconds, Ordering::SeqCst);
    }

    fn now(&self) -> u64 {
        self.clock.load(Ordering::SeqCst)
    }

    fn subscribe(&self, name: &str, period: Option<u64>) {
        let row = Row::from(&subscription(name, period));
        let mut batch = Batch::default();
        batch.put::<Subscriptions>(&name.to_owned(), &row).unwrap();
        self.store.commit(batch).unwrap();
    }

    /// Raises notices, which say what their numbers are.
    fn raise(&self, name: &str, notices: u64) {
        let mut batch = Batch::default();
        let row = self.store.view().get::<Subscriptions>(&name.to_owned()).unwrap().unwrap();
        let mut known = row.into_subscription(name.to_owned()).unwrap();
        for number in known.next_number..known.next_number + notices {
            let notice = outbox::Row {
                id: format!("msg_{number}"),
                at: self.now(),
                body: outbox::Body::Own(format!(r#"{{"type": "{number}"}}"#).into_bytes()),
                state: State::Pending,
                attempts: 0,
                when: self.now(),
                failure: None,
            };
            batch.put::<Outbox>(&outbox::Key { subscription: name.to_owned(), number }, &notice).unwrap();
        }
        known.next_number += notices;
        batch.put::<Subscriptions>(&name.to_owned(), &Row::from(&known)).unwrap();
        self.store.commit(batch).unwrap();
    }

    /// The states of all notices: `p`, `d` or `x`, with their attempts.
    fn states(&self, name: &str) -> String {
        let view = self.store.view();
        let rows = view.scan::<Outbox>(|key| {
            key.text(name);
        });
        let state = |(_, row): (outbox::Key, outbox::Row)| {
            let state = match row.state {
                State::Pending => 'p',
                State::Delivered => 'd',
                State::Dead => 'x',
            };
            format!("{state}{}", row.attempts)
        };
        rows.map(|row| state(row.unwrap())).collect::<Vec<_>>().join(" ")
    }
}

/// Sends all that is due. `outcomes` is what comes of each message; well, where it is at its end.
/// Returns the identifiers of those that were sent.
fn send_due(scanner: &Scanner, name: &str, outcomes: &[Result<(), Then>]) -> Vec<String> {
    let mut outcomes: VecDeque<_> = outcomes.iter().copied().collect();
    let mut sent = Vec::new();
    while let Next::Now(message) = scanner.notifying().next(name).unwrap() {
        let outcome = outcomes.pop_front().unwrap_or(Ok(()));
        let outcome = outcome.map_err(|then| Undelivered { why: "no".to_owned(), then });
        sent.push(message.id.clone());
        scanner.notifying().record(&message, &outcome).unwrap();
    }
    sent
}

const NO: Result<(), Then> = Err(Then::Retry);

#[test]
fn notices_go_one_after_the_other() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.subscribe("other", None);
    place.raise("s", 3);
    assert_eq!(send_due(&scanner, "other", &[]), [""; 0]);
    assert_eq!(send_due(&scanner, "s", &[]), ["msg_1", "msg_2", "msg_3"]);
    assert_eq!(place.states("s"), "d1 d1 d1");
    place.raise("s", 1);
    assert_eq!(send_due(&scanner, "s", &[]), ["msg_4"]);
}

#[test]
fn one_that_fails_is_tried_again_later_and_those_behind_it_wait() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.raise("s", 2);
    assert_eq!(send_due(&scanner, "s", &[NO]), ["msg_1"]);
    assert_eq!(place.states("s"), "p1 p0");
    place.pass(499);
    assert_eq!(send_due(&scanner, "s", &[]), [""; 0]);
    place.pass(501);
    assert_eq!(send_due(&scanner, "s", &[]), ["msg_1", "msg_2"]);
    assert_eq!(place.states("s"), "d2 d1");
    let state = scanner.subscription_state("s").unwrap();
    assert_eq!((state.pending, state.oldest, state.delivered, state.dead), (0, None, 2, 0));
}

#[test]
fn a_receiver_that_says_when_is_left_alone_until_then() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.raise("s", 1);
    send_due(&scanner, "s", &[Err(Then::RetryAfter(Duration::from_secs(60)))]);
    place.pass(59_999);
    assert_eq!(send_due(&scanner, "s", &[]), [""; 0]);
    place.pass(1);
    assert_eq!(send_due(&scanner, "s", &[]), ["msg_1"]);
}

#[test]
fn after_enough_attempts_a_notice_is_dead_and_the_next_goes_on() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.raise("s", 2);
    for _ in 0..3 {
        send_due(&scanner, "s", &[NO]);
        place.pass(4_000);
    }
    assert_eq!(place.states("s"), "x3 p0");
    let dead = scanner.notices(Some("s"), Some(NoticeState::Dead), None, 10).unwrap();
    let dead: Vec<_> =
        dead.items.iter().map(|notice| (notice.position.number, notice.failure.as_deref())).collect();
    assert_eq!(dead, [(1, Some("no"))]);
    assert_eq!(send_due(&scanner, "s", &[]), ["msg_2"]);
}

#[test]
fn what_is_too_old_gets_one_attempt_and_a_dead_receiver_is_not_overrun() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.raise("s", 3);
    place.pass(place.settings.give_up);
    assert_eq!(send_due(&scanner, "s", &[NO, NO, NO]), ["msg_1"], "the next waits as long as any");
    assert_eq!(place.states("s"), "x1 p0 p0");
    place.pass(1_000);
    assert_eq!(send_due(&scanner, "s", &[NO, NO]), ["msg_2"]);
}

#[test]
fn a_receiver_that_is_gone_is_sent_nothing_more_and_loses_nothing() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.raise("s", 2);
    assert_eq!(send_due(&scanner, "s", &[Err(Then::Disable)]), ["msg_1"]);
    place.pass(10_000);
    assert_eq!(send_due(&scanner, "s", &[]), [""; 0]);
    assert_eq!(place.states("s"), "p1 p0");
    let Subscription { spec, .. } = scanner.subscription("s").unwrap();
    assert!(!spec.enabled);
    scanner.put_subscription("s", SubscriptionSpec { enabled: true, ..spec }).unwrap();
    assert_eq!(send_due(&scanner, "s", &[]), ["msg_1", "msg_2"]);
}

#[test]
fn what_was_sent_and_not_recorded_is_sent_again_by_the_next_process_under_the_same_identifier() {
    for period in [None, Some(1)] {
        let place = Place::new();
        place.subscribe("s", period);
        place.raise("s", 3);
        place.pass(1_000);
        let (scanner, _scratch) = place.scanner();
        let Next::Now(sent) = scanner.notifying().next("s").unwrap() else { panic!("nothing is sent") };
        drop(scanner);
        let (scanner, _scratch) = place.scanner();
        let Next::Now(again) = scanner.notifying().next("s").unwrap() else {
            panic!("nothing is sent again")
        };
        assert_eq!(sent, again);
        scanner.notifying().record(&again, &Ok(())).unwrap();
        drop(scanner);
        let (scanner, _scratch) = place.scanner();
        if let Next::Now(message) = scanner.notifying().next("s").unwrap() {
            assert!(!message.notices.iter().any(|notice| again.notices.contains(notice)));
        }
    }
}

#[test]
fn a_digest_holds_what_came_in_its_period() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", Some(60));
    place.raise("s", 2);
    place.pass(59_999);
    place.raise("s", 1);
    assert!(matches!(scanner.notifying().next("s").unwrap(), Next::Later));
    place.pass(1);
    let Next::Now(message) = scanner.notifying().next("s").unwrap() else { panic!("no digest") };
    let body: Value = serde_json::from_slice(&message.body).unwrap();
    assert_eq!(body["type"], "digest");
    let notices = body["data"]["notices"].as_array().unwrap();
    let notices: Vec<_> = notices.iter().map(|n| (n["id"].as_str(), n["type"].as_str())).collect();
    let expected = ["1", "2", "3"].map(|n| (format!("msg_{n}"), n));
    assert_eq!(notices, expected.each_ref().map(|(id, kind)| (Some(id.as_str()), Some(*kind))));
    scanner.notifying().record(&message, &Ok(())).unwrap();
    assert_eq!(place.states("s"), "d1 d1 d1");
}

#[test]
fn a_digest_that_failed_is_sent_again_as_it_was() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", Some(60));
    place.raise("s", 2);
    place.pass(60_000);
    let first = send_due(&scanner, "s", &[NO]);
    place.raise("s", 1);
    place.pass(1_000);
    assert_eq!(send_due(&scanner, "s", &[]), first);
    assert_eq!(place.states("s"), "d2 d2 p0");
    place.pass(60_000);
    assert_ne!(send_due(&scanner, "s", &[]), first);
}

#[test]
fn a_digest_is_bounded() {
    let check = |notices: usize, bytes: usize, expected: usize| {
        let mut place = Place::new();
        place.settings.digest_notices = notices;
        place.settings.digest_bytes = bytes;
        let (scanner, _scratch) = place.scanner();
        place.subscribe("s", Some(1));
        place.raise("s", 5);
        place.pass(1_000);
        assert_eq!(send_due(&scanner, "s", &[]).len(), expected, "{notices} {bytes}");
        assert_eq!(place.states("s"), "d1 d1 d1 d1 d1");
    };
    check(5, 1_000, 1);
    check(2, 1_000, 3);
    check(0, 1_000, 5);
    check(5, 30, 3);
    check(5, 1, 5);
}

#[test]
fn a_notice_is_sent_again_on_demand_whatever_came_of_it() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.raise("s", 4);
    send_due(&scanner, "s", &[]);
    scanner.replay("s", 3).unwrap();
    assert_eq!(send_due(&scanner, "s", &[]), ["msg_3"]);
    assert_eq!(scanner.replay_from("s", 2).unwrap(), 3);
    assert_eq!(place.states("s"), "d1 p0 p0 p0");
    assert_eq!(send_due(&scanner, "s", &[NO]), ["msg_2"]);
    // At once, whatever it waits for.
    scanner.replay("s", 2).unwrap();
    assert_eq!(send_due(&scanner, "s", &[]), ["msg_2", "msg_3", "msg_4"]);
    assert!(matches!(scanner.replay("s", 9), Err(Error::NoNotice { number: 9, .. })));
    assert!(matches!(scanner.replay("t", 1), Err(Error::NoSubscription(_))));
    assert!(matches!(scanner.replay_from("t", 1), Err(Error::NoSubscription(_))));
}

#[test]
fn what_is_done_with_is_forgotten_in_time() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.raise("s", 2);
    send_due(&scanner, "s", &[]);
    place.pass(place.settings.retention - 1);
    place.raise("s", 1);
    assert_eq!(scanner.notifying().forget_old_notices().unwrap(), 0);
    place.pass(1);
    assert_eq!(scanner.notifying().forget_old_notices().unwrap(), 2);
    assert_eq!(place.states("s"), "p0");
}

#[test]
fn notices_of_a_subscription_that_is_gone_are_gone_and_what_is_on_its_way_brings_none_back() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.raise("s", 2);
    let Next::Now(message) = scanner.notifying().next("s").unwrap() else { panic!("nothing is sent") };
    scanner.remove_subscription("s").unwrap();
    scanner.notifying().record(&message, &Ok(())).unwrap();
    assert_eq!(place.states("s"), "");
    place.subscribe("s", None);
    place.raise("s", 1);
    assert_eq!(send_due(&scanner, "s", &[]), ["msg_1"]);
}

#[test]
fn pages_of_notices_follow_each_other() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    for name in ["a", "b"] {
        place.subscribe(name, None);
        place.raise(name, 2);
    }
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = scanner.notices(None, None, after.as_ref(), 3).unwrap();
        let position = |notice: Notice| format!("{}{}", notice.position.subscription, notice.position.number);
        seen.extend(page.items.into_iter().map(position));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["a1", "a2", "b1", "b2"]);
    let of_b = scanner.notices(Some("b"), Some(NoticeState::Pending), None, 10).unwrap();
    assert_eq!(of_b.items.len(), 2);
    assert!(matches!(scanner.notices(Some("c"), None, None, 1), Err(Error::NoSubscription(_))));
}

proptest! {
    /// Whatever fails, and whenever the process ends: what is recorded as delivered was acknowledged
    /// once, in order; and in the end all is.
    #[test]
    fn every_notice_is_acknowledged_exactly_once_and_in_order(
        steps in prop::collection::vec((0..4_u8, 0..3_u64), 1..40), digest: bool,
    ) {
        let mut place = Place::new();
        place.settings.attempts = u32::MAX;
        place.settings.digest_notices = 2;
        place.subscribe("s", digest.then_some(1));
        let (mut scanner, mut _scratch) = place.scanner();
        let (mut raised, mut acknowledged) = (0, Vec::new());
        let step = |scanner: &Scanner, outcome: Option<Result<(), Then>>, acknowledged: &mut Vec<u64>| {
            if let (Next::Now(message), Some(outcome)) = (scanner.notifying().next("s").unwrap(), outcome) {
                let outcome = outcome.map_err(|then| Undelivered { why: String::new(), then });
                scanner.notifying().record(&message, &outcome).unwrap();
                if outcome.is_ok() {
                    acknowledged.extend(message.notices.iter().map(|(number, _)| *number));
                }
            }
        };
        for (kind, number) in steps {
            match kind {
                0 => { place.raise("s", number); raised += number; }
                1 => step(&scanner, Some(Ok(())), &mut acknowledged),
                2 => step(&scanner, Some(NO), &mut acknowledged),
                // It was sent, and the process ends before that is recorded.
                _ => { step(&scanner, None, &mut acknowledged); (scanner, _scratch) = place.scanner(); }
            }
            place.pass(number * 1_000);
        }
        for _ in 0..=raised {
            place.pass(10_000);
            step(&scanner, Some(Ok(())), &mut acknowledged);
        }
        prop_assert_eq!(acknowledged, (1..=raised).collect::<Vec<_>>());
    }
}

/// Tells what is sent, and acknowledges it when it is told to; at once, where it is not in `slow`.
struct Fake {
    sent: Mutex<mpsc::Sender<String>>,
    slow: &'static str,
    release: Mutex<mpsc::Receiver<()>>,
}

impl Transport for Fake {
    fn check(&self, _: &Target) -> Result<(), String> {
        Ok(())
    }

    fn deliver(&self, target: &Target, message: Message<'_>) -> Result<(), Undelivered> {
        let Target::Amqp { url, .. } = target else { panic!("of no other kind") };
        self.sent.lock().unwrap().send(format!("{url} {}", message.id)).unwrap();
        if url == self.slow {
            // Ends when the test does.
            let _ = self.release.lock().unwrap().recv();
        }
        Ok(())
    }
}

const DEADLINE: Duration = Duration::from_secs(60);

#[test]
fn a_receiver_that_hangs_keeps_nobody_else_waiting_and_the_service_ends_all_the_same() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    for name in ["hangs", "well"] {
        place.subscribe(name, None);
        place.raise(name, 2);
    }
    let ((sent, told), (release, released)) = (mpsc::channel(), mpsc::channel());
    let transport = Fake { sent: Mutex::new(sent), slow: "hangs", release: Mutex::new(released) };
    let delivery = Delivery::start(scanner.clone(), Arc::new(transport)).unwrap();
    let mut seen: Vec<String> = (0..3).map(|_| told.recv_timeout(DEADLINE).unwrap()).collect();
    seen.sort();
    assert_eq!(seen, ["hangs msg_1", "well msg_1", "well msg_2"]);
    // What is raised later is sent when the bell rings.
    place.raise("well", 1);
    scanner.deliveries().ring();
    assert_eq!(told.recv_timeout(DEADLINE).unwrap(), "well msg_3");
    drop(delivery);
    assert_eq!(place.states("hangs"), "p0 p0");
    release.send(()).unwrap();
    drop(told);
}

#[test]
fn nobody_waits_for_an_ingest_who_delivers_or_subscribes() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.subscribe("other", None);
    place.raise("s", 1);
    let ((sent, told), (_release, released)) = (mpsc::channel(), mpsc::channel());
    let transport = Fake { sent: Mutex::new(sent), slow: "", release: Mutex::new(released) };
    let ingest = scanner.writers().all();
    let delivery = Delivery::start(scanner.clone(), Arc::new(transport)).unwrap();
    assert_eq!(told.recv_timeout(DEADLINE).unwrap(), "s msg_1");
    let (done, ended) = mpsc::channel();
    let work = scanner.clone();
    let thread = std::thread::spawn(move || {
        let spec = subscription("new", None).spec;
        work.put_subscription("new", spec).unwrap();
        work.remove_subscription("other").unwrap();
        work.post_deferred().unwrap();
        work.notifying().forget_old_notices().unwrap();
        done.send(work.subscription_states().unwrap().len()).unwrap();
    });
    assert_eq!(ended.recv_timeout(DEADLINE).unwrap(), 2);
    place.raise("s", 1);
    scanner.deliveries().ring();
    assert_eq!(told.recv_timeout(DEADLINE).unwrap(), "s msg_2");
    thread.join().unwrap();
    drop((delivery, ingest));
    assert_eq!(place.states("s"), "d1 d1");
}

#[test]
fn notices_that_wait_are_counted_once_and_then_kept_count_of() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.raise("s", 5);
    let pending = || scanner.subscription_state("s").unwrap().pending;
    assert_eq!(pending(), 5);
    let Next::Now(message) = scanner.notifying().next("s").unwrap() else { panic!("nothing is sent") };
    scanner.notifying().record(&message, &Ok(())).unwrap();
    // Once more changes nothing.
    scanner.notifying().record(&message, &Ok(())).unwrap();
    assert_eq!(pending(), 4);
    send_due(&scanner, "s", &[NO]);
    assert_eq!(pending(), 4);
    scanner.replay_from("s", 1).unwrap();
    assert_eq!(pending(), 5);
    assert_eq!(send_due(&scanner, "s", &[]).len(), 5);
    assert_eq!(pending(), 0);
    // Those are not known of here: nothing is counted again.
    place.raise("s", 1);
    assert_eq!(pending(), 0);
    scanner.remove_subscription("s").unwrap();
    place.subscribe("s", None);
    place.raise("s", 2);
    assert_eq!(pending(), 2);
}

#[test]
fn what_is_on_its_way_arrives_before_the_service_ends() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    place.raise("s", 1);
    let ((sent, told), (release, released)) = (mpsc::channel(), mpsc::channel());
    let transport = Fake { sent: Mutex::new(sent), slow: "s", release: Mutex::new(released) };
    let delivery = Delivery::start(scanner, Arc::new(transport)).unwrap();
    told.recv_timeout(DEADLINE).unwrap();
    release.send(()).unwrap();
    drop(delivery);
    assert_eq!(place.states("s"), "d1");
}

#[test]
fn a_webhook_keeps_its_secret_or_gets_one() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    let ((sent, _told), (_release, released)) = (mpsc::channel(), mpsc::channel());
    let transport = Fake { sent: Mutex::new(sent), slow: "", release: Mutex::new(released) };
    let delivery = Delivery::start(scanner, Arc::new(transport)).unwrap();
    let subscribe = |secret: &str| {
        let target = Target::Webhook { url: "https://a.example".to_owned(), secret: secret.to_owned() };
        let filter = NoticeFilter::default();
        let spec = SubscriptionSpec { target, filter, period: None, enabled: false };
        let made = delivery.subscribe("s", spec).unwrap();
        let Target::Webhook { secret, .. } = made.subscription.spec.target else {
            panic!("of no other kind")
        };
        (secret, made.secret)
    };
    let (first, shown) = subscribe("");
    assert_eq!(shown, Some(first.clone()));
    assert_eq!(subscribe(""), (first, None));
    assert_eq!(subscribe("whsec_mine"), ("whsec_mine".to_owned(), None));
    assert_eq!(subscribe(""), ("whsec_mine".to_owned(), None));
}

#[test]
fn what_the_thread_that_posts_has_left_whoever_ingests_posts() {
    let place = Place::new();
    let (scanner, _scratch) = place.scanner();
    place.subscribe("s", None);
    let mut batch = Batch::default();
    let receiver = Receiver { name: "s".to_owned(), created: 0, unposted: 1 };
    let stage = Stage::Posting { next: 0 };
    batch
        .put::<Announcements>(&1, &announcements::Row { at: place.now(), stage, receivers: vec![receiver] })
        .unwrap();
    let change = announced::Row {
        image: Digest::of(b"image"),
        vulnerability: "CVE-2026-0001".to_owned(),
        affected: None,
        receivers: vec![0],
        body: b"{}".to_vec(),
        undecided: Vec::new(),
    };
    batch.put::<Announced>(&announced::Key { announcement: 1, place: 0 }, &change).unwrap();
    place.store.commit(batch).unwrap();

    let poster = &scanner.deliveries().poster;
    poster.begin();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while let Some(wanted) = poster.next(Duration::from_secs(600)) {
                poster.posted(wanted);
            }
        });
        scanner.notifying().post_now();
        poster.end();
    });
    assert_eq!(place.states("s"), "p0");
}
