//! The API of Clair 4, at the root of the same port: Quay knows no other place. What it answers is described at
//! `/openapi/v1`, and not among the operations of Limpid's own API.

mod answer;
mod hold;
mod indexer;
mod manifest;
mod matcher;
mod notifier;
mod openapi;

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use limpid_model::Digest;
use limpid_scanner::Scanner;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use super::Routes;
use crate::Settings;
use crate::access::Permission::{Health, Operate, Read, Submit};
use crate::error::Failure;
use crate::state::AppState;

pub(crate) use hold::Hold;

/// What all paths begin with.
const ROOTS: [&str; 5] = ["/indexer/", "/matcher/", "/notifier/", "/openapi/v1", "/robots.txt"];

/// Where adding to what is stored waits for room, and is not refused for the lack of it.
pub(crate) const INDEX_REPORT: &str = "/indexer/api/v1/index_report";

/// Whether a path, as it is declared, is of this API.
pub(crate) fn has(path: &str) -> bool {
    ROOTS.iter().any(|root| path.starts_with(root))
}

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .get("/indexer/api/v1/index_state", Read, indexer::state)
        .post(INDEX_REPORT, Submit, indexer::index)
        .delete(INDEX_REPORT, Operate, indexer::delete_all)
        .get("/indexer/api/v1/index_report/{digest}", Read, indexer::show)
        .delete("/indexer/api/v1/index_report/{digest}", Operate, indexer::delete)
        .get("/matcher/api/v1/vulnerability_report/{digest}", Read, matcher::report)
        .get("/notifier/api/v1/notification/{id}", Read, notifier::page)
        .delete("/notifier/api/v1/notification/{id}", Submit, notifier::delete)
        .get("/openapi/v1", Read, openapi::show)
        .get("/robots.txt", Health, openapi::robots)
}

/// What bounds manifests that are held, all callers together: how much of them is in memory, how many layers are fetched
/// before their manifests are queued, and whose manifest is queued next.
#[derive(Clone, Debug)]
pub(crate) struct Fetches {
    places: Arc<Semaphore>,
    /// How many layers of one manifest are fetched at a time: however slow they are, others have places.
    most: u32,
    /// In units of [`UNIT`].
    memory: Arc<Semaphore>,
    units: u32,
    /// Who has come first is queued first.
    turn: Arc<Mutex<()>>,
}

/// Of which [`Fetches`] counts memory, in bytes.
const UNIT: u64 = 4 << 10;

/// The part of all layers that are fetched at a time which are of one manifest: one in so many.
const SHARE: u32 = 4;

/// Between two looks whether others want a place.
const LOOK: Duration = Duration::from_secs(1);

impl Fetches {
    pub(crate) fn new(settings: &Settings) -> Self {
        let all = u32::try_from(settings.clair.layers).unwrap_or(u32::MAX).clamp(1, 1 << 16);
        let units = u32::try_from(settings.clair.held_bytes / UNIT).unwrap_or(u32::MAX).clamp(1, 1 << 28);
        let semaphore = |places: u32| Arc::new(Semaphore::new(places as usize));
        let most = (all / SHARE).max(1);
        Self { places: semaphore(all), most, memory: semaphore(units), units, turn: Arc::default() }
    }

    /// Waits until a request is held no more, and then until no place is left.
    async fn are_wanted_after(&self, hold: Hold) {
        hold.over_time().await;
        while self.places.available_permits() > 0 {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Holds so many bytes of a manifest, as long as what this gives is there.
    async fn hold(&self, bytes: usize, hold: Hold) -> Result<OwnedSemaphorePermit, Failure> {
        // What is made of a small one takes memory as well.
        let units = (bytes as u64).div_ceil(UNIT) + 1;
        let units = u32::try_from(units).unwrap_or(u32::MAX).min(self.units);
        let why = "as many manifests are held as setting `clair.held_bytes` allows";
        let held = hold.wait(Arc::clone(&self.memory).acquire_many_owned(units), why).await?;
        held.map_err(|_| Failure::internal("stopped"))
    }
}

/// What clients know the state of the indexer by.
fn state_of(scanner: &Scanner) -> String {
    scanner.kept_claims().hex()
}

/// The same as a validator.
fn tag(state: &str) -> String {
    format!("\"{state}\"")
}

/// Whether a client has seen a state: Clair compares byte for byte, and knows no lists.
fn has_seen(headers: &HeaderMap, state: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| value.as_bytes() == tag(state).as_bytes())
}

/// The manifest that a path names.
fn digest(text: &str) -> Result<Digest, Failure> {
    text.parse().map_err(|error| Failure::bad_request(format!("malformed path: {error}")))
}

#[cfg(test)]
mod tests;
