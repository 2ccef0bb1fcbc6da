use limpid_model::Digest;
use limpid_runtime::Snapshot;
use limpid_store::Store;
use limpid_store::table::Table as _;
use limpid_store::tables::announced::Announced;
use limpid_store::tables::announcements::Announcements;
use limpid_store::tables::jobs::Jobs;
use limpid_store::tables::outbox::Outbox;
use limpid_store::tables::raised::Raised;
use limpid_store::tables::references::References;
use limpid_store::tables::runs::Runs;
use limpid_store::tables::subscriptions::Subscriptions;

use crate::refreshing::Refreshing;
use crate::settings::Clock;

/// Tables in which much is written and of which nothing is read that is stated of images. All others count:
/// one too many costs only that an answer is made again.
const NOT_OF_IMAGES: [u8; 8] = [
    Announced::ID,
    Announcements::ID,
    Jobs::ID,
    Outbox::ID,
    Raised::ID,
    References::ID,
    Runs::ID,
    Subscriptions::ID,
];

/// All on which it depends what is stated of an image, but the image and the settings: as long as it is the
/// same, so is what is stated. It compares only within one process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Revision {
    store: u64,
    /// The plugins that are loaded: a report names them, and what they would have seen.
    plugins: Vec<Digest>,
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
    let refreshes = refreshing.ended()?;
    Some(Revision {
        store: store.revision(&NOT_OF_IMAGES),
        plugins: plugins.plugins().iter().map(|plugin| plugin.id().digest).collect(),
        refreshes,
        today: clock.today(),
    })
}
