//! Events of records, in any order, against the schema's own evaluation in the order of the ecosystem's own
//! library. A package of its own for each case.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::generate::{Form, Numbers, pairs};
use crate::verify::Setting;
use crate::verify::debian::{array, word};
use crate::verify::judges::Judge;
use crate::verify::made::Language;
use crate::verify::tally::Comparison;

/// Cases that count of each ecosystem; more are made, of which the schema leaves some open.
const CASES: usize = 2_000;
const MADE: usize = 3_000;
/// Versions of one case.
const VERSIONS: usize = 8;

pub(super) fn python(setting: &Setting<'_>) -> anyhow::Result<Comparison> {
    compare(setting, Language::Python, Form::Pep440, Judge::PythonEvents)
}

pub(super) fn node(setting: &Setting<'_>) -> anyhow::Result<Comparison> {
    compare(setting, Language::Node, Form::Semver, Judge::NodeEvents)
}

struct Case {
    name: String,
    installed: String,
    affected: Value,
}

fn compare(
    setting: &Setting<'_>,
    language: Language,
    form: Form,
    judge: Judge,
) -> anyhow::Result<Comparison> {
    let mut numbers = Numbers::default();
    let versions: Vec<String> =
        pairs(form, MADE * VERSIONS / 2).into_iter().flat_map(<[String; 2]>::from).collect();
    let made: Vec<Case> = versions
        .chunks_exact(VERSIONS)
        .enumerate()
        .filter_map(|(place, versions)| Case::of(&format!("case-{place:04}"), versions, &mut numbers))
        .collect();
    let lines: Vec<String> = made.iter().map(Case::line).collect();
    let answers = judge.answers(setting, &lines)?;
    let decided = made.into_iter().zip(answers).filter(|(_, answer)| answer != "tie");
    let (cases, answers): (Vec<Case>, Vec<String>) = decided.take(CASES).unzip();
    let packages: Vec<_> = cases.iter().map(|case| (case.name.clone(), case.installed.clone())).collect();
    let records: Vec<_> = cases.iter().map(|case| case.record(language)).collect();
    let report = language.report(setting, &packages, &records)?;
    let affected: BTreeSet<&str> =
        array(&report, "/findings").iter().map(|finding| word(finding, "/package/name")).collect();
    let mut differences = Vec::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let found = if affected.contains(case.name.as_str()) { "yes" } else { "no" };
        if found != answer {
            differences.push(format!("{}: {} says {answer}, limpid {found}", case.line(), judge.name()));
        }
    }
    let count = cases.len();
    let satisfied = answers.iter().filter(|answer| *answer == "yes").count();
    let judged = report.pointer("/summary/judged").and_then(Value::as_u64).context("nothing was judged")?;
    let what = format!(
        "{count} cases, {satisfied} of them affected, as the schema says in the order of {}",
        judge.name()
    );
    Ok(Comparison::new(what, differences)
        .requiring(count == CASES, "too few cases")
        .requiring(satisfied > CASES / 5 && satisfied < CASES * 4 / 5, "the cases are alike")
        .requiring(usize::try_from(judged).is_ok_and(|judged| judged == count), "not all were judged"))
}

impl Case {
    /// The first version is installed; of the others are events and single versions made. None where that
    /// states nothing.
    fn of(name: &str, versions: &[String], numbers: &mut Numbers) -> Option<Self> {
        let (installed, others) = versions.split_first()?;
        let bare = |version: &String| version.split('+').next().unwrap_or(version).to_owned();
        let mut others = others.iter().map(bare);
        let mut ranges = Vec::new();
        for _ in 0..=numbers.below(2) {
            let mut events = Vec::new();
            if numbers.below(2) == 0 {
                events.push(json!({ "introduced": "0" }));
            }
            for version in others.by_ref().take(1 + numbers.below(5)) {
                let kinds = ["introduced", "introduced", "fixed", "fixed", "last_affected", "limit"];
                let kind = kinds.get(numbers.below(kinds.len())).copied().unwrap_or("introduced");
                events.push(json!({ kind: version }));
            }
            if numbers.below(12) == 0 {
                events.push(json!({ "limit": "*" }));
            }
            let turn = numbers.below(events.len());
            events.rotate_left(turn);
            ranges.push(json!({ "type": "ECOSYSTEM", "events": events }));
        }
        let listed = others.take(numbers.below(2)).collect::<Vec<_>>();
        let states =
            !listed.is_empty() || ranges.iter().any(|range| range.to_string().contains("introduced"));
        let affected = json!({ "ranges": ranges, "versions": listed });
        states.then(|| Self { name: name.to_owned(), installed: installed.clone(), affected })
    }

    fn line(&self) -> String {
        json!({ "installed": self.installed, "affected": self.affected }).to_string()
    }

    fn record(&self, language: Language) -> Value {
        language.record(&format!("CASE-{}", self.name), &self.name, self.affected.clone(), json!({}))
    }
}
