use limpid_model::{Provenance, Severity};
use serde::{Deserialize, Serialize};

use crate::json;

/// Which findings of a report are shown: those that all of these admit.
#[derive(Clone, Debug, Default)]
pub struct FindingFilter {
    /// Findings of this severity and worse. What nobody has rated is shown, too.
    pub severity: Option<Severity>,
    /// Hides what nobody has rated.
    pub rated: bool,
    /// Shows only what has a fixed version.
    pub fixable: bool,
    /// Shows only what is known to be exploited.
    pub exploited: bool,
    /// Shows only what comes from there. Where no base image is known, all may be one's own.
    pub origin: Option<Provenance>,
}

/// What a filter did to the findings of a report, for programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Filtered {
    /// The least severity that was asked for.
    severity: Option<json::Word>,
    /// Whether findings are shown that nobody has rated.
    unrated: bool,
    fixable: bool,
    exploited: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<json::Word>,
    /// Findings that are not shown. `summary` counts them all the same.
    hidden: usize,
}

impl Filtered {
    /// How many findings are not shown.
    pub const fn hidden(&self) -> usize {
        self.hidden
    }

    /// What was asked for, as flags.
    pub fn asked(&self) -> String {
        let filter = FindingFilter {
            severity: self.severity.as_deref().map(Severity::of_word),
            rated: !self.unrated,
            fixable: self.fixable,
            exploited: self.exploited,
            origin: self.origin.as_deref().and_then(Provenance::from_word),
        };
        filter.asked().unwrap_or_default()
    }

    /// What both did: this one to what the other had left.
    #[must_use]
    pub fn after(self, before: Self) -> Self {
        let rank = |word: &Option<json::Word>| word.as_deref().map(Severity::of_word);
        let is_stricter = rank(&self.severity) >= rank(&before.severity);
        Self {
            severity: if is_stricter { self.severity } else { before.severity },
            unrated: self.unrated && before.unrated,
            fixable: self.fixable || before.fixable,
            exploited: self.exploited || before.exploited,
            origin: self.origin.or(before.origin),
            hidden: self.hidden.saturating_add(before.hidden),
        }
    }
}

impl FindingFilter {
    /// Whether a finding is shown.
    pub fn shows(&self, finding: &json::Finding) -> bool {
        let bad_enough = match self.severity {
            _ if is_unrated(finding) => !self.rated,
            None => true,
            Some(least) => Severity::of_word(&finding.severity.level) >= least,
        };
        bad_enough
            && (!self.fixable || finding.fixed_version.is_some())
            && (!self.exploited || finding.exploited.is_some())
            && json::is_of(self.origin, finding.origin.as_deref().and_then(Provenance::from_word))
    }

    /// What was asked for, as flags; none where all is shown.
    pub fn asked(&self) -> Option<String> {
        let severity = self.severity.map(|severity| format!("--severity {}", severity.as_str()));
        let flags = [(self.rated, "--rated"), (self.fixable, "--fixable"), (self.exploited, "--exploited")];
        let flags = flags.into_iter().filter(|(set, _)| *set).map(|(_, flag)| flag.to_owned());
        let origin = self.origin.map(|origin| format!("--origin {}", origin.as_str()));
        let asked: Vec<_> = severity.into_iter().chain(flags).chain(origin).collect();
        (!asked.is_empty()).then(|| asked.join(" "))
    }

    /// How many findings are shown although it is not known whether they are as bad as was asked for.
    pub fn unrated_shown(&self, findings: &[json::Finding]) -> usize {
        if self.severity.is_none() {
            return 0;
        }
        findings.iter().filter(|finding| is_unrated(finding) && self.shows(finding)).count()
    }

    /// Takes out of a report what is not shown, and says how much that was; none where all is shown.
    pub fn apply(&self, report: &mut json::Report) -> Option<Filtered> {
        self.asked()?;
        let all = report.findings.len();
        report.findings.retain(|finding| self.shows(finding));
        Some(Filtered {
            severity: self.severity.map(|severity| severity.as_str().into()),
            unrated: !self.rated,
            fixable: self.fixable,
            exploited: self.exploited,
            origin: self.origin.map(|origin| origin.as_str().into()),
            hidden: all.saturating_sub(report.findings.len()),
        })
    }
}

fn is_unrated(finding: &json::Finding) -> bool {
    finding.severity.level == Severity::Unknown.as_str()
}
