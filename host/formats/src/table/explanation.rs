use crate::json as api;
use limpid_model::explanation::Answer;

use super::grid::Grid;
use super::look::Tone;
use super::page::{Page, Piece};

/// Stands for what is not known.
const NOTHING: &str = "-";

/// Why a vulnerability affects an image, or why it does not, or why that cannot be said.
pub fn explanation(page: &mut Page, explanation: &api::Explanation) {
    let is = |answer: Answer| explanation.answer == answer.as_str();
    let (tone, verdict) = if is(Answer::Affected) {
        (Tone::Critical, "affected")
    } else if is(Answer::NotAffected) {
        (Tone::Good, "not affected")
    } else {
        (Tone::Medium, "cannot say")
    };
    let vulnerability = Piece::new(Tone::Strong, &explanation.vulnerability);
    page.line(&[vulnerability, ": ".into(), Piece::new(tone, verdict)]);
    page.sentence("because ", Tone::Plain, &explanation.because);
    page.line(&[Piece::new(Tone::Faint, &explanation.image)]);
    if explanation.verdicts.is_empty() {
        return;
    }
    page.blank();
    if page.look().width.is_some() {
        explanation.verdicts.iter().for_each(|verdict| block(page, verdict));
    } else {
        let mut grid =
            Grid::new(&["outcome", "package", "version", "advisory", "namespace", "feed", "path", "why"]);
        for verdict in &explanation.verdicts {
            let known = |text: Option<&String>| {
                Piece::from(text.filter(|text| !text.is_empty()).map_or(NOTHING, String::as_str))
            };
            grid.row([
                Piece::from(&verdict.outcome),
                known(verdict.package.as_ref()),
                known(verdict.version.as_ref()),
                known(Some(&verdict.advisory)),
                known(Some(&verdict.namespace)),
                known(Some(&verdict.feed)),
                known(verdict.path.as_ref()),
                known(Some(&verdict.why)),
            ]);
        }
        page.grid(&grid);
    }
}

/// What one advisory says of one package, with the reason below it.
fn block(page: &mut Page, verdict: &api::Verdict) {
    let package = match (&verdict.package, &verdict.version) {
        (Some(package), Some(version)) => format!("{package} {version}"),
        _ => "no package".to_owned(),
    };
    page.line(&[
        Piece::new(Tone::Strong, verdict.outcome.replace('-', " ")),
        ": ".into(),
        Piece::from(package),
    ]);
    page.sentence("  ", Tone::Plain, &verdict.why);
    let source = [("", &verdict.advisory), ("in ", &verdict.namespace), ("by feed ", &verdict.feed)];
    let source = source.iter().filter(|(_, text)| !text.is_empty());
    let source: Vec<_> = source.map(|(lead, text)| format!("{lead}{text}")).collect();
    page.sentence("  ", Tone::Faint, &source.join(", "));
}
