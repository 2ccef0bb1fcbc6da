//! [`bun.lock`](https://bun.com/docs/pm/lockfile): JSON with trailing commas, which has a list for each package that
//! begins with `NAME@VERSION`. What is of the project itself, or linked to, is not declared.

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::origin::{self, Origin};
use super::{Declared, Sink, split_name};

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow)]
    packages: Option<&'a RawValue>,
}

pub(super) fn read(text: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
    let text = limpid_json::lax(text);
    let lock: Lock<'_> = serde_json::from_str(&text).map_err(Error::malformed)?;
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
            (Ok(()), Some(id)) => take(&id, &mut *sink),
            _ => {
                let why = format_args!("package `{folder:.100}` is no list that begins with its name");
                sink.problems.push(Error::malformed(why));
                Ok(())
            }
        }
    })
}

fn take(id: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
    let (name, version) = split_name(id).unwrap_or((id, ""));
    if let Some((repository, commit)) = origin::commit(version) {
        return sink.push(Declared { name, version: commit, origin: Origin::of_commit(repository, commit) });
    }
    let is_own = ["workspace:", "file:", "link:", "root:"].iter().any(|kind| version.starts_with(kind));
    let is_archive = version.ends_with(".tgz") || version.ends_with(".tar.gz") || version.contains(':');
    match version {
        _ if is_own && !is_archive_file(version) => Ok(()),
        "" => {
            sink.versionless(name);
            Ok(())
        }
        _ if is_archive => {
            sink.versionless(name);
            Ok(())
        }
        _ => sink.push(Declared { name, version, origin: Origin::default() }),
    }
}

/// Whether it is an archive, and not a folder.
fn is_archive_file(version: &str) -> bool {
    version.ends_with(".tgz") || version.ends_with(".tar.gz")
}
