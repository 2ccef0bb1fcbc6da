/// How much may be kept of who may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessSettings {
    /// Most tokens (`access.tokens`).
    pub tokens: usize,
    /// Requests of the holder of a token in a second, and as many more at once after a pause (`access.rate`); 0: any number.
    pub rate: u32,
    /// Requests of the holder of a token that are answered at a time (`access.concurrent`).
    pub concurrent: usize,
    /// Submissions of the holder of a token that are not done (`access.pending`); 0: any number.
    pub pending: usize,
    /// How long it is kept who changed what, in milliseconds (`access.audit_days`).
    pub audit: u64,
}

impl Default for AccessSettings {
    fn default() -> Self {
        Self { tokens: 10_000, rate: 5_000, concurrent: 512, pending: 0, audit: 400 * 24 * 60 * 60 * 1_000 }
    }
}
