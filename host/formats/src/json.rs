//! The JSON forms of the API. Names are `snake_case`, times RFC 3339 in UTC, digests
//! `sha256:<hex>`, sizes bytes. Fields are added, never changed or removed.

mod access;
mod affected;
mod backups;
mod base;
mod bundles;
mod difference;
mod doctor;
mod explanation;
mod feeds;
mod images;
mod jobs;
mod layers;
mod notices;
mod packages;
mod plan;
mod plugins;
mod policies;
mod progress;
mod report;
mod repositories;
mod retention;
mod settings;
mod statistics;
mod submission;
mod subscriptions;
mod trend;
mod vulnerabilities;
mod watches;
pub mod words;

pub use access::{Audit, AuditRecord, MadeToken, Token, TokenWanted, Tokens};
pub use affected::{Affected, AffectedImages, AffectedPackage};
pub use backups::{Backup, BackupWanted};
pub use base::{Base, ByOrigin, Recommendation};
pub use bundles::{Feed as ImportedFeed, Imported};
pub use difference::{ChangedFinding, Difference, DifferenceDoubt, FindingDifference, PackageDifference};
pub use doctor::{Check, Diagnosis};
pub use explanation::{Explanation, Reason};
pub use feeds::{
    Failed, Feed, FeedChange, FeedChanges, Feeds, Followed, Ingested, PastRun, PastRuns, RejectedRecord,
    Rejection, Removed, Run, Source, Sources, read_position,
};
pub use images::{Image, ImageLayer, Images, Platform};
pub use jobs::{Job, JobError, Submitted};
pub use layers::{
    Changed, Changes, ImageLayers, Layer, LayerContext, LayerFinding, RemovedFinding, ReportedLayer,
    Vulnerabilities, WhyUnread,
};
pub use notices::{Notice, Notices, Replayed};
pub use packages::{HolderImage, Holders, InstalledVersion};
pub use plan::{
    Cleared, Plan, PlanCommands, PlanFailure, PlanStep, PlanSummary, PlannedLayer, Untold, Update,
};
pub use plugins::{
    Plugin, PluginLimit, PluginRef, PluginWithVersions, Plugins, RecentFailure, RefusedPlugin,
};
pub use policies::{
    IdleRule, Policies, PolicyContent, PolicyDocument, Verdict, VexDocuments, VexRepository,
    VexRepositoryWanted,
};
pub use progress::JobProgress;
pub use report::{
    AttachedTo, Attachment, Coverage, Distribution, Enrichment, Examination, Exploited, Finding, Gap,
    Inventory, LayerRef, Package, PluginFailure, Publisher, Rating, Report, Requirement, Severity, SignedBy,
    Silent, Source as CoveringSource, Summary, Suppressed, Suppression, UnexaminedFiles, UnjudgedAdvisory,
    UnorderedVersion, UnreadFile, VexStatus, write_report,
};
pub(crate) use report::{finding, is_of};
pub use repositories::{
    Owners, PreviousTarget, Repositories, Repository, RepositoryOwner, RepositorySummary, Tag, TagChange,
    TaggedImage, Tags,
};
pub use retention::{Expired, Retention};
pub use settings::{ReloadedSettings, Setting, SettingOrigin, Settings};
pub use statistics::{Statistics, Unfixed};
pub use submission::{
    Credentials, NoSubmission, SubmissionParts, SubmissionWanted, WantedLayer, WantedManifest,
    WantedReference,
};
pub use subscriptions::{
    Amqp, Filter, Made, Subscription, Subscriptions, Wanted as SubscriptionWanted, Webhook,
    without_credentials,
};
pub use trend::{Age, Ages, Repairs, Seen, Trend, TrendDay};
pub use vulnerabilities::{Advisory, Score, Scores, Vulnerability};
pub use watches::{
    Pushed, RepositoryFailure, Wanted as WatchWanted, Watch, WatchedTag, WatchedTags, Watches,
};

/// A word of a fixed set, as this service writes it, or as it was read from the answer of another.
pub type Word = std::borrow::Cow<'static, str>;

/// RFC 3339 in UTC from milliseconds since 1970.
fn time(milliseconds: u64) -> String {
    crate::rfc3339(milliseconds)
}
