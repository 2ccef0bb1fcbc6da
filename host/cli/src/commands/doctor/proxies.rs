use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use ureq::Proxy;

use super::Checks;

const CHECK: &str = "proxies";

/// Variables that name a proxy, as most programs read them; each counts in capitals, too.
const VARIABLES: [&str; 3] = ["https_proxy", "http_proxy", "all_proxy"];

/// How long a proxy may take to be reached.
const CONNECTING: Duration = Duration::from_secs(5);

/// The proxies of the environment and of setting `feeds.proxy`: whether they are any, and can be reached.
pub(super) fn check(
    checks: &mut Checks,
    environment: &dyn Fn(&str) -> Option<String>,
    of_feeds: Option<&str>,
) {
    let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
    let mut named: Vec<(String, String)> = Vec::new();
    named.extend(of_feeds.map(|proxy| ("feeds.proxy".to_owned(), proxy.to_owned())));
    for name in VARIABLES {
        let capitals = name.to_ascii_uppercase();
        match (variable(name), variable(&capitals)) {
            (Some(one), Some(other)) if one != other => checks.warn(
                CHECK,
                format!(
                    "`{name}` and `{capitals}` name different proxies: programs differ in which one they take"
                ),
                "set both to the same, or remove one",
            ),
            _ => {}
        }
        named.extend(variable(&capitals).map(|value| (capitals, value)));
        named.extend(variable(name).map(|value| (name.to_owned(), value)));
    }
    if named.is_empty() {
        checks.ok(CHECK, "none is named");
        return;
    }
    named.dedup_by(|(_, one), (_, other)| one == other);
    for (name, value) in named {
        // A proxy may have a password in its address.
        let Ok(proxy) = Proxy::new(&value) else {
            let next = "name one as `http://proxy.example:3128`";
            checks.problem(CHECK, format!("what `{name}` is set to is no proxy"), next);
            continue;
        };
        let place = format!("{}:{}", proxy.host(), proxy.port());
        match reached(&place) {
            Ok(()) => checks.ok(CHECK, format!("{place} of `{name}` is reached")),
            Err(why) => checks.problem(
                CHECK,
                format!("{place} of `{name}` is not reached: {why}"),
                format!("correct `{name}`, or unset it where no proxy is needed"),
            ),
        }
    }
}

fn reached(place: &str) -> Result<(), String> {
    let mut why = "its name leads nowhere".to_owned();
    for address in place.to_socket_addrs().map_err(|error| error.to_string())? {
        match TcpStream::connect_timeout(&address, CONNECTING) {
            Ok(_) => return Ok(()),
            Err(error) => why = error.to_string(),
        }
    }
    Err(why)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use limpid_formats::json::Check;

    use super::*;

    fn states(environment: &[(&str, &str)], of_feeds: Option<&str>) -> Vec<String> {
        let mut checks = Checks::default();
        let variable = |name: &str| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        check(&mut checks, &variable, of_feeds);
        assert!(checks.0.iter().all(|check| !check.message.contains("secret")), "{checks:#?}");
        checks.0.into_iter().map(|check| check.state.into_owned()).collect()
    }

    #[test]
    fn a_proxy_is_one_that_is_reached() {
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = proxy.local_addr().unwrap().port();
        let there = format!("http://user:secret@127.0.0.1:{port}");
        assert_eq!(states(&[], None), [Check::OK]);
        assert_eq!(states(&[("https_proxy", &there), ("HTTPS_PROXY", &there)], None), [Check::OK]);
        assert_eq!(states(&[("HTTP_PROXY", &there)], Some(&there)), [Check::OK]);
        assert_eq!(states(&[("ALL_PROXY", "gopher://secret:x")], None), [Check::PROBLEM]);
        drop(proxy);
        assert_eq!(states(&[("http_proxy", &there)], None), [Check::PROBLEM]);
        assert_eq!(states(&[], Some(&there)), [Check::PROBLEM]);
        let both = [("http_proxy", there.as_str()), ("HTTP_PROXY", "gopher://secret")];
        assert_eq!(states(&both, None), [Check::WARNING, Check::PROBLEM, Check::PROBLEM]);
    }
}
