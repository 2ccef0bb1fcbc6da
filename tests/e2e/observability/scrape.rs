//! Metrics in OpenMetrics, as a service answers them.

use std::collections::{BTreeMap, BTreeSet};

/// A metric with all its series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) kind: String,
    pub(super) labels: BTreeSet<String>,
}

/// The families that have series.
pub(super) fn families(text: &str) -> BTreeMap<String, Family> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let mut kinds = BTreeMap::new();
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            let (name, kind) = described.split_once(' ').unwrap();
            assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} is described twice");
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let end = line.find(['{', ' ']).unwrap();
        let sample = &line[..end];
        let ends = ["", "_total", "_bucket", "_sum", "_count"].iter();
        let name = ends.filter_map(|end| sample.strip_suffix(end)).find(|name| kinds.contains_key(*name));
        let name = name.unwrap_or_else(|| panic!("nothing describes {line}"));
        let family = families.entry(name.to_owned()).or_default();
        family.kind.clone_from(&kinds[name]);
        let labels = labels(&line[end..]);
        family.labels.extend(labels.into_iter().filter(|label| label != "le"));
    }
    families
}

/// The names of `{a="x",b="y"}`, whatever stands in the values.
fn labels(text: &str) -> Vec<String> {
    let mut labels = Vec::new();
    let Some(mut rest) = text.strip_prefix('{') else { return labels };
    while let Some((name, after)) = rest.split_once("=\"") {
        labels.push(name.trim_start_matches(',').to_owned());
        let mut is_escaped = false;
        let end = after.find(|letter| {
            let ends = letter == '"' && !is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            ends
        });
        rest = &after[end.unwrap() + 1..];
        if rest.starts_with('}') {
            break;
        }
    }
    labels
}
