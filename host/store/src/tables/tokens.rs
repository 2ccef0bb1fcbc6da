//! Tokens: who may do what over HTTP.

use limpid_model::{AccessRole, Digest, Token, TokenSpec};
use serde::{Deserialize, Serialize};

use crate::define::define_table;
use crate::table;

define_table! {
    /// The table. A key is what a token begins with.
    Tokens = 63 "tokens", key String;
}

/// A token. Of its secret only a digest is kept: it is random, and long enough that nobody guesses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    name: String,
    role: Role,
    repositories: Vec<String>,
    created: u64,
    expires: Option<u64>,
    secret: Digest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Role {
    Read,
    Submit,
    Operate,
    Admin,
}

impl table::Row for Row {
    const VERSION: u8 = 1;
}

impl Row {
    /// A token whose secret has this digest.
    pub fn new(spec: TokenSpec, created: u64, secret: Digest) -> Self {
        let TokenSpec { name, role, repositories, expires } = spec;
        let role = match role {
            AccessRole::Read => Role::Read,
            AccessRole::Submit => Role::Submit,
            AccessRole::Operate => Role::Operate,
            AccessRole::Admin => Role::Admin,
        };
        Self { name, role, repositories, created, expires, secret }
    }

    /// The token of a key, as it was used last at some time, and the digest of its secret.
    pub fn into_token(self, id: String, last_used: Option<u64>) -> (Token, Digest) {
        let Self { name, role, repositories, created, expires, secret } = self;
        let role = match role {
            Role::Read => AccessRole::Read,
            Role::Submit => AccessRole::Submit,
            Role::Operate => AccessRole::Operate,
            Role::Admin => AccessRole::Admin,
        };
        let spec = TokenSpec { name, role, repositories, expires };
        (Token { id, spec, created, last_used }, secret)
    }
}
