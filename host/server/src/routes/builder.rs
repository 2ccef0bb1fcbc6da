use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware;
use axum::routing::{MethodRouter, delete, get, post, put};

use limpid_scanner::Current;

use crate::access::{self, Access, Permission};
use crate::answers::fields;
use crate::idempotency::{self, Keys};
use crate::state::AppState;
use crate::{Settings, request_id, time_limit};

/// Routes on their way to a router. Nothing adds one without saying which permission it needs.
pub(crate) struct Routes<S> {
    router: Router<S>,
    endpoints: Vec<Endpoint>,
}

/// A method of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    /// The pattern of its path: `/v1/images/{name}`.
    pub(crate) path: &'static str,
    pub(crate) permission: Permission,
    pub(crate) time: Time,
}

/// Which setting says how long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// `http.request_time`.
    Request,
    /// `http.transfer_time`.
    Transfer,
}

impl Endpoint {
    pub(crate) fn new(method: Method, path: &'static str, permission: Permission) -> Self {
        let time = if permission.changes() { Time::Transfer } else { Time::Request };
        Self { method, path, permission, time }
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), endpoints: Vec::new() }
    }

    /// Answers `GET`, and `HEAD` with it.
    pub(crate) fn get<T: 'static>(
        self,
        path: &'static str,
        permission: Permission,
        handler: impl Handler<T, S>,
    ) -> Self {
        self.route(Endpoint::new(Method::GET, path, permission), get(handler))
    }

    /// The same of a file, which may take as long to be made as to be read.
    pub(crate) fn download<T: 'static>(
        self,
        path: &'static str,
        permission: Permission,
        handler: impl Handler<T, S>,
    ) -> Self {
        let endpoint = Endpoint { time: Time::Transfer, ..Endpoint::new(Method::GET, path, permission) };
        self.route(endpoint, get(handler))
    }

    pub(crate) fn post<T: 'static>(
        self,
        path: &'static str,
        permission: Permission,
        handler: impl Handler<T, S>,
    ) -> Self {
        self.route(Endpoint::new(Method::POST, path, permission), post(handler))
    }

    pub(crate) fn put<T: 'static>(
        self,
        path: &'static str,
        permission: Permission,
        handler: impl Handler<T, S>,
    ) -> Self {
        self.route(Endpoint::new(Method::PUT, path, permission), put(handler))
    }

    pub(crate) fn delete<T: 'static>(
        self,
        path: &'static str,
        permission: Permission,
        handler: impl Handler<T, S>,
    ) -> Self {
        self.route(Endpoint::new(Method::DELETE, path, permission), delete(handler))
    }

    fn route(mut self, endpoint: Endpoint, handler: MethodRouter<S>) -> Self {
        self.router = self.router.route(endpoint.path, handler);
        self.endpoints.push(endpoint);
        self
    }

    /// These and others.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.router = self.router.merge(others.router);
        self.endpoints.extend(others.endpoints);
        self
    }

    /// What is routed.
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The router alone.
    #[cfg(test)]
    pub(crate) fn bare(self) -> Router<S> {
        self.router
    }

    /// The router, of which each request passes [`access::check`], has a time limit, and is done once where it has a key.
    pub(crate) fn guarded(self, settings: Current<Settings>, state: Option<&AppState>) -> Router<S> {
        let access = Access::new(settings.clone(), &self.endpoints, state);
        self.router
            // Bodies are streamed, each with a limit of its own.
            .layer(DefaultBodyLimit::disable())
            .layer(middleware::from_fn(fields::choose))
            .layer(middleware::from_fn_with_state((Keys::default(), settings.clone()), idempotency::keep))
            .layer(middleware::from_fn_with_state(settings, time_limit::keep))
            .layer(middleware::from_fn_with_state(access, access::check))
            .layer(middleware::from_fn(request_id::note_pattern))
    }
}
