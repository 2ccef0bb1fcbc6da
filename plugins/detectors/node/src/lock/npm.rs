//! [`package-lock.json`](https://docs.npmjs.com/cli/configuring-npm/package-lock-json): version 1 has a tree of
//! `dependencies`, later ones a map of `packages` by their folders. The project itself and the members of its workspace
//! are not declared: their manifests are beside the lock file. Another folder that the project asks for is. What a package
//! needs it gets from the folders around it.

use limpid_lockfile::{Declarations, Origin};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Requirement;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::folders::{Folders, asked_for};
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
    /// In version 1, what is in its folder.
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
    #[serde(borrow, rename = "optionalDependencies")]
    optional: Option<&'a RawValue>,
    /// In version 1, what it asks for.
    #[serde(borrow)]
    requires: Option<&'a RawValue>,
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

/// What is read of a lock file.
struct Reader<'d, 'r> {
    project: Project,
    folders: Folders,
    /// Whether the form says what packages ask for.
    tells_needs: bool,
    declarations: &'d mut Declarations<'r>,
}

pub(super) fn read(text: &str, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let lock: Lock<'_> = serde_json::from_str(text).map_err(Error::malformed)?;
    match lock.version.map(RawValue::get) {
        // npm before version 5.
        None => {}
        Some(version) if version.parse().is_ok_and(|version| (1..=NEWEST).contains(&version)) => {}
        Some(version) => return Err(unknown_version(version, NEWEST)),
    }
    let tells_needs = lock.version.is_some();
    let (project, folders) = (Project::Unknown, Folders::default());
    let mut reader = Reader { project, folders, tells_needs, declarations };
    let outcome = match lock {
        // Version 2 has both, of which npm reads the one for older ones only where the other is missing.
        Lock { packages: Some(packages), .. } => {
            limpid_json::entries(packages, |folder, entry| reader.take(&folder, entry))
        }
        Lock { dependencies: Some(dependencies), .. } => reader.tree(dependencies, Some(Folders::PROJECT), 0),
        // A project that asks for nothing.
        Lock { version: Some(_), .. } => Ok(()),
        Lock { .. } => Err(Error::malformed("it has no `lockfileVersion`, `packages` or `dependencies`")),
    };
    let Reader { folders, declarations, .. } = reader;
    folders.resolve(declarations);
    outcome
}

impl Reader<'_, '_> {
    fn parse<'a>(&mut self, name: &str, entry: &'a RawValue) -> Option<Entry<'a>> {
        serde_json::from_str(entry.get())
            .map_err(|error| {
                self.declarations.problem(Error::malformed(format_args!("package `{name:.100}`: {error}")));
            })
            .ok()
    }

    /// A package lies in a folder.
    fn push(
        &mut self,
        (name, version): (&str, &str),
        origin: &Origin,
        folder: Option<usize>,
        requires: Option<Vec<Requirement>>,
    ) -> Result<(), Error> {
        if let Some(folder) = folder {
            self.folders.put(folder, Requirement::from((name.to_owned(), version)));
        }
        push(name, version, origin, requires, self.declarations)
    }

    fn take(&mut self, path: &str, entry: &RawValue) -> Result<(), Error> {
        let Some(entry) = self.parse(path, entry) else { return Ok(()) };
        let installed = match path.rsplit_once("node_modules/") {
            Some((above, name)) if above.is_empty() || above.ends_with('/') => Some(name),
            _ => None,
        };
        if path.is_empty() {
            let has_members = entry.workspaces.is_some_and(|members| members.get() != "null");
            self.project = if has_members { Project::Workspace } else { Project::Single };
            return Ok(());
        }
        let folder = folder(&mut self.folders, path);
        // What it leads to has an entry of its own.
        if entry.link {
            if let (Some(folder), Some(name)) = (folder, installed) {
                self.folders.put(folder, Requirement::from(name));
            }
            return Ok(());
        }
        let asked = [entry.dependencies, entry.optional].into_iter().flatten();
        let Some(name) = installed else {
            return match (self.project, entry.version) {
                (Project::Unknown, _) | (_, None) => Ok(()),
                (Project::Workspace, _) if !path.starts_with("../") => Ok(()),
                (_, Some(version)) => {
                    let requires = asked_for(asked, folder, self.declarations);
                    let last = path.rsplit_once('/').map_or(path, |(_, last)| last);
                    let name = entry.name.as_deref().unwrap_or(last);
                    self.push((name, &version), &Origin::Local, folder, requires)
                }
            };
        };
        let name = entry.name.as_deref().unwrap_or(name);
        let Some(version) = entry.version.as_deref().filter(|version| !version.is_empty()) else {
            self.declarations.versionless(name);
            return Ok(());
        };
        // A bundled package of old versions has `true`.
        let resolved = entry.resolved.and_then(|it| serde_json::from_str::<String>(it.get()).ok());
        let origin = resolved
            .as_deref()
            .map_or(Origin::Published, |address| origin::of_resolved(address, name, version));
        let requires = asked_for(asked, folder, self.declarations);
        self.push((name, version), &origin, folder, requires)
    }

    fn tree(&mut self, dependencies: &RawValue, above: Option<usize>, depth: usize) -> Result<(), Error> {
        if depth >= MAX_DEPTH {
            let why =
                format_args!("dependencies are in each other deeper than this plugin's limit of {MAX_DEPTH}");
            self.declarations.problem(Error::unsupported(why));
            return Ok(());
        }
        limpid_json::entries(dependencies, |name, entry| {
            let Some(entry) = self.parse(&name, entry) else { return Ok(()) };
            let folder = above.and_then(|above| self.folders.inner(above, &name));
            let requires = match self.tells_needs {
                true => asked_for(entry.requires, folder, self.declarations),
                false => None,
            };
            self.of_tree(&name, entry.version.as_deref().unwrap_or_default(), folder, requires)?;
            entry.dependencies.map_or(Ok(()), |inner| self.tree(inner, folder, depth + 1))
        })
    }

    /// In version 1 what is no version says where the package is from.
    fn of_tree(
        &mut self,
        name: &str,
        version: &str,
        folder: Option<usize>,
        requires: Option<Vec<Requirement>>,
    ) -> Result<(), Error> {
        if let Some(other) = version.strip_prefix("npm:").and_then(split_name) {
            return self.push(other, &Origin::Published, folder, requires);
        }
        if let Some((repository, commit)) = origin::commit(version) {
            return self.push((name, commit), &origin::of_commit(repository, commit), folder, requires);
        }
        let is_archive = version.contains("://") || version.ends_with(".tgz") || version.ends_with(".tar.gz");
        match version {
            "" => self.declarations.versionless(name),
            _ if is_archive => self.declarations.versionless(name),
            // The version of a folder is in its manifest.
            _ if origin::is_local(version) => {}
            _ => return self.push((name, version), &Origin::Published, folder, requires),
        }
        Ok(())
    }
}

/// The folder of a path; what is not in `node_modules` is in that of the project.
fn folder(folders: &mut Folders, path: &str) -> Option<usize> {
    let (own, inner) =
        path.split_once("node_modules/").map_or((path, None), |(own, inner)| (own, Some(inner)));
    // No package has such a name.
    let own = (!own.is_empty()).then(|| format!("/{}", own.trim_end_matches('/')));
    let inner = inner.into_iter().flat_map(|inner| inner.split("node_modules/"));
    folders.of(own.as_deref().into_iter().chain(inner.map(|name| name.trim_end_matches('/'))))
}
