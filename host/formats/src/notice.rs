//! The bodies of what subscribers receive, as `openapi.json` describes them: JSON in the frame of
//! [Standard Webhooks](https://www.standardwebhooks.com), with `type`, `timestamp` and `data`.

use std::collections::BTreeMap;

use limpid_model::Change;
use serde_json::{Value, json};

use crate::rfc3339;

/// What a revision of a feed changed for one image. `now` is in milliseconds since 1970.
pub fn change(change: &Change, feed: &str, revision: u64, now: u64) -> Value {
    let standing = &change.standing;
    let packages = standing.packages.iter().map(|package| {
        json!({
            "name": package.name,
            "version": package.version,
            "fixed_version": package.fixed_version,
            "namespace": package.namespace,
            "advisory": package.advisory,
            "feed": package.feed,
            "fingerprint": package.fingerprint,
        })
    });
    let mut body = json!({
        "type": format!("image.{}", change.kind.as_str()),
        "timestamp": rfc3339(now),
        "data": {
            "image": {
                "digest": change.image.id.to_string(),
                "names": change.image.names,
                "labels": change.image.labels.iter().cloned().collect::<BTreeMap<_, _>>(),
            },
            "vulnerability": change.vulnerability,
            "severity": standing.severity.as_str(),
            "fixable": standing.fixable,
            "exploited": standing.exploited,
            "packages": packages.collect::<Vec<_>>(),
            "cause": { "feed": feed, "revision": revision },
        },
    });
    if let Some(before) = &change.before
        && let Some(data) = body.get_mut("data").and_then(Value::as_object_mut)
    {
        data.insert("previous".to_owned(), json!(before));
    }
    body
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
pub fn digest<'a>(notices: impl Iterator<Item = (&'a str, &'a [u8])>, last: u64) -> Value {
    let with_id = |(id, body): (&str, &[u8])| {
        let mut form: Value = serde_json::from_slice(body).unwrap_or_default();
        if let Some(fields) = form.as_object_mut() {
            fields.insert("id".to_owned(), id.into());
        }
        form
    };
    let notices: Vec<_> = notices.map(with_id).collect();
    json!({ "type": "digest", "timestamp": rfc3339(last), "data": { "notices": notices } })
}

/// A message that tells of no change, to try whether a subscription receives any. `now` is in milliseconds since
/// 1970.
pub fn test(subscription: &str, now: u64) -> Value {
    json!({ "type": "test", "timestamp": rfc3339(now), "data": { "subscription": subscription } })
}
