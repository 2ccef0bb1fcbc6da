//! `Cargo.lock`, of all versions of its form: what differs between them are checksums, how dependencies are named and
//! how addresses are written, and that the first had what is built in a table of its own.

use std::collections::BTreeSet;

use limpid_lockfile::{Origin, check_values};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Needs, Problems, Requirement};
use serde::Deserialize;

use crate::{Crate, is_name};

/// Its name.
pub(crate) const NAME: &str = "Cargo.lock";

/// The newest version of its form that is known.
const NEWEST: i64 = 4;

/// The addresses of crates.io: its index as a repository, and over HTTP.
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

/// What else such a file may have.
const OTHERS: [&str; 2] = ["metadata", "patch"];

#[derive(Deserialize)]
struct Lock {
    version: Option<toml::Value>,
    root: Option<toml::Value>,
    package: Option<Vec<toml::Value>>,
    #[serde(flatten)]
    others: toml::Table,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The crates that a lock file names, what is built itself among them: it has no source, and no other crate asks for it.
/// One that is damaged costs itself.
///
/// # Errors
/// [`Error::Malformed`] where it is no lock file or holds none of what such a file does, [`Error::Unsupported`] where it is of a newer form or holds very
/// many values.
pub(crate) fn parse(text: &str, problems: &mut Problems) -> Result<Vec<Crate>, Error> {
    check_values(text)?;
    let lock: Lock = toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .map_or(0, |span| 1 + text.bytes().take(span.start).filter(|&it| it == b'\n').count());
        Error::malformed(format_args!("line {line}: {}", error.message()))
    })?;
    match lock.version {
        None => {}
        Some(toml::Value::Integer(version)) if (1..=NEWEST).contains(&version) => {}
        Some(version) => {
            return Err(Error::unsupported(format_args!(
                "the lock file is of version {version}; versions up to {NEWEST} are read"
            )));
        }
    }
    // A workspace without members has a version alone.
    let other = lock.others.keys().find(|key| !OTHERS.contains(&key.as_str()));
    if let (None, None, Some(other)) = (&lock.root, &lock.package, other) {
        return Err(Error::malformed(format_args!("it has no list `package`, but `{other:.100}`")));
    }
    let (mut crates, mut wanted, mut needs) = (Vec::new(), BTreeSet::new(), Needs::default());
    for (number, locked) in lock.root.into_iter().chain(lock.package.into_iter().flatten()).enumerate() {
        match locked.try_into::<Locked>() {
            Ok(Locked { name, version, source, dependencies })
                if is_name(&name) && is_name(&version) && source.as_deref().is_none_or(is_name) =>
            {
                let requires = needs.of(dependencies.iter().map(|wanted| requirement(wanted)));
                wanted.extend(dependencies.into_iter().filter(|wanted| !wanted.ends_with(')')));
                let origin = source.as_deref().map_or(Origin::Local, of);
                crates.push(Crate { name, version, origin, is_root: source.is_none(), requires });
            }
            Ok(_) => problems.push(Error::malformed(format_args!(
                "package {number} has no name or version, or one that is too long"
            ))),
            Err(error) => {
                problems.push(Error::malformed(format_args!("package {number}: {}", error.message())))
            }
        }
    }
    for found in crates.iter_mut().filter(|found| found.is_root) {
        let Crate { name, version, .. } = &found;
        found.is_root = !wanted.contains(name) && !wanted.contains(&format!("{name} {version}"));
    }
    Ok(crates)
}

/// What is asked for: `name`, and where that is not enough its version, and its source if it has one.
fn requirement(wanted: &str) -> Requirement {
    let mut words = wanted.split(' ');
    let name = words.next().unwrap_or_default().to_owned();
    Requirement { name, version: words.next().map(str::to_owned) }
}

/// What an [address of a source](https://doc.rust-lang.org/cargo/reference/pkgid-spec.html) says.
fn of(source: &str) -> Origin {
    if CRATES_IO.contains(&source) {
        return Origin::Published;
    }
    match source.split_once('+') {
        Some(("registry", url)) => Origin::Registry(Some(url.to_owned())),
        // What is sparse is a part of the address.
        Some(("sparse", _)) => Origin::Registry(Some(source.to_owned())),
        Some(("git", url)) => {
            let (repository, commit) = url.split_once('#').unwrap_or((url, ""));
            Origin::commit("git", repository, commit)
        }
        Some(("path", _)) => Origin::Local,
        Some((kind, _)) => Origin::Other(kind.to_owned()),
        None => Origin::Other(source.to_owned()),
    }
}
