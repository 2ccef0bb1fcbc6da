use ureq::unversioned::transport::time::Duration as Until;
use ureq::{Agent, Timeout};

use super::*;

fn strict() -> Rules {
    Rules { named: BTreeSet::new(), own: Own::Refused, private: Private::Refused, mixed: Mixed::Refused }
}

fn numbers(texts: &[&str]) -> Vec<SocketAddr> {
    texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 443)).collect()
}

#[test]
fn what_is_not_in_the_public_internet_is_told_by_its_name_or_number() {
    let check = |text: &str, expected: bool| assert_eq!(is_internal(text), expected, "{text}");
    for internal in [
        "localhost",
        "LOCALHOST.",
        "metadata",
        "metadata.google.internal",
        "printer.local",
        "2130706433",
        "0x7f000001",
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.0.8",
        "198.18.0.1",
        "[::1]",
        "[::]",
        "[fc00::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:db8::1]",
    ] {
        check(internal, true);
    }
    for public in [
        "security-tracker.debian.org",
        "local.example",
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "[2606:4700::1111]",
        "[::ffff:8.8.8.8]",
        "[64:ff9b::808:808]",
    ] {
        check(public, false);
    }
}

#[test]
fn only_what_says_so_itself_is_this_machine() {
    for own in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]", "::1"] {
        assert!(is_loopback(own), "{own}");
    }
    for other in ["localhost.example", "10.0.0.1", "0.0.0.0", "[::]"] {
        assert!(!is_loopback(other), "{other}");
    }
}

#[test]
fn a_connection_is_made_only_to_numbers_that_are_allowed() {
    let check = |rules: &Rules, host: &str, at: &[&str], expected: &[&str]| {
        let judged = Guard::new(rules.clone()).judge(&format!("{host}:443"), host, numbers(at));
        match judged {
            Ok(judged) => assert_eq!(judged, numbers(expected), "{rules:?} {host}"),
            Err(refused) => {
                assert!(expected.is_empty(), "{rules:?} {host}: {refused}");
                assert_eq!(refused.host, host);
            }
        }
    };
    let rules = strict();
    check(&rules, "a.example", &["1.1.1.1", "2606:4700::1111"], &["1.1.1.1", "2606:4700::1111"]);
    check(&rules, "a.example", &["10.0.0.1"], &[]);
    check(&rules, "a.example", &["::ffff:10.0.0.1"], &[]);
    check(&rules, "a.example", &["127.0.0.1"], &[]);
    check(&rules, "localhost", &["127.0.0.1"], &[]);
    check(&rules, "a.example", &["1.1.1.1", "10.0.0.1"], &[]);
    let narrowed = Rules { mixed: Mixed::Narrowed, ..strict() };
    check(&narrowed, "a.example", &["10.0.0.1", "1.1.1.1", "::1"], &["1.1.1.1"]);
    check(&narrowed, "a.example", &["10.0.0.1", "::1"], &[]);
    let own = Rules { own: Own::Allowed, ..strict() };
    check(&own, "localhost", &["127.0.0.1", "::1"], &["127.0.0.1", "::1"]);
    check(&own, "localhost", &["10.0.0.1"], &[]);
    check(&own, "a.example", &["127.0.0.1"], &[]);
    let private = Rules { private: Private::Allowed, ..strict() };
    check(&private, "a.example", &["10.0.0.1", "fc00::1"], &["10.0.0.1", "fc00::1"]);
    for nobody in ["0.0.0.0", "255.255.255.255", "224.0.0.1", "::"] {
        check(&private, "a.example", &[nobody], &[]);
    }
    let named = Rules { named: BTreeSet::from(["a.example:443".to_owned()]), ..strict() };
    check(&named, "a.example", &["10.0.0.1"], &["10.0.0.1"]);
    check(&named, "b.example", &["10.0.0.1"], &[]);
}

#[test]
fn a_number_is_judged_by_how_it_is_written() {
    let guard = Guard::new(strict());
    for refused in ["10.0.0.1", "[::1]", "::ffff:10.0.0.1", "169.254.169.254"] {
        assert_eq!(guard.admit(refused).unwrap_err().host, bare(refused));
    }
    for judged_later in ["1.1.1.1", "a.example", "localhost"] {
        assert_eq!(guard.admit(judged_later), Ok(()));
    }
}

#[test]
fn names_are_resolved_within_their_time_or_not_at_all() {
    let own = Guard::new(Rules { own: Own::Allowed, ..strict() });
    for within in [None, Some(Duration::from_secs(60))] {
        let found = own.resolve("localhost", 80, within).unwrap();
        assert!(!found.is_empty() && found.iter().all(|at| at.ip().is_loopback() && at.port() == 80));
        let refused = Guard::new(strict()).resolve("localhost", 80, within).unwrap_err();
        assert!(matches!(refused, Unresolved::Internal(_)), "{refused}");
        assert_eq!(own.resolve("[::1]", 80, within).unwrap(), ["[::1]:80".parse().unwrap()]);
    }
    // A resolver that never answers.
    let (_asked, never) = mpsc::channel::<()>();
    let late = in_time(Some(Duration::from_millis(10)), move || never.recv());
    assert!(matches!(late, Err(Unresolved::TooLate(_))));
}

#[test]
fn requests_get_the_numbers_that_were_judged() {
    let config = Agent::config_builder().build();
    let ask = |rules: Rules, uri: &str| {
        let timeout =
            NextTimeout { after: Until::NotHappening, reason: Timeout::Resolve, ..NextTimeout::default() };
        Resolver::resolve(&Guard::new(rules), &uri.parse().unwrap(), &config, timeout)
    };
    let own = Rules { own: Own::Allowed, ..strict() };
    let found = ask(own, "https://127.0.0.1/x").unwrap();
    assert_eq!(found.iter().collect::<Vec<_>>(), [&"127.0.0.1:443".parse::<SocketAddr>().unwrap()]);
    let named = Rules { named: BTreeSet::from(["10.0.0.1:8080".to_owned()]), ..strict() };
    assert_eq!(ask(named.clone(), "http://10.0.0.1:8080/").unwrap().len(), 1);
    for refused in ["http://10.0.0.1/", "http://10.0.0.1:8081/", "http://[::1]:8080/"] {
        let error = ask(named.clone(), refused).unwrap_err();
        let ureq::Error::Other(other) = error else { panic!("{error}") };
        let internal = other.downcast::<Internal>().unwrap();
        assert!(internal.to_string().contains("an internal address, to which nothing from outside may lead"));
    }
    assert!(matches!(ask(strict(), "ftp://a.example/"), Err(ureq::Error::BadUri(_))));
}
