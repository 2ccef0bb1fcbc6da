use std::collections::BTreeSet;
use std::path::Path;

use super::catalogue::{ALL, Kind};

/// What stands before and after the table.
const BEGINS: &str = "| Metric | Type | Unit | Labels | Meaning |\n|---|---|---|---|---|\n";

fn table() -> String {
    let rows = ALL.iter().map(|metric| {
        let unit = metric.unit().map_or("–", |(_, unit)| match unit {
            prometheus_client::registry::Unit::Bytes => "bytes",
            _ => "seconds",
        });
        let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = if labels.is_empty() { "–".to_owned() } else { labels.join(", ") };
        let (name, kind) = (metric.queried(), metric.kind.as_str());
        format!("| `{name}` | {kind} | {unit} | {labels} | {} |\n", metric.meaning)
    });
    rows.collect()
}

#[test]
fn the_page_of_metrics_describes_those_that_there_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGINS).expect("the page has a table of metrics");
    let (found, after) = rest.split_once("\n\n").expect("something follows the table");
    if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{before}{BEGINS}{}\n{after}", table())).unwrap();
        return;
    }
    assert_eq!(format!("{found}\n"), table(), "`LIMPID_UPDATE_GOLDEN=1` writes the page anew");
}

#[test]
fn metrics_are_named_once_and_in_base_units() {
    let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), ALL.len());
    for metric in ALL {
        let name = metric.name;
        let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(is_plain && !name.ends_with("_total"), "{name}");
        for wrong in ["milliseconds", "_ms", "_kb", "_mb", "minutes", "percent"] {
            assert!(!name.contains(wrong), "{name}");
        }
        // What takes time is told in seconds, and says so.
        assert!(metric.kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
        assert!(metric.labels.len() <= 3 && !metric.meaning.ends_with('.'), "{name}");
    }
}
