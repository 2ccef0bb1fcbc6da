//! What Quay does with a report, and what it requires of one.

use serde_json::Value;

/// A report as Quay's bundled schema requires it, and as its `features_for` goes through it: where that would raise, this
/// fails.
#[track_caller]
pub(super) fn check(report: &Value) {
    for field in [
        "manifest_hash",
        "packages",
        "distributions",
        "environments",
        "vulnerabilities",
        "package_vulnerabilities",
    ] {
        assert!(!report[field].is_null(), "{field}");
    }
    let required = |value: &Value, fields: &[&str]| {
        for field in fields {
            assert!(value[field].is_string(), "`{field}` is no text: {value:#}");
        }
    };
    for (id, package) in report["packages"].as_object().unwrap() {
        required(package, &["id", "name", "version"]);
        assert_eq!(package["id"], id.as_str());
        if let Some(source) = package.get("source") {
            required(source, &["id", "name", "version"]);
        }
        // It takes the first without looking whether there is one.
        required(&report["environments"][id][0], &["package_db", "introduced_in", "distribution_id"]);
    }
    let distribution =
        ["id", "did", "name", "version", "version_code_name", "version_id", "arch", "cpe", "pretty_name"];
    for known in report["distributions"].as_object().unwrap().values() {
        required(known, &distribution);
    }
    for (id, vulnerability) in report["vulnerabilities"].as_object().unwrap() {
        required(
            vulnerability,
            &[
                "id",
                "updater",
                "name",
                "description",
                "links",
                "severity",
                "normalized_severity",
                "fixed_in_version",
            ],
        );
        assert_eq!(vulnerability["id"], id.as_str());
        assert!(vulnerability["package"].is_object());
        for optional in ["distribution", "repository"] {
            assert!(vulnerability.get(optional).is_none_or(Value::is_object), "it is left out, never null");
        }
        let severity = vulnerability["normalized_severity"].as_str().unwrap();
        assert!(
            ["Unknown", "Negligible", "Low", "Medium", "High", "Critical"].contains(&severity),
            "{severity}"
        );
    }
    for (package, ids) in report["package_vulnerabilities"].as_object().unwrap() {
        assert!(report["packages"][package].is_object());
        assert!(!ids.as_array().unwrap().is_empty());
        for id in ids.as_array().unwrap() {
            assert!(report["vulnerabilities"][id.as_str().unwrap()].is_object(), "{id}");
        }
    }
    // `list(enrichments.values())[0][0]`, of which each list is sorted by `baseScore`.
    if let Some(first) = report["enrichments"].as_object().unwrap().values().next() {
        assert_eq!(
            (report["enrichments"].as_object().unwrap().len(), first.as_array().unwrap().len()),
            (1, 1)
        );
        for (id, scores) in first[0].as_object().unwrap() {
            assert!(report["vulnerabilities"][id].is_object(), "{id}");
            let scores = scores.as_array().unwrap();
            assert!(
                !scores.is_empty() && scores.iter().all(|score| score["baseScore"].is_number()),
                "{scores:?}"
            );
        }
    }
}
