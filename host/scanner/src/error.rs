mod bundle;
mod policy;
mod subscription;
mod token;
mod watch;

use std::io::ErrorKind;
use std::path::PathBuf;

use limpid_images::Fault;
use limpid_model::{Digest, PluginFailure};

pub use bundle::BundleError;
pub use policy::PolicyError;
pub use subscription::SubscriptionError;
pub use token::{Refused, TokenError};
pub use watch::WatchError;

/// Why a use case could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Images cannot be had from their source, or a layer cannot be read.
    #[error(transparent)]
    Images(#[from] limpid_images::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] limpid_store::Error),
    /// There is no such image.
    #[error("image `{0}` is not known; submit it to `/v1/images` first")]
    NoImage(Digest),
    /// Nobody looks into images.
    #[error(
        "no detector is loaded, so that nothing can be found in an image; `/v1/plugins` and `limpid plugin list` \
         say what is, and why files were refused"
    )]
    NoDetector,
    /// No image has that name.
    #[error(
        "no image is called `{0}`: `limpid scan ARCHIVE` or a request to `/v1/images` makes one known, and \
         `/v1/images` lists those that are"
    )]
    NoImageNamed(String),
    /// No image has a name of that repository.
    #[error("no image of repository `{0}` is known; `/v1/repositories` lists those of which one is")]
    NoRepository(String),
    /// The settings name no such owner.
    #[error("there is no owner `{0}`; setting `owners` names those there are")]
    NoOwner(String),
    /// There is no such watch.
    #[error("there is no watch `{0}`")]
    NoWatch(String),
    /// A policy or VEX document that is not there, or makes no sense.
    #[error(transparent)]
    Policy(PolicyError),
    /// A token that is not there, or makes no sense.
    #[error(transparent)]
    Token(TokenError),
    /// A watch that makes no sense.
    #[error(transparent)]
    Watch(WatchError),
    /// Several images may be meant.
    #[error("`{name}` may be any of these images: {}", .images.join(", "))]
    AmbiguousImage {
        /// What was asked for.
        name: String,
        /// The first of them.
        images: Vec<String>,
    },
    /// Not a digest, and not the beginning of one.
    #[error(
        "`{0}` is no digest: that is `sha256:` and 64 hexadecimal digits, or at least the first 12 of them"
    )]
    BadDigest(String),
    /// Tags have pointed at too many images for one answer from history.
    #[error(
        "tags have pointed at more than {limit} images then: setting `ages.images` allows no more for one answer; ask for \
         fewer days, or for one repository"
    )]
    TooManyImages {
        /// How many are looked at.
        limit: usize,
    },
    /// What is asked for takes long, and was not counted before.
    #[error("what all images come to is being counted: ask again in a moment, or without `at_once`")]
    Counting,
    /// Not a place in a list.
    #[error(
        "`{0}` is no place in a list of this order: give what is `next` of the page before, in the same order"
    )]
    BadPlace(String),
    /// Not an identifier of a vulnerability.
    #[error("`{identifier}` is no identifier of a vulnerability: {why}")]
    BadIdentifier {
        /// What was asked for.
        identifier: String,
        /// Why it is none.
        why: String,
    },
    /// The feed has no such source.
    #[error("feed `{feed}` has no source `{name}`; it knows {}", list(.known))]
    NoSource {
        /// The feed.
        feed: String,
        /// What was named.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A document is stated to be of a source that its feed does not know.
    #[error(
        "feed `{feed}` knows no source `{name}`: a document is of one that its plugin finds in it or starts \
         from, or that is stored already; it knows {}", list(.known)
    )]
    UnknownSource {
        /// The feed.
        feed: String,
        /// What was named.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The document is not of the source that was named.
    #[error("the document is of source `{identified}` of feed `{feed}`, and not of `{name}`")]
    OtherSource {
        /// The feed.
        feed: String,
        /// What was named.
        name: String,
        /// What the document says.
        identified: String,
    },
    /// Not the name of a source.
    #[error("`{name}` cannot be the name of a source: {why}")]
    BadSource {
        /// What was named.
        name: String,
        /// Why it cannot.
        why: &'static str,
    },
    /// There is no such layer.
    #[error("layer `{0}` is not known")]
    NoLayer(Digest),
    /// No feed knows such an identifier.
    #[error("no feed knows of `{0}`, by this or any other identifier")]
    NoVulnerability(String),
    /// A moment of which nothing is known any more.
    #[error("what was stated then is not kept: setting `history.days` reaches back to {oldest}")]
    BeforeHistory {
        /// The first moment that is.
        oldest: String,
    },
    /// A revision that a feed has not come to.
    #[error("feed `{feed}` has no revision {revision} yet: its latest is {latest}")]
    NoRevision {
        /// The feed.
        feed: String,
        /// What was asked for.
        revision: u64,
        /// What there is.
        latest: u64,
    },
    /// A version that its scheme cannot order.
    #[error("version `{version}` cannot be ordered: {why}")]
    BadVersion {
        /// The version.
        version: String,
        /// Why.
        why: String,
    },
    /// There is no such subscription.
    #[error("there is no subscription `{0}`")]
    NoSubscription(String),
    /// The subscription has no such notice.
    #[error("subscription `{subscription}` has no notice `{number}`, or has it no longer")]
    NoNotice {
        /// The subscription.
        subscription: String,
        /// The number.
        number: u64,
    },
    /// A message was not acknowledged.
    #[error("subscription `{subscription}` was not told: {why}")]
    Undelivered {
        /// The subscription.
        subscription: String,
        /// Why.
        why: String,
    },
    /// The subscription makes no sense.
    #[error(transparent)]
    Subscription(SubscriptionError),
    /// There is no such job.
    #[error("job `{0}` is not known")]
    NoJob(u64),
    /// No plugin with that name reads a feed.
    #[error("no plugin named `{name}` reads a feed; there are: {}", list(.known))]
    NoFeed {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No plugin orders that scheme.
    #[error("no plugin orders versions of scheme `{name}`; there are: {}", list(.known))]
    NoScheme {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A plugin failed on what it was given.
    #[error(transparent)]
    Plugin(#[from] PluginFailure),
    /// Plugins could not be changed.
    #[error(transparent)]
    Change(#[from] limpid_runtime::ChangeError),
    /// The document states more than it may.
    #[error("the document states more than {limit} advisories, the limit of setting `feeds.advisories`")]
    TooManyAdvisories {
        /// The limit.
        limit: usize,
    },
    /// More is named to be fetched than may be.
    #[error(
        "more than {limit} documents are named to be fetched, the limit of setting `feeds.follow_documents`"
    )]
    TooManyFollowed {
        /// The limit.
        limit: usize,
    },
    /// The document states next to nothing of what was there before.
    #[error(
        "source `{source_name}` now states {now} {what}, and {before} before: a document that states less than \
         {least} percent of that (setting `feeds.least_percent`), or nothing, is taken for a mistake unless it \
         is forced"
    )]
    Shrunk {
        /// The source.
        source_name: String,
        /// What there is less of.
        what: &'static str,
        /// How much there was.
        before: u64,
        /// How much there is.
        now: u64,
        /// The setting.
        least: u64,
    },
    /// A document could not be fetched.
    #[error(transparent)]
    Fetch(#[from] limpid_fetch::Error),
    /// What a feed names to be fetched is not fetched.
    #[error("source `{name}` is not fetched from `{url}`: {why}")]
    NotFollowed {
        /// The source.
        name: String,
        /// Where it is stated to be.
        url: String,
        /// Why it is not fetched.
        why: String,
    },
    /// The feed is being fetched.
    #[error("feed `{0}` is being fetched at this moment")]
    Running(String),
    /// The document of a feed cannot be read.
    #[error("the document cannot be read")]
    Document(#[source] std::io::Error),
    /// A rule of retention makes no sense.
    #[error("setting {0}")]
    BadRetention(String),
    /// Images would be more than may be kept.
    #[error(
        "{what}, and setting `{setting}` allows {most}; delete images, or let the settings `retention.*` remove some"
    )]
    OverQuota {
        /// What is too much, with how much it is.
        what: String,
        /// The setting.
        setting: String,
        /// How much it allows.
        most: u64,
    },
    /// A backup is being made.
    #[error("another backup is being made at this moment")]
    BackupUnderWay,
    /// A backup may not go there.
    #[error("no backup can be made: {0}")]
    BackupPlace(String),
    /// No such backup was begun.
    #[error("backup `{0}` was not begun since the service started")]
    NoBackup(u64),
    /// A backup cannot be made.
    #[error(transparent)]
    Backup(#[from] limpid_backup::Error),
    /// A bundle is not ingested.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Too many submissions wait already.
    #[error("{limit} submissions wait already, the limit of setting `index.queue`; try again later")]
    Busy {
        /// The limit.
        limit: usize,
    },
    /// The disk is full.
    #[error(
        "the file system of `{}` is full: {free} bytes are free, and setting `index.free_bytes` wants {least}; \
         make room and try again", .path.display()
    )]
    NoRoom {
        /// A directory on it.
        path: PathBuf,
        /// What is free, in bytes.
        free: u64,
        /// The setting.
        least: u64,
    },
    /// Temporary files or threads cannot be had.
    #[error("{what}")]
    Host {
        /// What was tried.
        what: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl From<limpid_layers::Error> for Error {
    fn from(error: limpid_layers::Error) -> Self {
        Self::Images(error.into())
    }
}

impl Error {
    /// The system gives no thread.
    pub(crate) fn no_thread(source: std::io::Error) -> Self {
        Self::Host { what: "a thread cannot be started".to_owned(), source }
    }

    /// Whether what was submitted is to blame, or more than may be kept, so that another try would end the same. All
    /// else is of where images come from, of this machine, of its plugins or of Limpid itself, and may be different
    /// next time.
    pub const fn refuses_input(&self) -> bool {
        match self {
            Self::Images(error) => matches!(error.fault(), Fault::Input),
            Self::OverQuota { .. } => true,
            _ => false,
        }
    }

    /// Whether where images come from is to blame, which may answer another time.
    pub fn is_of_source(&self) -> bool {
        matches!(self, Self::Images(error) if matches!(error.fault(), Fault::Source))
    }

    /// Whether another try would end the same, although what was handed in is not to blame.
    pub(crate) const fn is_for_good(&self) -> bool {
        matches!(self, Self::Images(error) if error.is_for_good())
    }

    /// Whether a file system or a quota is full.
    pub fn is_for_lack_of_room(&self) -> bool {
        match self {
            Self::NoRoom { .. } => return true,
            Self::Store(error) | Self::Backup(limpid_backup::Error::Store(error)) => {
                return error.is_for_lack_of_room();
            }
            _ => {}
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            if matches!(kind, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// Something of Limpid itself is broken: a thread has panicked.
    pub(crate) fn bug(what: &str) -> Self {
        Self::Host { what: what.to_owned(), source: std::io::Error::other(Panic) }
    }

    /// Whether it is that.
    pub(crate) fn is_bug(&self) -> bool {
        let Self::Host { source, .. } = self else { return false };
        source.get_ref().is_some_and(|source| source.is::<Panic>())
    }
}

/// A thread has panicked.
#[derive(Debug, thiserror::Error)]
#[error("panic")]
struct Panic;

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_that_lacks_room_is_told_by_its_causes() {
        let check = |kind: ErrorKind, expected: bool| {
            let (path, source) = (PathBuf::from("x"), kind.into());
            let file = limpid_backup::Error::Io { what: "write", path: path.clone(), source };
            assert_eq!(Error::from(file).is_for_lack_of_room(), expected, "file: {kind}");
            let store = limpid_store::Error::Directory { path, source: kind.into() };
            let store = limpid_backup::Error::from(store);
            assert_eq!(Error::from(store).is_for_lack_of_room(), expected, "store: {kind}");
        };
        check(ErrorKind::StorageFull, true);
        check(ErrorKind::QuotaExceeded, true);
        check(ErrorKind::PermissionDenied, false);
        assert!(!Error::from(limpid_backup::Error::Stopped).is_for_lack_of_room());
    }
}
