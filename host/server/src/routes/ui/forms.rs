//! Forms: what changes something is sent by a page of this service, with a proof of it, and done by the API.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use limpid_web::{Answer, Api, Form, Problem, views};

use super::asker::Asker;
use super::session::Session;
use super::{Ui, oidc, problem, refused, see};
use crate::access;
use crate::body;
use crate::connections::Encrypted;
use crate::error::{Code, Failure};

/// Longest form, in bytes.
const FORM: u64 = 64 << 10;

/// Checks who signs in by asking the API in their name, and keeps the token in a cookie.
pub(super) async fn sign_in(State(ui): State<Ui>, request: Request) -> Response {
    let (request, form) = match ui.read(request).await {
        Ok(read) => read,
        Err(answer) => return answer,
    };
    let is_encrypted = is_encrypted(&request);
    let to = form.get("to").to_owned();
    let checking = ui.check(&request, form.get("token"));
    match checking.await {
        Ok(Ok(session)) => with_cookie(see(views::sign_in::inside(&to)), &session, is_encrypted),
        Ok(Err(why)) => ui.refuse_sign_in(request, to, why).await,
        Err(failure) => failure.into_response(),
    }
}

/// Forgets the token.
pub(super) async fn sign_out(State(ui): State<Ui>, request: Request) -> Response {
    match ui.read(request).await {
        Ok((request, _)) => with_cookie(see("/"), &Session::default(), is_encrypted(&request)),
        Err(answer) => answer,
    }
}

impl Ui {
    /// The session of whoever shows a token, where the API takes it; or why not. Nothing of the request is kept.
    pub(super) fn check(
        &self,
        request: &Request,
        token: &str,
    ) -> impl Future<Output = Result<Result<Session, String>, Failure>> + Send + use<> {
        let session = Session::begin(token);
        let session = session.map(|session| (Asker::new(self, request, &session), session));
        let pages = self.pages.clone();
        async move {
            let (asker, session) = match session {
                Ok(session) => session,
                Err(why) => return Ok(Err(why)),
            };
            let checked = pages.run(move || Ok::<_, Failure>(asker.check())).await?;
            Ok(checked.map(|()| session).map_err(|problem| problem.detail))
        }
    }

    /// Asks again, and says why somebody is not signed in.
    pub(super) async fn refuse_sign_in(&self, request: Request, to: String, why: String) -> Response {
        let issuers = oidc::names(self);
        let show = move |_: &dyn Api, request: &limpid_web::Request| {
            views::sign_in::show(request, &to, Some(&why), &issuers)
        };
        self.show(request, show).await
    }

    /// Does what a form asks for, and shows what comes of it.
    pub(super) async fn act(
        &self,
        request: Request,
        act: impl FnOnce(&dyn Api, &Form) -> Result<Answer, Problem> + Send + 'static,
    ) -> Response {
        match self.read(request).await {
            Ok((request, form)) => self.show(request, move |api, _| act(api, &form)).await,
            Err(answer) => answer,
        }
    }

    /// The form that a request sends, where it is of a page that this process has given to the same session.
    ///
    /// # Errors
    /// It is not, or is too long: what is answered.
    pub(super) async fn read(&self, request: Request) -> Result<(Request, Form), Response> {
        let (parts, body) = request.into_parts();
        // No reference to a request may be kept while its body comes.
        let request = Request::from_parts(parts, axum::body::Body::empty());
        if let Err(why) = access::of_this_site(request.uri(), request.headers()) {
            return Err(refused(&request, &forbidden(why)));
        }
        let limits = body::Limits { bytes: FORM, setting: None, pace: self.state.settings.pace() };
        let bytes = match body::read(body, limits).await {
            Ok(bytes) => bytes,
            Err(failure) => return Err(refused(&request, &problem(failure))),
        };
        let form = match Form::new(form_urlencoded::parse(&bytes).into_owned().collect()) {
            Ok(form) => form,
            Err(problem) => return Err(refused(&request, &problem)),
        };
        if !self.proofs.is_given(form.get("proof"), &Session::of(request.headers())) {
            let why = "the form is not of a page that was given to you since the service was started: reload the page";
            return Err(refused(&request, &forbidden(why.to_owned())));
        }
        Ok((request, form))
    }
}

fn forbidden(detail: String) -> Problem {
    problem(Failure::new(Code::Forbidden, detail))
}

/// Whether the browser asks encrypted, as this service or a proxy before it knows. Who says so falsely keeps no cookie.
pub(super) fn is_encrypted(request: &Request) -> bool {
    let proxied = request.headers().get("x-forwarded-proto").is_some_and(|it| it.as_bytes() == b"https");
    proxied || request.extensions().get::<Encrypted>().is_some()
}

pub(super) fn with_cookie(mut response: Response, session: &Session, is_encrypted: bool) -> Response {
    let headers = response.headers_mut();
    if let Ok(mut cookie) = HeaderValue::try_from(session.cookie(is_encrypted)) {
        cookie.set_sensitive(true);
        headers.insert(header::SET_COOKIE, cookie);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
