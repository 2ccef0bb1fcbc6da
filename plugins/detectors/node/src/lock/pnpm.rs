//! [`pnpm-lock.yaml`](https://github.com/pnpm/spec/blob/master/lockfile/): `packages` by a key that names the package,
//! `/@babel/core/7.24.7_peers` in version 5, `/@babel/core@7.24.7(peers)` in 6, without the slash in 9. What is linked to
//! is not among them.
//!
//! From version 9 on, what packages need is in `snapshots`, by keys that also name the peers that they were given.

use std::collections::{BTreeMap, BTreeSet};

use limpid_lockfile::{Declarations, MAX_PACKAGES, Origin};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Package, Requirement};

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
    asked: Vec<Requirement>,
}

/// What packages need, by their names and versions; none of those of which not all is known.
type Snapshots = BTreeMap<(String, String), Option<BTreeSet<Requirement>>>;

/// The fields of what a package needs.
const DEPENDENCIES: [&str; 2] = ["dependencies", "optionalDependencies"];

pub(super) fn read(text: &str, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let (mut entry, mut slashes) = (Entry::default(), false);
    let (mut snapshot, mut snapshots) = (Entry::default(), Snapshots::new());
    let (mut is_known, mut is_empty, mut has_snapshots) = (false, true, false);
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
                    finish(&mut entry, slashes, &mut *declarations)?;
                    entry = Entry { key: (*key).to_owned(), ..Entry::default() };
                }
                entry.set(rest, node, slashes);
            }
            (["snapshots"], _) => has_snapshots = true,
            (["snapshots", key, rest @ ..], node) => {
                if *key != snapshot.key {
                    keep(&mut snapshot, &mut snapshots, &mut *declarations);
                    snapshot = Entry { key: (*key).to_owned(), ..Entry::default() };
                }
                snapshot.set(rest, node, slashes);
            }
            _ => {}
        }
        Ok(())
    })?;
    finish(&mut entry, slashes, declarations)?;
    keep(&mut snapshot, &mut snapshots, declarations);
    if has_snapshots {
        for package in declarations.packages() {
            let key = (package.name.clone(), package.version.clone());
            package.requires =
                snapshots.get(&key).cloned().flatten().map(|needed| needed.into_iter().collect());
        }
    }
    if aliases > 0 {
        let why = format_args!("{aliases} aliases of YAML, which pnpm does not write, are not followed");
        declarations.problem(Error::unsupported(why));
    }
    // A file with nothing in it is none.
    if is_known || is_empty { Ok(()) } else { Err(Error::malformed("it has no `lockfileVersion`")) }
}

impl Entry {
    fn set(&mut self, path: &[&str], node: Node<'_>, slashes: bool) {
        let Node::Scalar(value) = node else { return };
        if let [field, name] = path
            && DEPENDENCIES.contains(field)
        {
            // One that is too many is enough to tell that there are.
            if self.asked.len() <= Package::MAX_REQUIREMENTS {
                self.asked.push(needed(name, value, slashes));
            }
            return;
        }
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

fn finish(entry: &mut Entry, slashes: bool, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    if entry.key.is_empty() {
        return Ok(());
    }
    let (host, name, stated) = if slashes { of_slashes(&entry.key) } else { of_at(&entry.key) };
    let name = if entry.name.is_empty() { name } else { entry.name.as_str() };
    // Of what is no version in the key, it is where the package is from.
    let is_version = is_version(stated);
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
    let requires = declarations.needs().of(std::mem::take(&mut entry.asked));
    push(name, version, &origin, requires, declarations)
}

/// A snapshot ends where the next begins.
fn keep(snapshot: &mut Entry, snapshots: &mut Snapshots, declarations: &mut Declarations<'_>) {
    let (_, name, version) = of_at(&snapshot.key);
    if !is_version(version) || snapshots.len() > MAX_PACKAGES {
        return;
    }
    let requires = declarations.needs().of(std::mem::take(&mut snapshot.asked));
    let known =
        snapshots.entry((name.to_owned(), version.to_owned())).or_insert_with(|| Some(BTreeSet::new()));
    // Each has other peers.
    *known = known.take().zip(requires).and_then(|(mut known, more)| {
        known.extend(more);
        (known.len() <= Package::MAX_REQUIREMENTS).then_some(known)
    });
}

/// What a package needs by a name: of a version, or of what a key names (`/other/1.0.0`, `other@1.0.0(peer@2.0.0)`).
fn needed(name: &str, reference: &str, slashes: bool) -> Requirement {
    let version = reference.split(['_', '(']).next().unwrap_or_default();
    if is_version(version) {
        return Requirement::from((name.to_owned(), version));
    }
    let (_, other, version) = if slashes { of_slashes(reference) } else { of_at(reference) };
    match is_version(version) && !other.is_empty() && !other.contains(':') {
        true => Requirement::from((other.to_owned(), version)),
        false => Requirement::from(name),
    }
}

fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(['/', ':'])
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
