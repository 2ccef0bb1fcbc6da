use axum::http::StatusCode;
use limpid_model::Blame;
use limpid_scanner::runtime::ChangeError;
use limpid_scanner::{
    BundleError, Error, FetchError, ImagesError, LayerError, PolicyError, StoreError, TokenError,
};

/// What programs are told of a failure: the code, and the status that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    AmbiguousName,
    /// A backup may not be made there.
    BadBackup,
    BadBundle,
    BadDigest,
    BadDocument,
    BadEvent,
    BadIdentifier,
    /// Of an image in a registry, or the address of a layer.
    BadReference,
    BadRequest,
    /// Of the service.
    BadSettings,
    BadSource,
    BadSubscription,
    BadVersion,
    BadPolicy,
    BadToken,
    BadWatch,
    BeforeHistory,
    Busy,
    Damaged,
    FeedNotUpdated,
    Forbidden,
    /// An image leads where no request of others may lead.
    ForbiddenAddress,
    Internal,
    /// The service ends, or whoever asked has gone.
    Interrupted,
    /// A request with the same key is being done.
    KeyInUse,
    /// A key was used for another request.
    KeyReused,
    MethodNotAllowed,
    Missing,
    NoDetector,
    /// The disk is full.
    NoRoom,
    NoSuchBackup,
    NoSuchFeed,
    NoSuchImage,
    NoSuchJob,
    NoSuchLayer,
    NoSuchNotice,
    /// Of an image.
    NoSuchPlatform,
    NoSuchPlugin,
    NoSuchRepository,
    NoSuchRevision,
    NoSuchSchema,
    NoSuchScheme,
    NoSuchSource,
    NoSuchSubscription,
    /// Of a plugin.
    NoSuchVersion,
    NoSuchVulnerability,
    NoSuchPolicy,
    NoSuchToken,
    NoSuchWatch,
    NotAnImage,
    /// A registry does not let this service read an image.
    NotAuthorized,
    NotDelivered,
    NotFetched,
    NotFound,
    NotReady,
    OutOfTime,
    /// What was sent states or holds more than it may.
    OverLimit,
    /// What was sent is longer than it may be.
    TooLong,
    PluginFailed,
    PluginRefused,
    ShrunkDocument,
    /// Where an image comes from does not answer.
    SourceUnavailable,
    Starting,
    StoreInUse,
    /// Of a token.
    TakenName,
    TooSlow,
    /// Whoever asks asks too much.
    TooMany,
    /// Nobody knows who asks.
    Unauthorized,
    Unsupported,
    UntrustedBundle,
    WrongDigest,
}

impl Code {
    /// All of them.
    pub(crate) const ALL: [Self; 71] = [
        Self::AmbiguousName,
        Self::BadBundle,
        Self::BadDigest,
        Self::BadDocument,
        Self::BadEvent,
        Self::BadIdentifier,
        Self::BadReference,
        Self::BadRequest,
        Self::BadSource,
        Self::BadSubscription,
        Self::BadVersion,
        Self::BadPolicy,
        Self::BadToken,
        Self::BadWatch,
        Self::BeforeHistory,
        Self::Busy,
        Self::Damaged,
        Self::FeedNotUpdated,
        Self::Forbidden,
        Self::ForbiddenAddress,
        Self::Internal,
        Self::Interrupted,
        Self::KeyInUse,
        Self::KeyReused,
        Self::MethodNotAllowed,
        Self::Missing,
        Self::NoDetector,
        Self::NoRoom,
        Self::NoSuchFeed,
        Self::NoSuchImage,
        Self::NoSuchJob,
        Self::NoSuchLayer,
        Self::NoSuchNotice,
        Self::NoSuchPlatform,
        Self::NoSuchPlugin,
        Self::NoSuchRepository,
        Self::NoSuchRevision,
        Self::NoSuchSchema,
        Self::NoSuchScheme,
        Self::NoSuchSource,
        Self::NoSuchSubscription,
        Self::NoSuchVersion,
        Self::NoSuchVulnerability,
        Self::NoSuchPolicy,
        Self::NoSuchToken,
        Self::NoSuchWatch,
        Self::NotAnImage,
        Self::NotAuthorized,
        Self::NotDelivered,
        Self::NotFetched,
        Self::NotFound,
        Self::NotReady,
        Self::OutOfTime,
        Self::OverLimit,
        Self::TooLong,
        Self::PluginFailed,
        Self::PluginRefused,
        Self::ShrunkDocument,
        Self::SourceUnavailable,
        Self::Starting,
        Self::StoreInUse,
        Self::TakenName,
        Self::TooSlow,
        Self::TooMany,
        Self::Unauthorized,
        Self::Unsupported,
        Self::UntrustedBundle,
        Self::WrongDigest,
        Self::BadBackup,
        Self::BadSettings,
        Self::NoSuchBackup,
    ];

    /// The first of that word; none where there is no such.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        self.row().0
    }

    pub(crate) const fn status(self) -> StatusCode {
        self.row().1
    }

    /// All codes and their statuses.
    const fn row(self) -> (&'static str, StatusCode) {
        use StatusCode as Status;
        match self {
            Self::AmbiguousName => ("ambiguous-name", Status::CONFLICT),
            Self::BadBackup => ("bad-backup", Status::UNPROCESSABLE_ENTITY),
            Self::BadBundle => ("bad-bundle", Status::UNPROCESSABLE_ENTITY),
            Self::BadDigest => ("bad-digest", Status::BAD_REQUEST),
            Self::BadDocument => ("bad-document", Status::UNPROCESSABLE_ENTITY),
            Self::BadEvent => ("bad-event", Status::UNPROCESSABLE_ENTITY),
            Self::BadIdentifier => ("bad-identifier", Status::BAD_REQUEST),
            Self::BadRequest => ("bad-request", Status::BAD_REQUEST),
            Self::BadSettings => ("bad-settings", Status::UNPROCESSABLE_ENTITY),
            Self::BadSource => ("bad-source", Status::UNPROCESSABLE_ENTITY),
            Self::BadSubscription => ("bad-subscription", Status::UNPROCESSABLE_ENTITY),
            Self::BadVersion => ("bad-version", Status::UNPROCESSABLE_ENTITY),
            Self::BadPolicy => ("bad-policy", Status::UNPROCESSABLE_ENTITY),
            Self::BadToken => ("bad-token", Status::UNPROCESSABLE_ENTITY),
            Self::BadWatch => ("bad-watch", Status::UNPROCESSABLE_ENTITY),
            Self::BeforeHistory => ("before-history", Status::UNPROCESSABLE_ENTITY),
            Self::Busy => ("busy", Status::SERVICE_UNAVAILABLE),
            Self::Damaged => ("damaged", Status::UNPROCESSABLE_ENTITY),
            Self::FeedNotUpdated => ("feed-not-updated", Status::BAD_GATEWAY),
            Self::Forbidden => ("forbidden", Status::FORBIDDEN),
            Self::Internal => ("internal", Status::INTERNAL_SERVER_ERROR),
            Self::Interrupted => ("internal", Status::SERVICE_UNAVAILABLE),
            Self::KeyInUse => ("key-in-use", Status::CONFLICT),
            Self::KeyReused => ("key-reused", Status::UNPROCESSABLE_ENTITY),
            Self::MethodNotAllowed => ("method-not-allowed", Status::METHOD_NOT_ALLOWED),
            Self::Missing => ("missing", Status::UNPROCESSABLE_ENTITY),
            Self::NoDetector => ("no-detector", Status::SERVICE_UNAVAILABLE),
            Self::NoRoom => ("no-room", Status::SERVICE_UNAVAILABLE),
            Self::NoSuchBackup => ("no-such-backup", Status::NOT_FOUND),
            Self::NoSuchFeed => ("no-such-feed", Status::NOT_FOUND),
            Self::NoSuchImage => ("no-such-image", Status::NOT_FOUND),
            Self::NoSuchJob => ("no-such-job", Status::NOT_FOUND),
            Self::NoSuchLayer => ("no-such-layer", Status::NOT_FOUND),
            Self::NoSuchNotice => ("no-such-notice", Status::NOT_FOUND),
            Self::NoSuchPlugin => ("no-such-plugin", Status::NOT_FOUND),
            Self::NoSuchRepository => ("no-such-repository", Status::NOT_FOUND),
            Self::NoSuchRevision => ("no-such-revision", Status::NOT_FOUND),
            Self::NoSuchSchema => ("no-such-schema", Status::NOT_FOUND),
            Self::NoSuchScheme => ("no-such-scheme", Status::NOT_FOUND),
            Self::NoSuchSource => ("no-such-source", Status::NOT_FOUND),
            Self::NoSuchSubscription => ("no-such-subscription", Status::NOT_FOUND),
            Self::NoSuchVersion => ("no-such-version", Status::CONFLICT),
            Self::NoSuchVulnerability => ("no-such-vulnerability", Status::NOT_FOUND),
            Self::NoSuchPolicy => ("no-such-policy", Status::NOT_FOUND),
            Self::NoSuchToken => ("no-such-token", Status::NOT_FOUND),
            Self::TakenName => ("taken-name", Status::CONFLICT),
            Self::NoSuchWatch => ("no-such-watch", Status::NOT_FOUND),
            Self::NoSuchPlatform => ("no-such-platform", Status::UNPROCESSABLE_ENTITY),
            Self::BadReference => ("bad-reference", Status::UNPROCESSABLE_ENTITY),
            Self::ForbiddenAddress => ("forbidden-address", Status::UNPROCESSABLE_ENTITY),
            Self::NotAuthorized => ("not-authorized", Status::UNPROCESSABLE_ENTITY),
            Self::NotAnImage => ("not-an-image", Status::UNPROCESSABLE_ENTITY),
            Self::NotDelivered => ("not-delivered", Status::BAD_GATEWAY),
            Self::NotFetched => ("not-fetched", Status::BAD_GATEWAY),
            Self::NotFound => ("not-found", Status::NOT_FOUND),
            Self::NotReady => ("not-ready", Status::SERVICE_UNAVAILABLE),
            Self::OutOfTime => ("out-of-time", Status::GATEWAY_TIMEOUT),
            Self::OverLimit => ("over-limit", Status::UNPROCESSABLE_ENTITY),
            Self::TooLong => ("over-limit", Status::PAYLOAD_TOO_LARGE),
            Self::PluginFailed => ("plugin-failed", Status::INTERNAL_SERVER_ERROR),
            Self::PluginRefused => ("plugin-refused", Status::UNPROCESSABLE_ENTITY),
            Self::ShrunkDocument => ("shrunk-document", Status::UNPROCESSABLE_ENTITY),
            Self::SourceUnavailable => ("source-unavailable", Status::BAD_GATEWAY),
            Self::Starting => ("starting", Status::SERVICE_UNAVAILABLE),
            Self::StoreInUse => ("store-in-use", Status::INTERNAL_SERVER_ERROR),
            Self::TooSlow => ("too-slow", Status::REQUEST_TIMEOUT),
            Self::TooMany => ("too-many-requests", Status::TOO_MANY_REQUESTS),
            Self::Unauthorized => ("unauthorized", Status::UNAUTHORIZED),
            Self::Unsupported => ("unsupported", Status::UNPROCESSABLE_ENTITY),
            Self::UntrustedBundle => ("untrusted-bundle", Status::FORBIDDEN),
            Self::WrongDigest => ("wrong-digest", Status::UNPROCESSABLE_ENTITY),
        }
    }
}

impl From<&Error> for Code {
    fn from(error: &Error) -> Self {
        if error.is_for_lack_of_room() {
            return Self::NoRoom;
        }
        match error {
            Error::Images(error) => of_images(error),
            Error::NoImage(_) | Error::NoImageNamed(_) => Self::NoSuchImage,
            Error::NoRepository(_) => Self::NoSuchRepository,
            Error::NoWatch(_) => Self::NoSuchWatch,
            Error::Watch(_) => Self::BadWatch,
            Error::Policy(error) => match error {
                PolicyError::None { .. } => Self::NoSuchPolicy,
                PolicyError::Many(_) | PolicyError::ManyRepositories(_) => Self::OverLimit,
                PolicyError::Name { .. } | PolicyError::Document { .. } => Self::BadPolicy,
            },
            Error::Token(error) => match error {
                TokenError::None(_) => Self::NoSuchToken,
                TokenError::Taken(_) => Self::TakenName,
                TokenError::Many(_) => Self::OverLimit,
                TokenError::Name { .. }
                | TokenError::Repositories(_)
                | TokenError::Spec(_)
                | TokenError::Expired => Self::BadToken,
            },
            Error::NoDetector => Self::NoDetector,
            Error::AmbiguousImage { .. } => Self::AmbiguousName,
            Error::BadDigest(_) => Self::BadDigest,
            Error::BadIdentifier { .. } => Self::BadIdentifier,
            Error::NoSource { .. } => Self::NoSuchSource,
            Error::UnknownSource { .. } | Error::OtherSource { .. } | Error::BadSource { .. } => {
                Self::BadSource
            }
            Error::NoLayer(_) => Self::NoSuchLayer,
            Error::NoVulnerability(_) => Self::NoSuchVulnerability,
            Error::BeforeHistory { .. } => Self::BeforeHistory,
            Error::NoRevision { .. } => Self::NoSuchRevision,
            Error::BadVersion { .. } => Self::BadVersion,
            Error::NoSubscription(_) => Self::NoSuchSubscription,
            Error::NoNotice { .. } => Self::NoSuchNotice,
            Error::Undelivered { .. } => Self::NotDelivered,
            Error::Subscription(_) => Self::BadSubscription,
            Error::NoJob(_) => Self::NoSuchJob,
            Error::NoFeed { .. } => Self::NoSuchFeed,
            Error::NoScheme { .. } => Self::NoSuchScheme,
            Error::Plugin(failure) => match failure.blame {
                Blame::Input => Self::BadDocument,
                Blame::Plugin => Self::PluginFailed,
                Blame::Host => Self::Internal,
            },
            Error::Change(error) => of_change(error),
            Error::TooManyAdvisories { .. } | Error::TooManyFollowed { .. } => Self::OverLimit,
            Error::Shrunk { .. } => Self::ShrunkDocument,
            Error::Fetch(_) | Error::NotFollowed { .. } => Self::NotFetched,
            Error::Bundle(error) => match error {
                BundleError::Unusable(_) | BundleError::Damaged(_) => Self::BadBundle,
                BundleError::Untrusted(_) => Self::UntrustedBundle,
                BundleError::ManifestTooLong { .. } => Self::OverLimit,
                BundleError::Key { .. } => Self::Internal,
            },
            Error::Running(_) | Error::Busy { .. } | Error::BackupUnderWay => Self::Busy,
            Error::BackupPlace(_) => Self::BadBackup,
            Error::NoBackup(_) => Self::NoSuchBackup,
            Error::Document(_) => Self::BadDocument,
            Error::Store(StoreError::InUse(_)) => Self::StoreInUse,
            Error::NoRoom { .. } => Self::NoRoom,
            Error::BadRetention(_) | Error::Store(_) | Error::Host { .. } | Error::Backup(_) => {
                Self::Internal
            }
        }
    }
}

const fn of_change(error: &ChangeError) -> Code {
    match error {
        ChangeError::Refused(_) | ChangeError::OtherName { .. } => Code::PluginRefused,
        ChangeError::NotLoaded(_) => Code::NoSuchPlugin,
        ChangeError::NoEarlier(_) | ChangeError::NoVersion { .. } => Code::NoSuchVersion,
        ChangeError::Io { .. } => Code::Internal,
    }
}

const fn of_images(error: &ImagesError) -> Code {
    match error {
        ImagesError::NotAnImage(_) => Code::NotAnImage,
        ImagesError::Missing { .. } => Code::Missing,
        ImagesError::Unavailable { .. } => Code::SourceUnavailable,
        ImagesError::Interrupted { .. } => Code::Interrupted,
        ImagesError::OtherPlatforms { .. } => Code::NoSuchPlatform,
        ImagesError::Fetch(error) => of_registry(error),
        ImagesError::Content(error) => of_layer(error),
    }
}

/// What an image of a registry is not fetched for.
const fn of_registry(error: &FetchError) -> Code {
    match error {
        FetchError::Stopped => Code::Interrupted,
        FetchError::Address { .. } | FetchError::Reference { .. } | FetchError::Header { .. } => {
            Code::BadReference
        }
        FetchError::Internal { .. } | FetchError::PlainHttp(_) => Code::ForbiddenAddress,
        FetchError::Unauthorized { .. } => Code::NotAuthorized,
        FetchError::WrongDigest { .. } | FetchError::WrongSize { .. } => Code::WrongDigest,
        FetchError::Schema1(_) => Code::Unsupported,
        FetchError::TooLarge { .. } | FetchError::LongList { .. } | FetchError::LoopingList { .. } => {
            Code::OverLimit
        }
        _ if error.is_of_host() => Code::Internal,
        _ if error.is_absent() => Code::Missing,
        _ => Code::SourceUnavailable,
    }
}

const fn of_layer(error: &LayerError) -> Code {
    match error {
        LayerError::Damaged { .. } => Code::Damaged,
        LayerError::WrongDigest { .. } => Code::WrongDigest,
        LayerError::Unsupported { .. } => Code::Unsupported,
        LayerError::OverLimit { .. } => Code::OverLimit,
        LayerError::UnreadLayer(error) => of_layer(error),
        LayerError::Claim { .. } => Code::PluginFailed,
        LayerError::Kind { .. } | LayerError::Io { .. } => Code::Internal,
    }
}
