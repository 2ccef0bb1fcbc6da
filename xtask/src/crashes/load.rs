//! The clients of one process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::client::{Client, text};
use super::ledger::{Ledger, TOLD};
use super::process::Process;
use super::receiver::Receiver;
use super::steps::{Sample, Step, archive};

/// Submissions for whose end nobody waits.
const UNATTENDED: usize = 3;

/// Subscriptions that come and go.
const SUBSCRIPTIONS: u64 = 6;

/// What lies between two looks at something.
const PAUSE: Duration = Duration::from_millis(5);

/// Clients that go on until their process does not answer any more.
pub(super) struct Load<'a> {
    client: Client,
    ledger: &'a Ledger,
    sample: &'a Sample,
    receiver: &'a Receiver,
    seed: u64,
    stop: AtomicBool,
}

impl<'a> Load<'a> {
    pub(super) fn new(
        process: &Process,
        ledger: &'a Ledger,
        sample: &'a Sample,
        receiver: &'a Receiver,
        seed: u64,
    ) -> Self {
        let (client, stop) = (Client::of(process), AtomicBool::new(false));
        Self { client, ledger, sample, receiver, seed, stop }
    }

    /// What is there before anything is killed: images, a document of each feed, and whom to tell.
    pub(super) fn set_up(client: &Client, sample: &Sample, receiver: &Receiver) -> anyhow::Result<()> {
        for image in sample.bases() {
            client.index(&archive(&image)?)?;
        }
        for (feed, document) in sample.first() {
            client.hand_in(feed, &document)?.ok()?;
        }
        let wanted = subscription(receiver, "base/*", None);
        client.put(&format!("/v1/subscriptions/{TOLD}"), &wanted)?.ok()?;
        Ok(())
    }

    /// Runs the clients while something goes on that ends their process.
    pub(super) fn during<T>(&self, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        thread::scope(|scope| {
            let clients: [fn(&Self) -> anyhow::Result<()>; 6] = [
                Self::ingest_document,
                Self::submit_and_wait,
                Self::submit_and_go_on,
                Self::subscribe,
                Self::see_delivered,
                Self::read,
            ];
            for client in clients {
                // That a process does not answer any more ends its clients.
                scope.spawn(move || client(self));
            }
            let done = work();
            self.stop.store(true, Ordering::Relaxed);
            done
        })
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Whether a request was refused for lack of room, which acknowledges nothing.
    fn is_refused(&self, status: u16) -> bool {
        let refused = status == 503;
        if refused {
            self.ledger.change(|summary| summary.refused += 1);
            thread::sleep(PAUSE);
        }
        refused
    }

    fn wrong(&self, what: &str, status: u16, body: &Value) -> anyhow::Result<()> {
        self.ledger.differs(format!("{what} is answered with {status}: {body}"));
        bail!("{what}");
    }

    /// Hands in one document after the other. The one that nobody has answered is the first.
    fn ingest_document(&self) -> anyhow::Result<()> {
        while self.goes_on() {
            ingest_next(&self.client, self.ledger, self.sample)?;
        }
        Ok(())
    }

    fn submit(&self, random: &mut fastrand::Rng) -> anyhow::Result<String> {
        let number = random.u64(..1_000);
        let image = Sample::later(number);
        let mut answer = self.client.submit(&archive(&image)?)?;
        while self.goes_on() && self.is_refused(answer.status) {
            answer = self.client.submit(&archive(&image)?)?;
        }
        if answer.status != 202 {
            self.wrong("a submission", answer.status, &answer.body)?;
        }
        let id = text(&answer.body, "id").to_owned();
        self.ledger.submitted(&id, number, &image.id()?);
        Ok(id)
    }

    fn submit_and_wait(&self) -> anyhow::Result<()> {
        let mut random = fastrand::Rng::with_seed(self.seed);
        while self.goes_on() {
            let id = self.submit(&mut random)?;
            while self.goes_on() {
                let job = self.client.get(&format!("/v1/jobs/{id}"))?.ok()?;
                if self.ledger.check_job(&id, &job) {
                    break;
                }
                thread::sleep(PAUSE);
            }
        }
        Ok(())
    }

    fn submit_and_go_on(&self) -> anyhow::Result<()> {
        let mut random = fastrand::Rng::with_seed(!self.seed);
        for _ in 0..UNATTENDED {
            self.submit(&mut random)?;
        }
        Ok(())
    }

    fn subscribe(&self) -> anyhow::Result<()> {
        let mut random = fastrand::Rng::with_seed(self.seed);
        while self.goes_on() {
            let name = format!("other-{}", random.u64(..SUBSCRIPTIONS));
            let path = format!("/v1/subscriptions/{name}");
            self.ledger.is_unsure_of(&name);
            if random.u8(..3) == 0 {
                let answer = self.client.delete(&path)?;
                if self.is_refused(answer.status) {
                    continue;
                }
                if !matches!(answer.status, 204 | 404) {
                    self.wrong("the end of a subscription", answer.status, &answer.body)?;
                }
                self.ledger.subscribed(&name, None);
            } else {
                let period = random.u64(1..10_000);
                let answer = self.client.put(&path, &subscription(self.receiver, "none/*", Some(period)))?;
                if self.is_refused(answer.status) {
                    continue;
                }
                if answer.status != 200 {
                    self.wrong("a subscription", answer.status, &answer.body)?;
                }
                self.ledger.subscribed(&name, Some(period));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn see_delivered(&self) -> anyhow::Result<()> {
        while self.goes_on() {
            self.ledger.see_delivered(&self.client)?;
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn read(&self) -> anyhow::Result<()> {
        let image = self.sample.bases().next().context("there is no image")?.id()?;
        while self.goes_on() {
            let answer = self.client.get(&format!("/v1/images/{image}/report"))?;
            if answer.status != 200 {
                self.wrong("a report", answer.status, &answer.body)?;
            }
            self.ledger.change(|summary| summary.reports += 1);
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

/// Hands in the document after the last one that was acknowledged.
pub(super) fn ingest_next(client: &Client, ledger: &Ledger, sample: &Sample) -> anyhow::Result<()> {
    let number = ledger.step() + 1;
    let step = Step::of(number);
    let mut answer = client.hand_in(step.feed, &step.document(sample))?;
    while answer.status == 503 {
        ledger.change(|summary| summary.refused += 1);
        thread::sleep(PAUSE);
        answer = client.hand_in(step.feed, &step.document(sample))?;
    }
    if answer.status != 200 || answer.body.get("revision").and_then(Value::as_u64) != Some(step.revision) {
        ledger.differs(format!(
            "document {number}, {step:?}, is answered with {}: {}",
            answer.status, answer.body
        ));
        bail!("document {number} is not ingested");
    }
    ledger.took_in(number);
    Ok(())
}

/// A subscription to what affects images of a name.
pub(super) fn subscription(receiver: &Receiver, names: &str, period: Option<u64>) -> Value {
    let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    json!({
        "webhook": { "url": receiver.url(), "secret": secret },
        "filter": { "names": [names] },
        "period": period,
    })
}
