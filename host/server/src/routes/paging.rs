use std::str::FromStr;

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use limpid_scanner::{NoPosition, Position};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::error::Failure;

/// Which page of a list is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// `next` of the page before.
    pub(crate) after: Option<String>,
    /// How many on a page, 1000 at most.
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

    /// The same of a list whose places are numbers.
    ///
    /// # Errors
    /// The query is none of a page, or `after` no number.
    pub(crate) fn read_numbered<N: FromStr>(
        asked: Asked,
        usual: usize,
        longest: usize,
    ) -> Result<(Option<N>, usize), Failure> {
        let (after, limit) = Self::read(asked, usual, longest)?;
        let after = after.map(|after| after.parse()).transpose();
        let no_number = |_| Failure::bad_request("`after` is a number, as `next` of the page before says");
        Ok((after.map_err(no_number)?, limit))
    }
}

/// Where a page of images begins that are asked for by what they hold.
///
/// # Errors
/// It is no position.
pub(crate) fn position(after: Option<&str>) -> Result<Option<Position>, Failure> {
    after
        .map(str::parse)
        .transpose()
        .map_err(|error: NoPosition| Failure::bad_request(format!("`after`: {error}")))
}
