use std::time::Duration;

use axum::http::HeaderMap;

/// How long a client prefers to wait for the end rather than to be told where to ask:
/// `Prefer: wait=N`, in seconds ([RFC 7240](https://www.rfc-editor.org/rfc/rfc7240#section-4.3)).
pub(crate) fn wait(headers: &HeaderMap, longest: Duration) -> Option<Duration> {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split([',', ';'])).map(str::trim);
    let seconds = preferences.find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("wait").then(|| value.parse::<u64>().ok()).flatten()
    })?;
    Some(Duration::from_secs(seconds).min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_and_bounded() {
        let check = |header: &'static str, expected: Option<u64>| {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", header.parse().unwrap());
            assert_eq!(wait(&headers, Duration::from_secs(60)).map(|d| d.as_secs()), expected, "{header}");
        };
        check("wait=5", Some(5));
        check("respond-async, WAIT=\"10\"", Some(10));
        check("wait=100000", Some(60));
        check("wait=-1", None);
        check("return=minimal", None);
    }
}
