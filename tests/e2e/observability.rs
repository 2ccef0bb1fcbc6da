//! What operators see: metrics, dashboards and alerts, traces, readiness, the form of the log.

mod collector;
mod promql;
mod scrape;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use limpid_test_registry::{Registry, TestImage};
use serde_json::{Value, json};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::{Service, until};
use collector::{Collector, Span};
use scrape::{Family, families};

/// A file of this repository.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)
}

/// Metrics that this service has nothing to say of: nothing is fetched by itself, and no file is refused.
const UNSAID: [&str; 5] = [
    "limpid_feed_runs",
    "limpid_feed_runs_failed",
    "limpid_feed_run_seconds",
    "limpid_feed_last_run_seconds",
    "limpid_plugin_refused",
];

/// A service that has something to say of everything else.
fn busy() -> (Service, Collector) {
    let collector = Collector::start();
    let service = Service::with(Setup::new().with("LIMPID_TELEMETRY__ENDPOINT", collector.endpoint()));
    let api = &service.api;
    let hook = json!({ "webhook": { "url": "http://127.0.0.1:9/", "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" } });
    api.send("PUT", "/v1/subscriptions/shop", &[], hook.to_string().as_bytes()).ok();
    let watch = json!({ "registry": "127.0.0.1:9", "repositories": ["shop/*"] });
    api.send("PUT", "/v1/watches/shop", &[], watch.to_string().as_bytes()).ok();
    api.send("POST", "/v1/events", &[], json!({ "events": [] }).to_string().as_bytes());
    api.hand_in("debian", advisories::debian_tracker()).ok();
    let image = api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    api.report(&image);
    api.get("/readyz").ok();
    (service, collector)
}

fn scraped(service: &Service) -> BTreeMap<String, Family> {
    let (kind, text) = service.api.metrics_as("application/openmetrics-text");
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    families(&text)
}

/// What `docs/metrics.md` says.
fn documented() -> BTreeMap<String, Family> {
    let page = std::fs::read_to_string(file("docs/metrics.md")).unwrap();
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| `")?.split(" | ").collect();
        let [name, kind, _, labels, ..] = cells.as_slice() else { return None };
        let name = name.trim_end_matches('`');
        let labels =
            labels.split(", ").filter(|label| *label != "–").map(|label| label.trim_matches('`').to_owned());
        let name = if *kind == "counter" { name.strip_suffix("_total").unwrap() } else { name };
        Some((name.to_owned(), Family { kind: (*kind).to_owned(), labels: labels.collect() }))
    });
    rows.collect()
}

#[test]
fn the_page_of_metrics_says_what_a_service_exports() {
    let (service, _collector) = busy();
    let (scraped, documented) = (scraped(&service), documented());
    for (name, family) in &scraped {
        assert_eq!(Some(family), documented.get(name), "{name}");
    }
    let unsaid: BTreeSet<_> = documented.keys().filter(|name| !scraped.contains_key(*name)).collect();
    assert_eq!(unsaid.iter().map(|name| name.as_str()).collect::<BTreeSet<_>>(), UNSAID.into());
    // Readers that do not name it get what came before OpenMetrics.
    let plain = service.api.metrics();
    assert!(plain.contains("# TYPE limpid_requests_total counter\n") && !plain.contains("# EOF"), "{plain}");
}

/// All expressions of the dashboard and of the alerts, by where they stand.
fn expressions() -> Vec<(String, String)> {
    let dashboard = std::fs::read_to_string(file("deploy/grafana/limpid.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let mut found = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        for target in panel["targets"].as_array().into_iter().flatten() {
            found.push((format!("panel {title}"), target["expr"].as_str().unwrap().to_owned()));
        }
    }
    for alert in alerts() {
        let name = alert["alert"].as_str().unwrap();
        found.push((format!("alert {name}"), alert["expr"].as_str().unwrap().to_owned()));
    }
    found
}

fn alerts() -> Vec<Value> {
    let rules = std::fs::read_to_string(file("deploy/prometheus/limpid.rules.yml")).unwrap();
    let rules: Value = serde_saphyr::from_str(&rules).unwrap();
    let groups = rules["groups"].as_array().unwrap().iter();
    groups.flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

/// Labels that Prometheus adds.
const ADDED: [&str; 2] = ["instance", "job"];

#[test]
fn dashboard_and_alerts_ask_for_metrics_and_labels_that_there_are() {
    let documented = documented();
    let expressions = expressions();
    assert!(expressions.len() > 70, "{}", expressions.len());
    for (place, expression) in &expressions {
        let asked =
            promql::selectors(expression).unwrap_or_else(|why| panic!("{place}: {why}: {expression}"));
        assert!(!asked.is_empty(), "{place}: {expression}");
        let mut labels_of_all = BTreeSet::new();
        for selector in &asked {
            let family = documented.get(selector.family()).filter(|family| selector.fits(&family.kind));
            let family = family.unwrap_or_else(|| panic!("{place}: there is no `{}`", selector.metric));
            let mut labels = family.labels.clone();
            labels.extend(ADDED.map(str::to_owned));
            if selector.metric.ends_with("_bucket") {
                labels.insert("le".to_owned());
            }
            for label in &selector.labels {
                assert!(labels.contains(label), "{place}: `{}` has no label `{label}`", selector.metric);
            }
            labels_of_all.extend(labels);
        }
        for label in promql::grouped_by(expression) {
            assert!(labels_of_all.contains(&label), "{place}: nothing there has a label `{label}`");
        }
    }
    // The dashboard shows all that is worth a look: what is on neither, nobody misses.
    let asked: BTreeSet<_> = expressions.iter().flat_map(|(_, it)| promql::selectors(it).unwrap()).collect();
    for name in documented.keys().filter(|name| name.starts_with("limpid_feed_")) {
        let shown = asked.iter().any(|selector| selector.family() == name);
        let is_detail = ["running", "since_seconds", "success_seconds", "failure_seconds", "run_seconds"];
        assert!(shown || is_detail.iter().any(|end| name.ends_with(end)), "{name}");
    }
}

#[test]
#[ignore = "needs promtool: `cargo xtask test-with promtool`"]
fn promtool_reads_all_alerts_and_expressions() {
    let directory = tempfile::tempdir().unwrap();
    let check = |rules: &Path| {
        let checked =
            std::process::Command::new("promtool").arg("check").arg("rules").arg(rules).output().unwrap();
        assert!(checked.status.success(), "{checked:?}");
    };
    check(&file("deploy/prometheus/limpid.rules.yml"));
    // As rules of their own; what Grafana fills in is filled in.
    let filled = |expression: &str| expression.replace("$__rate_interval", "5m").replace("$instance", ".+");
    let rules: Vec<_> = expressions()
        .iter()
        .enumerate()
        .map(|(number, (_, expression))| json!({ "record": format!("of:{number}"), "expr": filled(expression) }))
        .collect();
    let path = directory.path().join("dashboard.yml");
    std::fs::write(&path, json!({ "groups": [{ "name": "dashboard", "rules": rules }] }).to_string())
        .unwrap();
    check(&path);
}

#[test]
fn each_alert_says_what_it_means_and_what_to_do() {
    let alerts = alerts();
    let names: BTreeSet<_> = alerts.iter().map(|alert| alert["alert"].as_str().unwrap()).collect();
    assert_eq!(names.len(), alerts.len());
    for alert in &alerts {
        let name = &alert["alert"];
        let severity = alert["labels"]["severity"].as_str().unwrap();
        assert!(["critical", "warning", "info"].contains(&severity), "{name}");
        for text in ["summary", "description", "runbook"] {
            let said = alert["annotations"][text].as_str().unwrap_or_default();
            assert!(said.len() > 20, "{name} has no {text}");
        }
        // A label that a text names is one that its expression leaves.
        let expression = alert["expr"].as_str().unwrap();
        let grouped = promql::grouped_by(expression);
        let text = alert["annotations"].to_string();
        for named in text.split("$labels.").skip(1) {
            let label: String = named.chars().take_while(|letter| letter.is_ascii_lowercase()).collect();
            let known = documented();
            let has = |selector: &promql::Selector| {
                ADDED.contains(&label.as_str()) || known[selector.family()].labels.contains(&label)
            };
            let left = if grouped.is_empty() {
                promql::selectors(expression).unwrap().iter().all(has)
            } else {
                grouped.contains(&label)
            };
            assert!(left, "{name} names `{label}`, which its expression does not leave");
        }
    }
}

/// Spans by name, of one trace.
fn one<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "{name}: {spans:#?}");
    found[0]
}

#[test]
fn a_scan_is_a_tree_of_spans_from_the_request_to_the_store() {
    let (collector, registry) = (Collector::start(), Registry::start());
    let tars: Vec<_> = debian().layers().iter().map(|layer| layer.tar().unwrap()).collect();
    let image = TestImage::plain(&tars.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let descriptor = registry.push("shop/web", &image);
    registry.tag("shop/web", "1", descriptor["digest"].as_str().unwrap());
    let setup = Setup::new()
        .with("LIMPID_TELEMETRY__ENDPOINT", collector.endpoint())
        .with("LIMPID_TELEMETRY__INTERVAL", 1)
        .with("LIMPID_LOG_FORMAT", "json")
        .with("LIMPID_REGISTRIES", format!("{{\"{}\" = {{}}}}", registry.host()));
    let service = Service::with(setup);
    let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let traceparent = format!("00-{trace}-{parent}-01");
    let wanted = json!({ "reference": format!("{}/shop/web:1", registry.host()) }).to_string();
    let headers =
        [("content-type", "application/json"), ("prefer", "wait=60"), ("traceparent", traceparent.as_str())];
    let answer = service.api.send("POST", "/v1/images", &headers, wanted.as_bytes());
    let number = answer.header("x-request-id").to_owned();
    let job = answer.ok();
    assert_eq!(job["state"], "done", "{job:#}");
    // What was sent to the registry belongs to the trace of the job.
    let asked = registry.asked();
    let manifest = asked.iter().find(|asked| asked.path.contains("/manifests/")).unwrap();
    let sent = manifest.header("traceparent").unwrap().to_owned();
    let log = until("the answer is in the log", || {
        let log = service.log();
        log.contains("is answered with").then_some(log)
    });
    service.stop();
    let spans = collector.spans();

    let request = one(&spans, "POST /v1/images");
    assert_eq!((request.trace.as_str(), request.parent.as_str(), request.kind), (trace, parent, 2));
    assert_eq!(request.attribute("http.request.method"), "POST");
    assert_eq!(request.attribute("http.route"), "/v1/images");
    assert_eq!(request.attribute("http.response.status_code"), "200");
    let done = one(&spans, "job");
    assert_ne!(done.trace, request.trace, "a job outlives its request");
    assert_eq!(done.links, [(request.trace.clone(), request.id.clone())]);
    assert!(sent.contains(&done.trace), "{sent}: {done:?}");
    let children = |of: &Span, name: &str| -> Vec<&Span> {
        spans.iter().filter(|span| span.parent == of.id && span.name == name).collect()
    };
    let layers = children(done, "layer");
    assert_eq!(layers.len(), 3, "{spans:#?}");
    let calls: Vec<_> = layers.iter().flat_map(|layer| children(layer, "plugin call")).collect();
    let called: BTreeSet<_> = calls.iter().map(|call| call.attribute("plugin")).collect();
    assert!(called.contains("dpkg") && called.contains("os-release"), "{called:?}");
    assert!(calls.iter().all(|call| call.attribute("outcome") == "answered"), "{calls:#?}");
    assert!(!children(done, "store commit").is_empty(), "{spans:#?}");
    assert!(!children(done, "GET").is_empty(), "the registry was asked: {spans:#?}");
    assert!(spans.iter().all(|span| span.ended >= span.began), "{spans:#?}");

    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of_request = lines.iter().find(|line| line["request_id"] == number.as_str());
    assert!(of_request.is_some(), "{log}");
    let indexed =
        lines.iter().find(|line| line["message"].as_str().is_some_and(|it| it.contains("is indexed")));
    assert_eq!(indexed.unwrap()["trace_id"], done.trace.as_str(), "{log}");
    let acknowledged =
        lines.iter().find(|line| line["message"].as_str().is_some_and(|it| it.contains("acknowledged")));
    let acknowledged = acknowledged.unwrap();
    assert_eq!(
        (&acknowledged["trace_id"], &acknowledged["request_id"]),
        (&trace.into(), &number.as_str().into())
    );
}

#[test]
fn a_collector_that_is_away_is_a_warning_and_costs_nothing_else() {
    let setup = Setup::new()
        .with("LIMPID_TELEMETRY__ENDPOINT", "http://127.0.0.1:9")
        .with("LIMPID_TELEMETRY__INTERVAL", 1)
        .with("LIMPID_TELEMETRY__ANSWER_TIME", 1)
        .with("LIMPID_TELEMETRY__QUEUE", 10);
    let service = Service::with(setup);
    service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    until("it is told", || {
        service.log().contains("spans cannot be sent to `http://127.0.0.1:9").then_some(())
    });
    let lost = until("spans are counted", || {
        let metrics = service.api.metrics();
        let lost =
            metrics.lines().find_map(|line| line.strip_prefix("limpid_spans_total{state=\"failed\"} "));
        lost.and_then(|lost| lost.parse::<u64>().ok()).filter(|lost| *lost > 0)
    });
    assert!(lost > 0);
    assert_eq!(service.log().matches("spans cannot be sent").count(), 1, "{}", service.log());
}

#[test]
fn what_makes_a_service_not_ready_is_named_with_what_to_do() {
    let setup =
        Setup::new().with("LIMPID_READY__FEEDS", "[\"debian\"]").with("LIMPID_READY__FEED_AGE", 3_600);
    let service = Service::with(setup);
    let why = service.api.get("/readyz").refused(503, "not-ready");
    assert!(why.contains("feeds: ") && why.contains("feed `debian`"), "{why}");
    assert!(why.contains("`ready.feeds`") && why.contains("limpid feed update"), "{why}");
    // It lives all the same, and answers what it knows.
    service.api.get("/healthz").ok();
    service.api.get("/v1/images").ok();
    let failing = "limpid_ready{check=\"feeds\"} 0";
    assert!(service.api.metrics().contains(failing), "{}", service.api.metrics());
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let ready = until("it is ready", || {
        let answer = service.api.get("/readyz");
        (answer.status == 200).then_some(answer.body)
    });
    assert_eq!(ready["checks"], json!(["store", "disk", "submissions", "plugins", "feeds"]));
    assert!(service.api.metrics().contains("limpid_ready{check=\"feeds\"} 1"));
}

#[test]
fn a_protocol_that_is_not_spoken_is_refused_at_the_start() {
    let setup = Setup::new()
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
        .with("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let error = setup.run(["serve", "--listen", "127.0.0.1:0"]).failed();
    assert!(error.contains("`grpc` is not spoken"), "{error}");
    let setup = Setup::new().with("LIMPID_LOG_FORMAT", "xml");
    let error = setup.run(["settings"]).failed();
    assert!(error.contains("log_format"), "{error}");
}
