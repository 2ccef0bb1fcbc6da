//! Whether pods are admitted: many clients that ask about one image, whose report has 2,714 findings, beside a thread
//! that answers each request with the same bytes from memory.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;

use super::Setting;
use super::client::{Client, Memory};
use super::measurement::{Bar, Measurement};
use super::reports;
use crate::api::Api;
use crate::service::{Interrupts, Service};

/// Those who ask at once, as the servers of a cluster do, and how often each asks.
const CLIENTS: usize = 4;
const EACH: usize = 5_000;

const PATH: &str = "/v1/admission";

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: {CLIENTS} clients that ask whether a pod may run");
    let folder = setting.fresh("admission")?;
    let limpid = setting.limpid.with_plugins(setting.limpid.plugins().to_owned());
    let image = reports::fill(&limpid, &folder)?;
    let service = Service::start(&limpid, &folder, &Interrupts::default())?;
    let mut client = Client::of(service.address())?;
    reports::tagged(&mut client, &format!("/v1/images/{image}/report"))?;
    let policy =
        b"fail_on = [\"critical,fixable\"]\n[[suppress]]\npackages = [\"none\"]\nreason = \"none\"\n";
    let (status, _) = Api::new(service.address()).send("PUT", "/v1/policies/bench", policy)?;
    ensure!(status == 200, "the policy was answered with {status}");
    let review = review(&format!("registry.example/shop/web@{image}"));

    let started = Instant::now();
    let answer = client.post(PATH, review.as_bytes())?;
    let first = Measurement::of_times("review of a pod, the first of an image", &[started.elapsed()]);
    ensure!(answer.status == 200, "a review was answered with {}", answer.status);
    let memory = Memory::serve(answer.body)?;
    let mut floor = Client::of(memory.address())?;
    let floor = times(&mut floor, &review, EACH)?;

    let started = Instant::now();
    let all = thread::scope(|scope| {
        let ask = || times(&mut Client::of(service.address())?, &review, EACH);
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        let mut all = Vec::new();
        for client in clients {
            all.extend(client.join().map_err(|_| anyhow::anyhow!("a client has panicked"))??);
        }
        anyhow::Ok(all)
    })?;
    let count = f64::from(u32::try_from(all.len())?);
    let rate = Measurement::new(
        format!("reviews of pods, {CLIENTS} clients at once"),
        "/s",
        vec![count / started.elapsed().as_secs_f64()],
    );
    let (all, floor) =
        (Measurement::of_times("review of a pod", &all), Measurement::of_times("floor", &floor));
    let last = Measurement::new("review of a pod, 99 in 100 are faster", "ms", vec![all.quantile(99)]);
    let last = last.beside(&Measurement::new("floor", "ms", vec![floor.quantile(99)]));
    Ok(vec![first, all.beside(&floor), last.with_bar(Bar::Below(10.0)), rate.with_bar(Bar::AtLeast(2_000.0))])
}

fn times(client: &mut Client, review: &str, count: usize) -> anyhow::Result<Vec<Duration>> {
    reports::times(count, || client.post(PATH, review.as_bytes()))
}

fn review(image: &str) -> String {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": { "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "operation": "CREATE",
            "object": { "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "web" },
                "spec": { "containers": [{ "name": "web", "image": image }] } } },
    })
    .to_string()
}
