//! Policies and VEX documents: what of a report does not count, by whose decision, and what comes of it.

use serde_json::{Value, json};
use xtask::sample::{Layer, advisories, alpine, debian};

use crate::api::Answer;
use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::{Service, until};

/// A vulnerability of package `libc6`, which the lowest layer of the sample brings.
const GLIBC: &str = "CVE-2024-2961";

fn with_image() -> (Service, String) {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    (service, image)
}

fn put(service: &Service, path: &str, text: &str) -> Answer {
    service.api.send("PUT", path, &[], text.as_bytes())
}

/// The suppressed findings of a report: vulnerability and by what.
fn suppressed(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = report["suppressed"].as_array().unwrap();
    all.iter().map(|it| (text(&it["vulnerability"]), text(&it["suppression"]["by"]))).collect()
}

#[test]
fn what_a_policy_suppresses_stays_in_the_report_and_counts_nowhere() {
    let (service, image) = with_image();
    let before = service.api.report(&image);
    let text = format!(
        "[[suppress]]\nvulnerabilities = [\"{GLIBC}\"]\nreason = \"no such charset\"\nauthor = \"jane\"\n\
         [[severity]]\nvulnerabilities = [\"CVE-2024-33599\"]\nlevel = \"low\"\nreason = \"no nscd\"\n"
    );
    let made = put(&service, "/v1/policies/shop", &text).ok();
    assert_eq!([&made["rules"], &made["form"]], [&json!(2), &json!("toml")]);
    let after = service.api.report_now(&image);
    let all = before["summary"]["findings"].as_u64().unwrap();
    assert_eq!(after["summary"]["findings"], all - 1);
    assert_eq!(after["summary"]["suppressed"], 1);
    assert_eq!(suppressed(&after), [(GLIBC.to_owned(), "policy".to_owned())]);
    let found = &after["suppressed"][0];
    let expected = json!({ "by": "policy", "source": "shop", "author": "jane", "reason": "no such charset",
        "justification": null, "since": null, "until": null });
    assert_eq!(found["suppression"], expected);
    let was = before["findings"].as_array().unwrap().iter().find(|it| it["vulnerability"] == GLIBC).unwrap();
    assert_eq!(found["fingerprint"], was["fingerprint"]);
    let findings = after["findings"].as_array().unwrap();
    let low = findings.iter().find(|it| it["vulnerability"] == "CVE-2024-33599").unwrap();
    assert_eq!(low["severity"]["level"], "low");
    assert_eq!(low["severity"]["rating"]["value"], "low: no nscd");
    let by_severity = after["summary"]["by_severity"].as_object().unwrap();
    let counted: u64 = by_severity.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(counted, all - 1);

    let shown = service.api.get("/v1/policies/shop").ok();
    assert_eq!(shown["text"], text);
    assert_eq!(shown["idle"], json!([]));
    put(&service, "/v1/policies/old", "[[suppress]]\nvulnerabilities = [\"CVE-1999-1\"]\nreason = \"a\"")
        .ok();
    let idle = service.api.get("/v1/policies/old").ok()["idle"].clone();
    assert_eq!(idle, json!([{ "rule": "rule 1 of `suppress`, `CVE-1999-1`", "has_expired": false }]));
    assert_eq!(service.api.delete("/v1/policies/old").status, 204);
    assert_eq!(service.api.get("/v1/policies").ok()["policies"][0]["name"], "shop");
    // It outlives the process.
    let service = Service::with(service.kill());
    assert_eq!(service.api.report_now(&image)["summary"]["suppressed"], 1);
    assert_eq!(service.api.delete("/v1/policies/shop").status, 204);
    assert_eq!(service.api.report_now(&image)["findings"], before["findings"]);
    service.api.delete("/v1/policies/shop").refused(404, "no-such-policy");
}

#[test]
fn a_report_on_the_past_uses_what_was_in_force_then() {
    let (service, image) = with_image();
    let policy = format!("[[suppress]]\nvulnerabilities = [\"{GLIBC}\"]\nreason = \"a\"");
    let since = |answer: Answer| answer.ok()["since"].as_str().unwrap().to_owned();
    let first = since(put(&service, "/v1/policies/shop", &policy));
    // Moments are told to the second.
    let mut changes = 0;
    let second = until("a second has passed", || {
        changes += 1;
        let changed = format!("{policy}\n# {changes}");
        Some(since(put(&service, "/v1/policies/shop", &changed))).filter(|second| *second > first)
    });
    assert_eq!(service.api.delete("/v1/policies/shop").status, 204);
    let report = service.api.get(&format!("/v1/images/{image}/report?as-of={second}")).ok();
    assert_eq!(suppressed(&report).len(), 1);
    assert_eq!(suppressed(&service.api.report_now(&image)), []);
}

#[test]
fn what_makes_no_sense_is_refused_and_nothing_changes() {
    let (service, image) = with_image();
    let check = |path: &str, text: &str, expected: &str| {
        let why = put(&service, path, text).refused(422, "bad-policy");
        assert!(why.contains(expected), "{why}");
    };
    check("/v1/policies/a", "[[suppress]]\nreason = \"a\"", "it names nothing");
    check("/v1/policies/a", "fail_on = [\"worst\"]", "`worst` is none of");
    check("/v1/policies/..", "#", "a name is 1 to 128");
    check("/v1/vex/a", "{}", "neither OpenVEX");
    check("/v1/vex/a", r#"{"@context": "https://openvex.dev/ns", "statements": []}"#, "no statement");
    // Nothing at all was most likely meant to be something.
    let why = put(&service, "/v1/policies/a", "").refused(400, "bad-request");
    assert!(why.contains("the body is empty"), "{why}");
    assert_eq!(service.api.get("/v1/policies").ok(), json!({ "policies": [] }));
    assert_eq!(suppressed(&service.api.report(&image)), []);
    let setup = service.stop().with("LIMPID_POLICIES__DOCUMENTS", 1);
    let service = Service::with(setup.with("LIMPID_POLICIES__DOCUMENT_BYTES", 100));
    put(&service, "/v1/policies/a", "# none yet").ok();
    put(&service, "/v1/policies/a", "fail_on = []").ok();
    let why = put(&service, "/v1/policies/b", "# none yet").refused(422, "over-limit");
    assert!(why.contains("policies.documents"), "{why}");
    let why = put(&service, "/v1/policies/a", &"#".repeat(101)).refused(413, "over-limit");
    assert!(why.contains("policies.document_bytes"), "{why}");
}

/// OpenVEX that says of a product that glibc's vulnerability does not affect it.
fn openvex(product: &Value) -> String {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/1", "author": "maker",
        "timestamp": "2026-01-01T00:00:00Z", "version": 1,
        "statements": [{
            "vulnerability": { "name": GLIBC }, "products": [product], "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path",
        }],
    })
    .to_string()
}

#[test]
fn what_is_stated_of_a_base_image_holds_for_what_it_brought_to_others() {
    let (service, base) = with_image();
    let child = debian().with(Layer::new("COPY app").file("srv/app", "app"));
    let child = service.api.index(&Parts::of(&child, Compression::Gzip).docker_archive());
    let made = put(&service, "/v1/vex/base", &openvex(&json!({ "@id": base }))).ok();
    assert_eq!([&made["author"], &made["statements"]], [&json!("maker"), &json!(1)]);
    let expected = [(GLIBC.to_owned(), "vex-not-affected".to_owned())];
    for image in [&base, &child] {
        assert_eq!(suppressed(&service.api.report_now(image)), expected, "{image}");
    }
    let report = service.api.report_now(&child);
    assert_eq!(
        report["suppressed"][0]["suppression"]["justification"],
        "vulnerable_code_not_in_execute_path"
    );
    // Of the child nothing is stated of what it stands on.
    let of_child = openvex(&json!({ "@id": child }));
    put(&service, "/v1/vex/base", &of_child).ok();
    assert_eq!(suppressed(&service.api.report_now(&base)), []);
    assert_eq!(suppressed(&service.api.report_now(&child)), expected);
}

/// CycloneDX that says of versions of `libc6` in a range that glibc's vulnerability does not affect them.
fn in_range(range: &str) -> String {
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": { "supplier": { "name": "maker" } },
        "vulnerabilities": [{
            "id": GLIBC, "analysis": { "state": "not_affected", "detail": "not built in" },
            "affects": [
                { "ref": "pkg:deb/debian/libc6", "versions": [{ "range": range }] },
                { "ref": "pkg:npm/other", "versions": [{ "version": "1" }] },
            ],
        }],
    })
    .to_string()
}

#[test]
fn ranges_of_versions_are_in_the_order_of_the_package_here_and_at_a_service() {
    let (service, image) = with_image();
    let findings = service.api.report(&image)["findings"].clone();
    let is_glibc = |it: &&Value| it["vulnerability"] == GLIBC && it["package"]["name"] == "libc6";
    let installed = findings.as_array().unwrap().iter().find(is_glibc).unwrap()["package"]["version"].clone();
    let installed = installed.as_str().unwrap().replace('+', "%2B");
    // What ends in a tilde is before what does not, in this order alone.
    let ranges = [
        (format!("vers:deb/<={installed}"), 1, 0),
        (format!("vers:deb/>{installed}~|<{installed}%2B1"), 1, 0),
        (format!("vers:deb/<{installed}"), 0, 0),
        (format!("vers:deb/<{installed}~"), 0, 0),
        (format!("vers:rpm/<={installed}"), 0, 1),
        (format!("up to {installed}"), 0, 1),
    ];
    for (range, count, inapplicable) in &ranges {
        let made = put(&service, "/v1/vex/range", &in_range(range)).ok();
        assert_eq!(made["inapplicable"], *inapplicable, "{range}");
        let report = service.api.report_now(&image);
        assert_eq!(suppressed(&report).len(), *count, "{range}");
        if *count > 0 {
            assert_eq!(report["suppressed"][0]["suppression"]["reason"], "not built in");
        }
    }
    assert_eq!(service.api.delete("/v1/vex/range").status, 204);

    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("vex.json");
    let scan = |setup: &Setup| {
        let outcome = setup.run(["scan", &image, "--format", "json", "--vex", path.to_str().unwrap()]);
        let reports: Value = serde_json::from_str(&outcome.stdout).unwrap();
        (suppressed(&reports[0]).len(), outcome.stderr)
    };
    std::fs::write(&path, in_range(&ranges[1].0)).unwrap();
    let (count, errors) = scan(&service.setup);
    assert_eq!(count, 0);
    assert!(errors.contains("ranges of versions in VEX documents are not compared"), "{errors}");
    let setup = service.stop();
    for (range, count, _) in &ranges {
        std::fs::write(&path, in_range(range)).unwrap();
        let (found, errors) = scan(&setup);
        assert_eq!((found, errors.contains("not compared")), (*count, false), "{range}: {errors}");
    }
}

#[test]
fn what_is_suppressed_is_told_where_an_image_is_explained_compared_and_planned_for() {
    let (service, base) = with_image();
    let child = debian().with(Layer::new("COPY app").file("srv/app", "app"));
    let child = service.api.index(&Parts::of(&child, Compression::Gzip).docker_archive());
    let bare = debian().with(Layer::new("RUN rm").whiteout("var/lib/dpkg/status"));
    let bare = service.api.index(&Parts::of(&bare, Compression::Gzip).docker_archive());
    let plan = |image: &str| service.api.get(&format!("/v1/images/{image}/plan")).ok();
    let before = plan(&child);
    put(&service, "/v1/vex/child", &openvex(&json!({ "@id": child }))).ok();

    let explain =
        |image: &str| service.api.get(&format!("/v1/images/{image}/explain?vulnerability={GLIBC}")).ok();
    let of_base = explain(&base);
    assert_eq!([&of_base["answer"], &of_base["counts"]], [&json!("affected"), &json!(true)]);
    assert_eq!(of_base["suppressed"], json!([]));
    let of_child = explain(&child);
    assert_eq!([&of_child["affected"], &of_child["counts"]], [&json!(true), &json!(false)]);
    let suppressed = service.api.report_now(&child)["suppressed"].clone();
    assert_eq!(of_child["suppressed"], suppressed);
    assert_eq!(suppressed[0]["suppression"]["author"], "maker");

    let diff = |before: &str, after: &str| {
        service.api.get(&format!("/v1/images/{before}/diff/{after}")).ok()["findings"].clone()
    };
    let nothing = json!([]);
    let forth = diff(&base, &child);
    for part in ["added", "removed", "changed", "counted", "added_suppressed", "removed_suppressed"] {
        assert_eq!(forth[part], nothing, "{part}");
    }
    assert_eq!(forth["suppressed"], suppressed);
    let back = diff(&child, &base);
    assert_eq!([&back["suppressed"], &back["added"], &back["added_suppressed"]], [&nothing; 3]);
    // As it is in the second image, which has no base.
    let again = &back["counted"][0];
    assert_eq!([&again["fingerprint"], &again["origin"]], [&suppressed[0]["fingerprint"], &Value::Null]);
    assert_eq!(again["suppression"], suppressed[0]["suppression"]);
    let removed = diff(&child, &bare);
    assert_eq!(removed["removed_suppressed"], suppressed);
    let counted = service.api.report_now(&child)["findings"].as_array().unwrap().len();
    assert_eq!(removed["removed"].as_array().unwrap().len(), counted);
    assert_eq!(diff(&bare, &child)["added_suppressed"], suppressed);

    let after = plan(&child);
    let all = before["summary"]["findings"].as_u64().unwrap();
    assert_eq!([&before["summary"]["suppressed"], &after["summary"]["suppressed"]], [&json!(0), &json!(1)]);
    assert_eq!(after["summary"]["findings"], all - 1);
    assert!(before.to_string().contains(GLIBC) && !after.to_string().contains(GLIBC));

    let setup = &service.setup;
    let outcome = setup.run(["explain", &child, GLIBC]);
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.stdout.starts_with(&format!("{GLIBC}: affected, but suppressed\n")), "{outcome:?}");
    assert!(outcome.stdout.contains("VEX of maker"), "{outcome:?}");
    assert_eq!(setup.run(["explain", &base, GLIBC]).code, Some(1));
    let outcome = setup.run(["diff", &base, &child]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("1 counted before, suppressed after"), "{outcome:?}");
    let table = setup.run(["plan", &child]).ok();
    assert!(table.contains("1 suppressed finding is left out"), "{table}");
}

#[test]
fn a_verdict_names_the_findings_that_decided() {
    let (service, image) = with_image();
    let verdict = |query: &str| service.api.get(&format!("/v1/images/{image}/verdict{query}"));
    let why = verdict("").refused(404, "no-such-policy");
    assert!(why.contains("`fail-on`"), "{why}");
    verdict("?policy=none").refused(404, "no-such-policy");
    verdict("?fail-on=worst").refused(400, "bad-request");
    let failed = verdict("?fail-on=fixable").ok();
    assert_eq!(failed["verdict"], "fail");
    let fixable = service.api.report(&image)["summary"]["fixable"].clone();
    assert_eq!(failed["over"], fixable);
    assert!(failed["findings"].as_array().unwrap().iter().all(|it| it["fixed_version"].is_string()));
    // A policy for other images is not asked.
    put(&service, "/v1/policies/other", "repositories = [\"other\"]\nfail_on = [\"fixable\"]").ok();
    verdict("").refused(404, "no-such-policy");
    let text = "fail_on = [\"fixable\"]\n[[suppress]]\npackages = [\"*\"]\nreason = \"a\"";
    put(&service, "/v1/policies/shop", text).ok();
    let passed = verdict("").ok();
    assert_eq!([&passed["verdict"], &passed["fail_on"]], [&json!("pass"), &json!(["fixable"])]);
    assert_eq!(verdict("?policy=other").ok()["verdict"], "pass");
    // Without advisories nobody can tell.
    let service = Service::start();
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    let unknown = service.api.get(&format!("/v1/images/{image}/verdict?fail-on=critical")).ok();
    assert_eq!(unknown["verdict"], "cannot-judge", "{unknown:#}");
}

fn review(images: &[&str]) -> String {
    let containers: Vec<_> = images.iter().map(|image| json!({ "name": "a", "image": image })).collect();
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": { "uid": "705ab4f5", "operation": "CREATE",
            "object": { "apiVersion": "v1", "kind": "Pod", "spec": { "containers": containers } } },
    })
    .to_string()
}

#[test]
fn a_pod_is_admitted_by_the_verdicts_on_its_images() {
    let (service, image) = with_image();
    put(&service, "/v1/policies/shop", "fail_on = [\"fixable\"]").ok();
    let ask = |service: &Service, images: &[&str]| {
        let answer = service.api.send("POST", "/v1/admission", &[], review(images).as_bytes()).ok();
        assert_eq!(
            [&answer["kind"], &answer["response"]["uid"]],
            [&json!("AdmissionReview"), &json!("705ab4f5")]
        );
        answer["response"].clone()
    };
    let name = debian().name().to_owned();
    let refused = ask(&service, &[&name]);
    assert_eq!(refused["allowed"], false);
    let message = refused["status"]["message"].as_str().unwrap();
    assert!(message.contains(&name) && message.contains("over the bar: CVE-"), "{message}");
    let warned = ask(&service, &["nobody.example/knows:1"]);
    assert_eq!(warned["allowed"], true);
    assert!(warned["warnings"][0].as_str().unwrap().contains("`nobody.example/knows:1` is not known here"));
    put(&service, "/v1/policies/shop", "fail_on = [\"malicious,rated\"]").ok();
    assert_eq!(ask(&service, &[&format!("any.example/name@{image}")])["allowed"], true);
    // The beginning of a digest is a name in a cluster.
    let digits: String = image.trim_start_matches("sha256:").chars().take(12).collect();
    assert!(ask(&service, &[&digits])["warnings"][0].as_str().unwrap().contains("is not known here"));
    service.api.send("POST", "/v1/admission", &[], b"{}").refused(400, "bad-request");
    // A tag means the images of all platforms: another one that is clean hides nothing.
    put(&service, "/v1/policies/shop", "fail_on = [\"fixable\"]").ok();
    let mut other =
        Parts::of(&debian().with(Layer::new("RUN rm").whiteout("var/lib/dpkg/status")), Compression::Gzip);
    other.config["architecture"] = "riscv64".into();
    service.api.index(&other.docker_archive());
    assert_eq!(service.api.get(&format!("/v1/images/{name}")).ok()["platform"]["architecture"], "riscv64");
    assert_eq!(ask(&service, &[&name])["allowed"], false);
    assert_eq!(service.api.get(&format!("/v1/images/{name}/verdict")).ok()["verdict"], "fail");
    assert_eq!(service.api.delete("/v1/policies/shop").status, 204);
    let setup =
        service.stop().with("LIMPID_ADMISSION__POLICY", "shop").with("LIMPID_ADMISSION__UNJUDGED", "deny");
    let service = Service::with(setup);
    let refused = ask(&service, &[&name]);
    assert_eq!(refused["allowed"], false, "a policy that is gone: {refused}");
    let strict = Service::with(service.stop().with("LIMPID_ADMISSION__UNKNOWN", "deny"));
    let refused = ask(&strict, &[&name, "nobody.example/knows:1"]);
    assert_eq!(refused["allowed"], false);
}

#[test]
fn a_policy_beside_the_caller_decides_for_one_scan() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let write = |name: &str, text: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let tracker = write("tracker.json", &advisories::debian_tracker().to_string());
    setup.run(["feed", "add", "debian", &tracker]).ok();
    let archive = files.path().join("image.tar");
    std::fs::write(&archive, Parts::of(&debian(), Compression::Gzip).docker_archive()).unwrap();
    let archive = archive.to_str().unwrap();
    let policy = write(
        "policy.toml",
        "fail_on = [\"fixable\"]\n[[suppress]]\nvulnerabilities = [\"CVE-2024-2961\"]\nreason = \"a\"\n\
         [[suppress]]\nvulnerabilities = [\"CVE-1999-1\"]\nreason = \"old\"\n",
    );
    let vex = write("vex.json", &openvex(&json!({ "@id": "pkg:deb/debian/libc6" })));
    let scanned = |arguments: &[&str], beside: Option<&str>| {
        let mut command = setup.command();
        command.arg("scan").arg(archive).args(["--format", "json"]).args(arguments);
        command.current_dir(match beside {
            None => setup.data().to_owned(),
            Some(text) => {
                std::fs::write(files.path().join(".limpid.toml"), text).unwrap();
                files.path().to_owned()
            }
        });
        let output = command.output().unwrap();
        let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), suppressed(&reports[0]), stderr)
    };
    let (code, by, errors) = scanned(&["--policy", &policy], None);
    assert_eq!((code, by), (1, vec![(GLIBC.to_owned(), "policy".to_owned())]));
    assert!(
        errors.contains("rule 2 of `suppress`, `CVE-1999-1` is about no finding of this image"),
        "{errors}"
    );
    let (code, by, _) = scanned(&["--vex", &vex], None);
    assert_eq!((code, by), (0, vec![(GLIBC.to_owned(), "vex-not-affected".to_owned())]));
    let all = "[[suppress]]\npackages = [\"*\"]\nreason = \"all\"";
    let (code, by, _) = scanned(&["--fail-on", "low"], Some(all));
    assert!(code == 0 && !by.is_empty());
    assert_eq!(scanned(&["--no-policy"], Some(all)).1, []);

    // The same file decides in what other commands answer.
    let answered = |arguments: &[&str]| {
        let output = setup.command().args(arguments).args(["--format", "json"]).current_dir(&files).output();
        let output = output.unwrap();
        (output.status.code().unwrap(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let (code, explained) = answered(&["explain", archive, "CVE-2024-2961"]);
    assert_eq!((code, &explained[0]["counts"]), (0, &json!(false)));
    let (code, explained) = answered(&["explain", "--no-policy", archive, "CVE-2024-2961"]);
    assert_eq!((code, &explained[0]["counts"]), (1, &json!(true)));
    let (_, planned) = answered(&["plan", archive]);
    assert_eq!(planned[0]["summary"]["findings"], 0);
    assert!(planned[0]["summary"]["suppressed"].as_u64().unwrap() > 0);
    let (_, planned) = answered(&["plan", "--vex", &vex, "--no-policy", archive]);
    assert_eq!(planned[0]["summary"]["suppressed"], 1);
    let other = files.path().join("other.tar");
    std::fs::write(&other, Parts::of(&alpine(), Compression::Gzip).docker_archive()).unwrap();
    let other = other.to_str().unwrap();
    let (_, difference) = answered(&["diff", other, archive]);
    assert_eq!(difference["findings"]["added"], json!([]));
    assert!(!difference["findings"]["added_suppressed"].as_array().unwrap().is_empty());
}

#[test]
fn a_policy_beside_the_caller_is_told_of_where_a_service_answers() {
    let (service, files) = (Service::start(), tempfile::tempdir().unwrap());
    std::fs::write(files.path().join(".limpid.toml"), "[[suppress]]\npackages = [\"*\"]\nreason = \"all\"")
        .unwrap();
    let archive = files.path().join("image.tar");
    std::fs::write(&archive, Parts::of(&debian(), Compression::Gzip).docker_archive()).unwrap();
    let explained = |arguments: &[&str]| {
        let mut command = service.setup.command();
        command.arg("explain").args(arguments).arg(&archive).arg("CVE-2024-2961").current_dir(&files);
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (_, errors) = explained(&[]);
    assert!(errors.contains("`limpid policy add` puts it in force"), "{errors}");
    let (code, errors) = explained(&["--policy", ".limpid.toml"]);
    assert!(code == 2 && errors.contains("answers by what is in force there"), "{errors}");
}

#[test]
fn commands_put_policies_in_force_here_and_at_a_service() {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("shop.toml");
    std::fs::write(&path, "fail_on = [\"critical\"]").unwrap();
    let path = path.to_str().unwrap();
    let commands = |setup: &Setup| {
        assert!(
            setup.run(["policy", "add", "shop", path]).ok().contains("policy `shop` is in force: 0 rules")
        );
        let listed = setup.run(["policy", "list"]).ok();
        assert!(listed.contains("shop") && listed.contains("critical"), "{listed}");
        assert_eq!(setup.run(["policy", "show", "shop"]).ok(), "fail_on = [\"critical\"]\n");
        assert_eq!(
            setup.run(["vex", "list", "--format", "json"]).json(),
            json!({ "documents": [], "repositories": [] })
        );
        setup.run(["policy", "remove", "shop"]).ok();
        assert!(setup.run(["policy", "remove", "shop"]).failed().contains("there is no policy `shop`"));
        assert!(setup.run(["policy", "check", path]).ok().contains("is a policy: 0 rules, 1 bar"));
    };
    let setup = Setup::new();
    commands(&setup);
    let service = Service::with(setup);
    commands(&service.setup);
}
