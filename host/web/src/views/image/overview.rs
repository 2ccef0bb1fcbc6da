use std::collections::HashSet;

use askama::Template;
use limpid_formats::exchange::{csv_head, csv_line};
use limpid_formats::json;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Head;
use super::findings::{Filter, Row};
use super::stack::{Counts, Layer, Stack};
use super::tags::{self, Pointing};
use crate::api::{Api, Items, Problem, item, parse};
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
    report: &'a Report<'a>,
    figures: Figures,
    levels: Vec<Level<'a>>,
    gaps: Vec<json::Gap>,
    more_gaps: usize,
    blocking: usize,
    sources: Vec<json::CoveringSource>,
    suppressed: Vec<json::Suppressed>,
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

/// What is read of a report. Its lists may be of megabytes, and a page shows some of each.
#[derive(Deserialize)]
struct Report<'a> {
    image: json::Image,
    summary: json::Summary,
    #[serde(borrow)]
    coverage: Coverage<'a>,
    #[serde(borrow)]
    findings: Items<'a>,
    #[serde(borrow, default)]
    suppressed: Items<'a>,
    base: Option<json::Base>,
}

#[derive(Deserialize)]
struct Coverage<'a> {
    distribution: Option<json::Distribution>,
    supported: Option<bool>,
    #[serde(borrow)]
    gaps: Items<'a>,
    #[serde(borrow)]
    sources: Items<'a>,
}

/// Figures of the whole report, whatever is filtered.
#[derive(Default)]
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
    let answer = api.read(report)?;
    let report: Report<'_> = parse(&answer)?;
    if request.wants_csv()? {
        return csv(&report, &filter);
    }
    let digest = report.image.digest.clone();
    let after = request.number("layers-after")?.map(|after| after.to_string());
    let layers = Address::of(&["v1", "images", &digest, "layers"])
        .with("limit", &LAYERS.to_string())
        .with_some("after", after.as_deref());
    let layers: json::ImageLayers = api.get(layers)?;
    let pointing = tags::pointing(api, &report.image)?;

    let Looked { figures, counts, mut rows } = look(&report.findings, &filter)?;
    let levels = limpid_model::Severity::WORST_FIRST.into_iter().filter_map(|severity| {
        let name = severity.as_str();
        let findings = *report.summary.by_severity.get(name).filter(|findings| **findings > 0)?;
        Some(Level { name, findings })
    });
    let pager = Pager::take(request, &mut rows, ROWS)?;
    let findings: Vec<json::Finding> = rows.into_iter().map(item).collect::<Result<_, _>>()?;
    let (stack, shown_layers) = Stack::of(request, &counts, &layers.layers);
    let (gaps, blocking) = blocking_first(&report.coverage.gaps)?;
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
        more_gaps: report.coverage.gaps.len().saturating_sub(gaps.len()),
        gaps,
        blocking,
        sources: report.coverage.sources.first(LISTED)?,
        suppressed: report.suppressed.first(LISTED)?,
        stack,
        layers: shown_layers,
        layers_above: layers.next.as_deref().map(|next| request.here(&[("layers-after", next)], &[])),
        pointing,
        columns: filter.columns(request),
        rows: findings.iter().map(|finding| Row::of(request, finding)).collect(),
        pager,
        filter,
        as_of,
        report: &report,
    };
    render(200, lasts, &view)
}

/// What one look at all findings gives.
struct Looked<'a> {
    figures: Figures,
    counts: Counts,
    /// Those that the filter admits, in the order that is asked for.
    rows: Vec<&'a RawValue>,
}

/// Looks at all findings, one after the other: of each stays where it is, and its place in the order.
fn look<'a>(findings: &Items<'a>, filter: &Filter) -> Result<Looked<'a>, Problem> {
    let (mut figures, mut counts) = (Figures::default(), Counts::default());
    let (mut vulnerabilities, mut rows) = (HashSet::new(), Vec::new());
    for text in findings.texts() {
        let finding: json::Finding = item(text)?;
        figures.exploited += usize::from(finding.exploited.is_some());
        counts.add(&finding);
        if filter.admits(&finding) {
            rows.push((filter.place(&finding), text));
        }
        vulnerabilities.insert(finding.vulnerability);
    }
    figures.vulnerabilities = vulnerabilities.len();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(Looked { figures, counts, rows: rows.into_iter().map(|(_, text)| text).collect() })
}

/// The first gaps, those first that are missing for a full answer, and how many of these there are in all.
fn blocking_first(gaps: &Items<'_>) -> Result<(Vec<json::Gap>, usize), Problem> {
    let (mut blocking, mut noted, mut all_blocking) = (Vec::new(), Vec::new(), 0);
    for gap in gaps.each() {
        let gap: json::Gap = gap?;
        all_blocking += usize::from(gap.blocking);
        let first = if gap.blocking { &mut blocking } else { &mut noted };
        if first.len() < LISTED {
            first.push(gap);
        }
    }
    blocking.append(&mut noted);
    blocking.truncate(LISTED);
    Ok((blocking, all_blocking))
}

/// All findings that the filter admits, as the API writes them for spreadsheets.
fn csv(report: &Report<'_>, filter: &Filter) -> Result<Answer, Problem> {
    let mut text = csv_head();
    for finding in report.findings.each() {
        let finding: json::Finding = finding?;
        if filter.admits(&finding) {
            text.push_str(&csv_line(&report.image, &finding, None));
        }
    }
    for suppressed in report.suppressed.each() {
        let json::Suppressed { finding, suppression } = suppressed?;
        if filter.admits(&finding) {
            text.push_str(&csv_line(&report.image, &finding, Some(&suppression)));
        }
    }
    Ok(Answer::Csv { name: format!("findings-{}", shown::digest(&report.image.digest)), text })
}
