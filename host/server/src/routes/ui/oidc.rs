//! Sign-in at an issuer of OpenID Connect: there with a state, a nonce and a challenge that only this browser can
//! answer for, and back with a code, which is redeemed for a token. The token is checked by asking the API, as one that
//! is typed in, and kept in the same cookie.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use limpid_identity::{Begun, Issuer};
use limpid_web::views;
use serde::Deserialize;

use super::forms::{is_encrypted, with_cookie};
use super::session::cookie;
use super::{Ui, see};
use crate::error::Failure;

/// The cookie of a sign-in that was begun. It comes along when the issuer sends the browser back, and goes nowhere but
/// to where sign-ins end.
const BEGUN: &str = "limpid-sign-in";

/// How long a sign-in may take, in seconds.
const LASTS: u32 = 600;

/// Longest path to come back to, in bytes; what is longer is forgotten.
const TO: usize = 1_500;

/// The names of issuers at which people sign in.
pub(super) fn names(ui: &Ui) -> Vec<String> {
    issuers(ui).iter().map(|issuer| issuer.name().to_owned()).collect()
}

fn issuers(ui: &Ui) -> Vec<Arc<Issuer>> {
    let identities = ui.state.settings.now().access.identities.clone();
    let all = identities.iter().flat_map(|identities| identities.issuers());
    all.filter(|issuer| issuer.signs_in()).cloned().collect()
}

fn named(ui: &Ui, name: &str) -> Result<Arc<Issuer>, String> {
    let known = issuers(ui).into_iter().find(|issuer| issuer.name() == name);
    known.ok_or_else(|| "nobody signs in by an issuer of this name".to_owned())
}

/// Leads to the issuer.
pub(super) async fn begin(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    let to = to(&request);
    let begun = named(&ui, &name).and_then(|issuer| issuer.begin());
    let (address, begun) = match begun {
        Ok(begun) => begun,
        Err(why) => return ui.refuse_sign_in(request, to, why).await,
    };
    let kept = format!("{name}/{}/{}", begun.text(), hex::encode(to));
    with_begun(see(&address), &kept, LASTS, is_encrypted(&request))
}

/// Where somebody goes once they have signed in.
fn to(request: &Request) -> String {
    let query = request.uri().query().unwrap_or_default();
    let to = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "to");
    let to = to.map(|(_, to)| to.into_owned()).filter(|to| to.len() <= TO);
    views::sign_in::inside(to.as_deref().unwrap_or("/")).to_owned()
}

/// What an issuer sends back by way of the browser. What else it sends is nothing to us.
#[derive(Default, Deserialize)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    /// Who answers ([RFC 9207](https://www.rfc-editor.org/rfc/rfc9207)).
    iss: Option<String>,
    error: Option<String>,
}

/// What a browser keeps of a sign-in that was begun.
struct Kept {
    issuer: String,
    begun: Begun,
    to: String,
}

impl Kept {
    fn of(request: &Request) -> Option<Self> {
        let value = cookie(request.headers(), BEGUN)?;
        let parts: Vec<_> = value.splitn(4, '/').collect();
        let [issuer, begun, to] = parts.as_slice() else { return None };
        let to = String::from_utf8(hex::decode(to).ok()?).ok()?;
        Some(Self { issuer: (*issuer).to_owned(), begun: Begun::of_text(begun)?, to })
    }
}

/// Takes whoever comes back from the issuer.
pub(super) async fn back(State(ui): State<Ui>, Path(name): Path<String>, request: Request) -> Response {
    let is_encrypted = is_encrypted(&request);
    let kept = Kept::of(&request).filter(|kept| kept.issuer == name);
    let to = kept.as_ref().map_or("/", |kept| kept.to.as_str()).to_owned();
    let redeemed = match answered(&ui, &name, kept, &request) {
        Ok((issuer, begun, code)) => ui.redeem(issuer, begun, code).await,
        Err(why) => Ok(Err(why)),
    };
    let checked = match redeemed {
        Ok(Ok(token)) => {
            let checking = ui.check(&request, &token);
            checking.await
        }
        Ok(Err(why)) => Ok(Err(why)),
        Err(failure) => Err(failure),
    };
    let response = match checked {
        Ok(Ok(session)) => {
            let shown = to.clone();
            let page = ui.show(request, move |_, request| views::sign_in::done(request, &shown)).await;
            // A redirect would be part of what the other site has begun, and so without the cookie (`SameSite=Strict`).
            let refresh = format!("0; url={}", views::sign_in::inside(&to));
            let mut page = with_cookie(page, &session, is_encrypted);
            let refresh = HeaderValue::try_from(refresh).ok();
            page.headers_mut().extend(refresh.map(|it| (HeaderName::from_static("refresh"), it)));
            page
        }
        Ok(Err(why)) => ui.refuse_sign_in(request, to, why).await,
        Err(failure) => failure.into_response(),
    };
    // It is over, whatever came of it.
    with_begun(response, "", 0, is_encrypted)
}

/// The code that an issuer gives to a sign-in which was begun in this browser.
///
/// # Errors
/// Why it is none.
fn answered(
    ui: &Ui,
    name: &str,
    kept: Option<Kept>,
    request: &Request,
) -> Result<(Arc<Issuer>, Begun, String), String> {
    let issuer = named(ui, name)?;
    let kept = kept.ok_or("no sign-in was begun in this browser in the last ten minutes")?;
    let answer = Query::<Answer>::try_from_uri(request.uri());
    let Query(answer) = answer.map_err(|_| "the issuer's answer cannot be read".to_owned())?;
    if !kept.begun.is_answered_by(&answer.state.unwrap_or_default()) {
        return Err("the answer is to another sign-in (`state`): sign in again".to_owned());
    }
    if answer.iss.is_some_and(|iss| !issuer.is_at(&iss)) {
        return Err("the answer is of another issuer (`iss`)".to_owned());
    }
    if let Some(error) = answer.error {
        let error: String = error.chars().filter(char::is_ascii_graphic).take(100).collect();
        return Err(format!("the issuer refuses: `{error}`"));
    }
    Ok((issuer, kept.begun, answer.code.unwrap_or_default()))
}

impl Ui {
    /// The token of whoever comes back, or why there is none.
    async fn redeem(
        &self,
        issuer: Arc<Issuer>,
        begun: Begun,
        code: String,
    ) -> Result<Result<String, String>, Failure> {
        let name = issuer.name().to_owned();
        let redeemed = self.sign_ins.run(move || Ok::<_, Failure>(issuer.finish(&begun, &code))).await?;
        Ok(redeemed.map_err(|why| {
            // What it says exactly tells of the network here.
            tracing::warn!(issuer = name, "a sign-in by issuer `{name}` failed: {why}");
            format!("issuer `{name}` gives no token that is good; the log of the service says more")
        }))
    }
}

/// `SameSite=Lax`: the issuer, another site, sends the browser back.
fn with_begun(mut response: Response, value: &str, lasts: u32, is_encrypted: bool) -> Response {
    let secure = if is_encrypted { "; Secure" } else { "" };
    let cookie =
        format!("{BEGUN}={value}; Path=/sign-in/oidc; HttpOnly; SameSite=Lax; Max-Age={lasts}{secure}");
    let headers = response.headers_mut();
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        headers.append(header::SET_COOKIE, cookie);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
