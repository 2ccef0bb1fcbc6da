pub(crate) mod body;
mod bundles;
mod feeds;
mod image_names;
mod images;
mod jobs;
mod layers;
mod metrics;
mod notices;
mod openapi;
mod packages;
mod plugins;
mod prefer;
mod subscriptions;
mod vulnerabilities;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{delete, get, post};

use crate::state::AppState;
use crate::{guard, request_id};

pub(crate) use image_names::name_in_one_part;

/// All paths of the API.
pub(crate) fn router(state: AppState) -> Router {
    Router::new()
        .route("/metrics", get(metrics::show))
        .route("/v1/images", get(images::list).post(images::submit))
        .route("/v1/images/{name}", get(images::show).delete(images::delete))
        .route("/v1/images/{name}/report", get(images::report))
        .route("/v1/images/{name}/packages", get(images::packages))
        .route("/v1/images/{name}/layers", get(images::layers))
        .route("/v1/images/{name}/explain", get(vulnerabilities::explain))
        .route("/v1/vulnerabilities/{id}", get(vulnerabilities::show))
        .route("/v1/vulnerabilities/{id}/images", get(vulnerabilities::images))
        .route("/v1/packages/{namespace}/{*name}", get(packages::holders))
        .route("/v1/figures", get(vulnerabilities::figures))
        .route("/v1/layers/{diff_id}", get(layers::show))
        .route("/v1/jobs/{id}", get(jobs::show))
        .route("/v1/plugins", get(plugins::list))
        .route("/v1/plugins/{name}", get(plugins::show).put(plugins::put).delete(plugins::remove))
        .route("/v1/plugins/{name}/rollback", post(plugins::roll_back))
        .route("/v1/plugins/{name}/release", post(plugins::release))
        .route("/v1/feeds", get(feeds::list))
        .route("/v1/feeds/{name}", get(feeds::show))
        .route("/v1/feeds/{name}/sources", get(feeds::sources))
        .route("/v1/feeds/{name}/sources/{*source}", delete(feeds::remove_source))
        .route("/v1/feeds/{name}/update", post(feeds::update))
        .route("/v1/feeds/{name}/documents", post(feeds::document))
        .route("/v1/bundle", get(bundles::export).post(bundles::import))
        .route("/v1/subscriptions", get(subscriptions::list))
        .route(
            "/v1/subscriptions/{name}",
            get(subscriptions::show).put(subscriptions::put).delete(subscriptions::remove),
        )
        .route("/v1/subscriptions/{name}/test", post(subscriptions::test))
        .route("/v1/notices", get(notices::list))
        .route("/v1/notices/{subscription}/replay", post(notices::replay_all))
        .route("/v1/notices/{subscription}/{number}/replay", post(notices::replay))
        .route("/v1/openapi.json", get(openapi::show))
        // Bodies are streamed, each with a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(state.clone(), guard::check))
        .layer(middleware::from_fn(request_id::note_pattern))
        .with_state(state)
}
