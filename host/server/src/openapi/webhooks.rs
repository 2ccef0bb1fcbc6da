//! What the service sends to those who subscribe.

use limpid_formats::notice;
use limpid_model::{Change, Digest, Image, NoticeKind, Platform, Severity, Standing, StandingPackage};
use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{Ref, Required};

use super::parameters::{text, whole};

/// What an answer of a receiver means.
const ANSWERS: [(&str, &str); 5] = [
    ("2XX", "Acknowledged: it is not sent again."),
    ("410", "The receiver is gone for good: the subscription is disabled."),
    ("429", "Sent again, not before `Retry-After`."),
    ("503", "Sent again, not before `Retry-After`."),
    ("default", "Sent again after a while. Redirects are not followed."),
];

/// All messages, by their type.
pub(super) fn all() -> Paths {
    let mut all = PathsBuilder::new();
    for kind in NoticeKind::ALL {
        let name = format!("image.{}", kind.as_str());
        all = all.path(name, message("Notice", means(kind), example(kind)));
    }
    let digest = "Notices of a period, of a subscription with `period`.";
    let test = "A message that tells nothing, sent when it is asked for.";
    all.path("digest", message("Digest", digest, digested()))
        .path("test", message("Test", test, json!(notice::test("shop", RAISED))))
        .build()
}

const fn means(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::NewlyAffected => "A vulnerability affects an image that it did not affect.",
        NoticeKind::NoLongerAffected => "It affects the image no longer.",
        NoticeKind::Withdrawn => {
            "It affects the image no longer, because the publisher took the advisory back."
        }
        NoticeKind::SeverityChanged => "It is more or less severe than before.",
        NoticeKind::BecameExploited => "It became known to be exploited.",
        NoticeKind::FixAvailable => "There is an update that fixes it now.",
        NoticeKind::Renamed => "The vulnerability has another name now, and nothing else has changed.",
    }
}

fn message(schema: &str, description: &str, example: Value) -> PathItem {
    let example = ExampleBuilder::new().value(Some(example)).build();
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(schema)))
        .examples_from_iter([("one", example)])
        .build();
    let body =
        RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build();
    let answers = ANSWERS.map(|(status, means)| (status, ResponseBuilder::new().description(means).build()));
    let operation = OperationBuilder::new()
        .description(Some(description))
        .parameters(Some(headers()))
        .request_body(Some(body))
        .responses(ResponsesBuilder::new().responses_from_iter(answers).build());
    PathItem::new(HttpMethod::Post, operation)
}

/// Those of [Standard Webhooks](https://www.standardwebhooks.com).
fn headers() -> [Parameter; 3] {
    let header = |name: &str, description: &str, schema: ObjectBuilder| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some(description))
            .schema(Some(schema))
            .build()
    };
    [
        header(
            "webhook-id",
            "Identifier of the message, the same at each attempt: what comes twice is known by it.",
            text(),
        ),
        header(
            "webhook-timestamp",
            "When this attempt was made, in seconds since 1970. What is old is to be refused.",
            whole(),
        ),
        header(
            "webhook-signature",
            "`v1,` and the base64 of the HMAC-SHA256, by the secret, of identifier, timestamp and body with a dot \
             between each two.",
            text(),
        ),
    ]
}

/// 26 November 2026, in milliseconds since 1970.
const RAISED: u64 = 1_795_685_400_000;

/// What is sent when an image is affected by a known vulnerability of curl.
fn example(kind: NoticeKind) -> Value {
    let fixed = "7.88.1-10+deb12u7";
    let is_fixable = kind != NoticeKind::BecameExploited;
    let is_exploited = kind == NoticeKind::BecameExploited;
    let package = StandingPackage {
        name: "curl".to_owned(),
        version: "7.88.1-10+deb12u6".to_owned(),
        fixed_version: is_fixable.then(|| fixed.to_owned()),
        namespace: "debian:bookworm".to_owned(),
        advisory: "CVE-2024-7264".to_owned(),
        feed: "debian".to_owned(),
        fingerprint: "0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned(),
    };
    let severity = match kind {
        NoticeKind::SeverityChanged => Severity::Critical,
        _ => Severity::High,
    };
    let image = Image {
        id: Digest::of(b"an image"),
        manifests: Vec::new(),
        names: vec!["registry.example/shop/web:1.4".to_owned()],
        platform: Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None },
        created: None,
        labels: vec![("team".to_owned(), "shop".to_owned())],
        layers: Vec::new(),
    };
    let change = Change {
        image,
        vulnerability: "CVE-2024-7264".to_owned(),
        before: (kind == NoticeKind::Renamed).then(|| "TEMP-1077656-5D6C71".to_owned()),
        kind,
        standing: Standing {
            severity,
            fixable: is_fixable,
            exploited: is_exploited,
            packages: vec![package],
        },
    };
    json!(notice::change(&change, if is_exploited { "kev" } else { "debian" }, 42, RAISED))
}

fn digested() -> Value {
    let bodies = [NoticeKind::NewlyAffected, NoticeKind::FixAvailable].map(|kind| example(kind).to_string());
    let [first, second] = &bodies;
    let notices = [
        ("msg_0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b", first.as_bytes()),
        ("msg_2c3d2c3d2c3d2c3d2c3d2c3d2c3d2c3d", second.as_bytes()),
    ];
    json!(notice::digest(notices.into_iter(), RAISED))
}
