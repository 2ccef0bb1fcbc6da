use axum::http::{HeaderMap, StatusCode, header};

use crate::error::Failure;
use crate::state::Changes;

/// Until there are tokens: only who sits on the same machine, unless a setting allows all; and no
/// page in a browser there, which would name where it comes from.
pub(super) fn may_change(
    changes: Changes,
    headers: &HeaderMap,
    what: &str,
    setting: &str,
) -> Result<(), Failure> {
    let forbidden = |why: String| Err(Failure::new(StatusCode::FORBIDDEN, "forbidden", why));
    if changes == Changes::Forbidden {
        return forbidden(format!(
            "{what} are changed over HTTP only on loopback, or where setting `{setting}` allows it"
        ));
    }
    if headers.contains_key(header::ORIGIN) {
        return forbidden(format!("{what} are not changed by pages in a browser"));
    }
    Ok(())
}
