//! Pages of those who run the service: feeds, plugins, notices, and what can be done with them.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use limpid_web::views;

use super::Ui;
use crate::access::Permission::Page;
use crate::routes::Routes;

pub(super) fn routes() -> Routes<Ui> {
    Routes::new()
        .get("/feeds", Page, feeds)
        .get("/feeds/{name}", Page, feed)
        .post("/feeds/{name}", Page, act_on_feed)
        .get("/feeds/{name}/changes", Page, feed_changes)
        .get("/plugins", Page, plugins)
        .get("/plugins/{name}", Page, plugin)
        .post("/plugins/{name}", Page, act_on_plugin)
        .get("/notices", Page, notices)
        .post("/notices", Page, act_on_notice)
        .get("/subscriptions", Page, subscriptions)
        .get("/subscriptions/{name}", Page, subscription)
        .post("/subscriptions/{name}", Page, act_on_subscription)
}

async fn feeds(State(ui): State<Ui>, request: Request) -> Response {
    ui.show(request, views::feeds::show).await
}

async fn feed(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    ui.show(request, move |api, request| views::feed::show(api, request, &name)).await
}

async fn feed_changes(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    ui.show(request, move |api, request| views::feed_changes::show(api, request, &name)).await
}

async fn act_on_feed(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    ui.act(request, move |api, form| views::feed::act(api, form, &name)).await
}

async fn plugins(State(ui): State<Ui>, request: Request) -> Response {
    ui.show(request, views::plugins::show).await
}

async fn plugin(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    ui.show(request, move |api, request| views::plugin::show(api, request, &name)).await
}

async fn act_on_plugin(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    ui.act(request, move |api, form| views::plugin::act(api, form, &name)).await
}

async fn notices(State(ui): State<Ui>, request: Request) -> Response {
    ui.show(request, views::notices::show).await
}

async fn act_on_notice(State(ui): State<Ui>, request: Request) -> Response {
    ui.act(request, views::notices::act).await
}

async fn subscriptions(State(ui): State<Ui>, request: Request) -> Response {
    ui.show(request, views::subscriptions::show).await
}

async fn subscription(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    ui.show(request, move |api, request| views::subscription::show(api, request, &name)).await
}

async fn act_on_subscription(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    ui.act(request, move |api, form| views::subscription::act(api, form, &name)).await
}
