use std::collections::HashSet;

use askama::Template;
use limpid_formats::exchange::{Form, Subject};
use limpid_formats::json;

use super::Head;
use super::findings::{Filter, Row};
use super::stack::{Layer, Stack};
use super::tags::{self, Pointing};
use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::shown;
use crate::table::{Column, Pager};
use crate::{Address, Answer, Lasts, Request};

/// Findings on a page.
const ROWS: usize = 50;

/// Layers on a page.
const LAYERS: usize = 40;

/// Gaps, sources and suppressed findings that are shown; the JSON has all.
const LISTED: usize = 50;

#[derive(Template)]
#[template(path = "image.html")]
struct View<'a> {
    frame: Frame<'a>,
    head: Head<'a>,
    report: &'a json::Report,
    figures: Figures,
    levels: Vec<Level<'a>>,
    gaps: Vec<&'a json::Gap>,
    more_gaps: usize,
    blocking: usize,
    sources: Vec<&'a json::CoveringSource>,
    suppressed: Vec<&'a json::Suppressed>,
    stack: Stack,
    layers: Vec<Layer<'a>>,
    layers_above: Option<String>,
    pointing: Vec<Pointing>,
    filter: Filter,
    columns: [Column; 6],
    rows: Vec<Row<'a>>,
    pager: Pager,
    as_of: Option<AsOf>,
}

/// Figures of the whole report, whatever is filtered.
struct Figures {
    vulnerabilities: usize,
    exploited: usize,
}

/// Findings of a severity.
struct Level<'a> {
    name: &'a str,
    findings: usize,
}

/// A moment of the past.
struct AsOf {
    /// As the API takes it.
    moment: String,
    /// As the field of a form has it.
    day: String,
}

impl AsOf {
    fn of(request: &Request) -> Option<Self> {
        let asked = request.get("as-of")?;
        // A day is over before all of it is known.
        let moment = if shown::is_day(asked) { format!("{asked}T23:59:59Z") } else { asked.to_owned() };
        Some(Self { moment, day: asked.get(..10).unwrap_or_default().to_owned() })
    }
}

pub(super) fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let filter = Filter::of(request)?;
    let as_of = AsOf::of(request);
    let moment = as_of.as_ref().map(|as_of| as_of.moment.as_str());
    let report = Address::of(&["v1", "images", name, "report"]).with_some("as-of", moment);
    let mut report: json::Report = api.get(report)?;
    if request.wants_csv()? {
        return csv(&mut report, &filter);
    }
    let digest = report.image.digest.clone();
    let after = request.number("layers-after")?.map(|after| after.to_string());
    let layers = Address::of(&["v1", "images", &digest, "layers"])
        .with("limit", &LAYERS.to_string())
        .with_some("after", after.as_deref());
    let layers: json::ImageLayers = api.get(layers)?;
    let pointing = tags::pointing(api, &report.image)?;

    let vulnerabilities: HashSet<&str> = report.findings.iter().map(|it| &*it.vulnerability).collect();
    let figures = Figures {
        vulnerabilities: vulnerabilities.len(),
        exploited: report.findings.iter().filter(|it| it.exploited.is_some()).count(),
    };
    let levels = limpid_model::Severity::WORST_FIRST.into_iter().filter_map(|severity| {
        let name = severity.as_str();
        let findings = *report.summary.by_severity.get(name).filter(|findings| **findings > 0)?;
        Some(Level { name, findings })
    });
    let mut rows = filter.apply(&report.findings);
    let pager = Pager::take(request, &mut rows, ROWS)?;
    let (stack, shown_layers) = Stack::of(request, &report, &layers.layers);
    let gaps = &report.coverage.gaps;
    let mut blocking_first: Vec<_> = gaps.iter().collect();
    blocking_first.sort_by_key(|gap| !gap.blocking);
    blocking_first.truncate(LISTED);
    let json = Address::of(&["v1", "images", &digest, "report"])
        .with_some("as-of", moment)
        .with_some("origin", filter.origin_word());
    // How far back there is something to report on is a matter of the clock.
    let lasts = if moment.is_some() { Lasts::Moment } else { Lasts::Revision };
    let view = View {
        frame: Frame::new(request, Section::Inventory).with_data(json).with_csv(),
        head: Head::of(&report.image, None),
        figures,
        levels: levels.collect(),
        more_gaps: gaps.len().saturating_sub(blocking_first.len()),
        gaps: blocking_first,
        blocking: gaps.iter().filter(|gap| gap.blocking).count(),
        sources: report.coverage.sources.iter().take(LISTED).collect(),
        suppressed: report.suppressed.iter().take(LISTED).collect(),
        stack,
        layers: shown_layers,
        layers_above: layers.next.as_deref().map(|next| request.here(&[("layers-after", next)], &[])),
        pointing,
        columns: filter.columns(request),
        rows: rows.into_iter().map(|finding| Row::of(request, finding)).collect(),
        pager,
        filter,
        as_of,
        report: &report,
    };
    render(200, lasts, &view)
}

/// All findings that the filter admits, as the API writes them for spreadsheets.
fn csv(report: &mut json::Report, filter: &Filter) -> Result<Answer, Problem> {
    report.findings.retain(|finding| filter.admits(finding));
    report.suppressed.retain(|suppressed| filter.admits(&suppressed.finding));
    let inventory = json::Inventory::without_packages(report);
    let subject = Subject { report, inventory: &inventory, layers: None, hidden: None };
    let mut bytes = Vec::new();
    Form::Csv.write(&[subject], &mut bytes).map_err(|error| Problem::internal(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Answer::Csv { name: format!("findings-{}", shown::digest(&report.image.digest)), text })
}
