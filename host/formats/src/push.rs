//! What registries send when something was pushed to them.
//!
//! Three forms are read: the envelope of
//! [CNCF Distribution](https://distribution.github.io/distribution/about/notifications/), which others send, too;
//! [Harbor's](https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/), its own and
//! as a CloudEvent; and [Quay's](https://docs.redhat.com/en/documentation/red_hat_quay/). Of what else the same
//! registries tell, such as pulls, nothing comes.

use limpid_model::Push;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What was pushed.
///
/// # Errors
/// A sentence on which forms were expected.
pub fn read(body: &[u8]) -> Result<Vec<Push>, String> {
    let known: Known = serde_json::from_slice(body).map_err(|error| {
        let what = if error.is_data() { "it is JSON of another form" } else { "it is no JSON" };
        format!(
            "{what}; expected is a notification of CNCF Distribution (`events`), Harbor (`type` and `event_data`, or a \
             CloudEvent with `specversion`, `type` and `data`) or Quay (`docker_url` and, of pushes, `updated_tags`)"
        )
    })?;
    Ok(match known {
        Known::Distribution { events } => events.into_iter().filter_map(Event::push).collect(),
        Known::Harbor { kind, event_data } => harbor(&kind, event_data),
        Known::CloudEvent { _version, kind, data } => harbor(&kind, data),
        Known::Quay { docker_url, updated_tags } => quay(&docker_url, updated_tags),
        Known::QuayOther { .. } => Vec::new(),
    })
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Known {
    Distribution {
        events: Vec<Event>,
    },
    Harbor {
        #[serde(rename = "type")]
        kind: String,
        event_data: Harbor,
    },
    CloudEvent {
        #[serde(rename = "specversion")]
        _version: String,
        #[serde(rename = "type")]
        kind: String,
        data: Harbor,
    },
    Quay {
        docker_url: String,
        updated_tags: QuayTags,
    },
    /// All notifications of Quay have these; the others are of builds, mirroring, vulnerabilities and expiring tags.
    QuayOther {
        #[serde(rename = "docker_url")]
        _docker_url: String,
        #[serde(rename = "repository")]
        _repository: String,
        #[serde(rename = "namespace")]
        _namespace: String,
        #[serde(rename = "name")]
        _name: String,
        /// A push whose tags cannot be read is not well-formed.
        #[serde(rename = "updated_tags", default)]
        _updated_tags: (),
    },
}

#[derive(Deserialize)]
struct Event {
    action: String,
    #[serde(default)]
    target: Target,
    #[serde(default)]
    request: Request,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Target {
    repository: String,
    tag: String,
    url: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Request {
    host: String,
}

impl Event {
    /// None where no tag was pushed: a layer, or a manifest by its digest.
    fn push(self) -> Option<Push> {
        let Self { action, target, request } = self;
        let is_push = action == "push" && !target.tag.is_empty() && !target.repository.is_empty();
        is_push.then(|| {
            let registry =
                Some(request.host).filter(|host| !host.is_empty()).or_else(|| host_of(&target.url));
            Push { registry, repository: target.repository, tag: target.tag }
        })
    }
}

/// The host of an address, with its port.
fn host_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split('/').next().filter(|host| !host.is_empty())?;
    Some(host.to_owned())
}

#[derive(Deserialize)]
struct Harbor {
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    repository: HarborRepository,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource {
    tag: String,
    resource_url: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HarborRepository {
    repo_full_name: String,
}

fn harbor(kind: &str, data: Harbor) -> Vec<Push> {
    if !matches!(kind, "PUSH_ARTIFACT" | "pushImage" | "harbor.artifact.pushed") {
        return Vec::new();
    }
    let full_name = data.repository.repo_full_name;
    let pushes = data.resources.into_iter().filter_map(|resource| {
        // `harbor.example/project/name:tag`, or by digest, where there is no tag.
        let url = resource.resource_url;
        let url = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let (host, rest) = url.split_once('/')?;
        let (path, tag) = match rest.rsplit_once(':').filter(|_| !rest.contains('@')) {
            Some((path, tag)) => (path, tag.to_owned()),
            None => (rest.split('@').next().unwrap_or_default(), String::new()),
        };
        let tag = if resource.tag.is_empty() || resource.tag.contains(':') { tag } else { resource.tag };
        let repository = if full_name.is_empty() { path.to_owned() } else { full_name.clone() };
        (!tag.is_empty()).then(|| Push { registry: Some(host.to_owned()), repository, tag })
    });
    pushes.collect()
}

/// Older versions say of each tag to what it was set.
#[derive(Deserialize)]
#[serde(untagged)]
enum QuayTags {
    List(Vec<String>),
    Map(Map<String, Value>),
}

fn quay(docker_url: &str, tags: QuayTags) -> Vec<Push> {
    let Some((host, repository)) = docker_url.split_once('/') else { return Vec::new() };
    let tags: Vec<String> = match tags {
        QuayTags::List(tags) => tags,
        QuayTags::Map(tags) => tags.into_iter().map(|(tag, _)| tag).collect(),
    };
    let push = |tag| Push { registry: Some(host.to_owned()), repository: repository.to_owned(), tag };
    tags.into_iter().map(push).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &Value, expected: &[(&str, &str, &str)]) {
        let found = read(body.to_string().as_bytes()).unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|(host, repository, tag)| Push {
                registry: (!host.is_empty()).then(|| (*host).to_owned()),
                repository: (*repository).to_owned(),
                tag: (*tag).to_owned(),
            })
            .collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn tags_that_distribution_says_were_pushed_are_read() {
        let event = |action: &str, tag: Value, host: Value| {
            json!({
                "id": "320678d8-ca14-430f-8bb6-4ca139cd83f7",
                "timestamp": "2026-11-09T14:44:26.402973972-08:00",
                "action": action,
                "target": {
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": "sha256:fea8895f450959fa676bcc1df0611ea93823a735a01205fd8622846041d0c7cf",
                    "size": 708, "length": 708, "repository": "shop/web", "tag": tag,
                    "url": "http://registry.internal:5000/v2/shop/web/manifests/sha256:fea8895f4509",
                },
                "request": { "addr": "192.168.64.11:42961", "host": host, "method": "PUT" },
                "actor": {}, "source": { "addr": "xtal.local:10145" },
            })
        };
        let push = event("push", json!("1.2"), json!("registry.example:5000"));
        check(&json!({ "events": [push] }), &[("registry.example:5000", "shop/web", "1.2")]);
        let events = json!([
            event("pull", json!("1"), json!("a")),
            event("push", json!(""), json!("a")),
            event("push", json!("3"), json!("")),
            { "action": "delete", "target": { "repository": "shop/web" } },
            { "action": "push", "target": { "repository": "shop/api", "tag": "4" } },
        ]);
        let expected = [("registry.internal:5000", "shop/web", "3"), ("", "shop/api", "4")];
        check(&json!({ "events": events }), &expected);
        check(&json!({ "events": [] }), &[]);
    }

    #[test]
    fn artifacts_that_harbor_says_were_pushed_are_read() {
        let data = |url: &str, tag: &str| {
            json!({
                "resources": [{ "digest": "sha256:8a9e9863dbb6", "tag": tag, "resource_url": url }],
                "repository": {
                    "date_created": 1_797_000_000, "name": "debian", "namespace": "shop",
                    "repo_full_name": "shop/debian", "repo_type": "private",
                },
            })
        };
        let own = |kind: &str, data: Value| json!({ "type": kind, "occur_at": 1_797_000_000, "operator": "admin", "event_data": data });
        let url = "harbor.example/shop/debian:latest";
        check(&own("PUSH_ARTIFACT", data(url, "latest")), &[("harbor.example", "shop/debian", "latest")]);
        check(&own("PULL_ARTIFACT", data(url, "latest")), &[]);
        let by_digest = "harbor.example/shop/debian@sha256:8a9e9863dbb6";
        check(&own("PUSH_ARTIFACT", data(by_digest, "sha256:8a9e9863dbb6")), &[]);
        let event = json!({
            "specversion": "1.0", "id": "66e18103", "source": "/projects/2/webhook/policies/15",
            "type": "harbor.artifact.pushed", "datacontenttype": "application/json",
            "time": "2026-11-03T06:36:28Z", "operator": "admin",
            "data": data("harbor.example:8443/shop/debian:12", "12"),
        });
        check(&event, &[("harbor.example:8443", "shop/debian", "12")]);
        let scanned = json!({ "type": "SCANNING_COMPLETED", "event_data": { "scan": {} } });
        check(&scanned, &[]);
    }

    #[test]
    fn tags_that_quay_says_were_updated_are_read() {
        let body = |tags: Value| {
            json!({
                "name": "web", "repository": "shop/web", "namespace": "shop",
                "docker_url": "quay.example/shop/web",
                "homepage": "https://quay.example/repository/shop/web", "updated_tags": tags,
            })
        };
        let expected = [("quay.example", "shop/web", "1"), ("quay.example", "shop/web", "latest")];
        check(&body(json!(["1", "latest"])), &expected);
        check(&body(json!({ "1": "b750fe79269d", "latest": "b750fe79269d" })), &expected);
    }

    #[test]
    fn what_else_quay_tells_of_is_no_push() {
        let body = |rest: Value| {
            let mut body = json!({
                "name": "web", "repository": "shop/web", "namespace": "shop",
                "docker_url": "quay.example/shop/web", "homepage": "https://quay.example/repository/shop/web",
            });
            body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            body
        };
        check(
            &body(json!({ "build_id": "296ec063", "trigger_kind": "github", "docker_tags": ["master"] })),
            &[],
        );
        let vulnerability = json!({ "id": "CVE-2024-1", "priority": "Critical", "has_fix": true });
        check(&body(json!({ "tags": ["latest"], "vulnerability": vulnerability })), &[]);
        check(&body(json!({ "message": "Mirror Completed" })), &[]);
        let unreadable = body(json!({ "updated_tags": 5 })).to_string();
        assert!(read(unreadable.as_bytes()).unwrap_err().contains("another form"));
    }

    #[test]
    fn what_is_none_of_these_is_told_what_was_expected() {
        let check = |body: &str, expected: &str| {
            let why = read(body.as_bytes()).unwrap_err();
            assert!(why.contains(expected) && why.contains("updated_tags"), "{why}");
        };
        check("", "it is no JSON");
        check("{\"events\": 1}", "another form");
        check("{\"repository\": \"a\", \"updated_tags\": [\"1\"]}", "another form");
        check("{\"docker_url\": \"quay.example/shop/web\"}", "another form");
        check("[]", "another form");
    }
}
