//! The API of Limpid itself, version 1.

mod access;
mod backups;
mod bundles;
mod feeds;
mod image_names;
mod images;
mod jobs;
mod layers;
mod notices;
mod openapi;
mod packages;
mod plugins;
mod policies;
mod profiles;
mod repositories;
mod retention;
mod schemas;
mod settings;
mod subscriptions;
mod verdicts;
mod vulnerabilities;
mod watches;

use utoipa::OpenApi;

use super::Routes;
use crate::access::Permission::{
    BackUp, ChangePlugins, ChangeSettings, ChangeSubscriptions, ChangeTokens, Notify, Operate, Oversee,
    Profile, Read, Submit,
};
use crate::state::AppState;

pub(crate) use image_names::name_in_one_part;
pub(crate) use images::submit::counted;

/// What is described of the routes, in the same order. A test compares them.
#[derive(OpenApi)]
#[openapi(paths(
    images::list,
    images::submit::submit,
    images::show,
    images::delete,
    images::report,
    images::packages,
    images::layers,
    images::plan,
    images::difference,
    images::ages,
    vulnerabilities::explain,
    vulnerabilities::show,
    vulnerabilities::images,
    vulnerabilities::statistics,
    repositories::all_trend,
    verdicts::verdict,
    verdicts::admission,
    policies::policies,
    policies::policy,
    policies::put_policy,
    policies::remove_policy,
    policies::vex_documents,
    policies::vex_document,
    policies::put_vex_document,
    policies::remove_vex_document,
    policies::vex_repository,
    policies::put_vex_repository,
    policies::remove_vex_repository,
    policies::update_vex_repository,
    repositories::list,
    repositories::show,
    repositories::tags,
    repositories::trend,
    repositories::repairs,
    repositories::owners,
    repositories::owner_repairs,
    vulnerabilities::scores,
    packages::holders,
    layers::show,
    jobs::show,
    jobs::events,
    plugins::list,
    plugins::show,
    plugins::put,
    plugins::remove,
    plugins::roll_back,
    plugins::release,
    feeds::list,
    feeds::show,
    feeds::sources,
    feeds::runs,
    feeds::changes,
    feeds::remove_source,
    feeds::update,
    feeds::document,
    bundles::export,
    bundles::import,
    subscriptions::list,
    subscriptions::show,
    subscriptions::put,
    subscriptions::remove,
    subscriptions::test,
    notices::list,
    notices::replay,
    notices::replay_all,
    watches::list,
    watches::show,
    watches::put,
    watches::remove,
    watches::list_now,
    watches::tags,
    watches::pushed,
    access::tokens,
    access::create,
    access::revoke,
    access::audit,
    settings::show,
    settings::reload,
    backups::create,
    backups::show,
    profiles::make,
    retention::show,
    retention::run,
    schemas::list,
    schemas::show,
    openapi::show,
))]
pub(crate) struct Operations;

pub(super) fn routes() -> Routes<AppState> {
    Routes::new()
        .get("/v1/images", Read, images::list)
        .post("/v1/images", Submit, images::submit::submit)
        .get("/v1/images/{name}", Read, images::show)
        .delete("/v1/images/{name}", Operate, images::delete)
        .get("/v1/images/{name}/report", Read, images::report)
        .get("/v1/images/{name}/packages", Read, images::packages)
        .get("/v1/images/{name}/layers", Read, images::layers)
        .get("/v1/images/{name}/plan", Read, images::plan)
        .get("/v1/images/{name}/diff/{other}", Read, images::difference)
        .get("/v1/images/{name}/ages", Read, images::ages)
        .get("/v1/images/{name}/explain", Read, vulnerabilities::explain)
        .get("/v1/images/{name}/verdict", Read, verdicts::verdict)
        .post("/v1/admission", Read, verdicts::admission)
        .get("/v1/policies", Read, policies::policies)
        .get("/v1/policies/{name}", Read, policies::policy)
        .put("/v1/policies/{name}", Operate, policies::put_policy)
        .delete("/v1/policies/{name}", Operate, policies::remove_policy)
        .get("/v1/vex", Read, policies::vex_documents)
        .get("/v1/vex/{name}", Read, policies::vex_document)
        .put("/v1/vex/{name}", Operate, policies::put_vex_document)
        .delete("/v1/vex/{name}", Operate, policies::remove_vex_document)
        .get("/v1/vex-repositories/{name}", Read, policies::vex_repository)
        .put("/v1/vex-repositories/{name}", Operate, policies::put_vex_repository)
        .delete("/v1/vex-repositories/{name}", Operate, policies::remove_vex_repository)
        .post("/v1/vex-repositories/{name}/update", Operate, policies::update_vex_repository)
        .get("/v1/repositories", Read, repositories::list)
        .get("/v1/repositories/{name}", Read, repositories::show)
        .get("/v1/repositories/{name}/tags", Read, repositories::tags)
        .get("/v1/repositories/{name}/trend", Read, repositories::trend)
        .get("/v1/repositories/{name}/repairs", Read, repositories::repairs)
        .get("/v1/owners", Read, repositories::owners)
        .get("/v1/owners/{name}/repairs", Read, repositories::owner_repairs)
        .get("/v1/vulnerabilities/{id}", Read, vulnerabilities::show)
        .get("/v1/vulnerabilities/{id}/images", Read, vulnerabilities::images)
        .get("/v1/vulnerabilities/{id}/scores", Read, vulnerabilities::scores)
        .get("/v1/packages/{namespace}/{*name}", Read, packages::holders)
        .get("/v1/statistics", Read, vulnerabilities::statistics)
        .get("/v1/statistics/trend", Read, repositories::all_trend)
        .get("/v1/layers/{diff_id}", Read, layers::show)
        .get("/v1/jobs/{id}", Read, jobs::show)
        .get("/v1/jobs/{id}/events", Read, jobs::events)
        .get("/v1/plugins", Read, plugins::list)
        .get("/v1/plugins/{name}", Read, plugins::show)
        .put("/v1/plugins/{name}", ChangePlugins, plugins::put)
        .delete("/v1/plugins/{name}", ChangePlugins, plugins::remove)
        .post("/v1/plugins/{name}/rollback", ChangePlugins, plugins::roll_back)
        .post("/v1/plugins/{name}/release", ChangePlugins, plugins::release)
        .get("/v1/feeds", Read, feeds::list)
        .get("/v1/feeds/{name}", Read, feeds::show)
        .get("/v1/feeds/{name}/sources", Read, feeds::sources)
        .get("/v1/feeds/{name}/runs", Read, feeds::runs)
        .get("/v1/feeds/{name}/changes", Read, feeds::changes)
        .delete("/v1/feeds/{name}/sources/{*source}", Operate, feeds::remove_source)
        .post("/v1/feeds/{name}/update", Operate, feeds::update)
        .post("/v1/feeds/{name}/documents", Operate, feeds::document)
        .download("/v1/bundle", Read, bundles::export)
        .post("/v1/bundle", Operate, bundles::import)
        .get("/v1/subscriptions", Read, subscriptions::list)
        .get("/v1/subscriptions/{name}", Read, subscriptions::show)
        .put("/v1/subscriptions/{name}", ChangeSubscriptions, subscriptions::put)
        .delete("/v1/subscriptions/{name}", ChangeSubscriptions, subscriptions::remove)
        .post("/v1/subscriptions/{name}/test", ChangeSubscriptions, subscriptions::test)
        .get("/v1/notices", Read, notices::list)
        // To send notices again is to send what the service knows.
        .post("/v1/notices/{subscription}/replay", ChangeSubscriptions, notices::replay_all)
        .post("/v1/notices/{subscription}/{number}/replay", ChangeSubscriptions, notices::replay)
        .get("/v1/watches", Read, watches::list)
        .get("/v1/watches/{name}", Read, watches::show)
        .put("/v1/watches/{name}", Operate, watches::put)
        .delete("/v1/watches/{name}", Operate, watches::remove)
        .get("/v1/watches/{name}/tags", Read, watches::tags)
        .post("/v1/watches/{name}/list", Operate, watches::list_now)
        .post("/v1/events", Notify, watches::pushed)
        .get("/v1/tokens", Oversee, access::tokens)
        .post("/v1/tokens", ChangeTokens, access::create)
        .delete("/v1/tokens/{name}", ChangeTokens, access::revoke)
        .get("/v1/audit", Oversee, access::audit)
        .get("/v1/settings", Oversee, settings::show)
        .post("/v1/settings/reload", ChangeSettings, settings::reload)
        .post("/v1/backups", BackUp, backups::create)
        .get("/v1/backups/{id}", Oversee, backups::show)
        .download("/v1/profile", Profile, profiles::make)
        .get("/v1/retention", Oversee, retention::show)
        .post("/v1/retention", Operate, retention::run)
        .get("/v1/schemas", Read, schemas::list)
        .get("/v1/schemas/{name}", Read, schemas::show)
        .get("/v1/openapi.json", Read, openapi::show)
}
