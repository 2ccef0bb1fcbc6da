use std::fmt;

use crate::Error;

/// A number that foreign bytes must not exceed, and the setting by which an operator changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// As errors name it; empty where no setting changes it.
    pub setting: &'static str,
    /// The largest number that is allowed.
    pub value: u64,
}

impl Limit {
    /// A limit that a setting holds.
    pub const fn of(setting: &'static str, value: u64) -> Self {
        Self { setting, value }
    }

    /// A limit that no setting changes.
    pub const fn fixed(value: u64) -> Self {
        Self { setting: "", value }
    }

    /// `Ok` where `found` is within the limit; `what` says of what it is the number.
    ///
    /// # Errors
    /// [`Error::OverLimit`].
    pub fn check(self, what: impl fmt::Display, found: u64) -> Result<(), Error> {
        if found <= self.value {
            return Ok(());
        }
        Err(Error::OverLimit { what: what.to_string(), limit: self, found })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.setting {
            "" => write!(f, "the limit of {}", self.value),
            setting => write!(f, "the limit `{setting}` of {}", self.value),
        }
    }
}
