//! `Cargo.lock`, of all versions of its form: what differs between them are checksums, how dependencies are named and
//! how addresses are written, and that the first had what is built in a table of its own.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use serde::Deserialize;

use crate::{Crate, Source, is_name};

/// Its name.
pub(crate) const NAME: &str = "Cargo.lock";

/// The newest version of its form that is known.
const NEWEST: i64 = 4;

/// The addresses of crates.io: its index as a repository, and over HTTP.
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

#[derive(Deserialize)]
struct Lock {
    version: Option<toml::Value>,
    root: Option<toml::Value>,
    #[serde(default)]
    package: Vec<toml::Value>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
}

/// The crates that a lock file names, what is built itself among them. One that is damaged costs itself.
///
/// # Errors
/// [`Error::Malformed`] where it is no lock file, [`Error::Unsupported`] where it is of a newer form.
pub(crate) fn parse(text: &str, problems: &mut Problems) -> Result<Vec<Crate>, Error> {
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
    let mut crates = Vec::new();
    for (number, locked) in lock.root.into_iter().chain(lock.package).enumerate() {
        match locked.try_into::<Locked>() {
            Ok(Locked { name, version, source })
                if is_name(&name) && is_name(&version) && source.as_deref().is_none_or(is_name) =>
            {
                crates.push(Crate { name, version, source: source.as_deref().map_or(Source::Local, of) });
            }
            Ok(_) => problems.push(Error::malformed(format_args!(
                "package {number} has no name or version, or one that is too long"
            ))),
            Err(error) => {
                problems.push(Error::malformed(format_args!("package {number}: {}", error.message())))
            }
        }
    }
    Ok(crates)
}

/// What an [address of a source](https://doc.rust-lang.org/cargo/reference/pkgid-spec.html) says.
fn of(source: &str) -> Source {
    if CRATES_IO.contains(&source) {
        return Source::CratesIo;
    }
    match source.split_once('+') {
        Some(("registry", url)) => Source::Registry(Some(url.to_owned())),
        // What is sparse is a part of the address.
        Some(("sparse", _)) => Source::Registry(Some(source.to_owned())),
        Some(("git", _)) => Source::Git(Some(source.to_owned())),
        Some(("path", _)) => Source::Local,
        Some((kind, _)) => Source::Other(kind.to_owned()),
        None => Source::Other(source.to_owned()),
    }
}
