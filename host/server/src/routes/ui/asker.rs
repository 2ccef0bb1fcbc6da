use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use limpid_web::{Address, Api, Call, Method, Problem};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::session::Session;
use super::{Ui, id};
use crate::connections::OfCommands;
use crate::error::{self, Asked};
use crate::peer::Peer;
use crate::request_id::RequestId;

/// Headers of a request for a page that say something of who asks and from where: the API hears them.
const FORWARDED: [HeaderName; 4] =
    [header::HOST, header::ORIGIN, header::AUTHORIZATION, HeaderName::from_static("sec-fetch-site")];

/// Asks the API in the name of whoever asks for a page.
pub(super) struct Asker {
    api: Router,
    headers: HeaderMap,
    peer: Option<Peer>,
    of_commands: Option<OfCommands>,
    id: String,
    /// Longest answer, in bytes.
    most: usize,
    runtime: Handle,
    /// Closed when whoever asks for the page has gone; none where something is done that is to be done all the same.
    waits: Option<watch::Receiver<()>>,
}

impl Asker {
    pub(super) fn new(ui: &Ui, request: &Request, session: &Session) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers() {
            if FORWARDED.contains(name) || crate::access::is_forwarding(name.as_str()) {
                headers.append(name, value.clone());
            }
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        // Who has signed in here is who they have signed in as, whatever a proxy adds.
        let token = session.token().and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
        if let Some(mut token) = token {
            token.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, token);
        }
        let extensions = request.extensions();
        Self {
            api: ui.api.clone(),
            headers,
            peer: extensions.get().copied(),
            of_commands: extensions.get().copied(),
            id: id(request),
            most: usize::try_from(ui.state.settings.now().answer_bytes).unwrap_or(usize::MAX),
            runtime: Handle::current(),
            waits: None,
        }
    }

    /// The same for somebody who may go: what is read for the page is not waited for any longer than that.
    pub(super) fn waiting(self, waits: watch::Receiver<()>) -> Self {
        Self { waits: Some(waits), ..self }
    }

    /// Whether whoever asks may read at all, which is asked of something that costs nothing.
    pub(super) fn may_read(&self) -> bool {
        self.check().is_ok()
    }

    /// The same, and why not.
    pub(super) fn check(&self) -> Result<(), Problem> {
        self.ask(&Call { method: Method::Get, target: Address::of(&["v1", "schemas"]) }).map(drop)
    }

    async fn answer(&self, call: &Call) -> Result<Bytes, Problem> {
        let (method, target) = (call.method.as_str(), call.target.to_string());
        let request = Request::builder().method(method).uri(&target).body(Body::empty());
        let mut request = request.map_err(|error| Problem::bad_request(error.to_string()))?;
        *request.headers_mut() = self.headers.clone();
        let extensions = request.extensions_mut();
        extensions.insert(RequestId(self.id.clone()));
        if let Some(peer) = self.peer {
            extensions.insert(peer);
        }
        if let Some(of_commands) = self.of_commands {
            extensions.insert(of_commands);
        }
        let path = request.uri().path().to_owned();
        let response: Result<Response, std::convert::Infallible> = self.api.clone().oneshot(request).await;
        let Ok(response) = response;
        let is_change = call.method != Method::Get;
        let response = error::finish(response, &Asked { id: &self.id, method, path: &path, is_change }).await;
        let status = response.status();
        let body = to_bytes(response.into_body(), self.most).await.map_err(|error| {
            let most = self.most;
            Problem::internal(format!(
                "`{path}` could not be read for a page: {error}; setting `http.answer_bytes` allows {most} bytes"
            ))
        })?;
        if status.is_success() {
            // The room that it takes is counted for as long as the page holds it.
            return Ok(body);
        }
        Err(problem(status, &body))
    }
}

/// What the API says is wrong.
fn problem(status: StatusCode, body: &[u8]) -> Problem {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Problem { status: status.as_u16(), ..Problem::internal(status.to_string()) })
}

impl Api for Asker {
    fn ask(&self, call: &Call) -> Result<Bytes, Problem> {
        let Some(mut waits) = self.waits.clone().filter(|_| call.method == Method::Get) else {
            return self.runtime.block_on(self.answer(call));
        };
        self.runtime.block_on(async {
            tokio::select! {
                answer = self.answer(call) => answer,
                _ = waits.changed() => Err(Problem::internal("whoever asked for the page has gone")),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;
    use crate::Settings;
    use crate::blocking::Pool;
    use crate::metrics::Metrics;

    #[tokio::test]
    async fn what_a_page_holds_of_the_api_counts_until_the_page_is_made() {
        let settings = Settings { answer_bytes: 1 << 20, ..Settings::default() };
        let pool = Pool::readers(&settings, &Metrics::default());
        let answering = pool.clone();
        let answer = || async move { answering.with_room(Bytes::from(vec![b'x'; 900 << 10])) };
        let asker = Asker {
            api: Router::new().route("/v1/images", get(answer)),
            headers: HeaderMap::new(),
            peer: None,
            of_commands: None,
            id: "1".to_owned(),
            most: 1 << 20,
            runtime: Handle::current(),
            waits: None,
        };
        let call = Call { method: Method::Get, target: Address::of(&["v1", "images"]) };
        let held = asker.answer(&call).await.unwrap();
        assert_eq!(held.len(), 900 << 10);
        let refused = asker.answer(&call).await.unwrap_err();
        assert_eq!(refused.status, 503);
        assert!(refused.detail.contains("`http.answer_bytes`"), "{}", refused.detail);
        drop(held);
        assert!(asker.answer(&call).await.is_ok());
    }

    #[tokio::test]
    async fn who_reads_for_a_page_stops_when_nobody_waits_for_it() {
        let (dropped, mut is_dropped) = watch::channel(());
        let dropped = std::sync::Arc::new(dropped);
        let never = move || {
            let held = std::sync::Arc::clone(&dropped);
            async move {
                let _held = held;
                std::future::pending::<()>().await;
            }
        };
        let (waiting, waits) = watch::channel(());
        let asker = Asker {
            api: Router::new().route("/v1/images", get(never)),
            headers: HeaderMap::new(),
            peer: None,
            of_commands: None,
            id: "1".to_owned(),
            most: 1 << 20,
            runtime: Handle::current(),
            waits: Some(waits),
        };
        let call = Call { method: Method::Get, target: Address::of(&["v1", "images"]) };
        let page = tokio::task::spawn_blocking(move || asker.ask(&call).map_err(|problem| problem.detail));
        tokio::task::yield_now().await;
        drop(waiting);
        assert_eq!(page.await.unwrap().unwrap_err(), "whoever asked for the page has gone");
        assert!(is_dropped.changed().await.is_err(), "what was asked is dropped, too");
    }
}
