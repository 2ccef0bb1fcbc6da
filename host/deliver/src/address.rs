use lapin::uri::{AMQPScheme, AMQPUri};
use limpid_outbound::{bare, shown};
use ureq::http::Uri;

use crate::Failure;

/// How many characters of an address are told.
const TOLD: usize = 200;

/// What of an address decides whether anything is sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) is_encrypted: bool,
    /// A name or a number; of a number, without brackets.
    pub(crate) host: String,
}

impl Address {
    /// # Errors
    /// It is no `http` or `https` address, or holds credentials.
    pub(crate) fn webhook(url: &str) -> Result<Self, Failure> {
        Self::http(url, "a webhook", "messages are signed instead")
    }

    /// # Errors
    /// It is no `http` or `https` address, or holds credentials.
    pub(crate) fn harbor(url: &str) -> Result<Self, Failure> {
        Self::http(url, "a Harbor", "they have fields of their own")
    }

    fn http(url: &str, of: &str, instead: &str) -> Result<Self, Failure> {
        let no = |why: &str| {
            let told: String = shown(url).chars().take(TOLD).collect();
            Failure::Never(format!("`{told}` is no address of {of}: {why}"))
        };
        let uri: Uri = url.parse().map_err(|_| no("it is no URL"))?;
        let is_encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(no("it begins neither with `https://` nor with `http://`")),
        };
        let authority = uri.authority().ok_or_else(|| no("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(no(&format!("it holds credentials; {instead}")));
        }
        if authority.host().is_empty() {
            return Err(no("it names no host"));
        }
        Ok(Self { is_encrypted, host: bare(authority.host()).to_owned() })
    }

    /// # Errors
    /// It is no `amqp` or `amqps` address.
    pub(crate) fn broker(url: &str) -> Result<Self, Failure> {
        let uri = broker_uri(url)?;
        Ok(Self { is_encrypted: uri.scheme == AMQPScheme::AMQPS, host: bare(&uri.authority.host).to_owned() })
    }

    /// Whether it names this machine itself, as `localhost` or by number.
    pub(crate) fn is_loopback(&self) -> bool {
        limpid_outbound::is_loopback(&self.host)
    }
}

/// The address of a broker in its parts.
pub(crate) fn broker_uri(url: &str) -> Result<AMQPUri, Failure> {
    // It may hold a password, and is not told.
    url.parse().map_err(|why| Failure::Never(format!("this is no address of an AMQP broker: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_another_kind_is_refused_with_the_reason() {
        let check = |parsed: Result<Address, Failure>, expected: &str| {
            let error = parsed.unwrap_err();
            assert!(matches!(error, Failure::Never(_)));
            assert!(error.to_string().contains(expected), "{error}");
        };
        check(Address::webhook("ftp://host/x"), "neither with");
        check(Address::webhook("/x"), "neither with");
        check(Address::webhook("https://a b/"), "no URL");
        check(Address::webhook("https://user:password@host/x"), "credentials");
        check(Address::broker("https://host/x"), "no address of an AMQP broker");
        check(Address::broker("amqp"), "no address of an AMQP broker");
    }

    #[test]
    fn a_password_is_never_told() {
        let error = Address::broker("http://user:password@host").unwrap_err().to_string();
        assert!(!error.contains("password"), "{error}");
        let error = Address::webhook("http://user:password@host/?key=password").unwrap_err().to_string();
        assert!(!error.contains("password") && error.contains("@host"), "{error}");
    }

    #[test]
    fn only_what_says_so_itself_is_this_machine() {
        let check = |url: &str, expected: bool| {
            let address = if url.starts_with("amqp") { Address::broker(url) } else { Address::webhook(url) };
            assert_eq!(address.unwrap().is_loopback(), expected, "{url}");
        };
        check("http://127.0.0.1:1/x", true);
        check("http://[::1]/", true);
        check("https://LOCALHOST/", true);
        check("amqp://user:password@127.0.0.1:5672/%2f", true);
        check("amqps://[::1]", true);
        check("https://localhost.example/", false);
        check("https://10.0.0.1/", false);
        check("https://0.0.0.0/", false);
    }
}
