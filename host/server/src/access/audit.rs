use axum::extract::Request;
use axum::response::Response;
use limpid_model::AuditRecord;

use super::{Caller, Known, client};
use crate::Settings;
use crate::error::Failure;
use crate::peer::Peer;
use crate::request_id::RequestId;

/// Longest path that is recorded, in bytes.
const PATH: usize = 1_024;

/// What the record says of a request besides its path. It travels with the answer.
#[derive(Clone, Debug)]
pub(crate) struct Detail(String);

impl Detail {
    pub(crate) fn new(mut text: String) -> Self {
        text.truncate(text.floor_char_boundary(PATH));
        Self(text)
    }
}

/// A request that would change something.
pub(super) struct Changing {
    address: Option<String>,
    method: String,
    path: String,
    request: String,
}

impl Changing {
    pub(super) fn of(settings: &Settings, request: &Request) -> Self {
        let mut path = request.uri().path().to_owned();
        path.truncate(path.floor_char_boundary(PATH));
        // For whom a proxy says that it forwards, where its word counts.
        let peer = request.extensions().get::<Peer>().copied();
        let address = peer.map(|peer| client::of(settings, peer, request.headers()).unwrap_or(peer.address));
        Self {
            address: address.map(|address| address.to_string()),
            method: request.method().to_string(),
            path,
            request: request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        }
    }

    /// Records what came of it, before anybody is told.
    ///
    /// # Errors
    /// It cannot be recorded: then nobody is told that it was done.
    pub(super) fn record(
        self,
        known: &Known,
        caller: &Caller,
        answer: &Response,
    ) -> impl Future<Output = Result<(), Failure>> + Send + use<> {
        let Self { address, method, path, request } = self;
        let (who, token) = (caller.name(), caller.token());
        let (detail, status) =
            (answer.extensions().get::<Detail>().map(|it| it.0.clone()), answer.status().as_u16());
        let record =
            AuditRecord { time: 0, number: 0, who, token, address, method, path, detail, status, request };
        let (scanner, access) = (known.scanner.clone(), known.access.clone());
        async move { access.run(move || scanner.record_change(record)).await }
    }
}
