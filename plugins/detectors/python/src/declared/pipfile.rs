//! [`Pipfile.lock`](https://github.com/pypa/pipfile): a map for each category of packages.

use limpid_lockfile::{Declarations, MAX_FILE};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{is_project, push};
use crate::origin::Origin;

/// The newest version of the form that is known.
const NEWEST: u8 = 6;

#[derive(Deserialize)]
struct Entry {
    version: Option<String>,
    git: Option<String>,
    r#ref: Option<String>,
    file: Option<String>,
    path: Option<String>,
    #[serde(default)]
    editable: bool,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, rename = "pipfile-spec")]
    version: Option<&'a RawValue>,
}

pub(super) fn read(file: &File, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let text = file.read_to_string(MAX_FILE)?;
    let document: &RawValue = serde_json::from_str(&text).map_err(Error::malformed)?;
    let mut is_empty = true;
    limpid_json::entries(document, |category, packages| {
        is_empty = false;
        match category.as_str() {
            "_meta" => of_known_version(packages),
            _ => limpid_json::entries(packages, |name, entry| take(name, entry, &mut *declarations)),
        }
    })?;
    if is_empty { Err(Error::malformed("it has no `_meta` and no packages")) } else { Ok(()) }
}

fn of_known_version(meta: &RawValue) -> Result<(), Error> {
    let Meta { version } = serde_json::from_str(meta.get())
        .map_err(|error| Error::malformed(format_args!("`_meta`: {error}")))?;
    match version.map(RawValue::get) {
        Some(version) if !version.parse::<u8>().is_ok_and(|version| version <= NEWEST) => {
            Err(Error::unsupported(format_args!(
                "the lock file is of version {version:.20}; versions up to {NEWEST} are read"
            )))
        }
        _ => Ok(()),
    }
}

fn take(name: String, entry: &RawValue, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let entry: Entry = match serde_json::from_str(entry.get()) {
        Ok(entry) => entry,
        Err(error) => {
            declarations.problem(Error::malformed(format_args!("package `{name:.100}`: {error}")));
            return Ok(());
        }
    };
    let version = entry.version.as_deref().map(|version| version.trim_start_matches('=').trim().to_owned());
    if let (Some(url), Some(commit)) = (&entry.git, &entry.r#ref) {
        let version = version.unwrap_or_else(|| commit.clone());
        return push(&name, version, &Origin::of_commit("git", url, commit), None, declarations);
    }
    let is_folder = entry.path.is_some() || entry.editable;
    if entry.path.as_deref().is_some_and(is_project) {
        return Ok(());
    }
    let Some(version) = version else {
        // A folder of the project makes its version when it is built.
        if !is_folder {
            declarations.versionless(&name);
        }
        return Ok(());
    };
    let origin = match &entry.file {
        Some(url) => Origin::of_archive(url),
        None if is_folder => Origin::local(),
        None => Origin::default(),
    };
    let origin = if entry.editable { origin.edited() } else { origin };
    push(&name, version, &origin, None, declarations)
}
