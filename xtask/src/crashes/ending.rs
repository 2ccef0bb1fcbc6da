//! When nobody kills any more: what is there in the end.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::Value;

use super::client::{Client, list, text};
use super::ledger::{Ledger, TOLD};
use super::load::{Load, ingest_next};
use super::receiver::Receiver;
use super::steps::{Sample, Step, archive};

/// How long what is left to do may take.
const LONGEST: Duration = Duration::from_secs(600);

/// What lies between two looks at something.
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until all that was acknowledged is done.
pub(super) fn settle(client: &Client, ledger: &Ledger, data: &Path) -> anyhow::Result<()> {
    // The one of which nobody knows whether it is in is in now.
    ingest_next(client, ledger, &Sample::new()?)?;
    until("submissions are done", || {
        for id in ledger.jobs() {
            ledger.check_job(&id, &client.get(&format!("/v1/jobs/{id}"))?.ok()?);
        }
        Ok(ledger.jobs().is_empty())
    })?;
    // A job is done before what it was made from is removed, which stands behind all else on the processors.
    until("archives of submissions are removed", || Ok(submitted(data)? == 0))?;
    until("it is ready again", || Ok(client.get("/readyz")?.status == 200))?;
    until("notices are delivered", || {
        let told = client.get(&format!("/v1/subscriptions/{TOLD}"))?.ok()?;
        Ok(told.get("pending").is_some_and(|pending| pending == 0))
    })
}

/// How many archives of submissions are there.
fn submitted(data: &Path) -> anyhow::Result<usize> {
    Ok(std::fs::read_dir(data.join("scratch/submitted"))?.count())
}

/// Holds what is there against what was acknowledged.
pub(super) fn check(
    client: &Client,
    ledger: &Ledger,
    receiver: &Receiver,
    data: &Path,
) -> anyhow::Result<()> {
    for notice in notices(client)? {
        let (id, state) = (text(&notice, "id"), text(&notice, "state"));
        if state != "delivered" || !receiver.has_acknowledged(id) {
            ledger.differs(format!("notice `{id}` is `{state}`, and the receiver did not acknowledge it"));
        }
    }
    let left = submitted(data)?;
    if left > 0 {
        ledger.differs(format!("{left} archives of submissions are left in `{}`", data.display()));
    }
    Ok(())
}

/// Holds what is there against what a service has that was given the same and never disturbed.
pub(super) fn compare(
    client: &Client,
    undisturbed: &Client,
    ledger: &Ledger,
    sample: &Sample,
) -> anyhow::Result<()> {
    let receiver = Receiver::start(fastrand::Rng::with_seed(0))?;
    Load::set_up(undisturbed, sample, &receiver)?;
    for number in 1..=ledger.step() {
        let step = Step::of(number);
        undisturbed.hand_in(step.feed, &step.document(sample))?.ok()?;
    }
    let (found, expected) = (notices(client)?, notices(undisturbed)?);
    if found.is_empty() {
        ledger.differs("there are no notices, so that nothing is shown of them");
    }
    let meaning = |notices: Vec<Value>| notices.iter().map(meaning).collect::<Vec<_>>();
    let (found, expected) = (meaning(found), meaning(expected));
    if let Some(place) = (0..found.len().max(expected.len())).find(|at| found.get(*at) != expected.get(*at)) {
        let (found, expected) = (found.get(place), expected.get(place));
        ledger.differs(format!("notice {place} is {found:?}, and without kills {expected:?}"));
    }
    let mut images: Vec<_> = sample.bases().collect();
    images.extend(ledger.images().into_iter().map(Sample::later));
    for image in images {
        undisturbed.index(&archive(&image)?)?;
        let path = format!("/v1/images/{}/report", image.id()?);
        let (found, expected) = (report(client, &path)?, report(undisturbed, &path)?);
        if found != expected {
            ledger.differs(format!("the report of `{}` is another one than without kills", image.name()));
        }
        if list(&expected, "findings").is_empty() {
            ledger.differs(format!("nothing affects `{}`, so that its report shows nothing", image.name()));
        }
    }
    Ok(())
}

fn report(client: &Client, path: &str) -> anyhow::Result<Value> {
    let mut report = client.get(path)?.ok()?;
    without_times(&mut report);
    Ok(report)
}

/// Takes away when things were done.
fn without_times(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_times),
        Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "ingested" | "indexed_at"));
            fields.values_mut().for_each(without_times);
        }
        _ => {}
    }
}

/// All notices, in their order.
fn notices(client: &Client) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page = client.get(&format!("/v1/notices?subscription={TOLD}&limit=1000{after}"))?.ok()?;
        all.extend_from_slice(list(&page, "notices"));
        match page.get("next").and_then(Value::as_str) {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(all),
        }
    }
}

/// What a notice says, whenever it was raised.
fn meaning(notice: &Value) -> String {
    let parts = ["type", "data/image/digest", "data/vulnerability", "data/cause"];
    let part = |part: &str| notice.pointer(&format!("/payload/{part}")).cloned().unwrap_or_default();
    parts.map(|name| part(name).to_string()).join(" ")
}

fn until(what: &str, mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let started = Instant::now();
    while !is_so()? {
        if started.elapsed() > LONGEST {
            bail!("not within {LONGEST:?}: {what}");
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}
