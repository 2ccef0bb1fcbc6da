//! The keys of an issuer ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::RsaPublicKeyComponents;
use serde::Deserialize;
use serde_json::Value;

use crate::algorithm::{Algorithm, Key};

/// Most keys of an issuer.
const KEYS: usize = 100;

/// The keys of an issuer that can be used.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<Named>);

#[derive(Debug)]
struct Named {
    id: Option<String>,
    /// By which algorithm alone it signs; none: by any for keys of its kind.
    algorithm: Option<Algorithm>,
    key: Key,
}

/// Why no key is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotFound {
    /// There is none of that name for that algorithm.
    None,
    /// The token names none, and there are several.
    Several,
}

impl Keys {
    /// Reads what an issuer serves. What is no key that signs by a known algorithm is left out: another one may be.
    ///
    /// # Errors
    /// It is no set of keys, or none of them can be used.
    pub(crate) fn read(document: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let Set { keys } = serde_json::from_slice(document).map_err(|error| {
            format!("it is no set of keys (line {}, column {})", error.line(), error.column())
        })?;
        if keys.len() > KEYS {
            return Err(format!("it has {} keys, and at most {KEYS} are taken", keys.len()));
        }
        let keys: Vec<_> = keys.into_iter().filter_map(Named::read).collect();
        match keys.is_empty() {
            true => Err("none of its keys can be used".to_owned()),
            false => Ok(Self(keys)),
        }
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        self.0.len()
    }

    /// The key that a token names; where it names none, the only one for its algorithm.
    pub(crate) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&Key, NotFound> {
        let fits = |key: &&Named| {
            key.key.kind() == algorithm.kind()
                && key.algorithm.is_none_or(|its| its == algorithm)
                && id.is_none_or(|id| key.id.as_deref() == Some(id))
        };
        let mut found = self.0.iter().filter(fits);
        match (found.next(), found.next()) {
            (None, _) => Err(NotFound::None),
            (Some(key), None) => Ok(&key.key),
            (Some(_), Some(_)) => Err(NotFound::Several),
        }
    }
}

impl Named {
    fn read(value: Value) -> Option<Self> {
        #[derive(Deserialize)]
        struct Stated {
            kty: String,
            kid: Option<String>,
            #[serde(rename = "use")]
            purpose: Option<String>,
            alg: Option<String>,
            crv: Option<String>,
            n: Option<String>,
            e: Option<String>,
            x: Option<String>,
            y: Option<String>,
        }
        let Stated { kty, kid: id, purpose, alg, crv, n, e, x, y } = serde_json::from_value(value).ok()?;
        if purpose.is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let decoded = |text: Option<String>| BASE64_URL_SAFE_NO_PAD.decode(text?).ok();
        let point = |length: usize| {
            let coordinates = [decoded(x.clone())?, decoded(y)?];
            coordinates.iter().all(|it| it.len() == length).then(|| [vec![4], coordinates.concat()].concat())
        };
        let key = match (kty.as_str(), crv.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (without_zeros(decoded(n)?), without_zeros(decoded(e)?));
                Key::Rsa(RsaPublicKeyComponents { n, e })
            }
            ("EC", Some("P-256")) => Key::P256(point(32)?),
            ("EC", Some("P-384")) => Key::P384(point(48)?),
            ("OKP", Some("Ed25519")) => Key::Ed25519(decoded(x).filter(|key| key.len() == 32)?),
            // Another curve; or a shared key, which is nobody's where anybody can fetch it.
            _ => return None,
        };
        let algorithm: Option<Algorithm> = match alg {
            Some(alg) => Some(alg.parse().ok()?),
            None => None,
        };
        let is_usable = algorithm.is_none_or(|algorithm| algorithm.kind() == key.kind());
        is_usable.then_some(Self { id, algorithm, key })
    }
}

/// Some issuers write numbers with a zero before them, for which `ring` refuses them.
fn without_zeros(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}
