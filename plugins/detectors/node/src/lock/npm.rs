//! [`package-lock.json`](https://docs.npmjs.com/cli/configuring-npm/package-lock-json): version 1 has a tree of
//! `dependencies`, later ones a map of `packages` by their folders. The project itself and the members of its workspace
//! are not declared: their manifests are beside the lock file. Another folder that the project asks for is.

use limpid_lockfile::{Declarations, Origin};
use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{origin, push, split_name, unknown_version};

/// How deep dependencies may be in each other.
pub(super) const MAX_DEPTH: usize = 64;

/// The newest version of the form that is known.
const NEWEST: u8 = 3;

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow, rename = "lockfileVersion")]
    version: Option<&'a RawValue>,
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
    #[serde(borrow)]
    workspaces: Option<&'a RawValue>,
}

/// What is known of the project, which stands before its packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Project {
    /// What npm keeps in `node_modules` does not say.
    Unknown,
    /// Folders below it are members.
    Workspace,
    Single,
}

pub(super) fn read(text: &str, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let lock: Lock<'_> = serde_json::from_str(text).map_err(Error::malformed)?;
    match lock.version.map(RawValue::get) {
        // npm before version 5.
        None => {}
        Some(version) if version.parse().is_ok_and(|version| (1..=NEWEST).contains(&version)) => {}
        Some(version) => return Err(unknown_version(version, NEWEST)),
    }
    let mut project = Project::Unknown;
    match lock {
        // Version 2 has both, of which npm reads the one for older ones only where the other is missing.
        Lock { packages: Some(packages), .. } => limpid_json::entries(packages, |folder, entry| {
            take(&folder, entry, &mut project, &mut *declarations)
        }),
        Lock { dependencies: Some(dependencies), .. } => tree(dependencies, 0, declarations),
        // A project that asks for nothing.
        Lock { version: Some(_), .. } => Ok(()),
        Lock { .. } => Err(Error::malformed("it has no `lockfileVersion`, `packages` or `dependencies`")),
    }
}

fn parse<'a>(name: &str, entry: &'a RawValue, declarations: &mut Declarations<'_>) -> Option<Entry<'a>> {
    serde_json::from_str(entry.get())
        .map_err(|error| {
            declarations.problem(Error::malformed(format_args!("package `{name:.100}`: {error}")));
        })
        .ok()
}

fn take(
    folder: &str,
    entry: &RawValue,
    project: &mut Project,
    declarations: &mut Declarations<'_>,
) -> Result<(), Error> {
    let Some(entry) = parse(folder, entry, declarations) else { return Ok(()) };
    let installed = match folder.rsplit_once("node_modules/") {
        Some((above, name)) if above.is_empty() || above.ends_with('/') => Some(name),
        _ => None,
    };
    if folder.is_empty() {
        let has_members = entry.workspaces.is_some_and(|members| members.get() != "null");
        *project = if has_members { Project::Workspace } else { Project::Single };
        return Ok(());
    }
    // What it leads to has an entry of its own.
    if entry.link {
        return Ok(());
    }
    let Some(name) = installed else {
        return match (*project, entry.version) {
            (Project::Unknown, _) | (_, None) => Ok(()),
            (Project::Workspace, _) if !folder.starts_with("../") => Ok(()),
            (_, Some(version)) => {
                let last = folder.rsplit_once('/').map_or(folder, |(_, last)| last);
                push(entry.name.as_deref().unwrap_or(last), &version, &Origin::Local, declarations)
            }
        };
    };
    let name = entry.name.as_deref().unwrap_or(name);
    let Some(version) = entry.version.as_deref().filter(|version| !version.is_empty()) else {
        declarations.versionless(name);
        return Ok(());
    };
    // A bundled package of old versions has `true`.
    let resolved = entry.resolved.and_then(|it| serde_json::from_str::<String>(it.get()).ok());
    let origin =
        resolved.as_deref().map_or(Origin::Published, |address| origin::of_resolved(address, name, version));
    push(name, version, &origin, declarations)
}

fn tree(dependencies: &RawValue, depth: usize, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    if depth >= MAX_DEPTH {
        let why =
            format_args!("dependencies are in each other deeper than this plugin's limit of {MAX_DEPTH}");
        declarations.problem(Error::unsupported(why));
        return Ok(());
    }
    limpid_json::entries(dependencies, |name, entry| {
        let Some(entry) = parse(&name, entry, declarations) else { return Ok(()) };
        of_tree(&name, entry.version.as_deref().unwrap_or_default(), declarations)?;
        entry.dependencies.map_or(Ok(()), |inner| tree(inner, depth + 1, &mut *declarations))
    })
}

/// In version 1 what is no version says where the package is from.
fn of_tree(name: &str, version: &str, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    if let Some((name, version)) = version.strip_prefix("npm:").and_then(split_name) {
        return push(name, version, &Origin::Published, declarations);
    }
    if let Some((repository, commit)) = origin::commit(version) {
        return push(name, commit, &origin::of_commit(repository, commit), declarations);
    }
    let is_archive = version.contains("://") || version.ends_with(".tgz") || version.ends_with(".tar.gz");
    match version {
        "" => declarations.versionless(name),
        _ if is_archive => declarations.versionless(name),
        // The version of a folder is in its manifest.
        _ if origin::is_local(version) => {}
        _ => return push(name, version, &Origin::Published, declarations),
    }
    Ok(())
}
