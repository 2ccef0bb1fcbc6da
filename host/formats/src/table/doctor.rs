//! What was looked into of an installation.

use crate::json as api;

use super::count;
use super::look::Tone;
use super::page::{Page, Piece};

/// Columns of the word before a sentence, and of the check's name.
const STATE: usize = 9;
const NAME: usize = 16;

/// Each check in a sentence, with what to do below it.
pub fn diagnosis(page: &mut Page, diagnosis: &api::Diagnosis) {
    for check in &diagnosis.checks {
        let tone = match &*check.state {
            api::Check::OK => Tone::Good,
            api::Check::WARNING => Tone::Medium,
            _ => Tone::Critical,
        };
        let (state, name) = (format!("{:<STATE$}", check.state), format!("{:<NAME$}", check.check));
        page.sentence_after(&[Piece::new(tone, state), name.into()], Tone::Plain, &check.message);
        if let Some(next) = &check.next {
            page.sentence(&" ".repeat(STATE + NAME), Tone::Faint, &format!("-> {next}"));
        }
    }
    page.blank();
    let (problems, warnings) = (diagnosis.problems, diagnosis.warnings);
    let sum = match (problems, warnings) {
        (0, 0) => Piece::new(Tone::Good, "Nothing is wrong"),
        (0, warnings) => Piece::new(Tone::Medium, count(warnings, "warning", "warnings")),
        (problems, warnings) => {
            let (problems, warnings) =
                (count(problems, "problem", "problems"), count(warnings, "warning", "warnings"));
            Piece::new(Tone::Critical, format!("{problems}, {warnings}"))
        }
    };
    page.line(&[sum]);
}
