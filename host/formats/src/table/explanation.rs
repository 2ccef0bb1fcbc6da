use limpid_model::explanation::Answer;

use super::grid::{Grid, Last};
use super::look::Tone;
use super::page::{Page, Piece};
use super::report::suppressed_row;
use crate::json as api;

/// Stands for what is not known.
const NOTHING: &str = "-";

/// Why a vulnerability affects an image, or why it does not, or why that is unknown.
pub fn explanation(page: &mut Page, explanation: &api::Explanation) {
    let is = |answer: Answer| explanation.answer == answer.as_str();
    let (tone, reason) = if is(Answer::Affected) && !explanation.counts {
        (Tone::Good, "affected, but suppressed")
    } else if is(Answer::Affected) {
        (Tone::Critical, "affected")
    } else if is(Answer::NotAffected) {
        (Tone::Good, "not affected")
    } else {
        (Tone::Medium, "cannot say")
    };
    let vulnerability = Piece::new(Tone::Strong, &explanation.vulnerability);
    page.line(&[vulnerability, ": ".into(), Piece::new(tone, reason)]);
    page.sentence("because ", Tone::Plain, &explanation.because);
    page.line(&[Piece::new(Tone::Faint, &explanation.image)]);
    if !explanation.suppressed.is_empty() {
        page.blank();
        page.line(&[Piece::new(Tone::Strong, "Suppressed, not counted in reports:")]);
        let mut grid = Grid::default().indented(2).with_last(Last::Cut);
        explanation.suppressed.iter().for_each(|suppressed| grid.row(suppressed_row(suppressed)));
        page.grid(&grid);
    }
    if explanation.reasons.is_empty() {
        return;
    }
    page.blank();
    if page.look().width.is_some() {
        explanation.reasons.iter().for_each(|reason| block(page, reason));
    } else {
        let mut grid =
            Grid::new(&["outcome", "package", "version", "advisory", "namespace", "feed", "path", "why"]);
        for reason in &explanation.reasons {
            let known = |text: Option<&String>| {
                Piece::from(text.filter(|text| !text.is_empty()).map_or(NOTHING, String::as_str))
            };
            grid.row([
                Piece::from(&reason.outcome),
                known(reason.package.as_ref()),
                known(reason.version.as_ref()),
                known(Some(&reason.advisory)),
                known(Some(&reason.namespace)),
                known(Some(&reason.feed)),
                known(reason.path.as_ref()),
                known(Some(&reason.why)),
            ]);
        }
        page.grid(&grid);
    }
}

/// What one advisory says of one package, with the reason below it.
fn block(page: &mut Page, reason: &api::Reason) {
    let package = match (&reason.package, &reason.version) {
        (Some(package), Some(version)) => format!("{package} {version}"),
        _ => "no package".to_owned(),
    };
    page.line(&[
        Piece::new(Tone::Strong, reason.outcome.replace('-', " ")),
        ": ".into(),
        Piece::from(package),
    ]);
    page.sentence("  ", Tone::Plain, &reason.why);
    let source = [("", &reason.advisory), ("in ", &reason.namespace), ("by feed ", &reason.feed)];
    let source = source.iter().filter(|(_, text)| !text.is_empty());
    let source: Vec<_> = source.map(|(lead, text)| format!("{lead}{text}")).collect();
    page.sentence("  ", Tone::Faint, &source.join(", "));
}
