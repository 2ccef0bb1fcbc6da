use crate::{Digest, Platforms};

/// What of a registry is followed: what is new there, or has moved, is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// 1 to 64 of `a-z`, `0-9` and `-`.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub created: u64,
    /// What its owner asked for.
    pub spec: WatchSpec,
}

/// What the owner of a watch asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchSpec {
    /// The registry: a host, with a port where it has one of its own.
    pub registry: String,
    /// Other hosts by which push notifications may call that registry.
    pub aliases: Vec<String>,
    /// Names of repositories, and globs; with a glob, the registry is asked which repositories it has.
    pub repositories: Vec<String>,
    /// Globs of tags; empty: all.
    pub tags: Vec<String>,
    /// Only so many tags of a repository: those that sort last, where numbers in them count as numbers.
    pub newest: Option<u64>,
    /// Only images that are at most this old, in seconds, as their configuration says.
    pub max_age: Option<u64>,
    /// Which images of an index are indexed.
    pub platforms: Platforms,
    /// How long after the beginning of a listing the next one is due, in seconds; none: as the settings say.
    pub interval: Option<u64>,
    /// Whether anything is listed and indexed.
    pub enabled: bool,
}

/// A watch, and how its listings go. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchState {
    /// The watch.
    pub watch: Watch,
    /// Whether it is being listed.
    pub phase: WatchPhase,
    /// How its listings went.
    pub listings: Listings,
}

/// What a watch is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchPhase {
    /// Its registry is being listed.
    Listing,
    /// It waits for its next listing.
    Waiting,
}

impl WatchPhase {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Waiting => "waiting",
        }
    }
}

/// How the listings of a watch went. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listings {
    /// When the last one ended, whatever came of it.
    pub last: Option<u64>,
    /// When the last one ended of which nothing failed.
    pub last_complete: Option<u64>,
    /// When the next one is due.
    pub next: Option<u64>,
    /// Listings since the last complete one.
    pub failures: u32,
    /// Why the registry could not be listed.
    pub why: Option<String>,
    /// Repositories of which something failed: the first of them, and why.
    pub failed: Vec<(String, String)>,
    /// How many there are.
    pub failed_count: u64,
    /// Repositories that were listed.
    pub repositories: u64,
    /// Tags that are followed.
    pub tags: u64,
    /// Tags that are gone from the registry and wait to be dropped.
    pub gone: u64,
    /// Images that the last listing submitted.
    pub submitted: u64,
    /// Tags that it dropped.
    pub dropped: u64,
}

/// A tag that a watch follows. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedTag {
    /// Its repository, as the registry calls it.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// Where it points.
    pub digest: Digest,
    /// Since when.
    pub since: u64,
    /// When it was last seen.
    pub seen: u64,
    /// Since when it is gone; none where it is not.
    pub gone: Option<u64>,
    /// When the image was made, where the watch asks for its age.
    pub made: Option<u64>,
    /// The job by which it was submitted; none where it is too old to be, or is to be again.
    pub job: Option<u64>,
    /// What was attached to what it points at when that was last looked for.
    pub attached: Vec<SeenAttached>,
    /// When its referrers were last asked for.
    pub asked: Option<u64>,
}

/// Something that is attached to an image in its registry, as far as it is known without being fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAttached {
    /// Where it is: a tag, or the list of what refers to a manifest.
    pub place: String,
    /// The digest to which the tag points, or that stands for the list.
    pub digest: Digest,
}

/// Where a watched tag stands among all of a watch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WatchedPosition {
    /// Its repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
}

/// That something was pushed to a registry, as the registry says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Push {
    /// The registry, as whoever pushed called it; none where the notification does not say.
    pub registry: Option<String>,
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
}

/// What became of push notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushesTaken {
    /// Tags that a watch covers: they are looked at now.
    pub accepted: u64,
    /// Tags that no watch covers.
    pub ignored: u64,
    /// Tags that too many others wait before: the next listing finds them.
    pub put_off: u64,
}
