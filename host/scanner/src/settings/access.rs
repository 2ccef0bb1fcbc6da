/// How much may be kept of who may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessSettings {
    /// Most tokens (`access.tokens`).
    pub tokens: usize,
    /// How long it is kept who changed what, in milliseconds (`access.audit_days`).
    pub audit: u64,
}

impl Default for AccessSettings {
    fn default() -> Self {
        Self { tokens: 10_000, audit: 400 * 24 * 60 * 60 * 1_000 }
    }
}
