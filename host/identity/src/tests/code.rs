//! Sign-in in a browser.

use super::*;

fn code() -> CodeSettings {
    CodeSettings {
        client_id: "limpid".to_owned(),
        client_secret: Some("secret".to_owned()),
        address: "https://limpid.example/".to_owned(),
        scopes: vec!["email".to_owned()],
    }
}

/// The parameters of an address.
fn query(address: &str) -> BTreeMap<String, String> {
    let (_, query) = address.split_once('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

#[test]
fn a_sign_in_has_a_state_a_nonce_and_a_challenge_that_differ_each_time() {
    let (signer, issuer_address) = (Signer::new("one"), "/authorize?tenant=a");
    let server = Server::start(&[&signer]);
    let settings = IssuerSettings { pages: Some(code()), ..server.settings() };
    let known = identities(settings);
    let issuer = &known.issuers()[0];
    assert!(issuer.signs_in() && issuer.begin().unwrap_err().contains("not said yet"));
    let discovery = |token: &str| {
        json!({
            "issuer": server.address, "jwks_uri": format!("{}/keys", server.address),
            "authorization_endpoint": format!("{}{issuer_address}", server.address), "token_endpoint": token,
        })
    };
    let path = "/.well-known/openid-configuration";
    server.answer(path, 200, discovery("http://elsewhere.example/token").to_string());
    issuer.refresh();
    assert!(issuer.begin().is_err(), "codes are sent encrypted, or not at all");
    server.answer(path, 200, discovery(&format!("{}/token", server.address)).to_string());
    issuer.refresh();
    let (address, begun) = issuer.begin().unwrap();
    let asked = query(&address);
    assert_eq!(asked["tenant"], "a");
    assert_eq!(asked["redirect_uri"], "https://limpid.example/sign-in/oidc/main/back");
    assert_eq!((&*asked["scope"], &*asked["code_challenge_method"]), ("openid email", "S256"));
    assert!(begun.is_answered_by(&asked["state"]) && !begun.is_answered_by("") && !begun.is_answered_by("x"));
    let text = begun.text();
    assert!(Begun::of_text(&text) == Some(begun.clone()) && !text.contains(&asked["code_challenge"]));
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    for wrong in ["", "a.b.c", &text[1..], &format!("{text}.x")] {
        assert!(Begun::of_text(wrong).is_none(), "{wrong}");
    }
    let (other, _) = issuer.begin().unwrap();
    let other = query(&other);
    assert!(["state", "nonce", "code_challenge"].iter().all(|name| asked[*name] != other[*name]));
}

#[test]
fn a_code_gives_a_token_of_this_sign_in_and_no_other() {
    let signer = Signer::new("one");
    let server = Server::start(&[&signer]);
    let known = identities(IssuerSettings { pages: Some(code()), ..server.settings() });
    let issuer = &known.issuers()[0];
    let discovery = json!({
        "issuer": server.address, "jwks_uri": format!("{}/keys", server.address),
        "authorization_endpoint": format!("{}/authorize", server.address),
        "token_endpoint": format!("{}/token", server.address),
    });
    server.answer("/.well-known/openid-configuration", 200, discovery.to_string());
    issuer.refresh();
    let (address, begun) = issuer.begin().unwrap();
    let give = |nonce: &str| {
        let mut claims = server.claims();
        claims["nonce"] = json!(nonce);
        let token = signer.sign(&claims);
        server.answer("/token", 200, json!({ "id_token": token, "access_token": "x" }).to_string());
        token
    };
    let token = give(&query(&address)["nonce"]);
    assert_eq!(issuer.finish(&begun, "code").unwrap(), token);
    assert_eq!(known.identify(&token, NOW * 1_000).unwrap().name, "oidc:alice");
    let refused = |expected: &str| {
        let why = issuer.finish(&begun, "code").unwrap_err();
        assert!(why.contains(expected), "{why}");
    };
    give("another");
    refused("`nonce`");
    server.answer("/token", 400, json!({ "error": "invalid_grant" }).to_string());
    refused("400 `invalid_grant`");
    server.answer("/token", 200, json!({ "access_token": "x" }).to_string());
    refused("no ID token");
    server.answer("/token", 200, "<html>");
    refused("no JSON");
    assert!(issuer.finish(&begun, &"x".repeat(5_000)).unwrap_err().contains("longer than"));
}

#[test]
fn settings_by_which_nobody_could_sign_in_are_refused() {
    let check = |code: CodeSettings, expected: &str| {
        let settings = IssuerSettings {
            issuer: "https://issuer.example".to_owned(),
            audience: vec!["limpid".to_owned()],
            role: Some(AccessRole::Read),
            pages: Some(code),
            ..IssuerSettings::default()
        };
        let issuers = BTreeMap::from([("main".to_owned(), settings)]);
        let why = Identities::new(Settings { issuers, shared: None }).unwrap_err().to_string();
        assert!(why.contains(expected), "{why}");
    };
    check(CodeSettings { client_id: "other".to_owned(), ..code() }, "which `audience` does not have");
    check(CodeSettings { address: "http://limpid.example".to_owned(), ..code() }, "not encrypted");
    check(CodeSettings { client_secret: Some(String::new()), ..code() }, "`pages.client_secret_file`");
    check(CodeSettings { scopes: vec!["a b".to_owned()], ..code() }, "`pages.scopes`");
}
