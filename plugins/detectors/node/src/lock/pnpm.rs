//! [`pnpm-lock.yaml`](https://github.com/pnpm/spec/blob/master/lockfile/): `packages` by a key that names the package,
//! `/@babel/core/7.24.7_peers` in version 5, `/@babel/core@7.24.7(peers)` in 6, without the slash in 9. What is linked to
//! is not among them.

use limpid_lockfile::{Declarations, Origin};
use limpid_plugin_sdk::Error;

use super::yaml::{self, Node};
use super::{origin, push, split_name, unknown_version};

/// The versions of the form that are known, of which each has revisions (`5.4`). Pre-releases of pnpm 9 wrote the third.
const VERSIONS: [&str; 4] = ["5", "6", "7", "9"];

/// The newest of them.
const NEWEST: u8 = 9;

#[derive(Default)]
struct Entry {
    key: String,
    /// Where the key does not tell them.
    name: String,
    version: String,
    /// Of `resolution`.
    kind: String,
    tarball: String,
    repository: String,
    commit: String,
}

pub(super) fn read(text: &str, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let (mut entry, mut slashes) = (Entry::default(), false);
    let (mut is_known, mut is_empty) = (false, true);
    let aliases = yaml::nodes(text, |path, node| {
        is_empty = false;
        match (path, node) {
            (["lockfileVersion"], Node::Scalar(version)) => {
                let major = version.split('.').next().unwrap_or_default();
                if !VERSIONS.contains(&major) {
                    return Err(unknown_version(version, NEWEST));
                }
                (is_known, slashes) = (true, major == "5");
            }
            (["packages"], Node::Map) => {}
            (["packages"], Node::Scalar(value)) if yaml::is_null(value) => {}
            (["packages"], _) => declarations.problem(Error::malformed("`packages` is no map")),
            (["packages", key], Node::Scalar(value)) if !yaml::is_null(value) => {
                declarations.problem(Error::malformed(format_args!("package `{key:.100}` is no map")));
            }
            (["packages", key], Node::List | Node::Alias) => {
                declarations.problem(Error::malformed(format_args!("package `{key:.100}` is no map")));
            }
            (["packages", key, rest @ ..], node) => {
                if *key != entry.key {
                    finish(&entry, slashes, &mut *declarations)?;
                    entry = Entry { key: (*key).to_owned(), ..Entry::default() };
                }
                entry.set(rest, node);
            }
            _ => {}
        }
        Ok(())
    })?;
    finish(&entry, slashes, declarations)?;
    if aliases > 0 {
        let why = format_args!("{aliases} aliases of YAML, which pnpm does not write, are not followed");
        declarations.problem(Error::unsupported(why));
    }
    // A file with nothing in it is none.
    if is_known || is_empty { Ok(()) } else { Err(Error::malformed("it has no `lockfileVersion`")) }
}

impl Entry {
    fn set(&mut self, path: &[&str], node: Node<'_>) {
        let Node::Scalar(value) = node else { return };
        let place = match path {
            ["name"] => &mut self.name,
            ["version"] => &mut self.version,
            ["resolution", "type"] => &mut self.kind,
            ["resolution", "tarball"] => &mut self.tarball,
            ["resolution", "repo"] => &mut self.repository,
            ["resolution", "commit"] => &mut self.commit,
            _ => return,
        };
        value.clone_into(place);
    }
}

fn finish(entry: &Entry, slashes: bool, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    if entry.key.is_empty() {
        return Ok(());
    }
    let (host, name, stated) = if slashes { of_slashes(&entry.key) } else { of_at(&entry.key) };
    let name = if entry.name.is_empty() { name } else { entry.name.as_str() };
    // Of what is no version in the key, it is where the package is from.
    let is_version = stated.starts_with(|c: char| c.is_ascii_digit()) && !stated.contains(['/', ':']);
    let origin = match (entry.commit.as_str(), entry.tarball.as_str(), host) {
        ("", _, _) if entry.kind == "directory" => Origin::Local,
        ("", "", Some(host)) => of_host(host),
        ("", "", None) => Origin::Published,
        ("", _, None) if is_version => Origin::Published,
        ("", tarball, _) => origin::of_archive(tarball),
        (commit, ..) => origin::of_commit(&entry.repository, commit),
    };
    let version = match (entry.version.as_str(), entry.commit.as_str()) {
        ("", _) if is_version => stated,
        ("", "") => {
            // The version of a folder of the project is in its manifest.
            if entry.kind != "directory" {
                declarations.versionless(name);
            }
            return Ok(());
        }
        ("", commit) => commit,
        (version, _) => version,
    };
    push(name, version, &origin, declarations)
}

/// A key of version 5 names the registry where that is not the one that the project has for all else.
fn of_host(host: &str) -> Origin {
    match origin::of_archive(&format!("https://{host}/")) {
        Origin::Archive(url) => Origin::Registry(Some(url)),
        origin => origin,
    }
}

/// Host, name and version of a key of version 5; one that begins with a slash has no host.
fn of_slashes(key: &str) -> (Option<&str>, &str, &str) {
    let (host, path) = match key.strip_prefix('/') {
        Some(path) => (None, path),
        None => key.split_once('/').map_or((None, key), |(host, path)| (Some(host), path)),
    };
    let (name, version) = path.rsplit_once('/').unwrap_or((path, ""));
    (host, name, version.split(['_', '(']).next().unwrap_or(version))
}

/// Name and version of a key of later versions.
fn of_at(key: &str) -> (Option<&str>, &str, &str) {
    let key = key.strip_prefix('/').unwrap_or(key);
    let (name, version) = split_name(key).unwrap_or((key, ""));
    (None, name, version.split('(').next().unwrap_or(version))
}
