//! Times and memory, side by side.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use super::images::Pushed;
use super::sides::Side;
use crate::verify::tally::Comparison;

/// How often each image is indexed anew.
const ROUNDS: usize = 5;

/// How often each report is asked for.
const REPORTS: usize = 40;

/// How long both are left alone before their memory is looked at: allocators and databases give back later.
const REST: Duration = Duration::from_secs(10);

const MEBIBYTE: f64 = 1_048_576.0;

/// Times of one side.
#[derive(Debug, Default)]
struct Taken {
    index: Vec<Duration>,
    first_report: Vec<Duration>,
    report: Vec<Duration>,
}

/// What was measured of Clair and of Limpid.
#[derive(Debug, Default)]
pub(super) struct Times([Taken; 2]);

/// A line of the table.
pub(super) struct Row {
    pub(super) what: &'static str,
    unit: &'static str,
    values: [f64; 2],
    /// How many times less Limpid has to take.
    bar: Option<f64>,
}

impl Times {
    /// Has both index an image that they do not know, and returns what they report.
    ///
    /// # Errors
    /// Where one does not.
    pub(super) fn first(&mut self, image: &Pushed, sides: [&Side; 2]) -> anyhow::Result<[Vec<u8>; 2]> {
        let mut reports = [Vec::new(), Vec::new()];
        for ((side, taken), report) in sides.into_iter().zip(&mut self.0).zip(&mut reports) {
            let index = side.index(&image.manifest)?;
            let (first, bytes) = side.report(image.digest())?;
            if image.is_measured {
                taken.index.push(index);
                taken.first_report.push(first);
            }
            *report = bytes;
        }
        Ok(reports)
    }

    /// Measures the larger images again and again, by turns.
    ///
    /// # Errors
    /// Where one of both does not answer.
    pub(super) fn again(&mut self, images: &[Pushed], clair: &Side, limpid: &Side) -> anyhow::Result<()> {
        let images: Vec<&Pushed> = images.iter().filter(|image| image.is_measured).collect();
        for _ in 1..ROUNDS {
            for image in &images {
                for side in [clair, limpid] {
                    side.delete(image.digest())?;
                }
                self.first(image, [clair, limpid])?;
            }
        }
        for _ in 0..REPORTS {
            for image in &images {
                for (side, taken) in [clair, limpid].into_iter().zip(&mut self.0) {
                    taken.report.push(side.report(image.digest())?.0);
                }
            }
        }
        Ok(())
    }

    /// All that was measured.
    ///
    /// # Errors
    /// Where the memory of one is not known.
    pub(super) fn rows(&self, sides: [&Side; 2]) -> anyhow::Result<Vec<Row>> {
        let [clair, limpid] = &self.0;
        let times = |what, of: fn(&Taken) -> &[Duration], bar| Row {
            what,
            unit: "ms",
            values: [median(of(clair)), median(of(limpid))],
            bar: Some(bar),
        };
        thread::sleep(REST);
        let [memory, other] = sides;
        #[expect(clippy::cast_precision_loss, reason = "shown with one decimal place")]
        let memory = [memory.memory()? as f64 / MEBIBYTE, other.memory()? as f64 / MEBIBYTE];
        let update = sides.map(|side| side.update.as_secs_f64());
        Ok(vec![
            times("index of a Debian image", |taken| &taken.index, 3.0),
            times("its report, the first time", |taken| &taken.first_report, 10.0),
            times("its report, then", |taken| &taken.report, 10.0),
            Row { what: "memory, with the database", unit: "MiB", values: memory, bar: Some(5.0) },
            Row { what: "start, and reading all documents", unit: "s", values: update, bar: None },
        ])
    }
}

impl Row {
    fn ratio(&self) -> f64 {
        let [clair, limpid] = self.values;
        clair / limpid
    }

    /// Whether Limpid takes as little as it should.
    pub(super) fn judged(&self) -> Comparison {
        let [clair, limpid] = self.values.map(|value| format!("{value:.1} {}", self.unit));
        let ratio = self.ratio();
        let missed = self.bar.filter(|bar| ratio < *bar);
        let missed = missed.map(|bar| format!("Limpid takes 1/{ratio:.1}, and should take 1/{bar}"));
        Comparison::new(format!("Clair {clair}, Limpid {limpid}: 1/{ratio:.1}"), missed.into_iter().collect())
    }
}

fn median(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}

/// All rows, in the form of Markdown.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = "| | Clair | Limpid | |\n|---|---|---|---|\n".to_owned();
    for row in rows {
        let [clair, limpid] = row.values;
        let (what, unit, ratio) = (row.what, row.unit, row.ratio());
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {what} | {clair:.1} {unit} | {limpid:.1} {unit} | 1/{ratio:.1} |");
    }
    text
}
