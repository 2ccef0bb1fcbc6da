//! What repositories come to, how that was, and how old findings are, against what the reports of their images say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use xtask::sample::{Layer, advisories, debian};

use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::{Service, until};

/// An image with modules of npm, under a name.
fn node(name: &str, packages: &[(&str, &str)]) -> Vec<u8> {
    let layer = packages.iter().fold(Layer::new("RUN npm install"), |layer, (package, version)| {
        let manifest = json!({ "name": package, "version": version });
        layer.file(format!("app/node_modules/{package}/package.json"), manifest.to_string())
    });
    Parts::of(&image(name, [layer]), Compression::Gzip).docker_archive()
}

fn record(id: &str, package: &str, severity: &str, fixed: Option<&str>) -> String {
    let mut events = vec![json!({ "introduced": "0" })];
    events.extend(fixed.map(|fixed| json!({ "fixed": fixed })));
    json!({
        "id": id,
        "modified": "2026-11-20T00:00:00Z",
        "database_specific": { "severity": severity },
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": events }],
        }],
    })
    .to_string()
}

fn findings(report: &Value) -> &[Value] {
    report["findings"].as_array().unwrap()
}

/// The summary of images, from their reports.
fn computed(service: &Service, images: &BTreeSet<String>) -> Value {
    let mut by_severity: BTreeMap<String, u64> = BTreeMap::new();
    let mut vulnerabilities = BTreeSet::new();
    let (mut exploited, mut fixable, mut both, mut not_judged) = (0, 0, 0, 0);
    for image in images {
        let report = service.api.report(image);
        not_judged += u64::from(report["summary"]["judged"] == 0 && findings(&report).is_empty());
        for finding in findings(&report) {
            *by_severity.entry(finding["severity"]["level"].as_str().unwrap().to_owned()).or_default() += 1;
            vulnerabilities.insert(finding["vulnerability"].as_str().unwrap().to_owned());
            let (is_exploited, is_fixable) =
                (finding["exploited"].is_object(), finding["fixed_version"].is_string());
            exploited += u64::from(is_exploited);
            fixable += u64::from(is_fixable);
            both += u64::from(is_exploited && is_fixable);
        }
    }
    json!({
        "images": images.len(),
        "not_judged": not_judged,
        "vulnerabilities": vulnerabilities.len(),
        "findings": by_severity.values().sum::<u64>(),
        "by_severity": by_severity,
        "exploited": exploited,
        "fixable": fixable,
        "exploited_fixable": both,
        "overdue": 0,
    })
}

/// The images at which the tags of a repository point.
fn images_of(service: &Service, repository: &str) -> BTreeSet<String> {
    let tags = service.api.get(&format!("/v1/repositories/{repository}/tags")).ok();
    let tags = tags["tags"].as_array().unwrap().iter().flat_map(|tag| tag["images"].as_array().unwrap());
    tags.map(|image| image["digest"].as_str().unwrap().to_owned()).collect()
}

/// Repositories once all counts are made.
fn repositories(service: &Service, query: &str) -> Vec<Value> {
    let page = until("repositories are counted", || {
        let page = service.api.get(&format!("/v1/repositories?{query}")).ok();
        (page["partial"] == false).then_some(page)
    });
    page["repositories"].as_array().unwrap().clone()
}

/// Each repository says of its images what their reports say, in lists and by itself, and so does today's trend.
fn check(service: &Service, what: &str) {
    let mut all = BTreeSet::new();
    for mut repository in repositories(service, "") {
        let name = repository["name"].as_str().unwrap().to_owned();
        let images = images_of(service, &name);
        let one = service.api.get(&format!("/v1/repositories/{name}")).ok();
        assert_eq!(one["summary"]["current"], true, "{what}: {name}");
        let summary = &mut repository["summary"];
        assert_eq!(one["summary"]["findings"], summary["findings"], "{what}: {name}");
        summary["by_severity"].as_object_mut().unwrap().retain(|_, count| *count != 0);
        let (counted, current) = (summary["counted_at"].take(), summary["current"].take());
        assert!(counted.is_string() && current == true, "{what}: {name}");
        let mut expected = computed(service, &images);
        expected["counted_at"] = Value::Null;
        expected["current"] = Value::Null;
        assert_eq!(*summary, expected, "{what}: {name}");
        let days = service.api.get(&format!("/v1/repositories/{name}/trend")).ok()["days"].clone();
        check_today(&days, &expected, &format!("{what}: {name}"));
        all.extend(images);
    }
    let days = service.api.get("/v1/statistics/trend?days=2").ok()["days"].clone();
    check_today(&days, &computed(service, &all), what);
}

fn check_today(days: &Value, expected: &Value, what: &str) {
    let today = days.as_array().unwrap().last().unwrap();
    for count in ["images", "not_judged", "vulnerabilities", "findings", "exploited"] {
        assert_eq!(today[count], expected[count], "{what}: {count}");
    }
}

#[test]
fn repositories_and_todays_trend_say_what_the_reports_of_their_images_say() {
    let service = Service::start();
    service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    service.api.index(&node("shop/web:1", &[("alpha", "1.0.0"), ("beta", "1.0.0")]));
    service.api.index(&node("shop/web:2", &[("alpha", "1.0.0")]));
    service.api.index(&node("shop/pay:1", &[("gamma", "1.0.0")]));
    check(&service, "no feed");
    let documents = [
        ("osv", record("CVE-2026-0001", "alpha", "HIGH", Some("1.5.0"))),
        ("osv", record("CVE-2026-0002", "beta", "CRITICAL", None)),
        ("osv", record("CVE-2026-0003", "gamma", "LOW", Some("2.0.0"))),
        ("debian", advisories::debian_tracker()),
        (
            "kev",
            json!({ "catalogVersion": "1", "count": 1, "vulnerabilities": [
                { "cveID": "CVE-2026-0003", "dateAdded": "2026-11-26" }
            ] })
            .to_string(),
        ),
    ];
    for (place, (feed, document)) in documents.iter().enumerate() {
        service.api.hand_in(feed, document).ok();
        check(&service, &format!("{feed}, document {place}"));
    }

    let names = |query: &str| -> Vec<String> {
        let listed = repositories(&service, query);
        listed.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("sort=exploited")[0], "shop/pay");
    assert_eq!(names("sort=name"), names(""));
    for order in ["exploited", "worst", "findings"] {
        let all = names(&format!("sort={order}"));
        assert_eq!(all.iter().collect::<BTreeSet<_>>(), names("").iter().collect());
        let (mut after, mut paged) = (String::new(), Vec::new());
        loop {
            let page = service.api.get(&format!("/v1/repositories?sort={order}&limit=1{after}")).ok();
            paged.extend(page["repositories"].as_array().unwrap().iter().map(|it| it["name"].clone()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(json!(all), json!(paged), "{order}");
    }
    service.api.get("/v1/repositories?sort=exploited&after=shop").refused(400, "bad-request");
    let message = service.api.get("/v1/repositories?sort=size").refused(400, "bad-request");
    assert!(message.contains("there are `name`, `exploited`, `worst`, `findings`"), "{message}");

    // What somebody decides counts as in reports; the trend is of what publishers state.
    let before = service.api.get("/v1/repositories/shop/web/trend").ok();
    let policy = "[[suppress]]\nvulnerabilities = [\"CVE-2026-0002\"]\nreason = \"it is not reached\"\n";
    service.api.send("PUT", "/v1/policies/own", &[], policy.as_bytes()).ok();
    repositories(&service, "");
    let web = service.api.get("/v1/repositories/shop/web").ok()["summary"].clone();
    let expected = computed(&service, &images_of(&service, "shop/web"));
    assert_eq!(
        [&web["findings"], &web["vulnerabilities"]],
        [&expected["findings"], &expected["vulnerabilities"]]
    );
    assert_eq!(web["findings"], 2);
    assert_eq!(service.api.get("/v1/repositories/shop/web/trend").ok(), before);
    service.api.delete("/v1/policies/own");

    // Images come, move and go.
    service.api.index(&node("shop/web:1", &[("alpha", "2.0.0")]));
    check(&service, "a tag has moved");
    let pay = images_of(&service, "shop/pay").pop_first().unwrap();
    service.api.delete(&format!("/v1/images/{pay}"));
    check(&service, "an image is gone");
    assert!(!names("sort=findings").contains(&"shop/pay".to_owned()));
    service.api.get("/v1/repositories/shop/pay/trend").refused(404, "no-such-repository");
    service.api.get("/v1/repositories/shop/web/trend?day=3").refused(400, "bad-request");
    let service = Service::with(service.kill());
    check(&service, "after a restart");

    // A tag whose image is deleted points where it pointed before, as its name does.
    service.api.index(&node("shop/moved:1", &[("alpha", "1.0.0")]));
    let second = service.api.index(&node("shop/moved:1", &[("alpha", "1.0.0"), ("gamma", "1.0.0")]));
    service.api.delete(&format!("/v1/images/{second}"));
    let counted = repositories(&service, "");
    let moved = counted.iter().find(|it| it["name"] == "shop/moved").unwrap();
    let older = (&json!(1), &json!(1));
    assert_eq!((&moved["images"], &moved["summary"]["images"]), older, "{moved:#}");
}

#[test]
fn a_finding_is_as_old_as_its_tag_has_it_and_is_repaired_when_the_tag_has_it_no_more() {
    let setup = Setup::new().with("LIMPID_OWNERS__TEAM", r#"["shop/*"]"#);
    let service = Service::with(setup.with("LIMPID_OWNERS__OTHERS", r#"["**", "shop/other"]"#));
    let begun = jiff::Timestamp::now();
    let first = service.api.index(&node("shop/web:1", &[("alpha", "1.0.0"), ("beta", "1.0.0")]));
    for (id, package) in [("CVE-2026-0001", "alpha"), ("CVE-2026-0002", "beta")] {
        service.api.hand_in("osv", record(id, package, "HIGH", Some("1.5.0"))).ok();
    }
    let ages = |image: &str| service.api.get(&format!("/v1/images/{image}/ages")).ok();
    let before = ages("shop/web:1");
    let report = service.api.report(&first);
    let prints = |of: &Value| -> Vec<Value> {
        of["findings"].as_array().unwrap().iter().map(|it| it["fingerprint"].clone()).collect()
    };
    assert_eq!((prints(&before), &before["tags"]), (prints(&report), &json!(["shop/web:1"])));
    assert_eq!(prints(&before).len(), 2);
    for age in before["findings"].as_array().unwrap() {
        for seen in [&age["first_seen"], &age["fix_known"]] {
            let at: jiff::Timestamp = seen["at"].as_str().unwrap().parse().unwrap();
            assert!(at.as_second() >= begun.as_second() && at <= jiff::Timestamp::now(), "{age:#}");
            assert_eq!(seen["or_earlier"], false);
        }
        assert_eq!([&age["age_days"], &age["fix_days"], &age["limit_days"]], [0, 0, 30]);
        assert_eq!([&age["severity"], &age["overdue"]], [&json!("high"), &json!(false)]);
    }
    let repairs = || service.api.get("/v1/repositories/shop/web/repairs").ok();
    assert_eq!([&repairs()["repaired"], &repairs()["open"]], [0, 2]);
    let of_owner = |name: &str| service.api.get(&format!("/v1/owners/{name}/repairs"));
    assert_eq!(of_owner("team").ok()["open"], 2);
    assert_eq!(of_owner("others").ok()["open"], 0);
    of_owner("nobody").refused(404, "no-such-owner");
    assert_eq!(service.api.get("/v1/owners").ok()["owners"][1]["name"], "team");
    assert_eq!(service.api.get("/v1/repositories/shop/web").ok()["owner"], "team");
    assert_eq!(repairs()["median_seconds"], Value::Null);

    // One of them is left, as old as it was; and of another tag it is new.
    let second = service.api.index(&node("shop/web:1", &[("alpha", "1.1.0"), ("beta", "2.0.0")]));
    let after = ages("shop/web:1");
    let of_alpha = |ages: &Value| {
        let mut all = ages["findings"].as_array().unwrap().iter();
        all.find(|age| age["package"] == "alpha").unwrap()["first_seen"].clone()
    };
    assert_eq!((prints(&after).len(), of_alpha(&after)), (1, of_alpha(&before)));
    assert_eq!(of_alpha(&ages(&second)), of_alpha(&before));
    // Moments are told to the second.
    let begun = jiff::Timestamp::now().as_second();
    until("a second has passed", || (jiff::Timestamp::now().as_second() > begun).then_some(()));
    service.api.index(&node("shop/web:2", &[("alpha", "1.1.0")]));
    assert_ne!(of_alpha(&ages("shop/web:2")), of_alpha(&before));
    let done = repairs();
    assert_eq!([&done["repaired"], &done["open"], &done["withdrawn"], &done["begun_before"]], [1, 2, 0, 0]);
    assert!(done["median_seconds"].is_u64() && done["median_seconds"] == done["mean_seconds"], "{done:#}");

    // What its publisher takes back is not repaired.
    service.api.hand_in("osv", record("CVE-2026-0001", "alpha", "HIGH", Some("1.0.5"))).ok();
    let done = repairs();
    assert_eq!([&done["repaired"], &done["open"], &done["withdrawn"]], [1, 0, 2]);
    service.api.get("/v1/repositories/none/repairs").refused(404, "no-such-repository");
    service.api.get("/v1/images/none:1/ages").refused(404, "no-such-image");
}
