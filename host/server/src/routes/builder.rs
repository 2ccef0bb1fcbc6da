use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware;
use axum::routing::{MethodRouter, delete, get, post, put};

use crate::access::{self, Access, Permission};
use crate::request_id;

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
        self.route(Endpoint { method: Method::GET, path, permission }, get(handler))
    }

    pub(crate) fn post<T: 'static>(
        self,
        path: &'static str,
        permission: Permission,
        handler: impl Handler<T, S>,
    ) -> Self {
        self.route(Endpoint { method: Method::POST, path, permission }, post(handler))
    }

    pub(crate) fn put<T: 'static>(
        self,
        path: &'static str,
        permission: Permission,
        handler: impl Handler<T, S>,
    ) -> Self {
        self.route(Endpoint { method: Method::PUT, path, permission }, put(handler))
    }

    pub(crate) fn delete<T: 'static>(
        self,
        path: &'static str,
        permission: Permission,
        handler: impl Handler<T, S>,
    ) -> Self {
        self.route(Endpoint { method: Method::DELETE, path, permission }, delete(handler))
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

    #[cfg(test)]
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The router, of which each request passes [`access::check`].
    pub(crate) fn guarded(self, access: &Access) -> Router<S> {
        let access = access.to(&self.endpoints);
        self.router
            // Bodies are streamed, each with a limit of its own.
            .layer(DefaultBodyLimit::disable())
            .layer(middleware::from_fn_with_state(access, access::check))
            .layer(middleware::from_fn(request_id::note_pattern))
    }
}
