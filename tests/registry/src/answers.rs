//! What a registry answers
//! ([specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md)).

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::http::{Answer, Asked};
use crate::{Access, Fault, Flow, Manifest, Named, Registry, State, TokenService, digest, media_types};

impl Registry {
    /// The fault that is planned for a request.
    pub(crate) fn fault(&self, asked: &Asked) -> Option<Fault> {
        let mut state = self.state();
        let planned =
            state.faults.iter_mut().find(|planned| planned.left > 0 && asked.path.contains(&planned.part))?;
        planned.left -= 1;
        Some(planned.fault.clone())
    }
}

pub(crate) fn answer(registry: &Registry, asked: &Asked, fault: Option<&Fault>) -> Answer {
    let mut state = registry.state();
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    if path == "/token" {
        return fault
            .map_or_else(|| token(&mut state, asked, query), |fault| failed(Answer::default(), fault));
    }
    if !may(&state, asked) {
        return challenge(&state, registry, path);
    }
    let right = match split(path) {
        Some(("", "_catalog")) => {
            let names = state.repositories.iter().cloned().collect();
            list(&state, path, query, "repositories", names)
        }
        Some((repository, "tags/list")) => {
            let tags = state.tags.keys().filter(|(known, _)| known == repository);
            list(&state, path, query, "tags", tags.map(|(_, tag)| tag.clone()).collect())
        }
        Some((repository, rest)) => match rest.split_once('/') {
            Some(("manifests", version)) => manifest(&state, repository, version, asked),
            Some(("referrers", digest)) if state.lists_referrers => {
                referrers(&state, path, query, (repository, digest))
            }
            Some(("blobs", digest)) => blob(&state, digest, asked, fault),
            _ => unknown("NAME_UNKNOWN"),
        },
        // That it is a registry.
        None if path == "/v2/" => Answer::new(200, "{}"),
        None => unknown("UNSUPPORTED"),
    };
    fault.map_or(right.clone(), |fault| failed(right, fault))
}

fn failed(right: Answer, fault: &Fault) -> Answer {
    match fault {
        Fault::Status(status, after) => {
            let answer = Answer::new(*status, r#"{"errors":[{"code":"UNAVAILABLE","message":"not now"}]}"#);
            after.iter().fold(answer, |answer, after| answer.with("retry-after", after.clone()))
        }
        Fault::Lie(bytes) => Answer { body: bytes.clone(), ..right },
        Fault::Redirect(to) => Answer::new(307, "").with("location", to.clone()),
        Fault::Realm(at) => {
            Answer::new(401, "").with("www-authenticate", format!("Bearer realm=\"{at}\",service=\"test\""))
        }
        Fault::NoDigest => right.without("docker-content-digest"),
        Fault::Digest(digest) => right.with("docker-content-digest", digest.clone()),
        Fault::Link(to) => right.with("link", format!("<{to}>; rel=\"next\"")),
        _ => right,
    }
}

/// Repository and what is wanted of it.
fn split(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix("/v2/")?;
    if path == "_catalog" {
        return Some(("", path));
    }
    ["/manifests/", "/referrers/", "/blobs/", "/tags/list"].iter().find_map(|part| {
        let at = path.rfind(part)?;
        Some((&path[..at], &path[at + 1..]))
    })
}

fn unknown(code: &str) -> Answer {
    Answer::new(404, json!({"errors": [{"code": code, "message": "no such thing"}]}).to_string())
}

fn manifest(state: &State, repository: &str, version: &str, asked: &Asked) -> Answer {
    let tagged = state.tags.get(&(repository.to_owned(), version.to_owned()));
    let digest = tagged.cloned().unwrap_or_else(|| version.to_owned());
    let Some((media_type, bytes)) = state.manifests.get(&(repository.to_owned(), digest.clone())) else {
        return unknown("MANIFEST_UNKNOWN");
    };
    let etag = format!("\"{digest}\"");
    if asked.header("if-none-match") == Some(&etag) {
        return Answer::new(304, "").with("etag", etag);
    }
    Answer::new(200, bytes.to_vec())
        .with("content-type", media_type.clone())
        .with("docker-content-digest", digest)
        .with("etag", etag)
}

fn blob(state: &State, digest: &str, asked: &Asked, fault: Option<&Fault>) -> Answer {
    let Some(bytes) = state.blobs.get(digest) else { return unknown("BLOB_UNKNOWN") };
    let from =
        asked.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let Some(from) = from.filter(|_| fault != Some(&Fault::NoRanges)) else {
        return Answer::new(200, bytes.to_vec());
    };
    if from >= bytes.len() {
        return Answer::new(416, "");
    }
    let from = if fault == Some(&Fault::WrongRange) { from / 2 } else { from };
    let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
    Answer::new(206, &bytes[from..]).with("content-range", range)
}

fn list(state: &State, path: &str, query: &str, key: &str, names: Vec<String>) -> Answer {
    let field = |name: &str| query.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    let asked = field("n").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let size = state.page.unwrap_or(usize::MAX).min(asked);
    let last = field("last").unwrap_or_default();
    let mut rest = names.into_iter().filter(|name| name.as_str() > last).peekable();
    let page: Vec<String> = rest.by_ref().take(size).collect();
    let answer = Answer::new(200, json!({"name": path, key: page}).to_string());
    match (rest.peek(), page.last()) {
        (Some(_), Some(last)) => answer.with("link", format!("<{path}?last={last}&n={size}>; rel=\"next\"")),
        _ => answer,
    }
}

/// The manifests of a repository whose `subject` is another one.
fn referrers(state: &State, path: &str, query: &str, (repository, subject): (&str, &str)) -> Answer {
    let field = |name: &str| query.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    let referring = |(of, digest): (&Named, &Manifest)| {
        let manifest: Value = serde_json::from_slice(&digest.1).ok()?;
        (of.0 == repository && manifest["subject"]["digest"] == subject).then(|| {
            json!({
                "mediaType": digest.0, "digest": of.1, "size": digest.1.len(),
                "artifactType": manifest["artifactType"], "annotations": manifest["annotations"],
            })
        })
    };
    let last = field("last").unwrap_or_default();
    let mut rest =
        state.manifests.iter().filter_map(referring).filter(|it| it["digest"].as_str() > Some(last));
    let page: Vec<Value> = rest.by_ref().take(state.page.unwrap_or(usize::MAX)).collect();
    let index = json!({"schemaVersion": 2, "mediaType": media_types::INDEX, "manifests": page});
    let answer = Answer::new(200, index.to_string()).with("content-type", media_types::INDEX.to_owned());
    match (rest.next(), page.last()) {
        (Some(_), Some(last)) => {
            let last = last["digest"].as_str().unwrap_or_default();
            answer.with("link", format!("<{path}?last={last}>; rel=\"next\""))
        }
        _ => answer,
    }
}

fn may(state: &State, asked: &Asked) -> bool {
    let shown = asked.header("authorization").unwrap_or_default();
    match &state.access {
        Access::Anyone => true,
        Access::Basic { username, password } => shown == basic(username, password),
        Access::Bearer(_) => {
            let token = shown.strip_prefix("Bearer ").unwrap_or_default();
            state.tokens.get(token).is_some_and(|until| Instant::now() < *until)
        }
    }
}

fn challenge(state: &State, registry: &Registry, path: &str) -> Answer {
    let answer = Answer::new(401, r#"{"errors":[{"code":"UNAUTHORIZED","message":"who are you?"}]}"#);
    let challenge = match &state.access {
        Access::Basic { .. } => "Basic realm=\"test\"".to_owned(),
        _ => {
            let scope = match split(path) {
                Some((repository, _)) if !repository.is_empty() => format!("repository:{repository}:pull"),
                _ => "registry:catalog:*".to_owned(),
            };
            format!("Bearer realm=\"{}\",service=\"test\",scope=\"{scope}\"", registry.at("/token"))
        }
    };
    answer.with("www-authenticate", challenge)
}

fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

fn token(state: &mut State, asked: &Asked, query: &str) -> Answer {
    let Access::Bearer(service) = state.access.clone() else { return unknown("UNSUPPORTED") };
    let refused = Answer::new(401, r#"{"errors":[{"code":"DENIED","message":"not you"}]}"#);
    let is_form = asked.method == "POST";
    if !is_form && service.flow == Flow::Form {
        return Answer::new(405, "");
    }
    let asked_for = if is_form { &asked.body } else { query };
    let field =
        |name: &str| asked_for.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    if field("scope").is_none() || field("service") != Some("test") || !is_known(&service, asked, is_form) {
        return refused;
    }
    state.given += 1;
    let token = digest(format!("token {}", state.given).as_bytes());
    state.tokens.insert(token.clone(), Instant::now() + service.lifetime);
    let key = if is_form { "access_token" } else { "token" };
    Answer::new(200, json!({key: token, "expires_in": service.stated.as_secs()}).to_string())
}

fn is_known(service: &TokenService, asked: &Asked, is_form: bool) -> bool {
    let form =
        |name: &str| asked.body.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    match (&service.login, &service.identity) {
        (None, None) => true,
        (_, Some(identity)) if is_form && form("grant_type") == Some("refresh_token") => {
            form("refresh_token") == Some(identity)
        }
        (Some((username, password)), _) if is_form => {
            form("username") == Some(username) && form("password") == Some(password)
        }
        (Some((username, password)), _) => asked.header("authorization") == Some(&basic(username, password)),
        _ => false,
    }
}
