//! Reviews of the admission to a Kubernetes cluster: `AdmissionReview` of
//! [admission.k8s.io/v1](https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/).

use std::collections::BTreeSet;

use limpid_formats::printable;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const API: &str = "admission.k8s.io/v1";
const KIND: &str = "AdmissionReview";

/// Where the specification of a pod is: of a pod, of what makes pods, of what makes what makes pods.
const PODS: [&str; 3] = ["/spec", "/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];

/// Longest warning, in characters, as the cluster cuts them.
const WARNING: usize = 256;

/// Most warnings of an answer.
const WARNINGS: usize = 16;

/// Longest reason of a refusal, in characters.
const MESSAGE: usize = 4_096;

/// What a cluster asks.
#[derive(Debug, Deserialize)]
pub(in crate::routes::v1) struct Review {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    request: Request,
}

#[derive(Debug, Deserialize)]
struct Request {
    uid: String,
    #[serde(default)]
    object: Value,
}

/// What it is answered: an `AdmissionReview` with a `response`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AdmissionAnswer)]
pub(in crate::routes::v1) struct Answer {
    /// `admission.k8s.io/v1`.
    api_version: &'static str,
    /// `AdmissionReview`.
    kind: &'static str,
    /// Whether the pod may run.
    response: Response,
}

/// Whether a pod may run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdmissionResponse)]
struct Response {
    /// That of the request.
    uid: String,
    /// Whether it may.
    allowed: bool,
    /// Why not; absent where it may.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status: Option<Status>,
    /// What whoever asked is to be told; absent where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// Why a pod may not run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdmissionStatus)]
struct Status {
    /// As of HTTP.
    code: u16,
    /// For programs.
    reason: &'static str,
    /// For people.
    message: String,
}

impl Review {
    /// Reads a review.
    ///
    /// # Errors
    /// It is none of this version.
    pub(in crate::routes::v1) fn read(bytes: &[u8]) -> Result<Self, String> {
        let review: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if (review.api_version.as_str(), review.kind.as_str()) != (API, KIND) {
            return Err(format!(
                "it is `{:.50}` of `{:.50}`, not of `{API}`",
                review.kind, review.api_version
            ));
        }
        Ok(review)
    }

    /// The images that it would run, each once. What is removed, and what makes no pods, runs none.
    pub(in crate::routes::v1) fn images(&self) -> BTreeSet<String> {
        let mut images = BTreeSet::new();
        for place in PODS {
            let Some(pod) = self.request.object.pointer(place) else { continue };
            for list in ["containers", "initContainers", "ephemeralContainers"] {
                collect(pod.get(list), "/image", &mut images);
            }
            collect(pod.get("volumes"), "/image/reference", &mut images);
        }
        images
    }
}

fn collect(list: Option<&Value>, place: &str, images: &mut BTreeSet<String>) {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    let named = items.filter_map(|item| item.pointer(place)?.as_str());
    images.extend(named.filter(|image| !image.is_empty()).map(str::to_owned));
}

impl Answer {
    /// The answer that allows it.
    pub(in crate::routes::v1) fn to(review: &Review) -> Self {
        let uid = review.request.uid.clone();
        let response = Response { uid, allowed: true, status: None, warnings: Vec::new() };
        Self { api_version: API, kind: KIND, response }
    }

    /// Refuses it, for one more reason.
    pub(in crate::routes::v1) fn refuse(&mut self, why: String) {
        let response = &mut self.response;
        response.allowed = false;
        let message = match response.status.take() {
            None => why,
            Some(status) => format!("{}; {why}", status.message),
        };
        let message = cut(&message, MESSAGE);
        response.status = Some(Status { code: 403, reason: "Forbidden", message });
    }

    /// Tells whoever asked the cluster of something.
    pub(in crate::routes::v1) fn warn(&mut self, why: String) {
        if self.response.warnings.len() < WARNINGS {
            self.response.warnings.push(cut(&why, WARNING));
        }
    }
}

/// What people see in their terminals, of names that are foreign.
fn cut(text: &str, most: usize) -> String {
    printable(text).chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn review(object: Value) -> Review {
        let review = json!({"apiVersion": API, "kind": KIND, "request": {"uid": "u", "object": object}});
        Review::read(review.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn images_are_those_of_all_containers_and_volumes_of_what_makes_pods() {
        let check = |object: Value, expected: &[&str]| {
            let found: Vec<_> = review(object).images().into_iter().collect();
            assert_eq!(found, expected);
        };
        let pod = json!({
            "containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "a:1"}, {"name": "c"}],
            "initContainers": [{"image": "i"}], "ephemeralContainers": [{"image": "e"}],
            "volumes": [{"name": "v", "image": {"reference": "v:1"}}, {"name": "w", "emptyDir": {}}],
        });
        let all = ["a:1", "e", "i", "v:1"];
        check(json!({"kind": "Pod", "spec": pod}), &all);
        check(json!({"kind": "Deployment", "spec": {"template": {"spec": pod}}}), &all);
        check(
            json!({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}}),
            &all,
        );
        check(json!({"kind": "ConfigMap", "data": {}}), &[]);
        check(Value::Null, &[]);
    }

    #[test]
    fn an_answer_gives_all_reasons_in_what_a_terminal_can_show() {
        let review = review(Value::Null);
        let mut answer = Answer::to(&review);
        answer.warn("w\u{1b}[1m".to_owned());
        let shown = serde_json::to_value(&answer).unwrap();
        assert_eq!((&shown["response"]["uid"], &shown["response"]["allowed"]), (&"u".into(), &true.into()));
        assert!(!shown["response"]["warnings"][0].as_str().unwrap().contains('\u{1b}'));
        answer.refuse("a".to_owned());
        answer.refuse("b".repeat(10_000));
        let shown = serde_json::to_value(&answer).unwrap();
        assert_eq!(
            (&shown["response"]["allowed"], &shown["response"]["status"]["code"]),
            (&false.into(), &403.into())
        );
        let message = shown["response"]["status"]["message"].as_str().unwrap();
        assert!(message.starts_with("a; b") && message.len() == MESSAGE);
        (0..100).for_each(|_| answer.warn("w".to_owned()));
        assert_eq!(answer.response.warnings.len(), WARNINGS);
    }

    #[test]
    fn what_is_no_review_is_refused() {
        for bad in ["", "{}", r#"{"apiVersion": "v1", "kind": "Pod", "request": {"uid": ""}}"#] {
            assert!(Review::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
