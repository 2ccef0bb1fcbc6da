use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

/// How many differences of a check are shown.
const SHOWN: usize = 20;

/// What a check compared, and where the two sides differ.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    what: String,
    differences: Vec<String>,
}

impl Comparison {
    /// Of two collections, in which each row counts as often as it is there.
    pub(super) fn of(
        what: &str,
        expected: impl IntoIterator<Item = String>,
        found: impl IntoIterator<Item = String>,
    ) -> Self {
        let mut rows: BTreeMap<String, i64> = BTreeMap::new();
        let mut count = 0;
        for row in expected {
            count += 1;
            *rows.entry(row).or_default() += 1;
        }
        for row in found {
            *rows.entry(row).or_default() -= 1;
        }
        let differences = rows.into_iter().filter_map(|(row, balance)| match balance {
            0 => None,
            1.. => Some(format!("missing: {row}")),
            _ => Some(format!("too many: {row}")),
        });
        Self { what: format!("{count} {what}"), differences: differences.collect() }
    }

    /// Of what was compared in some other way.
    pub(super) fn new(what: impl Into<String>, differences: Vec<String>) -> Self {
        Self { what: what.into(), differences }
    }

    /// Both.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.what = format!("{}, {}", self.what, other.what);
        self.differences.extend(other.differences);
        self
    }

    /// Also requires that something holds, without which the comparison would prove nothing.
    pub(super) fn requiring(mut self, holds: bool, what: &str) -> Self {
        if !holds {
            self.differences.push(format!("the comparison proves nothing: {what}"));
        }
        self
    }
}

/// How the checks went.
#[derive(Debug, Default)]
pub(super) struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    /// Runs a check and prints a line on it, and the differences that it found.
    pub(super) fn check(&mut self, name: &str, work: impl FnOnce() -> anyhow::Result<Comparison>) {
        let started = Instant::now();
        match work() {
            Ok(Comparison { what, differences }) if differences.is_empty() => {
                self.passed += 1;
                println!("ok      {name}: {what} ({:.1} s)", started.elapsed().as_secs_f32());
            }
            Ok(Comparison { what, differences }) => {
                self.failed += 1;
                println!("FAILED  {name}: {what}: {} differences", differences.len());
                for difference in differences.iter().take(SHOWN) {
                    println!("        {difference}");
                }
                if differences.len() > SHOWN {
                    println!("        and {} more", differences.len() - SHOWN);
                }
            }
            Err(why) => self.failure(name, &why),
        }
    }

    /// A check that could not be run to its end.
    pub(super) fn failure(&mut self, name: &str, why: &anyhow::Error) {
        self.failed += 1;
        println!("FAILED  {name}: {why:#}");
    }

    /// A check that this machine cannot run.
    pub(super) fn skip(&mut self, name: &str, why: &str) {
        self.skipped += 1;
        println!("skipped {name}: {why}");
    }

    /// How many failed.
    pub(super) const fn failed(&self) -> usize {
        self.failed
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_counts_rows_that_come_twice() {
        let rows = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
        let check = |expected: &str, found: &str, differences: &[&str]| {
            assert_eq!(Comparison::of("rows", rows(expected), rows(found)).differences, differences);
        };
        check("a b", "b a", &[]);
        check("a b", "a", &["missing: b"]);
        check("a", "a a", &["too many: a"]);
    }
}
