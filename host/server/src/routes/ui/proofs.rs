use std::io;

use ring::hmac;

use super::session::Session;

/// Bytes of chance in a proof.
const NONCE: usize = 16;

/// That a form is of a page that this process has given to the same session: a nonce, and the code of it and of the
/// session (HMAC-SHA-256) under a key that nobody else has. Each page has another, so that a compressed page tells
/// nothing of it.
pub(super) struct Proofs(hmac::Key);

impl Proofs {
    /// # Errors
    /// The system has no random numbers to give.
    pub(super) fn new() -> io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// A proof for the forms of a page.
    ///
    /// # Errors
    /// The system has no random numbers to give.
    pub(super) fn give(&self, session: &Session) -> Result<String, String> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| error.to_string())?;
        let code = hmac::sign(&self.0, &message(&nonce, session));
        Ok(hex::encode(nonce) + &hex::encode(code))
    }

    /// Whether a form shows one that was given to this session. It takes as long whatever is shown.
    pub(super) fn is_given(&self, proof: &str, session: &Session) -> bool {
        let Ok(bytes) = hex::decode(proof) else { return false };
        let Some((nonce, code)) = bytes.split_at_checked(NONCE) else { return false };
        hmac::verify(&self.0, &message(nonce, session), code).is_ok()
    }
}

fn message(nonce: &[u8], session: &Session) -> Vec<u8> {
    [nonce, session.token().unwrap_or_default().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, header};

    use super::*;

    #[test]
    fn a_proof_is_of_one_session_and_one_process() {
        let session = |cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, format!("limpid-session={cookie}").parse().unwrap());
            Session::of(&headers)
        };
        let (proofs, mine, yours, nobody) =
            (Proofs::new().unwrap(), session("a"), session("b"), Session::default());
        let proof = proofs.give(&mine).unwrap();
        assert!(proofs.is_given(&proof, &mine));
        assert!(!proofs.is_given(&proof, &yours) && !proofs.is_given(&proof, &nobody));
        assert!(!Proofs::new().unwrap().is_given(&proof, &mine));
        assert_ne!(proof, proofs.give(&mine).unwrap());
        let mut other = proof.clone();
        let last = if other.pop() == Some('0') { '1' } else { '0' };
        other.push(last);
        for wrong in [&other, "", "zz", &proof[..32], &proof[..31]] {
            assert!(!proofs.is_given(wrong, &mine), "{wrong}");
        }
    }
}
