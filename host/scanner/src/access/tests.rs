use limpid_model::AccessRole;

use super::*;
use crate::Scanner;
use crate::test_support;

fn spec(name: &str, repositories: &[&str]) -> TokenSpec {
    let repositories = repositories.iter().map(|&glob| glob.to_owned()).collect();
    TokenSpec { name: name.to_owned(), role: AccessRole::Submit, repositories, expires: None }
}

fn refused(scanner: &Scanner, secret: &str) -> Option<Refused> {
    scanner.token(secret).err()
}

#[test]
fn a_token_is_taken_until_it_is_revoked_and_its_secret_is_kept_nowhere() {
    let (scanner, _scratch) = test_support::scanner(Store::in_memory());
    let made = scanner.create_token(spec("build", &[])).unwrap();
    let taken = scanner.token(&made.secret).unwrap();
    assert_eq!((taken.holder.token.spec.name.as_str(), taken.is_due), ("build", true));
    assert!(!scanner.token(&made.secret).unwrap().is_due, "it was noted a moment ago");
    let other = format!("{}x", &made.secret[..made.secret.len() - 1]);
    for wrong in ["", "limpid_", &other, &made.token.id, &format!("limpid_{}_", made.token.id)] {
        assert_eq!(refused(&scanner, wrong), Some(Refused::Unknown), "{wrong}");
    }
    let view = scanner.store().view();
    let rows: Vec<_> = view.scan::<Tokens>(|_| ()).map(|row| format!("{:?}", row.unwrap())).collect();
    let secret = made.secret.splitn(3, '_').last().unwrap();
    assert!(rows.len() == 1 && !rows[0].contains(secret));
    assert!(!format!("{made:?}").contains(secret));
    scanner.note_use(&made.token.id).unwrap();
    assert!(scanner.tokens().unwrap()[0].last_used.is_some());
    scanner.revoke_token("build").unwrap();
    assert_eq!(refused(&scanner, &made.secret), Some(Refused::Unknown));
    scanner.note_use(&made.token.id).unwrap();
    assert!(scanner.tokens().unwrap().is_empty());
    assert!(matches!(scanner.revoke_token("build"), Err(Error::Token(TokenError::None(_)))));
}

#[test]
fn no_two_tokens_have_one_name_and_none_is_made_that_makes_no_sense() {
    let (scanner, _scratch) = test_support::scanner(Store::in_memory());
    scanner.create_token(spec("build", &[])).unwrap();
    let check = |spec: TokenSpec, expected: fn(&TokenError) -> bool| {
        let Err(Error::Token(error)) = scanner.create_token(spec) else { panic!("it is refused") };
        assert!(expected(&error), "{error}");
    };
    check(spec("build", &[]), |error| matches!(error, TokenError::Taken(_)));
    check(spec("0123456789ab", &[]), |error| matches!(error, TokenError::Name { .. }));
    check(spec("a b", &[]), |error| matches!(error, TokenError::Name { .. }));
    check(spec("a", &["[z"]), |error| matches!(error, TokenError::Repositories(_)));
    check(spec("a", &[""]), |error| matches!(error, TokenError::Repositories(_)));
    check(spec("a", &["x"; GLOBS + 1]), |error| matches!(error, TokenError::Repositories(_)));
    check(TokenSpec { expires: Some(1), ..spec("a", &[]) }, |error| *error == TokenError::Expired);
}

#[test]
fn a_token_is_over_at_its_time() {
    let (scanner, _scratch) = test_support::scanner(Store::in_memory());
    let now = scanner.settings().clock.now();
    let expires = now + 60_000;
    let made = scanner.create_token(TokenSpec { expires: Some(expires), ..spec("build", &[]) }).unwrap();
    let known = Known::default();
    known.load(&scanner.store().view(), &scanner.settings().access).unwrap();
    let at = |time: u64| known.taken(time, &made.secret).err();
    assert_eq!((at(now), at(expires - 1), at(expires)), (None, None, Some(Refused::Expired)));
}

#[test]
fn a_glob_of_repositories_does_not_go_over_a_slash() {
    let (scanner, _scratch) = test_support::scanner(Store::in_memory());
    let made = scanner.create_token(spec("shop", &["registry.example/shop/*", "docker.io/library/debian"]));
    let holder = scanner.token(&made.unwrap().secret).unwrap().holder;
    let check = |name: &str, expected: bool| assert_eq!(holder.sees(name), expected, "{name}");
    check("registry.example/shop/web:1", true);
    check("registry.example/shop/web@sha256:00", true);
    check("registry.example/shop/a/b", false);
    check("registry.example/other/web", false);
    check("debian:12", true);
    check("registry.example/docker.io/library/debian", false);
    check("docker.io/debian", true);
    check("evil/debian", false);
    assert!(!holder.sees_everything());
}

#[test]
fn what_was_changed_is_told_the_last_first_page_by_page() {
    let (scanner, _scratch) = test_support::scanner(Store::in_memory());
    for number in 0..5_u16 {
        let record = AuditRecord {
            time: 0,
            number: 0,
            who: "token:build".to_owned(),
            token: None,
            address: None,
            method: "PUT".to_owned(),
            path: format!("/v1/policies/{number}"),
            detail: None,
            status: 200,
            request: String::new(),
        };
        scanner.record_change(record).unwrap();
    }
    let (mut paths, mut before) = (Vec::new(), None);
    loop {
        let page = scanner.changes(before, 2).unwrap();
        assert!(page.items.len() <= 2);
        paths.extend(page.items.into_iter().map(|record| record.path));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(paths, [4, 3, 2, 1, 0].map(|number| format!("/v1/policies/{number}")));
}

#[test]
fn a_glob_of_one_registry_is_about_no_other() {
    let (scanner, _scratch) = test_support::scanner(Store::in_memory());
    let made = scanner.create_token(spec("hub", &["docker.io/**", "*/open/*"])).unwrap();
    let holder = scanner.token(&made.secret).unwrap().holder;
    let check = |name: &str, expected: bool| assert_eq!(holder.sees(name), expected, "{name}");
    check("debian", true);
    check("shop/web:1", true);
    check("registry.hub.docker.com/shop/web", true);
    check("registry.example/secret/db:1", false);
    check("127.0.0.1:5000/secret/db", false);
    check("localhost/secret/db", false);
    check("registry.example/open/db", true);
}

#[test]
fn a_guest_asks_as_often_as_one_may_whatever_is_said_of_them() {
    let access = AccessSettings { rate: 1, ..AccessSettings::default() };
    let (scanner, _scratch) =
        test_support::scanner_with(Store::in_memory(), |settings| settings.access = access);
    let guest = |name: &str, issuer: Option<&str>, role, repositories: &[&str]| {
        let repositories = repositories.iter().map(|glob| (*glob).to_owned()).collect();
        let guest = Guest { name: name.to_owned(), issuer: issuer.map(str::to_owned), role, repositories };
        scanner.guest(guest)
    };
    let reader = guest("oidc:a", Some("x"), AccessRole::Read, &["shop/*"]).unwrap();
    assert!(reader.sees("shop/web:1") && !reader.sees("other/web:1") && !reader.sees_everything());
    drop(reader.begin().unwrap());
    let admin = guest("oidc:a", Some("x"), AccessRole::Admin, &[]).unwrap();
    assert!(admin.sees_everything() && admin.token.spec.role == AccessRole::Admin);
    assert!(admin.begin().is_err(), "the same subject asks too often");
    // Of another issuer it is somebody else.
    guest("oidc:a", Some("y"), AccessRole::Read, &[]).unwrap().begin().unwrap();
    guest("psk:a", None, AccessRole::Read, &[]).unwrap().begin().unwrap();
    assert!(guest("oidc:a", Some("x"), AccessRole::Read, &["a{"]).is_err());
    // No token of theirs is one of the service.
    assert_eq!(refused(&scanner, ""), Some(Refused::Unknown));
}
