use axum::http::StatusCode;
use limpid_model::Blame;
use limpid_scanner::runtime::ChangeError;
use limpid_scanner::{
    BundleError, Error, FetchError, ImagesError, LayerError, PolicyError, StoreError, TokenError,
};

/// The codes, each with the word for it and the status that goes with it.
macro_rules! codes {
    ($($(#[$about:meta])* $code:ident = $word:literal, $status:ident;)*) => {
        /// What programs are told of a failure: the code, and the status that goes with it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code {
            $($(#[$about])* $code,)*
        }

        impl Code {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$code),*];

            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $word,)*
                }
            }

            pub(crate) const fn status(self) -> StatusCode {
                match self {
                    $(Self::$code => StatusCode::$status,)*
                }
            }
        }
    };
}

codes! {
    AmbiguousName = "ambiguous-name", CONFLICT;
    /// A backup may not be made there.
    BadBackup = "bad-backup", UNPROCESSABLE_ENTITY;
    BadBundle = "bad-bundle", UNPROCESSABLE_ENTITY;
    BadDigest = "bad-digest", BAD_REQUEST;
    BadDocument = "bad-document", UNPROCESSABLE_ENTITY;
    BadEvent = "bad-event", UNPROCESSABLE_ENTITY;
    BadIdentifier = "bad-identifier", BAD_REQUEST;
    BadPolicy = "bad-policy", UNPROCESSABLE_ENTITY;
    /// Of an image in a registry, or the address of a layer.
    BadReference = "bad-reference", UNPROCESSABLE_ENTITY;
    BadRequest = "bad-request", BAD_REQUEST;
    /// Of the service.
    BadSettings = "bad-settings", UNPROCESSABLE_ENTITY;
    BadSource = "bad-source", UNPROCESSABLE_ENTITY;
    BadSubscription = "bad-subscription", UNPROCESSABLE_ENTITY;
    BadToken = "bad-token", UNPROCESSABLE_ENTITY;
    BadVersion = "bad-version", UNPROCESSABLE_ENTITY;
    BadWatch = "bad-watch", UNPROCESSABLE_ENTITY;
    BeforeHistory = "before-history", UNPROCESSABLE_ENTITY;
    Busy = "busy", SERVICE_UNAVAILABLE;
    Damaged = "damaged", UNPROCESSABLE_ENTITY;
    FeedNotUpdated = "feed-not-updated", BAD_GATEWAY;
    Forbidden = "forbidden", FORBIDDEN;
    /// An image leads where no request of others may lead.
    ForbiddenAddress = "forbidden-address", UNPROCESSABLE_ENTITY;
    Internal = "internal", INTERNAL_SERVER_ERROR;
    /// The service ends, or whoever asked has gone.
    Interrupted = "internal", SERVICE_UNAVAILABLE;
    /// A request with the same key is being done.
    KeyInUse = "key-in-use", CONFLICT;
    /// A key was used for another request.
    KeyReused = "key-reused", UNPROCESSABLE_ENTITY;
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED;
    Missing = "missing", UNPROCESSABLE_ENTITY;
    NoDetector = "no-detector", SERVICE_UNAVAILABLE;
    /// The disk is full.
    NoRoom = "no-room", SERVICE_UNAVAILABLE;
    NoSuchBackup = "no-such-backup", NOT_FOUND;
    NoSuchFeed = "no-such-feed", NOT_FOUND;
    NoSuchImage = "no-such-image", NOT_FOUND;
    NoSuchJob = "no-such-job", NOT_FOUND;
    NoSuchLayer = "no-such-layer", NOT_FOUND;
    NoSuchNotice = "no-such-notice", NOT_FOUND;
    NoSuchOwner = "no-such-owner", NOT_FOUND;
    /// Of an image.
    NoSuchPlatform = "no-such-platform", UNPROCESSABLE_ENTITY;
    NoSuchPlugin = "no-such-plugin", NOT_FOUND;
    NoSuchPolicy = "no-such-policy", NOT_FOUND;
    NoSuchRepository = "no-such-repository", NOT_FOUND;
    NoSuchRevision = "no-such-revision", NOT_FOUND;
    NoSuchSchema = "no-such-schema", NOT_FOUND;
    NoSuchScheme = "no-such-scheme", NOT_FOUND;
    NoSuchSource = "no-such-source", NOT_FOUND;
    NoSuchSubscription = "no-such-subscription", NOT_FOUND;
    NoSuchToken = "no-such-token", NOT_FOUND;
    /// Of a plugin.
    NoSuchVersion = "no-such-version", CONFLICT;
    NoSuchVulnerability = "no-such-vulnerability", NOT_FOUND;
    NoSuchWatch = "no-such-watch", NOT_FOUND;
    NotAnImage = "not-an-image", UNPROCESSABLE_ENTITY;
    /// A registry does not let this service read an image.
    NotAuthorized = "not-authorized", UNPROCESSABLE_ENTITY;
    NotDelivered = "not-delivered", BAD_GATEWAY;
    NotFetched = "not-fetched", BAD_GATEWAY;
    NotFound = "not-found", NOT_FOUND;
    NotReady = "not-ready", SERVICE_UNAVAILABLE;
    OutOfTime = "out-of-time", GATEWAY_TIMEOUT;
    /// What was sent states or holds more than it may.
    OverLimit = "over-limit", UNPROCESSABLE_ENTITY;
    /// More images than may be kept.
    OverQuota = "over-quota", UNPROCESSABLE_ENTITY;
    PluginFailed = "plugin-failed", INTERNAL_SERVER_ERROR;
    PluginRefused = "plugin-refused", UNPROCESSABLE_ENTITY;
    ShrunkDocument = "shrunk-document", UNPROCESSABLE_ENTITY;
    /// Where an image comes from does not answer.
    SourceUnavailable = "source-unavailable", BAD_GATEWAY;
    Starting = "starting", SERVICE_UNAVAILABLE;
    StoreInUse = "store-in-use", INTERNAL_SERVER_ERROR;
    /// Of a token.
    TakenName = "taken-name", CONFLICT;
    /// What was sent is longer than it may be.
    TooLong = "over-limit", PAYLOAD_TOO_LARGE;
    /// Whoever asks asks too much.
    TooMany = "too-many-requests", TOO_MANY_REQUESTS;
    TooSlow = "too-slow", REQUEST_TIMEOUT;
    /// Nobody knows who asks.
    Unauthorized = "unauthorized", UNAUTHORIZED;
    Unsupported = "unsupported", UNPROCESSABLE_ENTITY;
    UntrustedBundle = "untrusted-bundle", FORBIDDEN;
    WrongDigest = "wrong-digest", UNPROCESSABLE_ENTITY;
}

impl Code {
    /// The first of that word; none where there is no such.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == word)
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
            Error::NoOwner(_) => Self::NoSuchOwner,
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
            Error::BadPlace(_) => Self::BadRequest,
            Error::TooManyImages { .. } => Self::OverLimit,
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
            Error::Running(_) | Error::Busy { .. } | Error::BackupUnderWay | Error::Counting => Self::Busy,
            Error::BackupPlace(_) => Self::BadBackup,
            Error::NoBackup(_) => Self::NoSuchBackup,
            Error::Document(_) => Self::BadDocument,
            Error::Store(StoreError::InUse(_)) => Self::StoreInUse,
            Error::NoRoom { .. } => Self::NoRoom,
            Error::OverQuota { .. } => Self::OverQuota,
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
