//! All paths but those of health, which [`crate::front`] answers: one module for each API.

mod builder;
pub(crate) mod clair;
mod harbor;
pub(crate) mod metrics;
mod paging;
mod prefer;
pub(crate) mod ui;
mod unquoted;
mod v1;

use crate::Settings;
use crate::access::Permission::Read;
use crate::state::AppState;

pub(crate) use builder::{Endpoint, Routes, Time};
use unquoted::without_values;
pub(crate) use v1::{Operations, counted, name_in_one_part};

/// Those that are described.
pub(crate) fn all() -> Routes<AppState> {
    Routes::new().get("/metrics", Read, metrics::show).and(v1::routes())
}

/// These and those of other programs' APIs that settings switch on, which are described elsewhere.
pub(crate) fn wanted(settings: &Settings) -> Routes<AppState> {
    let mut wanted = all();
    if settings.harbor.enabled {
        wanted = wanted.and(harbor::routes());
    }
    if settings.clair.enabled {
        wanted = wanted.and(clair::routes());
    }
    wanted
}

#[cfg(test)]
mod tests;
