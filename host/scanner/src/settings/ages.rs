use limpid_model::Severity;
use serde::{Deserialize, Serialize};

/// How old findings may be, and how much history is looked through for one answer: the settings `ages.*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgeSettings {
    /// Days after which a finding is overdue, by its severity.
    pub limits: AgeLimits,
    /// Images whose history is looked through for one answer.
    pub images: usize,
}

/// Days after which a finding is overdue since it was first seen, by its severity; 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgeLimits {
    /// Of packages that are the attack themselves.
    pub malicious: u64,
    /// Of critical ones. As in CISA's Binding Operational Directive 19-02.
    pub critical: u64,
    /// Of high ones. As there.
    pub high: u64,
    /// Of medium ones.
    pub medium: u64,
    /// Of what nobody has rated.
    pub unknown: u64,
    /// Of low ones.
    pub low: u64,
    /// Of negligible ones.
    pub negligible: u64,
}

impl Default for AgeSettings {
    fn default() -> Self {
        Self { limits: AgeLimits::default(), images: 5_000 }
    }
}

impl Default for AgeLimits {
    fn default() -> Self {
        Self { malicious: 1, critical: 15, high: 30, medium: 0, unknown: 0, low: 0, negligible: 0 }
    }
}

impl AgeLimits {
    /// The days of a severity; none where there is no limit.
    pub const fn days(&self, severity: Severity) -> Option<u64> {
        let days = match severity {
            Severity::Malicious => self.malicious,
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Unknown => self.unknown,
            Severity::Low => self.low,
            Severity::Negligible => self.negligible,
        };
        if days == 0 { None } else { Some(days) }
    }

    /// Whether there is any.
    pub fn is_any(&self) -> bool {
        Severity::WORST_FIRST.into_iter().any(|severity| self.days(severity).is_some())
    }
}
