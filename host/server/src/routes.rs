//! All paths but those of health, which [`crate::front`] answers: one module for each API.

mod builder;
pub(crate) mod metrics;
mod paging;
mod prefer;
mod unquoted;
mod v1;

use crate::access::Permission::Read;
use crate::state::AppState;

pub(crate) use builder::{Endpoint, Routes, Time};
use unquoted::without_values;
pub(crate) use v1::{Operations, name_in_one_part};

pub(crate) fn all() -> Routes<AppState> {
    Routes::new().get("/metrics", Read, metrics::show).and(v1::routes())
}

#[cfg(test)]
mod tests;
