use limpid_model::BaseImage;
use limpid_model::report;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AttachedTo, Finding, Report, finding};
use crate::json::Word;

/// A finding that does not count, and why.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Suppressed {
    /// The finding, as it would count.
    #[serde(flatten)]
    pub finding: Finding,
    /// Why it does not.
    pub suppression: Suppression,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Suppression {
    /// `policy`, `grace`, `vex-not-affected` or `vex-fixed`.
    #[schema(value_type = String)]
    pub by: Word,
    /// Name of the policy, or of the VEX document.
    pub source: String,
    /// Name of the repository from which the VEX document is; absent where somebody put it in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub repository: Option<String>,
    /// Who says so; null where that is not stated.
    #[schema(required)]
    pub author: Option<String>,
    /// In their words.
    pub reason: String,
    /// Why a product is not affected, in the words of VEX; null where that is not stated.
    #[schema(required)]
    pub justification: Option<String>,
    /// Since when, RFC 3339 or a date; null where that is not stated.
    #[schema(required)]
    pub since: Option<String>,
    /// The moment from which it counts again, RFC 3339; null: never.
    #[schema(required)]
    pub until: Option<String>,
    /// Where the VEX document was found that says so; not there where it was handed in to the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub attached: Option<AttachedTo>,
}

/// What a VEX document states of something that is not affected by a vulnerability, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VexStatus {
    /// It never was.
    NotAffected,
    /// It holds the fix.
    Fixed,
}

impl VexStatus {
    /// The word for it in VEX.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Fixed => "fixed",
        }
    }
}

impl Suppression {
    /// What the VEX document states by which a finding does not count; none where a policy decides.
    pub fn vex_status(&self) -> Option<VexStatus> {
        match &*self.by {
            "vex-not-affected" => Some(VexStatus::NotAffected),
            "vex-fixed" => Some(VexStatus::Fixed),
            _ => None,
        }
    }
}

impl Suppressed {
    pub(super) fn of(suppressed: report::Suppressed, base: Option<&BaseImage>) -> Self {
        Self { finding: finding(suppressed.finding, base), suppression: suppressed.suppression.into() }
    }
}

impl From<report::Suppression> for Suppression {
    fn from(suppression: report::Suppression) -> Self {
        Self {
            by: suppression.by.as_str().into(),
            source: suppression.by.source().to_owned(),
            repository: suppression.repository,
            author: suppression.author,
            reason: suppression.reason,
            justification: suppression.justification,
            since: suppression.since,
            until: suppression.until,
            attached: suppression.attached.map(AttachedTo::from),
        }
    }
}

impl Report {
    /// Decides on each finding that counts: what is changed of it, and why it no longer counts. Its statistics are
    /// those of what is left.
    pub fn decide(&mut self, mut decide: impl FnMut(&mut Finding) -> Option<Suppression>) {
        let mut suppressed = Vec::new();
        let mut counted = Vec::with_capacity(self.findings.len());
        for mut finding in std::mem::take(&mut self.findings) {
            match decide(&mut finding) {
                None => counted.push(finding),
                Some(suppression) => suppressed.push(Suppressed { finding, suppression }),
            }
        }
        self.findings = counted;
        self.suppressed.append(&mut suppressed);
        self.sort();
        self.count();
    }

    /// As findings of a report are sorted; what was equal stays as it was.
    fn sort(&mut self) {
        let severity = |finding: &Finding| limpid_model::Severity::of_word(&finding.severity.level);
        self.findings.sort_by(|a, b| {
            let by_weight = (b.exploited.is_some(), severity(b)).cmp(&(a.exploited.is_some(), severity(a)));
            let likely = |finding: &Finding| finding.exploit_probability.unwrap_or(0.0);
            by_weight.then_with(|| likely(b).total_cmp(&likely(a)))
        });
    }

    fn count(&mut self) {
        let (findings, summary) = (&self.findings, &mut self.summary);
        summary.findings = findings.len();
        summary.suppressed = self.suppressed.len();
        summary.fixable = findings.iter().filter(|finding| finding.fixed_version.is_some()).count();
        summary.by_severity.values_mut().for_each(|count| *count = 0);
        for finding in findings {
            *summary.by_severity.entry(finding.severity.level.clone()).or_insert(0) += 1;
        }
        if let Some(by_origin) = &mut summary.by_origin {
            let of = |word: &str| {
                findings.iter().filter(|finding| finding.origin.as_deref() == Some(word)).count()
            };
            (by_origin.base, by_origin.own) = (of("base"), of("own"));
        }
    }
}
