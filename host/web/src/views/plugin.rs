//! A plugin: what it does, whether it is called, and the versions of it that are kept.

use askama::Template;
use limpid_formats::json::{PluginLimit, PluginWithVersions};

use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::shown;
use crate::{Address, Answer, Call, Form, Lasts, Method, Request};

/// Kept versions that are listed.
const LISTED: usize = 50;

#[derive(Template)]
#[template(path = "plugin.html")]
struct View<'a> {
    frame: Frame<'a>,
    known: &'a PluginWithVersions,
    /// Where the feed is shown that it reads.
    feed: Option<String>,
    /// Where its source is.
    source: Option<&'a str>,
    versions: Vec<Version<'a>>,
    limits: Vec<(&'a str, String)>,
}

/// A version that is kept.
struct Version<'a> {
    digest: &'a str,
    /// Whether it is the one that is loaded.
    runs: bool,
}

/// The plugin of a name.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let path = Address::of(&["v1", "plugins", name]);
    let known: PluginWithVersions = api.get(path.clone())?;
    let id = &known.plugin.id;
    let is_feed = known.plugin.roles.iter().any(|role| role == "feed");
    let versions = known.versions.iter().take(LISTED);
    let view = View {
        frame: Frame::new(request, Section::Plugins).with_data(path),
        feed: is_feed.then(|| Address::of(&["feeds", &id.name]).to_string()),
        source: known.plugin.source.as_deref().and_then(shown::outside),
        versions: versions.map(|digest| Version { digest, runs: *digest == id.digest }).collect(),
        limits: known.limits.iter().map(|it| (it.setting.as_str(), limit(it))).collect(),
        known: &known,
    };
    render(200, Lasts::Moment, &view)
}

/// A limit with its unit, which the end of its setting names.
fn limit(limit: &PluginLimit) -> String {
    match limit.setting.as_str() {
        setting if setting.ends_with("_bytes") => in_binary(limit.limit),
        setting if setting.ends_with("_time") => format!("{} s", shown::number(limit.limit)),
        _ => shown::number(limit.limit),
    }
}

/// Bytes as the settings count them.
fn in_binary(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let fits = units.into_iter().find(|(_, shift)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    fits.map_or_else(
        || format!("{} bytes", shown::number(bytes)),
        |(unit, shift)| format!("{} {unit}", shown::number(bytes >> shift)),
    )
}

/// Does what a form of a plugin's page asks for: goes back to a version, or calls it again.
///
/// # Errors
/// Those of the API, and where the form asks for something else.
pub fn act(api: &dyn Api, form: &Form, name: &str) -> Result<Answer, Problem> {
    let target = match form.get("action") {
        "release" => Address::of(&["v1", "plugins", name, "release"]),
        "rollback" if !form.get("digest").is_empty() => {
            Address::of(&["v1", "plugins", name, "rollback"]).with("digest", form.get("digest"))
        }
        _ => {
            return Err(Problem::bad_request(
                "the form does not ask for anything that can be done to a plugin",
            ));
        }
    };
    api.ask(&Call { method: Method::Post, target })?;
    Ok(Answer::Elsewhere(Address::of(&["plugins", name]).to_string()))
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, form, html, request};

    /// A plugin in which all that others may choose is `text`.
    pub(in crate::views) fn plugin(name: &str, text: &str) -> Value {
        json!({
            "name": name,
            "version": text,
            "digest": text,
            "roles": ["detector", "feed"],
            "scheme": text,
            "description": text,
            "license": text,
            "authors": text,
            "source": text,
        })
    }

    fn shown(plugin: Value) -> String {
        html(show(&Fake::default().with("/v1/plugins/x", plugin), &request("/plugins/x", ""), "x"))
    }

    #[test]
    fn the_version_that_runs_is_told_from_those_that_are_kept() {
        let mut known = plugin("x", "sha256:aa");
        known["versions"] = json!(["sha256:aa", "sha256:bb"]);
        let page = shown(known);
        assert_eq!(page.matches(">runs<").count(), 1, "{page}");
        assert!(page.contains("sha256:bb") && page.contains("href=\"/feeds/x\""), "{page}");
    }

    #[test]
    fn a_plugin_that_is_not_called_says_why() {
        let mut known = plugin("x", "1");
        known["versions"] = json!([]);
        assert!(!shown(known.clone()).contains("class=\"warning\""));
        known["quarantined"] = json!("trapped 5 times");
        assert!(shown(known).contains("trapped 5 times"));
    }

    fn failure(text: &str, avoided: bool) -> Value {
        json!({
            "cause": text, "call": text, "kind": "trap", "blame": "plugin", "message": text, "times": 7,
            "first_at": "2026-11-29T01:02:03Z", "last_at": "2026-11-30T01:02:03Z", "avoided": avoided,
        })
    }

    #[test]
    fn limits_have_their_units_and_failures_say_who_is_to_blame() {
        let mut known = plugin("x", "1");
        known["versions"] = json!([]);
        known["contracts"] = json!(["0.2.0"]);
        known["limits"] = json!([
            { "setting": "plugins.limits.x.memory_bytes", "limit": 268_435_456 },
            { "setting": "plugins.call_time", "limit": 30 },
            { "setting": "plugins.table_elements", "limit": 100_000 },
        ]);
        known["failures"] = json!([failure("image sha256:aa", true), failure("image sha256:bb", false)]);
        let page = shown(known);
        for part in ["256 MiB", "30 s", "plugins.limits.x.memory_bytes", "0.2.0", "image sha256:aa"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert_eq!(page.matches("not called for it").count(), 1, "{page}");
        assert_eq!(page.matches("data-title=\"To blame\">plugin<").count(), 2, "{page}");
    }

    #[test]
    fn texts_of_others_are_text() {
        let long = "x".repeat(4_096);
        for text in HOSTILE.iter().copied().chain([long.as_str()]) {
            let mut known = plugin(text, text);
            known["failures"] = json!(vec![failure(text, true); 100]);
            known["contracts"] = json!([text]);
            known["versions"] = json!(vec![text; 60]);
            known["quarantined"] = json!(text);
            let page = shown(known);
            assert_harmless(&page);
            assert!(page.len() < 500_000, "{} bytes with {text:?}", page.len());
        }
    }

    #[test]
    fn only_a_source_of_the_web_leads_anywhere() {
        let mut known = plugin("x", "https://example.org/source");
        known["versions"] = json!([]);
        assert!(shown(known).contains("<a href=\"https://example.org/source\""));
    }

    #[test]
    fn a_form_goes_back_to_a_version_or_calls_the_plugin_again() {
        let api = Fake::default()
            .with("/v1/plugins/x/release", json!({}))
            .with("/v1/plugins/x/rollback?digest=sha256:bb", json!({}));
        let check = |fields: &[(&str, &str)], expected: Result<&str, u16>| {
            let done = act(&api, &form(fields), "x").map_err(|problem| problem.status);
            assert_eq!(done, expected.map(|to| Answer::Elsewhere(to.to_owned())), "{fields:?}");
        };
        check(&[("action", "release")], Ok("/plugins/x"));
        check(&[("action", "rollback"), ("digest", "sha256:bb")], Ok("/plugins/x"));
        check(&[("action", "rollback")], Err(400));
        check(&[("action", "rollback"), ("digest", "sha256:cc")], Err(404));
        check(&[("action", "remove")], Err(400));
    }

    #[test]
    fn only_a_version_that_does_not_run_can_be_gone_back_to() {
        let mut known = plugin("x", "sha256:aa");
        known["versions"] = json!(["sha256:aa", "sha256:bb"]);
        let page = shown(known);
        assert!(page.contains("name=\"digest\" value=\"sha256:bb\""), "{page}");
        assert!(!page.contains("name=\"digest\" value=\"sha256:aa\""), "{page}");
    }
}
