//! Who may do what: the one place that decides it.
//!
//! Each route declares which [`Permission`] it needs; whoever is there may read.
//!
//! Whoever shows a token may what the token's role may, and of images what its repositories allow. Where tokens are
//! required, nobody else may anything. Where they are not, which is only so where the service listens to its own machine,
//! everybody who reaches it may read, and who may change something is whoever sits on this machine, and those networks
//! that the settings name.
//!
//! What changes something is recorded before it is answered: who, what, from where, and what came of it.

mod audit;
mod caller;
mod client;
mod guests;
mod host;
mod network;
mod reach;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use limpid_model::AccessRole;
use limpid_scanner::{Current, Scanner, TOKEN_PREFIX, UnderWay};
use tracing::Instrument as _;

use crate::Settings;
use crate::adapter;
use crate::blocking::Pool;
use crate::body;
use crate::connections::OfCommands;
use crate::error::{Code, Dialect, Failure};
use crate::peer::Peer;
use crate::routes::Endpoint;
use crate::routes::clair::{self, Hold};
use crate::state::AppState;
pub(crate) use audit::Detail;
pub(crate) use caller::Caller;
pub(crate) use client::is_forwarding;
use guests::Guests;
pub(crate) use guests::follow;
pub(crate) use host::of_this_site;
pub(crate) use reach::of as reach;

/// What a request needs to be allowed. Each is of one role: of somebody who reads, submits, operates or
/// administers; a later one may all that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Permission {
    /// To ask how the service is: of no role.
    Health,
    /// To ask for a page: of no role. What the page asks of the API in the name of whoever asks needs what it needs
    /// there.
    Page,
    /// To read what the service knows.
    Read,
    /// To say that something was pushed to a registry: of registries, which have a secret.
    Notify,
    /// To submit images.
    Submit,
    /// To change what is known, of images and of feeds: of operators.
    Operate,
    /// To change where the service sends what it knows: of administrators.
    ChangeSubscriptions,
    /// To change what runs here: of administrators.
    ChangePlugins,
    /// To write what the service knows elsewhere on its machine: of administrators.
    BackUp,
    /// To read who may do what, and who did: of administrators.
    Oversee,
    /// To look what the service spends its time with, which costs some: of administrators.
    Profile,
    /// To change who may do what: of administrators.
    ChangeTokens,
    /// To have settings read again: of administrators.
    ChangeSettings,
}

impl Permission {
    /// Whether who has it may change something.
    pub(crate) const fn changes(self) -> bool {
        match self {
            Self::Health | Self::Page | Self::Read | Self::Oversee | Self::Profile => false,
            Self::Notify
            | Self::Submit
            | Self::Operate
            | Self::ChangeSubscriptions
            | Self::ChangePlugins
            | Self::BackUp
            | Self::ChangeTokens
            | Self::ChangeSettings => true,
        }
    }

    /// Whether it is of those who sit on the machine of the service where nobody needs a token, though it changes nothing.
    const fn is_guarded(self) -> bool {
        matches!(self, Self::Oversee | Self::Profile)
    }

    /// Whether it is recorded who made use of it.
    const fn is_recorded(self) -> bool {
        // What a registry tells has a tag looked at, and there is much of it.
        (self.changes() && !matches!(self, Self::Notify)) || matches!(self, Self::Profile)
    }

    /// The word for it in documents.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Page => "page",
            Self::Read => "read",
            Self::Notify => "notify",
            Self::Submit => "submit",
            Self::Operate => "operate",
            Self::ChangeSubscriptions => "change-subscriptions",
            Self::ChangePlugins => "change-plugins",
            Self::Oversee => "oversee",
            Self::Profile => "profile",
            Self::BackUp => "back-up",
            Self::ChangeTokens => "change-tokens",
            Self::ChangeSettings => "change-settings",
        }
    }

    /// Which role may it; none: everybody.
    pub(crate) const fn role(self) -> Option<AccessRole> {
        match self {
            Self::Health | Self::Page => None,
            Self::Read => Some(AccessRole::Read),
            Self::Notify | Self::Submit => Some(AccessRole::Submit),
            Self::Operate => Some(AccessRole::Operate),
            Self::ChangeSubscriptions
            | Self::ChangePlugins
            | Self::BackUp
            | Self::Oversee
            | Self::Profile
            | Self::ChangeTokens
            | Self::ChangeSettings => Some(AccessRole::Admin),
        }
    }
}

/// Who may do what: by the settings, by tokens, and by what each route declares.
#[derive(Clone)]
pub(crate) struct Access {
    settings: Current<Settings>,
    /// By the pattern of the path.
    declared: Arc<HashMap<&'static str, Vec<Endpoint>>>,
    /// None before the service has started: nothing that is answered then needs it.
    known: Option<Known>,
    guests: Option<Guests>,
}

/// Where tokens are known, and changes recorded.
#[derive(Clone)]
struct Known {
    scanner: Scanner,
    readers: Pool,
    /// For tokens and records: who is let in waits for no other work.
    access: Pool,
}

impl Access {
    pub(crate) fn new(settings: Current<Settings>, endpoints: &[Endpoint], state: Option<&AppState>) -> Self {
        let mut declared: HashMap<_, Vec<_>> = HashMap::new();
        for endpoint in endpoints {
            declared.entry(endpoint.path).or_default().push(endpoint.clone());
        }
        let known = state.map(|state| Known {
            scanner: state.scanner.clone(),
            readers: state.readers.clone(),
            access: state.access.clone(),
        });
        let guests = settings.now().access.identities.clone().map(Guests::new);
        Self { settings, declared: Arc::new(declared), known, guests }
    }

    /// Begins to answer a request. Clients of Clair do not come again when they are told to: they are held.
    async fn begin(&self, caller: &Caller, dialect: Option<Dialect>) -> Result<Option<UnderWay>, Failure> {
        match dialect {
            None => caller.begin(),
            Some(Dialect::Clair) => Hold::begin(&self.settings).until(|| async { caller.begin() }).await,
        }
    }

    /// All that is declared for a path, by its pattern.
    fn declared(&self, pattern: Option<&str>) -> &[Endpoint] {
        pattern.and_then(|pattern| self.declared.get(pattern)).map_or(&[], Vec::as_slice)
    }

    /// Who asks, where it may what it asks for, as far as that is the same for all images. `guest` is who somebody
    /// else says that it is.
    ///
    /// # Errors
    /// It may not, and who it was that asked.
    fn caller(
        &self,
        needed: Permission,
        request: &Request,
        guest: Option<Result<Caller, Refusal>>,
    ) -> Result<Caller, Refusal> {
        let (settings, headers) = (&*self.settings, request.headers());
        let Some(role) = needed.role() else { return Ok(Caller::Anybody) };
        if request.extensions().get::<OfCommands>().is_some() {
            return match bearer(headers) {
                Some(secret) if self.is_operator(secret) => Ok(Caller::DataDirectory),
                _ => {
                    let why = "this port is for commands that may read the data directory";
                    Err(Refusal::of_anybody(Code::Unauthorized, why))
                }
            };
        }
        if needed == Permission::Notify && settings.event_secret.as_ref().is_some_and(|it| it.is_in(headers))
        {
            return Ok(Caller::Registry);
        }
        // A proxy may let others through by tokens of its own.
        let is_ours = |secret: &&str| settings.access.required || secret.starts_with(TOKEN_PREFIX);
        let shown = guest.or_else(|| bearer(headers).filter(is_ours).map(|secret| self.of_token(secret)));
        if let Some(caller) = shown {
            let caller = caller?;
            return match caller.role() {
                Some(its) if its >= role => Ok(caller),
                _ => Err(Refusal { why: caller.may_not(role), code: Code::Forbidden, caller }),
            };
        }
        if settings.access.required {
            let why = "a token is needed, as `Authorization: Bearer TOKEN`: `limpid token create` makes one";
            let or = if self.guests.is_some() { ", and so does whom settings `access` name" } else { "" };
            return Err(Refusal::of_anybody(Code::Unauthorized, format!("{why}{or}")));
        }
        if needed == Permission::Notify && settings.event_secret.is_some() {
            let why = "`Authorization` does not have what setting `events.secret` says";
            return Err(Refusal::of_anybody(Code::Forbidden, why));
        }
        if !needed.changes() && !needed.is_guarded() {
            return Ok(Caller::Anybody);
        }
        let peer = request.extensions().get::<Peer>().copied();
        let allowed = network::may(settings, needed, peer, request.uri(), headers);
        allowed.map(|()| Caller::Network).map_err(|why| Refusal::of_anybody(Code::Forbidden, why))
    }

    /// Whom somebody else vouches for, where a request shows a token of theirs.
    fn guest(
        &self,
        needed: Permission,
        request: &Request,
    ) -> Option<impl Future<Output = Result<Caller, Refusal>> + Send + use<>> {
        let (guests, known) = (self.guests.clone()?, self.known.clone());
        if needed.role().is_none() || request.extensions().get::<OfCommands>().is_some() {
            return None;
        }
        let token = bearer(request.headers()).filter(|token| guests.concerns(token))?.to_owned();
        Some(async move {
            let starting = || Refusal::of_anybody(Code::Unauthorized, "the service is starting");
            let known = known.ok_or_else(starting)?;
            guests.caller(&known.scanner, &token).await
        })
    }

    /// Whether it is what commands show that may read the data directory.
    fn is_operator(&self, secret: &str) -> bool {
        self.settings.access.operator.as_ref().is_some_and(|operator| operator.is(secret))
    }

    /// Whose token it is.
    fn of_token(&self, secret: &str) -> Result<Caller, Refusal> {
        if self.is_operator(secret) {
            return Ok(Caller::DataDirectory);
        }
        let refused = |why: String| Refusal::of_anybody(Code::Unauthorized, why);
        let Some(known) = &self.known else { return Err(refused("the service is starting".to_owned())) };
        let taken = known.scanner.token(secret).map_err(|why| refused(why.to_string()))?;
        if taken.is_due {
            let (scanner, id) = (known.scanner.clone(), taken.holder.token.id.clone());
            let (access, name) = (known.access.clone(), taken.holder.token.spec.name.clone());
            tokio::spawn(async move {
                if access.run(move || scanner.note_use(&id)).await.is_err() {
                    tracing::warn!(token = name, "it was not noted that token `{name}` was used");
                }
            });
        }
        Ok(Caller::Token(taken.holder))
    }
}

/// Why somebody may not do what was asked for.
struct Refusal {
    why: String,
    code: Code,
    caller: Caller,
}

impl Refusal {
    /// Of somebody who has shown nothing that counts.
    fn of_anybody(code: Code, why: impl Into<String>) -> Self {
        Self { why: why.into(), code, caller: Caller::Anybody }
    }
}

/// A token that a request shows.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// What a request asks for, of all that is declared for its path.
fn asked<'e>(method: &Method, declared: &'e [Endpoint]) -> Option<&'e Endpoint> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    declared.iter().find(|endpoint| endpoint.method == method)
}

/// What is needed where a path does not take a method, or is none. It is answered only to who might change
/// something there: others learn nothing of it.
fn unless_taken(method: &Method, declared: &[Endpoint]) -> Permission {
    match declared.iter().map(|endpoint| endpoint.permission).max() {
        Some(Permission::Health) => Permission::Health,
        _ if method.is_safe() => Permission::Read,
        Some(strictest) => strictest.max(Permission::Operate),
        None => Permission::Operate,
    }
}

/// Changes that make room, or write elsewhere, or may say that there is enough, or wait for it themselves.
const WITHOUT_ROOM: [&str; 4] = ["/v1/backups", "/v1/retention", "/v1/settings/reload", clair::INDEX_REPORT];

/// Whether something is added to what is stored. Where the disk is as full as the settings allow, that is put off; what
/// is removed makes room, and there is enough for the record of it.
fn needs_room(asked: Option<&Endpoint>) -> bool {
    asked.is_some_and(|endpoint| {
        let adds = endpoint.permission.changes() && endpoint.method != Method::DELETE;
        adds && !WITHOUT_ROOM.contains(&endpoint.path)
    })
}

/// Lets a request through that may do what it would do, and records what changes something.
pub(crate) async fn check(State(access): State<Access>, request: Request, next: Next) -> Response {
    let pattern = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let dialect = pattern.is_some_and(clair::has).then_some(Dialect::Clair);
    let mut response = check_of(access, request, next, dialect).await;
    if let Some(dialect) = dialect {
        response.extensions_mut().insert(dialect);
    }
    response
}

async fn check_of(access: Access, mut request: Request, next: Next, dialect: Option<Dialect>) -> Response {
    let declared = access.declared(request.extensions().get::<MatchedPath>().map(MatchedPath::as_str));
    let asked = asked(request.method(), declared).cloned();
    let needed = match &asked {
        Some(endpoint) => endpoint.permission,
        None => unless_taken(request.method(), declared),
    };
    if asked.as_ref().is_some_and(|endpoint| adapter::concerns(endpoint.path)) {
        adapter::take_token(request.headers_mut());
    }
    let mut under_way = None;
    // What nobody in particular asks for in vain changes nothing, and would only fill the record.
    let is_recorded = needed.is_recorded();
    let changing = asked.as_ref().filter(|_| is_recorded);
    let changing = changing.map(|_| audit::Changing::of(&access.settings, &request));
    let guest = match access.guest(needed, &request) {
        Some(guest) => Some(guest.await),
        None => None,
    };
    let judged = access.caller(needed, &request, guest);
    let (caller, refused) = match judged {
        Ok(caller) => match access.begin(&caller, dialect).await {
            Err(put_off) => (caller, Some(put_off)),
            Ok(begun) => {
                under_way = begun;
                let (mut parts, body) = request.into_parts();
                let seen = reach::check(access.known.as_ref(), &caller, asked.as_ref(), &mut parts).await;
                request = Request::from_parts(parts, body);
                let refused = match (seen, &access.known) {
                    (Err(failure), _) => Some(failure),
                    (Ok(()), Some(known)) if needs_room(asked.as_ref()) => {
                        let scanner = known.scanner.clone();
                        known.access.run(move || scanner.require_room()).await.err()
                    }
                    (Ok(()), _) => None,
                };
                (caller, refused)
            }
        },
        Err(Refusal { why, code, caller }) => (caller, Some(Failure::new(code, why))),
    };
    if let Some(endpoint) = asked {
        request.extensions_mut().insert(endpoint);
    }
    let answer = async move {
        let answer = answer(request, next, &caller, refused).await;
        drop(under_way);
        let is_nobody = matches!(caller, Caller::Anybody);
        let (Some(changing), Some(known), false) = (changing, &access.known, is_nobody) else {
            return answer;
        };
        let (scanner, record) = (known.scanner.clone(), changing.record(&caller, &answer));
        // Where it cannot be recorded, nobody is told that it was done.
        let recorded = known.access.run(move || scanner.record_change(record)).await;
        recorded.map_or_else(IntoResponse::into_response, |()| answer)
    };
    if !is_recorded {
        return answer.await;
    }
    // What is changed is recorded, whether anybody still waits for the answer or not.
    let answer = tokio::spawn(answer.in_current_span()).await;
    answer.unwrap_or_else(|error| Failure::internal(error.to_string()).into_response())
}

/// What a request does, or why not.
async fn answer(mut request: Request, next: Next, caller: &Caller, refused: Option<Failure>) -> Response {
    let Some(failure) = refused else {
        request.extensions_mut().insert(caller.clone());
        return next.run(request).await;
    };
    // Whoever sends before reading gets to read why.
    body::let_go(request.into_body()).await;
    failure.into_response()
}

#[cfg(test)]
mod tests;
