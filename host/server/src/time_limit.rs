//! How long a request may take until its answer begins.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use limpid_scanner::Current;

use crate::Settings;
use crate::error::{Code, Failure};
use crate::routes::{Endpoint, Time};

/// How much longer a request may take than a body that comes too late, so that its client is told that it is
/// the body.
const GRACE: Duration = Duration::from_secs(5);

/// Ends a request that takes longer than it may.
pub(crate) async fn keep(
    State(settings): State<Current<Settings>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(endpoint) = request.extensions().get::<Endpoint>() else { return next.run(request).await };
    let changes = endpoint.permission.changes();
    let (limit, setting) = match endpoint.time {
        Time::Request => (settings.request_time, "http.request_time"),
        Time::Transfer => (settings.transfer_time, "http.transfer_time"),
    };
    let grace = if changes { GRACE } else { Duration::ZERO };
    let answer = tokio::time::timeout(limit.saturating_add(grace), next.run(request)).await;
    answer.unwrap_or_else(|_| {
        let seconds = limit.as_secs();
        let what = if changes {
            "; what it has begun may go on: look what has become of it before it is asked for again"
        } else {
            ""
        };
        let message =
            format!("there was no answer within {seconds} s, the limit of setting `{setting}`{what}");
        Failure::new(Code::OutOfTime, message).into_response()
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;
    use tower::ServiceExt;

    use super::*;
    use crate::access::Permission;
    use crate::routes::Routes;

    async fn answer(path: &'static str, settings: Settings) -> Response {
        let routes = Routes::<()>::new().get("/read", Permission::Read, std::future::pending::<()>).download(
            "/download",
            Permission::Read,
            std::future::pending::<()>,
        );
        let router = routes.guarded(Current::new(settings), None).with_state(());
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_that_does_not_come_is_an_error_that_names_the_limit() {
        let (short, long) = (Duration::from_millis(5), Duration::from_secs(3_600));
        let check = |path, request_time, transfer_time, setting: &'static str| async move {
            let settings = Settings { request_time, transfer_time, ..Settings::default() };
            let response = answer(path, settings).await;
            assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT, "{path}");
            let failure = response.extensions().get::<Failure>().unwrap();
            assert!(failure.message.contains(setting), "{}", failure.message);
        };
        check("/read", short, long, "`http.request_time`").await;
        check("/download", long, short, "`http.transfer_time`").await;
    }
}
