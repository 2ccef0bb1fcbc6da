use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::Path;
use axum::middleware;
use tower::ServiceExt;

use super::*;
use crate::Settings;
use crate::access::Permission;
use crate::routes::Routes;

/// A service that counts what it does.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicUsize>);

async fn make(
    State(counted): State<Counted>,
    Path(what): Path<String>,
    body: Body,
) -> Result<(StatusCode, String), Failure> {
    let number = counted.0.fetch_add(1, Ordering::SeqCst);
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    match &*what {
        "bad" => Err(Failure::bad_request("no")),
        "slow" => std::future::pending().await,
        _ => Ok((StatusCode::CREATED, format!("{number}: {} bytes", bytes.len()))),
    }
}

fn service() -> axum::Router {
    let endpoint = Endpoint::new(Method::POST, "/v1/{what}", Permission::Submit);
    Routes::new()
        .post("/v1/{what}", Permission::Submit, make)
        .bare()
        .layer(middleware::from_fn_with_state((Keys::default(), Current::new(Settings::default())), keep))
        .layer(axum::Extension(endpoint))
        .with_state(Counted::default())
}

async fn ask(service: &axum::Router, path: &str, key: Option<&str>, body: &str) -> (u16, String, bool) {
    let mut request = Request::builder().method("POST").uri(path);
    if let Some(key) = key {
        request = request.header(HEADER, key);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let mut response = service.clone().oneshot(request).await.unwrap();
    let code = response.extensions_mut().remove::<Failure>().map(|failure| failure.code.into_owned());
    let (status, is_replayed) = (response.status().as_u16(), response.headers().contains_key(REPLAYED));
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, code.unwrap_or_else(|| String::from_utf8(body.to_vec()).unwrap()), is_replayed)
}

#[tokio::test]
async fn what_has_a_key_is_done_once() {
    let service = service();
    let first = ask(&service, "/v1/image", Some("a"), "body").await;
    assert_eq!(first, (201, "0: 4 bytes".to_owned(), false));
    assert_eq!(ask(&service, "/v1/image", Some("a"), "body").await, (201, "0: 4 bytes".to_owned(), true));
    // Another key, another path and no key at all are other requests.
    assert_eq!(ask(&service, "/v1/image", Some("b"), "body").await.1, "1: 4 bytes");
    assert_eq!(ask(&service, "/v1/other", Some("a"), "").await.1, "2: 0 bytes");
    assert_eq!(ask(&service, "/v1/other", Some("a"), "").await, (201, "2: 0 bytes".to_owned(), true));
    assert_eq!(ask(&service, "/v1/image", None, "body").await.1, "3: 4 bytes");
    assert_eq!(ask(&service, "/v1/image", None, "body").await.1, "4: 4 bytes");
}

#[tokio::test]
async fn a_key_is_for_one_body() {
    let service = service();
    ask(&service, "/v1/image", Some("a"), "body").await;
    for other in ["bodies", "bod", "ydob", ""] {
        let answer = ask(&service, "/v1/image", Some("a"), other).await;
        assert_eq!((answer.0, &*answer.1), (422, "key-reused"), "{other}");
    }
    for key in ["", &"k".repeat(KEY + 1)] {
        let answer = ask(&service, "/v1/image", Some(key), "body").await;
        assert_eq!((answer.0, &*answer.1), (400, "bad-request"), "{key}");
    }
}

#[tokio::test]
async fn what_failed_or_was_given_up_is_done_again_and_what_is_under_way_is_not() {
    let service = service();
    assert_eq!(ask(&service, "/v1/bad", Some("a"), "").await.1, "bad-request");
    assert_eq!(ask(&service, "/v1/bad", Some("a"), "").await, (400, "bad-request".to_owned(), false));
    let waiting = {
        let service = service.clone();
        tokio::spawn(async move { ask(&service, "/v1/slow", Some("s"), "").await })
    };
    // It begins when this waits.
    tokio::task::yield_now().await;
    let busy = ask(&service, "/v1/slow", Some("s"), "").await;
    assert_eq!((busy.0, &*busy.1), (409, "key-in-use"));
    waiting.abort();
    let _ = waiting.await;
    // It waits for the end of what is asked anew.
    let again =
        tokio::time::timeout(Duration::from_millis(20), ask(&service, "/v1/slow", Some("s"), "")).await;
    assert!(again.is_err());
}

#[test]
fn what_is_kept_is_bounded() {
    let keys = Keys::default();
    let of = |caller: &str, number: usize| Known {
        caller: caller.to_owned(),
        asked: "/".to_owned(),
        key: number.to_string(),
    };
    let known = |number: usize| of("many", number);
    let done = || Done {
        at: Instant::now(),
        sent: Hashed::default().sent(),
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: Bytes::new(),
    };
    keys.begin(&of("few", 0)).unwrap().unwrap_or_else(|_| panic!("it is new")).done(done());
    for number in 0..ANSWERS + 10 {
        keys.begin(&known(number)).unwrap().unwrap_or_else(|_| panic!("it is new")).done(done());
    }
    assert_eq!(keys.0.lock().unwrap().len(), ANSWERS);
    assert!(keys.begin(&known(ANSWERS + 9)).unwrap().is_err());
    assert!(keys.begin(&known(0)).unwrap().is_ok());
    // Whoever asks often drives out nobody else.
    assert!(keys.begin(&of("few", 0)).unwrap().is_err());
    let begin = |caller: &str| -> Vec<_> {
        (0..ANSWERS).map_while(|number| keys.begin(&of(caller, ANSWERS * 2 + number)).ok()).collect()
    };
    let under_way = begin("many");
    assert_eq!(under_way.len(), UNDER_WAY);
    assert_eq!(begin("others").len(), UNDER_WAY);
    drop(under_way);
    assert!(keys.begin(&known(1)).is_ok());
}
