//! Pages for browsers: `limpid_web` makes them, this sends them.
//!
//! A page asks the API what it shows, within the process: by the same router, in the name of whoever asks for the page
//! and from where they are. So the one check of access judges what is read and what is done, the audit records it, and
//! a bound token sees on a page what it sees in the API.

mod asker;
mod forms;
mod oidc;
mod operations;
mod proofs;
mod session;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use limpid_web::{Answer, Api, Lasts, Problem, views};
use tokio::sync::watch;

use super::Routes;
use crate::access::Permission::Page;
use crate::answers::{Coding, Tag, Wanted, not_modified};
use crate::blocking::Pool;
use crate::error::{Code, Failure, Told};
use crate::request_id::RequestId;
use crate::state::AppState;
use asker::Asker;
use proofs::Proofs;
use session::Session;

/// What pages may load and do: nothing but what is here.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What all answers here have.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With none at all, browsers send forms with `origin: null`, which is what pages of others have.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What pages are made of.
#[derive(Clone)]
struct Ui {
    state: AppState,
    /// All of the API, with its checks.
    api: Router,
    proofs: Arc<Proofs>,
    /// Where pages are made: they wait for those who read, and so are none of them.
    pages: Pool,
    /// Where sign-ins wait for issuers.
    sign_ins: Pool,
}

/// The paths of pages. None needs more than [`Page`]: what a page shows or does is asked of the API.
fn routes() -> Routes<Ui> {
    Routes::new()
        .get("/", Page, inventory)
        .get("/repositories/{*name}", Page, repository)
        .get("/images/{*name}", Page, image)
        .post("/images/{*name}", Page, act_on_image)
        .get("/vulnerabilities/{*id}", Page, vulnerability)
        .get("/search", Page, search)
        .get("/sign-in", Page, sign_in)
        .post("/sign-in", Page, forms::sign_in)
        .get("/sign-in/oidc/{issuer}", Page, oidc::begin)
        .get("/sign-in/oidc/{issuer}/back", Page, oidc::back)
        .post("/sign-out", Page, forms::sign_out)
        .get("/data/{*path}", Page, data)
        .get("/assets/{name}", Page, asset)
        .and(operations::routes())
}

/// The API with the pages beside it.
///
/// # Errors
/// The system has no random numbers to give.
pub(crate) fn mount(api: Router, state: &AppState) -> std::io::Result<Router> {
    let settings = state.settings.clone();
    let pages = Pool::pages(&settings, &state.metrics);
    let sign_ins = Pool::sign_ins(&settings, &state.metrics);
    let proofs = Arc::new(Proofs::new()?);
    let ui = Ui { state: state.clone(), api: api.clone(), proofs, pages, sign_ins };
    let router = routes().guarded(settings, Some(state)).layer(middleware::map_response(with_headers));
    Ok(router.with_state(ui).fallback_service(api))
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn inventory(State(ui): State<Ui>, request: Request) -> Response {
    ui.show(request, views::inventory::show).await
}

async fn repository(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    ui.show(request, move |api, request| views::repository::show(api, request, &name)).await
}

async fn vulnerability(State(ui): State<Ui>, Path(id): Path<String>, request: Request) -> Response {
    ui.show(request, move |api, request| views::vulnerability::show(api, request, &id)).await
}

async fn search(State(ui): State<Ui>, request: Request) -> Response {
    ui.show(request, views::search::show).await
}

async fn sign_in(State(ui): State<Ui>, request: Request) -> Response {
    let issuers = oidc::names(&ui);
    ui.show(request, move |_, request| views::sign_in::show(request, request.to(), None, &issuers)).await
}

async fn act_on_image(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    ui.act(request, move |api, form| views::image::act(api, form, &name)).await
}

async fn image(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    ui.show(request, move |api, request| views::image::show(api, request, &name)).await
}

/// What the API answers to whoever has signed in here. It hears tokens in a header, and browsers send a cookie.
async fn data(State(ui): State<Ui>, request: Request) -> Response {
    let uri = request.uri();
    let target =
        uri.path().strip_prefix("/data").and_then(|path| limpid_web::Address::of_data(path, uri.query()));
    ui.show(request, move |api, _| {
        let none = "pages show no such data; `docs/api.md` has the paths of the API";
        let target = target.ok_or_else(|| problem(Failure::new(Code::NotFound, none)))?;
        api.ask(&limpid_web::Call { method: limpid_web::Method::Get, target }).map(Answer::Json)
    })
    .await
}

/// What pages load.
async fn asset(State(ui): State<Ui>, Path(name): Path<String>, wanted: Wanted) -> Result<Response, Failure> {
    let Some(asset) = limpid_web::assets::find(&name) else {
        return Err(Failure::new(Code::NotFound, "pages load no such thing: reload the page"));
    };
    let encode = move || encoded(wanted.coding, Bytes::from_static(asset.bytes), asset.media_type);
    let mut response = ui.pages.run(encode).await?;
    // Another content has another name.
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, forever);
    Ok(response)
}

impl Ui {
    /// Shows what a view gives.
    async fn show(
        &self,
        request: Request,
        view: impl FnOnce(&dyn Api, &limpid_web::Request) -> Result<Answer, Problem> + Send + 'static,
    ) -> Response {
        // Dropped with the request, when its client has gone.
        let (_waiting, waits) = watch::channel(());
        let shown = self.prepare(&request, waits);
        let prepared = match shown {
            Ok(prepared) => prepared,
            Err(problem) => return refused(&request, &problem),
        };
        let made = self.pages.run(move || Ok::<_, Failure>(prepared.make(view))).await;
        made.unwrap_or_else(IntoResponse::into_response)
    }

    fn prepare(&self, request: &Request, waits: watch::Receiver<()>) -> Result<Prepared, Problem> {
        let session = Session::of(request.headers());
        let asker = Asker::new(self, request, &session).waiting(waits);
        let query = request.uri().query().unwrap_or_default();
        let parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let shown = limpid_web::Session {
            signed_in: session.is_there(),
            proof: self.proofs.give(&session).map_err(Problem::internal)?,
        };
        let path = request.uri().path().to_owned();
        // Whatever is shown may differ by who asks.
        let on = (
            request.uri().to_string(),
            session.clone(),
            request.headers().get(header::AUTHORIZATION).cloned(),
        );
        let tag = self.state.tag(&("page", on));
        let wanted = wanted(request);
        Ok(Prepared {
            asker,
            pages: self.pages.clone(),
            request: limpid_web::Request::new(path, parameters, shown)?.at(self
                .state
                .scanner
                .settings()
                .clock
                .now()),
            tag,
            wanted,
            id: id(request),
            is_of_script: request.headers().contains_key("hx-request"),
            address: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        })
    }
}

/// What is wrong with a request of which nothing was asked, as a page.
fn refused(request: &Request, problem: &Problem) -> Response {
    problem_page(&limpid_web::Request::default(), problem, &id(request), wanted(request).coding)
}

/// A failure as pages tell it.
fn problem(failure: Failure) -> Problem {
    match failure.internal {
        Some(why) => Problem::internal(why),
        None => Problem {
            status: failure.status.as_u16(),
            code: failure.code.into_owned(),
            ..Problem::bad_request(failure.message)
        },
    }
}

fn wanted(request: &Request) -> Wanted {
    Wanted::of(request.headers())
}

fn id(request: &Request) -> String {
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

/// A request for a page, when its turn has come.
struct Prepared {
    asker: Asker,
    pages: Pool,
    request: limpid_web::Request,
    tag: Option<Tag>,
    wanted: Wanted,
    id: String,
    /// Whether a script of a page asks.
    is_of_script: bool,
    address: String,
}

impl Prepared {
    fn make(self, view: impl FnOnce(&dyn Api, &limpid_web::Request) -> Result<Answer, Problem>) -> Response {
        // Whoever was let in before may not be any more.
        if let Some(tag) = self.tag.filter(|tag| self.wanted.has(tag))
            && self.asker.may_read()
        {
            return not_modified(&tag);
        }
        match view(&self.asker, &self.request) {
            Ok(answer) => self.send(answer).unwrap_or_else(IntoResponse::into_response),
            Err(problem) if problem.status == 401 => self.to_sign_in(),
            // A script would look for a part of the page in what says why there is none.
            Err(_) if self.is_of_script => lead(&self.address),
            Err(problem) => problem_page(&self.request, &problem, &self.id, self.wanted.coding),
        }
    }

    fn send(&self, answer: Answer) -> Result<Response, Failure> {
        let (mut response, lasts) = match answer {
            Answer::Page(page) => {
                let mut response = self.document(page.html.into(), HTML)?;
                *response.status_mut() = StatusCode::from_u16(page.status).unwrap_or_default();
                (response, page.lasts)
            }
            Answer::Csv { name, text } => {
                let mut response = self.document(text.into(), "text/csv; charset=utf-8")?;
                let name = HeaderValue::try_from(format!("attachment; filename=\"{name}.csv\""));
                response.headers_mut().extend(name.ok().map(|name| (header::CONTENT_DISPOSITION, name)));
                (response, Lasts::Moment)
            }
            Answer::Json(bytes) => (self.document(bytes, "application/json")?, Lasts::Moment),
            Answer::Elsewhere(address) => (see(&address), Lasts::Moment),
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        let tag = self.tag.filter(|_| lasts == Lasts::Revision);
        let tag = tag.and_then(|tag| HeaderValue::try_from(tag.to_string()).ok());
        headers.extend(tag.map(|tag| (header::ETAG, tag)));
        Ok(response)
    }

    /// What is sent, which takes room until it is read.
    fn document(&self, bytes: Bytes, media_type: &'static str) -> Result<Response, Failure> {
        let (coding, bytes) = encode(self.wanted.coding, bytes)?;
        Ok(of_bytes(coding, self.pages.with_room(bytes)?, media_type))
    }

    /// Asks who it is, and comes back.
    fn to_sign_in(&self) -> Response {
        let address = limpid_web::Address::of(&["sign-in"]).with("to", &self.address).to_string();
        if !self.is_of_script {
            return see(&address);
        }
        lead(&address)
    }
}

/// Has a script lead its browser to another path of this service.
fn lead(address: &str) -> Response {
    let mut response = StatusCode::OK.into_response();
    let address = HeaderValue::try_from(address).ok();
    let headers = response.headers_mut();
    headers.extend(address.map(|address| (HeaderName::from_static("hx-redirect"), address)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

const HTML: &str = "text/html; charset=utf-8";

/// Leads a browser to another path of this service.
fn see(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().extend(HeaderValue::try_from(address).ok().map(|to| (header::LOCATION, to)));
    response
}

fn problem_page(request: &limpid_web::Request, problem: &Problem, id: &str, coding: Coding) -> Response {
    let page = match views::problem::show(request, problem, id) {
        Ok(Answer::Page(page)) => page,
        Ok(_) => return Failure::internal("a problem is a page").into_response(),
        Err(problem) => return Failure::internal(problem.detail).into_response(),
    };
    // What this program did wrong is for its log.
    if problem.status == 500 && problem.request_id.is_empty() {
        tracing::error!(request_id = id, "request {id} failed: {}", problem.detail);
    }
    let mut response = match encoded(coding, page.html.into(), HTML) {
        Ok(response) => response,
        Err(failure) => return failure.into_response(),
    };
    *response.status_mut() = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Told);
    response
}

/// Bytes as they are sent.
fn encoded(coding: Coding, bytes: Bytes, media_type: &'static str) -> Result<Response, Failure> {
    let (coding, bytes) = encode(coding, bytes)?;
    Ok(of_bytes(coding, bytes, media_type))
}

fn encode(coding: Coding, bytes: Bytes) -> Result<(Coding, Bytes), Failure> {
    let coding = coding.for_length(bytes.len());
    let bytes = coding.encode_shared(bytes).map_err(|error| Failure::internal(error.to_string()))?;
    Ok((coding, bytes))
}

fn of_bytes(coding: Coding, bytes: Bytes, media_type: &'static str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, cookie"));
    let name = coding.name().map(|name| (header::CONTENT_ENCODING, HeaderValue::from_static(name)));
    headers.extend(name);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Permission;

    #[test]
    fn no_page_is_let_through_to_anything_but_by_the_api() {
        let routes = routes();
        assert!(routes.endpoints().iter().all(|endpoint| endpoint.permission == Permission::Page));
        assert_eq!(Permission::Page.role(), None);
    }

    #[test]
    fn the_policy_of_pages_lets_them_load_what_is_here_and_nothing_else() {
        for directive in POLICY.split("; ") {
            let (_, source) = directive.split_once(' ').unwrap();
            assert!(matches!(source, "'self'" | "'none'"), "{directive}");
        }
        assert!(POLICY.starts_with("default-src 'none'; "));
    }
}
