//! Plugins that come, change and go while the service runs, and what that means for what is known.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use xtask::sample::{advisories, alpine, debian};

use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::{Service, until};

/// A service whose plugins nobody else has.
pub(crate) struct Place {
    pub(crate) plugins: TempDir,
    pub(crate) service: Service,
}

impl Place {
    /// With all plugins but those named.
    pub(crate) fn without(absent: &[&str]) -> Self {
        let plugins = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(Setup::new().plugins()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            if !absent.contains(&name) {
                fs::copy(&path, plugins.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        let service = Service::with(Setup::new().with_plugins(plugins.path()));
        Self { plugins, service }
    }

    pub(crate) fn digest(&self, plugin: &str) -> Option<String> {
        let plugins = self.service.api.get("/v1/plugins").ok();
        let plugins = plugins["plugins"].as_array().unwrap().clone();
        let found = plugins.into_iter().find(|p| p["name"] == plugin)?;
        Some(found["digest"].as_str().unwrap().to_owned())
    }

    pub(crate) fn put(&self, plugin: &str, component: &[u8]) -> Value {
        self.service.api.send("PUT", &format!("/v1/plugins/{plugin}"), &[], component).ok()
    }

    /// The report, once nothing is being refreshed any more.
    pub(crate) fn settled_report(&self, image: &str) -> Value {
        until("what plugins changed is refreshed", || {
            let report = self.service.api.report_now(image);
            let gaps = report["coverage"]["gaps"].as_array().unwrap();
            (!gaps.iter().any(|gap| gap["code"] == "refresh-under-way")).then_some(report)
        })
    }
}

pub(crate) fn built(plugin: &str) -> Vec<u8> {
    fs::read(Setup::new().plugins().join(format!("{plugin}.wasm"))).unwrap()
}

/// The same plugin as another build: with one more custom section, which nobody reads.
pub(crate) fn rebuilt(plugin: &str, mark: &str) -> Vec<u8> {
    let mut bytes = built(plugin);
    let length = |length: usize| u8::try_from(length).unwrap();
    bytes.extend([0, length(1 + mark.len()), length(mark.len())]);
    bytes.extend(mark.as_bytes());
    bytes
}

pub(crate) fn gap<'a>(report: &'a Value, code: &str) -> Option<&'a Value> {
    report["coverage"]["gaps"].as_array().unwrap().iter().find(|gap| gap["code"] == code)
}

#[test]
fn a_dropped_in_detector_sees_what_is_known_from_kept_files() {
    let place = Place::without(&["dpkg"]);
    let sample = Parts::of(&debian(), Compression::Gzip);
    place.service.api.index(&sample.docker_archive());
    place.service.api.hand_in("debian", advisories::debian_tracker());
    let report = place.service.api.report(&sample.digest());
    assert_eq!(report["summary"]["packages"], 0);
    assert!(gap(&report, "no-packages").is_some());

    // Nobody had claimed dpkg's files, so none was kept: that is stated, and fixed by submitting again.
    fs::write(place.plugins.path().join("dpkg.wasm"), built("dpkg")).unwrap();
    until("the plugin is loaded", || place.digest("dpkg"));
    let report = place.settled_report(&sample.digest());
    assert!(gap(&report, "not-examined").unwrap()["message"].as_str().unwrap().contains("dpkg"));
    let job = place.service.api.submit(&sample.docker_archive()).ok();
    assert_eq!(job["layers_read"], 3);
    let report = place.settled_report(&sample.digest());
    assert_ne!(report["summary"]["findings"], 0);
    assert!(gap(&report, "not-examined").is_none());
}

#[test]
fn a_replaced_detector_sees_kept_files_again_without_a_submission() {
    let place = Place::without(&[]);
    let sample = Parts::of(&debian(), Compression::Gzip);
    place.service.api.index(&sample.docker_archive());
    place.service.api.hand_in("debian", advisories::debian_tracker());
    let before = place.settled_report(&sample.digest());
    let other = rebuilt("dpkg", "swap");
    let id = place.put("dpkg", &other);
    assert_eq!(place.digest("dpkg").as_deref(), id["digest"].as_str());
    let after = place.settled_report(&sample.digest());
    assert_eq!(after["findings"], before["findings"]);
    assert_ne!(after["plugins"], before["plugins"], "it names the build that it rests on");
    assert!(after["plugins"].as_array().unwrap().iter().any(|plugin| plugin["digest"] == id["digest"]));
    assert!(gap(&after, "not-examined").is_none());
    let job = place.service.api.submit(&sample.docker_archive()).ok();
    assert_eq!(job["layers_read"], 0, "everything is known to the new build, too");
}

#[test]
fn a_replaced_scheme_orders_everything_anew() {
    let place = Place::without(&[]);
    let samples = [debian(), alpine()].map(|image| Parts::of(&image, Compression::Gzip));
    for sample in &samples {
        place.service.api.index(&sample.docker_archive());
    }
    place.service.api.hand_in("debian", advisories::debian_tracker());
    place.service.api.hand_in("alpine", advisories::alpine_secdb());
    let reports = || samples.each_ref().map(|sample| place.settled_report(&sample.digest()));
    let before = reports();
    for scheme in ["dpkg-versions", "apk-versions"] {
        place.put(scheme, &rebuilt(scheme, "swap"));
    }
    for (before, after) in before.iter().zip(&reports()) {
        assert_eq!(after["findings"], before["findings"]);
        assert_eq!(after["coverage"]["unordered_versions"], before["coverage"]["unordered_versions"]);
        assert_ne!(after["plugins"], before["plugins"]);
    }
}

#[test]
fn a_replaced_feed_parses_the_kept_document_again() {
    let place = Place::without(&[]);
    let taken = place.service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let read_by = || place.service.api.feed("debian")["read_by"]["digest"].as_str().unwrap().to_owned();
    let first = read_by();
    let id = place.put("debian", &rebuilt("debian", "swap"));
    let second = until("the kept document is parsed again", || (read_by() != first).then(read_by));
    assert_eq!(id["digest"], second);
    assert_eq!(place.service.api.feed("debian")["advisories"], taken["advisories"]);
}

#[test]
fn what_is_no_good_leaves_what_runs_and_is_shown() {
    let place = Place::without(&[]);
    let running = place.digest("dpkg").unwrap();
    let api = &place.service.api;
    for bad in [&b"garbage"[..], &built("dpkg")[..9_000], &wat::parse_str("(component)").unwrap()] {
        api.send("PUT", "/v1/plugins/dpkg", &[], bad).refused(422, "plugin-refused");
        fs::write(place.plugins.path().join("dpkg.wasm"), bad).unwrap();
        until("the file is refused", || {
            let refused = api.get("/v1/plugins").ok()["refused"].as_array().unwrap().clone();
            refused.iter().any(|refused| refused["file"] == "dpkg.wasm").then_some(())
        });
        assert_eq!(place.digest("dpkg").as_ref(), Some(&running));
    }
    let message = api.send("PUT", "/v1/plugins/apk", &[], &built("dpkg")).refused(422, "plugin-refused");
    assert!(message.contains("states as its name `dpkg`, not `apk`"), "{message}");
    api.send("PUT", "/v1/plugins/dpkg", &[("Origin", "http://evil.example")], &built("dpkg"))
        .refused(403, "forbidden");
}

#[test]
fn a_plugin_goes_back_to_the_version_before_and_away_and_back() {
    let place = Place::without(&[]);
    let api = &place.service.api;
    let first = place.digest("apk").unwrap();
    place.put("apk", &rebuilt("apk", "two"));
    let second = place.digest("apk").unwrap();
    assert_ne!(first, second);
    let versions = api.get("/v1/plugins/apk").ok()["versions"].clone();
    assert_eq!(versions, serde_json::json!([second, first]));
    api.send("POST", "/v1/plugins/apk/rollback", &[], b"").ok();
    assert_eq!(place.digest("apk").unwrap(), first);
    api.send("POST", "/v1/plugins/apk/rollback", &[], b"").refused(409, "no-such-version");
    api.send("POST", &format!("/v1/plugins/apk/rollback?digest={second}"), &[], b"").ok();
    assert_eq!(place.digest("apk").unwrap(), second);
    assert_eq!(api.send("DELETE", "/v1/plugins/apk", &[], b"").status, 204);
    assert_eq!(place.digest("apk"), None);
    assert!(!Path::new(&place.plugins.path().join("apk.wasm")).exists());
    api.send("DELETE", "/v1/plugins/apk", &[], b"").refused(404, "no-such-plugin");
    api.send("POST", "/v1/plugins/apk/rollback", &[], b"").ok();
    assert_eq!(place.digest("apk").unwrap(), second);
}

#[test]
fn what_a_removed_detector_found_leaves_the_reports() {
    let place = Place::without(&[]);
    let sample = Parts::of(&debian(), Compression::Gzip);
    place.service.api.index(&sample.docker_archive());
    assert_ne!(place.settled_report(&sample.digest())["summary"]["packages"], 0);
    fs::remove_file(place.plugins.path().join("dpkg.wasm")).unwrap();
    until("the plugin is gone", || place.digest("dpkg").is_none().then_some(()));
    let report = place.settled_report(&sample.digest());
    assert_eq!(report["summary"]["packages"], 0);
    assert!(gap(&report, "no-packages").is_some());
}
