//! The bodies of what subscribers receive: JSON in the frame of
//! [Standard Webhooks](https://www.standardwebhooks.com), with `type`, `timestamp` and `data`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::json::words::{MessageWord, SeverityWord};
use crate::rfc3339;

/// What a revision of a feed changed for an image.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// What kind of change it tells of.
    #[serde(rename = "type")]
    #[schema(inline, value_type = MessageWord)]
    kind: String,
    /// When it came to be known, in UTC.
    #[schema(format = DateTime)]
    timestamp: String,
    /// The change.
    data: Change,
}

/// A notice among those of a digest.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "a digest puts together what was written before: only its schema is of interest"
)]
pub struct DigestedNotice {
    /// Identifier of the notice, the same in whatever digest it comes.
    id: String,
    /// What kind of change it tells of.
    #[serde(rename = "type")]
    #[schema(inline, value_type = MessageWord)]
    kind: String,
    /// When it came to be known, in UTC.
    #[schema(format = DateTime)]
    timestamp: String,
    /// The change.
    data: Change,
}

/// How the image stands now; where it is affected no longer, how it stood.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    /// The image that it is about.
    image: Image,
    /// The vulnerability, by its most common identifier.
    vulnerability: String,
    /// How bad it is.
    #[schema(inline, value_type = SeverityWord)]
    severity: &'static str,
    /// Whether an update of a package fixes it.
    fixable: bool,
    /// Whether it is known to be exploited.
    exploited: bool,
    /// The packages by which the image is affected.
    packages: Vec<Package>,
    /// What brought the change.
    cause: Cause,
    /// What it was called before, where its name has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    previous: Option<String>,
    /// Why it cannot be said whether the expression of the subscription means it. Only there where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    undecided: Option<String>,
}

/// The image that it is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Image {
    /// Digest of the image's configuration.
    #[schema(pattern = "^sha256:[0-9a-f]{64}$")]
    digest: String,
    /// Names under which the image was submitted.
    names: Vec<String>,
    /// Labels of the image's configuration.
    labels: BTreeMap<String, String>,
}

/// A package by which the image is affected.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Package {
    /// Its name.
    name: String,
    /// Its version in the image.
    version: String,
    /// The nearest version that fixes it; null where there is none.
    #[schema(required)]
    fixed_version: Option<String>,
    /// Where the advisory is published.
    namespace: String,
    /// The publisher's identifier.
    advisory: String,
    /// The feed that says so.
    feed: String,
    /// What stands for the finding in reports and notices: the same after the vulnerability is renamed or the package
    /// changes its version.
    fingerprint: String,
}

/// What brought the change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Cause {
    /// The feed.
    feed: String,
    /// Revision of the feed after the change.
    revision: u64,
}

/// Several notices in one message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// `digest`.
    #[serde(rename = "type")]
    #[schema(pattern = "^digest$")]
    kind: &'static str,
    /// When the last of its notices came to be known, in UTC.
    #[schema(format = DateTime)]
    timestamp: String,
    /// The notices.
    data: Digested,
}

/// The notices of a digest.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Digested {
    /// In the order in which they were raised.
    #[schema(min_items = 1, value_type = Vec<DigestedNotice>)]
    notices: Vec<Value>,
}

/// A message that tells of no change, to try whether a subscription receives any.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// `test`.
    #[serde(rename = "type")]
    #[schema(pattern = "^test$")]
    kind: &'static str,
    /// When it was asked for, in UTC.
    #[schema(format = DateTime)]
    timestamp: String,
    /// Whose message it is.
    data: Tested,
}

/// The subscription that is tried.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Tested {
    /// Name of the subscription.
    subscription: String,
}

/// What a revision of a feed changed for one image. `now` is in milliseconds since 1970.
pub fn change(change: &limpid_model::Change, feed: &str, revision: u64, now: u64) -> Notice {
    let standing = &change.standing;
    let package = |package: &limpid_model::StandingPackage| Package {
        name: package.name.clone(),
        version: package.version.clone(),
        fixed_version: package.fixed_version.clone(),
        namespace: package.namespace.clone(),
        advisory: package.advisory.clone(),
        feed: package.feed.clone(),
        fingerprint: package.fingerprint.clone(),
    };
    let image = Image {
        digest: change.image.id.to_string(),
        names: change.image.names.clone(),
        labels: change.image.labels.iter().cloned().collect(),
    };
    Notice {
        kind: format!("image.{}", change.kind.as_str()),
        timestamp: rfc3339(now),
        data: Change {
            image,
            vulnerability: change.vulnerability.clone(),
            severity: standing.severity.as_str(),
            fixable: standing.fixable,
            exploited: standing.exploited,
            packages: standing.packages.iter().map(package).collect(),
            cause: Cause { feed: feed.to_owned(), revision },
            previous: change.before.clone(),
            undecided: None,
        },
    }
}

/// The same for a subscription of whose expression it cannot be said whether it wants it, and why not. `body` is what
/// others are told.
///
/// # Errors
/// `body` is none such.
pub fn undecided(body: &[u8], why: &str) -> serde_json::Result<Vec<u8>> {
    let mut form: Value = serde_json::from_slice(body)?;
    if let Some(data) = form.get_mut("data").and_then(Value::as_object_mut) {
        data.insert("undecided".to_owned(), why.into());
    }
    serde_json::to_vec(&form)
}

/// Several notices in one message, each with the identifier by which a receiver knows it again. `last` is when
/// the last of them was raised, in milliseconds since 1970.
pub fn digest<'a>(notices: impl Iterator<Item = (&'a str, &'a [u8])>, last: u64) -> Digest {
    let with_id = |(id, body): (&str, &[u8])| {
        let mut form: Value = serde_json::from_slice(body).unwrap_or_default();
        if let Some(fields) = form.as_object_mut() {
            fields.insert("id".to_owned(), id.into());
        }
        form
    };
    let data = Digested { notices: notices.map(with_id).collect() };
    Digest { kind: "digest", timestamp: rfc3339(last), data }
}

/// A message that tells of no change, to try whether a subscription receives any. `now` is in milliseconds since
/// 1970.
pub fn test(subscription: &str, now: u64) -> Test {
    Test { kind: "test", timestamp: rfc3339(now), data: Tested { subscription: subscription.to_owned() } }
}
