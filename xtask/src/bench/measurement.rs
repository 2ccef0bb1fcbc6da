use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

const MEBIBYTE: f64 = 1_048_576.0;

/// What a measurement should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bar {
    /// At most so many times the floor.
    TimesFloor(f64),
    Below(f64),
    AtLeast(f64),
}

/// Something measured one time or several.
#[derive(Clone, Debug)]
pub(super) struct Measurement {
    what: String,
    unit: &'static str,
    runs: Vec<f64>,
    floor: Option<f64>,
    bar: Option<Bar>,
}

impl Measurement {
    pub(super) fn new(what: impl Into<String>, unit: &'static str, runs: Vec<f64>) -> Self {
        Self { what: what.into(), unit, runs, floor: None, bar: None }
    }

    /// Of times, in milliseconds.
    pub(super) fn of_times(what: impl Into<String>, runs: &[Duration]) -> Self {
        Self::new(what, "ms", runs.iter().map(|run| run.as_secs_f64() * 1_000.0).collect())
    }

    /// Of sizes, in mebibytes.
    #[expect(clippy::cast_precision_loss, reason = "sizes are shown with one decimal place")]
    pub(super) fn of_bytes(what: impl Into<String>, runs: Vec<u64>) -> Self {
        Self::new(what, "MiB", runs.into_iter().map(|bytes| bytes as f64 / MEBIBYTE).collect())
    }

    /// The same under another name.
    pub(super) fn called(self, what: impl Into<String>) -> Self {
        Self { what: what.into(), ..self }
    }

    /// Beside what it is compared with.
    pub(super) fn beside(mut self, floor: &Self) -> Self {
        self.floor = Some(floor.median());
        self
    }

    pub(super) fn with_bar(mut self, bar: Bar) -> Self {
        self.bar = Some(bar);
        self
    }

    /// The middle one of all runs.
    pub(super) fn median(&self) -> f64 {
        self.quantile(50)
    }

    /// The least value that so many in a hundred of the runs do not exceed.
    pub(super) fn quantile(&self, percent: usize) -> f64 {
        let mut sorted = self.runs.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }

    fn ratio(&self) -> Option<f64> {
        self.floor.map(|floor| self.median() / floor)
    }

    fn is_met(&self) -> Option<bool> {
        Some(match self.bar? {
            Bar::TimesFloor(times) => self.ratio()? <= times,
            Bar::Below(limit) => self.median() < limit,
            Bar::AtLeast(limit) => self.median() >= limit,
        })
    }

    /// For programs.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "what": self.what,
            "unit": self.unit,
            "median": self.median(),
            "floor": self.floor,
            "ratio": self.ratio(),
            "bar": self.bar.map(|bar| bar.shown(self.unit)),
            "met": self.is_met(),
            "runs": self.runs,
        })
    }

    fn cells(&self) -> [String; 6] {
        let number = |value: f64| format!("{} {}", shown(value), self.unit);
        [
            self.what.clone(),
            number(self.median()),
            self.floor.map(number).unwrap_or_default(),
            self.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            self.bar.map(|bar| bar.shown(self.unit)).unwrap_or_default(),
            match self.is_met() {
                Some(true) => "met".to_owned(),
                Some(false) => "NOT MET".to_owned(),
                None => String::new(),
            },
        ]
    }
}

impl Bar {
    fn shown(self, unit: &str) -> String {
        match self {
            Self::TimesFloor(times) => format!("at most {times} x"),
            Self::Below(limit) => format!("below {limit} {unit}"),
            Self::AtLeast(limit) => format!("at least {limit} {unit}"),
        }
    }
}

/// All measurements, a line each.
pub(super) fn table(measurements: &[Measurement]) -> String {
    let titles = ["WHAT", "MEDIAN", "FLOOR", "RATIO", "BAR", ""].map(String::from);
    let rows: Vec<[String; 6]> =
        std::iter::once(titles).chain(measurements.iter().map(Measurement::cells)).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a string does not fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn shown(value: f64) -> String {
    let decimals = match value {
        1_000.0.. => 0,
        1.0.. => 1,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let check = |runs: &[f64], percent: usize, expected: f64| {
            let measurement = Measurement::new("x", "ms", runs.to_vec());
            assert!((measurement.quantile(percent) - expected).abs() < f64::EPSILON, "{runs:?} {percent}");
        };
        check(&[3.0, 1.0, 2.0], 50, 2.0);
        check(&[1.0], 99, 1.0);
        check(&(1..=200).map(f64::from).collect::<Vec<_>>(), 99, 198.0);
    }

    #[test]
    fn a_bar_is_met_or_not() {
        let floor = Measurement::new("floor", "ms", vec![100.0]);
        let check = |value: f64, bar: Bar, expected: bool| {
            let measurement = Measurement::new("x", "ms", vec![value]).beside(&floor).with_bar(bar);
            assert_eq!(measurement.is_met(), Some(expected), "{value} {bar:?}");
        };
        check(150.0, Bar::TimesFloor(1.5), true);
        check(151.0, Bar::TimesFloor(1.5), false);
        check(10.0, Bar::Below(10.0), false);
        check(10.0, Bar::AtLeast(10.0), true);
    }
}
