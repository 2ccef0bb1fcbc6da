//! The JSON forms of the API. Names are `snake_case`, times RFC 3339 in UTC, digests
//! `sha256:<hex>`, sizes bytes. Fields are added, never changed or removed.

mod bundles;
mod concerned;
mod explanation;
mod feeds;
mod figures;
mod images;
mod jobs;
mod layers;
mod notices;
mod packages;
mod plugins;
mod report;
mod subscriptions;
mod vulnerabilities;

pub use bundles::{Feed as ImportedFeed, Imported};
pub use concerned::{Concerned, ConcernedImages, ConcernedPackage};
pub use explanation::{Explanation, Verdict};
pub use feeds::{Failed, Feed, Feeds, Followed, Rejection, Removed, Run, Source, Sources, Taken};
pub use figures::{Figures, Unfixed};
pub use images::{Image, ImageLayer, Images, Platform};
pub use jobs::{Job, JobError};
pub use layers::{Changed, Changes, ImageLayers, Layer, LayerContext};
pub use notices::{Notice, Notices, Replayed};
pub use packages::{HeldVersion, HolderImage, Holders};
pub use plugins::{Plugin, PluginRef, PluginWithVersions, Plugins, RefusedPlugin};
pub use report::{
    Coverage, Distribution, Enrichment, Finding, Gap, Inventory, LayerRef, Package, Publisher, Rating,
    Report, Severity, Silent, Summary,
};
pub use subscriptions::{
    Amqp, Filter, Made, Subscription, Subscriptions, Wanted as SubscriptionWanted, Webhook,
    without_credentials,
};
pub use vulnerabilities::{Advisory, Vulnerability};

/// A word of a fixed set, as this service writes it, or as it was read from the answer of another.
pub type Word = std::borrow::Cow<'static, str>;

/// RFC 3339 in UTC from milliseconds since 1970.
fn time(milliseconds: u64) -> String {
    crate::rfc3339(milliseconds)
}
