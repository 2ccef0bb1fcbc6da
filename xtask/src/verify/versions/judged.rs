//! Packages that advisories affect or not, compared with what a judge says of each.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde_json::Value;

use crate::verify::Setting;
use crate::verify::debian::{array, word};
use crate::verify::judges::Judge;
use crate::verify::made::Language;

/// A package with a record of its own.
pub(super) struct Case {
    pub(super) package: String,
    pub(super) installed: String,
    pub(super) record: Value,
    /// As the judge was asked.
    pub(super) line: String,
}

/// What came of all cases.
pub(super) struct Stored {
    pub(super) differences: Vec<String>,
    /// How many the judge says are affected.
    pub(super) affected: usize,
    /// How many packages were judged.
    pub(super) judged: usize,
}

/// Holds a report on all packages against the judge's answers, `yes` or `no`.
pub(super) fn hold(
    setting: &Setting<'_>,
    language: Language,
    judge: Judge,
    cases: &[Case],
    answers: &[String],
) -> anyhow::Result<Stored> {
    let packages: Vec<_> = cases.iter().map(|case| (case.package.clone(), case.installed.clone())).collect();
    let records: Vec<_> = cases.iter().map(|case| case.record.clone()).collect();
    let report = language.report(setting, &packages, &records)?;
    let affected: BTreeSet<&str> =
        array(&report, "/findings").iter().map(|finding| word(finding, "/package/name")).collect();
    let mut differences = Vec::new();
    for (case, answer) in cases.iter().zip(answers) {
        let found = if affected.contains(case.package.as_str()) { "yes" } else { "no" };
        if found != answer {
            differences.push(format!("{}: {} says {answer}, limpid {found}", case.line, judge.name()));
        }
    }
    let judged = report.pointer("/summary/judged").and_then(Value::as_u64).context("nothing was judged")?;
    let affected = answers.iter().filter(|answer| *answer == "yes").count();
    Ok(Stored { differences, affected, judged: usize::try_from(judged)? })
}
