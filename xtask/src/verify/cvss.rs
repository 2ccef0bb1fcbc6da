//! Scores and severities of vectors of CVSS, of which nothing else is known, against a second
//! implementation.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Setting;
use super::debian::{array, word};
use super::judges::Judge;
use super::made::Language;
use super::tally::{Comparison, Tally};

/// Random vectors of each version.
const VECTORS: usize = 10_000;

/// Metrics, each with its values, which are letters where they are one word.
type Metrics = &'static [(&'static str, &'static [&'static str])];

/// A version of CVSS: what stands before its vectors, OSV's type of them, the metrics that each has and those
/// that it may have.
struct Version {
    name: &'static str,
    kind: &'static str,
    base: Metrics,
    optional: Metrics,
}

const VERSIONS: [Version; 4] = [
    Version { name: "2.0", kind: "CVSS_V2", base: BASE_2, optional: OPTIONAL_2 },
    Version { name: "3.0", kind: "CVSS_V3", base: BASE_3, optional: OPTIONAL_3 },
    Version { name: "3.1", kind: "CVSS_V3", base: BASE_3, optional: OPTIONAL_3 },
    Version { name: "4.0", kind: "CVSS_V4", base: BASE_4, optional: OPTIONAL_4 },
];

const BASE_2: Metrics = &[
    ("AV", &["L", "A", "N"]),
    ("AC", &["H", "M", "L"]),
    ("Au", &["M", "S", "N"]),
    ("C", &["N", "P", "C"]),
    ("I", &["N", "P", "C"]),
    ("A", &["N", "P", "C"]),
];

const OPTIONAL_2: Metrics = &[
    ("E", &["U", "POC", "F", "H", "ND"]),
    ("RL", &["OF", "TF", "W", "U", "ND"]),
    ("RC", &["UC", "UR", "C", "ND"]),
    ("CDP", &["N", "L", "LM", "MH", "H", "ND"]),
    ("TD", &["N", "L", "M", "H", "ND"]),
    ("CR", &["L", "M", "H", "ND"]),
    ("IR", &["L", "M", "H", "ND"]),
    ("AR", &["L", "M", "H", "ND"]),
];

const BASE_3: Metrics = &[
    ("AV", &["N", "A", "L", "P"]),
    ("AC", &["L", "H"]),
    ("PR", &["N", "L", "H"]),
    ("UI", &["N", "R"]),
    ("S", &["U", "C"]),
    ("C", &["N", "L", "H"]),
    ("I", &["N", "L", "H"]),
    ("A", &["N", "L", "H"]),
];

const OPTIONAL_3: Metrics = &[
    ("E", &["X", "U", "P", "F", "H"]),
    ("RL", &["X", "O", "T", "W", "U"]),
    ("RC", &["X", "U", "R", "C"]),
    ("CR", &["X", "L", "M", "H"]),
    ("IR", &["X", "L", "M", "H"]),
    ("AR", &["X", "L", "M", "H"]),
    ("MAV", &["X", "N", "A", "L", "P"]),
    ("MAC", &["X", "L", "H"]),
    ("MPR", &["X", "N", "L", "H"]),
    ("MUI", &["X", "N", "R"]),
    ("MS", &["X", "U", "C"]),
    ("MC", &["X", "N", "L", "H"]),
    ("MI", &["X", "N", "L", "H"]),
    ("MA", &["X", "N", "L", "H"]),
];

const BASE_4: Metrics = &[
    ("AV", &["N", "A", "L", "P"]),
    ("AC", &["L", "H"]),
    ("AT", &["N", "P"]),
    ("PR", &["N", "L", "H"]),
    ("UI", &["N", "P", "A"]),
    ("VC", &["H", "L", "N"]),
    ("VI", &["H", "L", "N"]),
    ("VA", &["H", "L", "N"]),
    ("SC", &["H", "L", "N"]),
    ("SI", &["H", "L", "N"]),
    ("SA", &["H", "L", "N"]),
];

const OPTIONAL_4: Metrics = &[
    ("E", &["X", "A", "P", "U"]),
    ("CR", &["X", "H", "M", "L"]),
    ("IR", &["X", "H", "M", "L"]),
    ("AR", &["X", "H", "M", "L"]),
    ("MAV", &["X", "N", "A", "L", "P"]),
    ("MAC", &["X", "L", "H"]),
    ("MAT", &["X", "N", "P"]),
    ("MPR", &["X", "N", "L", "H"]),
    ("MUI", &["X", "N", "P", "A"]),
    ("MVC", &["X", "H", "L", "N"]),
    ("MVI", &["X", "H", "L", "N"]),
    ("MVA", &["X", "H", "L", "N"]),
    ("MSC", &["X", "H", "L", "N"]),
    ("MSI", &["X", "S", "H", "L", "N"]),
    ("MSA", &["X", "S", "H", "L", "N"]),
    ("S", &["X", "N", "P"]),
    ("AU", &["X", "N", "Y"]),
    ("R", &["X", "A", "U", "I"]),
    ("V", &["X", "D", "C"]),
    ("RE", &["X", "L", "M", "H"]),
    ("U", &["X", "Clear", "Green", "Amber", "Red"]),
];

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    for version in VERSIONS {
        tally.check(&format!("cvss {}: random vectors", version.name), || compare(setting, &version));
    }
}

fn compare(setting: &Setting<'_>, version: &Version) -> anyhow::Result<Comparison> {
    let mut random = fastrand::Rng::with_seed(14);
    let vectors: Vec<String> = (0..VECTORS).map(|_| version.vector(&mut random)).collect();
    let answers = Judge::Scores.answers(setting, &vectors)?;
    let name = |place: usize| format!("case-{place:05}");
    let packages: Vec<_> = (0..VECTORS).map(|place| (name(place), "1.0".to_owned())).collect();
    let records = vectors.iter().enumerate().map(|(place, vector)| {
        let affected = json!({ "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }] }] });
        let severity = json!({ "severity": [{ "type": version.kind, "score": vector }] });
        let name = name(place);
        Language::Python.record(&format!("CASE-{name}"), &name, affected, severity)
    });
    let report = Language::Python.report(setting, &packages, &records.collect::<Vec<_>>())?;
    let found: BTreeMap<&str, String> =
        array(&report, "/findings").iter().map(|it| (word(it, "/package/name"), answer(it))).collect();
    let mut differences = Vec::new();
    for (place, (vector, expected)) in vectors.iter().zip(&answers).enumerate() {
        let expected = on_the_common_scale(expected);
        let found = found.get(name(place).as_str());
        if found != Some(&expected) {
            differences.push(format!("{vector}: {expected}, but limpid says {found:?}"));
        }
    }
    let what = format!("{VECTORS} vectors with score and severity as {} has them", Judge::Scores.name());
    Ok(Comparison::new(what, differences))
}

/// The score and the severity of a finding.
fn answer(finding: &Value) -> String {
    let score = finding.pointer("/severity/rating/score").and_then(Value::as_f64);
    let score = score.map_or_else(|| "-".to_owned(), |score| format!("{score:.1}"));
    format!("{score} {}", word(finding, "/severity/level"))
}

/// The judge's answer. What has no impact is `None` to CVSS, and `Low` to CVSS 2.0, whose scale begins so.
fn on_the_common_scale(answer: &str) -> String {
    match answer.split_once('\t') {
        Some((score @ "0.0", _)) => format!("{score} negligible"),
        Some((score, word)) => format!("{score} {}", word.to_lowercase()),
        None => answer.to_owned(),
    }
}

impl Version {
    /// A vector: its base metrics in their order, and none, some or all of the others.
    fn vector(&self, random: &mut fastrand::Rng) -> String {
        let share = *random.choice(&[0, 0, 30, 100]).unwrap_or(&0);
        let optional = self.optional.iter().filter(|_| random.u32(..100) < share).collect::<Vec<_>>();
        let metrics = self.base.iter().chain(optional).map(|(name, values)| {
            let value = values.get(random.usize(..values.len())).copied().unwrap_or_default();
            format!("{name}:{value}")
        });
        let metrics = metrics.collect::<Vec<_>>().join("/");
        match self.name {
            "2.0" => metrics,
            name => format!("CVSS:{name}/{metrics}"),
        }
    }
}
