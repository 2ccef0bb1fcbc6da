//! Which settings have changed since the service started, and which of those need a restart.

use std::collections::BTreeSet;

use super::Settings;
use super::given::{Given, is_secret};
use super::problem::{Problem, Problems, key_of};
use super::tree::{self, Branch, Node, Value};

/// Settings that were read again.
#[derive(Debug)]
pub(crate) struct Changes {
    /// What is given from now on: of what needs a restart, what was before.
    pub(crate) given: Given,
    pub(crate) settings: Settings,
    /// Keys that have changed, and can while the service runs.
    pub(crate) changed: Vec<String>,
    /// Keys that have changed, and cannot.
    pub(crate) needs_restart: Vec<String>,
}

/// Whether a setting can change while the service runs: it is read each time that it counts.
pub(crate) fn is_read_again(path: &[String]) -> bool {
    let path: Vec<_> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["feeds" | "watches", "jobs"] => false,
        ["access", key, ..] => {
            matches!(*key, "required" | "tokens" | "rate" | "concurrent" | "pending" | "audit_days")
        }
        ["clair", key] => *key == "hold_time",
        ["index", key] => matches!(*key, "backoff" | "longest_backoff" | "source_attempts" | "free_bytes"),
        ["notices", key] => matches!(
            *key,
            "flap_window"
                | "workers"
                | "attempts"
                | "give_up"
                | "backoff"
                | "longest_backoff"
                | "retention"
                | "digest_notices"
                | "digest_bytes"
        ),
        ["http", key] => matches!(
            *key,
            "archive_bytes"
                | "document_bytes"
                | "bundle_bytes"
                | "wait"
                | "head_time"
                | "idle_time"
                | "least_rate"
                | "stop_time"
                | "request_time"
                | "transfer_time"
                | "writers"
                | "hosts"
                | "proxies"
                | "change_plugins"
                | "change_subscriptions"
        ),
        [section, ..] => matches!(
            *section,
            "log"
                | "feeds"
                | "registries"
                | "bundles"
                | "policies"
                | "history"
                | "ages"
                | "owners"
                | "keep"
                | "quotas"
                | "watches"
                | "subscriptions"
                | "events"
                | "admission"
        ),
        [] => false,
    }
}

/// Compares what is given with what was.
///
/// # Errors
/// What is changed does not go with what needs a restart.
pub(crate) fn compare(
    (was, running): (&Given, &Settings),
    (given, wanted): (&Given, &Settings),
) -> anyhow::Result<Changes> {
    let (before, after) = (tree::leaves(&was.branch), tree::leaves(&given.branch));
    let (old, new) = (toml::Table::try_from(running)?, toml::Table::try_from(wanted)?);
    let paths: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut branch = given.branch.clone();
    let (mut changed, mut needs_restart) = (Vec::new(), Vec::new());
    for path in paths {
        let (one, other) = (before.get(path), after.get(path));
        let is_same = match (one, other) {
            (Some(one), Some(other)) => same(&one.value, &other.value),
            _ => false,
        };
        // What is stated and was the default before has not changed.
        let shown = (at(&old, path), at(&new, path));
        let is_default = !is_secret(path) && matches!(shown, (Some(one), Some(other)) if one == other);
        if is_same || is_default {
            continue;
        }
        if is_read_again(path) {
            changed.push(key_of(path));
            continue;
        }
        needs_restart.push(key_of(path));
        remove(&mut branch, path);
        if let Some(node) = one {
            let keys: Vec<_> = path.iter().map(String::as_str).collect();
            tree::put(&mut branch, &keys, (*node).clone())
                .map_err(|_| Problems::from(Problem::new(format!("`{}` needs a restart", key_of(path)))))?;
        }
    }
    let given = Given { branch, ..given.clone() };
    let settings = given.settings()?;
    Ok(Changes { given, settings, changed, needs_restart })
}

fn at<'t>(table: &'t toml::Table, path: &[String]) -> Option<&'t toml::Value> {
    let (key, rest) = path.split_first()?;
    let value = table.get(key)?;
    if rest.is_empty() { Some(value) } else { at(value.as_table()?, rest) }
}

fn remove(branch: &mut Branch, path: &[String]) {
    let Some((key, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        branch.remove(key);
    } else if let Some(Node { value: Value::Table(within), .. }) = branch.get_mut(key) {
        remove(within, rest);
    }
}

/// Whether two values are the same, wherever they come from.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| same(&one.value, &other.value))
        }
        (Value::Table(one), Value::Table(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((key, one), (name, other))| key == name && same(&one.value, &other.value))
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::given::known;
    use super::super::{Overrides, Sources};
    use super::*;

    fn given(file: &str) -> (Given, Settings) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("limpid.toml");
        std::fs::write(&path, file).unwrap();
        let overrides = Overrides::default();
        let given = Given::read(&Sources { file: Some(path), overrides, ..Sources::default() }).unwrap();
        let settings = given.settings().unwrap();
        (given, settings)
    }

    fn compared(before: &str, after: &str) -> Changes {
        let ((was, running), (given, wanted)) = (given(before), given(after));
        compare((&was, &running), (&given, &wanted)).unwrap()
    }

    #[test]
    fn what_needs_a_restart_stays_as_it_was() {
        let before = "data_dir = '/a'\n[index]\njobs = 3\n[http]\nwait = 5\nread_workers = 7\n";
        let after = "data_dir = '/b'\n[http]\nwait = 6\n[index]\nbackoff = 4\nlayers = 9\n";
        let changes = compared(before, after);
        assert_eq!(changes.changed, ["http.wait", "index.backoff"]);
        assert_eq!(changes.needs_restart, ["data_dir", "http.read_workers", "index.jobs", "index.layers"]);
        let settings = &changes.settings;
        assert_eq!((settings.index.jobs, settings.index.layers, settings.index.backoff), (3, 2, 4));
        assert_eq!((settings.http.wait.as_secs(), settings.http.read_workers), (6, 7));
        assert_eq!(settings.data_dir, std::path::Path::new("/a"));
    }

    #[test]
    fn what_says_the_same_has_not_changed() {
        let before = "listen = '127.0.0.1:6060'\n[feeds]\nhosts = { enabled = true, hosts = ['a'] }\n";
        let after = "\n\n[index]\njobs = 2\n[feeds]\nhosts = { hosts = ['a'] }\n";
        let changes = compared(before, after);
        assert_eq!((changes.changed, changes.needs_restart), (Vec::new(), Vec::new()));
    }

    #[test]
    fn tables_that_are_new_or_gone_have_changed() {
        let before = "[registries.'a.example']\n[feeds.debian]\ninterval = 5\n";
        let after = "[registries.'b.example']\npassword = 'p'\n";
        let changes = compared(before, after);
        let expected =
            ["feeds.debian.interval", "registries.\"a.example\"", "registries.\"b.example\".password"];
        assert_eq!(changes.changed, expected);
        let changes = compared("[events]\nsecret = 'a'", "[events]\nsecret = 'b'");
        assert_eq!(changes.changed, ["events.secret"]);
    }

    #[test]
    fn the_documents_say_what_is_read_again() {
        let page = include_str!("../../../../docs/settings.md");
        let (_, section) = page.split_once("## Changing settings while the service runs").unwrap();
        let listed: BTreeSet<_> = section
            .lines()
            .skip_while(|line| !line.starts_with("- "))
            .take_while(|line| line.starts_with("- ") || line.starts_with("  "))
            .flat_map(|line| line.split('`').skip(1).step_by(2))
            .collect();
        let mut expected = BTreeSet::new();
        for (section, keys) in known() {
            let path = |key: &String| -> Vec<String> {
                [section, key].into_iter().filter(|it| !it.is_empty()).cloned().collect()
            };
            let (all, again): (Vec<_>, Vec<_>) = (
                keys.iter().filter(|key| !section.is_empty() || !known().contains_key(*key)).collect(),
                keys.iter().filter(|key| is_read_again(&path(key))).collect(),
            );
            let is_whole = !section.is_empty() && is_read_again(&[section.clone(), "NAME".to_owned()]);
            if is_whole && all.len() == again.len() {
                expected.insert(format!("{section}.*"));
            } else {
                let again = again.into_iter().filter(|key| all.contains(key));
                expected.extend(again.map(|key| key_of(&path(key))));
                if is_whole {
                    expected.insert(format!("{section}.NAME.*"));
                }
            }
        }
        assert_eq!(listed.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    }
}
