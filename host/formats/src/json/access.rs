//! Tokens, and the record of what was changed.

use jiff::Timestamp;
use limpid_model::{AccessRole, TokenSpec};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::RoleWord;
use super::{Word, time};

/// A token, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// What the token begins with, after `limpid_`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What its holder may: each role may all that those before it may.
    #[schema(inline, value_type = RoleWord)]
    pub role: Word,
    /// Globs of the repositories that its holder sees; none: everything.
    pub repositories: Vec<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// From when on it is no longer taken; null: never.
    #[schema(required, format = DateTime)]
    pub expires: Option<String>,
    /// When it was used last, to a minute; null: never.
    #[schema(required, format = DateTime)]
    pub last_used: Option<String>,
}

/// All tokens, by name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// The tokens.
    pub tokens: Vec<Token>,
}

/// What a token is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenWanted {
    /// What it is to be called.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
    pub name: String,
    /// What its holder may: each role may all that those before it may.
    #[schema(inline, value_type = RoleWord)]
    pub role: String,
    /// Globs of the repositories that its holder is to see; none: everything.
    #[serde(default)]
    pub repositories: Vec<String>,
    /// From when on it is no longer to be taken, in RFC 3339; none: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires: Option<String>,
}

/// A token that was made just now.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct MadeToken {
    /// What is known of it from now on.
    #[serde(flatten)]
    pub token: Token,
    /// What its holder sends, as `Authorization: Bearer …`. It is shown this once.
    pub secret: String,
}

/// That somebody changed something, or was refused to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuditRecord {
    /// When.
    #[schema(format = DateTime)]
    pub time: String,
    /// Who: `token:NAME`, `oidc:SUBJECT`, `psk:ISSUER`, or by what else the request was allowed or refused.
    pub who: String,
    /// By which token, by its identifier; of a subject of an issuer, the issuer; null: by none.
    #[schema(required)]
    pub token: Option<String>,
    /// From which address; null where that is not known.
    #[schema(required)]
    pub address: Option<String>,
    /// The method of HTTP.
    pub method: String,
    /// The path, without what stands behind the `?`.
    pub path: String,
    /// What more there is to know, such as which image was submitted; null where there is nothing.
    #[schema(required)]
    pub detail: Option<String>,
    /// The status that was answered.
    pub status: u16,
    /// The identifier of the request, as in the log.
    pub request_id: String,
}

/// A page of what was changed, the last first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Audit {
    /// What was changed.
    pub records: Vec<AuditRecord>,
    /// What to give as `after` for the next page; null on the last.
    #[schema(required)]
    pub next: Option<String>,
}

impl TokenWanted {
    /// What it asks for.
    ///
    /// # Errors
    /// Why it makes no sense.
    pub fn spec(self) -> Result<TokenSpec, String> {
        let Self { name, role, repositories, expires } = self;
        let role: AccessRole = role.parse()?;
        let expires = expires.as_deref().map(moment).transpose()?;
        Ok(TokenSpec { name, role, repositories, expires })
    }
}

fn moment(text: &str) -> Result<u64, String> {
    let moment = text.parse::<Timestamp>().ok().and_then(|time| u64::try_from(time.as_millisecond()).ok());
    moment.ok_or_else(|| format!("`{text}` is no time of RFC 3339, such as `2027-01-31T00:00:00Z`"))
}

impl From<limpid_model::Token> for Token {
    fn from(token: limpid_model::Token) -> Self {
        let limpid_model::Token { id, spec, created, last_used } = token;
        let TokenSpec { name, role, repositories, expires } = spec;
        let (role, created) = (role.as_str().into(), time(created));
        Self {
            id,
            name,
            role,
            repositories,
            created,
            expires: expires.map(time),
            last_used: last_used.map(time),
        }
    }
}

impl From<limpid_model::NewToken> for MadeToken {
    fn from(limpid_model::NewToken { token, secret }: limpid_model::NewToken) -> Self {
        Self { token: token.into(), secret }
    }
}

impl From<limpid_model::AuditRecord> for AuditRecord {
    fn from(record: limpid_model::AuditRecord) -> Self {
        let limpid_model::AuditRecord {
            time: at,
            number: _,
            who,
            token,
            address,
            method,
            path,
            detail,
            status,
            request,
        } = record;
        Self { time: time(at), who, token, address, method, path, detail, status, request_id: request }
    }
}

impl std::fmt::Debug for MadeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeToken").field("token", &self.token).finish_non_exhaustive()
    }
}
