use std::fs;
use std::path::Path;

use anyhow::Context;

/// Lines of a log's end that are shown where something was found.
const SHOWN: usize = 40;

/// What libFuzzer wrote ([output](https://llvm.org/docs/LibFuzzer.html#output)).
pub(super) struct Log(String);

impl From<String> for Log {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Log {
    /// Reads a log, which may hold bytes of inputs.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(Self(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// How far it came: `52311 runs in 5 second(s), cov: 1234 ft: 4567 corp: 321/64Kb`.
    pub(super) fn summary(&self) -> String {
        let mut lines = self.0.lines().rev();
        let runs = lines.clone().find_map(|line| line.strip_prefix("Done ")).unwrap_or("unknown runs");
        // `#52311 DONE   cov: 1234 ft: 4567 corp: 321/64Kb lim: 4096 exec/s: 10462 rss: 90Mb`
        let reached = lines.find_map(|line| line.split_once("cov: ")?.1.split_once(" lim:"));
        match reached {
            Some((reached, _)) => format!("{runs}, cov: {reached}"),
            None => format!("{runs}, no coverage"),
        }
    }

    /// Where the input is that shows what was found.
    pub(super) fn artifact(&self) -> Option<&str> {
        self.0.lines().rev().find_map(|line| Some(line.split_once("Test unit written to ")?.1.trim()))
    }

    /// What is of use of its last lines: the panic, and what libFuzzer says of it.
    pub(super) fn end(&self) -> String {
        let lines: Vec<&str> = self.0.lines().collect();
        let from = lines.iter().rposition(|line| line.contains("panicked at"));
        let from = from.unwrap_or_else(|| lines.len().saturating_sub(SHOWN));
        lines.iter().skip(from).take(SHOWN).copied().collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_tells_runs_and_coverage() {
        let log = Log::from(
            "#2\tINITED cov: 8 ft: 8 corp: 1/1b exec/s: 0 rss: 27Mb\n\
             #99\tDONE   cov: 9 ft: 12 corp: 2/11b lim: 4096 exec/s: 20 rss: 27Mb\n\
             Done 99 runs in 5 second(s)\n"
                .to_owned(),
        );
        assert_eq!(log.summary(), "99 runs in 5 second(s), cov: 9 ft: 12 corp: 2/11b");
        assert_eq!(log.artifact(), None);
    }

    #[test]
    fn the_end_of_a_log_begins_with_the_panic() {
        let log = Log::from(format!("{}thread panicked at src/lib.rs:1\nwhy\n", "#1 NEW\n".repeat(100)));
        assert_eq!(log.end(), "thread panicked at src/lib.rs:1\nwhy");
    }
}
