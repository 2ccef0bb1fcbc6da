//! What must hold, whatever a guest does.

use std::fs;
use std::sync::OnceLock;
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::sample::{Layer, advisories, debian};

use super::guest::Guest;
use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::Service;

/// How often a guest is called in one round.
pub(crate) const CALLS: usize = 20;

/// What a service may grow by in a round and still count as one that does not, in bytes: its store
/// keeps what it was told. That is 200 kB a call, a small part of what most guests take.
const FLAT: u64 = 4 << 20;

/// Rounds until a service must no longer grow: allocators do not give everything back at once.
const SETTLING: usize = 12;

/// The kinds of failures of a guest, and a part of what is stated of each.
pub(crate) type Ways<'a> = &'a [(&'a str, &'a str)];

/// A service that has all our plugins and a guest.
pub(crate) struct Trial<'a> {
    pub(crate) guest: &'a Guest,
    pub(crate) service: Service,
    _plugins: TempDir,
}

impl<'a> Trial<'a> {
    pub(crate) fn of(guest: &'a Guest) -> Self {
        Self::with(guest, limits())
    }

    /// The same with other settings.
    pub(crate) fn with(guest: &'a Guest, setup: Setup) -> Self {
        let plugins = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(setup.plugins()).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, plugins.path().join(path.file_name().unwrap())).unwrap();
        }
        fs::write(plugins.path().join(guest.file()), &guest.component).unwrap();
        let service = Service::with(setup.with_plugins(plugins.path()));
        Self { guest, service, _plugins: plugins }
    }

    /// Each call of `detect` fails in one of these ways, and each way is seen; the plugin is to blame,
    /// and what it stated is not taken. Nobody is harmed.
    #[track_caller]
    pub(crate) fn fails(&self, expected: Ways<'_>) {
        self.harms_nobody(|round| {
            let report = self.flood(round);
            self.check_failures(&report, expected);
            assert_eq!(report["summary"]["complete"], false);
            assert_eq!(report["summary"]["packages"], 1, "{report:#}");
        });
    }

    /// No call fails, and nothing is stated. Nobody is harmed.
    #[track_caller]
    pub(crate) fn states_nothing(&self) {
        self.harms_nobody(|round| {
            let report = self.flood(round);
            assert_eq!(report["coverage"]["plugin_failures"], json!([]));
            assert_eq!(report["coverage"]["unread_files"], json!([]));
            assert_eq!(report["summary"]["packages"], 1, "{report:#}");
        });
    }

    /// The guest is not loaded from the plugins directory nor over HTTP, and this is a part of why.
    /// Nobody is harmed.
    #[track_caller]
    pub(crate) fn is_refused(&self, reason: &str) {
        self.is_refused_in_the_directory(reason);
        self.harms_nobody(|_| {
            thread::scope(|scope| {
                for _ in 0..CALLS {
                    scope.spawn(|| self.put_is_refused(&self.guest.name, reason));
                }
            });
        });
    }

    #[track_caller]
    pub(crate) fn is_refused_in_the_directory(&self, reason: &str) {
        let plugins = self.service.api.get("/v1/plugins").ok();
        let refused = plugins["refused"].as_array().unwrap();
        assert_eq!(refused.len(), 1, "{plugins:#}");
        assert_eq!(refused[0]["file"], self.guest.file());
        assert!(refused[0]["reason"].as_str().unwrap().contains(reason), "{plugins:#}");
    }

    /// Each document that the guest reads as a feed is refused, and this is a part of why; the plugin
    /// is to blame, and what it stated is not taken. Nobody is harmed.
    #[track_caller]
    pub(crate) fn takes_in_nothing(&self, reason: &str) {
        let told = format!("plugin `{} 1.0.0", self.guest.name);
        self.harms_nobody(|_| {
            let message = self.service.api.hand_in(&self.guest.name, "{}").refused(500, "plugin-failed");
            for part in [&*told, "parse", reason, "to blame: plugin"] {
                assert!(message.contains(part), "{message}");
            }
        });
        let feed = self.service.api.feed(&self.guest.name);
        assert_eq!([&feed["revision"], &feed["advisories"]], [0, 0], "{feed:#}");
        assert!(feed["last_failure_reason"].as_str().unwrap().contains(reason), "{feed:#}");
    }

    #[track_caller]
    pub(crate) fn put_is_refused(&self, name: &str, reason: &str) {
        let path = format!("/v1/plugins/{name}");
        let answer = self.service.api.send("PUT", &path, &[], &self.guest.component);
        let message = answer.refused(422, "plugin-refused");
        assert!(message.contains(reason), "{message}");
    }

    /// While the guest is at work, an image is reported as if the guest were not there; afterwards
    /// the service is as it was before, and ready.
    #[track_caller]
    pub(crate) fn harms_nobody(&self, work: impl Fn(usize) + Sync) {
        // Threads, caches and the arenas of the allocator come with what is first.
        work(0);
        thread::scope(|scope| {
            let working = scope.spawn(|| work(1));
            let (found, expected) = (understood(&self.service), understood_without_guests());
            let differ = found.iter().zip(expected).find(|(found, expected)| found != expected);
            assert_eq!(differ, None);
            assert_eq!(found.len(), expected.len());
            working.join().unwrap();
        });
        self.settles(work);
        self.service.api.get("/readyz").ok();
        assert!(!self.service.log().contains("panicked"));
    }

    #[track_caller]
    fn settles(&self, work: impl Fn(usize)) {
        let mut kept = vec![self.service.resident()];
        for round in 2..SETTLING {
            work(round);
            let (before, now) = (kept[kept.len() - 1], self.service.resident());
            if now < before + FLAT {
                return;
            }
            kept.push(now);
        }
        panic!("the service grows and grows, in bytes: {kept:?}");
    }

    /// Shows the guest an image of many layers, and returns its report.
    #[track_caller]
    pub(crate) fn flood(&self, round: usize) -> Value {
        self.service.api.report(&self.service.api.index(&flood(round)))
    }

    #[track_caller]
    fn check_failures(&self, report: &Value, expected: Ways<'_>) {
        let failures = report["coverage"]["plugin_failures"].as_array().unwrap();
        assert_eq!(failures.len(), CALLS, "{report:#}");
        let mut unseen = expected.to_vec();
        for failure in failures {
            let told = ["plugin", "version", "call", "blame"].map(|field| &failure[field]);
            assert_eq!(told, [&self.guest.name, "1.0.0", "detect", "plugin"], "{failure:#}");
            let reason = failure["reason"].as_str().unwrap();
            let is_so = |way: &(&str, &str)| failure["kind"] == way.0 && reason.contains(way.1);
            assert!(expected.iter().any(is_so), "{failure:#}");
            unseen.retain(|way| !is_so(way));
        }
        assert_eq!(unseen, []);
    }
}

/// Limits that are met soon and are far from what our plugins need, and no quarantine, so that each
/// call is made; all layers of an image are read at a time.
pub(crate) fn limits() -> Setup {
    Setup::new()
        .with("LIMPID_PLUGINS__MEMORY_BYTES", 32 << 20)
        .with("LIMPID_PLUGINS__OUTPUT_BYTES", 4 << 20)
        .with("LIMPID_PLUGINS__QUARANTINE_AFTER", 0)
        .with("LIMPID_INDEX__LAYERS", CALLS)
}

/// The same for a guest that takes all the time that it is given. It alone is given little: beside many of its
/// calls, each of ours may wait for a processor.
pub(crate) fn short_limits(guest: &Guest) -> Setup {
    let own = format!("{{ {} = {{ call_time = 1, parse_time = 1 }} }}", guest.name);
    limits().with("LIMPID_PLUGINS__LIMITS", own)
}

/// An image that shows each detector of dpkg's database one in each of its layers. They differ in
/// length, by which guests tell one call from another.
pub(crate) fn flood(round: usize) -> Vec<u8> {
    let layers = (0..CALLS).map(|number| {
        let status = format!(
            "Package: p{round}\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\
             Description: {}\n\n",
            "x".repeat(number + 1),
        );
        Layer::new("COPY").file("var/lib/dpkg/status", status)
    });
    let name = format!("test/flood:{round}");
    Parts::of(&image(&name, layers), Compression::Gzip).docker_archive()
}

/// What a service says of the sample of Debian, line by line, but for what a guest states.
fn understood(service: &Service) -> Vec<String> {
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let report = service.api.report(&image);
    let inventory = service.api.get(&format!("/v1/images/{image}/packages")).ok();
    let ours = |list: &Value, purl: &str| -> Value {
        let items = list.as_array().unwrap().iter();
        items.filter(|item| item.pointer(purl).unwrap() != "pkg:generic/hostile").cloned().collect()
    };
    let document = json!({
        "distribution": report["coverage"]["distribution"],
        "unread": report["coverage"]["unread_files"],
        "findings": ours(&report["findings"], "/package/purl"),
        "packages": ours(&inventory["packages"], "/purl"),
    });
    format!("{document:#}").lines().map(str::to_owned).collect()
}

/// The same, of a service that has no guest.
fn understood_without_guests() -> &'static [String] {
    static ALONE: OnceLock<Vec<String>> = OnceLock::new();
    ALONE.get_or_init(|| {
        let lines = understood(&Service::start());
        assert!(lines.len() > 500, "{lines:#?}");
        lines
    })
}
