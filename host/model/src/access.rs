//! Who may do what, as it is kept: tokens, and the record of what was changed.

use std::fmt;
use std::str::FromStr;

/// What somebody is allowed: each role may all that those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessRole {
    /// To read what the service knows.
    Read,
    /// To submit images, and to say that some were pushed.
    Submit,
    /// To change what is known, of images and of feeds, and what is decided on findings.
    Operate,
    /// To change what runs here, who is told, and who may do what.
    Admin,
}

impl AccessRole {
    /// All of them, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Read, Self::Submit, Self::Operate, Self::Admin];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Submit => "submit",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for AccessRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AccessRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no role: `read`, `submit`, `operate` or `admin`"))
    }
}

/// What a token is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSpec {
    /// What it is called; no two tokens have the same name.
    pub name: String,
    /// What its holder is allowed.
    pub role: AccessRole,
    /// Globs of the repositories that its holder sees; none: everything.
    pub repositories: Vec<String>,
    /// From when on it is no longer taken, in milliseconds since 1970; none: never.
    pub expires: Option<u64>,
}

/// A token, without its secret, which nobody knows but its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// By what it is found, and what a token begins with.
    pub id: String,
    /// What it was made as.
    pub spec: TokenSpec,
    /// When it was made, in milliseconds since 1970.
    pub created: u64,
    /// When it was used last, to a minute, in milliseconds since 1970; none: never.
    pub last_used: Option<u64>,
}

/// A token that was made just now.
#[derive(Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What is known of it from now on.
    pub token: Token,
    /// What its holder sends. It is shown this once.
    pub secret: String,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken").field("token", &self.token).finish_non_exhaustive()
    }
}

/// That somebody changed something, or was refused to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// When, in milliseconds since 1970.
    pub time: u64,
    /// Which of those of that moment.
    pub number: u64,
    /// Who: `token:NAME`, `oidc:SUBJECT`, `psk:ISSUER`, `data-directory`, `network`, `registry`.
    pub who: String,
    /// By which token, by its identifier: another one may have had the name. Of a subject of an issuer, the issuer.
    pub token: Option<String>,
    /// From which address; none where that is not known.
    pub address: Option<String>,
    /// The method of HTTP.
    pub method: String,
    /// The path, without what stands behind the `?`.
    pub path: String,
    /// What more there is to know: which image, which token.
    pub detail: Option<String>,
    /// The status that was answered.
    pub status: u16,
    /// The identifier of the request, as in the log.
    pub request: String,
}

/// Where a page of the record of changes goes on.
pub type AuditPosition = (u64, u64);
