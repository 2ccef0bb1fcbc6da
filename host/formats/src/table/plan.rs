//! What to do about the findings of an image, for people.

use super::grid::Grid;
use super::look::Tone;
use super::missing::Missing;
use super::page::{Page, Piece};
use super::report::of_severity;
use super::{command, count, heading, joined, name_of};
use crate::json as api;
use crate::plan::whose;

/// Shows a plan: what it comes to, the newer base image, updates by layer, and how they are done.
pub fn plan(page: &mut Page, plan: &api::Plan) {
    heading(page, &plan.image, plan.distribution.as_ref());
    page.blank();
    let summary = &plan.summary;
    let title = match (summary.findings, summary.updates) {
        (0, _) => "No findings".to_owned(),
        (_, 0) => "No update fixes any of them yet".to_owned(),
        (findings, updates) => {
            let updates = count(updates, "package", "packages");
            format!(
                "Update {updates} to clear {} of {}",
                summary.clears,
                count(findings, "finding", "findings")
            )
        }
    };
    page.line(&[Piece::new(Tone::Strong, title)]);
    if summary.suppressed > 0 {
        let findings = count(summary.suppressed, "suppressed finding is", "suppressed findings are");
        page.sentence("  ", Tone::Plain, &format!("{findings} left out"));
    }
    base(page, plan);
    for layer in &plan.layers {
        self::layer(page, layer);
    }
    commands(page, plan);
    Missing::of_gaps(&plan.gaps).show(page, "This plan is not complete:");
}

fn base(page: &mut Page, plan: &api::Plan) {
    let Some(base) = &plan.base else { return };
    page.sentence("  ", Tone::Plain, &format!("built upon {}", name_of(&base.names, &base.digest)));
    let Some(newest) = &plan.recommendation else { return };
    let known = if newest.complete { "" } else { ", as far as both could be read" };
    let text = format!(
        "newer base {}: removes {} and adds {}{known}",
        name_of(&newest.names, &newest.digest),
        count(newest.removes, "finding", "findings"),
        newest.adds
    );
    page.sentence("  ", if newest.removes > newest.adds { Tone::Good } else { Tone::Plain }, &text);
}

fn layer(page: &mut Page, planned: &api::PlannedLayer) {
    page.blank();
    let whose = match planned.origin.as_deref() {
        Some("base") => " of the base image",
        Some(_) => " of your own",
        None => "",
    };
    let made_by = planned.layer.created_by.as_deref().map(command).unwrap_or_default();
    page.line(&[
        Piece::new(Tone::Strong, format!("Layer {}{whose}", planned.layer.index)),
        Piece::new(Tone::Faint, format!("  {made_by}")),
    ]);
    let mut grid =
        Grid::new(&["package", "installed", "update to", "clears", "worst", "left", "path"]).indented(2);
    for update in &planned.updates {
        let worst = update.clears.iter().map(|cleared| &*cleared.severity);
        let worst = worst.min_by_key(|level| rank(level)).unwrap_or("-");
        let exploited =
            if update.clears.iter().any(|cleared| cleared.exploited) { " (exploited)" } else { "" };
        let to = joined(std::iter::once(&update.to).chain(&update.also));
        grid.row([
            Piece::new(Tone::Strong, &update.package.name),
            Piece::from(&update.package.version),
            Piece::new(Tone::Good, to),
            Piece::from(update.clears.len().to_string()),
            of_severity(worst, format!("{worst}{exploited}")),
            Piece::from(update.remains.to_string()),
            Piece::new(Tone::Faint, &update.package.path),
        ]);
    }
    page.grid(&grid);
}

/// The place of a severity among all, the worst first.
fn rank(level: &str) -> usize {
    let all = limpid_model::Severity::WORST_FIRST;
    all.iter().position(|severity| severity.as_str() == level).unwrap_or(all.len())
}

fn commands(page: &mut Page, plan: &api::Plan) {
    for commands in &plan.commands {
        page.blank();
        let packages = count(commands.packages, "package", "packages");
        let title = format!("How to update {packages} that {} found{}:", commands.detector, whose(commands));
        page.line(&[Piece::new(Tone::Strong, title)]);
        for step in &commands.steps {
            let place = if step.place == "sources" { "where the application is built: " } else { "" };
            if !step.note.is_empty() || (step.line.is_none() && !step.command.is_empty()) {
                let note = if step.note.is_empty() { "a command that cannot be shown" } else { &step.note };
                page.sentence("  - ", Tone::Plain, &format!("{place}{note}"));
            }
            if let Some(line) = &step.line {
                let place = if step.note.is_empty() { place } else { "" };
                page.line(&[Piece::from("    "), Piece::new(Tone::Faint, place), Piece::from(line)]);
            }
        }
    }
    if plan.untold.is_empty() && plan.failures.is_empty() {
        return;
    }
    page.blank();
    for untold in &plan.untold {
        let packages = count(untold.packages, "package", "packages");
        page.sentence(
            "",
            Tone::Plain,
            &format!("Nobody says how to update {packages} that {} found", untold.detector),
        );
    }
    for failed in &plan.failures {
        let text = format!(
            "Plugin {} was asked how to update its packages, and failed: {}",
            failed.plugin, failed.reason
        );
        page.sentence("", Tone::Medium, &text);
    }
}
