//! [`package-lock.json`](https://docs.npmjs.com/cli/configuring-npm/package-lock-json): version 1 has a tree of
//! `dependencies`, later ones a map of `packages` by their folders. Folders of the project itself are not
//! declared: their manifests are beside the lock file.

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::origin::{self, Origin};
use super::{Declared, Sink, split_name};

/// How deep dependencies may be in each other.
pub(super) const MAX_DEPTH: usize = 64;

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow)]
    packages: Option<&'a RawValue>,
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    name: Option<String>,
    version: Option<String>,
    resolved: Option<&'a RawValue>,
    #[serde(default)]
    link: bool,
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
}

pub(super) fn read(text: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
    let lock: Lock<'_> = serde_json::from_str(text).map_err(Error::malformed)?;
    match lock {
        // Version 2 has both, of which npm reads the one for older ones only where the other is missing.
        Lock { packages: Some(packages), .. } => {
            limpid_json::entries(packages, |folder, entry| take(&folder, entry, &mut *sink))
        }
        Lock { dependencies: Some(dependencies), .. } => tree(dependencies, 0, sink),
        Lock { .. } => Ok(()),
    }
}

fn parse<'a>(name: &str, entry: &'a RawValue, sink: &mut Sink<'_>) -> Option<Entry<'a>> {
    serde_json::from_str(entry.get())
        .map_err(|error| sink.problems.push(Error::malformed(format_args!("package `{name:.100}`: {error}"))))
        .ok()
}

fn take(folder: &str, entry: &RawValue, sink: &mut Sink<'_>) -> Result<(), Error> {
    let name = match folder.rsplit_once("node_modules/") {
        Some((above, name)) if above.is_empty() || above.ends_with('/') => name,
        _ => return Ok(()),
    };
    let Some(entry) = parse(folder, entry, sink) else { return Ok(()) };
    if entry.link {
        return Ok(());
    }
    let name = entry.name.as_deref().unwrap_or(name);
    let Some(version) = entry.version.as_deref().filter(|version| !version.is_empty()) else {
        sink.versionless(name);
        return Ok(());
    };
    // A bundled package of old versions has `true`.
    let resolved = entry.resolved.and_then(|it| serde_json::from_str::<String>(it.get()).ok());
    let commit = resolved.as_deref().and_then(origin::commit);
    let origin = commit.map_or_else(Origin::default, |(url, commit)| Origin::of_commit(url, commit));
    sink.push(Declared { name, version, origin })
}

fn tree(dependencies: &RawValue, depth: usize, sink: &mut Sink<'_>) -> Result<(), Error> {
    if depth >= MAX_DEPTH {
        let why =
            format_args!("dependencies are in each other deeper than this plugin's limit of {MAX_DEPTH}");
        sink.problems.push(Error::unsupported(why));
        return Ok(());
    }
    limpid_json::entries(dependencies, |name, entry| {
        let Some(entry) = parse(&name, entry, sink) else { return Ok(()) };
        of_tree(&name, entry.version.as_deref().unwrap_or_default(), sink)?;
        entry.dependencies.map_or(Ok(()), |inner| tree(inner, depth + 1, &mut *sink))
    })
}

/// In version 1 what is no version says where the package is from.
fn of_tree(name: &str, version: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
    if let Some((name, version)) = version.strip_prefix("npm:").and_then(split_name) {
        return sink.push(Declared { name, version, origin: Origin::default() });
    }
    if let Some((repository, version)) = origin::commit(version) {
        return sink.push(Declared { name, version, origin: Origin::of_commit(repository, version) });
    }
    let is_archive = version.contains("://") || version.ends_with(".tgz") || version.ends_with(".tar.gz");
    match version {
        "" => sink.versionless(name),
        _ if is_archive => sink.versionless(name),
        _ if version.starts_with("file:") || version.starts_with("link:") => {}
        _ => return sink.push(Declared { name, version, origin: Origin::default() }),
    }
    Ok(())
}
