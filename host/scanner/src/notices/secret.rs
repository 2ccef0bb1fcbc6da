use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Error;

/// A secret for a webhook, as
/// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)
/// writes it: `whsec_` and 32 bytes in base64.
pub(super) fn new() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::Host {
        what: "no secret can be made".to_owned(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(format!("whsec_{}", STANDARD.encode(bytes)))
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
