//! [`bun.lock`](https://bun.com/docs/pm/lockfile): JSON with trailing commas, which has a list for each package that
//! begins with `NAME@VERSION`. What is of the project itself is not declared, and of what is in a folder beside it no version
//! is stated.

use limpid_lockfile::{Declarations, Origin};
use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{origin, push, split_name, unknown_version};

/// The versions of the form: what differs is which fields a list has behind the first.
const NEWEST: u8 = 2;

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow, rename = "lockfileVersion")]
    version: Option<&'a RawValue>,
    #[serde(borrow)]
    packages: Option<&'a RawValue>,
}

pub(super) fn read(text: &str, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let text = limpid_json::lax(text);
    let lock: Lock<'_> = serde_json::from_str(&text).map_err(Error::malformed)?;
    match lock.version.map(RawValue::get) {
        None => return Err(Error::malformed("it has no `lockfileVersion`")),
        Some(version) if version.parse::<u8>().is_ok_and(|version| version <= NEWEST) => {}
        Some(version) => return Err(unknown_version(version, NEWEST)),
    }
    let Some(packages) = lock.packages else { return Ok(()) };
    limpid_json::entries(packages, |folder, entry| {
        let mut first = None;
        let read = limpid_json::elements(entry, |element| {
            if first.is_none() {
                first = Some(serde_json::from_str::<String>(element.get()).map_err(Error::malformed)?);
            }
            Ok(())
        });
        match (read, first) {
            (Ok(()), Some(id)) => take(&id, &mut *declarations),
            _ => {
                let why = format_args!("package `{folder:.100}` is no list that begins with its name");
                declarations.problem(Error::malformed(why));
                Ok(())
            }
        }
    })
}

fn take(id: &str, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let (name, version) = split_name(id).unwrap_or((id, ""));
    if let Some((repository, commit)) = origin::commit(version) {
        return push(name, commit, &origin::of_commit(repository, commit), declarations);
    }
    let is_own = ["workspace:", "file:", "link:", "root:"].iter().any(|kind| version.starts_with(kind));
    let is_archive = version.ends_with(".tgz") || version.ends_with(".tar.gz");
    match version {
        _ if is_own && !is_archive => {}
        "" => declarations.versionless(name),
        _ if is_archive || version.contains(':') => declarations.versionless(name),
        _ => return push(name, version, &Origin::Published, declarations),
    }
    Ok(())
}
