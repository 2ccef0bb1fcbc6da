//! Pulling one artifact: manifest, perhaps a token, blob; see the
//! [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull).

use limpid_model::Digest;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::address::Address;
use crate::challenge::{self, Challenge};
use crate::login::Asker;
use crate::manifest::{self, Layer, MANIFEST};
use crate::transport::{Answer, Bound, Request, Transport};
use crate::{Error, Logins, Reference};

/// Longest manifest, as the specification has registries take it, and longest token.
const MANIFEST_BOUND: Bound = Bound { bytes: 4 << 20, setting: "" };
const TOKEN_BOUND: Bound = Bound { bytes: 1 << 20, setting: "" };

/// One artifact, and who asks for it.
pub(crate) struct Pull<'a> {
    transport: &'a Transport,
    reference: &'a Reference,
    asker: Asker,
    base: Address,
}

impl<'a> Pull<'a> {
    pub(crate) fn new(
        transport: &'a Transport,
        reference: &'a Reference,
        logins: &Logins,
    ) -> Result<Self, Error> {
        let asker = logins.asker(&reference.registry)?;
        let scheme = if transport.speaks_plain_to(reference) { "http" } else { "https" };
        let base = Address::parse(&format!("{scheme}://{}/v2/{}/", reference.host(), reference.repository))?;
        Ok(Self { transport, reference, asker, base })
    }

    /// The component, verified, and no longer than is allowed.
    pub(crate) fn component(&self, bound: Bound) -> Result<Vec<u8>, Error> {
        let (manifest, authorization) = self.manifest()?;
        let layer = manifest::component(&manifest)
            .map_err(|why| Error::NotWasm { reference: self.reference.to_string(), why })?;
        self.blob(&layer, authorization.as_deref(), bound)
    }

    /// The manifest, and what the registry wanted to see for it.
    fn manifest(&self) -> Result<(Vec<u8>, Option<String>), Error> {
        let address = self.base.join(&format!("manifests/{}", self.reference.version()))?;
        let ask = |authorization: Option<&str>| {
            self.transport.get(&address, Request { accept: MANIFEST, authorization, ..Request::default() })
        };
        let mut authorization = None;
        let mut answer = ask(None)?;
        if answer.status == 401 {
            authorization = Some(self.authorize(answer)?);
            answer = ask(authorization.as_deref())?;
        }
        if matches!(answer.status, 401 | 403) {
            return Err(self.unauthorized(answer.message()));
        }
        let address = answer.address.to_string();
        let manifest = answer.read(MANIFEST_BOUND)?;
        if let Some(expected) = self.reference.digest {
            verify(address, &manifest, expected)?;
        }
        Ok((manifest, authorization))
    }

    fn blob(&self, layer: &Layer, authorization: Option<&str>, bound: Bound) -> Result<Vec<u8>, Error> {
        let address = self.base.join(&format!("blobs/{}", layer.digest))?;
        if layer.size > bound.bytes {
            let (what, limit, setting) = (address.to_string(), bound.bytes, bound.setting);
            return Err(Error::TooLarge { what, size: Some(layer.size), limit, setting });
        }
        let answer = self.transport.get(&address, Request { authorization, ..Request::default() })?;
        let address = answer.address.to_string();
        // More than the manifest says is not what it names, whatever the limit.
        let wrong_size = |than| Error::WrongSize { address: address.clone(), expected: layer.size, than };
        let blob = answer.read(Bound { bytes: layer.size, ..bound }).map_err(|error| match error {
            Error::TooLarge { .. } => wrong_size("longer than"),
            other => other,
        })?;
        if (blob.len() as u64) < layer.size {
            return Err(wrong_size("shorter than"));
        }
        verify(address, &blob, layer.digest)?;
        Ok(blob)
    }

    /// What the registry wants to see, for the challenge of its answer.
    fn authorize(&self, answer: Answer) -> Result<String, Error> {
        let challenges: Vec<Challenge> = answer.challenges().filter_map(challenge::best).collect();
        let bearer = challenges.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        match (bearer.or(challenges.first()), &self.asker.login) {
            (Some(Challenge::Basic), Some(login)) => Ok(login.basic()),
            (Some(Challenge::Bearer { realm, service, scope }), _) => {
                self.token(&answer.address, realm, service.as_deref(), scope.as_deref())
            }
            _ => Err(self.unauthorized(answer.message())),
        }
    }

    /// A token for one repository, from where the registry says that they are given out.
    fn token(
        &self,
        registry: &Address,
        realm: &str,
        service: Option<&str>,
        scope: Option<&str>,
    ) -> Result<String, Error> {
        let default_scope = format!("repository:{}:pull", self.reference.repository);
        let mut query = format!("scope={}", encoded(scope.unwrap_or(&default_scope)));
        if let Some(service) = service {
            query.push_str(&format!("&service={}", encoded(service)));
        }
        let separator = if realm.contains('?') { '&' } else { '?' };
        let address = self.transport.follow(registry, &format!("{realm}{separator}{query}"))?;
        let login = self.asker.login.as_ref().map(crate::Login::basic);
        let request =
            Request { accept: "application/json", authorization: login.as_deref(), ..Request::default() };
        let answer = self.transport.get(&address, request)?;
        if matches!(answer.status, 401 | 403) {
            return Err(self.unauthorized(answer.message()));
        }
        let at = answer.address.to_string();
        let token: Token = serde_json::from_slice(&answer.read(TOKEN_BOUND)?).unwrap_or_default();
        let token = token.token.or(token.access_token).filter(|token| is_token(token));
        let none = || Error::Status { address: at, status: 200, message: ", and no token".to_owned() };
        Ok(format!("Bearer {}", token.ok_or_else(none)?))
    }

    fn unauthorized(&self, message: String) -> Error {
        let who = match (&self.asker.login, &self.asker.unusable) {
            (Some(login), _) => format!("user `{}`", login.username),
            (None, Some(why)) => {
                format!(
                    "who does not say who they are ({why}; `--username` and `--password-stdin` take others)"
                )
            }
            (None, None) => {
                "who does not say who they are (`docker login` or `--username` and `--password-stdin` do)"
                    .to_owned()
            }
        };
        let (registry, repository) = (self.reference.registry.clone(), self.reference.repository.clone());
        Error::Unauthorized { registry, repository, who, message }
    }
}

/// What a token server answers.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// Whether it can stand in a header.
fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn verify(address: String, bytes: &[u8], expected: Digest) -> Result<(), Error> {
    let found = Digest::of(bytes);
    if found == expected { Ok(()) } else { Err(Error::WrongDigest { address, expected, found }) }
}
