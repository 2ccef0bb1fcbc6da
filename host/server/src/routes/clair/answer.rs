//! What answers have that are no failures.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::answers::Document;
use crate::error::Failure;

/// The media type in which a client wants an answer: the first of these that it takes as gladly as any other.
///
/// # Errors
/// It takes none of them.
pub(super) fn negotiated(headers: &HeaderMap, offered: &[&'static str]) -> Result<&'static str, Failure> {
    let values: Vec<_> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    if values.is_empty() {
        return offered.first().copied().ok_or_else(|| Failure::internal("nothing is offered"));
    }
    let ranges: Vec<(String, f32)> = values.iter().flat_map(|value| value.split(',')).map(range).collect();
    let quality = |offer: &str| {
        let whole = offer.split_once('/').map(|(kind, _)| format!("{kind}/*")).unwrap_or_default();
        let named =
            |wanted: &str| ranges.iter().find(|(range, _)| range == wanted).map(|(_, quality)| *quality);
        named(offer).or_else(|| named(&whole)).or_else(|| named("*/*")).unwrap_or(0.0)
    };
    let best = offered.iter().fold(None, |best: Option<(&'static str, f32)>, offer| {
        let quality = quality(offer);
        match best {
            Some((_, known)) if known >= quality => best,
            _ => (quality > 0.0).then_some((*offer, quality)).or(best),
        }
    });
    best.map(|(offer, _)| offer).ok_or_else(|| {
        let known = offered.join(", ");
        let why = format!("`Accept` admits none of {known}");
        Failure::bad_request(why).with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    })
}

/// A type and how much it is wanted.
fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let quality = quality.map_or(Some(1.0), |quality| quality.parse().ok());
    (essence, quality.filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(0.0))
}

/// A document, of this type or of none.
pub(super) fn document(document: Document, media_type: Option<&'static str>) -> Response {
    let mut response = document.into_response();
    let headers = response.headers_mut();
    match media_type {
        Some(media_type) => headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        None => headers.remove(header::CONTENT_TYPE),
    };
    response
}

/// Adds a header; what cannot be one is left out.
pub(super) fn add(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_the_type_that_it_likes_best_or_is_told_that_there_is_none() {
        let offered = ["application/vnd.clair.index_state.v1+json", "application/json"];
        let check = |accept: Option<&str>, expected: Option<usize>| {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, accept.parse().unwrap());
            }
            let chosen = negotiated(&headers, &offered);
            assert_eq!(chosen.as_ref().ok(), expected.map(|at| &offered[at]), "{accept:?}");
            assert!(chosen.err().is_none_or(|failure| failure.status.as_u16() == 415));
        };
        check(None, Some(0));
        check(Some("*/*"), Some(0));
        check(Some("application/json"), Some(1));
        check(Some("application/json, application/vnd.clair.index_state.v1+json;q=0.5"), Some(1));
        check(Some("application/*"), Some(0));
        check(Some("text/html"), None);
        check(Some("*/*;q=0"), None);
        check(Some("application/json;q=x"), None);
    }
}
