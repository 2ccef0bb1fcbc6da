//! Which components an operator lets run, where not every one may.
//!
//! An entry of setting `plugins.allow` is the digest of a component, or a public key, with which
//! whoever holds the private one vouches for components: by an ed25519 signature
//! ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)) over the text of the digest,
//! `sha256:<64 hex digits>`. A digest and not the component is signed, so that what is signed can
//! be read, compared and signed where the component is not.

use std::collections::HashSet;

use limpid_model::Digest;
use limpid_signature::{KeyError, PublicKeys, Unsigned};

use crate::{Error, LoadError};

pub(crate) use limpid_signature::SIGNATURE_BYTES;

/// What may run. The empty list allows all.
#[derive(Debug, Default)]
pub(crate) struct AllowList {
    digests: HashSet<Digest>,
    keys: PublicKeys,
}

impl AllowList {
    /// Reads the entries of the setting.
    ///
    /// # Errors
    /// The first that is neither a digest nor a key.
    pub(crate) fn parse(entries: &[String]) -> Result<Self, Error> {
        let mut list = Self::default();
        for entry in entries {
            let no = |why| Error::Allow { entry: entry.chars().take(100).collect(), why };
            if limpid_signature::is_key(entry) {
                list.keys.add(entry).map_err(|why| no(key_error(why)))?;
            } else {
                let digest = entry.parse().map_err(|_| {
                    no("an entry is a digest `sha256:<64 hex digits>` or a key `ed25519:<hex or base64>`")
                })?;
                list.digests.insert(digest);
            }
        }
        Ok(list)
    }

    /// Whether a component may run, given the signature that came with it.
    ///
    /// # Errors
    /// [`LoadError::NotAllowed`].
    pub(crate) fn check(&self, digest: &Digest, signature: Option<&str>) -> Result<(), LoadError> {
        let open = self.digests.is_empty() && self.keys.is_empty();
        if open || self.digests.contains(digest) {
            return Ok(());
        }
        self.check_signature(digest, signature).map_err(|why| LoadError::NotAllowed { digest: *digest, why })
    }

    fn check_signature(&self, digest: &Digest, signature: Option<&str>) -> Result<(), &'static str> {
        if self.keys.is_empty() {
            return Err("which is not among those");
        }
        let signature = signature.ok_or("which is not among those, and it comes with no signature")?;
        self.keys.verify(digest.to_string().as_bytes(), signature).map_err(|why| match why {
            Unsigned::Unreadable => {
                "which is not among those, and its signature is not 64 bytes in hex or base64"
            }
            Unsigned::Unknown => "which is not among those, and no key there signed it",
        })
    }
}

const fn key_error(why: KeyError) -> &'static str {
    match why {
        KeyError::OtherForm | KeyError::Length | KeyError::NotPrivate => "a key is 32 bytes in hex or base64",
        KeyError::Weak => "these bytes are no key, or one that proves nothing",
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use ed25519_compact::{KeyPair, Seed};

    use super::*;

    const COMPONENT: &[u8] = b"a component";

    fn key(seed: u8) -> KeyPair {
        KeyPair::from_seed(Seed::new([seed; 32]))
    }

    fn entry(key: &KeyPair) -> String {
        format!("ed25519:{}", hex::encode(*key.pk))
    }

    fn sign(key: &KeyPair, text: &str) -> Vec<u8> {
        key.sk.sign(text, None).to_vec()
    }

    #[track_caller]
    fn check(entries: &[String], signature: Option<&str>, expected: &str) {
        let digest = Digest::of(COMPONENT);
        let outcome = AllowList::parse(entries).unwrap().check(&digest, signature);
        let text = outcome.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains(expected), "{text}");
        assert_eq!(text.is_empty(), expected.is_empty(), "{text}");
        assert!(text.is_empty() || text.contains(&digest.to_string()) && text.contains("`plugins.allow`"));
    }

    #[test]
    fn an_empty_list_allows_all() {
        check(&[], None, "");
    }

    #[test]
    fn a_component_is_allowed_by_its_digest() {
        check(&[Digest::of(b"other").to_string(), Digest::of(COMPONENT).to_string()], None, "");
        check(&[Digest::of(b"other").to_string()], None, "is not among those");
    }

    #[test]
    fn a_component_is_allowed_by_the_signature_of_a_key_of_the_list() {
        let (ours, other, digest) = (key(1), key(2), Digest::of(COMPONENT).to_string());
        let entries = [entry(&other), entry(&ours)];
        let signature = sign(&ours, &digest);
        check(&entries, Some(&hex::encode(&signature)), "");
        check(&entries, Some(&format!("{}\n", hex::encode(&signature).to_uppercase())), "");
        check(&entries, Some(&BASE64.encode(&signature)), "");
        check(&entries, Some(BASE64.encode(&signature).trim_end_matches('=')), "");
    }

    #[test]
    fn a_signature_that_does_not_hold_is_told_from_one_that_cannot_be_read() {
        let (ours, digest) = (key(1), Digest::of(COMPONENT).to_string());
        let entries = [entry(&ours)];
        check(&entries, None, "it comes with no signature");
        check(&entries, Some(""), "is not 64 bytes in hex or base64");
        check(&entries, Some(&"a".repeat(1 << 20)), "is not 64 bytes in hex or base64");
        check(&entries, Some(&hex::encode(sign(&key(2), &digest))), "no key there signed it");
        check(&entries, Some(&hex::encode(sign(&ours, "sha256:other"))), "no key there signed it");
        let mut damaged = sign(&ours, &digest);
        damaged[0] ^= 1;
        check(&entries, Some(&hex::encode(damaged)), "no key there signed it");
        check(&entries, Some(&hex::encode([0; 64])), "no key there signed it");
    }

    #[test]
    fn keys_are_read_from_hex_and_base64() {
        let key = key(1);
        let base64 = format!("ed25519:{}", BASE64.encode(*key.pk));
        let signature = hex::encode(sign(&key, &Digest::of(COMPONENT).to_string()));
        check(&[base64], Some(&signature), "");
    }

    #[test]
    fn an_entry_that_is_neither_digest_nor_key_is_named() {
        let check = |entry: &str, expected: &str| {
            let error = AllowList::parse(&[entry.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(entry) && error.contains(expected), "{error}");
        };
        check("", "an entry is a digest");
        check("golang", "an entry is a digest");
        check("sha256:00", "an entry is a digest");
        check("ed25519:", "a key is 32 bytes");
        check("ed25519:zz", "a key is 32 bytes");
        check(&format!("ed25519:02{}", "00".repeat(31)), "these bytes are no key");
        check(&format!("ed25519:01{}", "00".repeat(31)), "one that proves nothing");
    }
}
