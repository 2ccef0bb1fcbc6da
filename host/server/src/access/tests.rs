use axum::body::Body;
use axum::http::{HeaderName, StatusCode};

use limpid_scanner::Current;

use super::*;

const HERE: &str = "127.0.0.1";
const AWAY: &str = "10.1.2.3";

fn settings() -> Settings {
    Settings::default()
}

fn networks(text: &[&str]) -> Vec<crate::Network> {
    text.iter().map(|network| network.parse().unwrap()).collect()
}

/// Asks as somebody at an address who calls a path, with headers as `name: value`.
fn ask(settings: &Settings, peer: &str, path: &str, lines: &[&str]) -> Result<(), String> {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let peer = Peer { address: peer.parse().unwrap(), local: "10.0.0.1".parse().unwrap() };
    let needed = match path {
        path if path.starts_with("/v1/plugins") => Permission::ChangePlugins,
        path if path.starts_with("/v1/subscriptions") || path.starts_with("/v1/notices") => {
            Permission::ChangeSubscriptions
        }
        _ => Permission::Submit,
    };
    network::may(settings, needed, Some(peer), &path.parse().unwrap(), &headers)
}

#[track_caller]
fn allowed(settings: &Settings, peer: &str, path: &str, lines: &[&str]) {
    assert_eq!(ask(settings, peer, path, lines), Ok(()), "{peer} {path} {lines:?}");
}

/// Refused, with a reason that names this.
#[track_caller]
fn refused(settings: &Settings, peer: &str, path: &str, lines: &[&str], named: &str) {
    let why = ask(settings, peer, path, lines).expect_err(&format!("{peer} {path} {lines:?}"));
    assert!(why.contains(named), "{why}");
}

#[test]
fn who_sits_on_this_machine_may_change_all() {
    for path in ["/v1/images", "/v1/plugins/x", "/v1/subscriptions/x", "/v1/notices/x/replay"] {
        for host in
            ["localhost", "localhost:6060", "127.0.0.1:6060", "[::1]:6060", "limpid.localhost", "LOCALHOST."]
        {
            allowed(&settings(), HERE, path, &[&format!("host: {host}")]);
        }
        allowed(&settings(), "::1", path, &["host: [::1]:6060"]);
        allowed(&settings(), "127.8.9.10", path, &["host: 127.0.0.1"]);
    }
}

#[test]
fn others_may_change_what_the_settings_say() {
    let host = "host: 10.0.0.1:6060";
    refused(&settings(), AWAY, "/v1/images", &[host], "`http.writers`");
    let mut some = Settings { writers: networks(&["10.0.0.0/8"]), ..settings() };
    allowed(&some, AWAY, "/v1/images", &[host]);
    refused(&some, "11.1.2.3", "/v1/images", &[host], "`http.writers`");
    refused(&some, AWAY, "/v1/plugins/x", &[host], "`http.change_plugins`");
    refused(&some, AWAY, "/v1/subscriptions/x", &[host], "`http.change_subscriptions`");
    refused(&some, AWAY, "/v1/notices/x/1/replay", &[host], "`http.change_subscriptions`");
    some.change_plugins = true;
    some.change_subscriptions = true;
    allowed(&some, AWAY, "/v1/plugins/x", &[host]);
    allowed(&some, AWAY, "/v1/notices/x/1/replay", &[host]);
    // Those settings alone open nothing.
    let alone = Settings { writers: Vec::new(), ..some };
    refused(&alone, AWAY, "/v1/plugins/x", &[host], "`http.writers`");
}

#[test]
fn a_request_must_be_addressed_to_a_name_of_this_service() {
    for host in ["limpid.example", "127.0.0.1.example", "localhost.example", "10.9.9.9", "x"] {
        refused(&settings(), HERE, "/v1/images", &[&format!("host: {host}")], "`http.hosts`");
    }
    refused(&settings(), HERE, "/v1/images", &[], "`host`");
    refused(&settings(), HERE, "/v1/images", &["host: localhost", "host: evil.example"], "`host`");
    refused(&settings(), HERE, "http://evil.example/v1/images", &["host: localhost"], "`evil.example`");
    let named = Settings { hosts: vec!["Limpid.Example".to_owned()], ..settings() };
    allowed(&named, HERE, "/v1/images", &["host: limpid.example:8080"]);
    refused(&named, HERE, "/v1/images", &["host: other.example"], "`other.example`");
}

#[test]
fn a_page_of_another_changes_nothing() {
    let host = "host: localhost:6060";
    for line in [
        "origin: http://evil.example",
        "origin: null",
        "origin: http://localhost:3000",
        "origin: http://localhost",
        "origin: ftp://localhost:6060",
        "origin: localhost:6060",
        "sec-fetch-site: cross-site",
        "sec-fetch-site: same-site",
    ] {
        refused(&settings(), HERE, "/v1/images", &[host, line], "pages of others");
    }
    allowed(
        &settings(),
        HERE,
        "/v1/images",
        &[host, "origin: http://localhost:6060", "sec-fetch-site: same-origin"],
    );
    allowed(&settings(), HERE, "/v1/images", &["host: localhost", "origin: http://localhost:80"]);
    let named = Settings { hosts: vec!["limpid.example".to_owned()], ..settings() };
    allowed(&named, HERE, "/v1/images", &["host: limpid.example", "origin: https://limpid.example"]);
    refused(
        &named,
        HERE,
        "/v1/images",
        &["host: limpid.example", "origin: https://other.example"],
        "pages of others",
    );
}

#[test]
fn what_is_forwarded_counts_for_whom_it_is_forwarded() {
    let host = "host: limpid.example";
    for line in [
        "x-forwarded-for: 203.0.113.9",
        "x-forwarded-proto: https",
        "x-forwarded-for: 127.0.0.1",
        "forwarded: for=127.0.0.1",
        "x-real-ip: 127.0.0.1",
        "via: 1.1 proxy",
    ] {
        refused(&settings(), HERE, "/v1/images", &["host: localhost", line], "`http.proxies`");
    }
    let behind = Settings {
        proxies: networks(&["127.0.0.1", "192.168.7.0/24"]),
        writers: networks(&["10.0.0.0/8"]),
        hosts: vec!["limpid.example".to_owned()],
        ..settings()
    };
    let check = |lines: &[&str], named: Option<&str>| {
        let lines: Vec<_> = [host].into_iter().chain(lines.iter().copied()).collect();
        match named {
            None => allowed(&behind, HERE, "/v1/images", &lines),
            Some(named) => refused(&behind, HERE, "/v1/images", &lines, named),
        }
    };
    check(&["x-forwarded-for: 10.1.2.3"], None);
    check(&["x-forwarded-for: 10.1.2.3, 192.168.7.1"], None);
    check(&["forwarded: for=\"10.1.2.3:4711\";proto=https"], None);
    check(&["forwarded: for=\"[fd00::1]\""], Some("`fd00::1`"));
    check(&["x-real-ip: 10.1.2.3"], None);
    check(&["x-forwarded-for: 203.0.113.9"], Some("`203.0.113.9`"));
    // What clients put there themselves stands before what the proxy saw.
    check(&["x-forwarded-for: 127.0.0.1, 203.0.113.9"], Some("`203.0.113.9`"));
    check(&["x-forwarded-for: 10.1.2.3", "x-forwarded-for: 203.0.113.9"], Some("`203.0.113.9`"));
    check(&["x-forwarded-for: unknown"], Some("does not say for whom"));
    check(&["via: 1.1 proxy"], Some("does not say for whom"));
    check(&[], None);
    refused(&behind, AWAY, "/v1/images", &[host, "x-forwarded-for: 127.0.0.1"], "`http.proxies`");
}

#[test]
fn what_a_path_does_not_take_is_for_those_who_might_change_something_there() {
    let access = Access::new(
        Current::new(Settings::default()),
        &[
            Endpoint::new(Method::GET, "/plugins", Permission::Read),
            Endpoint::new(Method::PUT, "/plugins", Permission::ChangePlugins),
            Endpoint::new(Method::GET, "/statistics", Permission::Read),
            Endpoint::new(Method::GET, "/healthz", Permission::Health),
        ],
        None,
    );
    let check = |method: Method, path: Option<&str>, expected: Permission| {
        let declared = access.declared(path);
        let needed = asked(&method, declared)
            .map_or_else(|| unless_taken(&method, declared), |endpoint| endpoint.permission);
        assert_eq!(needed, expected, "{method} {path:?}");
    };
    check(Method::GET, Some("/plugins"), Permission::Read);
    check(Method::HEAD, Some("/healthz"), Permission::Health);
    check(Method::PUT, Some("/plugins"), Permission::ChangePlugins);
    check(Method::PATCH, Some("/plugins"), Permission::ChangePlugins);
    check(Method::POST, Some("/statistics"), Permission::Operate);
    check(Method::POST, Some("/healthz"), Permission::Health);
    check(Method::OPTIONS, Some("/plugins"), Permission::Read);
    check(Method::GET, None, Permission::Read);
    check(Method::DELETE, None, Permission::Operate);
}

#[test]
fn who_comes_from_nowhere_changes_nothing() {
    let uri = "/v1/images".parse().unwrap();
    let ask = |needed| network::may(&settings(), needed, None, &uri, &HeaderMap::new());
    assert!(ask(Permission::Submit).unwrap_err().contains("where the request comes from"));
}

fn request(lines: &[&str]) -> Request {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = "/v1/images".parse().unwrap();
    request.headers_mut().insert("host", "localhost".parse().unwrap());
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        request.headers_mut().append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let local = "127.0.0.1".parse().unwrap();
    request.extensions_mut().insert(Peer { address: HERE.parse().unwrap(), local });
    request
}

/// The status of a refusal; none where somebody may.
fn refusal(settings: Settings, needed: Permission, lines: &[&str]) -> Option<StatusCode> {
    let access = Access::new(Current::new(settings), &[], None);
    access.caller(needed, &request(lines), None).err().map(|refusal| refusal.code.status())
}

#[test]
fn where_tokens_are_required_nobody_does_anything_without_one() {
    let operator = Some(crate::SharedSecret::new("secret"));
    let required = || {
        let access = crate::AccessControl { required: true, operator: operator.clone(), identities: None };
        Settings { access, ..settings() }
    };
    let unknown = Some(StatusCode::UNAUTHORIZED);
    for needed in [Permission::Read, Permission::Submit, Permission::Notify, Permission::ChangeTokens] {
        assert_eq!(refusal(required(), needed, &[]), unknown, "{needed:?}");
        assert_eq!(refusal(required(), needed, &["authorization: Bearer wrong"]), unknown, "{needed:?}");
        assert_eq!(refusal(required(), needed, &["authorization: Bearer secret"]), None, "{needed:?}");
        assert_eq!(refusal(required(), needed, &["authorization: bearer  secret"]), None, "{needed:?}");
        assert_eq!(refusal(required(), needed, &["authorization: Basic secret"]), unknown, "{needed:?}");
    }
    assert_eq!(refusal(required(), Permission::Health, &[]), None);
    // Where they are not, a wrong one is wrong all the same: whoever shows it believes to be somebody.
    assert_eq!(refusal(settings(), Permission::Read, &["authorization: Bearer limpid_wrong"]), unknown);
    assert_eq!(refusal(settings(), Permission::Read, &["authorization: Bearer of-a-proxy"]), None);
    assert_eq!(refusal(settings(), Permission::Read, &[]), None);
    assert_eq!(refusal(settings(), Permission::Oversee, &[]), None);
    let away = &["x-forwarded-for: 10.1.2.3"];
    assert_eq!(refusal(settings(), Permission::Oversee, away), Some(StatusCode::FORBIDDEN));
    // Registries have a secret of their own, and may nothing else with it.
    let events = || Settings { event_secret: Some(crate::SharedSecret::new("pushed")), ..required() };
    let pushed = &["authorization: Bearer pushed"];
    assert_eq!(refusal(events(), Permission::Notify, pushed), None);
    assert_eq!(refusal(events(), Permission::Submit, pushed), unknown);
}

#[test]
fn backups_are_made_for_this_machine_and_whoever_has_a_token() {
    let away = &["x-forwarded-for: 10.1.2.3"];
    assert_eq!(refusal(settings(), Permission::BackUp, &[]), None);
    assert_eq!(refusal(settings(), Permission::BackUp, away), Some(StatusCode::FORBIDDEN));
}

#[test]
fn what_is_added_needs_room_and_what_is_read_or_removed_does_not() {
    let check = |method: Method, path: &str, expected: bool| {
        let endpoints = crate::routes::all().endpoints().to_vec();
        let found = endpoints.iter().find(|endpoint| endpoint.method == method && endpoint.path == path);
        assert_eq!(needs_room(Some(found.unwrap())), expected, "{method} {path}");
    };
    check(Method::POST, "/v1/images", true);
    check(Method::PUT, "/v1/policies/{name}", true);
    check(Method::POST, "/v1/tokens", true);
    check(Method::GET, "/v1/images", false);
    check(Method::POST, "/v1/admission", false);
    check(Method::DELETE, "/v1/images/{name}", false);
    check(Method::POST, "/v1/retention", false);
    check(Method::POST, "/v1/backups", false);
    assert!(!needs_room(None));
}

#[test]
fn what_is_about_all_images_is_not_for_those_who_are_bound_to_repositories() {
    use super::reach::{Reach, of};

    let reached = |reach: Reach| -> Vec<String> {
        let endpoints = crate::routes::all().endpoints().to_vec();
        let of_it = endpoints.iter().filter(|endpoint| of(endpoint) == reach);
        of_it.map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect()
    };
    assert_eq!(
        reached(Reach::Everybody),
        [
            "GET /v1/vulnerabilities/{id}",
            "GET /v1/plugins",
            "GET /v1/feeds",
            "GET /v1/feeds/{name}",
            "GET /v1/schemas",
            "GET /v1/schemas/{name}",
            "GET /v1/openapi.json",
        ]
    );
    assert_eq!(reached(Reach::Handler), ["POST /v1/images"]);
    assert_eq!(
        reached(Reach::Images),
        [
            "GET /v1/images/{name}",
            "DELETE /v1/images/{name}",
            "GET /v1/images/{name}/report",
            "GET /v1/images/{name}/packages",
            "GET /v1/images/{name}/layers",
            "GET /v1/images/{name}/plan",
            "GET /v1/images/{name}/diff/{other}",
            "GET /v1/images/{name}/ages",
            "GET /v1/images/{name}/explain",
            "GET /v1/images/{name}/verdict",
        ]
    );
    assert_eq!(
        reached(Reach::Repository),
        [
            "GET /v1/repositories/{name}",
            "GET /v1/repositories/{name}/tags",
            "GET /v1/repositories/{name}/trend",
            "GET /v1/repositories/{name}/repairs",
        ]
    );
}
