//! Tokens as they are sent: a signature in compact form ([RFC 7515](https://www.rfc-editor.org/rfc/rfc7515)) of claims
//! ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)).
//!
//! This is written here, on `ring`, and not taken from `jsonwebtoken`: that checks times by a clock of its own, and
//! its cryptography is a setting of the whole process, without which it panics.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Refused;
use crate::algorithm::{Algorithm, Key};
use crate::claims::Claims;

/// Longest token that is looked at, in bytes. Heads of requests have no room for much more.
const TOKEN_BYTES: usize = 16 << 10;

/// A token, and what it says of itself: nothing of that is known to be true until [`Token::claims`] gives it.
pub(crate) struct Token<'t> {
    pub(crate) algorithm: Algorithm,
    /// Which key has signed it.
    pub(crate) key: Option<String>,
    pub(crate) issuer: String,
    message: &'t str,
    signature: Vec<u8>,
    claims: Claims,
}

/// What is read of the header of a token. Keys that it brings along, or addresses of keys, count for nothing.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What must be understood. Nothing of that is.
    crit: Option<Value>,
    /// Whether claims are coded ([RFC 7797](https://www.rfc-editor.org/rfc/rfc7797)).
    b64: Option<Value>,
}

impl<'t> Token<'t> {
    /// # Errors
    /// It is none, or needs what is not understood here.
    pub(crate) fn read(token: &'t str) -> Result<Self, Refused> {
        let malformed = |why: String| Refused::Malformed(why);
        if token.len() > TOKEN_BYTES {
            return Err(malformed(format!("it is longer than {TOKEN_BYTES} bytes")));
        }
        let parts: Vec<_> = token.split('.').take(4).collect();
        let [head, claims, signature] = parts.as_slice() else {
            return Err(malformed("it has not three parts with points between them".to_owned()));
        };
        let decoded = |what: &str, part: &str| {
            let decoded = BASE64_URL_SAFE_NO_PAD.decode(part);
            decoded.map_err(|_| malformed(format!("its {what} is no base64 of the form for URLs")))
        };
        // Where and why is left out: it would show parts of the token.
        let no_json =
            |what: &'static str| move |_| Refused::Malformed(format!("its {what} is no JSON as it must be"));
        let header: Header = serde_json::from_slice(&decoded("header", head)?).map_err(no_json("header"))?;
        if header.crit.is_some() || header.b64.is_some() {
            return Err(malformed(
                "its header asks for what is not understood here (`crit`, `b64`)".to_owned(),
            ));
        }
        let algorithm = header.alg.parse().map_err(malformed)?;
        let claims: Map<String, Value> =
            serde_json::from_slice(&decoded("claims", claims)?).map_err(no_json("claims"))?;
        let claims = Claims(claims);
        let issuer = claims.text("iss").ok_or_else(|| malformed("it names no issuer (`iss`)".to_owned()))?;
        let issuer = issuer.to_owned();
        let signature = decoded("signature", signature)?;
        let message = token.rsplit_once('.').map_or("", |(message, _)| message);
        Ok(Self { algorithm, key: header.kid, issuer, message, signature, claims })
    }

    /// Whether it says this, which is not known to be true.
    pub(crate) fn says(&self, claim: &str, text: &str) -> bool {
        self.claims.text(claim) == Some(text)
    }

    /// The claims, where whoever has this key has signed them.
    ///
    /// # Errors
    /// They are of somebody else.
    pub(crate) fn claims(self, key: &Key) -> Result<Claims, Refused> {
        if key.has_signed(self.algorithm, self.message.as_bytes(), &self.signature) {
            return Ok(self.claims);
        }
        Err(Refused::Invalid("the signature of the token is not its issuer's".to_owned()))
    }
}
