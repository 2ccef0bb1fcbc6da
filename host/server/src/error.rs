//! Errors over HTTP: one form, with code, message and request id. [`codes`] says which error has which
//! code and status.

mod clair;
mod codes;

use std::borrow::Cow;
use std::time::Duration;

use axum::body::to_bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use limpid_model::DigestError;
use limpid_scanner::Error;
use serde::Serialize;
use utoipa::ToSchema;

use crate::adapter;
pub(crate) use codes::Code;

/// When a client that is put off may come again.
const SOON: Duration = Duration::from_secs(1);

/// How much is read of what the HTTP library says of a request that it refuses.
const STATED: usize = 4 << 10;

/// Whose clients an answer is for, where those are not Limpid's own. It travels with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Those of Clair.
    Clair,
}

/// What is stated of a failure whose reason nobody outside is told.
const UNSTATED: &str = "the service failed; its log says more under this request id";

/// A request that failed, before it has its number.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    /// What the client is told.
    pub(crate) message: String,
    /// What the log is told, and nobody else.
    pub(crate) internal: Option<String>,
    /// After how long it may go better.
    pub(crate) retry_after: Option<Duration>,
    /// Whether the log has it already.
    is_logged: bool,
}

/// A request that failed, in the form of [problem details](https://www.rfc-editor.org/rfc/rfc9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem<'a> {
    /// Which kind of problem it is: `urn:limpid:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words, the same for all problems of it.
    title: String,
    /// The status of the answer.
    status: u16,
    /// What is wrong, for people.
    detail: &'a str,
    /// Which problem it is: `urn:limpid:request:` and the number of the request.
    instance: String,
    /// Which kind of problem it is, for programs.
    code: &'a str,
    /// The number of the request, as in the log and in `x-request-id`.
    request_id: &'a str,
    /// The same as `code`, `detail` and `request_id`, in the form that was there first.
    #[schema(deprecated)]
    error: Older<'a>,
}

/// A problem in the form that was there first.
#[derive(Serialize, ToSchema)]
#[schema(as = OlderProblem)]
struct Older<'a> {
    /// As `code` of the problem.
    code: &'a str,
    /// As `detail` of the problem.
    message: &'a str,
    /// As `request_id` of the problem.
    request_id: &'a str,
}

impl<'a> Problem<'a> {
    pub(crate) fn new(status: StatusCode, code: &'a str, message: &'a str, request_id: &'a str) -> Self {
        Self {
            kind: format!("urn:limpid:problem:{code}"),
            title: title(code),
            status: status.as_u16(),
            detail: message,
            instance: format!("urn:limpid:request:{request_id}"),
            code,
            request_id,
            error: Older { code, message, request_id },
        }
    }
}

/// A code in words: "No such image".
fn title(code: &str) -> String {
    let words = code.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The media type of problems.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            status: code.status(),
            code: code.as_str().into(),
            message: message.into(),
            internal: None,
            retry_after: None,
            is_logged: false,
        }
    }

    /// The service cannot do it now, and may in a moment.
    pub(crate) fn later(code: Code, message: impl Into<String>) -> Self {
        Self::after(SOON, code, message)
    }

    /// The same, and not before some time.
    pub(crate) fn after(time: Duration, code: Code, message: impl Into<String>) -> Self {
        Self { retry_after: Some(time), ..Self::new(code, message) }
    }

    /// It has more to do than it may.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self::later(Code::Busy, message)
    }

    /// Whether it is that.
    pub(crate) fn is(&self, code: Code) -> bool {
        self.code == code.as_str()
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Code::BadRequest, message)
    }

    /// The same with another status, as the API of another program has it.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Says what helps where something is too long.
    pub(crate) fn with_advice(mut self, advice: &str) -> Self {
        if self.code == Code::TooLong.as_str() {
            self.message.push_str("; ");
            self.message.push_str(advice);
        }
        self
    }

    /// Why goes to the log only.
    pub(crate) fn internal(why: impl Into<String>) -> Self {
        Self { internal: Some(why.into()), ..Self::new(Code::Internal, UNSTATED) }
    }

    /// A submission that was refused, as its job says it; that it was is in the log.
    pub(crate) fn of_job(code: &str, message: &str) -> Self {
        if code == Code::Internal.as_str() {
            return Self { is_logged: true, ..Self::new(Code::Internal, UNSTATED) };
        }
        let (status, code) = (StatusCode::UNPROCESSABLE_ENTITY, code.to_owned().into());
        Self { status, code, is_logged: true, ..Self::new(Code::BadRequest, message) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = limpid_model::chain(&error);
        match Code::from(&error) {
            Code::Internal => Self::internal(message),
            code if code.status() == StatusCode::SERVICE_UNAVAILABLE => Self::later(code, message),
            code => Self::new(code, message),
        }
    }
}

impl From<DigestError> for Failure {
    fn from(error: DigestError) -> Self {
        Self::new(Code::BadDigest, error.to_string())
    }
}

/// The code under which programs know an error.
pub fn code(error: &Error) -> String {
    Code::from(error).as_str().to_owned()
}

impl IntoResponse for Failure {
    /// The failure travels with the response until the request's number is known.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// An answer that says in a form of its own what is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told;

/// Writes the problem of a failed request. What is internal goes to the log. Of other failures of
/// requests that change something, the log has one line, unless they are only put off.
pub(crate) async fn finish(mut response: Response, request: &Asked<'_>) -> Response {
    let status = response.status();
    if response.extensions().get::<Told>().is_some() {
        return response;
    }
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let failure = response.extensions_mut().remove::<Failure>();
    let dialect = response.extensions_mut().remove::<Dialect>();
    let allow = response.headers_mut().remove(header::ALLOW);
    let failure = match failure {
        Some(failure) => failure,
        None => of_library(response).await,
    };
    let id = request.id;
    let message = failure.message.as_str();
    if let Some(internal) = &failure.internal {
        tracing::error!(request_id = id, "request {id} failed: {internal}");
    } else if request.is_change && !failure.is_logged && failure.code != Code::Busy.as_str() {
        let Asked { method, path, .. } = request;
        // What follows may show the part of a body that is wrong.
        let why = message.lines().next().unwrap_or_default();
        tracing::info!(request_id = id, code = &*failure.code, "{method} {path} is refused: {why}");
    }
    if dialect == Some(Dialect::Clair) {
        let mut out = clair::answer(&failure);
        out.headers_mut().extend(allow.map(|allow| (header::ALLOW, allow)));
        return out;
    }
    let (kind, body) = match adapter::concerns(request.path) {
        true => adapter::error(message),
        false => {
            let kind = HeaderValue::from_static(MEDIA_TYPE);
            (kind, problem(failure.status, &failure.code, message, id))
        }
    };
    let mut out = (failure.status, [(header::CONTENT_TYPE, kind)], body).into_response();
    let headers = out.headers_mut();
    if let Some(after) = failure.retry_after {
        headers.insert(header::RETRY_AFTER, after.as_secs().max(1).into());
    }
    if failure.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"limpid\""));
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
    let reply = to_bytes(response.into_body(), STATED).await.unwrap_or_default();
    let reply = String::from_utf8_lossy(&reply);
    let message = if reply.trim().is_empty() { status.to_string() } else { reply.trim().to_owned() };
    match status {
        StatusCode::NOT_FOUND => Failure::new(
            Code::NotFound,
            "there is nothing at this path; see `docs/api.md` for those that are",
        ),
        StatusCode::METHOD_NOT_ALLOWED => {
            Failure::new(Code::MethodNotAllowed, "this path does not take that method")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Failure::new(Code::TooLong, message),
        _ if status.is_client_error() => Failure { status, ..Failure::bad_request(message) },
        _ => Failure { status, ..Failure::internal(message) },
    }
}

/// A problem as it is sent.
pub(crate) fn problem(status: StatusCode, code: &str, message: &str, request_id: &str) -> Vec<u8> {
    // Texts always have a form in JSON.
    serde_json::to_vec(&Problem::new(status, code, message, request_id)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
