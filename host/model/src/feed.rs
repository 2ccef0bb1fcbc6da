use crate::PluginId;

/// Something to fetch. Its name stands for it over all runs; advisories belong to the source that
/// stated them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSource {
    /// Its name, unique within the feed.
    pub name: String,
    /// Where it is. Comes from the plugin, or from what it read: not to be trusted.
    pub url: String,
    /// Whether it states all, or only what changed.
    pub mode: SourceMode,
}

/// How much a source states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceMode {
    /// All that it has: what it no longer names is gone.
    Whole,
    /// Only what changed since the cursor.
    Delta,
}

/// A feed: its plugin, what is stored of it, and how its runs go. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedState {
    /// The feed's name, which is that of its plugin.
    pub name: String,
    /// The plugin that is loaded for it; none where what is stored was read by one that is gone.
    pub plugin: Option<PluginId>,
    /// The plugin that read the last document.
    pub read_by: Option<PluginId>,
    /// Grows by one with each change.
    pub revision: u64,
    /// How many advisories are stored, counted for each source.
    pub advisories: u64,
    /// How many records of the last document could not be used.
    pub rejected: u64,
    /// The first of them.
    pub rejections: Vec<Rejection>,
    /// When all of it was last known to be up to date, or else a document was last ingested.
    pub last_success: Option<u64>,
    /// What last failed.
    pub last_failure: Option<FeedFailure>,
    /// How its runs went.
    pub runs: FeedRuns,
    /// Its sources of which something is stored, by name.
    pub sources: Vec<SourceState>,
    /// When this was so.
    pub now: u64,
}

/// That a document was refused or could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedFailure {
    /// When.
    pub at: u64,
    /// Why, for people.
    pub reason: String,
}

/// How the runs of a feed went, and when the next one is due. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedRuns {
    /// When the last run began.
    pub last_run: Option<u64>,
    /// When the first of the runs began that have failed since the last complete one.
    pub failing_since: Option<u64>,
    /// How many have failed since then.
    pub failures: u64,
    /// When the next one is due; none where that was not decided yet.
    pub next_run: Option<u64>,
    /// Documents that were not where the last complete run was sent.
    pub absent: Vec<Absent>,
    /// Whether one is under way.
    pub is_running: bool,
    /// Whether the schedule starts them.
    pub is_scheduled: bool,
}

/// A document that was not where it was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The source that it would have been.
    pub source: String,
    /// Why it could not be had.
    pub reason: String,
}

/// A record that could not be used, while the rest of its document was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The record's identifier, or where it stands in the document.
    pub id: String,
    /// Why it could not be used.
    pub reason: String,
}

/// A source of a feed of which something is stored. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// Its name.
    pub name: String,
    /// When its document was ingested, or its publisher last confirmed that it is still the same.
    pub ingested: u64,
    /// The date that the document itself bears.
    pub dated: Option<u64>,
    /// How many advisories it states.
    pub advisories: u64,
    /// How many of its records could not be used.
    pub rejected: u64,
    /// The namespaces that it states anything of, sorted.
    pub namespaces: Vec<String>,
    /// Namespaces of which its documents state next to nothing any more: what was stated stays.
    pub silent: Vec<SilentNamespace>,
    /// How its document came; none where an early Limpid did not record it.
    pub document: Option<SourceDocument>,
}

/// A namespace that a publisher no longer speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilentNamespace {
    /// The namespace.
    pub namespace: String,
    /// When a document last spoke of it, in milliseconds since 1970.
    pub last_stated: u64,
}

/// How the document of a source came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDocument {
    /// Where it was fetched from; none where it was handed in.
    pub address: Option<String>,
    /// When it came, in milliseconds since 1970.
    pub fetched: u64,
    /// Its length as it came, in bytes.
    pub bytes: u64,
    /// How many changes have come since then.
    pub changes: u64,
    /// The first of its records that could not be used.
    pub rejections: Vec<Rejection>,
}

/// What came of a document.
#[derive(Clone, Debug)]
pub struct Ingested {
    /// The feed.
    pub feed: String,
    /// The source that the document is.
    pub source: String,
    /// Revision of the feed after it.
    pub revision: u64,
    /// How many advisories it states.
    pub advisories: u64,
    /// How many of them are new.
    pub added: u64,
    /// How many state something else than before.
    pub changed: u64,
    /// How many of before are gone.
    pub withdrawn: u64,
    /// How many records could not be used.
    pub rejected: u64,
    /// The first of them, and why.
    pub rejections: Vec<(String, String)>,
    /// Namespaces of which its publisher has stopped speaking with this document: what was stated of
    /// them stays.
    pub fell_silent: Vec<String>,
    /// Sources that were one record each, handed in by itself, of which it has a newer state: they are removed.
    pub overtaken: Vec<String>,
    /// What the document names to be fetched next.
    pub follow: Vec<FeedSource>,
}

/// What came of the removal of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedSource {
    /// The feed.
    pub feed: String,
    /// The source.
    pub source: String,
    /// Revision of the feed after it.
    pub revision: u64,
    /// How many records the source stated.
    pub withdrawn: u64,
}

/// What came of a feed of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedFeed {
    /// Its name.
    pub feed: String,
    /// Its revision now; 0 where nothing is stored of it.
    pub revision: u64,
    /// How many sources were ingested.
    pub ingested: u64,
    /// How many were as they are in the bundle already.
    pub unchanged: u64,
    /// How many advisories are new.
    pub added: u64,
    /// How many state something else than before.
    pub changed: u64,
    /// How many of before are gone.
    pub withdrawn: u64,
    /// How many records could not be used.
    pub rejected: u64,
    /// Sources that stay as they were, and why: the bundle has an older state of them, or what it has is
    /// refused. An empty name stands for the whole feed.
    pub refused: Vec<(String, String)>,
    /// Sources that are not in the bundle, and why.
    pub missing: Vec<(String, String)>,
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunResult {
    /// The feed.
    pub feed: String,
    /// Its revision after the run.
    pub revision: u64,
    /// How many sources were ingested.
    pub ingested: u64,
    /// How many were as they were.
    pub unchanged: u64,
    /// Bytes that were fetched.
    pub bytes: u64,
    /// How many advisories are new.
    pub added: u64,
    /// How many state something else than before.
    pub changed: u64,
    /// How many of before are gone.
    pub withdrawn: u64,
    /// How many records could not be used.
    pub rejected: u64,
    /// What was named, but is not there: name of the source, and why.
    pub absent: Vec<(String, String)>,
    /// Sources that stay as they were: name, and why. The run is complete where there are none.
    pub failures: Vec<(String, String)>,
}

/// A run that has ended. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastRun {
    /// When it began.
    pub began: u64,
    /// When it ended.
    pub ended: u64,
    /// What came of it. Of what is not there and of what failed, the first.
    pub result: RunResult,
    /// How many sources were named that are not there.
    pub absent: u64,
    /// How many sources stay as they were.
    pub failed: u64,
    /// The first records that could not be used.
    pub rejections: Vec<RejectedRecord>,
    /// Why nothing could be begun.
    pub why: Option<String>,
    /// How it came about.
    pub kind: RunKind,
    /// Revision of the feed before it; none where an early Limpid did not record it.
    pub before: Option<u64>,
}

/// How a change of what a feed states came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunKind {
    /// The feed was fetched.
    #[default]
    Fetched,
    /// A document was handed in.
    HandedIn,
    /// A bundle was imported.
    Imported,
    /// A source was removed.
    Removed,
}

impl RunKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Fetched, Self::HandedIn, Self::Imported, Self::Removed];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::HandedIn => "handed-in",
            Self::Imported => "imported",
            Self::Removed => "removed",
        }
    }
}

/// What became of an advisory, or of what is known of a vulnerability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedChangeKind {
    /// It is new.
    Added,
    /// It states something else than before.
    Changed,
    /// It is gone.
    Withdrawn,
    /// Its source was not known before: what that stated first is not recorded one by one.
    First,
}

impl FeedChangeKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Withdrawn, Self::First];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Withdrawn => "withdrawn",
            Self::First => "first",
        }
    }

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Something that a revision of a feed changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedChange {
    /// What became of it.
    pub kind: FeedChangeKind,
    /// Where it stands among all changes of the feed.
    pub position: FeedChangePosition,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// Images that the vulnerability affects now; none where that was not asked for, or is none to ask for.
    pub images: Option<AtMost>,
}

/// A number that is counted up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtMost {
    /// How many.
    pub counted: u64,
    /// Whether there are more.
    pub more: bool,
}

/// Where a change stands: by revision, then by source and identifier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedChangePosition {
    /// The revision that it made.
    pub revision: u64,
    /// The source.
    pub source: String,
    /// The advisory or the vulnerability; empty where the source itself is new.
    pub id: String,
    /// What is known of the vulnerability; empty for an advisory.
    pub known: String,
}

/// What some revisions of a feed changed, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedChanges {
    /// The feed.
    pub feed: String,
    /// The revision after which they begin.
    pub from: u64,
    /// The last of them.
    pub to: u64,
    /// How many of the revisions are longer ago than history is kept: what they changed is not known any more.
    pub forgotten: u64,
    /// The changes, and where the next page begins.
    pub page: crate::Page<FeedChange, FeedChangePosition>,
}

/// A record of a source that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRecord {
    /// The source.
    pub source: String,
    /// Which record.
    pub id: String,
    /// Why.
    pub reason: String,
}

impl RunResult {
    /// Whether all that was to be brought is stored.
    pub const fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }
}
