use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

const IMAGES: &str = "/v1/images/";

/// Paths with a name in them, and what stands behind it.
const NAMED: [(&str, &[&str]); 2] = [
    (IMAGES, &["report", "packages", "layers", "plan", "explain", "verdict", "ages"]),
    ("/v1/repositories/", &["tags", "trend", "repairs"]),
];

/// What stands between the names of two images.
const DIFFERENCE: &str = "/diff/";

/// Names of images and repositories have slashes, and paths have one part for the name: `/v1/images/shop/web:1/report`
/// is read as `/v1/images/shop%2Fweb:1/report`. Where a name ends as a path does, its slashes are written
/// so by whoever asks.
pub(crate) fn name_in_one_part(mut request: Request) -> Request {
    let uri = request.uri();
    let Some(path) = rewritten(uri.path()) else { return request };
    let path = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path.parse::<PathAndQuery>().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

/// The path with the name in one part; none where it is.
fn rewritten(path: &str) -> Option<String> {
    let (prefix, ends) = NAMED.iter().find(|(prefix, _)| path.starts_with(prefix))?;
    let rest = path.strip_prefix(prefix)?;
    let (name, end) = match rest.rsplit_once('/') {
        Some((name, end)) if ends.contains(&end) => (name, Some(end)),
        _ => (rest, None),
    };
    if let Some((before, after)) = rest.split_once(DIFFERENCE).filter(|_| end.is_none() && *prefix == IMAGES)
    {
        let is_long = before.contains('/') || after.contains('/');
        let part = |name: &str| name.replace('/', "%2F");
        return is_long.then(|| format!("{IMAGES}{}{DIFFERENCE}{}", part(before), part(after)));
    }
    let name = name.contains('/').then(|| name.replace('/', "%2F"))?;
    Some(match end {
        Some(end) => format!("{prefix}{name}/{end}"),
        None => format!("{prefix}{name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_slashes() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(rewritten(path).as_deref(), expected, "{path}");
        };
        check("/v1/images/shop/web:1", Some("/v1/images/shop%2Fweb:1"));
        check(
            "/v1/images/registry.example:5000/shop/web/report",
            Some("/v1/images/registry.example:5000%2Fshop%2Fweb/report"),
        );
        check("/v1/images/shop/web:1/diff/shop/web:2", Some("/v1/images/shop%2Fweb:1/diff/shop%2Fweb:2"));
        check("/v1/images/web:1/diff/web:2", None);
        check("/v1/images/shop/diff/web/report", Some("/v1/images/shop%2Fdiff%2Fweb/report"));
        check("/v1/images/web:1/report", None);
        check("/v1/images/report", None);
        check("/v1/images/shop%2Fweb:1/layers", None);
        check("/v1/images/", None);
        check("/v1/images", None);
        check("/v1/layers/a/b", None);
        check("/v1/repositories/shop/web/tags", Some("/v1/repositories/shop%2Fweb/tags"));
        check("/v1/repositories/shop/tags/tags", Some("/v1/repositories/shop%2Ftags/tags"));
        check("/v1/repositories/shop/web/trend", Some("/v1/repositories/shop%2Fweb/trend"));
        check("/v1/images/shop/web:1/ages", Some("/v1/images/shop%2Fweb:1/ages"));
        check("/v1/repositories/shop/web", Some("/v1/repositories/shop%2Fweb"));
        check("/v1/repositories/shop/report", Some("/v1/repositories/shop%2Freport"));
        check("/v1/repositories/a/diff/b", Some("/v1/repositories/a%2Fdiff%2Fb"));
        check("/v1/repositories", None);
    }
}
