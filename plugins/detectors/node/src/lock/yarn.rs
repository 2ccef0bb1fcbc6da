//! [`yarn.lock`](https://classic.yarnpkg.com/lang/en/docs/yarn-lock/) of Yarn 1, which looks like YAML and is none.
//!
//! ```text
//! "@babel/core@^7.0.0", "@babel/core@^7.1.0":
//!   version "7.24.7"
//!   resolved "https://registry.yarnpkg.com/@babel/core/-/core-7.24.7.tgz#882f"
//! ```

use limpid_plugin_sdk::Error;

use super::origin::{self, Origin};
use super::{Declared, Sink, split_name};

#[derive(Default)]
struct Entry<'a> {
    /// The first of the patterns that it stands for; empty where there is no entry.
    pattern: &'a str,
    version: Option<&'a str>,
    resolved: Option<&'a str>,
}

pub(super) fn read(text: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
    let mut entry = Entry::default();
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if !line.starts_with(' ') {
            finish(&entry, sink)?;
            let Some(patterns) = line.strip_suffix(':') else {
                entry = Entry::default();
                sink.problems.push(Error::malformed(format_args!("`{line:.100}` begins no entry")));
                continue;
            };
            entry = Entry { pattern: first(patterns), ..Entry::default() };
        } else if let Some((key, value)) = field(line) {
            match key {
                "version" => entry.version = Some(value),
                "resolved" => entry.resolved = Some(value),
                _ => {}
            }
        }
    }
    finish(&entry, sink)
}

/// The first of several patterns, without quotes.
fn first(patterns: &str) -> &str {
    match patterns.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or(quoted),
        None => patterns.split(", ").next().unwrap_or(patterns),
    }
}

/// Key and value of `  version "1.0.0"`; those of dependencies are indented more.
fn field(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?.split_once(' ')?;
    Some((key, value.trim().trim_matches('"')))
}

fn finish(entry: &Entry<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
    if entry.pattern.is_empty() {
        return Ok(());
    }
    let (name, range) = split_name(entry.pattern).unwrap_or((entry.pattern, ""));
    let alias = range.strip_prefix("npm:");
    let name = alias.map_or(name, |alias| split_name(alias).map_or(alias, |(name, _)| name));
    let Some(version) = entry.version else {
        sink.versionless(name);
        return Ok(());
    };
    let commit = entry.resolved.and_then(origin::commit);
    let origin = match (commit, entry.resolved) {
        (Some((repository, commit)), _) => Origin::of_commit(repository, commit),
        // What was asked for by its address.
        (None, Some(url)) if range.contains("://") => {
            Origin::of_archive(url.split_once('#').map_or(url, |(url, _)| url))
        }
        _ => Origin::default(),
    };
    sink.push(Declared { name, version, origin })
}
