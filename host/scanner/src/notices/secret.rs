use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Error, random};

/// A secret for a webhook, as
/// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)
/// writes it: `whsec_` and 32 bytes in base64.
pub(super) fn new() -> Result<String, Error> {
    Ok(format!("whsec_{}", STANDARD.encode(random::bytes::<32>()?)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_secrets_are_alike() {
        let [first, second] = [(); 2].map(|()| super::new().unwrap());
        assert_ne!(first, second);
        assert_eq!((first.len(), first.starts_with("whsec_")), (50, true));
    }
}
