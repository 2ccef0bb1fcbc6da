use std::collections::BTreeMap;

use askama::Template;
use limpid_formats::{json, rfc3339};
use limpid_model::Severity;
use serde::Deserialize;

use super::Head;
use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::shown;
use crate::table;
use crate::{Address, Answer, Lasts, Request};

/// Moments that are looked at, and days between two of them: thirty days in all.
const POINTS: u64 = 11;
const DAYS: u64 = 3;
const DAY: u64 = 24 * 60 * 60 * 1_000;

/// Units of the drawing.
const WIDTH: usize = 660;
const HEIGHT: usize = 160;

#[derive(Template)]
#[template(path = "image_trend.html")]
struct View<'a> {
    frame: Frame<'a>,
    head: Head<'a>,
    points: Vec<Point>,
    bars: Vec<Bar>,
}

/// What the image would have been judged to have at a moment.
struct Point {
    at: String,
    day: String,
    address: String,
    /// Or why that cannot be said.
    known: Result<Known, String>,
}

struct Known {
    findings: usize,
    exploited: usize,
    /// Whether nothing was missing for a full answer.
    complete: bool,
    levels: Vec<(Severity, usize)>,
}

impl Known {
    fn levels(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.levels.iter().map(|(level, count)| (level.as_str(), *count))
    }
}

/// A moment as it is drawn.
struct Bar {
    x: usize,
    width: usize,
    title: String,
    is_known: bool,
    parts: Vec<Part>,
}

struct Part {
    level: &'static str,
    y: usize,
    height: usize,
}

/// What is read of a report: the rest of it is long.
#[derive(Deserialize)]
struct Report {
    summary: Summary,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Summary {
    findings: usize,
    packages: usize,
    judged: usize,
    complete: bool,
    by_severity: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct Finding {
    exploited: Option<serde::de::IgnoredAny>,
}

pub(super) fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let image: json::Image = api.get(Address::of(&["v1", "images", name]))?;
    let moments = (0..POINTS).rev().map(|place| request.now().saturating_sub(place * DAYS * DAY));
    let points: Vec<Point> = moments.map(|at| point(api, &image, at)).collect::<Result<_, _>>()?;
    if request.get("format") == Some("csv") {
        return Ok(csv(&image, &points));
    }
    let view = View {
        frame: Frame::new(request, Section::Inventory).with_csv(),
        head: Head::of(&image, Some("trend")),
        bars: bars(&points),
        points,
    };
    render(200, Lasts::Moment, &view)
}

fn point(api: &dyn Api, image: &json::Image, at: u64) -> Result<Point, Problem> {
    let at = rfc3339(at);
    let report = Address::of(&["v1", "images", &image.digest, "report"]).with("as-of", &at);
    let known = match api.try_get::<Report>(report)? {
        // None found is not none there.
        Ok(report) if report.summary.judged == 0 && report.summary.packages > 0 => {
            Err("no package could be judged by what was stated then".to_owned())
        }
        Ok(report) => Ok(known(&report)),
        // It is longer ago than is kept, for one.
        Err(problem) => Err(problem.detail),
    };
    let address = Address::page("images", &image.digest).with("as-of", &at).to_string();
    Ok(Point { day: at.get(..10).unwrap_or_default().to_owned(), address, at, known })
}

fn known(report: &Report) -> Known {
    let count =
        |level: Severity| report.summary.by_severity.get(level.as_str()).copied().filter(|count| *count > 0);
    let levels = Severity::WORST_FIRST.into_iter().filter_map(|level| Some((level, count(level)?)));
    Known {
        findings: report.summary.findings,
        exploited: report.findings.iter().filter(|finding| finding.exploited.is_some()).count(),
        complete: report.summary.complete,
        levels: levels.collect(),
    }
}

/// Bars beside each other, the worst at the foot, each as high as it has findings.
fn bars(points: &[Point]) -> Vec<Bar> {
    let most = points.iter().filter_map(|point| point.known.as_ref().ok()).map(|known| known.findings).max();
    let most = most.unwrap_or(0).max(1);
    let slot = WIDTH / points.len().max(1);
    let bar = |(place, point): (usize, &Point)| {
        let (mut seen, mut top, mut parts) = (0, HEIGHT, Vec::new());
        for (level, count) in point.known.as_ref().map_or(&[][..], |known| &known.levels) {
            seen += count;
            // Whoever has one has it seen.
            let end = HEIGHT.saturating_sub(seen * HEIGHT / most).min(top.saturating_sub(1));
            parts.push(Part { level: level.as_str(), y: end, height: top - end });
            top = end;
        }
        let title = match &point.known {
            Ok(known) => format!("{}: {} findings", point.day, known.findings),
            Err(_) => format!("{}: not known", point.day),
        };
        Bar { x: place * slot + slot / 8, width: slot * 3 / 4, title, is_known: point.known.is_ok(), parts }
    };
    points.iter().enumerate().map(bar).collect()
}

fn csv(image: &json::Image, points: &[Point]) -> Answer {
    let rows = points.iter().map(|point| {
        let known = point.known.as_ref().ok();
        let figure =
            |figure: fn(&Known) -> usize| known.map(|known| figure(known).to_string()).unwrap_or_default();
        [point.at.clone(), figure(|known| known.findings), figure(|known| known.exploited)]
    });
    let text = table::csv(["as-of", "findings", "exploited"], rows);
    Answer::Csv { name: format!("trend-{}", shown::digest(&image.digest)), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_high_as_its_findings_and_stays_inside() {
        let point = |counts: &[(Severity, usize)]| Point {
            at: String::new(),
            day: String::new(),
            address: String::new(),
            known: Ok(Known {
                findings: counts.iter().map(|(_, count)| count).sum(),
                exploited: 0,
                complete: true,
                levels: counts.to_vec(),
            }),
        };
        let bars = bars(&[
            point(&[(Severity::Critical, 1), (Severity::Low, 999)]),
            point(&[(Severity::High, 500)]),
            point(&[]),
        ]);
        let height = |place: usize| bars[place].parts.iter().map(|part| part.height).sum::<usize>();
        assert_eq!((height(0), height(1), height(2)), (HEIGHT, HEIGHT / 2, 0));
        assert!(bars[0].parts.iter().all(|part| part.height > 0 && part.y + part.height <= HEIGHT));
        assert!(bars.iter().all(|bar| bar.x + bar.width <= WIDTH));
    }
}
