//! Every operation of the OpenAPI document refuses what a role or a scope may not do.

use serde_json::Value;

use super::required;
use crate::service::Service;

/// From the least on: each may all that those before it may.
const ROLES: [&str; 4] = ["read", "submit", "operate", "admin"];

struct Operation {
    method: String,
    path: String,
    /// The role that it needs; none: everybody may.
    role: Option<usize>,
    /// What it is about.
    reach: String,
}

/// Operations as they are described, about things that there are none of.
fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| {
            let part = |part: &str| match part {
                "{number}" => "1".to_owned(),
                part if part.starts_with('{') => "walked".to_owned(),
                part => part.to_owned(),
            };
            let path = path.split('/').map(part).collect::<Vec<_>>().join("/");
            let role = operation["x-role"].as_str().unwrap();
            let role = ROLES.iter().position(|known| *known == role);
            let reach = operation["x-reach"].as_str().unwrap().to_owned();
            Operation { method: method.to_ascii_uppercase(), path, role, reach }
        })
    });
    all.collect()
}

#[test]
fn every_operation_refuses_what_a_role_or_scope_may_not() {
    let service = Service::with(required());
    let secrets = ROLES.map(|role| service.token(&[role, "--role", role]));
    let bound = service.token(&["bound", "--role", "admin", "--repository", "shop/*"]);
    let ask = |operation: &Operation, secret: Option<&str>| {
        service.api.status(&operation.method, &operation.path, secret)
    };
    let document = service.api.ask(&secrets[0], "GET", "/v1/openapi.json", b"").ok();
    let operations = operations(&document);
    assert!(operations.len() > 70, "{}", operations.len());
    let (mut refused, mut let_in) = (0, 0);
    for operation in &operations {
        let Operation { method, path, role, reach } = operation;
        let Some(role) = *role else {
            assert!(ask(operation, None).0 < 400, "{method} {path} without a token");
            continue;
        };
        let nobody = (401, "unauthorized".to_owned());
        assert_eq!(ask(operation, None), nobody, "{method} {path} without a token");
        assert_eq!(
            ask(operation, Some("limpid_000000000000_x")),
            nobody,
            "{method} {path} with a wrong token"
        );
        for (place, secret) in secrets.iter().enumerate() {
            let (status, code) = ask(operation, Some(secret));
            let what = format!("{method} {path} as `{}`: {status} `{code}`", ROLES[place]);
            if place < role {
                assert_eq!((status, &*code), (403, "forbidden"), "{what}");
                refused += 1;
            } else {
                assert!(![401, 403].contains(&status) && status < 500, "{what}");
                let_in += 1;
            }
        }
        let (status, code) = ask(operation, Some(&bound));
        let what = format!("{method} {path}, which is about {reach}, of a bound token: {status} `{code}`");
        match &**reach {
            "all" => assert_eq!((status, &*code), (403, "forbidden"), "{what}"),
            "images" => assert_eq!((status, &*code), (404, "no-such-image"), "{what}"),
            "repository" => assert_eq!((status, &*code), (404, "no-such-repository"), "{what}"),
            // It looks at what is submitted: an archive may call itself anything.
            "submission" => assert_eq!((status, &*code), (403, "forbidden"), "{what}"),
            "everybody" => assert!(![401, 403].contains(&status) && status < 500, "{what}"),
            other => panic!("{method} {path}: `{other}` is no reach of this test"),
        }
    }
    assert!(refused > 50 && let_in > 150, "{refused} refused, {let_in} let in");
}
