//! Tokens by which receivers of Clair's notifications know who sends.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;

use crate::Failure;

/// Shortest key, in bytes ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)).
const KEY_BYTES: usize = 32;

/// For how long a token is good, in seconds, and by how much clocks may be apart.
const LIFETIME: u64 = 60;

/// The key that sender and receiver share.
pub(crate) struct Key(hmac::Key);

impl Key {
    /// Reads base64.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let no = |why: String| Failure::Never(format!("the key of the receiver cannot be used: {why}"));
        let bytes = STANDARD.decode(text.trim()).map_err(|_| no("it is no base64".to_owned()))?;
        if bytes.len() < KEY_BYTES {
            return Err(no(format!("it has {} bytes, and at least {KEY_BYTES} are needed", bytes.len())));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// A token that is made at a time, in seconds since 1970, with what Clair states of itself. Quay takes none without
    /// `iat` and `nbf`.
    pub(crate) fn token(&self, now: u64) -> String {
        let header = r#"{"alg":"HS256","typ":"JWT"}"#;
        let (before, after) = (now.saturating_sub(LIFETIME), now.saturating_add(LIFETIME));
        let claims = format!(r#"{{"iss":"clair-notifier","iat":{now},"nbf":{before},"exp":{after}}}"#);
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = hmac::sign(&self.0, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_who_sends_and_until_when() {
        let bytes = [7; 32];
        let token = Key::parse(&STANDARD.encode(bytes)).unwrap().token(1_000);
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
        let text = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        assert_eq!(text(header), r#"{"alg":"HS256","typ":"JWT"}"#);
        assert_eq!(text(claims), r#"{"iss":"clair-notifier","iat":1000,"nbf":940,"exp":1060}"#);
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        hmac::verify(&key, format!("{header}.{claims}").as_bytes(), &signature).unwrap();
    }

    #[test]
    fn a_key_that_is_none_is_refused_without_telling_it() {
        for (text, expected) in [("%", "no base64"), ("c2hvcnQ=", "5 bytes")] {
            let error = Key::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains(text), "{error}");
        }
    }
}
