use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::{Failure, Message};

/// What the text of a secret begins with.
const PREFIX: &str = "whsec_";

/// How long a secret is, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// What sender and receiver share.
pub(crate) struct Secret(hmac::Key);

impl Secret {
    /// Reads `whsec_` and base64.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let no = |why: &str| Failure::Never(format!("the secret of the webhook cannot be used: {why}"));
        let text = text.strip_prefix(PREFIX).ok_or_else(|| no("it does not begin with `whsec_`"))?;
        let bytes = STANDARD.decode(text).map_err(|_| no("what follows `whsec_` is no base64"))?;
        if !LENGTHS.contains(&bytes.len()) {
            return Err(no(&format!("it has {} bytes, not 24 to 64", bytes.len())));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The signature of a message that is sent at a time, in seconds since 1970
    /// ([specification](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)).
    pub(crate) fn sign(&self, message: Message<'_>, timestamp: u64) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{}.{timestamp}.", message.id).as_bytes());
        context.update(message.body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_is_signed_as_the_specification_says() {
        // The example of the specification's reference libraries.
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let message = Message { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: br#"{"test": 2432232314}"# };
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(secret.sign(message, 1_614_265_330), expected);
    }

    #[test]
    fn a_secret_that_is_none_is_refused_without_telling_it() {
        let check = |text: &str, expected: &str| {
            let error = Secret::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected) && (text.is_empty() || !error.contains(text)), "{error}");
        };
        check("", "does not begin");
        check("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "does not begin");
        check("whsec_%", "no base64");
        check("whsec_MfKQ", "3 bytes");
    }

    proptest! {
        #[test]
        fn another_message_another_time_or_another_secret_gives_another_signature(
            id in "[a-z]{1,8}", body: Vec<u8>, other_body: Vec<u8>, time in 0..1_000_u64,
        ) {
            let secret = |byte: u8| Secret::parse(&format!("whsec_{}", STANDARD.encode([byte; 32]))).unwrap();
            let signed = secret(1).sign(Message { id: &id, body: &body }, time);
            prop_assert_eq!(&signed, &secret(1).sign(Message { id: &id, body: &body }, time));
            prop_assert_ne!(&signed, &secret(2).sign(Message { id: &id, body: &body }, time));
            prop_assert_ne!(&signed, &secret(1).sign(Message { id: &id, body: &body }, time + 1));
            if body != other_body {
                prop_assert_ne!(&signed, &secret(1).sign(Message { id: &id, body: &other_body }, time));
            }
        }
    }
}
