use axum::extract::Request;
use axum::response::Response;
use limpid_model::AuditRecord;

use super::{Caller, client};
use crate::Settings;
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

    /// What there is to record once it is answered.
    pub(super) fn record(self, caller: &Caller, answer: &Response) -> AuditRecord {
        let Self { address, method, path, request } = self;
        AuditRecord {
            time: 0,
            number: 0,
            who: caller.name(),
            token: caller.token(),
            address,
            method,
            path,
            detail: answer.extensions().get::<Detail>().map(|detail| detail.0.clone()),
            status: answer.status().as_u16(),
            request,
        }
    }
}
