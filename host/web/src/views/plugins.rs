//! The plugins that are loaded, and the files that are none.

use askama::Template;
use limpid_formats::json::{self, Plugin, RefusedPlugin};

use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::table;
use crate::{Address, Answer, Lasts, Request};

/// Files that are listed as those that were not loaded.
const LISTED: usize = 50;

/// Plugins that the page lists. The data has all.
const PLUGINS: usize = 200;

#[derive(Template)]
#[template(path = "plugins.html")]
struct View<'a> {
    frame: Frame<'a>,
    all: usize,
    quarantined: usize,
    /// What is not called any more is first.
    rows: Vec<Row<'a>>,
    refused: Vec<&'a RefusedPlugin>,
    refused_in_all: usize,
}

struct Row<'a> {
    plugin: &'a Plugin,
    address: String,
}

/// All plugins.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request) -> Result<Answer, Problem> {
    let path = Address::of(&["v1", "plugins"]);
    let known: json::Plugins = api.get(path.clone())?;
    if request.wants_csv()? {
        return Ok(Answer::Csv { name: "plugins".to_owned(), text: csv(&known.plugins) });
    }
    let rows = known
        .plugins
        .iter()
        .map(|plugin| Row { plugin, address: Address::of(&["plugins", &plugin.id.name]).to_string() });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| row.plugin.quarantined.is_none());
    rows.truncate(PLUGINS);
    let view = View {
        frame: Frame::new(request, Section::Plugins).with_data(path).with_csv(),
        all: known.plugins.len(),
        quarantined: known.plugins.iter().filter(|plugin| plugin.quarantined.is_some()).count(),
        rows,
        refused: known.refused.iter().take(LISTED).collect(),
        refused_in_all: known.refused.len(),
    };
    render(200, Lasts::Moment, &view)
}

fn csv(plugins: &[Plugin]) -> String {
    let columns = ["plugin", "version", "digest", "roles", "scheme", "licence", "quarantined"];
    let lines = plugins.iter().map(|plugin| {
        [
            plugin.id.name.clone(),
            plugin.id.version.clone(),
            plugin.id.digest.clone(),
            plugin.roles.iter().map(|role| role.as_ref()).collect::<Vec<&str>>().join(" "),
            plugin.scheme.clone().unwrap_or_default(),
            plugin.license.clone().unwrap_or_default(),
            plugin.quarantined.clone().unwrap_or_default(),
        ]
    });
    table::csv(columns, lines)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, html, request};
    use crate::views::plugin::tests::plugin;

    fn api(text: &str) -> Fake {
        let mut stopped = plugin("stopped", text);
        stopped["quarantined"] = json!(text);
        let plugins: Vec<Value> = vec![plugin("fine", text), stopped];
        let refused = json!([{ "file": text, "reason": text }]);
        Fake::default().with("/v1/plugins", json!({ "plugins": plugins, "refused": refused }))
    }

    #[test]
    fn what_is_not_called_any_more_is_first() {
        let page = html(show(&api("why"), &request("/plugins", "")));
        assert!(page.find("/plugins/stopped").unwrap() < page.find("/plugins/fine").unwrap());
        for part in
            ["<dt>quarantined</dt><dd>1</dd>", "<dt>loaded</dt><dd>2</dd>", "<dt>refused</dt><dd>1</dd>"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn texts_of_others_are_text() {
        let long = "x".repeat(4_096);
        for text in HOSTILE.iter().copied().chain([long.as_str()]) {
            let page = html(show(&api(text), &request("/plugins", "")));
            assert_harmless(&page);
            assert!(page.len() < 100_000, "{} bytes with {text:?}", page.len());
        }
    }

    #[test]
    fn a_file_has_a_line_for_each_plugin() {
        let csv = show(&api("=1"), &request("/plugins", "format=csv")).unwrap();
        let Answer::Csv { text, .. } = csv else { panic!("{csv:?}") };
        assert!(text.contains("fine,'=1,'=1,detector feed,'=1,'=1,\r\n"), "{text}");
        assert_eq!(show(&api("x"), &request("/plugins", "format=x")).unwrap_err().status, 400);
    }
}
