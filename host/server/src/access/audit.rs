use axum::extract::Request;
use axum::http::StatusCode;
use limpid_model::AuditRecord;

use super::{Caller, Known};
use crate::error::Failure;
use crate::peer::Peer;
use crate::request_id::RequestId;

/// Longest path that is recorded, in bytes.
const PATH: usize = 1_024;

/// A request that would change something.
pub(super) struct Changing {
    address: Option<String>,
    method: String,
    path: String,
    request: String,
}

impl Changing {
    pub(super) fn of(request: &Request) -> Self {
        let mut path = request.uri().path().to_owned();
        path.truncate(path.floor_char_boundary(PATH));
        Self {
            address: request.extensions().get::<Peer>().map(|peer| peer.address.to_string()),
            method: request.method().to_string(),
            path,
            request: request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        }
    }

    /// Records what came of it, before anybody is told.
    ///
    /// # Errors
    /// It cannot be recorded: then nobody is told that it was done.
    pub(super) async fn record(
        self,
        known: &Known,
        caller: &Caller,
        status: StatusCode,
    ) -> Result<(), Failure> {
        let Self { address, method, path, request } = self;
        let (who, status) = (caller.name(), status.as_u16());
        let record = AuditRecord { time: 0, number: 0, who, address, method, path, status, request };
        let scanner = known.scanner.clone();
        known.writers.run(move || scanner.record_change(record)).await
    }
}
