use limpid_model::{Absent, FeedChangePosition, FeedState, SilentNamespace, SourceState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::report::Silent;
use super::words::{FeedChangeWord, RunWord};
use super::{PluginRef, time};

/// All feeds.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Feeds {
    /// By name.
    pub feeds: Vec<Feed>,
}

/// A feed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Feed {
    /// Its name, which is that of its plugin.
    pub name: String,
    /// The plugin that is loaded for it.
    #[schema(required)]
    pub plugin: Option<PluginRef>,
    /// The plugin that read what is stored.
    #[schema(required)]
    pub read_by: Option<PluginRef>,
    /// Grows by one with each change.
    pub revision: u64,
    /// How many advisories are stored, counted for each source.
    pub advisories: u64,
    /// Whether it is being fetched.
    pub running: bool,
    /// When all of it was last known to be up to date, or else a document was last ingested.
    #[schema(required)]
    pub last_success: Option<String>,
    /// Seconds since then.
    #[schema(required)]
    pub age: Option<u64>,
    /// When something was last refused, or could not be fetched.
    #[schema(required)]
    pub last_failure: Option<String>,
    /// Why.
    #[schema(required)]
    pub last_failure_reason: Option<String>,
    /// When it was last fetched.
    #[schema(required)]
    pub last_run: Option<String>,
    /// When the first of the runs began that have failed since then; none where the last did not.
    #[schema(required)]
    pub failing_since: Option<String>,
    /// How many have.
    pub failures: u64,
    /// When it is fetched next; none where the service does not fetch it by itself.
    #[schema(required)]
    pub next_run: Option<String>,
    /// What was named to be fetched, but is not there.
    pub absent: Vec<Failed>,
    /// How many records of the last document could not be used.
    pub rejected: u64,
    /// The first of them.
    pub rejections: Vec<Rejection>,
    /// Its sources that were ingested.
    pub sources: Vec<Source>,
}

/// A source that was ingested.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FeedSource)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// When its document was last ingested, or its publisher last stated that it is still the same.
    pub ingested: String,
    /// Of when its document is by its own word, where it has one.
    #[serde(default)]
    #[schema(required)]
    pub dated: Option<String>,
    /// Namespaces of which its publisher has stopped speaking: what was stated of them stays.
    #[serde(default)]
    #[schema(required)]
    pub silent: Vec<Silent>,
    /// Where it was last fetched from; none where it was handed in.
    #[schema(required)]
    pub address: Option<String>,
    /// When its document last came.
    #[schema(required)]
    pub fetched: Option<String>,
    /// Length of that as it came, in bytes.
    #[schema(required)]
    pub bytes: Option<u64>,
    /// How many changes have come since then.
    pub changes: u64,
    /// How many advisories it states.
    pub advisories: u64,
    /// How many of its records could not be used.
    pub rejected: u64,
    /// The first of them.
    pub rejections: Vec<Rejection>,
    /// The namespaces of which it speaks.
    pub namespaces: Vec<String>,
}

/// What came of a run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// The feed.
    pub feed: String,
    /// Its revision after the run.
    pub revision: u64,
    /// Whether all of it is in.
    pub complete: bool,
    /// How many sources were ingested.
    pub ingested: u64,
    /// How many were as they were.
    pub unchanged: u64,
    /// Bytes that were fetched.
    pub bytes: u64,
    /// How many advisories are new.
    pub added: u64,
    /// How many say something else than before.
    pub changed: u64,
    /// How many of before are gone.
    pub withdrawn: u64,
    /// How many records could not be used.
    pub rejected: u64,
    /// What was named to be fetched, but is not there.
    pub absent: Vec<Failed>,
    /// Sources that stay as they were.
    pub failures: Vec<Failed>,
}

/// Runs of a feed that have ended.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PastRuns {
    /// The feed.
    pub feed: String,
    /// The last first, with the documents and bundles that were handed in and the sources that were removed. Of each
    /// feed, 500 are kept.
    pub runs: Vec<PastRun>,
    /// What to give as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A run that has ended, and what it brought.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PastRun {
    /// When it began.
    pub began: String,
    /// When it ended.
    pub ended: String,
    /// How it came about.
    #[serde(default)]
    #[schema(required, inline, value_type = RunWord)]
    pub kind: String,
    /// The feed's revision before it: what changed since then is listed as its changes. Null where it was not
    /// recorded.
    #[serde(default)]
    #[schema(required)]
    pub before: Option<u64>,
    /// The feed's revision after it.
    pub revision: u64,
    /// Whether all of it is in.
    pub complete: bool,
    /// Why nothing could be begun, or why the document was refused.
    #[schema(required)]
    pub why: Option<String>,
    /// How many sources were ingested.
    pub ingested: u64,
    /// How many were as they were.
    pub unchanged: u64,
    /// Bytes that were fetched.
    pub bytes: u64,
    /// How many advisories are new.
    pub added: u64,
    /// How many say something else than before.
    pub changed: u64,
    /// How many of before are gone.
    pub withdrawn: u64,
    /// How many records could not be used.
    pub rejected: u64,
    /// The first of them, 50 at most.
    pub rejections: Vec<RejectedRecord>,
    /// How many sources were named that are not there.
    pub absent: u64,
    /// The first of them, 50 at most.
    pub absences: Vec<Failed>,
    /// How many documents were refused or could not be fetched: their sources stay as they were.
    pub failed: u64,
    /// The first of them, 50 at most.
    pub failures: Vec<Failed>,
}

/// What revisions of a feed changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FeedChanges {
    /// The feed.
    pub feed: String,
    /// The revision after which they begin.
    pub from: u64,
    /// The last revision of them.
    pub to: u64,
    /// How many of these revisions are longer ago than history is kept: what they changed is not known any more.
    pub forgotten: u64,
    /// The changes, by revision, source and identifier.
    pub changes: Vec<FeedChange>,
    /// What to give as `after` for the next page; null on the last. There may be one even where this page is not
    /// full.
    #[schema(required)]
    pub next: Option<String>,
}

/// Something that a revision of a feed changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FeedChange {
    /// What became of it. `first` is a source that was not known before, all of whose records are new: they are not
    /// listed one by one.
    #[schema(inline, value_type = FeedChangeWord)]
    pub change: String,
    /// The advisory, or the vulnerability of which something is known; null of a source that was not known before.
    #[schema(required)]
    pub id: Option<String>,
    /// The kind of what is known of the vulnerability, as `epss`; null of an advisory.
    #[schema(required)]
    pub enrichment: Option<String>,
    /// The source that stated it.
    pub source: String,
    /// The revision of the feed that it made.
    pub revision: u64,
    /// When.
    pub at: String,
    /// How many images it affects now, counted where the request asks for it; null where it does not, and of what is
    /// gone.
    #[schema(required)]
    pub images: Option<u64>,
    /// Whether it affects more images than were counted.
    pub more_images: bool,
}

/// A record of a source that could not be used.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RejectedRecord {
    /// The source.
    pub source: String,
    /// Which record.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// A source that was not ingested.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Failed {
    /// Its name.
    pub source: String,
    /// Why.
    pub reason: String,
}

/// A record that could not be used.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Rejection {
    /// Which.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// What came of a document that was handed in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
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
    /// How many say something else than before.
    pub changed: u64,
    /// How many of before are gone.
    pub withdrawn: u64,
    /// How many records could not be used.
    pub rejected: u64,
    /// The first of them.
    pub rejections: Vec<Rejection>,
    /// Namespaces of which its publisher has stopped speaking with it: what was stated of them stays.
    #[serde(default)]
    #[schema(required)]
    pub fell_silent: Vec<String>,
    /// Sources that were one record each, of which it has a newer state: they are removed.
    #[serde(default)]
    #[schema(required)]
    pub overtaken: Vec<String>,
    /// Documents that it names to be fetched next.
    pub follow: Vec<Followed>,
}

/// A document that another names.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Followed {
    /// Name of the source.
    pub source: String,
    /// Where it is.
    pub url: String,
}

/// The sources of a feed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Sources {
    /// The feed.
    pub feed: String,
    /// Its sources that were ingested, by name.
    pub sources: Vec<Source>,
    /// What to give as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// What came of the removal of a source.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Removed {
    /// The feed.
    pub feed: String,
    /// The source.
    pub source: String,
    /// The feed's revision after it.
    pub revision: u64,
    /// How many records the source stated.
    pub withdrawn: u64,
}

impl Sources {
    /// The sources of a feed that are on a page.
    pub fn page(feed: Feed, after: Option<&str>, limit: usize) -> Self {
        let Feed { name, mut sources, .. } = feed;
        sources.retain(|source| after.is_none_or(|after| source.name.as_str() > after));
        sources.sort_by(|a, b| a.name.cmp(&b.name));
        let page = limpid_model::Page::of(sources, limit, |last| last.name.clone());
        Self { feed: name, sources: page.items, next: page.next }
    }
}

impl From<limpid_model::RemovedSource> for Removed {
    fn from(removed: limpid_model::RemovedSource) -> Self {
        let limpid_model::RemovedSource { feed, source, revision, withdrawn } = removed;
        Self { feed, source, revision, withdrawn }
    }
}

fn rejections(pairs: Vec<(String, String)>) -> Vec<Rejection> {
    pairs.into_iter().map(|(id, reason)| Rejection { id, reason }).collect()
}

pub(super) fn failed(pairs: Vec<(String, String)>) -> Vec<Failed> {
    pairs.into_iter().map(|(source, reason)| Failed { source, reason }).collect()
}

impl From<FeedState> for Feed {
    fn from(state: FeedState) -> Self {
        let (failed_at, reason) = state.last_failure.map(|failure| (failure.at, failure.reason)).unzip();
        let next_run = state.runs.is_scheduled.then(|| state.runs.next_run.unwrap_or(state.now));
        Self {
            plugin: state.plugin.map(PluginRef::from),
            read_by: state.read_by.map(PluginRef::from),
            revision: state.revision,
            advisories: state.advisories,
            running: state.runs.is_running,
            last_success: state.last_success.map(time),
            age: state.last_success.map(|at| state.now.saturating_sub(at) / 1000),
            last_failure: failed_at.map(time),
            last_failure_reason: reason,
            last_run: state.runs.last_run.map(time),
            failing_since: state.runs.failing_since.map(time),
            failures: state.runs.failures,
            next_run: next_run.map(time),
            absent: state.runs.absent.into_iter().map(Failed::from).collect(),
            rejected: state.rejected,
            rejections: each(state.rejections),
            sources: state.sources.into_iter().map(Source::from).collect(),
            name: state.name,
        }
    }
}

impl From<SourceState> for Source {
    fn from(source: SourceState) -> Self {
        let document = source.document.as_ref();
        Self {
            ingested: time(source.ingested),
            dated: source.dated.map(time),
            silent: each(source.silent),
            address: document.and_then(|document| document.address.clone()),
            fetched: document.map(|document| time(document.fetched)),
            bytes: document.map(|document| document.bytes),
            changes: document.map_or(0, |document| document.changes),
            advisories: source.advisories,
            rejected: source.rejected,
            rejections: each(source.document.map(|document| document.rejections).unwrap_or_default()),
            namespaces: source.namespaces,
            name: source.name,
        }
    }
}

impl From<SilentNamespace> for Silent {
    fn from(silent: SilentNamespace) -> Self {
        Self { namespace: silent.namespace, last_stated: time(silent.last_stated) }
    }
}

impl From<Absent> for Failed {
    fn from(absent: Absent) -> Self {
        Self { source: absent.source, reason: absent.reason }
    }
}

impl From<limpid_model::Rejection> for Rejection {
    fn from(rejection: limpid_model::Rejection) -> Self {
        Self { id: rejection.id, reason: rejection.reason }
    }
}

fn each<A, B: From<A>>(from: Vec<A>) -> Vec<B> {
    from.into_iter().map(B::from).collect()
}

impl From<limpid_model::RunResult> for Run {
    fn from(run: limpid_model::RunResult) -> Self {
        Self {
            complete: run.is_complete(),
            feed: run.feed,
            revision: run.revision,
            ingested: run.ingested,
            unchanged: run.unchanged,
            bytes: run.bytes,
            added: run.added,
            changed: run.changed,
            withdrawn: run.withdrawn,
            rejected: run.rejected,
            absent: failed(run.absent),
            failures: failed(run.failures),
        }
    }
}

impl PastRuns {
    /// A page of the runs of a feed.
    pub fn of(feed: String, page: limpid_model::Page<limpid_model::PastRun, u64>) -> Self {
        let runs = page.items.into_iter().map(PastRun::from).collect();
        Self { feed, runs, next: page.next.map(|began| began.to_string()) }
    }
}

impl From<limpid_model::FeedChanges> for FeedChanges {
    fn from(changes: limpid_model::FeedChanges) -> Self {
        let limpid_model::FeedChanges { feed, from, to, forgotten, page } = changes;
        Self {
            feed,
            from,
            to,
            forgotten,
            changes: page.items.into_iter().map(FeedChange::from).collect(),
            next: page.next.map(|position| write_position(&position)),
        }
    }
}

impl From<limpid_model::FeedChange> for FeedChange {
    fn from(change: limpid_model::FeedChange) -> Self {
        let limpid_model::FeedChange { kind, position, at, images } = change;
        let named = |text: String| (!text.is_empty()).then_some(text);
        Self {
            change: kind.as_str().to_owned(),
            id: named(position.id),
            enrichment: named(position.known),
            source: position.source,
            revision: position.revision,
            at: time(at),
            images: images.map(|images| images.counted),
            more_images: images.is_some_and(|images| images.more),
        }
    }
}

/// A position as `next` of a page, which only this service reads.
fn write_position(position: &FeedChangePosition) -> String {
    let FeedChangePosition { revision, source, id, known } = position;
    serde_json::json!([revision, source, id, known]).to_string()
}

/// The position of such a text; none where it is none.
pub fn read_position(text: &str) -> Option<FeedChangePosition> {
    let (revision, source, id, known) = serde_json::from_str(text).ok()?;
    Some(FeedChangePosition { revision, source, id, known })
}

impl From<limpid_model::PastRun> for PastRun {
    fn from(run: limpid_model::PastRun) -> Self {
        let rejection = |it: limpid_model::RejectedRecord| RejectedRecord {
            source: it.source,
            id: it.id,
            reason: it.reason,
        };
        Self {
            began: time(run.began),
            ended: time(run.ended),
            kind: run.kind.as_str().to_owned(),
            before: run.before,
            revision: run.result.revision,
            complete: run.why.is_none() && run.failed == 0,
            why: run.why,
            ingested: run.result.ingested,
            unchanged: run.result.unchanged,
            bytes: run.result.bytes,
            added: run.result.added,
            changed: run.result.changed,
            withdrawn: run.result.withdrawn,
            rejected: run.result.rejected,
            rejections: run.rejections.into_iter().map(rejection).collect(),
            absent: run.absent,
            absences: failed(run.result.absent),
            failed: run.failed,
            failures: failed(run.result.failures),
        }
    }
}

impl From<limpid_model::Ingested> for Ingested {
    fn from(ingested: limpid_model::Ingested) -> Self {
        let followed = |source: limpid_model::FeedSource| Followed { source: source.name, url: source.url };
        Self {
            feed: ingested.feed,
            source: ingested.source,
            revision: ingested.revision,
            advisories: ingested.advisories,
            added: ingested.added,
            changed: ingested.changed,
            withdrawn: ingested.withdrawn,
            rejected: ingested.rejected,
            rejections: rejections(ingested.rejections),
            fell_silent: ingested.fell_silent,
            overtaken: ingested.overtaken,
            follow: ingested.follow.into_iter().map(followed).collect(),
        }
    }
}
