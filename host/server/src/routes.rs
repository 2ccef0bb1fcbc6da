//! All paths but those of health, which [`crate::front`] answers: one module for each API.

mod builder;
mod harbor;
pub(crate) mod metrics;
mod paging;
mod prefer;
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

/// Those that these settings ask for: the paths of other tools' APIs are described by those.
pub(crate) fn by(settings: &Settings) -> Routes<AppState> {
    match settings.harbor.enabled {
        true => all().and(harbor::routes()),
        false => all(),
    }
}

#[cfg(test)]
mod tests;
