use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use serde_json::Value;

use super::Summary;
use super::client::{Client, list, text};
use super::receiver::{Recorded, lock};
use super::steps::{Step, revisions};

/// The subscription that is told of changes.
pub(super) const TOLD: &str = "told";

/// What the service has acknowledged, whichever of its processes.
pub(super) struct Ledger {
    kept: Mutex<Kept>,
    recorded: Recorded,
}

#[derive(Default)]
struct Kept {
    /// The last document.
    step: u64,
    /// Submissions that are not known to have ended: job, and image.
    jobs: BTreeMap<String, String>,
    /// Numbers of images that are known.
    images: BTreeSet<u64>,
    /// Subscriptions by name, and their periods; none of one that was removed. What nobody has
    /// answered is not here, for it may be so or not.
    subscriptions: BTreeMap<String, Option<u64>>,
    /// The last notice that was seen to be delivered.
    last_notice: Option<String>,
    summary: Summary,
}

impl Ledger {
    pub(super) fn new(recorded: Recorded) -> Self {
        Self { kept: Mutex::default(), recorded }
    }

    pub(super) fn summary(&self) -> Summary {
        lock(&self.kept).summary.clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Summary)) {
        change(&mut lock(&self.kept).summary);
    }

    /// Something is not as it should be.
    pub(super) fn differs(&self, what: impl Into<String>) {
        self.change(|summary| summary.differences.push(what.into()));
    }

    /// The number of the last document that was acknowledged.
    pub(super) fn step(&self) -> u64 {
        lock(&self.kept).step
    }

    pub(super) fn images(&self) -> BTreeSet<u64> {
        lock(&self.kept).images.clone()
    }

    pub(super) fn took_in(&self, step: u64) {
        let mut kept = lock(&self.kept);
        kept.step = step;
        kept.summary.documents += 1;
    }

    pub(super) fn submitted(&self, job: &str, number: u64, image: &str) {
        let mut kept = lock(&self.kept);
        kept.jobs.insert(job.to_owned(), image.to_owned());
        kept.images.insert(number);
        kept.summary.submissions += 1;
    }

    /// A subscription is about to be changed.
    pub(super) fn is_unsure_of(&self, subscription: &str) {
        lock(&self.kept).subscriptions.remove(subscription);
    }

    pub(super) fn subscribed(&self, subscription: &str, period: Option<u64>) {
        let mut kept = lock(&self.kept);
        kept.subscriptions.insert(subscription.to_owned(), period);
        kept.summary.subscriptions += 1;
    }

    /// Whether a job has ended as it should. What is wrong with it is noted.
    pub(super) fn check_job(&self, id: &str, job: &Value) -> bool {
        let Some(image) = lock(&self.kept).jobs.get(id).cloned() else { return true };
        let state = text(job, "state");
        if state == "waiting" {
            self.change(|summary| summary.waited += 1);
        }
        let is_done = state == "done";
        if is_done && list(job, "images") != [Value::from(image)] || !is_done && state == "failed" {
            self.differs(format!("submission {id} ends as {job}"));
        }
        if is_done || state == "failed" {
            lock(&self.kept).jobs.remove(id);
        }
        is_done
    }

    /// Jobs that are not known to have ended.
    pub(super) fn jobs(&self) -> Vec<String> {
        lock(&self.kept).jobs.keys().cloned().collect()
    }

    /// Sees which notices the service says are delivered, from the last that were on.
    pub(super) fn see_delivered(&self, client: &Client) -> anyhow::Result<()> {
        let after = lock(&self.kept).last_notice.clone();
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let path = format!("/v1/notices?subscription={TOLD}&state=delivered&limit=1000{after}");
        let page = client.get(&path)?.ok()?;
        for notice in list(&page, "notices") {
            lock(&self.recorded).insert(text(notice, "id").to_owned());
            // Notices of a subscription are delivered in their order.
            lock(&self.kept).last_notice = Some(format!("{TOLD}/{}", notice["number"]));
        }
        Ok(())
    }

    /// What a process has logged must not be what only bugs make it log.
    pub(super) fn note_log(&self, log: &str) {
        let is_bug = |line: &&str| {
            let is_full = line.contains("No space left on device") || line.contains("is full");
            line.contains("panicked") || line.contains(" ERROR ") && !is_full
        };
        for line in log.lines().filter(is_bug) {
            self.differs(format!("it is logged: {line}"));
        }
    }

    /// Holds what a process has found against what those before it have acknowledged.
    pub(super) fn check_what_is_kept(&self, client: &Client) -> anyhow::Result<()> {
        self.check_feeds(&client.get("/v1/feeds")?.ok()?);
        self.check_subscriptions(&client.get("/v1/subscriptions")?.ok()?);
        for id in self.jobs() {
            let answer = client.get(&format!("/v1/jobs/{id}"))?;
            if answer.status == 200 {
                self.check_job(&id, &answer.body);
            } else {
                self.differs(format!("submission {id} was acknowledged, and is not known"));
                lock(&self.kept).jobs.remove(&id);
            }
        }
        Ok(())
    }

    /// Each feed has what was acknowledged, and at most what was sent and not answered as well.
    fn check_feeds(&self, feeds: &Value) {
        let step = self.step();
        let sent = Step::of(step + 1);
        for (name, acknowledged) in revisions(step) {
            let feed = list(feeds, "feeds").iter().find(|feed| text(feed, "name") == name);
            let found = feed.and_then(|feed| feed["revision"].as_u64()).unwrap_or(0);
            let most = if sent.feed == name { sent.revision } else { acknowledged };
            if !(acknowledged..=most).contains(&found) {
                self.differs(format!(
                    "feed `{name}` has revision {found}, and {acknowledged} was acknowledged"
                ));
            }
        }
    }

    fn check_subscriptions(&self, found: &Value) {
        let known = lock(&self.kept).subscriptions.clone();
        for (name, period) in known {
            let found = list(found, "subscriptions").iter().find(|found| text(found, "name") == name);
            let found = found.map(|found| found["period"].as_u64());
            if found != period.map(Some) {
                self.differs(format!("subscription `{name}` is {found:?}, and {period:?} was acknowledged"));
            }
        }
    }
}
