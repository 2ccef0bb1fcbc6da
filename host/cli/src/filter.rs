//! Which findings are shown.

use limpid_model::Severity;
use limpid_server::api;
use serde::Serialize;

/// Shows findings that all of these admit.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Filter {
    /// Show findings of this severity and worse: critical, high, medium, low, negligible. What nobody
    /// has rated is shown, too
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    severity: Option<Severity>,
    /// Hide what nobody has rated
    #[arg(long)]
    rated: bool,
    /// Show what an update fixes
    #[arg(long)]
    fixable: bool,
    /// Show what is known to be exploited
    #[arg(long)]
    exploited: bool,
}

fn level(word: &str) -> Result<Severity, String> {
    let levels = || Severity::WORST_FIRST.into_iter().filter(|level| *level != Severity::Unknown);
    levels().find(|level| level.as_str().eq_ignore_ascii_case(word)).ok_or_else(|| {
        let known: Vec<_> = levels().map(Severity::as_str).collect();
        format!("there are {}", known.join(", "))
    })
}

/// What a filter did to the findings of a report, for programs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Filtered {
    /// The least severity that was asked for.
    severity: Option<&'static str>,
    /// Whether findings are shown that nobody has rated.
    unrated: bool,
    fixable: bool,
    exploited: bool,
    /// Findings that are not shown. `summary` counts them all the same.
    hidden: usize,
}

impl Filter {
    pub(crate) fn shows(&self, finding: &api::Finding) -> bool {
        let bad_enough = match self.severity {
            _ if is_unrated(finding) => !self.rated,
            None => true,
            Some(least) => Severity::of_word(&finding.severity.level) >= least,
        };
        bad_enough
            && (!self.fixable || finding.fixed_version.is_some())
            && (!self.exploited || finding.exploited.is_some())
    }

    /// What was asked for, as flags; none where all is shown.
    pub(crate) fn asked(&self) -> Option<String> {
        let severity = self.severity.map(|severity| format!("--severity {}", severity.as_str()));
        let flags = [(self.rated, "--rated"), (self.fixable, "--fixable"), (self.exploited, "--exploited")];
        let flags = flags.into_iter().filter(|(set, _)| *set).map(|(_, flag)| flag.to_owned());
        let asked: Vec<_> = severity.into_iter().chain(flags).collect();
        (!asked.is_empty()).then(|| asked.join(" "))
    }

    /// How many findings are shown although it is not known whether they are as bad as was asked for.
    pub(crate) fn unrated_shown(&self, findings: &[api::Finding]) -> usize {
        if self.severity.is_none() {
            return 0;
        }
        findings.iter().filter(|finding| is_unrated(finding) && self.shows(finding)).count()
    }

    /// Takes out of a report what is not shown, and says how much that was; none where all is shown.
    pub(crate) fn apply(&self, report: &mut api::Report) -> Option<Filtered> {
        self.asked()?;
        let all = report.findings.len();
        report.findings.retain(|finding| self.shows(finding));
        Some(Filtered {
            severity: self.severity.map(Severity::as_str),
            unrated: !self.rated,
            fixable: self.fixable,
            exploited: self.exploited,
            hidden: all.saturating_sub(report.findings.len()),
        })
    }
}

fn is_unrated(finding: &api::Finding) -> bool {
    finding.severity.level == Severity::Unknown.as_str()
}
