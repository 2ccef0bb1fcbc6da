use limpid_model::{Platforms, PushesTaken, WatchSpec, WatchState, WatchedTag as Followed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::WatchWord;
use super::{Word, time};

/// Watches.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Watches {
    /// By name.
    pub watches: Vec<Watch>,
}

/// A watch as it is wanted: what `PUT` takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WantedWatch)]
pub struct Wanted {
    /// The registry: a host, with a port where it has one of its own.
    pub registry: String,
    /// Other hosts by which push notifications may call that registry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Names of repositories, and globs.
    #[schema(min_items = 1)]
    pub repositories: Vec<String>,
    /// Globs of tags; all where nothing is stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Only so many tags of a repository, those that sort last; numbers in them count as numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub newest: Option<u64>,
    /// Only images that are at most this old, in seconds, as their configuration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub max_age: Option<u64>,
    /// Platforms of an index, `os/architecture` or `os/architecture/variant`; all where nothing is stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// How long after the beginning of a listing the next one is due, in seconds; `watches.interval` where nothing is
    /// stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub interval: Option<u64>,
    /// Whether anything is listed and indexed.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

/// A watch, and how its listings go.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Watch {
    /// Its name.
    pub name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// What it is.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// `listing` or `waiting`.
    #[schema(inline, value_type = WatchWord)]
    pub state: Word,
    /// When the last listing ended, whatever came of it.
    #[schema(required, format = DateTime)]
    pub last_listed: Option<String>,
    /// When the last one ended of which nothing failed.
    #[schema(required, format = DateTime)]
    pub last_complete: Option<String>,
    /// When the next one is due; null: at once.
    #[schema(required, format = DateTime)]
    pub next_listing: Option<String>,
    /// Why the registry could not be listed.
    #[schema(required)]
    pub failure: Option<String>,
    /// What failed of single repositories: the first of them.
    pub failures: Vec<RepositoryFailure>,
    /// How many there are.
    pub failed: u64,
    /// Repositories that were listed.
    pub listed_repositories: u64,
    /// Tags that are followed.
    pub followed_tags: u64,
    /// Tags that are gone from the registry and wait to be dropped.
    pub gone_tags: u64,
    /// Images that the last listing submitted.
    pub submitted: u64,
    /// Tags that it dropped.
    pub dropped: u64,
}

/// What failed of a repository.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RepositoryFailure {
    /// The repository.
    pub repository: String,
    /// Why.
    pub reason: String,
}

/// A tag that a watch follows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WatchedTag {
    /// Its repository, as the registry calls it.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// Digest of the manifest or index that it points at.
    pub digest: String,
    /// Since when.
    pub since: String,
    /// When it was last seen.
    pub seen: String,
    /// Since when it is gone; null where it is not.
    #[schema(required)]
    pub gone: Option<String>,
    /// When the image was made, where the watch asks for its age.
    #[schema(required)]
    pub made: Option<String>,
    /// The job by which it was submitted; null where it is too old, or is to be submitted again.
    #[schema(required)]
    pub job: Option<String>,
}

/// A page of them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WatchedTags {
    /// By repository and tag.
    pub tags: Vec<WatchedTag>,
    /// What to give as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// What became of the tags of a push notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pushed {
    /// Tags that a watch covers, which are looked at now.
    pub accepted: u64,
    /// Tags that no watch covers.
    pub ignored: u64,
    /// Tags that too many others wait before: the next listing finds them.
    pub put_off: u64,
}

impl Wanted {
    /// What it asks for.
    ///
    /// # Errors
    /// A sentence on what cannot be understood: a platform that is none.
    pub fn spec(&self) -> Result<WatchSpec, String> {
        let platform = |text: &String| text.parse().map_err(|error| format!("`{text}`: {error}"));
        let platforms: Vec<_> = self.platforms.iter().map(platform).collect::<Result<_, _>>()?;
        Ok(WatchSpec {
            registry: self.registry.clone(),
            aliases: self.aliases.clone(),
            repositories: self.repositories.clone(),
            tags: self.tags.clone(),
            newest: self.newest,
            max_age: self.max_age,
            platforms: if platforms.is_empty() { Platforms::All } else { Platforms::Only(platforms) },
            interval: self.interval,
            enabled: self.enabled,
        })
    }
}

impl From<WatchSpec> for Wanted {
    fn from(spec: WatchSpec) -> Self {
        let platforms = match spec.platforms {
            Platforms::All => Vec::new(),
            Platforms::Only(only) => only.iter().map(ToString::to_string).collect(),
        };
        Self {
            registry: spec.registry,
            aliases: spec.aliases,
            repositories: spec.repositories,
            tags: spec.tags,
            newest: spec.newest,
            max_age: spec.max_age,
            platforms,
            interval: spec.interval,
            enabled: spec.enabled,
        }
    }
}

impl From<WatchState> for Watch {
    fn from(state: WatchState) -> Self {
        let (watch, listings) = (state.watch, state.listings);
        let failure = |(repository, reason)| RepositoryFailure { repository, reason };
        Self {
            name: watch.name,
            created: time(watch.created),
            wanted: watch.spec.into(),
            state: state.phase.as_str().into(),
            last_listed: listings.last.map(time),
            last_complete: listings.last_complete.map(time),
            next_listing: listings.next.map(time),
            failure: listings.why,
            failures: listings.failed.into_iter().map(failure).collect(),
            failed: listings.failed_count,
            listed_repositories: listings.repositories,
            followed_tags: listings.tags,
            gone_tags: listings.gone,
            submitted: listings.submitted,
            dropped: listings.dropped,
        }
    }
}

impl From<Followed> for WatchedTag {
    fn from(tag: Followed) -> Self {
        Self {
            repository: tag.repository,
            tag: tag.tag,
            digest: tag.digest.to_string(),
            since: time(tag.since),
            seen: time(tag.seen),
            gone: tag.gone.map(time),
            made: tag.made.map(time),
            job: tag.job.map(|job| job.to_string()),
        }
    }
}

impl From<PushesTaken> for Pushed {
    fn from(taken: PushesTaken) -> Self {
        Self { accepted: taken.accepted, ignored: taken.ignored, put_off: taken.put_off }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_is_read_as_it_is_shown() {
        let text = r#"{
            "registry": "registry.example", "repositories": ["shop/*"], "tags": ["1.*"], "newest": 5,
            "max_age": 86400, "platforms": ["linux/arm64/v8"], "aliases": ["registry:5000"], "enabled": false
        }"#;
        let wanted: Wanted = serde_json::from_str(text).unwrap();
        assert_eq!(Wanted::from(wanted.spec().unwrap()), wanted);
        let least: Wanted = serde_json::from_str(r#"{"registry": "a", "repositories": ["*"]}"#).unwrap();
        let spec = least.spec().unwrap();
        assert!(spec.enabled && spec.platforms == Platforms::All);
        let why = Wanted { platforms: vec!["linux".to_owned()], ..least }.spec().unwrap_err();
        assert!(why.contains("`linux`") && why.contains("os/architecture"), "{why}");
    }
}
