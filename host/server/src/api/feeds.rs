use limpid_scanner::{FeedState, runtime};
use serde::Serialize;

use super::{PluginRef, time};

/// All feeds.
#[derive(Clone, Debug, Serialize)]
pub struct Feeds {
    /// By name.
    pub feeds: Vec<Feed>,
}

/// A feed.
#[derive(Clone, Debug, Serialize)]
pub struct Feed {
    /// Its name, which is that of its plugin.
    pub name: String,
    /// The plugin that is loaded for it.
    pub plugin: Option<PluginRef>,
    /// The plugin that read what is held.
    pub read_by: Option<PluginRef>,
    /// Grows by one with each change.
    pub revision: u64,
    /// How many advisories are held, counted for each source.
    pub advisories: u64,
    /// When a document was last taken in.
    pub last_success: Option<String>,
    /// When a document was last refused.
    pub last_failure: Option<String>,
    /// Why.
    pub last_failure_reason: Option<String>,
    /// How many records of the last document could not be used.
    pub rejected: u64,
    /// The first of them.
    pub rejections: Vec<Rejection>,
    /// Its sources that were taken in.
    pub sources: Vec<Source>,
}

/// A source that was taken in.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// When its document was last taken in.
    pub taken_in: String,
    /// How many advisories it states.
    pub advisories: u64,
    /// How many of its records could not be used.
    pub rejected: u64,
    /// The namespaces of which it speaks.
    pub namespaces: Vec<String>,
}

/// A record that could not be used.
#[derive(Clone, Debug, Serialize)]
pub struct Rejection {
    /// Which.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// What came of a document that was handed in.
#[derive(Clone, Debug, Serialize)]
pub struct Taken {
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
    /// Documents that it names to be fetched next.
    pub follow: Vec<Followed>,
}

/// A document that another names.
#[derive(Clone, Debug, Serialize)]
pub struct Followed {
    /// Name of the source.
    pub source: String,
    /// Where it is.
    pub url: String,
}

fn rejections(pairs: Vec<(String, String)>) -> Vec<Rejection> {
    pairs.into_iter().map(|(id, reason)| Rejection { id, reason }).collect()
}

impl From<FeedState> for Feed {
    fn from(state: FeedState) -> Self {
        let (failed, reason) = state.row.last_failure.clone().unzip();
        Self {
            plugin: state.plugin.map(PluginRef::from),
            read_by: state.row.plugin().map(PluginRef::from),
            revision: state.row.revision,
            advisories: state.row.advisories,
            last_success: state.row.last_success.map(time),
            last_failure: failed.map(time),
            last_failure_reason: reason,
            rejected: state.row.rejected,
            rejections: rejections(state.row.rejections),
            sources: state
                .sources
                .into_iter()
                .map(|source| Source {
                    name: source.name,
                    taken_in: time(source.row.taken_in),
                    advisories: source.row.advisories,
                    rejected: source.row.rejected,
                    namespaces: source.row.namespaces,
                })
                .collect(),
            name: state.name,
        }
    }
}

impl From<limpid_scanner::Taken> for Taken {
    fn from(taken: limpid_scanner::Taken) -> Self {
        let followed = |source: runtime::Source| Followed { source: source.name, url: source.url };
        Self {
            feed: taken.feed,
            source: taken.source,
            revision: taken.revision,
            advisories: taken.advisories,
            added: taken.added,
            changed: taken.changed,
            withdrawn: taken.withdrawn,
            rejected: taken.rejected,
            rejections: rejections(taken.rejections),
            follow: taken.follow.into_iter().map(followed).collect(),
        }
    }
}
