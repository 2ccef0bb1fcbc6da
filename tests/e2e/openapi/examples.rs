//! Each operation that answers in JSON shows an answer, which a service gave here: `LIMPID_UPDATE_GOLDEN=1` asks one
//! anew, and writes `host/server/src/openapi/examples.json`, from where the document has them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::golden;
use crate::notices::schema::Schemas;
use crate::program::Setup;
use crate::service::{Service, until};

/// Items of lists that are shown, and the most bytes of a text.
const ITEMS: usize = 2;
const TEXT: usize = 160;

/// When everything happened.
const TIME: &str = "2026-11-30T05:00:00Z";

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/server/src/openapi/examples.json")
}

#[test]
fn each_answer_in_json_has_an_example_that_is_as_it_is_described() {
    let service = Service::start();
    let schemas = Schemas(service.api.get("/v1/openapi.json").ok());
    let answers = answers(&schemas.0);
    if golden::updates() {
        let mut examples = asked(&schemas.0);
        // It takes a publisher who is reached.
        examples.insert("Run".to_owned(), run());
        let wanted = answers.values().cloned().collect::<std::collections::BTreeSet<_>>();
        examples.retain(|name, _| wanted.contains(name));
        let text = serde_json::to_string_pretty(&examples).unwrap();
        fs::write(kept(), text + "\n").unwrap();
    }
    let examples: Map<String, Value> = serde_json::from_slice(&fs::read(kept()).unwrap()).unwrap();
    for (pointer, name) in &answers {
        let example = examples.get(name).unwrap_or_else(|| panic!("{pointer}: `{name}` has no example"));
        schemas.check_schema(name, example);
        // The document of a program that was built before they were written has others.
        if !golden::updates() {
            assert_eq!(schemas.0.pointer(&format!("{pointer}/example")), Some(example), "{pointer}");
        }
    }
}

/// Where the document has answers in JSON, and the names of their schemas.
fn answers(document: &Value) -> BTreeMap<String, String> {
    let mut answers = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(responses) = operation["responses"].as_object() else { continue };
            for status in responses.keys().filter(|status| status.starts_with('2')) {
                let Some(name) = schema(document, path, method, status) else { continue };
                let path = path.replace('~', "~0").replace('/', "~1");
                let pointer = format!("/paths/{path}/{method}/responses/{status}/content/application~1json");
                answers.insert(pointer, name);
            }
        }
    }
    assert!(answers.len() > 50, "{answers:#?}");
    answers
}

/// The name of the schema of an answer; none where it is no JSON.
fn schema(document: &Value, path: &str, method: &str, status: &str) -> Option<String> {
    let answer = &document["paths"][path][method]["responses"][status];
    let named = answer["content"]["application/json"]["schema"]["$ref"].as_str()?;
    Some(named.strip_prefix("#/components/schemas/").unwrap().to_owned())
}

/// What a service answers that knows an image, by the names of schemas.
fn asked(document: &Value) -> BTreeMap<String, Value> {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::new().with("LIMPID_BACKUP__DIRECTORY", folder.path().display());
    let service = Service::with(setup.with("LIMPID_OWNERS__SHOP", r#"["**"]"#));
    let mut examples = BTreeMap::new();
    let mut ask = |method: &str, template: &str, path: &str, body: &[u8]| -> Value {
        let answer = service.api.send(&method.to_uppercase(), path, &[("Prefer", "wait=60")], body);
        let name = schema(document, template, method, &answer.status.to_string());
        let name = name.unwrap_or_else(|| panic!("{method} {path}: {answer:#?}"));
        let mut example = answer.body.clone();
        shorten(&mut example, folder.path());
        examples.entry(name).or_insert(example);
        answer.body
    };
    let archive = Parts::of(&debian(), Compression::Gzip).docker_archive();
    let job = ask("post", "/v1/images", "/v1/images", &archive);
    let image = job["images"][0].as_str().unwrap().to_owned();
    let of_image = |what: &str| format!("/v1/images/{image}{what}");
    let hook =
        json!({ "webhook": { "url": "https://receiver.example/limpid" }, "enabled": false }).to_string();
    ask("put", "/v1/subscriptions/{name}", "/v1/subscriptions/shop", hook.as_bytes());
    let documents = "/v1/feeds/{name}/documents";
    ask("post", documents, "/v1/feeds/debian/documents", advisories::debian_tracker().as_ref());
    let bundle = folder.path().join("feeds");
    let export = ["feed", "export", bundle.to_str().unwrap(), "--service", service.api.address()];
    service.setup.run(export).ok();
    let source = "/v1/feeds/{name}/sources/{source}";
    ask("delete", source, "/v1/feeds/debian/sources/tracker", b"");
    // What is known already is news to nobody, but that it is taken back.
    until("there is a notice", || {
        let notices = service.api.get("/v1/notices").ok();
        notices["notices"].as_array().is_some_and(|all| !all.is_empty()).then_some(())
    });
    ask("get", "/v1/notices", "/v1/notices", b"");
    let replay = "/v1/notices/{subscription}/{number}/replay";
    ask("post", replay, "/v1/notices/shop/1/replay", b"");
    ask("post", "/v1/bundle", "/v1/bundle?force=true", &fs::read(bundle).unwrap());
    ask("put", "/v1/policies/{name}", "/v1/policies/shop", b"fail_on = [\"critical,fixable\"]\n");
    let hub = br#"{"url": "https://vex.example/hub"}"#;
    ask("put", "/v1/vex-repositories/{name}", "/v1/vex-repositories/hub", hub);
    let watch = json!({ "registry": "registry.example", "repositories": ["shop/*"], "enabled": false });
    ask("put", "/v1/watches/{name}", "/v1/watches/shop", watch.to_string().as_bytes());
    let token = json!({ "name": "build", "role": "submit", "expires": "2099-01-31T00:00:00Z" }).to_string();
    ask("post", "/v1/tokens", "/v1/tokens", token.as_bytes());
    let component = fs::read(Setup::new().plugins().join("debian.wasm")).unwrap();
    ask("put", "/v1/plugins/{name}", "/v1/plugins/debian", &component);
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": { "uid": "705ab4f5", "operation": "CREATE", "object": { "apiVersion": "v1", "kind": "Pod",
            "spec": { "containers": [{ "name": "web", "image": debian().name() }] } } },
    });
    ask("post", "/v1/admission", "/v1/admission", review.to_string().as_bytes());
    let pushed = json!({ "docker_url": "registry.example/shop/web", "updated_tags": ["1.2"] });
    ask("post", "/v1/events", "/v1/events", pushed.to_string().as_bytes());
    ask("post", "/v1/settings/reload", "/v1/settings/reload", b"");
    ask("post", "/v1/backups", "/v1/backups", b"{}");

    let report = ask("get", "/v1/images/{image}/report", &of_image("/report"), b"");
    let finding = &report["findings"][0];
    let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap();
    let (vulnerability, name, namespace) =
        (text("/vulnerability"), text("/package/name"), text("/namespace"));
    let layer = report.pointer("/image/layers/0/diff_id").and_then(Value::as_str).unwrap();
    let repositories = ask("get", "/v1/repositories", "/v1/repositories", b"");
    let repository = repositories["repositories"][0]["name"].as_str().unwrap().replace('/', "%2F");
    let pages = [
        ("/v1/images/{image}/explain", of_image(&format!("/explain?vulnerability={vulnerability}"))),
        ("/v1/images/{image}/diff/{other}", of_image(&format!("/diff/{image}"))),
        ("/v1/images/{image}/verdict", of_image("/verdict?fail-on=fixable")),
        ("/v1/packages/{namespace}/{name}", format!("/v1/packages/{namespace}/{name}")),
        ("/v1/layers/{diff_id}", format!("/v1/layers/{layer}")),
    ];
    pages.iter().for_each(|(template, path)| drop(ask("get", template, path, b"")));
    // All others, whose parameters are known by their place.
    let paths = document["paths"].as_object().unwrap().iter().filter(|(_, item)| item.get("get").is_some());
    for (template, _) in paths {
        if schema(document, template, "get", "200").is_none()
            || pages.iter().any(|(known, _)| known == template)
        {
            continue;
        }
        let below = |known: &str, value: &str| template.starts_with(known).then(|| value.to_owned());
        let name = below("/v1/plugins", "debian")
            .or_else(|| below("/v1/feeds", "debian"))
            .or_else(|| below("/v1/vex-repositories", "hub"))
            .or_else(|| below("/v1/repositories", &repository))
            .unwrap_or_else(|| "shop".to_owned());
        let id = below("/v1/vulnerabilities", vulnerability).unwrap_or_else(|| "1".to_owned());
        let path = template.replace("{image}", &image).replace("{name}", &name).replace("{id}", &id);
        if path != "/v1/vex/shop" {
            ask("get", template, &path, b"");
        }
    }
    examples
}

fn run() -> Value {
    json!({
        "feed": "debian", "revision": 18, "complete": true, "ingested": 1, "unchanged": 3, "bytes": 61_440,
        "added": 2, "changed": 5, "withdrawn": 0, "rejected": 0, "absent": [], "failures": [],
    })
}

/// Leaves as much of an answer as shows what it is, and nothing that is of this run or this machine.
fn shorten(value: &mut Value, folder: &Path) {
    match value {
        Value::Array(items) => {
            items.truncate(ITEMS);
            items.iter_mut().for_each(|item| shorten(item, folder));
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                match name.as_str() {
                    "secret" if field.is_string() => *field = "shown this once".into(),
                    "age" if field.is_u64() => *field = 3_600.into(),
                    _ => shorten(field, folder),
                }
            }
        }
        Value::String(text) => {
            let is_time = text.len() >= 20 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
            let recent = is_time && text.as_str() > "2026-11-01" && text.as_str() < "2090";
            let here = folder.display().to_string();
            if recent {
                *text = TIME.to_owned();
            } else if text.contains(&here) {
                *text = text.replace(&here, "/var/backups/limpid");
            } else if text.starts_with('/') && (text.contains("/target/") || text.contains("/tmp")) {
                *text = "/var/lib/limpid".to_owned();
            } else if text.len() > TEXT {
                let end = (0..=TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
                text.truncate(end);
                text.push('…');
            }
        }
        _ => {}
    }
}
