use std::collections::BTreeSet;

use limpid_outbound::{Guard as Numbers, Internal, Mixed, Own, Private, Rules};

use crate::address::Address;
use crate::{Failure, Settings};

/// Decides whither messages may go.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    unencrypted: bool,
    numbers: Numbers,
}

impl Guard {
    pub(crate) fn new(settings: &Settings) -> Self {
        let private = if settings.private_addresses { Private::Allowed } else { Private::Refused };
        let rules = Rules { named: BTreeSet::new(), own: Own::Allowed, private, mixed: Mixed::Refused };
        Self { unencrypted: settings.unencrypted, numbers: Numbers::new(rules) }
    }

    /// Judges an address by how it is written. Names are judged again when they are resolved.
    pub(crate) fn admit(&self, address: &Address) -> Result<(), Failure> {
        let host = &address.host;
        if !address.is_encrypted && !address.is_loopback() && !self.unencrypted {
            return Err(Failure::Never(format!(
                "notices go to `{host}` only encrypted, unless setting `notices.unencrypted` allows it"
            )));
        }
        self.numbers.admit(host).map_err(refusal)
    }

    /// What resolves names and judges their numbers, all of which must be admitted.
    pub(crate) const fn numbers(&self) -> &Numbers {
        &self.numbers
    }
}

/// A message is never sent to where the guard found an address to lead.
pub(crate) fn refusal(internal: Internal) -> Failure {
    let Internal { host, number } = internal;
    Failure::Never(format!(
        "`{host}` is {number}, which is no public address; setting `notices.private_addresses` allows those"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(unencrypted: bool, private_addresses: bool) -> Guard {
        Guard::new(&Settings { unencrypted, private_addresses, ..Settings::default() })
    }

    #[test]
    fn a_target_is_judged_by_how_it_is_written() {
        let check = |guard: &Guard, url: &str, expected: &str| {
            let message = guard.admit(&Address::webhook(url).unwrap());
            let message = message.map_or_else(|error| error.to_string(), |()| String::new());
            assert!(
                if expected.is_empty() { message.is_empty() } else { message.contains(expected) },
                "{url}: {message}"
            );
        };
        let strict = &guard(false, false);
        check(strict, "https://receiver.example/", "");
        check(strict, "http://receiver.example/", "`notices.unencrypted`");
        check(strict, "http://127.0.0.1:8080/", "");
        check(strict, "http://[::1]/", "");
        check(strict, "https://10.0.0.1/", "`notices.private_addresses`");
        check(strict, "https://169.254.169.254/", "`notices.private_addresses`");
        check(strict, "https://[::ffff:10.0.0.1]/", "`notices.private_addresses`");
        check(&guard(true, false), "http://receiver.example/", "");
        check(&guard(true, false), "http://10.0.0.1/", "`notices.private_addresses`");
        check(&guard(false, true), "https://10.0.0.1/", "");
        check(&guard(false, true), "http://10.0.0.1/", "`notices.unencrypted`");
        check(&guard(true, true), "http://0.0.0.0/", "no public address");
        check(&guard(true, true), "http://255.255.255.255/", "no public address");
    }

    #[test]
    fn a_refusal_names_the_setting() {
        let internal = Internal { host: "a.example".to_owned(), number: "10.0.0.1".parse().unwrap() };
        let message = refusal(internal).to_string();
        assert!(
            message.starts_with("`a.example` is 10.0.0.1") && message.contains("`notices.private_addresses`")
        );
    }
}
