//! Pages for browsers, against what the API says.

use serde_json::{Value, json};
use xtask::sample::Layer;

use crate::api::Page;
use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::Service;

/// Texts that would do something in a page that does not show them as text.
const HOSTILE: [&str; 4] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "\u{202e}gnp.exe",
];

/// An image with modules of npm, under a name.
fn node(name: &str, packages: &[(&str, &str)]) -> Vec<u8> {
    let layer = packages.iter().fold(
        Layer::new(HOSTILE.join(" ") + &"x".repeat(4_096)),
        |layer, (package, version)| {
            let manifest = json!({ "name": package, "version": version });
            layer.file(format!("app/node_modules/{package}/package.json"), manifest.to_string())
        },
    );
    Parts::of(&image(name, [layer, Layer::new("COPY app").file("app/x", "x")]), Compression::Gzip)
        .docker_archive()
}

fn record(id: &str, package: &str, severity: &str, text: &str) -> String {
    json!({
        "id": id,
        "modified": "2026-11-20T00:00:00Z",
        "summary": text,
        "details": text,
        "references": [{ "type": "WEB", "url": text }],
        "database_specific": { "severity": severity },
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "2.0.0" }] }],
        }],
    })
    .to_string()
}

fn get(service: &Service, path: &str) -> Page {
    service.api.page("GET", path, &[], "")
}

/// A figure of a page, by what it is called.
#[track_caller]
fn figure(page: &Page, name: &str) -> u64 {
    let rest = page
        .text
        .split_once(&format!("<dt>{name}</dt><dd>"))
        .unwrap_or_else(|| panic!("{name}: {page:#?}"))
        .1;
    let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
    digits.replace(',', "").parse().unwrap()
}

/// A page is what it says that it is, and nothing else may be loaded by it.
#[track_caller]
fn check(page: &Page) {
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{page:#?}");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'"));
    assert_eq!(
        (page.header("x-content-type-options"), page.header("referrer-policy")),
        ("nosniff", "same-origin")
    );
    assert!(page.text.len() < 100_000, "{} bytes", page.text.len());
    for part in ["<script>alert", "<img", "href=\"javascript", "\u{202e}", " style=", "http-equiv"] {
        assert!(!page.text.contains(part), "{part}: {}", page.text);
    }
    assert_eq!(page.text.matches("<h1").count(), 1);
}

fn filled() -> (Service, String) {
    let service = Service::start();
    service.api.index(&node("shop/web:1", &[("beta", "1.0.0")]));
    let digest =
        service.api.index(&node("shop/web:1", &[("alpha", "1.0.0"), ("beta", "1.0.0"), ("gamma", "3.0.0")]));
    for (id, package, severity) in [
        ("GHSA-a", "alpha", "CRITICAL"),
        ("GHSA-b", "alpha", "LOW"),
        ("GHSA-c", "beta", "HIGH"),
        ("GHSA-d", "gamma", "HIGH"),
    ] {
        service.api.hand_in("osv", record(id, package, severity, &HOSTILE.join(" "))).ok();
    }
    (service, digest)
}

#[test]
fn figures_of_pages_are_those_of_the_api_and_the_sum_of_rows() {
    let (service, digest) = filled();
    let report = service.api.report(&digest);
    let findings = report["summary"]["findings"].as_u64().unwrap();
    assert_eq!(findings, 3);

    let page = get(&service, &format!("/images/{digest}"));
    check(&page);
    assert_eq!((figure(&page, "findings"), figure(&page, "vulnerabilities")), (findings, 3));
    assert_eq!(page.text.matches("data-title=\"Vulnerability\"").count() as u64, findings);
    assert_eq!(get(&service, "/images/shop/web:1").text.matches("data-title=\"Vulnerability\"").count(), 3);
    let csv = get(&service, &format!("/images/{digest}?format=csv&severity=high"));
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(csv.text.lines().count(), 1 + 2, "{}", csv.text);
    assert_eq!(
        get(&service, &format!("/images/{digest}?severity=high"))
            .text
            .matches("data-title=\"Vulnerability\"")
            .count(),
        2
    );

    let page = get(&service, "/repositories/shop/web");
    check(&page);
    assert_eq!(figure(&page, "findings"), findings);
    let tags = service.api.get("/v1/repositories/shop/web/tags").ok();
    let change = &tags["tags"][0]["images"][0]["change"];
    assert!(page.text.contains(&format!("<b>+{}</b>", change["added"])), "{}", page.text);
    let with = change["from"].as_str().unwrap();
    let page = get(&service, &format!("/images/{digest}?show=difference&with={with}"));
    check(&page);
    assert_eq!(Value::from(figure(&page, "Came")), change["added"]);

    let page = get(&service, &format!("/images/{digest}?show=plan"));
    check(&page);
    let plan = service.api.get(&format!("/v1/images/{digest}/plan")).ok();
    assert_eq!(Value::from(figure(&page, "packages to update")), plan["summary"]["updates"]);

    let page = get(&service, "/");
    check(&page);
    assert_eq!(Value::from(figure(&page, "images")), service.api.get("/v1/statistics").ok()["images"]);
    assert!(page.text.contains("href=\"/repositories/shop/web\""), "{}", page.text);

    let page = get(&service, "/vulnerabilities/GHSA-c?image=shop/web:1");
    check(&page);
    assert_eq!(page.text.matches("href=\"/images/sha256:").count(), 2, "both images have it: {}", page.text);
    let because = service.api.get("/v1/images/shop/web:1/explain?vulnerability=GHSA-c").ok();
    assert!(page.text.contains(because["answer"].as_str().unwrap()), "{}", page.text);

    let page = get(&service, "/?since=2026-01-01");
    check(&page);
    assert!(page.text.contains("data-title=\"Since\""), "{}", page.text);
    let page = get(&service, &format!("/images/{digest}?show=trend"));
    check(&page);
    assert_eq!(page.text.matches("<th scope=\"row\" data-title=\"As of\">").count(), 11);

    for (text, found) in [
        ("GHSA-a", "href=\"/vulnerabilities/GHSA-a\""),
        ("shop/web", "href=\"/repositories/shop/web\""),
        ("shop/web:1", &format!("href=\"/images/{digest}\"")),
        (&digest, &format!("href=\"/images/{digest}\"")),
        ("npm/alpha", &format!("href=\"/images/{digest}\"")),
        ("pkg:npm/alpha@1.0.0", &format!("href=\"/images/{digest}\"")),
        (report["image"]["layers"][0]["diff_id"].as_str().unwrap(), "<h2 id=\"layer-title\">"),
    ] {
        let page = get(&service, &format!("/search?q={text}"));
        check(&page);
        assert!(page.text.contains(found), "{text}: {}", page.text);
    }
}

#[test]
fn a_reload_costs_nothing_until_something_changes() {
    let (service, digest) = filled();
    let path = format!("/images/{digest}");
    service.api.report(&digest);
    let page = get(&service, &path);
    let tag = page.header("etag");
    assert!(!tag.is_empty() && page.header("cache-control") == "private, no-cache", "{page:#?}");
    let again = |path: &str| service.api.page("GET", path, &[("if-none-match", tag)], "");
    let same = again(&path);
    assert_eq!((same.status, same.text.as_str(), same.header("etag")), (304, "", tag));
    assert_eq!(again(&format!("{path}?severity=high")).status, 200, "another view has another tag");
    service.api.hand_in("osv", record("GHSA-e", "alpha", "HIGH", "x")).ok();
    assert_eq!(again(&path).status, 200);
}

#[test]
fn what_pages_load_is_here_and_kept_for_ever() {
    let service = Service::shared();
    let page = get(&service, "/search");
    check(&page);
    let loaded: Vec<_> =
        page.text.split("\"/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(loaded.len(), 3);
    for name in loaded {
        let asset = get(&service, &format!("/assets/{name}"));
        assert_eq!(
            (asset.status, asset.header("cache-control")),
            (200, "public, max-age=31536000, immutable"),
            "{name}"
        );
        assert_eq!(asset.header("x-content-type-options"), "nosniff");
    }
    assert_eq!(get(&service, "/assets/htmx.js").status, 404);
}

#[test]
fn an_error_is_a_page_with_its_status_and_number() {
    let service = Service::shared();
    for (path, status) in
        [("/images/nothing", 404), ("/repositories/no/such", 404), ("/images/x?severity=y", 400)]
    {
        let page = get(&service, path);
        assert_eq!(
            (page.status, page.header("content-type")),
            (status, "text/html; charset=utf-8"),
            "{path}"
        );
        let of_script = service.api.page("GET", path, &[("hx-request", "true")], "");
        assert_eq!(
            (of_script.status, of_script.header("hx-redirect")),
            (200, path),
            "it is shown as a page of its own"
        );
        let number = page.header("x-request-id");
        assert!(!number.is_empty() && page.text.contains(number), "{path}: {}", page.text);
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    }
}

#[test]
fn there_are_no_pages_where_the_settings_say_so() {
    let service = Service::with(Setup::new().with("LIMPID_HTTP__WEB", "false"));
    service.api.get("/").refused(404, "not-found");
    service.api.get("/v1/images").ok();
}

/// A token that a command makes, as it prints it.
fn token(service: &Service, arguments: &[&str]) -> String {
    let all = ["token", "create"].iter().chain(arguments).copied();
    service.setup.run(all).ok().trim().to_owned()
}

/// The proof that the forms of a page have.
#[track_caller]
fn proof(page: &Page) -> String {
    let rest = page.text.split_once("name=\"proof\" value=\"").unwrap_or_else(|| panic!("{page:#?}")).1;
    rest.split('"').next().unwrap().to_owned()
}

/// The cookie of whoever signs in with a token.
fn sign_in(service: &Service, token: &str) -> String {
    let form = format!("proof={}&to=/search&token={token}", proof(&get(service, "/sign-in")));
    let page = service.api.page("POST", "/sign-in", &[], &form);
    assert_eq!((page.status, page.header("location")), (303, "/search"), "{page:#?}");
    let cookie = page.header("set-cookie");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn whoever_signs_in_sees_and_does_what_their_token_may() {
    let service =
        Service::with(Setup::new().with("LIMPID_ACCESS__REQUIRED", "true").with("LIMPID_LOG", "trace"));
    let [reads, operates] = ["read", "operate"].map(|role| token(&service, &[role, "--role", role]));
    let bound = token(&service, &["bound", "--role", "read", "--repository", "shop/**"]);
    let bearer = format!("Bearer {operates}");
    let index = |name: &str| {
        let archive = node(name, &[("alpha", "1.0.0")]);
        let headers = [("authorization", bearer.as_str()), ("prefer", "wait=100")];
        let job = service.api.send("POST", "/v1/images", &headers, &archive).ok();
        job["images"][0].as_str().unwrap().to_owned()
    };
    let digest = index("other/web:1");

    // Nobody is let in without a token, and comes back to where they were.
    let path = format!("/images/{digest}?severity=high");
    let page = get(&service, &path);
    let to = page.header("location").to_owned();
    assert_eq!(page.status, 303);
    assert!(to.starts_with("/sign-in?to=/images/sha256:"), "{to}");
    let asked = service.api.page("GET", &path, &[("hx-request", "true")], "");
    assert_eq!((asked.status, asked.header("hx-redirect")), (200, to.as_str()));
    let form = get(&service, &to);
    assert_eq!(form.status, 200);
    let refused = |form: &str| service.api.page("POST", "/sign-in", &[], form);
    let proof_of_form = proof(&form);
    let wrong = refused(&format!("proof={proof_of_form}&to=/&token=limpid_000000000000_x"));
    assert_eq!((wrong.status, wrong.header("set-cookie")), (403, ""), "{wrong:#?}");
    assert_eq!(
        refused(&format!("to=/&token={reads}")).status,
        403,
        "a form without a proof is of somebody else"
    );
    assert_eq!(refused(&"x".repeat(70_000)).status, 413);
    let away = refused(&format!("proof={proof_of_form}&to=https://evil.example&token={reads}"));
    assert_eq!((away.status, away.header("location")), (303, "/"));

    // What is seen is what the token sees.
    let cookie = sign_in(&service, &reads);
    let see = |cookie: &str, path: &str| service.api.page("GET", path, &[("cookie", cookie)], "");
    let page = see(&cookie, &format!("/images/{digest}"));
    check(&page);
    let data = page.text.split("href=\"/data").nth(1).unwrap().split('"').next().unwrap();
    let json = see(&cookie, &format!("/data{data}"));
    assert_eq!((json.status, json.header("content-type")), (200, "application/json"));
    assert_eq!(serde_json::from_str::<Value>(&json.text).unwrap()["image"]["digest"], digest);
    assert_eq!(get(&service, &format!("/data{data}")).status, 303);
    assert_eq!(see(&cookie, "/data/v1/bundle").status, 404);
    let its = sign_in(&service, &bound);
    assert_eq!(see(&its, &format!("/images/{digest}")).status, 404);
    assert!(see(&its, "/").text.contains("bound to repositories"));

    // What is done is what the token may do, by a form of the same session.
    let delete = |cookie: &str, headers: &[(&str, &str)], proof: &str| {
        let headers: Vec<_> = headers.iter().copied().chain([("cookie", cookie)]).collect();
        service.api.page(
            "POST",
            &format!("/images/{digest}"),
            &headers,
            &format!("proof={proof}&action=delete"),
        )
    };
    let forbidden = delete(&cookie, &[], &proof(&page));
    assert_eq!(forbidden.status, 403);
    assert!(
        forbidden.text.contains("needs `operate`") || forbidden.text.contains("operate"),
        "{}",
        forbidden.text
    );
    let operator = sign_in(&service, &operates);
    let own = proof(&see(&operator, "/search"));
    for (headers, proof) in [
        (&[][..], proof(&page).as_str()),
        (&[], ""),
        (&[("sec-fetch-site", "cross-site")], own.as_str()),
        (&[("origin", "https://evil.example")], own.as_str()),
    ] {
        assert_eq!(delete(&operator, headers, proof).status, 403, "{headers:?} {proof}");
    }
    assert_eq!(see(&operator, &format!("/images/{digest}")).status, 200);
    let done = delete(&operator, &[("sec-fetch-site", "same-origin")], &own);
    assert_eq!((done.status, done.header("location")), (303, "/"), "{done:#?}");
    assert_eq!(see(&operator, &format!("/images/{digest}")).status, 404);
    let admin = token(&service, &["admin", "--role", "admin"]);
    let audit = service.api.send(
        "GET",
        "/v1/audit?limit=1000",
        &[("authorization", &format!("Bearer {admin}"))],
        b"",
    );
    let audit = audit.ok();
    let records = audit["records"].as_array().unwrap();
    let deleted: Vec<_> = records.iter().filter(|it| it["method"] == "DELETE").collect();
    let who: Vec<_> =
        deleted.iter().map(|it| (it["who"].as_str().unwrap(), it["status"].as_u64().unwrap())).collect();
    assert!(who.contains(&("token:operate", 204)) && who.contains(&("token:read", 403)), "{audit:#}");

    // Signed out, and with a token that is revoked, nobody sees anything, not even that it is the same.
    let out =
        service.api.page("POST", "/sign-out", &[("cookie", &cookie)], &format!("proof={}", proof(&page)));
    assert_eq!((out.status, out.header("location")), (303, "/"));
    assert!(
        out.header("set-cookie").starts_with("limpid-session=; ")
            && out.header("set-cookie").contains("Max-Age=0")
    );
    let known = see(&cookie, "/search?q=x");
    let tag = known.header("etag").to_owned();
    let again = |cookie: &str| {
        service.api.page("GET", "/search?q=x", &[("cookie", cookie), ("if-none-match", &tag)], "")
    };
    assert_eq!(again(&cookie).status, 304);
    service.setup.run(["token", "revoke", "read"]).ok();
    assert_eq!(again(&cookie).status, 303);
    for secret in [&reads, &operates, &bound] {
        assert!(!service.log().contains(secret.as_str()), "a token is in the log");
    }
}
