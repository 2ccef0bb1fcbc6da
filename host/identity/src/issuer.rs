use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::claims::{self, Claims, Times};
use crate::code::{CodeSettings, Endpoints};
use crate::fetch::{Fetcher, check_address};
use crate::keys::{Keys, NotFound};
use crate::settings::{BadSettings, Claim, IssuerSettings};
use crate::token::Token;
use crate::{Identity, Refused};

/// How soon after one attempt keys are fetched again because a token names one that is not known: whoever makes up
/// names makes nobody ask more often.
const AGAIN: Duration = Duration::from_secs(10);

/// How soon after an attempt that failed they are fetched again by themselves.
const RETRY: Duration = Duration::from_secs(60);

/// Longest of what clocks may differ.
const LEEWAY: Duration = Duration::from_secs(600);

/// Shortest time after which keys are fetched again.
const REFRESH: Duration = Duration::from_secs(10);

/// An OpenID Connect issuer, and its keys.
#[derive(Debug)]
pub struct Issuer {
    place: usize,
    name: String,
    settings: IssuerSettings,
    fetcher: Fetcher,
    known: RwLock<Known>,
}

/// What is known of the keys. Their age is counted by a clock that nobody sets.
#[derive(Debug, Default)]
struct Known {
    keys: Option<(Arc<Keys>, Instant)>,
    /// When they were asked for last.
    asked: Option<Instant>,
    /// Why that failed.
    failure: Option<String>,
    /// Where people sign in.
    endpoints: Option<Endpoints>,
}

/// # Errors
/// Nobody could sign in by these settings.
fn check_pages(name: &str, pages: &CodeSettings, settings: &IssuerSettings) -> Result<(), String> {
    let CodeSettings { client_id, client_secret, address, scopes } = pages;
    if !settings.audience.contains(client_id) {
        return Err(format!(
            "tokens of people who sign in are for `pages.client_id`, `{client_id}`, which `audience` does not have"
        ));
    }
    check_address(address).map_err(|why| format!("`pages.address` `{address}` {why}"))?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !name.bytes().all(is_name) {
        return Err(
            "`pages` needs a name of letters, digits, `-`, `_` and `.`: it stands in addresses".to_owned()
        );
    }
    if client_secret.as_ref().is_some_and(String::is_empty) {
        return Err("`pages.client_secret_file` is empty".to_owned());
    }
    let is_scope = |scope: &String| !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic());
    if !scopes.iter().all(is_scope) {
        return Err("`pages.scopes` has one that is none".to_owned());
    }
    Ok(())
}

impl Issuer {
    pub(crate) fn new(place: usize, name: String, settings: IssuerSettings) -> Result<Self, BadSettings> {
        let bad = |why: String| BadSettings::new(&name, why);
        check_address(&settings.issuer)
            .map_err(|why| bad(format!("`issuer` `{}` {why}", settings.issuer)))?;
        if settings.issuer.contains(['?', '#']) {
            return Err(bad(format!("`issuer` `{}` has a `?` or `#`", settings.issuer)));
        }
        if settings.audience.iter().all(String::is_empty) {
            return Err(bad(
                "`audience` says for whom tokens must be, such as `[\"limpid\"]`: without it, whatever the issuer \
                 signs for anybody would be taken"
                    .to_owned(),
            ));
        }
        if let Some(other) = settings.algorithms.iter().find(|it| !IssuerSettings::ALGORITHMS.contains(it)) {
            return Err(bad(format!("`algorithms`: `{other}` needs a key that both sides have")));
        }
        if settings.algorithms.is_empty() {
            return Err(bad("`algorithms` has none".to_owned()));
        }
        let is_empty = |claim: &Claim| claim.iter().any(String::is_empty) || claim.is_empty();
        let claims =
            [Some(&settings.subject_claim), settings.role_claim.as_ref(), settings.repository_claim.as_ref()];
        if claims.into_iter().flatten().any(is_empty) {
            return Err(bad("a claim has an empty name".to_owned()));
        }
        if settings.role.is_none() && settings.roles.is_empty() {
            return Err(bad(
                "nobody would be allowed anything: `role` says what everybody may, `role_claim` and `roles` what \
                 some may"
                    .to_owned(),
            ));
        }
        if settings.roles.is_empty() != settings.role_claim.is_none() {
            return Err(bad("`role_claim` and `roles` are stated together".to_owned()));
        }
        if settings.leeway > LEEWAY || settings.refresh < REFRESH {
            return Err(bad(format!(
                "`leeway` is at most {} s, and `refresh` at least {} s",
                LEEWAY.as_secs(),
                REFRESH.as_secs()
            )));
        }
        if let Some(pages) = &settings.pages {
            check_pages(&name, pages, &settings).map_err(bad)?;
        }
        let fetcher = Fetcher::new(&settings).map_err(bad)?;
        Ok(Self { place, name, settings, fetcher, known: RwLock::default() })
    }

    /// What the settings call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its place among all issuers.
    pub const fn place(&self) -> usize {
        self.place
    }

    /// Whether this is how tokens name it.
    pub fn is_at(&self, address: &str) -> bool {
        self.address() == address
    }

    /// How tokens name it.
    pub(crate) fn address(&self) -> &str {
        &self.settings.issuer
    }

    /// How people sign in at it in a browser.
    pub(crate) const fn code(&self) -> Option<&CodeSettings> {
        self.settings.pages.as_ref()
    }

    /// Where it says that sign-ins begin and end, as it said last.
    pub(crate) fn endpoints(&self) -> Option<Endpoints> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).endpoints.clone()
    }

    pub(crate) const fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// Whether its keys may be asked for again because one was not found.
    pub fn may_be_asked(&self) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.asked.is_none_or(|asked| asked.elapsed() >= AGAIN)
    }

    /// Fetches its keys: those that it has no longer are not taken any more. Waits, for some seconds at most. Where
    /// it fails, those from before are used on for a while, and the log says so.
    pub fn refresh(&self) {
        let fetched = self.fetcher.keys(self.address());
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.asked = Some(Instant::now());
        let name = &self.name;
        match fetched {
            Ok((keys, endpoints)) => {
                if endpoints.is_none() && self.code().is_some() {
                    tracing::warn!(
                        issuer = name,
                        "issuer `{name}` does not say where people sign in, or not over HTTPS"
                    );
                }
                known.endpoints = endpoints;
                if known.keys.is_none() || known.failure.is_some() {
                    tracing::info!(
                        issuer = name,
                        "issuer `{name}` has {} keys that can be used",
                        keys.count()
                    );
                }
                known.keys = Some((Arc::new(keys), Instant::now()));
                known.failure = None;
            }
            Err(why) => {
                if known.failure.as_ref() != Some(&why) {
                    let until = match &known.keys {
                        None => "its tokens are not taken".to_owned(),
                        Some((_, fetched)) => {
                            let left = self.settings.keep.saturating_sub(fetched.elapsed()).as_secs();
                            format!("those from before are used for another {left} s")
                        }
                    };
                    tracing::warn!(
                        issuer = name,
                        "the keys of issuer `{name}` are not fetched: {why}; {until}"
                    );
                }
                known.failure = Some(why);
            }
        }
    }

    /// After how long its keys are to be fetched again by themselves.
    pub fn next(&self) -> Duration {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match (&known.failure, &known.keys) {
            (None, Some(_)) => self.settings.refresh,
            _ => RETRY.min(self.settings.refresh),
        }
    }

    /// Its keys, as long as they may be used.
    fn keys(&self) -> Result<Arc<Keys>, Refused> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let why = match &known.keys {
            Some((keys, fetched)) if fetched.elapsed() <= self.settings.keep => return Ok(Arc::clone(keys)),
            Some(_) => "could not be fetched for too long (`keep`)",
            None => "are not there yet",
        };
        // What it says exactly is for the log: it tells of the network here.
        Err(self
            .no_key(format!("the keys of issuer `{}` {why}; the log of the service says more", self.name)))
    }

    fn no_key(&self, why: String) -> Refused {
        Refused::NoKey { issuer: self.place, why }
    }

    /// Who shows a token that says that it is of this issuer, at a time in seconds since 1970.
    pub(crate) fn identify(&self, token: Token<'_>, now: u64) -> Result<Identity, Refused> {
        let settings = &self.settings;
        if !settings.algorithms.contains(&token.algorithm) {
            return Err(Refused::Invalid(format!(
                "the token is signed by `{}`, which setting `algorithms` of issuer `{}` does not have",
                token.algorithm, self.name
            )));
        }
        let keys = self.keys()?;
        let key = keys.find(token.key.as_deref(), token.algorithm).map_err(|why| match why {
            NotFound::None => self.no_key(format!(
                "issuer `{}` has no key `{}` for `{}`",
                self.name,
                crate::shown(token.key.as_deref().unwrap_or_default()),
                token.algorithm
            )),
            NotFound::Several => {
                Refused::Invalid("the token does not say by which key it is signed (`kid`)".to_owned())
            }
        })?;
        let claims = token.claims(key)?;
        claims.check_audience(&settings.audience)?;
        let times = Times { leeway: settings.leeway.as_secs(), lifetime: settings.lifetime.as_secs() };
        claims.check_times(now, &times)?;
        for (name, wanted) in &settings.required_claims {
            if !claims.has(name, wanted) {
                return Err(claims::missing(name, wanted));
            }
        }
        self.allowed(&claims)
    }

    fn allowed(&self, claims: &Claims) -> Result<Identity, Refused> {
        let settings = &self.settings;
        let subject = claims.subject(&settings.subject_claim)?;
        let mut role = settings.role;
        if let Some(claim) = &settings.role_claim {
            let stated = claims.texts(claim)?;
            role = role.max(stated.into_iter().filter_map(|value| settings.roles.get(value)).copied().max());
        }
        let role = role.ok_or_else(|| {
            Refused::NoRole(format!(
                "`oidc:{subject}` has none of the roles of setting `access.oidc.{}.roles`",
                self.name
            ))
        })?;
        let repositories = match &settings.repository_claim {
            None => settings.repositories.clone(),
            Some(claim) => {
                let stated: Vec<_> = claims.texts(claim)?.into_iter().map(str::to_owned).collect();
                // Nothing stated is not everything.
                if stated.is_empty() {
                    return Err(Refused::NoRole(format!(
                        "`oidc:{subject}` has no repositories in claim `{}`",
                        claim.join(".")
                    )));
                }
                stated
            }
        };
        Ok(Identity {
            name: format!("oidc:{subject}"),
            issuer: Some(self.address().to_owned()),
            role,
            repositories,
        })
    }
}
