//! What is asked of a scanner: each use case, with what it needs of the scanner's parts.

mod access;
mod policies;
mod repositories;
mod retention;
mod watches;

use std::fs::File;

use limpid_fetch::Stop;
use limpid_formats::clair::{NotificationId, NotificationPage};
use limpid_layers::ClaimSet;
use limpid_model::explanation::Explanation;
use limpid_model::plan::Plan;
use limpid_model::report::Report;
use limpid_model::{
    AffectedImage, Digest, FeedChanges, FeedState, Image, ImageDifference, ImageSummary, ImportedFeed,
    Ingested, Inventory, Keys, LayerDescription, LayerReport, Notice, NoticePosition, NoticeState,
    PackageHolder, Page, PastRun, PluginId, PluginVersions, RemovedSource, Statistics, Subscription,
    SubscriptionSpec, SubscriptionState, VulnerabilityDescription, VulnerabilityScores,
};
use prometheus_client::metrics::histogram::Histogram;

use crate::bundle::Exported;
use crate::catalog;
use crate::detectors;
use crate::difference;
use crate::explain;
use crate::failures;
use crate::feeds;
use crate::history::{self, AsOf, ChangesAsked};
use crate::images;
use crate::index::{self, AdoptedLayer, ImageInput, Indexed, Progress};
use crate::ingest::{Handed, Trust};
use crate::inventory::{Asked, Position};
use crate::notices::SecretsAtRest;
use crate::packages::{self, Versions};
use crate::report::Reporter;
use crate::revision::{self, Revision};
use crate::room::{self, Room};
use crate::run::{self, Run, RunProgress};
use crate::vulnerabilities::{self, Filter};
use crate::{Error, Scanner, Sizes, names, plan, plugins, stated, versions};

impl Scanner {
    /// The keys of versions of one scheme.
    ///
    /// # Errors
    /// [`Error::NoScheme`] where no plugin orders it, [`Error::Plugin`] where that plugin fails.
    pub fn keys(&self, scheme: &str, versions: &[String]) -> Result<Keys, Error> {
        versions::keys_of_scheme(&self.plugins(), scheme, versions)
    }

    /// What the detectors that are loaded claim, with the kinds of files that are counted: as much of a root
    /// file system is looked at by them.
    ///
    /// # Errors
    /// A claim cannot be used.
    pub fn wanted(&self) -> Result<ClaimSet, Error> {
        index::wanted(&self.plugins(), self.settings())
    }

    /// What of layers is kept, as a digest that is the same after a restart, on another machine, and with other versions
    /// of detectors that claim the same files.
    pub fn kept_claims(&self) -> Digest {
        detectors::claims_digest(&detectors::loaded(&self.plugins()))
    }

    /// The image of a manifest, and digests of the stored forms of its layers, lowest first. None where there is no
    /// such image.
    ///
    /// # Errors
    /// The store fails.
    pub fn image_of_manifest(&self, manifest: &Digest) -> Result<Option<(Image, Vec<Digest>)>, Error> {
        images::of_manifest(&self.store().view(), manifest)
    }

    /// Forgets a manifest, and with its last manifest an image that nothing else names. Says whether there was one.
    ///
    /// # Errors
    /// The store fails.
    pub fn forget_manifest(&self, manifest: &Digest) -> Result<bool, Error> {
        catalog::forget_manifest(self.writers(), &self.0.kept, manifest)
    }

    /// The image that is meant by a name: a digest of its configuration or of a manifest, the beginning of
    /// one, or a repository with a tag or without. Where several images have had a name, the one that
    /// was submitted last has it.
    ///
    /// # Errors
    /// [`Error::NoImage`] and [`Error::NoImageNamed`] where there is none, [`Error::AmbiguousImage`] where
    /// there are several, [`Error::BadDigest`].
    pub fn find_image(&self, name: &str) -> Result<Digest, Error> {
        names::find_image(self.store(), name)
    }

    /// The images that a reference means, one for each platform: of one that names no digest, those of its tag that
    /// were submitted last. The beginning of a digest is none.
    ///
    /// # Errors
    /// [`Error::NoImage`] and [`Error::NoImageNamed`] where there is none, [`Error::AmbiguousImage`] where it names no
    /// tag and there are several, [`Error::BadDigest`].
    pub fn find_images(&self, reference: &str) -> Result<Vec<Digest>, Error> {
        names::find_images(self.store(), reference)
    }

    /// Images of a repository, with a tag or without, by digest, from the one after `after` on, `limit` at
    /// most.
    ///
    /// # Errors
    /// The store fails.
    pub fn images_named(
        &self,
        name: &str,
        after: Option<&Digest>,
        limit: usize,
    ) -> Result<Page<ImageSummary, Digest>, Error> {
        names::images_named(self.store(), name, after, limit)
    }

    /// Images that hold a package of that name, or built from a source package of that name, after a
    /// position, `limit` at most: by digest where few layers hold one, and else by version. A package of a
    /// distribution is found under each namespace in which advisories for that distribution are published.
    /// A page may hold less where another follows.
    ///
    /// # Errors
    /// [`Error::NoScheme`] and [`Error::BadVersion`] where the versions cannot be ordered.
    pub fn holders(
        &self,
        (namespace, name): (&str, &str),
        versions: &Versions,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<PackageHolder, Position>, Error> {
        packages::holders(
            self.store(),
            &self.plugins(),
            (namespace, name),
            versions,
            Asked::new(after, limit),
        )
    }

    /// Statistics over all images, from one view. Each layer is judged once for each context in which
    /// it lies, however many images have it.
    ///
    /// # Errors
    /// The store fails.
    pub fn statistics(&self) -> Result<Statistics, Error> {
        self.0.statistics.now(self)
    }

    /// The same where that takes no time, and else as they were counted last.
    ///
    /// # Errors
    /// [`Error::Counting`] where they were not counted yet.
    pub fn statistics_at_hand(&self) -> Result<Statistics, Error> {
        self.0.statistics.at_hand(self)
    }

    /// Counts statistics, where somebody was told less than what is so now.
    pub(crate) fn count_statistics(&self, stop: &Stop) -> Result<(), Error> {
        self.0.statistics.count_beside(self, stop)
    }

    /// All that is known of a vulnerability, by any of its identifiers.
    ///
    /// # Errors
    /// [`Error::NoVulnerability`] where no feed knows this identifier.
    pub fn vulnerability(&self, id: &str) -> Result<VulnerabilityDescription, Error> {
        vulnerabilities::vulnerability(self.store(), self.settings(), id)
    }

    /// Images that a vulnerability affects, after a position, `limit` at most: by digest where few layers bring it in,
    /// and else by the packages that do. A page may hold less where another follows.
    ///
    /// # Errors
    /// [`Error::NoVulnerability`] where no feed knows this identifier.
    pub fn affected_images(
        &self,
        id: &str,
        filter: &Filter,
        after: Option<&Position>,
        limit: usize,
    ) -> Result<Page<AffectedImage, Position>, Error> {
        let asked = Asked::new(after, limit);
        vulnerabilities::affected_images(self.store(), self.settings(), id, filter, asked)
    }

    /// All feeds: those that a plugin reads, and those of which something is stored.
    ///
    /// # Errors
    /// The store fails.
    pub fn feeds(&self) -> Result<Vec<FeedState>, Error> {
        feeds::feeds(self.store(), self.settings(), &self.plugins(), &self.0.runs)
    }

    /// Whether a source of any feed was ingested: whoever has none can judge nothing.
    ///
    /// # Errors
    /// The store fails.
    pub fn has_sources(&self) -> Result<bool, Error> {
        feeds::has_sources(self.store())
    }

    /// One feed.
    ///
    /// # Errors
    /// [`Error::NoFeed`] where no plugin reads it and nothing is stored of it, and where the store
    /// fails.
    pub fn feed(&self, name: &str) -> Result<FeedState, Error> {
        feeds::feed(self.store(), self.settings(), &self.plugins(), &self.0.runs, name)
    }

    /// Runs of a feed that have ended, the last first, before one that began at a time, `limit` at most.
    ///
    /// # Errors
    /// [`Error::NoFeed`] where no plugin reads it and nothing is stored of it, and where the store
    /// fails.
    pub fn past_runs(
        &self,
        feed: &str,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<PastRun, u64>, Error> {
        feeds::check_known(self.store(), &self.plugins(), feed)?;
        run::past_runs(self.store(), feed, before, limit)
    }

    /// What revisions of a feed changed, as far as history holds; where `counts_images` says so, with the images that
    /// each affects now.
    ///
    /// # Errors
    /// [`Error::NoFeed`] where nobody knows it, [`Error::NoRevision`] where there was no such revision.
    pub fn feed_changes(
        &self,
        feed: &str,
        asked: &ChangesAsked,
        counts_images: bool,
    ) -> Result<FeedChanges, Error> {
        let asked = (asked, counts_images);
        vulnerabilities::changes((self.store(), self.settings()), &self.plugins(), feed, asked)
    }

    /// How likely it was at times that a vulnerability is exploited (EPSS), the last change first, before a time,
    /// `limit` at most.
    ///
    /// # Errors
    /// [`Error::NoVulnerability`] where no feed knows this identifier.
    pub fn scores(&self, id: &str, before: Option<u64>, limit: usize) -> Result<VulnerabilityScores, Error> {
        vulnerabilities::scores(self.store(), self.settings(), id, before, limit)
    }

    /// Size of a component, in bytes, that is taken at most.
    pub fn component_bytes(&self) -> u64 {
        plugins::component_bytes(self.registry())
    }

    /// Takes a component in the place of the plugin of its name. The signature is one over the text
    /// of its digest, for setting `plugins.allow`.
    ///
    /// # Errors
    /// [`Error::Change`]; what ran before goes on.
    pub fn put_plugin(
        &self,
        name: &str,
        component: &[u8],
        signature: Option<&str>,
    ) -> Result<PluginId, Error> {
        plugins::put_plugin(self.registry(), name, component, signature)
    }

    /// Removes a plugin. Its versions are kept.
    ///
    /// # Errors
    /// [`Error::Change`] where there is no such plugin.
    pub fn remove_plugin(&self, name: &str) -> Result<(), Error> {
        plugins::remove_plugin(self.registry(), name)?;
        failures::forget(self.store(), name, &self.0.failures)
    }

    /// Writes how calls of plugins have failed since that was written last.
    pub(crate) fn keep_failures(&self) -> Result<(), Error> {
        failures::keep(self.store(), self.registry(), &self.0.failures)
    }

    /// Goes back to an earlier version of a plugin; to the one before where none is named.
    ///
    /// # Errors
    /// [`Error::Change`] where none is kept; what ran before goes on.
    pub fn roll_back_plugin(&self, name: &str, to: Option<&Digest>) -> Result<PluginId, Error> {
        plugins::roll_back_plugin(self.registry(), name, to)
    }

    /// Gives a quarantined plugin another chance.
    ///
    /// # Errors
    /// [`Error::Change`] where there is no such plugin.
    pub fn release_plugin(&self, name: &str) -> Result<PluginId, Error> {
        plugins::release_plugin(&self.plugins(), name)
    }

    /// A plugin and the versions of it that are kept.
    ///
    /// # Errors
    /// [`Error::Change`] where there is no such plugin.
    pub fn plugin(&self, name: &str) -> Result<PluginVersions, Error> {
        plugins::plugin(&self.plugins(), self.registry(), name)
    }

    /// A temporary file without a name.
    ///
    /// # Errors
    /// Where the system has none to give.
    pub fn scratch_file(&self) -> Result<std::fs::File, Error> {
        room::scratch_file(self.settings())
    }

    /// How much room the store takes.
    ///
    /// # Errors
    /// The engine does not say.
    pub fn store_sizes(&self) -> Result<Sizes, Error> {
        Ok(self.store().sizes()?)
    }

    /// How long commits of the store took, in seconds.
    pub fn commit_times(&self) -> Histogram {
        self.store().commit_times()
    }

    /// How much room the file system has on which submissions and temporary files lie.
    ///
    /// # Errors
    /// [`Error::Host`] where the system does not say.
    pub fn room(&self) -> Result<Room, Error> {
        room::room(self.settings())
    }

    /// Fails where that file system is full.
    ///
    /// # Errors
    /// [`Error::NoRoom`] where less is free than setting `index.free_bytes`.
    pub fn require_room(&self) -> Result<(), Error> {
        room::require_room(self.settings())
    }

    /// That there is room for what is fetched, which leaves more than acknowledged submissions do.
    ///
    /// # Errors
    /// [`StorageFull`](std::io::ErrorKind::StorageFull) where less is free than twice setting `index.free_bytes`.
    pub fn require_spare_room(&self) -> std::io::Result<()> {
        room::require_spare_room(self.settings())
    }

    /// Fails where nothing can be written: by writing a little to a file without a name, because a quota
    /// does not show in what is free.
    ///
    /// # Errors
    /// [`Error::NoRoom`], or [`Error::Host`] with what the system says.
    pub fn try_writing(&self) -> Result<(), Error> {
        room::try_writing(self.settings())
    }

    /// Forgets what is longer ago than is kept.
    ///
    /// # Errors
    /// The store fails.
    pub fn forget_history(&self) -> Result<(), Error> {
        history::forget_history(self.store(), self.settings())
    }

    /// Learns of which packages and vulnerabilities anything is stated at all, so that reports do not look
    /// for more of the others. Reads all those names: worth it where many reports are made.
    ///
    /// # Errors
    /// The store fails.
    pub fn learn_names(&self) -> Result<(), Error> {
        stated::learn_names(self.store())
    }

    /// Says why a vulnerability, by any of its identifiers, affects an image, or why not, or why that
    /// is unknown. What it comes to is what a report has, because the same judge says so.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn explain(&self, image: &Digest, vulnerability: &str) -> Result<Explanation, Error> {
        self.reporting(|reporter| explain::explain(reporter, image, vulnerability))
    }

    /// What affects an image, from one view of the store. `digest` is that of its configuration or
    /// of a manifest.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn report(&self, digest: &Digest) -> Result<Report, Error> {
        self.reporting(|reporter| reporter.report(digest))
    }

    /// The same as it would have been at a moment of the past: from what was stated then of what the
    /// image is known to hold now.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image, [`Error::BeforeHistory`] where the moment is
    /// longer ago than is kept, [`Error::NoFeed`] and [`Error::NoRevision`] where there was none such.
    pub fn report_as_of(&self, digest: &Digest, as_of: Option<&AsOf>) -> Result<Report, Error> {
        self.reporting(|reporter| reporter.report_as_of(digest, as_of))
    }

    /// Which packages of an image to update, to what, and how, in the words of their package managers.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn plan(&self, digest: &Digest) -> Result<Plan, Error> {
        let report = self.report(digest)?;
        Ok(plan::plan(&self.plugins(), digest, &report))
    }

    /// On what it depends what is stated of images at this moment; none while that changes by itself.
    pub fn revision(&self) -> Option<Revision> {
        revision::revision(self.store(), &self.plugins(), &self.0.refreshing, &self.settings().clock)
    }

    /// What affects an image, and what it holds but for what packages need, from one view of the store.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn report_with_inventory(&self, digest: &Digest) -> Result<(Report, Inventory), Error> {
        self.reporting(|reporter| reporter.report_with_inventory(digest))
    }

    /// What an image holds.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn inventory(&self, digest: &Digest) -> Result<Inventory, Error> {
        self.reporting(|reporter| reporter.inventory(digest))
    }

    /// What each layer of an image did to its packages and to what affects it, from one view of the store.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn layers(&self, digest: &Digest) -> Result<LayerReport, Error> {
        self.reporting(|reporter| reporter.layers(digest))
    }

    /// What came, went and changed from one image to another, from one view of the store.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn difference(&self, before: &Digest, after: &Digest) -> Result<ImageDifference, Error> {
        self.reporting(|reporter| difference::difference(reporter, before, after))
    }

    /// One image.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn image(&self, digest: &Digest) -> Result<ImageSummary, Error> {
        catalog::image(self.store(), digest)
    }

    /// Images by digest, from the one after `after` on, `limit` at most.
    ///
    /// # Errors
    /// The store fails.
    pub fn images(&self, after: Option<&Digest>, limit: usize) -> Result<Page<ImageSummary, Digest>, Error> {
        catalog::images(self.store(), after, limit)
    }

    /// Those of them that have a name in a repository of an owner, and in the repository or of the tag `name` where that
    /// is asked for. There are none of an owner whom the settings do not name.
    ///
    /// # Errors
    /// The store fails.
    pub fn images_of_owner(
        &self,
        owner: &str,
        name: Option<&str>,
        after: Option<&Digest>,
        limit: usize,
    ) -> Result<Page<ImageSummary, Digest>, Error> {
        catalog::images_of_owner(self.store(), (&self.settings().owners, owner), name, after, limit)
    }

    /// Deletes an image, and any layers that no other image uses.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub fn delete_image(&self, digest: &Digest) -> Result<(), Error> {
        catalog::delete_image(self.writers(), &self.0.kept, digest)
    }

    /// A layer, and what it added, removed and changed.
    ///
    /// # Errors
    /// [`Error::NoLayer`] where there is no such layer.
    pub fn layer(&self, diff_id: &Digest) -> Result<LayerDescription, Error> {
        self.reporting(|reporter| catalog::layer(reporter, diff_id))
    }

    /// Posts notices that were deferred and have stayed true, and forgets what was told long ago.
    ///
    /// # Errors
    /// The store fails.
    pub fn post_deferred(&self) -> Result<(), Error> {
        self.notifying().post_deferred()
    }

    /// All subscriptions, by name.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        self.notifying().subscriptions()
    }

    /// The subscription of that name.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none.
    pub fn subscription(&self, name: &str) -> Result<Subscription, Error> {
        self.notifying().subscription(name)
    }

    /// Makes a subscription, or changes the one of that name; notices that wait go on to wait.
    ///
    /// # Errors
    /// [`Error::Subscription`] where it makes no sense.
    pub fn put_subscription(&self, name: &str, spec: SubscriptionSpec) -> Result<Subscription, Error> {
        self.notifying().put_subscription(name, spec)
    }

    /// Removes a subscription and its notices.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none.
    pub fn remove_subscription(&self, name: &str) -> Result<(), Error> {
        self.notifying().remove_subscription(name)
    }

    /// How the secrets of subscriptions are kept.
    ///
    /// # Errors
    /// The store fails.
    pub fn secrets_at_rest(&self) -> Result<SecretsAtRest, Error> {
        self.notifying().secrets_at_rest()
    }

    /// All subscriptions, by name, and how their deliveries go.
    pub fn subscription_states(&self) -> Result<Vec<SubscriptionState>, Error> {
        self.notifying().subscription_states()
    }

    /// A subscription, and how its deliveries go.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none of that name.
    pub fn subscription_state(&self, name: &str) -> Result<SubscriptionState, Error> {
        self.notifying().subscription_state(name)
    }

    /// Notices by subscription and number, from the one after `after` on, `limit` at most: those of
    /// one subscription, and in one state, where these are named.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is no subscription of that name.
    pub fn notices(
        &self,
        subscription: Option<&str>,
        state: Option<NoticeState>,
        after: Option<&NoticePosition>,
        limit: usize,
    ) -> Result<Page<Notice, NoticePosition>, Error> {
        self.notifying().notices(subscription, state, after, limit)
    }

    /// Some of the notifications of a message to a receiver of Clair's notifications, from the one after `after` on, `size`
    /// at most.
    ///
    /// # Errors
    /// The store fails.
    pub fn notification_page(
        &self,
        message: NotificationId,
        after: Option<NotificationId>,
        size: usize,
    ) -> Result<NotificationPage, Error> {
        self.notifying().notification_page(message, after, size)
    }

    /// Forgets the notices of such a message, which its receiver has fetched. Says whether there were any.
    ///
    /// # Errors
    /// The store fails.
    pub fn forget_notification(&self, message: NotificationId) -> Result<bool, Error> {
        self.notifying().forget_notification(message)
    }

    /// Sends a notice again, whatever came of it before. It goes before all with higher numbers.
    ///
    /// # Errors
    /// [`Error::NoNotice`] where there is none of that number.
    pub fn replay(&self, subscription: &str, number: u64) -> Result<(), Error> {
        self.notifying().replay(subscription, number)
    }

    /// Sends all notices of a subscription again, from a number on. Returns how many.
    ///
    /// # Errors
    /// [`Error::NoSubscription`] where there is none of that name.
    pub fn replay_from(&self, subscription: &str, number: u64) -> Result<u64, Error> {
        self.notifying().replay_from(subscription, number)
    }

    /// Ingests a document of a feed: as its publisher serves it or compressed, or an archive of
    /// such documents.
    ///
    /// # Errors
    /// [`Error::NoFeed`], [`Error::Plugin`] where the document is not what the feed reads,
    /// [`Error::Shrunk`] where it states next to nothing of what was there, and where the store
    /// fails. What was there before then stays as it is.
    pub fn ingest_document(&self, feed: &str, handed: Handed<'_>, file: File) -> Result<Ingested, Error> {
        self.ingest().take_document(feed, handed, file)
    }

    /// Removes a source of a feed, with all that it stated, and what is kept of it, as one difference.
    /// Subscribers are told what is so no longer, since they were told that it is so. Where the feed is
    /// fetched and its publisher still has it, the next run brings it back.
    ///
    /// # Errors
    /// [`Error::NoFeed`], [`Error::NoSource`], and where the store fails.
    pub fn remove_source(&self, feed: &str, source: &str) -> Result<RemovedSource, Error> {
        self.ingest().take_back_source(feed, source)
    }

    /// Fetches a feed, and ingests what has changed.
    ///
    /// # Errors
    /// [`Error::NoFeed`], [`Error::Running`] where it is being fetched already, and where nothing
    /// could be begun. What fails of single sources stands in [`RunResult::failures`](limpid_model::RunResult::failures).
    pub fn run_feed(
        &self,
        feed: &str,
        trust: Trust,
        stop: &Stop,
        progress: &RunProgress,
    ) -> Result<Run, Error> {
        self.ingest().run_feed(feed, trust, stop, progress)
    }

    /// Ingests a bundle: all of it was checked before anything of it is ingested. Each source is one
    /// step, as if its documents had come from their publisher. One of which a newer state is stored stays
    /// as it is, unless the bundle is forced.
    ///
    /// # Errors
    /// [`Error::Bundle`], and where the store fails. What is refused of single feeds and sources stands in
    /// [`ImportedFeed::refused`].
    pub fn import(&self, bundle: File, trust: Trust) -> Result<Vec<ImportedFeed>, Error> {
        self.ingest().import(bundle, trust)
    }

    /// Writes a bundle of some feeds, or of all of which something is stored, from one view of the store.
    ///
    /// # Errors
    /// [`Error::NoFeed`] where one is named of which nothing is stored and that nobody reads, and where
    /// the file cannot be written.
    pub fn export(&self, feeds: &[String], to: &File) -> Result<Exported, Error> {
        self.ingest().export(feeds, to)
    }

    /// Indexes all images of a source.
    ///
    /// # Errors
    /// [`Error::Images`] where the source or a layer cannot be used; then nothing of it is kept.
    pub fn index(&self, input: ImageInput<'_>, progress: &Progress) -> Result<Indexed, Error> {
        self.indexer().index(input, progress)
    }

    /// Makes layers and images known from what was found in them elsewhere, without their bytes, all
    /// in one batch. Layers that are known already need not be given again.
    ///
    /// # Errors
    /// [`Error::NoLayer`] where a layer of an image is neither given nor known.
    pub fn adopt(&self, adopted: Vec<AdoptedLayer>, images: Vec<Image>) -> Result<(), Error> {
        self.indexer().adopt(adopted, images)
    }

    fn reporting<T>(&self, ask: impl FnOnce(Reporter<'_>) -> T) -> T {
        let (plugins, revision) = (self.plugins(), self.revision());
        ask(Reporter {
            store: self.store(),
            settings: self.settings(),
            plugins: &plugins,
            refreshing: &self.0.refreshing,
            judged: &self.0.judged,
            decided: &self.0.decided,
            revision: revision.as_ref(),
        })
    }
}
