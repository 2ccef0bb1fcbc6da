//! In what Harbor's scanner API differs from that of Limpid wherever requests pass: by what a client shows who it is,
//! and how it is told of errors.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use limpid_formats::harbor::{ERROR, Refusal};

/// Below which its paths are.
const PATHS: &str = "/harbor/";

/// The header of keys, as its clients send it.
const KEY: &str = "x-scanneradapter-api-key";

/// Whether a path, or its pattern, is one of them.
pub(crate) fn concerns(path: &str) -> bool {
    path.starts_with(PATHS)
}

/// Takes a token that is shown as the password of a user, or as a key, as the token that it is. `Authorization` goes
/// before the key.
pub(crate) fn take_token(headers: &mut HeaderMap) {
    let key = headers.remove(KEY);
    let token = match headers.get(header::AUTHORIZATION) {
        Some(given) => given.to_str().ok().and_then(password),
        None => key.and_then(|key| key.to_str().ok().map(str::to_owned)),
    };
    let Some(mut value) = token.and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok())
    else {
        return;
    };
    value.set_sensitive(true);
    headers.insert(header::AUTHORIZATION, value);
}

/// The password of a Basic `Authorization`; none where it is another.
fn password(authorization: &str) -> Option<String> {
    let (scheme, pair) = authorization.split_once(' ')?;
    let pair = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(pair.trim()).ok())??;
    Some(String::from_utf8(pair).ok()?.split_once(':')?.1.to_owned())
}

/// An error as it is sent, and what it is said to be.
pub(crate) fn error(message: &str) -> (HeaderValue, Vec<u8>) {
    // Texts always have a form in JSON.
    (HeaderValue::from_static(ERROR), serde_json::to_vec(&Refusal::new(message)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_from_wherever_harbor_has_a_place_for_it() {
        let check = |lines: &[(&'static str, String)], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.insert(*name, value.parse().unwrap());
            }
            take_token(&mut headers);
            let taken = headers.get("authorization").map(|value| value.to_str().unwrap());
            assert_eq!(taken, expected, "{lines:?}");
            assert!(!headers.contains_key(KEY));
        };
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        check(&[], None);
        check(&[("authorization", "Bearer t".into())], Some("Bearer t"));
        check(&[("authorization", basic("harbor:t"))], Some("Bearer t"));
        check(&[("authorization", basic(":a:b"))], Some("Bearer a:b"));
        check(&[(KEY, "t".into())], Some("Bearer t"));
        check(&[(KEY, "t".into()), ("authorization", "Bearer other".into())], Some("Bearer other"));
        check(&[("authorization", "Basic %".into())], Some("Basic %"));
        check(&[("authorization", basic("t"))], Some(&basic("t")));
    }
}
