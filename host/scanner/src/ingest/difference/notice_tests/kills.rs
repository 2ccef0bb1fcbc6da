//! Wherever a process ends while it announces and posts, the next one has no notice less, none more and each under the
//! identifier that it had.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use limpid_model::{Notice, NoticeState, SubscriptionSpec};
use limpid_store::tables::announced::Announced;
use limpid_store::tables::announcements::{Announcements, Stage};
use limpid_store::tables::raised::Raised;
use limpid_store::tables::references::References;

use super::*;
use crate::Clock;

const WINDOW: u64 = 1_000;
const SUBSCRIPTIONS: [&str; 3] = ["off", "s", "t"];

/// What is done, one after the other.
enum Work {
    Ingest(Document),
    /// So many milliseconds pass, and what was deferred is looked at.
    Pass(u64),
    /// A subscription makes room for another one of the same name.
    Replace(&'static str),
}

/// A store, and the process that has it.
struct Process {
    store: Store,
    clock: Arc<AtomicU64>,
    world: World,
}

impl Process {
    fn new() -> Self {
        let (store, clock) = (Store::in_memory(), Arc::new(AtomicU64::new(1_000_000)));
        let states = |version| Layer {
            steps: vec![Step::States(vec![(0, version, true), (1, version, true)]), Step::Leaves],
            owns: None,
        };
        let layers = [states(1), Layer { steps: vec![Step::Leaves; 2], owns: None }];
        let images: Vec<Vec<usize>> = (0..5).map(|_| vec![0, 1]).collect();
        let world = World::of(scanner(&store, &clock), &layers, &images);
        let process = Self { store, clock, world };
        process.subscribe("t", true);
        process.subscribe("off", false);
        process
    }

    fn subscribe(&self, name: &str, enabled: bool) {
        let spec = SubscriptionSpec { enabled, ..subscription(name, None).spec };
        self.world.scanner.put_subscription(name, spec).unwrap();
    }

    /// Another process goes on with the store.
    fn restart(&mut self) {
        (self.world.scanner, self.world._scratch) = scanner(&self.store, &self.clock);
        // What keys there are is no matter of notices.
        self.world.commit(order_all);
        self.world.scanner.notifying().post_now();
    }

    /// Does it all, in a process that is killed after so many commits and another one. Returns whether the first one
    /// was killed.
    fn work(&mut self, commits: u64, all: &[Work], expected: &[Vec<Notice>]) -> bool {
        self.world.scanner.writers().commits_left.store(commits, Ordering::Relaxed);
        let mut is_killed = false;
        for (work, revision) in all.iter().zip(1..) {
            if let Work::Pass(time) = work {
                self.clock.fetch_add(*time, Ordering::SeqCst);
            }
            let done = self.work_once(work, revision);
            if !is_killed && self.world.scanner.writers().commits_left.load(Ordering::Relaxed) == 0 {
                is_killed = true;
                for (found, expected) in self.notices().iter().zip(expected) {
                    assert!(
                        expected.starts_with(found),
                        "what may have been sent is not what comes: {found:#?}"
                    );
                }
                self.restart();
                if done.is_err() {
                    self.work_once(work, revision).unwrap();
                }
            } else {
                done.unwrap();
            }
            self.check();
        }
        is_killed
    }

    fn work_once(&self, work: &Work, revision: u64) -> Result<(), Error> {
        match work {
            Work::Ingest(document) => self.world.ingest(document, revision),
            Work::Pass(_) => self.world.scanner.post_deferred(),
            Work::Replace(name) => {
                match self.world.scanner.remove_subscription(name) {
                    Ok(()) | Err(Error::NoSubscription(_)) => {}
                    Err(error) => return Err(error),
                }
                let spec = subscription(name, None).spec;
                self.world.scanner.put_subscription(name, spec).map(|_| ())
            }
        }
    }

    /// All notices of each subscription, in their order.
    fn notices(&self) -> Vec<Vec<Notice>> {
        let all = |name| self.world.scanner.notices(Some(name), None, None, usize::MAX);
        // One that is being replaced has none.
        SUBSCRIPTIONS.map(|name| all(name).map(|page| page.items).unwrap_or_default()).to_vec()
    }

    /// Each change is there as long as something refers to it, and what waits is counted.
    fn check(&self) {
        let view = self.store.view();
        let mut expected: BTreeMap<_, u64> = BTreeMap::new();
        let outbox = view.scan::<Outbox>(|_| ()).filter_map(|row| row.unwrap().1.body.announced());
        let deferred = view.scan::<Raised>(|_| ()).filter_map(|row| row.unwrap().1.deferred.announced());
        outbox.chain(deferred).for_each(|key| *expected.entry(key).or_default() += 1);
        let counts = view.scan::<References>(|_| ()).map(|row| row.unwrap());
        assert_eq!(counts.map(|(key, row)| (key, row.count)).collect::<BTreeMap<_, _>>(), expected);
        let changes: Vec<_> = view.keys::<Announced>(|_| ()).map(|key| key.unwrap()).collect();
        assert_eq!(changes, expected.into_keys().collect::<Vec<_>>());
        let stages = view.scan::<Announcements>(|_| ()).map(|row| row.unwrap().1.stage);
        assert!(stages.into_iter().all(|stage| stage == Stage::Posted));
        for state in self.world.scanner.subscription_states().unwrap() {
            let name = Some(state.subscription.name.as_str());
            let pending = Some(NoticeState::Pending);
            let notices = self.world.scanner.notices(name, pending, None, usize::MAX).unwrap().items;
            assert_eq!(state.pending, notices.len() as u64, "{name:?}");
        }
    }
}

fn scanner(store: &Store, clock: &Arc<AtomicU64>) -> (Scanner, tempfile::TempDir) {
    let clock = Arc::clone(clock);
    scanner_with(store.clone(), |settings| {
        settings.clock = Clock::new(move || clock.load(Ordering::SeqCst));
        settings.flap_window = WINDOW;
    })
}

/// A document that says of packages that they are affected, by vulnerability.
fn affects(all: &[(usize, &[usize])]) -> Document {
    let affects = |names: &[usize]| names.iter().map(|&name| (name, 0, None, true)).collect();
    let advisory = |&(vulnerability, names): &(usize, &[usize])| AboutVulnerability {
        vulnerability,
        is_alias: false,
        word: None,
        affects: affects(names),
    };
    Document::Advisories(0, all.iter().map(advisory).collect())
}

#[test]
fn no_notice_is_lost_and_none_has_two_identifiers_wherever_the_process_ends() {
    let work = [
        // What a feed states first is news to nobody.
        Work::Ingest(affects(&[(0, &[0])])),
        Work::Ingest(Document::Exploited([1].into())),
        Work::Ingest(affects(&[(0, &[0]), (1, &[1])])),
        // What was told is not so any more: that is deferred, and cancelled again in part.
        Work::Ingest(affects(&[(2, &[0])])),
        Work::Ingest(affects(&[(0, &[0]), (2, &[0])])),
        Work::Pass(WINDOW),
        Work::Replace("t"),
        Work::Ingest(Document::Exploited([0, 1].into())),
        Work::Ingest(affects(&[(1, &[0])])),
        Work::Pass(2 * WINDOW),
    ];
    let mut undisturbed = Process::new();
    assert!(!undisturbed.work(u64::MAX, &work, &[]));
    let expected = undisturbed.notices();
    assert_eq!(expected.iter().map(Vec::len).collect::<Vec<_>>(), [45, 45, 20]);
    let mut kills = 0;
    // What was sent of a subscription that is replaced is gone with it.
    let sent = &expected[..2];
    while Process::new().work_to_the_end(kills, &work, sent, &expected) {
        kills += 1;
    }
    assert!(kills > 60, "{kills}");
    for name in SUBSCRIPTIONS {
        undisturbed.world.scanner.remove_subscription(name).unwrap();
    }
    undisturbed.clock.fetch_add(WINDOW, Ordering::SeqCst);
    undisturbed.world.scanner.post_deferred().unwrap();
    assert_eq!(undisturbed.store.view().keys::<Announced>(|_| ()).count(), 0);
    assert_eq!(undisturbed.store.view().keys::<Raised>(|_| ()).count(), 0);
}

impl Process {
    fn work_to_the_end(
        mut self,
        commits: u64,
        work: &[Work],
        sent: &[Vec<Notice>],
        expected: &[Vec<Notice>],
    ) -> bool {
        let is_killed = self.work(commits, work, sent);
        assert_eq!(self.notices(), expected, "killed after {commits} commits");
        is_killed
    }
}
