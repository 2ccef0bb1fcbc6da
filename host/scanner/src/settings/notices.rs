/// How notices are delivered. Times are milliseconds, sizes bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeSettings {
    /// Messages on their way at a time (`notices.workers`).
    pub workers: usize,
    /// Attempts after which a notice is given up (`notices.attempts`).
    pub attempts: u32,
    /// Age from which on a notice is given up when an attempt fails (`notices.give_up`).
    pub give_up: u64,
    /// How long after the first failure it is tried again (`notices.backoff`); each further failure
    /// doubles it.
    pub backoff: u64,
    /// The longest of these waits (`notices.longest_backoff`).
    pub longest_backoff: u64,
    /// How long notices are kept that were delivered or given up (`notices.retention`).
    pub retention: u64,
    /// Notices in one digest (`notices.digest_notices`); more make several.
    pub digest_notices: usize,
    /// Size of one digest (`notices.digest_bytes`). A notice that is larger goes alone.
    pub digest_bytes: usize,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self {
            workers: 16,
            attempts: 100,
            give_up: 3 * 86_400_000,
            backoff: 5_000,
            longest_backoff: 3_600_000,
            retention: 7 * 86_400_000,
            digest_notices: 1_000,
            digest_bytes: 256 << 10,
        }
    }
}
