//! The pages that a person looks at, of a service over the inventory: how long they take, and how large they are.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::super::Setting;
use super::super::client::Client;
use super::super::measurement::{Bar, Measurement};
use super::PAGE_MS;
use crate::service::{Interrupts, Service};

/// How large a page may be before it is compressed.
const PAGE_KIB: f64 = 100.0;

/// Addresses of each view, and pages that follow each.
const ADDRESSES: usize = 12;
const FOLLOWING: usize = 3;

/// Begins the link to the page that follows.
const NEXT: &str = "<a rel=\"next\" id=\"page-next\" href=\"";

/// A view, and where it is looked at.
struct View {
    name: &'static str,
    addresses: Vec<String>,
}

pub(super) fn measure(
    setting: &Setting,
    (store, folder): (&Path, &Path),
    vulnerabilities: &[&str],
    of: impl Fn(&str) -> String,
) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: pages of a service over them");
    fs::create_dir_all(folder)?;
    fs::rename(store, folder.join("data"))?;
    let mut service = Service::start(&setting.limpid, folder, &Interrupts::default())?;
    let mut client = Client::of(service.address())?;
    let mut measurements = Vec::new();
    let mut largest = 0;
    for view in views(&mut client, vulnerabilities)? {
        let mut times = Vec::new();
        for address in &view.addresses {
            let mut next = Some(address.clone());
            for _ in 0..=FOLLOWING {
                let Some(address) = next.take() else { break };
                let started = Instant::now();
                let answer = client.get(&address, None)?;
                times.push(started.elapsed().as_secs_f64() * 1_000.0);
                ensure!(answer.status == 200, "GET {address} is answered with {}", answer.status);
                largest = largest.max(answer.body.len());
                next = following(&String::from_utf8_lossy(&answer.body));
            }
        }
        let times = Measurement::new("", "ms", times);
        let what = of(&format!("a page of {}, 95 in 100 are faster", view.name));
        measurements
            .push(Measurement::new(what, "ms", vec![times.quantile(95)]).with_bar(Bar::Below(PAGE_MS)));
    }
    #[expect(clippy::cast_precision_loss, reason = "far below what a double holds exactly")]
    let largest = vec![largest as f64 / 1_024.0];
    let largest = Measurement::new(of("the largest of these pages"), "KiB", largest);
    measurements.push(largest.with_bar(Bar::Below(PAGE_KIB)));
    service.stop()?;
    Ok(measurements)
}

fn views(client: &mut Client, vulnerabilities: &[&str]) -> anyhow::Result<Vec<View>> {
    let limit = format!("limit={ADDRESSES}");
    let images = texts(client, &format!("/v1/images?{limit}"), "images", "digest")?;
    let names = texts(client, &format!("/v1/images?{limit}"), "images", "names")?;
    let repositories = texts(client, &format!("/v1/repositories?{limit}"), "repositories", "name")?;
    let feeds = texts(client, "/v1/feeds", "feeds", "name")?;
    let view = |name, addresses: Vec<String>| View { name, addresses };
    let vulnerability = |id: &&str| format!("/vulnerabilities/{id}");
    let words = vulnerabilities.iter().map(|id| (*id).to_owned());
    let words = words.chain(names).chain(repositories.iter().take(3).cloned());
    let packages = ["debian:bookworm/openssl", "debian:bookworm/libc6", "pkg:npm/package-1"];
    let words = words.chain(packages.map(str::to_owned));
    let feed_pages =
        feeds.iter().flat_map(|feed| [format!("/feeds/{feed}"), format!("/feeds/{feed}/changes")]);
    Ok(vec![
        view("the inventory", ["/", "/?sort=findings", "/?sort=name"].map(str::to_owned).to_vec()),
        view("a repository", repositories.iter().map(|name| format!("/repositories/{name}")).collect()),
        view("an image", images.iter().map(|digest| format!("/images/{digest}")).collect()),
        view("a vulnerability", vulnerabilities.iter().map(vulnerability).collect()),
        view("feeds", std::iter::once("/feeds".to_owned()).chain(feed_pages).collect()),
        view("plugins", vec!["/plugins".to_owned()]),
        view("notices", vec!["/notices".to_owned()]),
        view("a search", words.map(|word| format!("/search?q={}", word.replace(':', "%3A"))).collect()),
    ])
}

/// A text of each member of a list, or the first of several.
fn texts(client: &mut Client, path: &str, list: &str, field: &str) -> anyhow::Result<Vec<String>> {
    let answer = client.get(path, None)?;
    let document: Value = serde_json::from_slice(&answer.body)?;
    let members = document.get(list).and_then(Value::as_array).with_context(|| format!("no `{list}`"))?;
    let text = |member: &Value| {
        let value = member.get(field)?;
        value.as_str().or_else(|| value.get(0)?.as_str()).map(str::to_owned)
    };
    Ok(members.iter().filter_map(text).collect())
}

/// The address of the page that follows.
fn following(page: &str) -> Option<String> {
    let (_, behind) = page.split_once(NEXT)?;
    let (address, _) = behind.split_once('"')?;
    Some(address.replace("&amp;", "&").replace("&#38;", "&"))
}
