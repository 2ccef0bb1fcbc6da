//! Ranges and listed versions, as records state them, against what the ecosystem's own library says of
//! the specifier that means the same. A package of its own for each case.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::generate::{Form, pairs};
use crate::verify::Setting;
use crate::verify::debian::{array, word};
use crate::verify::judges::Judge;
use crate::verify::made::Language;
use crate::verify::tally::Comparison;

/// Generated cases of each ecosystem.
const CASES: usize = 2_000;

/// Operators, each with what OSV calls it.
const OPERATORS: [&str; 4] = ["==", "<=", "<", ">="];

pub(super) fn python(setting: &Setting<'_>) -> anyhow::Result<Comparison> {
    compare(setting, Language::Python, Form::Pep440, Judge::Specifiers)
}

pub(super) fn node(setting: &Setting<'_>) -> anyhow::Result<Comparison> {
    compare(setting, Language::Node, Form::Semver, Judge::Ranges)
}

struct Case {
    name: String,
    installed: String,
    operator: &'static str,
    version: String,
}

fn compare(
    setting: &Setting<'_>,
    language: Language,
    form: Form,
    judge: Judge,
) -> anyhow::Result<Comparison> {
    let cases: Vec<Case> = OPERATORS
        .into_iter()
        .cycle()
        .zip(pairs(form, CASES))
        .enumerate()
        .map(|(place, (operator, (installed, version)))| Case {
            name: format!("case-{place:04}"),
            installed,
            operator,
            version,
        })
        .collect();
    let lines: Vec<String> = cases.iter().map(Case::line).collect();
    let answers = judge.answers(setting, &lines)?;
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
    let satisfied = answers.iter().filter(|answer| *answer == "yes").count();
    let judged = report.pointer("/summary/judged").and_then(Value::as_u64).unwrap_or(0);
    let what = format!("{CASES} cases, {satisfied} of them affected, as {} says", judge.name());
    Ok(Comparison::new(what, differences)
        .requiring(satisfied > CASES / 5 && satisfied < CASES, "all are alike")
        .requiring(usize::try_from(judged).is_ok_and(|judged| judged == CASES), "not all were judged"))
}

impl Case {
    fn line(&self) -> String {
        format!("{}\t{}\t{}", self.installed, self.operator, self.version)
    }

    fn record(&self, language: Language) -> Value {
        let range = |events: Value| json!({ "ranges": [{ "type": range_type(language), "events": events }] });
        let (start, version) = (json!({ "introduced": "0" }), &self.version);
        let affected = match self.operator {
            "==" => json!({ "versions": [version] }),
            "<=" => range(json!([start, { "last_affected": version }])),
            "<" => range(json!([start, { "fixed": version }])),
            _ => range(json!([{ "introduced": version }])),
        };
        language.record(&format!("CASE-{}", self.name), &self.name, affected, json!({}))
    }
}

const fn range_type(language: Language) -> &'static str {
    match language {
        Language::Python => "ECOSYSTEM",
        Language::Node => "SEMVER",
    }
}
