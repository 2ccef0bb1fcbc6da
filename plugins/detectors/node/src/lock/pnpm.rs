//! [`pnpm-lock.yaml`](https://github.com/pnpm/spec/blob/master/lockfile/): `packages` by a key that names the package,
//! `/@babel/core/7.24.7_peers` in version 5, `/@babel/core@7.24.7(peers)` in 6, without the slash in 9.

use limpid_plugin_sdk::Error;

use super::origin::Origin;
use super::{Declared, Sink, split_name, yaml};

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

pub(super) fn read(text: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
    let (mut entry, mut slashes) = (Entry::default(), false);
    yaml::leaves(text, |path, value| {
        let (key, field, inner) = match path {
            ["lockfileVersion"] => {
                slashes = value.starts_with("5.") || value == "5";
                return Ok(());
            }
            ["packages", key, field] => (*key, *field, ""),
            ["packages", key, field, inner] => (*key, *field, *inner),
            _ => return Ok(()),
        };
        if key != entry.key {
            finish(&entry, slashes, &mut *sink)?;
            entry = Entry { key: key.to_owned(), ..Entry::default() };
        }
        let place = match (field, inner) {
            ("name", "") => &mut entry.name,
            ("version", "") => &mut entry.version,
            ("resolution", "type") => &mut entry.kind,
            ("resolution", "tarball") => &mut entry.tarball,
            ("resolution", "repo") => &mut entry.repository,
            ("resolution", "commit") => &mut entry.commit,
            _ => return Ok(()),
        };
        value.clone_into(place);
        Ok(())
    })?;
    finish(&entry, slashes, sink)
}

fn finish(entry: &Entry, slashes: bool, sink: &mut Sink<'_>) -> Result<(), Error> {
    if entry.key.is_empty() {
        return Ok(());
    }
    let (name, stated) = if slashes { of_slashes(&entry.key) } else { of_at(&entry.key) };
    let name = if entry.name.is_empty() { name } else { entry.name.as_str() };
    // Of what is no version in the key, it is where the package is from.
    let is_version = stated.starts_with(|c: char| c.is_ascii_digit()) && !stated.contains(['/', ':']);
    let is_of_registry = is_version && (!slashes || entry.key.starts_with('/'));
    let origin = match (entry.commit.as_str(), entry.tarball.as_str()) {
        ("", "") => Origin::default(),
        ("", _) if is_of_registry => Origin::default(),
        ("", tarball) => Origin::of_archive(tarball),
        (commit, _) => Origin::of_commit(&entry.repository, commit),
    };
    let version = match (entry.version.as_str(), entry.commit.as_str()) {
        ("", _) if is_version => stated,
        ("", "") => {
            // The version of a folder of the project is in its manifest.
            if entry.kind != "directory" {
                sink.versionless(name);
            }
            return Ok(());
        }
        ("", commit) => commit,
        (version, _) => version,
    };
    sink.push(Declared { name, version, origin })
}

/// Name and version of a key of version 5; one that does not begin with a slash begins with a host.
fn of_slashes(key: &str) -> (&str, &str) {
    let path = match key.strip_prefix('/') {
        Some(path) => path,
        None => key.split_once('/').map_or(key, |(_, path)| path),
    };
    let (name, version) = path.rsplit_once('/').unwrap_or((path, ""));
    (name, version.split(['_', '(']).next().unwrap_or(version))
}

/// Name and version of a key of later versions.
fn of_at(key: &str) -> (&str, &str) {
    let key = key.strip_prefix('/').unwrap_or(key);
    let (name, version) = split_name(key).unwrap_or((key, ""));
    (name, version.split('(').next().unwrap_or(version))
}
