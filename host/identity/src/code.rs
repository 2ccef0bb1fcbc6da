//! Sign-in at an issuer in a browser: the authorization code flow of
//! [OpenID Connect](https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth), with PKCE
//! ([RFC 7636](https://www.rfc-editor.org/rfc/rfc7636)), a state and a nonce.
//!
//! What comes of it is an ID token, which is checked as any other token is. Nothing is kept here of a sign-in that was
//! begun: the browser keeps it.

use std::fmt;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use form_urlencoded::{Serializer, byte_serialize};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;

use crate::issuer::Issuer;
use crate::shown;
use crate::token::Token;

/// Bytes of chance in a state, a nonce and a verifier.
const CHANCE: usize = 32;

/// Longest code that an issuer may give, in bytes.
const CODE_BYTES: usize = 4 << 10;

/// How people sign in at an issuer in a browser (`access.oidc.NAME.pages`).
#[derive(Clone)]
pub struct CodeSettings {
    /// What the issuer calls the service (`client_id`).
    pub client_id: String,
    /// What the service shows to the issuer (`client_secret_file`); none: a public client.
    pub client_secret: Option<String>,
    /// The address at which browsers reach the service (`address`).
    pub address: String,
    /// What is asked for besides `openid` (`scopes`).
    pub scopes: Vec<String>,
}

impl fmt::Debug for CodeSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeSettings").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Where an issuer says that sign-ins begin and end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) authorization: String,
    pub(crate) token: String,
}

/// A sign-in that was begun, as the browser keeps it until it is back.
#[derive(Clone, PartialEq, Eq)]
pub struct Begun {
    /// What the issuer gives back with its answer.
    state: String,
    /// What its token says.
    nonce: String,
    /// What shows that whoever redeems the code has begun the sign-in.
    verifier: String,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

impl Begun {
    fn new() -> Result<Self, String> {
        let chance = || {
            let mut bytes = [0; CHANCE];
            let filled = SystemRandom::new().fill(&mut bytes);
            filled.map_err(|_| "the system has no random numbers to give".to_owned())?;
            Ok::<_, String>(BASE64_URL_SAFE_NO_PAD.encode(bytes))
        };
        Ok(Self { state: chance()?, nonce: chance()?, verifier: chance()? })
    }

    /// It as a text without anything that a cookie cannot hold.
    pub fn text(&self) -> String {
        [&*self.state, &*self.nonce, &*self.verifier].join(".")
    }

    /// One that [`Self::text`] has written.
    pub fn of_text(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split('.').take(4).collect();
        let [state, nonce, verifier] = parts.as_slice() else { return None };
        let is_chance = |part: &&str| BASE64_URL_SAFE_NO_PAD.decode(part).is_ok_and(|it| it.len() == CHANCE);
        let all = [state, nonce, verifier].into_iter().all(is_chance);
        all.then(|| Self {
            state: (*state).to_owned(),
            nonce: (*nonce).to_owned(),
            verifier: (*verifier).to_owned(),
        })
    }

    /// Whether an answer is to this one. It takes as long whatever is said.
    pub fn is_answered_by(&self, state: &str) -> bool {
        let digest = |text: &str| digest(&SHA256, text.as_bytes());
        digest(&self.state).as_ref() == digest(state).as_ref()
    }
}

/// What a token endpoint answers.
#[derive(Deserialize)]
struct Answer {
    id_token: Option<String>,
    error: Option<String>,
}

impl Issuer {
    /// Whether people sign in at it in a browser.
    pub const fn signs_in(&self) -> bool {
        self.code().is_some()
    }

    /// Begins a sign-in: where the browser goes, and what it keeps. Fetches nothing.
    ///
    /// # Errors
    /// Nobody signs in at it, or it does not say where.
    pub fn begin(&self) -> Result<(String, Begun), String> {
        let (code, endpoints) = self.for_sign_in()?;
        let begun = Begun::new()?;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, begun.verifier.as_bytes()));
        let scopes = code.scopes.iter().fold("openid".to_owned(), |all, scope| all + " " + scope);
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &code.client_id)
            .append_pair("redirect_uri", &self.redirect(code))
            .append_pair("scope", &scopes)
            .append_pair("state", &begun.state)
            .append_pair("nonce", &begun.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let separator = if endpoints.authorization.contains('?') { '&' } else { '?' };
        Ok((format!("{}{separator}{query}", endpoints.authorization), begun))
    }

    /// Ends a sign-in: redeems the code for an ID token of this very sign-in. Waits, for some seconds at most. Whether
    /// the token is taken is for [`Identities::identify`](crate::Identities::identify) to say.
    ///
    /// # Errors
    /// The issuer gives none, or one of another sign-in.
    pub fn finish(&self, begun: &Begun, code: &str) -> Result<String, String> {
        let (settings, endpoints) = self.for_sign_in()?;
        if code.is_empty() || code.len() > CODE_BYTES {
            return Err(format!("the issuer's code is empty or longer than {CODE_BYTES} bytes"));
        }
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.redirect(settings))
            .append_pair("client_id", &settings.client_id)
            .append_pair("code_verifier", &begun.verifier);
        let authorization = settings.client_secret.as_ref().map(|secret| {
            // Both are coded as in a form before they are joined (RFC 6749, 2.3.1).
            let coded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", coded(&settings.client_id), coded(secret));
            format!("Basic {}", BASE64_STANDARD.encode(pair))
        });
        let (status, answer) =
            self.fetcher().post(&endpoints.token, authorization.as_deref(), &form.finish())?;
        let answer: Answer = serde_json::from_slice(&answer)
            .map_err(|_| format!("its token endpoint answers {status}, and no JSON as it must be"))?;
        let token = match (status, answer) {
            (200, Answer { id_token: Some(token), .. }) => token,
            (200, _) => return Err("its token endpoint gives no ID token".to_owned()),
            (status, Answer { error, .. }) => {
                let error = error.map(|error| format!(" `{}`", shown(&error))).unwrap_or_default();
                return Err(format!("its token endpoint answers {status}{error}"));
            }
        };
        let said = Token::read(&token).map_err(|why| why.to_string())?;
        // What it says is known to be true once its signature is checked.
        if !said.says("nonce", &begun.nonce) {
            return Err("its token is of another sign-in (`nonce`)".to_owned());
        }
        if said.issuer != self.address() {
            return Err(format!("its token is of another issuer, `{}`", shown(&said.issuer)));
        }
        Ok(token)
    }

    /// Where browsers come back to, as the issuer knows it.
    fn redirect(&self, code: &CodeSettings) -> String {
        format!("{}/sign-in/oidc/{}/back", code.address.trim_end_matches('/'), self.name())
    }

    fn for_sign_in(&self) -> Result<(&CodeSettings, Endpoints), String> {
        let no = || format!("nobody signs in on pages by issuer `{}`", self.name());
        let code = self.code().ok_or_else(no)?;
        let endpoints = self.endpoints().ok_or_else(|| {
            format!(
                "issuer `{}` has not said yet where people sign in; the log of the service says more",
                self.name()
            )
        })?;
        Ok((code, endpoints))
    }
}
