//! Ranges and listed versions, as records state them, against what the ecosystem's own library says of
//! the specifier that means the same. A package of its own for each case.

use serde_json::{Value, json};

use super::generate::{Form, pairs};
use super::judged::{self, Stored, hold};
use crate::verify::Setting;
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
    let cases: Vec<_> = cases.into_iter().map(|case| case.stored(language)).collect();
    let Stored { differences, affected, judged } = hold(setting, language, judge, &cases, &answers)?;
    let what = format!("{CASES} cases, {affected} of them affected, as {} says", judge.name());
    Ok(Comparison::new(what, differences)
        .requiring(affected > CASES / 5 && affected < CASES, "all are alike")
        .requiring(judged == CASES, "not all were judged"))
}

impl Case {
    fn line(&self) -> String {
        format!("{}\t{}\t{}", self.installed, self.operator, self.version)
    }

    fn stored(self, language: Language) -> judged::Case {
        let range = |events: Value| json!({ "ranges": [{ "type": range_type(language), "events": events }] });
        let (start, version) = (json!({ "introduced": "0" }), &self.version);
        let affected = match self.operator {
            "==" => json!({ "versions": [version] }),
            "<=" => range(json!([start, { "last_affected": version }])),
            "<" => range(json!([start, { "fixed": version }])),
            _ => range(json!([{ "introduced": version }])),
        };
        let record = language.record(&format!("CASE-{}", self.name), &self.name, affected, json!({}));
        judged::Case { line: self.line(), package: self.name, installed: self.installed, record }
    }
}

const fn range_type(language: Language) -> &'static str {
    match language {
        Language::Python => "ECOSYSTEM",
        Language::Node => "SEMVER",
    }
}
