//! The use cases: index an image, report on it, ingest advisories.
//!
//! This crate owns how the parts work together: which plugin sees which file, how what they found
//! in layers folds into an image, how packages are compared with advisories, and what is written in
//! one batch. It reads no bytes of archives, runs no Wasm and names no database by itself, knows
//! no HTTP and no ecosystem. It is synchronous: whoever calls it from an async runtime does so from
//! a pool for blocking work.

mod access;
mod attached;
mod background;
mod backups;
mod bases;
mod blobs;
mod bundle;
mod catalog;
mod detectors;
mod difference;
mod error;
mod explain;
mod facts;
mod failures;
mod feeds;
mod filling;
mod history;
mod identifiers;
mod images;
mod index;
mod ingest;
mod inventory;
mod jobs;
mod kept;
mod names;
mod notices;
mod origins;
mod packages;
mod plan;
mod plugins;
mod policies;
mod quotas;
mod random;
mod refresh;
mod refreshing;
mod rekey;
mod report;
mod repositories;
mod retention;
mod revision;
mod room;
mod run;
mod running;
mod schedule;
mod settings;
mod spans;
mod stated;
mod statistics;
mod tags;
#[cfg(test)]
mod test_support;
mod timekeeping;
mod unexamined;
mod use_cases;
mod versions;
mod vex;
mod vulnerabilities;
mod watched;
mod watches;
mod workers;
mod writer;

use std::sync::Arc;

pub use limpid_backup::{self as backup, Reuse};
pub use limpid_bytes::Stop;
pub use limpid_documents::Limits as DocumentLimits;
pub use limpid_fetch::Error as FetchError;
pub use limpid_images::{
    Archive, AttachedIdentity, AttachedSettings, Attaching, Belief, Error as ImagesError, Fault, ImageSource,
    is_bill, pack_bill,
};
pub use limpid_layers::{ClaimSet, Error as LayerError, Kind as FileKind, Kinds, Limits};
pub use limpid_runtime::{self as runtime};
use limpid_runtime::{Registry, Snapshot};
pub use limpid_signature as signature;
pub use limpid_store::{
    Checked as StoreChecked, CheckedTable as StoreCheckedTable, Error as StoreError,
    Settings as StoreSettings, Sizes, Store,
};

pub use access::{Guest, Holder, TOKEN_PREFIX, Taken, TooMuch, UnderWay, check_repositories};
pub use background::yield_to_others;
pub use backups::{BackupSettings, Backups, Reach};
pub use bundle::{Exported, ExportedFeed, sign};
pub use error::{BundleError, Error, PolicyError, Refused, SubscriptionError, TokenError, WatchError};
pub use failures::KeepingFailures;
pub use history::{AsOf, ChangesAsked};
pub use identifiers::check as check_identifier;
pub use index::{AdoptedLayer, ImageInput, Indexed, Progress, borrowed};
pub use ingest::{Handed, Trust};
pub use inventory::{NoPosition, Position};
pub use jobs::{JobProgress, JobTimes, Jobs, OpenSource, Opened, QueueLength, Secrets, Spool};
use kept::KeptFiles;
pub use limpid_fetch::Login;
pub use limpid_seal::Keys as SecretKeys;
pub use notices::{Delivery, Message, SecretsAtRest, Then, Transport, Undelivered, check_subscription};
pub use packages::Versions;
pub use refresh::Refresh;
use refreshing::Refreshing;
pub use repositories::Summarizing;
pub use retention::Retention;
pub use revision::Revision;
pub use room::Room;
pub use run::{Run, RunProgress};
pub use schedule::{RunTimes, Updates};
pub use settings::{
    AccessSettings, AgeLimits, AgeSettings, BundleSettings, Clock, Current, FeedSettings, Keep,
    NoticeSettings, OneFeed, OwnerSettings, Owners, PolicySettings, QuotaSettings, Quotas, ReplacedTooOften,
    RepositoryQuota, RetentionRule, RetentionRules, RetentionSettings, Retry, Settings, WatchSettings,
};
pub use timekeeping::Timekeeping;
pub use vex::VexUpdates;
pub use vulnerabilities::Filter;
pub use watches::{Referrers, RegistryLister, Submit, Unlisted, Watching};
use writer::Writers;

/// Plugins, store and settings: what every use case needs. Cheap to clone.
#[derive(Clone)]
pub struct Scanner(Arc<Parts>);

struct Parts {
    store: Store,
    registry: Registry,
    settings: Current<Settings>,
    writers: Writers,
    runs: running::Runs,
    kept: KeptFiles,
    refreshing: Refreshing,
    flights: index::Flights,
    plugin_changes: rekey::PluginChanges,
    moments: history::Moments,
    /// What the detectors that are loaded claim.
    /// What affects base images and those that are newer, at one revision.
    judged: report::JudgedImages,
    /// Policies and VEX documents that are in force.
    decided: policies::InForce,
    /// Tokens.
    tokens: access::Known,
    /// Who is known by what somebody else says of them.
    guests: access::Guests,
    /// How many changes were recorded.
    records: access::Records,
    /// How many findings images have, as far as it was asked.
    tallies: repositories::Tallies,
    /// What repositories have, once somebody has asked.
    summaries: repositories::Summaries,
    /// What all images come to, once somebody has asked.
    statistics: statistics::KeptStatistics,
    /// Up to where failures of plugins are written.
    failures: failures::Written,
    /// Watches whose registry is being listed.
    listing: watched::UnderWay,
    /// Held by those who remove archives of submissions, and by a backup while it takes hold of them.
    archives: parking_lot::RwLock<()>,
    /// Where those who deliver notices look what there is to do.
    deliveries: notices::Deliveries,
}

impl Scanner {
    /// A scanner over a store and the plugins that are loaded.
    ///
    /// # Errors
    /// Where the directory for temporary files cannot be made, or the store fails: versions whose
    /// scheme has changed since they were stored are ordered anew first.
    pub fn new(store: Store, registry: Registry, settings: Settings) -> Result<Self, Error> {
        Self::starting(store, registry, settings, |_| ())
    }

    /// The same, telling what is being done: much may have to be made anew that an earlier version has
    /// stored.
    ///
    /// # Errors
    /// Those of [`Scanner::new`].
    pub fn starting(
        store: Store,
        registry: Registry,
        settings: Settings,
        tell: impl Fn(&'static str),
    ) -> Result<Self, Error> {
        background::begin_threads();
        std::fs::create_dir_all(&settings.scratch).map_err(|source| Error::Host {
            what: format!("directory `{}` cannot be made", settings.scratch.display()),
            source,
        })?;
        let scanner = Self(Arc::new(Parts {
            writers: Writers::new(store.clone()),
            store,
            registry,
            settings: Current::new(settings),
            runs: running::Runs::default(),
            kept: KeptFiles::default(),
            refreshing: Refreshing::default(),
            flights: index::Flights::default(),
            plugin_changes: rekey::PluginChanges::default(),
            moments: history::Moments::default(),
            judged: report::JudgedImages::default(),
            decided: policies::InForce::default(),
            tokens: access::Known::default(),
            guests: access::Guests::default(),
            records: access::Records::default(),
            tallies: repositories::Tallies::default(),
            summaries: repositories::Summaries::default(),
            statistics: statistics::KeptStatistics::default(),
            failures: failures::Written::default(),
            listing: watched::UnderWay::default(),
            archives: parking_lot::RwLock::default(),
            deliveries: notices::Deliveries::default(),
        }));
        timekeeping::go_on(&scanner.store().view(), &scanner.settings().clock)?;
        tell("files that are kept are being counted");
        scanner.0.kept.count(&scanner.store().view())?;
        scanner.0.tokens.load(&scanner.store().view(), &scanner.settings().access)?;
        scanner.0.moments.remember(&scanner.store().view())?;
        failures::recall(scanner.store(), &scanner.plugins())?;
        tell("the inventory is being derived, as far as it is not there");
        scanner.indexer().build_inventory()?;
        tell("history, names, layers and identifiers are being indexed, as far as they are not");
        history::index_history(scanner.store())?;
        names::index_names(scanner.store())?;
        blobs::index_blobs(scanner.store())?;
        bases::index_chains(scanner.store())?;
        tags::index_tags(scanner.store())?;
        identifiers::fold_identifiers(scanner.store())?;
        tell("what an ingest has announced that was cut short is being removed, as far as there is any");
        scanner.notifying().remove_unannounced(&scanner.writers().ingest())?;
        tell("secrets are being encrypted, as far as they are not");
        scanner.notifying().seal_secrets()?;
        tell("versions are being ordered anew, as far as their scheme has changed");
        scanner.rekeying().rekey()?;
        Ok(scanner)
    }

    /// The plugins that are loaded at this moment.
    pub fn plugins(&self) -> Arc<Snapshot> {
        self.0.registry.snapshot()
    }

    /// The settings that are in force now: whoever needs two that belong together asks once.
    pub fn settings(&self) -> &Settings {
        self.0.settings.now()
    }

    /// Puts other settings in force, as far as they are read each time: what was made by the settings of the start, such
    /// as threads, stays as it is.
    ///
    /// # Errors
    /// That was done too often; those before stay in force.
    pub fn change_settings(&self, settings: Settings) -> Result<(), ReplacedTooOften> {
        let access = settings.access.clone();
        self.0.settings.replace(settings)?;
        self.0.tokens.change(&access);
        self.0.guests.change(&access);
        Ok(())
    }

    /// How often the settings were changed: what was made of others may be another now.
    pub fn changes_of_settings(&self) -> usize {
        self.0.settings.replaced()
    }

    /// Whether settings can be changed once more.
    ///
    /// # Errors
    /// They cannot.
    pub fn may_change_settings(&self) -> Result<(), ReplacedTooOften> {
        self.0.settings.is_replaceable()
    }

    /// The registry of plugins.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// Whether what is known does not rest yet on the plugins that are loaded.
    pub fn is_refreshing(&self) -> bool {
        self.0.refreshing.is_under_way()
    }

    pub(crate) fn writers(&self) -> &Writers {
        &self.0.writers
    }

    pub(crate) fn archives(&self) -> &parking_lot::RwLock<()> {
        &self.0.archives
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn notifying(&self) -> notices::Notifying<'_> {
        notices::Notifying {
            store: self.store(),
            writers: self.writers(),
            settings: self.settings(),
            deliveries: self.deliveries(),
        }
    }

    pub(crate) fn ingest(&self) -> ingest::Ingest<'_> {
        ingest::Ingest {
            store: self.store(),
            writers: self.writers(),
            registry: self.registry(),
            settings: self.settings(),
            moments: &self.0.moments,
            runs: &self.0.runs,
            deliveries: self.deliveries(),
        }
    }

    pub(crate) fn indexer(&self) -> index::Indexer<'_> {
        index::Indexer {
            store: self.store(),
            writers: self.writers(),
            registry: self.registry(),
            settings: self.settings(),
            kept: &self.0.kept,
            refreshing: &self.0.refreshing,
            flights: &self.0.flights,
        }
    }

    pub(crate) fn refreshes(&self) -> refresh::Refreshes<'_> {
        refresh::Refreshes { indexer: self.indexer(), ingest: self.ingest(), rekeying: self.rekeying() }
    }

    pub(crate) fn rekeying(&self) -> rekey::Rekeying<'_> {
        rekey::Rekeying {
            store: self.store(),
            writers: self.writers(),
            registry: self.registry(),
            settings: self.settings(),
            changes: &self.0.plugin_changes,
        }
    }

    pub(crate) fn expiring(&self) -> retention::Expiring<'_> {
        retention::Expiring {
            store: self.store(),
            writers: self.writers(),
            settings: self.settings(),
            kept: &self.0.kept,
            records: &self.0.records,
        }
    }

    pub(crate) fn vex_updating(&self) -> vex::Updating<'_> {
        vex::Updating { writers: self.writers(), settings: self.settings(), decided: &self.0.decided }
    }

    pub(crate) fn deliveries(&self) -> &notices::Deliveries {
        &self.0.deliveries
    }
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scanner")
    }
}
