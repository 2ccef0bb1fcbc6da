use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::bail;
use serde_json::Value;
use xtask::sample::{Compression, Layer, debian};

use crate::api::Api;
use crate::service::Service;
use crate::verify::debian::{array, word};

/// An image, and what its report holds while no plugin changes.
pub(super) struct Expected {
    pub(super) id: String,
    findings: BTreeSet<String>,
}

/// Asks for reports, and every other one submits an image of its own, until it is told to stop.
pub(super) struct Client<'a> {
    api: Api,
    number: usize,
    shared: &'a [Expected],
    stop: &'a AtomicBool,
}

/// What clients saw.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) reports: usize,
    submissions: usize,
    layers_read: u64,
    /// Reports that stated that a refresh is under way.
    refreshing: usize,
    /// Of those, reports that had other findings than when nothing changes.
    other: usize,
    pub(super) differences: Vec<String>,
}

impl Expected {
    pub(super) fn of(id: String, report: &Value) -> Self {
        Self { id, findings: findings(report) }
    }
}

impl<'a> Client<'a> {
    pub(super) fn new(
        service: &Service,
        number: usize,
        shared: &'a [Expected],
        stop: &'a AtomicBool,
    ) -> Self {
        Self { api: Api::new(service.address()), number, shared, stop }
    }

    pub(super) fn run(&self) -> Seen {
        let mut seen = Seen::default();
        while !self.stop.load(Ordering::Relaxed) {
            let done =
                if self.number.is_multiple_of(2) { self.read(&mut seen) } else { self.submit(&mut seen) };
            if let Err(why) = done {
                seen.differences.push(format!("client {}: {why:#}", self.number));
                // What it does next would rest on what it could not do.
                break;
            }
        }
        seen
    }

    fn read(&self, seen: &mut Seen) -> anyhow::Result<()> {
        for image in self.shared {
            seen.check(&self.report(&image.id)?, &image.findings);
        }
        Ok(())
    }

    /// Submits an image with a layer that no other has, reads its report and deletes it.
    fn submit(&self, seen: &mut Seen) -> anyhow::Result<()> {
        let Some(expected) = self.shared.first() else { return Ok(()) };
        let image = debian().with(own_layer(self.number));
        let id = image.id()?;
        let (status, job) = self.api.send("POST", "/v1/images", &image.docker_archive(Compression::Gzip)?)?;
        let job: Value = serde_json::from_slice(&job)?;
        if status != 200 || word(&job, "/state") != "done" {
            bail!("a submission was answered with {status}: {job}");
        }
        seen.submissions += 1;
        seen.layers_read += job.get("layers_read").and_then(Value::as_u64).unwrap_or_default();
        seen.check(&self.report(&id)?, &expected.findings);
        let (status, answer) = self.api.send("DELETE", &format!("/v1/images/{id}"), &[])?;
        if status != 204 {
            bail!("a deletion was answered with {status}: {}", String::from_utf8_lossy(&answer));
        }
        Ok(())
    }

    fn report(&self, id: &str) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&self.api.get(&format!("/v1/images/{id}/report"))?)?)
    }
}

impl Seen {
    /// Takes a report into account, which may be of any moment.
    fn check(&mut self, report: &Value, expected: &BTreeSet<String>) {
        self.reports += 1;
        self.check_plugins(report);
        let refreshing = is_refreshing(report);
        let other = findings(report) != *expected;
        self.refreshing += usize::from(refreshing);
        self.other += usize::from(refreshing && other);
        if other && !refreshing && !has_gap(report, "not-examined") {
            let gaps: Vec<&str> = codes(report).collect();
            self.differences.push(format!("a report has other findings, and says only {gaps:?}"));
        }
    }

    /// No two versions of one plugin, and so no name twice.
    fn check_plugins(&mut self, report: &Value) {
        let mut digests: BTreeMap<&str, &str> = BTreeMap::new();
        for plugin in array(report, "/plugins") {
            let (name, digest) = (word(plugin, "/name"), word(plugin, "/digest"));
            if let Some(other) = digests.insert(name, digest) {
                self.differences.push(format!("a report rests on `{name}` as {other} and as {digest}"));
            }
        }
        if digests.is_empty() {
            self.differences.push("a report rests on no plugin".to_owned());
        }
    }

    /// The same of a report after the last swap, which rests on what runs.
    pub(super) fn check_settled(
        &mut self,
        report: &Value,
        expected: &Expected,
        running: &BTreeMap<String, String>,
    ) {
        self.check(report, &expected.findings);
        for plugin in array(report, "/plugins") {
            let (name, digest) = (word(plugin, "/name"), word(plugin, "/digest"));
            if running.get(name).is_some_and(|running| running != digest) {
                self.differences.push(format!("in the end a report rests on {digest} of `{name}`"));
            }
        }
    }

    /// What two clients saw.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.reports += other.reports;
        self.submissions += other.submissions;
        self.layers_read += other.layers_read;
        self.refreshing += other.refreshing;
        self.other += other.other;
        self.differences.extend(other.differences);
        self
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reports, submissions, layers_read, refreshing, other, .. } = self;
        write!(f, "{reports} reports, {refreshing} during a refresh, {other} of them with other findings; ")?;
        write!(f, "{submissions} submissions, {layers_read} layers read")
    }
}

/// A layer that states something, and that only one client submits.
fn own_layer(client: usize) -> Layer {
    Layer::new("COPY own /srv/")
        .file("srv/own", client.to_string())
        .file(format!("var/lib/dpkg/info/own-{client}.list"), "/.\n/srv\n/srv/own\n")
}

/// Whether a report says that what it rests on is about to change.
pub(super) fn is_refreshing(report: &Value) -> bool {
    has_gap(report, "refresh-under-way")
}

fn has_gap(report: &Value, code: &str) -> bool {
    codes(report).any(|it| it == code)
}

fn codes(report: &Value) -> impl Iterator<Item = &str> {
    array(report, "/coverage/gaps").iter().map(|gap| word(gap, "/code"))
}

fn findings(report: &Value) -> BTreeSet<String> {
    let finding = |it: &Value| {
        let word = |place| word(it, place);
        let package = format!("{} {}", word("/package/name"), word("/package/version"));
        format!("{} {package} {}", word("/vulnerability"), word("/status"))
    };
    array(report, "/findings").iter().map(finding).collect()
}
