pub(super) mod submit;

use std::hash::Hash;
use std::time::Instant;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use limpid_formats::json::words::{OriginWord, PlanFormWord, ReportFormWord};
use limpid_formats::json::{self, Ages, Difference, Image, ImageLayers, Images, Inventory, Plan};
use limpid_formats::{exchange, plan};
use limpid_model::{Digest, Provenance};
use limpid_scanner::{AsOf, Error, Scanner};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::answers::{self, Coding, Document, Exchanged, Report, Tag, Wanted, Written};
use crate::error::Failure;
use crate::openapi::parameters::{ImageName, NoneMatch, OtherImage};
use crate::routes::paging;
use crate::state::AppState;

/// Images on a page, unless the client says otherwise, and at most.
const PAGE: usize = 50;
const LONGEST_PAGE: usize = 1_000;

/// Layers on a page, likewise.
const LAYERS: usize = 200;
const MOST_LAYERS: usize = 1_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// `next` of the page before.
    after: Option<String>,
    /// How many on a page, 1000 at most.
    limit: Option<usize>,
    /// Only those of this repository, with a tag or without.
    name: Option<String>,
    /// Only those with a name in a repository of this owner. Where few are, another page may follow one that is not full.
    owner: Option<String>,
}

/// Images by digest, in pages.
#[utoipa::path(
    get,
    path = "/v1/images",
    operation_id = "list_images",
    tag = "images",
    params(Paging),
    responses((status = 200, description = "A page.", body = Images)),
    extensions(("x-codes" = json!(["bad-digest"])))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    query: Result<Query<Paging>, axum::extract::rejection::QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let Query(paging) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let after = paging.after.as_ref().map(|digest| digest.parse::<Digest>()).transpose()?;
    let limit = paging.limit.unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let scanner = state.scanner.clone();
    let list = move || -> Result<Images, Error> {
        let page = match (paging.owner.as_deref(), paging.name.as_deref()) {
            (Some(owner), name) => scanner.images_of_owner(owner, name, after.as_ref(), limit)?,
            (None, Some(name)) => scanner.images_named(name, after.as_ref(), limit)?,
            (None, None) => scanner.images(after.as_ref(), limit)?,
        };
        Ok(Images {
            images: page.items.into_iter().map(Image::from).collect(),
            next: page.next.map(|digest| digest.to_string()),
        })
    };
    state.readers.document(wanted.coding, list).await
}

/// One image.
#[utoipa::path(
    get,
    path = "/v1/images/{image}",
    operation_id = "show_image",
    tag = "images",
    params(ImageName),
    responses((status = 200, description = "It.", body = Image)),
    extensions(("x-codes" = json!(["bad-digest", "no-such-image", "ambiguous-name"])))
)]
pub(super) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    ask(&state, name, wanted.coding, |scanner, digest| scanner.image(digest).map(Image::from)).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// A time, or `feed@revision`: what was stated then.
    #[serde(rename = "as-of")]
    as_of: Option<String>,
    /// Only findings of the base image, or of the layers above it.
    #[param(inline, value_type = Option<OriginWord>)]
    origin: Option<String>,
    /// The form of another tool. Without it, `Accept` decides.
    #[param(inline, value_type = Option<ReportFormWord>)]
    format: Option<String>,
}

/// The vulnerabilities that affect the image, and how far the report can be relied on.
#[utoipa::path(
    get,
    path = "/v1/images/{image}/report",
    operation_id = "report",
    tag = "images",
    params(ImageName, Asked, NoneMatch),
    responses(
        (status = 200, description = "The report.", content(
(json::Report = "application/json"),
(Object = "application/sarif+json"),
(Object = "application/vnd.cyclonedx+json"),
(Object = "application/spdx+json"),
(Object = "application/spdx3+json"),
(String = "application/xml"),
(String = "text/csv"),
(String = "text/html"),
(String = "text/markdown"),
)),
        (status = 304, description = "It is what the client has."),
    ),
    extensions(("x-codes" = json!(["bad-digest", "no-such-image", "ambiguous-name", "before-history", "no-such-revision", "no-such-feed"])))
)]
pub(super) async fn report(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let Query(Asked { as_of, origin, format }) =
        query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let as_of = as_of.map(|text| text.parse::<AsOf>()).transpose();
    let as_of = as_of.map_err(|why| Failure::bad_request(format!("`as-of`: {why}")))?;
    let origin = origin.map(|word| match Provenance::from_word(&word) {
        Some(origin) => Ok(origin),
        None => Err(Failure::bad_request(format!("`origin`: there is no `{word}`: give `base` or `own`"))),
    });
    let origin = origin.transpose()?;
    let form = match format.as_deref() {
        None => wanted.form(),
        Some("json") => None,
        Some(word) => Some(exchange::Form::from_word(word).ok_or_else(|| {
            let known = exchange::Form::ALL.map(exchange::Form::as_str).join(", ");
            Failure::bad_request(format!("`format`: there is no `{word}`: give json, {known}"))
        })?),
    };
    if let Some(form) = form {
        return exchanged(&state, name, &wanted, (form, as_of, origin)).await;
    }
    let metrics = state.metrics.clone();
    let is_now = as_of.is_none();
    let make = move |scanner: &Scanner, digest: &Digest| {
        let began = Instant::now();
        let report = scanner.report_as_of(digest, as_of.as_ref()).map(|report| Report(report, origin));
        metrics.reported(began.elapsed());
        report
    };
    if is_now {
        let what = match origin {
            None => "report",
            Some(Provenance::Base) => "report, base",
            Some(Provenance::Own) => "report, own",
        };
        return ask_again(&state, (what, name), &wanted, make).await;
    }
    // How far back there is something to report on is a matter of the clock.
    Ok(ask(&state, name, wanted.coding, make).await?.into_response())
}

/// A report in the form of another tool.
async fn exchanged(
    state: &AppState,
    name: String,
    wanted: &Wanted,
    (form, as_of, only): (exchange::Form, Option<AsOf>, Option<Provenance>),
) -> Result<Response, Failure> {
    let metrics = state.metrics.clone();
    let what = ("report", form, only.map(Provenance::as_str));
    let is_now = as_of.is_none();
    let make = move |scanner: &Scanner, digest: &Digest| {
        let began = Instant::now();
        let report = scanner.report_as_of(digest, as_of.as_ref())?;
        let shows_packages = form.lists_packages() || form.draws_layers();
        let inventory = shows_packages.then(|| scanner.inventory(digest)).transpose()?;
        // What layers did is known as of now.
        let layers = (form.draws_layers() && is_now).then(|| scanner.layers(digest)).transpose()?;
        metrics.reported(began.elapsed());
        Ok(Exchanged { form, report, only, inventory, layers })
    };
    let mut response = match is_now {
        true => ask_again(state, (what, name), wanted, make).await?,
        false => ask(state, name, wanted.coding, make).await?.into_response(),
    };
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
        // A page is of what images and advisories say: a browser is told to let it do nothing, and to believe the type.
        if let Some(policy) = form.content_security_policy() {
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    Ok(response)
}

/// The packages of the image, and what of it was not examined.
#[utoipa::path(
    get,
    path = "/v1/images/{image}/packages",
    operation_id = "list_packages",
    tag = "images",
    params(ImageName, NoneMatch),
    responses(
        (status = 200, description = "They.", body = Inventory),
        (status = 304, description = "It is what the client has."),
    ),
    extensions(("x-codes" = json!(["bad-digest", "no-such-image", "ambiguous-name"])))
)]
pub(super) async fn packages(
    State(state): State<AppState>,
    Path(name): Path<String>,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let make = |scanner: &Scanner, digest: &Digest| scanner.inventory(digest).map(Inventory::from);
    ask_again(&state, ("packages", name), &wanted, make).await
}

/// What each layer did, lowest first, in pages.
#[utoipa::path(
    get,
    path = "/v1/images/{image}/layers",
    operation_id = "list_layers",
    tag = "images",
    params(ImageName, paging::Paging, NoneMatch),
    responses(
        (status = 200, description = "A page.", body = ImageLayers),
        (status = 304, description = "It is what the client has."),
    ),
    extensions(("x-codes" = json!(["bad-digest", "no-such-image", "ambiguous-name"])))
)]
pub(super) async fn layers(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: paging::Asked,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let (after, limit) = paging::Paging::read_numbered::<usize>(query, LAYERS, MOST_LAYERS)?;
    let make = move |scanner: &Scanner, digest: &Digest| {
        scanner.layers(digest).map(|report| ImageLayers::from(report).page(after, limit))
    };
    ask_again(&state, (("layers", after, limit), name), &wanted, make).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PlanAsked {
    /// `commands`: lines for a shell. `copa`: Copacetic's manifest of updates, `v1alpha1`.
    #[param(inline, value_type = Option<PlanFormWord>)]
    format: Option<String>,
}

/// How old the findings of the image are: since when each affects an image at which the tag points, or pointed before,
/// as far as history holds.
///
/// Asked for by a name with a tag, it is the history of this tag that counts, and else that of all tags of the image.
#[utoipa::path(
    get,
    path = "/v1/images/{image}/ages",
    operation_id = "ages",
    tag = "images",
    params(ImageName),
    responses((status = 200, description = "One age for each finding.", body = Ages)),
    extensions(("x-codes" = json!(["bad-digest", "no-such-image", "ambiguous-name", "over-limit"])))
)]
pub(super) async fn ages(
    State(state): State<AppState>,
    Path(name): Path<String>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let asked = name.clone();
    let ages = move |scanner: &Scanner, digest: &Digest| scanner.ages(digest, &asked).map(Ages::from);
    ask(&state, name, wanted.coding, ages).await
}

/// Which packages of the image to update, to what, and how, in the words of their package managers.
///
/// Plugins are asked how, so that it is made anew for each request.
#[utoipa::path(
    get,
    path = "/v1/images/{image}/plan",
    operation_id = "plan",
    tag = "images",
    params(ImageName, PlanAsked),
    responses((status = 200, description = "The plan.", content((Plan = "application/json"), (String = "text/plain")))),
    extensions(("x-codes" = json!(["bad-digest", "no-such-image", "ambiguous-name"])))
)]
pub(super) async fn plan(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<PlanAsked>, axum::extract::rejection::QueryRejection>,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let Query(PlanAsked { format }) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let form = match format.as_deref() {
        None | Some("json") => {
            let plan = |scanner: &Scanner, digest: &Digest| scanner.plan(digest).map(Plan::from);
            return Ok(ask(&state, name, wanted.coding, plan).await?.into_response());
        }
        Some(word) => plan::Form::from_word(word).ok_or_else(|| {
            let known = plan::Form::ALL.map(plan::Form::as_str).join(", ");
            Failure::bad_request(format!("`format`: there is no `{word}`: give json, {known}"))
        })?,
    };
    let scanner = state.scanner.clone();
    let plan = state.readers.run(move || scanner.plan(&scanner.find_image(&name)?)).await?;
    let text = form.write(&plan.into()).map_err(|error| Failure::bad_request(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, form.media_type())], text).into_response())
}

/// The packages and findings in which the second image differs from the first.
#[utoipa::path(
    get,
    path = "/v1/images/{image}/diff/{other}",
    operation_id = "diff",
    tag = "images",
    params(ImageName, OtherImage, NoneMatch),
    responses(
        (status = 200, description = "The difference.", body = Difference),
        (status = 304, description = "It is what the client has."),
    ),
    extensions(("x-codes" = json!(["bad-digest", "no-such-image", "ambiguous-name"])))
)]
pub(super) async fn difference(
    State(state): State<AppState>,
    Path((before, after)): Path<(String, String)>,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let tag = state.tag(&("diff", &before, &after));
    let compare = move |scanner: &Scanner| -> Result<Difference, Error> {
        let (before, after) = (scanner.find_image(&before)?, scanner.find_image(&after)?);
        scanner.difference(&before, &after).map(Difference::from)
    };
    answer_again(&state, tag, &wanted, compare).await
}

/// Deletes the image and any layers that no other image uses.
#[utoipa::path(
    delete,
    path = "/v1/images/{image}",
    operation_id = "delete_image",
    tag = "images",
    params(ImageName),
    responses((status = 204, description = "It is gone.")),
    extensions(("x-codes" = json!(["bad-digest", "no-such-image", "ambiguous-name"])))
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Failure> {
    let scanner = state.scanner.clone();
    let delete = move || scanner.delete_image(&scanner.find_image(&name)?);
    state.writers.run(delete).await.map(|()| StatusCode::NO_CONTENT)
}

/// What is stated of the image of a name or digest.
pub(super) async fn ask<T: Written>(
    state: &AppState,
    name: String,
    coding: Coding,
    use_case: impl FnOnce(&Scanner, &Digest) -> Result<T, Error> + Send + 'static,
) -> Result<Document, Failure> {
    let scanner = state.scanner.clone();
    state.readers.document(coding, move || use_case(&scanner, &scanner.find_image(&name)?)).await
}

/// The same where it depends on nothing but the image and the revision.
async fn ask_again<T: Written>(
    state: &AppState,
    (what, name): (impl Hash, String),
    wanted: &Wanted,
    use_case: impl FnOnce(&Scanner, &Digest) -> Result<T, Error> + Send + 'static,
) -> Result<Response, Failure> {
    let tag = state.tag(&(what, &name));
    answer_again(state, tag, wanted, move |scanner| use_case(scanner, &scanner.find_image(&name)?)).await
}

/// What has this tag, where it has one: a client that has it already is told so, and what was made for one client is
/// sent to the next.
async fn answer_again<T: Written>(
    state: &AppState,
    tag: Option<Tag>,
    wanted: &Wanted,
    make: impl FnOnce(&Scanner) -> Result<T, Error> + Send + 'static,
) -> Result<Response, Failure> {
    let scanner = state.scanner.clone();
    let make = move || make(&scanner);
    let Some(tag) = tag else {
        return Ok(state.readers.document(wanted.coding, make).await?.into_response());
    };
    // What is of this revision was there.
    if wanted.has(&tag) {
        return Ok(answers::not_modified(&tag));
    }
    let (coding, bytes) = match state.kept.get(tag, wanted.coding) {
        Some(kept) => kept,
        None => {
            let (coding, bytes) = state.readers.encoded(wanted.coding, make).await?;
            state.kept.put(tag, coding, &bytes);
            (coding, bytes)
        }
    };
    Ok(Document { bytes: state.readers.with_room(bytes)?, coding, tag: Some(tag) }.into_response())
}
