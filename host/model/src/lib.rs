//! The vocabulary of Limpid: what the other crates speak of, and nothing that they do.
//!
//! This crate owns the domain types: digests, images and what a layer holds, packages, advisories,
//! reports. It knows no input or output, no plugin engine, no store and no HTTP. The forms in which
//! these things are stored, sent or shown belong to the crates that store, send or show them.
//!
//! ```
//! use limpid_model::Digest;
//!
//! let digest = Digest::of(b"");
//! assert_eq!(
//!     digest.to_string(),
//!     "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
//! );
//! assert_eq!(digest.to_string().parse(), Ok(digest));
//! ```

mod access;
mod advisory;
mod affected;
mod attachment;
mod backup;
mod base;
mod chain;
mod change;
mod decision;
mod digest;
mod distribution;
pub mod explanation;
mod fact;
mod feed;
mod holder;
mod image;
mod image_name;
mod inventory;
mod job;
mod notice;
mod package;
mod page;
mod paths;
pub mod plan;
mod plugin;
mod rating;
pub mod report;
mod repository;
mod retention;
pub mod seconds;
mod statement;
mod statistics;
mod submission;
mod subscription;
mod symbols;
mod trend;
mod version;
mod vex;
mod watch;

/// A text that is mostly short: up to 24 bytes of it lie where it is, and take no allocation.
pub use compact_str::CompactString as Text;

pub use access::{AccessRole, AuditPosition, AuditRecord, NewToken, Token, TokenSpec};
pub use advisory::{
    Advisory, Affected, Bound, Enrichment, EnrichmentKinds, Range, Status, is_cve, vulnerabilities,
};
pub use affected::{
    AffectedImage, AffectedPackage, Published, ScoreChange, VulnerabilityDescription, VulnerabilityScores,
};
pub use attachment::{Attachment, AttachmentKind, Signer};
pub use backup::{BackupEnd, BackupRun};
pub use base::{
    BaseImage, Doubt, DoubtOf, FindingDifference, ImageDifference, LayerFinding, LayerReport, LayerSize,
    Provenance, Recommendation, ReportedLayer, chains,
};
pub use chain::chain;
pub use change::{Change, Standing, StandingPackage};
pub use decision::{
    DecisionContent, DecisionDetail, DecisionDocument, DecisionKind, DecisionSummary, IdleRule,
};
pub use digest::{Digest, DigestError, Hasher};
pub use distribution::Distribution;
pub use fact::{
    Claim, Fact, Finding, Grouping, InputError, LayerFindings, Owner, Ownership, Pattern, Unread,
};
pub use feed::{
    Absent, AtMost, FeedChange, FeedChangeKind, FeedChangePosition, FeedChanges, FeedFailure, FeedRuns,
    FeedSource, FeedState, ImportedFeed, Ingested, PastRun, RejectedRecord, Rejection, RemovedSource,
    RunKind, RunResult, SilentNamespace, SourceDocument, SourceMode, SourceState,
};
pub use holder::{InstalledVersion, PackageHolder};
pub use image::{
    EntryKind, HiddenFile, Image, ImageLayer, ImageSummary, LayerEntries, LayerEntry, Leads, LinkedFile,
    Platform,
};
pub use image_name::ImageName;
pub use inventory::{Inventory, LayerContext, LayerDescription};
pub use job::{Job, JobState};
pub use notice::{Notice, NoticeKind, NoticePosition, NoticeState};
pub use package::{Evidence, Package, Requirement, Scope, SourcePackage};
pub use page::Page;
pub use paths::Paths;
pub use plugin::{
    Blame, FailureKind, PluginFailure, PluginId, PluginLimit, PluginState, PluginVersions, Plugins,
    RecentFailure, RefusedPlugin, Role,
};
pub use rating::{Rating, Severity};
pub use repository::{
    PreviousTarget, Repository, RepositoryOrder, RepositoryOwner, RepositoryPage, RepositorySummary,
    Summarized, Tag, TagChange, TaggedImage,
};
pub use retention::ExpiredImage;
pub use statement::{KeyedRange, RangeEnd, Statement};
pub use statistics::Statistics;
pub use submission::{
    ImageReference, LayerAddress, LayerAddresses, Naming, NoPlatform, Platforms, Submission,
};
pub use subscription::{
    HarborTarget, NoticeFilter, SealedTarget, Subscribed, Subscription, SubscriptionSpec, SubscriptionState,
    Target,
};
pub use symbols::Symbols;
pub use trend::{Age, Ages, Repairs, Seen, Trend, TrendDay};
pub use version::{Key, KeyedVersion, Keys, PackageKeys, SchemeRevision};
pub use vex::{VexArchive, VexRepository, VexRepositoryDocument, VexRepositoryState};
pub use watch::{
    Listings, Push, PushesTaken, SeenAttached, Watch, WatchPhase, WatchSpec, WatchState, WatchedPosition,
    WatchedTag,
};
