//! What whoever has the store says of plugins, feeds and the clock.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use limpid_client::{Client, Readiness};
use limpid_formats::json as api;
use limpid_formats::table::span;

use super::Checks;
use crate::holder::Holder;
use crate::open::{self, ALL};
use crate::remote::Remote;
use crate::settings::Settings;

/// How long a service may take to say how it is.
const ANSWERING: Duration = Duration::from_secs(10);

/// By how many seconds clocks may differ that are right.
const APART: u64 = 60;

/// How old what a feed states may be, in seconds: a week.
const OLD: u64 = 7 * 24 * 60 * 60;

/// How many of a kind are named.
const NAMED: usize = 8;

/// Files of the store whose times are looked at.
const FILES: usize = 100_000;

/// Seconds since 1970 before which no clock stands that was ever set: 2025.
const EVER: u64 = 1_735_689_600;

/// A service elsewhere.
pub(super) fn remote(checks: &mut Checks, settings: &Settings, remote: &Remote) {
    let client = settings.shown().and_then(|shown| remote.client(&shown));
    match client {
        Ok(client) => service(checks, &client),
        Err(error) => {
            let next = "correct the profile, or name another one with `--profile`";
            checks.problem("service", crate::chain(&error), next);
        }
    }
}

/// The store of this machine, or the service that has it.
pub(super) fn local(checks: &mut Checks, settings: &Settings, has_store: bool) {
    store_clock(checks, &settings.data_dir.join("store"), SystemTime::now());
    if checks.has_problem("data directory") {
        checks.warn("store", "it is not opened: the data directory comes first", "run this again then");
        return;
    }
    if !has_store {
        without_store(checks, settings);
        return;
    }
    match Holder::of(settings, "limpid doctor", &ALL) {
        Ok(Holder::Service(it)) => service(checks, &it.client),
        Ok(holder @ Holder::Here(_)) => {
            checks.ok("store", "it can be opened; no service runs on it");
            if let Holder::Here(here) = &holder {
                plugins(
                    checks,
                    &here.scanner.registry().snapshot().state().into(),
                    Some(&settings.plugins_dir),
                );
            }
            match holder.feeds() {
                Ok(known) => feeds(checks, &known.feeds),
                Err(error) => checks.problem("feeds", crate::chain(&error), "see the log"),
            }
        }
        Err(error) => checks.problem(
            "store",
            crate::chain(&error),
            "where that names no way out, restore the data directory from a copy, or begin with an empty one",
        ),
    }
}

/// Plugins are compiled where nothing is left behind: whoever runs the service makes the data directory.
fn without_store(checks: &mut Checks, settings: &Settings) {
    checks.ok("store", "there is none yet");
    let scratch = match tempfile::tempdir() {
        Ok(scratch) => scratch,
        Err(error) => {
            let next = "make room in the directory for temporary files, or name another one in `TMPDIR`";
            checks.problem("plugins", format!("nothing can be compiled: {error}"), next);
            return;
        }
    };
    let settings = settings.clone().over(scratch.path().to_owned());
    match open::registry(&settings) {
        Ok(registry) => plugins(checks, &registry.snapshot().state().into(), Some(&settings.plugins_dir)),
        Err(error) => {
            checks.problem("plugins", crate::chain(&error), "name their directory with `--plugins-dir`")
        }
    }
}

fn service(checks: &mut Checks, client: &Client) {
    let address = client.address();
    match client.readiness(ANSWERING) {
        Ok(Readiness::Ready) => checks.ok("service", format!("{address} answers, and can do its work")),
        Ok(Readiness::Starting(refusal)) => {
            checks.warn("service", format!("{address} has not started yet: {refusal}"), "wait a moment");
            return;
        }
        Ok(Readiness::NotReady(refusal)) => {
            let next = "its log says more; `docs/operating.md` says what `/readyz` means";
            checks.problem("service", format!("{address} is not ready: {refusal}"), next);
        }
        Err(error) => {
            let next = "is it running, is the address right, and does a firewall or a proxy stand between? For \
                certificates, `ca_file` of a profile names who vouches for it";
            checks.problem("service", crate::chain(&error.into()), next);
            return;
        }
    }
    if let Ok(Some(date)) = client.date(ANSWERING) {
        service_clock(checks, &date, Timestamp::now());
    }
    match client.plugins() {
        Ok(known) => plugins(checks, &known, None),
        Err(error) => {
            let next =
                "set `LIMPID_TOKEN`, or `token_file` of the profile; `limpid token create` makes a token";
            checks.problem("token", crate::chain(&error.into()), next);
            return;
        }
    }
    match client.feeds() {
        Ok(known) => feeds(checks, &known.feeds),
        Err(error) => {
            checks.problem("feeds", crate::chain(&error.into()), "the log of the service says more")
        }
    }
}

fn plugins(checks: &mut Checks, known: &api::Plugins, directory: Option<&Path>) {
    const CHECK: &str = "plugins";
    for refused in known.refused.iter().take(NAMED) {
        checks.problem(
            CHECK,
            format!("`{}` is refused: {}", refused.file, refused.reason),
            "remove the file, or build the plugin anew: `limpid plugin test` tries it",
        );
    }
    let quarantined =
        || known.plugins.iter().filter_map(|plugin| Some((plugin, plugin.quarantined.as_ref()?)));
    for (plugin, why) in quarantined().take(NAMED) {
        let name = &plugin.id.name;
        checks.problem(
            CHECK,
            format!("`{name}` is in quarantine and is not called: {why}"),
            format!("put a repaired one in its place (`limpid plugin add`), or try again: `POST /v1/plugins/{name}/release`"),
        );
    }
    let has = |role: &str| known.plugins.iter().any(|plugin| plugin.roles.iter().any(|it| it == role));
    if !has("detector") {
        let from = directory.map(|it| format!(" from `{}`", it.display())).unwrap_or_default();
        checks.problem(
            CHECK,
            format!("no detector is loaded{from}: nothing is found in images"),
            "name the directory of the plugins with `--plugins-dir` or setting `plugins_dir`",
        );
    } else if known.refused.is_empty() && quarantined().next().is_none() {
        checks.ok(CHECK, format!("{} are loaded", known.plugins.len()));
    }
}

/// How old it is what publishers state.
fn feeds(checks: &mut Checks, known: &[api::Feed]) {
    const CHECK: &str = "feeds";
    let names = |feeds: &[&api::Feed]| {
        let named: Vec<_> = feeds.iter().take(NAMED).map(|feed| format!("`{}`", feed.name)).collect();
        let more = feeds.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", named.join(", "))
    };
    let fetched: Vec<_> = known.iter().filter(|feed| feed.age.is_some()).collect();
    if fetched.iter().all(|feed| feed.advisories == 0) {
        checks.problem(
            CHECK,
            "no advisories are stored: no image can be judged",
            "`limpid feed update` fetches them, `limpid feed import` takes them from a bundle",
        );
        return;
    }
    let failing: Vec<_> = known.iter().filter(|feed| feed.failing_since.is_some()).collect();
    if let Some(first) = failing.first() {
        let why = first.last_failure_reason.as_deref().unwrap_or("its log says why");
        checks.warn(
            CHECK,
            format!("{} could not be fetched; `{}`: {why}", names(&failing), first.name),
            "`limpid feed list` says since when; settings `feeds.proxy` and `feeds.NAME.mirrors` say how they are reached",
        );
    }
    let old: Vec<_> = fetched.iter().copied().filter(|feed| feed.age.is_some_and(|age| age > OLD)).collect();
    if !old.is_empty() {
        let oldest = old.iter().filter_map(|feed| feed.age).max().unwrap_or_default();
        checks.warn(
            CHECK,
            format!("{} are older than {}, up to {}", names(&old), span(OLD), span(oldest)),
            "`limpid feed update`; the service does so by itself where setting `feeds.fetch` is `true`",
        );
    }
    if failing.is_empty() && old.is_empty() {
        checks.ok(CHECK, format!("{} are stored, none is older than {}", fetched.len(), span(OLD)));
    }
}

/// The clock of this machine against that of the service.
fn service_clock(checks: &mut Checks, date: &str, now: Timestamp) {
    const CHECK: &str = "clock";
    let Ok(there) = jiff::fmt::rfc2822::parse(date) else { return };
    let apart = (now.as_second() - there.timestamp().as_second()).unsigned_abs();
    match apart > APART {
        true => checks.warn(
            CHECK,
            format!("the clocks of this machine and of the service are {} apart", span(apart)),
            "let both keep time by NTP (`timedatectl`): tokens and certificates end by the clock",
        ),
        false => checks.ok(CHECK, "that of this machine and of the service are the same"),
    }
}

/// The clock of this machine against what the store was written at last.
fn store_clock(checks: &mut Checks, store: &Path, now: SystemTime) {
    const CHECK: &str = "clock";
    let next = "let the machine keep time by NTP (`timedatectl`): histories, tokens and certificates go by the clock";
    if now.duration_since(UNIX_EPOCH).is_ok_and(|since| since.as_secs() < EVER) {
        checks.problem(CHECK, "it was never set: it stands before 2025", next);
        return;
    }
    let files = fs::read_dir(store).into_iter().flatten().take(FILES).flatten();
    let written = files.filter_map(|entry| entry.metadata().ok()?.modified().ok()).max();
    let ahead = written.and_then(|written| written.duration_since(now).ok()).map(|ahead| ahead.as_secs());
    match ahead.filter(|ahead| *ahead > APART) {
        Some(ahead) => {
            let what =
                format!("it stands {} before the store was written last: it was set back", span(ahead));
            checks.problem(CHECK, what, next);
        }
        None => checks.ok(CHECK, "it does not stand before anything that is stored"),
    }
}

#[cfg(test)]
mod tests {
    use limpid_formats::json::Check;

    use super::*;
    use crate::commands::doctor::only;

    #[test]
    fn a_clock_that_was_set_back_is_told() {
        let store = tempfile::tempdir().unwrap();
        let at = |now: SystemTime| only(|checks| store_clock(checks, store.path(), now));
        let now = SystemTime::now();
        assert_eq!(at(now).state, Check::OK);
        fs::write(store.path().join("CURRENT"), "").unwrap();
        assert_eq!(at(now + Duration::from_secs(5)).state, Check::OK);
        let back = at(now - Duration::from_secs(3_700));
        assert_eq!(back.state, Check::PROBLEM);
        assert!(back.message.contains("1 hour before"), "{back:?}");
        assert!(at(UNIX_EPOCH).message.contains("never set"));
    }

    #[test]
    fn clocks_that_are_apart_are_told() {
        let now: Timestamp = "2026-11-29T22:00:00Z".parse().unwrap();
        let at = |date: &str| only(|checks| service_clock(checks, date, now)).state;
        assert_eq!(at("Sun, 29 Nov 2026 22:00:30 GMT"), Check::OK);
        assert_eq!(at("Sun, 29 Nov 2026 22:02:00 GMT"), Check::WARNING);
        assert_eq!(at("Sun, 29 Nov 2026 20:00:00 GMT"), Check::WARNING);
    }

    fn feed(name: &str, advisories: u64, age: Option<u64>) -> api::Feed {
        let text = serde_json::json!({
            "name": name, "plugin": null, "read_by": null, "revision": 1, "advisories": advisories,
            "running": false, "last_success": null, "age": age, "last_failure": null,
            "last_failure_reason": null, "last_run": null, "failing_since": null, "failures": 0,
            "next_run": null, "absent": [], "rejected": 0, "rejections": [], "sources": [],
        });
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn feeds_are_to_be_there_and_not_old() {
        let look = |known: &[api::Feed]| only(|checks| feeds(checks, known));
        assert_eq!(look(&[feed("a", 0, None)]).state, Check::PROBLEM);
        assert_eq!(look(&[feed("a", 5, Some(60)), feed("b", 0, None)]).state, Check::OK);
        let old = look(&[feed("a", 5, Some(60)), feed("b", 5, Some(OLD * 3))]);
        assert_eq!(old.state, Check::WARNING);
        assert!(old.message.contains("`b`") && old.message.contains("21 days"), "{old:?}");
        let mut failing = feed("a", 5, Some(60));
        failing.failing_since = Some("2026-11-29T22:00:00Z".to_owned());
        failing.last_failure_reason = Some("no answer".to_owned());
        assert!(look(&[failing]).message.contains("no answer"));
    }

    #[test]
    fn plugins_are_to_be_loaded_and_not_in_quarantine() {
        let plugin = |roles: &[&str], quarantined: Option<&str>| -> api::Plugin {
            let mut text = serde_json::json!({
                "name": "debian", "version": "1.0.0", "digest": "sha256:0", "roles": roles, "description": null,
                "license": null, "authors": null, "source": null,
            });
            if let Some(why) = quarantined {
                text["quarantined"] = why.into();
            }
            serde_json::from_value(text).unwrap()
        };
        let look = |known: api::Plugins| only(|checks| plugins(checks, &known, None));
        let all = |plugin| api::Plugins { plugins: vec![plugin], refused: Vec::new() };
        assert_eq!(look(all(plugin(&["detector"], None))).state, Check::OK);
        assert!(look(all(plugin(&["feed"], None))).message.contains("no detector"));
        let ill = look(all(plugin(&["detector"], Some("it trapped"))));
        assert_eq!(ill.state, Check::PROBLEM);
        assert!(ill.next.unwrap().contains("/v1/plugins/debian/release"));
        let refused = api::RefusedPlugin { file: "x.wasm".to_owned(), reason: "no component".to_owned() };
        let known = api::Plugins { plugins: vec![plugin(&["detector"], None)], refused: vec![refused] };
        assert!(look(known).message.contains("`x.wasm` is refused"));
    }
}
