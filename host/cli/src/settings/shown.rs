//! Settings in force, as they are shown: without secrets, and with where each comes from.

use std::fmt::Write as _;

use limpid_formats::json::{Setting, SettingOrigin, without_credentials};

use super::Settings;
use super::given::{Given, is_secret, known};
use super::problem::key_of;
use super::tree::{self, Origin};

/// A setting in force.
#[derive(Debug)]
pub(crate) struct Row {
    path: Vec<String>,
    /// None: there is none, or it is secret.
    value: Option<toml::Value>,
    is_secret: bool,
    /// None: it is the default.
    origin: Option<Origin>,
}

/// All settings, those outside of sections first, in the order of their keys.
///
/// # Errors
/// They cannot be written as TOML.
pub(crate) fn rows(given: &Given, settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let mut paths = Vec::new();
    let in_force = toml::Table::try_from(settings)?;
    flatten(&in_force, &mut Vec::new(), &mut |path, value| paths.push((path.to_vec(), Some(value.clone()))));
    // What has no value is not in there, and nor are secrets.
    for (section, keys) in known() {
        for key in keys {
            let path: Vec<_> = [section, key].into_iter().filter(|it| !it.is_empty()).cloned().collect();
            let is_section = known().contains_key(key) && section.is_empty();
            if !is_section && !paths.iter().any(|(known, _)| known.starts_with(&path)) {
                paths.push((path, None));
            }
        }
    }
    for path in tree::leaves(&given.branch).into_keys().filter(|path| is_secret(path)) {
        if !paths.iter().any(|(known, _)| *known == path) {
            paths.push((path, None));
        }
    }
    // Each section once.
    paths.sort_by(|(one, _), (other, _)| one.split_last().map(swap).cmp(&other.split_last().map(swap)));
    let row = |(path, value): (Vec<String>, Option<toml::Value>)| {
        let origin = tree::find(&given.branch, &path).map(|node| node.origin.clone());
        let is_secret = is_secret(&path) && (value.is_some() || origin.is_some());
        let value = value.filter(|_| !is_secret).map(without_secrets);
        Row { path, value, is_secret, origin }
    };
    Ok(paths.into_iter().map(row).collect())
}

fn swap<A, B>((last, before): (A, B)) -> (B, A) {
    (before, last)
}

fn flatten(table: &toml::Table, path: &mut Vec<String>, each: &mut impl FnMut(&[String], &toml::Value)) {
    for (key, value) in table {
        path.push(key.clone());
        match value {
            toml::Value::Table(within) => flatten(within, path, each),
            value => each(path, value),
        }
        path.pop();
    }
}

/// A value whose addresses have no passwords.
fn without_secrets(value: toml::Value) -> toml::Value {
    match value {
        toml::Value::String(text) if text.contains("://") => without_credentials(&text).into(),
        toml::Value::Array(list) => list.into_iter().map(without_secrets).collect::<Vec<_>>().into(),
        value => value,
    }
}

impl Row {
    fn note(&self) -> String {
        let origin = match &self.origin {
            None if self.value.is_none() => return "not set".to_owned(),
            None => return "default".to_owned(),
            Some(origin) => origin,
        };
        match origin {
            Origin::File { file, line, .. } => format!("{}:{line}", file.path.display()),
            Origin::Credential(path) => format!("credential {}", path.display()),
            Origin::Environment(name) => name.clone(),
            Origin::Flag(flag) => (*flag).to_owned(),
        }
    }
}

impl From<&Row> for Setting {
    fn from(row: &Row) -> Self {
        let (source, name, line) = match &row.origin {
            None => ("default", None, None),
            Some(Origin::File { file, line, .. }) => {
                ("file", Some(file.path.display().to_string()), Some(*line))
            }
            Some(Origin::Credential(path)) => ("credential", Some(path.display().to_string()), None),
            Some(Origin::Environment(name)) => ("environment", Some(name.clone()), None),
            Some(Origin::Flag(flag)) => ("flag", Some((*flag).to_owned()), None),
        };
        Self {
            key: key_of(&row.path),
            value: row.value.as_ref().and_then(|value| serde_json::to_value(value).ok()),
            secret: row.is_secret,
            origin: SettingOrigin { source: source.into(), name, line },
        }
    }
}

/// Where the notes begin, where a line leaves room.
const NOTES: usize = 48;

/// As TOML that reads back, but for secrets; each line says where its value comes from.
pub(crate) fn toml(rows: &[Row]) -> String {
    let mut out = String::new();
    let mut section: &[String] = &[];
    for row in rows {
        let Some((key, parents)) = row.path.split_last() else { continue };
        if parents != section {
            section = parents;
            let _ = writeln!(out, "\n[{}]", key_of(parents));
        }
        let key = key_of(std::slice::from_ref(key));
        let line = match &row.value {
            Some(value) => format!("{key} = {value}"),
            None if row.is_secret => format!("# {key} = (hidden)"),
            None => format!("# {key}"),
        };
        let _ = writeln!(out, "{line:<NOTES$} # {}", row.note());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Sources;
    use super::*;

    fn shown(file: &str) -> (String, Vec<Setting>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("limpid.toml");
        std::fs::write(&path, file).unwrap();
        let environment = vec![("LIMPID_HTTP__WAIT".to_owned(), "7".to_owned())];
        let given = Given::read(&Sources { file: Some(path), environment, ..Sources::default() }).unwrap();
        let rows = rows(&given, &given.settings().unwrap()).unwrap();
        (toml(&rows), rows.iter().map(Setting::from).collect())
    }

    #[test]
    fn each_setting_says_where_it_comes_from() {
        let (text, settings) = shown("log = 'info'\n[index]\njobs = 3\n[feeds.debian]\ninterval = 60\n");
        let of = |key: &str| settings.iter().find(|setting| setting.key == key).unwrap();
        assert_eq!((&*of("index.jobs").origin.source, of("index.jobs").origin.line), ("file", Some(3)));
        assert_eq!(of("feeds.debian.interval").origin.line, Some(5));
        assert_eq!(of("http.wait").origin.name.as_deref(), Some("LIMPID_HTTP__WAIT"));
        assert_eq!(
            (&*of("index.layers").origin.source, &of("index.layers").value),
            ("default", &Some(2.into()))
        );
        assert_eq!(of("compiled_dir").value, None);
        assert_eq!(of("tls.key").value, None);
        assert_eq!(of("registries.docker_config").value, None);
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
        assert!(line("jobs = 3").ends_with(":3"), "{text}");
        assert!(line("# compiled_dir ").ends_with("# not set"), "{text}");
        // It is TOML that says the same.
        let again = shown(&text).1;
        assert_eq!(again.len(), settings.len());
        assert!(again.iter().zip(&settings).all(|(one, other)| one.value == other.value));
    }

    #[test]
    fn no_secret_is_shown() {
        let file = r#"
            token = "hidden-token"
            [events]
            secret = "hidden-secret"
            [feeds]
            proxy = "http://user:hidden-proxy@proxy.example:3128"
            [registries."registry.example"]
            username = "u"
            password = "hidden-password"
            token = "hidden-identity"
            [subscriptions.a]
            webhook = { url = "https://a.example/x?key=hidden-query", secret = "whsec_hidden" }
            [subscriptions.b]
            amqp = { url = "amqp://user:hidden@broker.example", routing_key = "q" }
            [subscriptions.c]
            harbor = { url = "https://harbor.example", username = "robot$x", password = "hidden-robot" }
        "#;
        let (text, settings) = shown(file);
        let json = serde_json::to_string(&settings).unwrap();
        assert!(!text.contains("hidden-") && !text.contains("whsec_"), "{text}");
        assert!(!json.contains("hidden"), "{json}");
        let secret: Vec<_> = settings.iter().filter(|it| it.secret).map(|it| it.key.as_str()).collect();
        let expected = [
            "token",
            "events.secret",
            "registries.\"registry.example\".password",
            "registries.\"registry.example\".token",
            "subscriptions.a.webhook.secret",
            "subscriptions.b.amqp.url",
            "subscriptions.c.harbor.password",
        ];
        assert_eq!(secret, expected);
    }
}
