use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;

use crate::error::Failure;

/// Which page of a list is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    /// Where the page before ended.
    pub(crate) after: Option<String>,
    limit: Option<usize>,
}

/// What of a query is to be a page.
pub(crate) type Asked = Result<Query<Paging>, QueryRejection>;

impl Paging {
    /// The page, and of how many items at most: `usual` unless the client says otherwise, and no more than
    /// `longest`.
    ///
    /// # Errors
    /// The query is none of a page.
    pub(crate) fn read(
        asked: Asked,
        usual: usize,
        longest: usize,
    ) -> Result<(Option<String>, usize), Failure> {
        let Query(Self { after, limit }) = asked.map_err(|error| Failure::bad_request(error.body_text()))?;
        Ok((after, limit.unwrap_or(usual).clamp(1, longest)))
    }
}
