//! Events of records, in any order, against the schema's own evaluation in the order of the ecosystem's own
//! library. A package of its own for each case.

use serde_json::{Value, json};

use super::generate::{Form, Numbers, pairs};
use super::judged::{self, Stored, hold};
use crate::verify::Setting;
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
    let cases: Vec<_> = cases.into_iter().map(|case| case.stored(language)).collect();
    let Stored { differences, affected, judged } = hold(setting, language, judge, &cases, &answers)?;
    let count = cases.len();
    let what = format!(
        "{count} cases, {affected} of them affected, as the schema says in the order of {}",
        judge.name()
    );
    Ok(Comparison::new(what, differences)
        .requiring(count == CASES, "too few cases")
        .requiring(affected > CASES / 5 && affected < CASES * 4 / 5, "the cases are alike")
        .requiring(judged == count, "not all were judged"))
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

    fn stored(self, language: Language) -> judged::Case {
        let line = self.line();
        let Self { name, installed, affected } = self;
        let record = language.record(&format!("CASE-{name}"), &name, affected, json!({}));
        judged::Case { package: name, installed, record, line }
    }
}
