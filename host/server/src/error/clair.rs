//! Failures as clients of Clair read them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use limpid_formats::clair::Error;

use super::{Code, Failure};

/// What a retry does not heal: Quay takes 400 to say that an image is never to be scanned, and any other status for a
/// reason to come again.
const FOR_GOOD: [Code; 8] = [
    Code::BadDigest,
    Code::BadReference,
    Code::BadRequest,
    Code::Damaged,
    Code::NotAnImage,
    Code::OverLimit,
    Code::TooLong,
    Code::Unsupported,
];

/// The status of a failure.
fn status(failure: &Failure) -> StatusCode {
    let passes_through = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
    ];
    match failure.status {
        status if passes_through.contains(&status) => status,
        _ if FOR_GOOD.into_iter().any(|code| failure.is(code)) => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The answer to a request that failed.
pub(super) fn answer(failure: &Failure) -> Response {
    let status = status(failure);
    // Clair says nothing to whom it does not know, nor how to become known.
    if status == StatusCode::UNAUTHORIZED {
        return status.into_response();
    }
    let body = serde_json::to_vec(&Error::new(status.as_u16(), failure.message.as_str())).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_retry_heals_is_the_fault_of_the_request() {
        let check =
            |failure: Failure, expected: u16| assert_eq!(status(&failure).as_u16(), expected, "{failure:?}");
        for code in ["damaged", "unsupported", "over-limit", "bad-reference"] {
            check(Failure::of_job(code, ""), 400);
        }
        for code in [
            "source-unavailable",
            "not-authorized",
            "missing",
            "wrong-digest",
            "forbidden-address",
            "internal",
        ] {
            check(Failure::of_job(code, ""), 500);
        }
        for code in
            [Code::Busy, Code::TooMany, Code::NoRoom, Code::OutOfTime, Code::Starting, Code::NoDetector]
        {
            check(Failure::later(code, ""), 500);
        }
        check(Failure::bad_request(""), 400);
        check(Failure::new(Code::NoSuchImage, ""), 404);
        check(Failure::new(Code::Unauthorized, ""), 401);
        check(Failure::new(Code::MethodNotAllowed, ""), 405);
    }
}
