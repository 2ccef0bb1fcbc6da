use serde_json::{Value, json};

use super::*;
use crate::testing::{Fake, HOSTILE, assert_harmless, html, request};
use crate::{Lasts, Page};

const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const BEFORE: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

/// An image of two layers, in which all that others may choose is `text`.
fn image(text: &str) -> Value {
    let layer = |index: usize| json!({ "index": index, "diff_id": DIGEST, "created_by": text });
    json!({
        "digest": DIGEST,
        "manifests": [],
        "names": [format!("shop/web:{text}"), "shop/web:1"],
        "platform": { "os": "linux", "architecture": text, "variant": null },
        "created": "2026-11-20T10:00:00Z",
        "labels": { (text): text },
        "layers": [layer(0), layer(1)],
    })
}

fn package(name: &str, layer: usize, text: &str) -> Value {
    json!({
        "name": name,
        "version": text,
        "arch": null,
        "purl": text,
        "source_name": null,
        "source_version": null,
        "evidence": "installed",
        "licenses": [],
        "path": text,
        "member": null,
        "layer": { "index": layer, "diff_id": DIGEST, "created_by": text },
        "detector": text,
        "owner": null,
    })
}

/// A finding of a package that is called as the vulnerability is.
fn finding(id: &str, (level, layer): (&str, usize), fixed: Option<&str>, text: &str) -> Value {
    json!({
        "fingerprint": id,
        "vulnerability": id,
        "aliases": [format!("alias-of-{id}")],
        "title": text,
        "status": "affected",
        "note": null,
        "severity": { "level": level, "rating": null },
        "package": package(&format!("package-of-{id}"), layer, text),
        "fixed_version": fixed,
        "update_to": fixed,
        "feed": text,
        "source": text,
        "namespace": text,
        "references": [text],
        "published": null,
        "advisory": text,
        "publishers": [],
        "exploited": (level == "critical").then(|| json!({ "since": text, "feed": text })),
        "exploit_probability": (level == "high").then_some(0.5),
        "enrichments": [],
        "origin": if layer == 0 { "base" } else { "own" },
    })
}

fn report(findings: &[Value], text: &str) -> Value {
    let mut by_severity = serde_json::Map::new();
    for finding in findings {
        let level = finding["severity"]["level"].as_str().unwrap();
        let known = by_severity.get(level).and_then(Value::as_u64).unwrap_or(0);
        by_severity.insert(level.to_owned(), json!(known + 1));
    }
    let of_base = findings.iter().filter(|finding| finding["origin"] == "base").count();
    let suppression = json!({
        "by": "policy", "source": text, "author": null, "reason": text, "justification": null, "since": null,
        "until": null,
    });
    let mut suppressed = finding(text, ("low", 1), None, text);
    suppressed["suppression"] = suppression;
    json!({
        "image": image(text),
        "summary": {
            "findings": findings.len(),
            "fixable": findings.iter().filter(|finding| !finding["fixed_version"].is_null()).count(),
            "by_severity": by_severity,
            "suppressed": 1,
            "packages": 12,
            "judged": 10,
            "complete": false,
            "by_origin": { "base": of_base, "own": findings.len() - of_base },
        },
        "coverage": {
            "distribution": { "id": "x", "version_id": "1", "pretty_name": text, "namespaces": [], "supported_until": null },
            "supported": false,
            "gaps": [
                { "code": "noted-gap", "message": text, "blocking": false },
                { "code": "blocking-gap", "message": text, "blocking": true },
            ],
            "sources": [{
                "feed": text, "source": text, "namespaces": [], "revision": 1, "ingested": "2026-11-29T01:02:03Z",
                "silent": [],
            }],
            "unread_files": [],
            "plugin_failures": [],
            "unordered_versions": [],
            "unjudged_advisories": [],
        },
        "findings": findings,
        "suppressed": [suppressed],
        "plugins": [],
        "base": { "digest": BEFORE, "names": [text], "layers": 1 },
        "recommendation": null,
    })
}

fn layers(text: &str) -> Value {
    let introduced = json!([]);
    let layer = |index: usize, size: u64| {
        json!({
            "diff_id": DIGEST,
            "created_by": format!("/bin/sh -c {text}"),
            "added": [package("added", index, text)],
            "removed": [package("removed", index, text)],
            "upgraded": [{ "name": text, "from": text, "to": text, "package": package("upgraded", index, text) }],
            "index": index,
            "size": size,
            "inflated_size": size,
            "origin": if index == 0 { "base" } else { "own" },
            "unread": if index == 1 { json!({ "code": "damaged", "message": text }) } else { Value::Null },
            "vulnerabilities": { "introduced": introduced, "removed": [{
                "fingerprint": "x", "vulnerability": text, "severity": "low", "status": "affected", "package": text,
                "version": text, "arch": null, "fixed_version": null, "exploited": false,
                "because": "package-removed", "version_now": null,
            }] },
        })
    };
    json!({ "image": image(text), "layers": [layer(0, 80_000_000), layer(1, 2_000)], "base": null, "next": "1" })
}

fn tags(text: &str) -> Value {
    json!({ "next": null, "tags": [{
        "tag": "1",
        "digest": null,
        "since": "2026-11-21T00:00:00Z",
        "indexed_at": "2026-11-21T00:00:00Z",
        "images": [{
            "digest": DIGEST, "platform": { "os": "linux", "architecture": text, "variant": null }, "created": null,
            "findings": 3, "by_severity": {}, "change": { "from": BEFORE, "added": 2, "removed": 1 },
        }],
        "previous": null,
    }] })
}

fn three(text: &str) -> Vec<Value> {
    vec![
        finding("CVE-1", ("critical", 1), Some("2.0"), text),
        finding("CVE-2", ("high", 0), None, text),
        finding("CVE-3", ("low", 0), None, text),
    ]
}

fn api(findings: &[Value], text: &str) -> Fake {
    Fake::default()
        .with("/v1/images/web/report", report(findings, text))
        .with("/v1/images/web/report?as-of=2026-11-20T23:59:59Z", report(findings, text))
        .with(&format!("/v1/images/{DIGEST}/layers?limit=40"), layers(text))
        .with("/v1/repositories/shop%2Fweb/tags?limit=1&after=0~", tags(text))
}

fn shown(api: &Fake, query: &str) -> String {
    html(show(api, &request("/images/web", query), "web"))
}

/// Vulnerabilities of rows, in their order.
fn rows(page: &str) -> Vec<&str> {
    let cells = page.split("<th scope=\"row\" data-title=\"Vulnerability\">").skip(1);
    cells.map(|cell| cell.split("<bdi>").nth(1).unwrap().split("</bdi>").next().unwrap()).collect()
}

#[test]
fn figures_are_those_of_the_report_and_the_sum_of_rows() {
    let page = shown(&api(&three(""), ""), "");
    for figure in
        ["<dt>findings</dt><dd>3</dd>", "<dt>vulnerabilities</dt><dd>3</dd>", "<dt>exploited</dt><dd>1</dd>"]
    {
        assert!(page.contains(figure), "{figure}: {page}");
    }
    assert_eq!(rows(&page), ["CVE-1", "CVE-2", "CVE-3"]);
    assert!(page.contains("Incomplete."));
    let blocking = page.find("blocking-gap").unwrap();
    assert!(blocking < page.find("noted-gap").unwrap(), "what is missing is first");
}

#[test]
fn filters_and_order_are_those_of_the_address() {
    let api = api(&three("x"), "x");
    let check = |query: &str, expected: &[&str]| assert_eq!(rows(&shown(&api, query)), expected, "{query}");
    check("severity=high", &["CVE-1", "CVE-2"]);
    check("fixable=1", &["CVE-1"]);
    check("exploited=1", &["CVE-1"]);
    check("origin=base", &["CVE-2", "CVE-3"]);
    check("layer=0", &["CVE-2", "CVE-3"]);
    check("q=PACKAGE-of-cve-3", &["CVE-3"]);
    check("q=alias-of-CVE-2", &["CVE-2"]);
    check("sort=epss", &["CVE-2", "CVE-1", "CVE-3"]);
    check("sort=layer", &["CVE-2", "CVE-3", "CVE-1"]);
    check("severity=&q=&sort=", &["CVE-1", "CVE-2", "CVE-3"]);
    check("as-of=2026-11-20", &["CVE-1", "CVE-2", "CVE-3"]);
    for wrong in ["severity=worse", "origin=theirs", "sort=x", "layer=x", "page=x", "show=x", "format=x"] {
        let problem = show(&api, &request("/images/web", wrong), "web").unwrap_err();
        assert_eq!(problem.status, 400, "{wrong}");
    }
}

#[test]
fn many_findings_are_in_pages_and_all_in_csv() {
    let many: Vec<_> = (0..120).map(|n| finding(&format!("CVE-{n:03}"), ("high", 0), None, "")).collect();
    let api = api(&many, "");
    let mut all = Vec::new();
    for page in 1..=3 {
        all.extend(rows(&shown(&api, &format!("page={page}"))).into_iter().map(str::to_owned));
    }
    assert_eq!(all.len(), 120);
    assert!(all.is_sorted());
    let csv = show(&api, &request("/images/web", "format=csv&q=cve-11"), "web").unwrap();
    let Answer::Csv { name, text } = csv else { panic!("{csv:?}") };
    assert_eq!(name, "findings-111111111111");
    assert_eq!(text.lines().skip(1).filter(|line| line.contains("CVE-11")).count(), 10, "{text}");
}

#[test]
fn a_page_lasts_as_long_as_the_revision_unless_it_is_of_the_past() {
    let api = api(&three(""), "");
    let lasts = |query: &str| match show(&api, &request("/images/web", query), "web").unwrap() {
        Answer::Page(Page { lasts, status, .. }) => (status, lasts),
        other => panic!("{other:?}"),
    };
    assert_eq!(lasts(""), (200, Lasts::Revision));
    assert_eq!(lasts("as-of=2026-11-20"), (200, Lasts::Moment));
}

#[test]
fn texts_of_others_are_text() {
    let long = "x".repeat(4_096);
    for text in HOSTILE.iter().copied().chain([long.as_str()]) {
        let mut findings = three(text);
        findings.push(finding(text, ("high", 1), Some(text), text));
        let page = shown(&api(&findings, text), "");
        assert_harmless(&page);
        assert!(page.len() < 100_000, "{} bytes with {text:?}", page.len());
    }
}

#[test]
fn a_layer_says_what_it_did_and_of_which_image_it_is() {
    let page = shown(&api(&three("RUN x"), "RUN x"), "");
    for part in [
        "80.0 MB",
        "<span class=\"chip base\">base</span>",
        "Could not be read",
        "id=\"layer-1\"",
        "class=\"fill critical\"",
        "Layers above these",
        "<strong>2</strong> findings came and <strong>1</strong> went",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn what_the_api_refuses_is_refused() {
    let problem = show(&Fake::default(), &request("/images/web", ""), "web").unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (404, "not-found"));
}

#[test]
fn an_image_is_deleted_by_the_form_that_says_so_and_no_other() {
    let form = |action: &str| Form::new(vec![("action".to_owned(), action.to_owned())]).unwrap();
    let api = Fake::default().with("/v1/images/web", json!(null));
    assert_eq!(act(&api, &form("x"), "web").unwrap_err().status, 400);
    assert!(api.asked.borrow().is_empty());
    assert_eq!(act(&api, &form("delete"), "web"), Ok(Answer::Elsewhere("/".to_owned())));
    assert_eq!(*api.asked.borrow(), ["DELETE /v1/images/web"]);
}

#[test]
fn a_trend_has_what_is_known_of_each_day_and_says_what_is_not() {
    let (text, now) = (HOSTILE[0], 1_795_996_800_000);
    let at = |days: u64| limpid_formats::rfc3339(now - days * 24 * 60 * 60 * 1_000);
    let path = |days| Address::of(&["v1", "images", DIGEST, "report"]).with("as-of", &at(days)).to_string();
    let mut nothing = report(&[], text);
    nothing["summary"]["judged"] = json!(0);
    let api = Fake::default()
        .with("/v1/images/web", image(text))
        .with(&path(0), report(&three(text), text))
        .with(&path(30), report(&three(text)[1..], text))
        .with(&path(3), nothing);
    let asked = |query: &str| request("/images/web", query).at(now);
    let page = html(show(&api, &asked("show=trend"), "web"));
    assert_harmless(&page);
    assert_eq!(page.matches("<tr><th scope=\"row\"").count(), 11);
    assert_eq!(page.matches("text-anchor=\"middle\">?").count(), 9, "{page}");
    let csv = show(&api, &asked("show=trend&format=csv"), "web").unwrap();
    let Answer::Csv { text, .. } = csv else { panic!("{csv:?}") };
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        [lines[1], lines[2], lines[11]],
        [format!("{},2,0", at(30)), format!("{},,", at(27)), format!("{},3,1", at(0))]
    );
}

#[test]
fn a_plan_shows_what_to_update_to_what_and_what_that_clears() {
    let plan = |text: &str| {
        json!({
            "image": image(text),
            "distribution": null,
            "summary": { "findings": 3, "suppressed": 0, "clears": 2, "updates": 1, "complete": true },
            "base": null,
            "recommendation": {
                "digest": BEFORE, "names": [text], "created": null, "removes": 5, "adds": 1, "complete": true,
                "is_newest_known": true,
            },
            "layers": [{
                "layer": { "index": 0, "diff_id": DIGEST, "created_by": text },
                "origin": "own",
                "updates": [{
                    "package": package(text, 0, "1.0"), "to": "2.0", "also": [text],
                    "clears": [{ "fingerprint": "x", "vulnerability": text, "severity": "high", "exploited": true }],
                    "remains": 1, "of_distribution": true,
                }],
            }],
            "commands": [{ "detector": text, "origin": null, "packages": 1, "steps": [
                { "place": "image", "command": [], "line": text, "note": text },
            ] }],
            "untold": [{ "detector": text, "packages": 2 }],
            "failures": [{ "plugin": text, "version": "1", "kind": "trap", "blame": "plugin", "reason": text }],
            "copacetic": null,
            "gaps": [],
        })
    };
    for text in HOSTILE {
        let api = Fake::default().with("/v1/images/web/plan", plan(text));
        let page = shown(&api, "show=plan");
        assert_harmless(&page);
        assert!(page.contains("2.0") && page.contains("5 findings less, 1 more"), "{page}");
    }
    let api = Fake::default().with("/v1/images/web/plan", plan("=1+1"));
    let csv = show(&api, &request("/images/web", "show=plan&format=csv"), "web").unwrap();
    let Answer::Csv { text, .. } = csv else { panic!("{csv:?}") };
    assert!(text.contains("'=1+1"), "{text}");
}

#[test]
fn a_difference_counts_what_it_lists() {
    let difference = |text: &str| {
        json!({
            "before": image(text),
            "after": image(text),
            "packages": { "added": [package(text, 0, text)], "removed": [], "changed": [] },
            "findings": {
                "added": [finding("CVE-9", ("high", 0), None, text), finding(text, ("low", 0), None, text)],
                "removed": [], "changed": [], "suppressed": [], "counted": [], "added_suppressed": [],
                "removed_suppressed": [],
            },
            "doubts": [{ "of": "both", "code": "x", "message": text }],
        })
    };
    for text in HOSTILE {
        let api = Fake::default().with("/v1/images/before/diff/web", difference(text));
        let page = shown(&api, "show=difference&with=before");
        assert_harmless(&page);
        assert!(page.contains("<dt>Came</dt><dd>2</dd>"), "{page}");
        assert_eq!(rows(&page).len(), 2);
    }
    let api = Fake::default()
        .with("/v1/images/web", image("x"))
        .with("/v1/repositories/shop%2Fweb/tags?limit=1&after=0~", tags("x"));
    let page = shown(&api, "show=difference");
    assert!(page.contains(&format!("with={BEFORE}")), "{page}");
}
