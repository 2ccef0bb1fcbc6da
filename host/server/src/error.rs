//! Errors over HTTP: one envelope with code, message and request id.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use limpid_model::{Blame, DigestError};
use limpid_scanner::runtime::ChangeError;
use limpid_scanner::{ArchiveError, BundleError, Error, store};
use serde::Serialize;

/// A request that failed, before it has its number.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
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
        Self { status, code: code.to_owned(), message: message.into() }
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
        Self::new(status(&error), &code(&error), limpid_scanner::chain(&error))
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
        Error::Archive(error) => archive_code(error),
        Error::NoImage(_) => "no-such-image",
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

const fn archive_code(error: &ArchiveError) -> &'static str {
    match error {
        ArchiveError::NotAnImage(_) => "not-an-image",
        ArchiveError::Damaged { .. } => "damaged",
        ArchiveError::Missing { .. } => "missing",
        ArchiveError::WrongDigest { .. } => "wrong-digest",
        ArchiveError::Unsupported { .. } => "unsupported",
        ArchiveError::OverLimit { .. } => "over-limit",
        ArchiveError::UnreadLayer(error) => archive_code(error),
        ArchiveError::Claim { .. } => "plugin-failed",
        ArchiveError::Kind { .. } | ArchiveError::Io { .. } => "internal",
    }
}

fn status(error: &Error) -> StatusCode {
    if error.is_for_lack_of_room() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    match error {
        Error::Archive(ArchiveError::Io { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
        Error::Archive(_)
        | Error::TooManyAdvisories { .. }
        | Error::TooManyFollowed { .. }
        | Error::Shrunk { .. }
        | Error::Document(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Bundle(BundleError::Key { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
        Error::Bundle(BundleError::Untrusted(_)) => StatusCode::FORBIDDEN,
        Error::Bundle(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Fetch(_) | Error::NotFollowed { .. } => StatusCode::BAD_GATEWAY,
        Error::NoImage(_)
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
        Error::Busy { .. } | Error::Running(_) | Error::NoRoom { .. } => StatusCode::SERVICE_UNAVAILABLE,
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

/// Writes the envelope of a failed request. What is internal goes to the log only.
pub(crate) fn finish(mut response: Response, request_id: &str) -> Response {
    let status = response.status();
    let failure = response.extensions_mut().remove::<Failure>();
    let failure = match failure {
        Some(failure) => failure,
        None if status == StatusCode::NOT_FOUND => Failure::new(
            status,
            "not-found",
            "there is nothing at this path; see the README for those that are",
        ),
        None if status == StatusCode::METHOD_NOT_ALLOWED => {
            Failure::new(status, "method-not-allowed", "this path does not take that method")
        }
        None if status.is_client_error() => Failure::new(status, "bad-request", status.to_string()),
        None => return response,
    };
    let mut message = failure.message.as_str();
    if failure.status.is_server_error() && failure.code == "internal" {
        tracing::error!(request_id, "request {request_id} failed: {message}");
        message = "the service failed; its log says more under this request id";
    }
    let envelope = Envelope { error: Body { code: &failure.code, message, request_id } };
    let mut out = (failure.status, Json(envelope)).into_response();
    if let Some(allow) = response.headers_mut().remove("allow") {
        out.headers_mut().insert("allow", allow);
    }
    out
}

#[cfg(test)]
mod tests;
