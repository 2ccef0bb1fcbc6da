//! Why a vulnerability affects an image or does not: each reason, over HTTP and by the command line.

use serde_json::{Value, json};
use xtask::sample::Layer;

use crate::archives::{Compression, Parts, image};
use crate::service::Service;

fn tracker() -> Value {
    let open = |release: &str| json!({ "releases": { release: { "status": "open", "repositories": { release: "8.0" }, "urgency": "low" } } });
    let resolved = |fixed: &str| {
        let release = json!({ "status": "resolved", "repositories": { "bookworm": "8.0" }, "fixed_version": fixed, "urgency": "low" });
        json!({ "releases": { "bookworm": release } })
    };
    json!({
        "curl": {
            "CVE-2026-0001": open("bookworm"),
            "CVE-2026-0002": resolved("7.88.1-5"),
            "CVE-2026-0003": open("trixie"),
            "CVE-2026-0004": resolved("0"),
        },
        "odd": { "CVE-2026-0005": resolved("1.0") },
        "wget": { "CVE-2026-0006": open("bookworm") },
        // What it brought is left to the distribution, because that speaks of it.
        "node-owned": { "CVE-2026-0007": open("bookworm") },
    })
}

fn record(id: &str, package: &str, introduced: &str) -> String {
    json!({
        "id": id,
        "modified": "2026-11-20T00:00:00Z",
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": introduced }] }],
        }],
    })
    .to_string()
}

/// An advisory of Go's database about a module of [`LINKED`], through these functions.
fn of_go(id: &str, symbols: &[&str]) -> String {
    json!({
        "id": id,
        "modified": "2026-11-20T00:00:00Z",
        "affected": [{
            "package": { "ecosystem": "Go", "name": "github.com/pkg/errors" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "0.9.2" }] }],
            "ecosystem_specific": { "imports": [{ "path": "github.com/pkg/errors", "symbols": symbols }] },
        }],
    })
    .to_string()
}

/// A program of Go, of which some functions of `github.com/pkg/errors` are known to be linked in.
const LINKED: &[u8] = include_bytes!("../../plugins/detectors/go/tests/executables/input/usr/bin/linked");

/// An image with two packages of Debian, of which one has a version that is none, a package of npm,
/// and one that a package of Debian put there.
fn parts() -> Parts {
    let stanza = |name: &str, version: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\
             Description: a package\n\n"
        )
    };
    let status =
        [stanza("curl", "7.88.1-10"), stanza("odd", "1.0 or so"), stanza("node-owned", "1.0-1")].concat();
    let manifest = |name: &str| json!({ "name": name, "version": "1.0.0" }).to_string();
    let layer = Layer::new("FROM base")
        .file("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n")
        .file("var/lib/dpkg/status", status)
        .file("var/lib/dpkg/info/node-owned.list", "/.\n/usr/share/node_modules/owned/package.json\n")
        .file("usr/share/node_modules/owned/package.json", manifest("owned"))
        .file("app/node_modules/own/package.json", manifest("own"))
        .file("app/linked", LINKED);
    Parts::of(&image("test/explained:1", [layer]), Compression::Gzip)
}

#[test]
fn every_reason_is_given_over_http_and_by_the_command_line() {
    let service = Service::start();
    let image = service.api.index(&parts().docker_archive());
    let path = format!("/v1/images/{image}/explain?vulnerability=CVE-2026-0001");
    let nothing = service.api.get(&path).ok();
    assert_eq!(nothing["reasons"][0]["outcome"], "not-in-feeds");
    assert!(nothing["reasons"][0]["why"].as_str().unwrap().contains("none was ingested"), "{nothing:#}");

    service.api.hand_in("debian", tracker().to_string()).ok();
    for (id, package, introduced) in [("GHSA-0001", "own", "2.0.0"), ("GHSA-0002", "owned", "0")] {
        let path = format!("/v1/feeds/osv/documents?name={id}");
        service.api.send("POST", &path, &[], record(id, package, introduced).as_bytes()).ok();
    }
    for (id, symbols) in [("GO-2026-0001", ["Cause", "frame.pc"]), ("GO-2026-0002", ["Wrap", "New"])] {
        let path = format!("/v1/feeds/osv/documents?name={id}");
        service.api.send("POST", &path, &[], of_go(id, &symbols).as_bytes()).ok();
    }
    let reasons = [
        ("GO-2026-0001", "not-reached", "github.com/pkg/errors", "version v0.9.1 is vulnerable through"),
        ("GO-2026-0002", "affected", "github.com/pkg/errors", "version v0.9.1 is affected"),
        ("CVE-2026-0001", "affected", "curl", "version 7.88.1-10 is affected"),
        ("CVE-2026-0002", "fixed", "curl", "version 7.88.1-10 is not below 7.88.1-5, which fixes it"),
        (
            "CVE-2026-0003",
            "other-release",
            "curl",
            "it speaks of `debian:trixie`; for this package it would be debian:bookworm",
        ),
        ("CVE-2026-0004", "not-affected", "curl", "it is not vulnerable"),
        ("CVE-2026-0005", "unreadable-version", "odd", "1.0 or so"),
        ("CVE-2026-0006", "no-such-package", "", "no package of the image is called `wget`"),
        ("GHSA-0001", "other-versions", "own", "version 1.0.0 is before 2.0.0, which brought it"),
        ("GHSA-0002", "left-to-distribution", "owned", "its file is of package `node-owned`"),
        ("CVE-2026-0009", "not-in-feeds", "", "no advisory of a feed that was ingested"),
    ];
    let found: Vec<Value> = service.api.report(&image)["findings"].as_array().unwrap().clone();
    let mut message = Vec::new();
    for (id, outcome, package, why) in reasons {
        let explanation = service.api.get(&format!("/v1/images/{image}/explain?vulnerability={id}")).ok();
        let [verdict] = explanation["reasons"].as_array().unwrap().as_slice() else {
            panic!("{explanation:#}")
        };
        assert_eq!(verdict["outcome"], outcome, "{explanation:#}");
        assert_eq!(verdict["package"].as_str().unwrap_or_default(), package, "{explanation:#}");
        assert!(verdict["why"].as_str().unwrap().contains(why), "{explanation:#}");
        let is_affected = match outcome {
            "affected" => json!(true),
            "unreadable-version" | "other-release" | "left-to-distribution" | "not-in-feeds" => Value::Null,
            _ => json!(false),
        };
        assert_eq!(explanation["affected"], is_affected, "{explanation:#}");
        assert_eq!(found.iter().any(|finding| finding["vulnerability"] == id), outcome == "affected");
        message.push(explanation);
    }
    service.api.get("/v1/images/sha256:none/explain?vulnerability=X").refused(400, "bad-digest");
    service.api.get(&format!("/v1/images/{image}/explain")).refused(400, "bad-request");

    let setup = service.stop();
    for ((id, outcome, _, why), expected) in reasons.into_iter().zip(message) {
        let answer = expected["answer"].as_str().unwrap().to_owned();
        let code = match answer.as_str() {
            "not-affected" => 0,
            "affected" => 1,
            _ => 3,
        };
        let explained = setup.run(["explain", &image, id, "--format", "json"]);
        assert_eq!(explained.code, Some(code), "{explained:?}");
        assert_eq!(serde_json::from_str::<Value>(&explained.stdout).unwrap(), json!([expected]));
        let table = setup.run(["explain", &image, id]).stdout;
        let headline = format!("{id}: {}\n", answer.replace("not-", "not ").replace('-', " "));
        assert!(table.starts_with(&headline) && table.contains(&image), "{table}");
        assert!(table.contains(outcome) && table.contains(why), "{table}");
    }
}
