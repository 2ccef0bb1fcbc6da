use serde::{Deserialize, Serialize};

use super::Word;

/// What was looked into of an installation, and what is wrong with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Diagnosis {
    /// In the order in which it was looked into.
    pub checks: Vec<Check>,
    /// How many of them found something that keeps Limpid from its work.
    pub problems: usize,
    /// How many found something that may do so one day.
    pub warnings: usize,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was looked into: `disk`, `port`.
    pub check: Word,
    /// `ok`, `warning` or `problem`.
    pub state: Word,
    /// What is so.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Check {
    /// What is as it should be.
    pub const OK: &str = "ok";
    /// What may keep Limpid from its work one day.
    pub const WARNING: &str = "warning";
    /// What keeps Limpid from its work.
    pub const PROBLEM: &str = "problem";
}

impl From<Vec<Check>> for Diagnosis {
    fn from(checks: Vec<Check>) -> Self {
        let count = |state: &str| checks.iter().filter(|check| check.state == state).count();
        Self { problems: count(Check::PROBLEM), warnings: count(Check::WARNING), checks }
    }
}
