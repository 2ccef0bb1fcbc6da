//! How counts were day by day, drawn and as a table: a part of the pages of all images and of a repository.

use limpid_formats::json;

use crate::Address;
use crate::api::{Api, Problem};

/// Days that are asked for.
const DAYS: u64 = 30;

/// Units of the drawing, as that of an image has them.
const WIDTH: u64 = 660;
const HEIGHT: u64 = 160;

/// What is shown of a trend.
pub(super) struct Trend {
    /// Or why it cannot be said.
    pub(super) known: Result<json::Trend, String>,
    pub(super) bars: Vec<Bar>,
}

/// A day.
pub(super) struct Bar {
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) width: u64,
    pub(super) height: u64,
    /// Of the findings, those that are known to be exploited, at the foot.
    pub(super) exploited: u64,
    pub(super) title: String,
}

impl Trend {
    /// The trend at an address of the API.
    ///
    /// # Errors
    /// Those of the API, but that there is too much to be looked at.
    pub(super) fn of(api: &dyn Api, path: Address) -> Result<Self, Problem> {
        let known: Result<json::Trend, Problem> = api.try_get(path.with("days", &DAYS.to_string()))?;
        let bars = known.as_ref().map_or_else(|_| Vec::new(), |trend| bars(&trend.days));
        Ok(Self { bars, known: known.map_err(|problem| problem.detail) })
    }
}

fn bars(days: &[json::TrendDay]) -> Vec<Bar> {
    let most = days.iter().map(|day| day.findings).max().unwrap_or(0).max(1);
    // Each day has its place, also where fewer are known: today is at the end.
    let (slot, absent) = (WIDTH / DAYS, DAYS.saturating_sub(days.len() as u64));
    // Whoever has one has it seen.
    let height = |count: u64| if count == 0 { 0 } else { (count.saturating_mul(HEIGHT) / most).max(1) };
    let bar = |(place, day): (u64, &json::TrendDay)| {
        let tall = height(day.findings).min(HEIGHT);
        Bar {
            x: (absent + place) * slot + slot / 8,
            y: HEIGHT - tall,
            width: slot * 3 / 4,
            height: tall,
            exploited: height(day.exploited).min(tall),
            title: format!("{}: {} findings, {} exploited", day.day, day.findings, day.exploited),
        }
    };
    (0..).zip(days).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_as_high_as_its_findings_and_stays_inside() {
        let day = |findings: u64, exploited: u64| json::TrendDay {
            day: "2026-11-24".to_owned(),
            images: 1,
            not_judged: 0,
            vulnerabilities: findings,
            findings,
            exploited,
        };
        let bars = bars(&[day(1_000, 1), day(500, 500), day(0, 0), day(1, 0)]);
        let sizes: Vec<_> = bars.iter().map(|bar| (bar.height, bar.exploited)).collect();
        assert_eq!(sizes, [(HEIGHT, 1), (HEIGHT / 2, HEIGHT / 2), (0, 0), (1, 0)]);
        assert!(bars.iter().all(|bar| bar.y + bar.height == HEIGHT && bar.x + bar.width <= WIDTH));
        assert_eq!(bars.last().map(|bar| bar.x), Some(29 * 22 + 2), "today is at the end");
        assert!(super::bars(&[]).is_empty());
    }
}
