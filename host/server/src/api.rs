//! The JSON forms of the API. Names are `snake_case`, times RFC 3339 in UTC, digests
//! `sha256:<hex>`, sizes bytes. Fields are added, never changed or removed.

mod feeds;
mod images;
mod jobs;
mod layers;
mod plugins;
mod report;

pub use feeds::{Feed, Feeds, Followed, Rejection, Source, Taken};
pub use images::{Image, ImageLayer, Images, Platform};
pub use jobs::{Job, JobError};
pub use layers::{Changed, Changes, ImageLayers, Layer, LayerContext};
pub use plugins::{Plugin, PluginRef, PluginWithVersions, Plugins, RefusedPlugin};
pub use report::{
    Coverage, Distribution, Finding, Inventory, LayerRef, Package, Rating, Report, Severity, Summary,
};

/// RFC 3339 in UTC from milliseconds since 1970.
fn time(milliseconds: u64) -> String {
    limpid_scanner::rfc3339(milliseconds)
}
