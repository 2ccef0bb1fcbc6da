use limpid_model::Digest;
use limpid_runtime::Snapshot;
use limpid_store::Store;
use limpid_store::table::Table as _;
use limpid_store::tables::announced::Announced;
use limpid_store::tables::announcements::Announcements;
use limpid_store::tables::audit::Audit;
use limpid_store::tables::blobs::Blobs;
use limpid_store::tables::chains::Chains;
use limpid_store::tables::clock::Clock as ToldLast;
use limpid_store::tables::contexts::Contexts;
use limpid_store::tables::entries::Entries;
use limpid_store::tables::images::Images;
use limpid_store::tables::inventory::Inventory;
use limpid_store::tables::jobs::Jobs;
use limpid_store::tables::kept::Kept;
use limpid_store::tables::kinds::Kinds;
use limpid_store::tables::layers::Layers;
use limpid_store::tables::listings::Listings;
use limpid_store::tables::manifests::Manifests;
use limpid_store::tables::names::Names;
use limpid_store::tables::origins::Origins;
use limpid_store::tables::outbox::Outbox;
use limpid_store::tables::past_runs::PastRuns;
use limpid_store::tables::placements::Placements;
use limpid_store::tables::plugin_failures::PluginFailures;
use limpid_store::tables::raised::Raised;
use limpid_store::tables::references::References;
use limpid_store::tables::runs::Runs;
use limpid_store::tables::subscriptions::Subscriptions;
use limpid_store::tables::tags::Tags;
use limpid_store::tables::token_uses::TokenUses;
use limpid_store::tables::tokens::Tokens;
use limpid_store::tables::unexamined::Unexamined;
use limpid_store::tables::vex_repositories::VexRepositories;
use limpid_store::tables::watched::Watched;
use limpid_store::tables::watches::Watches;

use crate::refreshing::Refreshing;
use crate::settings::Clock;

/// Tables in which much is written and of which nothing is read that is stated of images. All others count:
/// one too many costs only that an answer is made again.
const NOT_OF_IMAGES: [u8; 18] = [
    ToldLast::ID,
    Audit::ID,
    Tokens::ID,
    TokenUses::ID,
    Announced::ID,
    Announcements::ID,
    Jobs::ID,
    Outbox::ID,
    PastRuns::ID,
    PluginFailures::ID,
    Raised::ID,
    References::ID,
    Runs::ID,
    Subscriptions::ID,
    Watches::ID,
    Listings::ID,
    Watched::ID,
    VexRepositories::ID,
];

/// Tables of what single images hold, and of where it came from.
const OF_SINGLE_IMAGES: [u8; 15] = [
    Blobs::ID,
    Chains::ID,
    Images::ID,
    Manifests::ID,
    Layers::ID,
    Entries::ID,
    Kept::ID,
    Inventory::ID,
    Contexts::ID,
    Placements::ID,
    Names::ID,
    Kinds::ID,
    Unexamined::ID,
    Tags::ID,
    Origins::ID,
];

/// All on which it depends what is stated of an image, but the image and the settings: as long as it is the
/// same, so is what is stated. It compares only within one process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Revision {
    store: u64,
    /// The plugins that are loaded: a report names them, and what they would have seen.
    plugins: Vec<Digest>,
    /// Files that are no plugins: a report names them.
    refused: Vec<String>,
    refreshes: u64,
    /// Whether a distribution is supported changes at midnight, UTC.
    today: String,
}

/// To be asked before anything is read. None while what plugins have changed is refreshed: reports say
/// so, and its end is written nowhere.
pub(crate) fn revision(
    store: &Store,
    plugins: &Snapshot,
    refreshing: &Refreshing,
    clock: &Clock,
) -> Option<Revision> {
    without(&NOT_OF_IMAGES, store, plugins, refreshing, clock)
}

/// The same where it is known how the image was indexed, and that it still is so: other images change nothing.
pub(crate) fn of_advisories(
    store: &Store,
    plugins: &Snapshot,
    refreshing: &Refreshing,
    clock: &Clock,
) -> Option<Revision> {
    let tables: Vec<u8> = NOT_OF_IMAGES.into_iter().chain(OF_SINGLE_IMAGES).collect();
    without(&tables, store, plugins, refreshing, clock)
}

fn without(
    tables: &[u8],
    store: &Store,
    plugins: &Snapshot,
    refreshing: &Refreshing,
    clock: &Clock,
) -> Option<Revision> {
    let refreshes = refreshing.ended()?;
    Some(Revision {
        store: store.revision(tables),
        plugins: plugins.plugins().iter().map(|plugin| plugin.id().digest).collect(),
        refused: plugins.missing(),
        refreshes,
        today: clock.today(),
    })
}
