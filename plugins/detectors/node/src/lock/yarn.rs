//! [`yarn.lock`](https://classic.yarnpkg.com/lang/en/docs/yarn-lock/) of Yarn 1, which looks like YAML and is none.
//!
//! ```text
//! "@babel/core@^7.0.0", "@babel/core@^7.1.0":
//!   version "7.24.7"
//!   resolved "https://registry.yarnpkg.com/@babel/core/-/core-7.24.7.tgz#882f"
//! ```

use limpid_lockfile::{Declarations, Origin};
use limpid_plugin_sdk::Error;

use super::patterns::{Asked, Patterns};
use super::{origin, push, split_name, unknown_version};

/// How the comment begins that says of which version the form is.
const FORM: &str = "# yarn lockfile v";

#[derive(Default)]
struct Entry<'a> {
    /// The patterns that it stands for; empty where there is no entry.
    patterns: &'a str,
    version: Option<&'a str>,
    resolved: Option<&'a str>,
    asked: Asked,
    /// Whether the lines that follow, which are indented more, are what it asks for.
    is_in_dependencies: bool,
}

pub(super) fn read(text: &str, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let (mut entry, mut patterns) = (Entry::default(), Patterns::default());
    // What stands before the first entry belongs to none.
    let mut has_begun = false;
    for (number, line) in (1_u64..).zip(text.lines()) {
        if line.trim().is_empty() || line.starts_with('#') {
            match line.strip_prefix(FORM).map(str::trim) {
                None | Some("1") => continue,
                Some(version) => return Err(unknown_version(version, 1)),
            }
        }
        if !line.starts_with(' ') {
            finish(&mut entry, &mut patterns, declarations)?;
            has_begun = true;
            let Some(stands_for) = line.strip_suffix(':') else {
                entry = Entry::default();
                declarations.problem(Error::malformed(format_args!("`{line:.100}` begins no entry")));
                continue;
            };
            entry = Entry { patterns: stands_for, ..Entry::default() };
        } else if !has_begun {
            has_begun = true;
            declarations.problem(Error::malformed(format_args!("line {number} belongs to no entry")));
        } else if let Some(dependency) = line.strip_prefix("    ") {
            if let Some((name, range)) = dependency.split_once(' ').filter(|_| entry.is_in_dependencies) {
                entry.asked.add(name.trim_matches('"'), range.trim_matches('"'));
            }
        } else if let Some(map) = line.strip_suffix(':') {
            entry.is_in_dependencies = matches!(map.trim(), "dependencies" | "optionalDependencies");
        } else if let Some((key, value)) = field(line) {
            match key {
                "version" => entry.version = Some(value),
                "resolved" => entry.resolved = Some(value),
                _ => {}
            }
        }
    }
    finish(&mut entry, &mut patterns, declarations)?;
    patterns.resolve(declarations);
    Ok(())
}

/// Patterns, of which some are in quotes, without these: `"@a/b@^1.0.0", c@>=1, "d@1 || 2"`.
fn split(patterns: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(patterns);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let (pattern, after) = match text.strip_prefix('"') {
            Some(quoted) => {
                let (pattern, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                (pattern, after.strip_prefix(", "))
            }
            None => text.split_once(", ").map_or((text, None), |(pattern, after)| (pattern, Some(after))),
        };
        rest = after;
        Some(pattern)
    })
}

/// Key and value of `  version "1.0.0"`; those of dependencies are indented more.
fn field(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?.split_once(' ')?;
    Some((key, value.trim().trim_matches('"')))
}

fn finish(
    entry: &mut Entry<'_>,
    patterns: &mut Patterns,
    declarations: &mut Declarations<'_>,
) -> Result<(), Error> {
    let Some(pattern) = split(entry.patterns).next().filter(|pattern| !pattern.is_empty()) else {
        return Ok(());
    };
    let (name, range) = split_name(pattern).unwrap_or((pattern, ""));
    let alias = range.strip_prefix("npm:");
    let name = alias.map_or(name, |alias| split_name(alias).map_or(alias, |(name, _)| name));
    let Some(version) = entry.version else {
        declarations.versionless(name);
        return Ok(());
    };
    let commit = entry.resolved.and_then(origin::commit);
    let origin = match (commit, entry.resolved) {
        (Some((repository, commit)), _) => origin::of_commit(repository, commit),
        _ if origin::is_local(range) => Origin::Local,
        // What was asked for by its address.
        (None, Some(url)) if range.contains("://") => {
            origin::of_archive(url.split_once('#').map_or(url, |(url, _)| url))
        }
        _ => Origin::Published,
    };
    patterns.add(split(entry.patterns), name, version);
    let requires = entry.asked.take(declarations);
    push(name, version, &origin, requires, declarations)
}
