//! Errors over HTTP: one envelope with code, message and request id.

use std::time::Duration;

use axum::body::to_bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use limpid_model::{Blame, DigestError};
use limpid_scanner::runtime::ChangeError;
use limpid_scanner::{BundleError, Error, Fault, ImagesError, LayerError, store};
use serde::Serialize;

/// When a client that is put off may come again.
const SOON: Duration = Duration::from_secs(1);

/// How much is read of what the HTTP library says of a request that it refuses.
const SAID: usize = 4 << 10;

/// A request that failed, before it has its number.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    /// After how long it may go better.
    pub(crate) retry_after: Option<Duration>,
    /// Whether the log has it already.
    pub(crate) is_logged: bool,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
    request_id: &'a str,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self { status, code, message, retry_after: None, is_logged: false }
    }

    /// The service cannot do it now, and may in a moment.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        let failure = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message);
        Self { retry_after: Some(SOON), ..failure }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = status(&error);
        let failure = Self::new(status, &code(&error), limpid_scanner::chain(&error));
        let is_busy = status == StatusCode::SERVICE_UNAVAILABLE;
        Self { retry_after: is_busy.then_some(SOON), ..failure }
    }
}

impl From<DigestError> for Failure {
    fn from(error: DigestError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-digest", error.to_string())
    }
}

/// Of what cannot be done because the disk is full.
const NO_ROOM: &str = "no-room";

/// The code under which programs know an error.
pub fn code(error: &Error) -> String {
    let code = match error {
        Error::Images(error) => images_code(error),
        Error::NoImage(_) | Error::NoImageNamed(_) => "no-such-image",
        Error::NoDetector => "no-detector",
        Error::AmbiguousImage { .. } => "ambiguous-name",
        Error::BadDigest(_) => "bad-digest",
        Error::BadIdentifier { .. } => "bad-identifier",
        Error::NoSource { .. } => "no-such-source",
        Error::UnknownSource { .. } | Error::OtherSource { .. } | Error::BadSource { .. } => "bad-source",
        Error::NoLayer(_) => "no-such-layer",
        Error::NoVulnerability(_) => "no-such-vulnerability",
        Error::BeforeHistory { .. } => "before-history",
        Error::NoRevision { .. } => "no-such-revision",
        Error::BadVersion { .. } => "bad-version",
        Error::NoSubscription(_) => "no-such-subscription",
        Error::NoNotice { .. } => "no-such-notice",
        Error::Undelivered { .. } => "not-delivered",
        Error::Subscription(_) => "bad-subscription",
        Error::NoJob(_) => "no-such-job",
        Error::NoFeed { .. } => "no-such-feed",
        Error::NoScheme { .. } => "no-such-scheme",
        Error::Plugin(failure) => match failure.blame {
            Blame::Input => "bad-document",
            Blame::Plugin => "plugin-failed",
            Blame::Host => "internal",
        },
        Error::Change(error) => change_code(error),
        Error::TooManyAdvisories { .. } | Error::TooManyFollowed { .. } => "over-limit",
        Error::Shrunk { .. } => "shrunk-document",
        Error::Fetch(_) | Error::NotFollowed { .. } => "not-fetched",
        Error::Bundle(error) => match error {
            BundleError::Unusable(_) | BundleError::Damaged(_) => "bad-bundle",
            BundleError::Untrusted(_) => "untrusted-bundle",
            BundleError::ManifestTooLong { .. } => "over-limit",
            BundleError::Key { .. } => "internal",
        },
        Error::Running(_) => "busy",
        Error::Document(_) => "bad-document",
        Error::Busy { .. } => "busy",
        Error::Store(store::Error::InUse(_)) => "store-in-use",
        Error::NoRoom { .. } => NO_ROOM,
        Error::Store(_) | Error::Host { .. } if error.is_for_lack_of_room() => NO_ROOM,
        Error::Store(_) | Error::Host { .. } => "internal",
    };
    code.to_owned()
}

const fn change_code(error: &ChangeError) -> &'static str {
    match error {
        ChangeError::Refused(_) | ChangeError::OtherName { .. } => "plugin-refused",
        ChangeError::NotLoaded(_) => "no-such-plugin",
        ChangeError::NoEarlier(_) | ChangeError::NoVersion { .. } => "no-such-version",
        ChangeError::Io { .. } => "internal",
    }
}

const fn images_code(error: &ImagesError) -> &'static str {
    match error {
        ImagesError::NotAnImage(_) => "not-an-image",
        ImagesError::Missing { .. } => "missing",
        ImagesError::Unavailable { .. } => "source-unavailable",
        ImagesError::Interrupted { .. } => "internal",
        ImagesError::Content(error) => layer_code(error),
    }
}

const fn layer_code(error: &LayerError) -> &'static str {
    match error {
        LayerError::Damaged { .. } => "damaged",
        LayerError::WrongDigest { .. } => "wrong-digest",
        LayerError::Unsupported { .. } => "unsupported",
        LayerError::OverLimit { .. } => "over-limit",
        LayerError::UnreadLayer(error) => layer_code(error),
        LayerError::Claim { .. } => "plugin-failed",
        LayerError::Kind { .. } | LayerError::Io { .. } => "internal",
    }
}

fn status(error: &Error) -> StatusCode {
    if error.is_for_lack_of_room() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    match error {
        Error::Images(ImagesError::Content(LayerError::Io { .. })) => StatusCode::INTERNAL_SERVER_ERROR,
        Error::Images(error) if matches!(error.fault(), Fault::Source) => StatusCode::BAD_GATEWAY,
        Error::Images(ImagesError::Interrupted { .. }) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Images(_)
        | Error::TooManyAdvisories { .. }
        | Error::TooManyFollowed { .. }
        | Error::Shrunk { .. }
        | Error::Document(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Bundle(BundleError::Key { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
        Error::Bundle(BundleError::Untrusted(_)) => StatusCode::FORBIDDEN,
        Error::Bundle(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Fetch(_) | Error::NotFollowed { .. } => StatusCode::BAD_GATEWAY,
        Error::BadDigest(_) | Error::BadIdentifier { .. } => StatusCode::BAD_REQUEST,
        Error::AmbiguousImage { .. } => StatusCode::CONFLICT,
        Error::UnknownSource { .. } | Error::OtherSource { .. } | Error::BadSource { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Error::NoImage(_)
        | Error::NoImageNamed(_)
        | Error::NoSource { .. }
        | Error::NoLayer(_)
        | Error::NoVulnerability(_)
        | Error::NoRevision { .. }
        | Error::NoSubscription(_)
        | Error::NoNotice { .. }
        | Error::NoJob(_)
        | Error::NoFeed { .. } => StatusCode::NOT_FOUND,
        Error::NoScheme { .. } => StatusCode::NOT_FOUND,
        Error::Undelivered { .. } => StatusCode::BAD_GATEWAY,
        Error::Subscription(_) | Error::BadVersion { .. } | Error::BeforeHistory { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Error::Plugin(failure) => match failure.blame {
            Blame::Input => StatusCode::UNPROCESSABLE_ENTITY,
            Blame::Plugin | Blame::Host => StatusCode::INTERNAL_SERVER_ERROR,
        },
        Error::Change(error) => match error {
            ChangeError::Refused(_) | ChangeError::OtherName { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            ChangeError::NotLoaded(_) => StatusCode::NOT_FOUND,
            ChangeError::NoEarlier(_) | ChangeError::NoVersion { .. } => StatusCode::CONFLICT,
            ChangeError::Io { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        },
        Error::Busy { .. } | Error::Running(_) | Error::NoRoom { .. } | Error::NoDetector => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Error::Store(_) | Error::Host { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Failure {
    /// The failure travels with the response until the request's number is known.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the envelope of a failed request. What is internal goes to the log only. Of other failures of
/// requests that change something, the log has one line, unless they are only put off.
pub(crate) async fn finish(mut response: Response, request: &Asked<'_>) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let failure = response.extensions_mut().remove::<Failure>();
    let allow = response.headers_mut().remove(header::ALLOW);
    let failure = match failure {
        Some(failure) => failure,
        None => of_library(response).await,
    };
    let id = request.id;
    let mut message = failure.message.as_str();
    if failure.status.is_server_error() && failure.code == "internal" {
        tracing::error!(request_id = id, "request {id} failed: {message}");
        message = "the service failed; its log says more under this request id";
    } else if request.is_change && !failure.is_logged && failure.code != "busy" {
        let Asked { method, path, .. } = request;
        tracing::info!(request_id = id, code = failure.code, "{method} {path} is refused: {message}");
    }
    let body = envelope(&failure.code, message, id);
    let content = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut out = (failure.status, [content], body).into_response();
    let headers = out.headers_mut();
    if let Some(after) = failure.retry_after {
        headers.insert(header::RETRY_AFTER, after.as_secs().max(1).into());
    }
    headers.extend(allow.map(|allow| (header::ALLOW, allow)));
    out
}

/// The request that an answer is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) id: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// Whether it would change something.
    pub(crate) is_change: bool,
}

/// What the HTTP library refuses by itself: it says why in plain text, or not at all.
async fn of_library(response: Response) -> Failure {
    let status = response.status();
    let said = to_bytes(response.into_body(), SAID).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let message = if said.trim().is_empty() { status.to_string() } else { said.trim().to_owned() };
    match status {
        StatusCode::NOT_FOUND => Failure::new(
            status,
            "not-found",
            "there is nothing at this path; see the README for those that are",
        ),
        StatusCode::METHOD_NOT_ALLOWED => {
            Failure::new(status, "method-not-allowed", "this path does not take that method")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Failure::new(status, "over-limit", message),
        _ if status.is_client_error() => Failure::new(status, "bad-request", message),
        _ => Failure::new(status, "internal", message),
    }
}

/// The envelope as it is sent.
pub(crate) fn envelope(code: &str, message: &str, request_id: &str) -> Vec<u8> {
    let envelope = Envelope { error: Body { code, message, request_id } };
    // Texts always have a form in JSON.
    serde_json::to_vec(&envelope).unwrap_or_default()
}

#[cfg(test)]
mod tests;
