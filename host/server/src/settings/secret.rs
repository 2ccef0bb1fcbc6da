use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use limpid_model::Digest;
use limpid_scanner::TOKEN_PREFIX;

/// What somebody proves themselves with: registries that send push notifications, commands that may read the data
/// directory. It is kept as a digest, which also makes a
/// comparison take as long whatever is wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedSecret(Digest);

impl SharedSecret {
    /// A secret.
    pub fn new(secret: &str) -> Self {
        Self(Digest::of(secret.as_bytes()))
    }

    /// A new one that nobody guesses, and what to show.
    ///
    /// # Errors
    /// The system has no random bytes to give.
    pub fn random() -> std::io::Result<(Self, String)> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
        let secret = format!("{TOKEN_PREFIX}operator_{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
        Ok((Self::new(&secret), secret))
    }

    /// Whether this is it.
    pub(crate) fn is(&self, candidate: &str) -> bool {
        Digest::of(candidate.as_bytes()) == self.0
    }

    /// Whether `Authorization` has it: alone, after `Bearer`, or as the password of `Basic`, which is what becomes of
    /// an address with a password in it.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        let Some(given) = headers.get(header::AUTHORIZATION) else { return false };
        let given = given.as_bytes();
        let password = after(given, b"basic ").and_then(|coded| BASE64_STANDARD.decode(coded).ok());
        let password = password.as_deref().and_then(|pair| {
            let colon = pair.iter().position(|byte| *byte == b':')?;
            pair.get(colon + 1..)
        });
        let candidates = [Some(given), after(given, b"bearer "), password];
        candidates.into_iter().flatten().any(|candidate| Digest::of(candidate) == self.0)
    }
}

fn after<'g>(given: &'g [u8], scheme: &[u8]) -> Option<&'g [u8]> {
    let (start, rest) = given.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then(|| rest.trim_ascii())
}

impl std::fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_may_send_it_alone_as_a_token_or_as_a_password() {
        let check = |header: &str, expected: bool| {
            let headers: HeaderMap = [(header::AUTHORIZATION, header.parse().unwrap())].into_iter().collect();
            assert_eq!(SharedSecret::new("hidden:1").is_in(&headers), expected, "{header}");
        };
        check("hidden:1", true);
        check("Bearer hidden:1", true);
        check("bearer  hidden:1", true);
        check(&format!("Basic {}", BASE64_STANDARD.encode("registry:hidden:1")), true);
        check(&format!("Basic {}", BASE64_STANDARD.encode("hidden:1:registry")), false);
        check("Bearer hidden", false);
        check("Basic !", false);
        check("", false);
        assert!(!SharedSecret::new("").is_in(&HeaderMap::new()));
    }
}
