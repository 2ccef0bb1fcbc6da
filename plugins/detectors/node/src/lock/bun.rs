//! [`bun.lock`](https://bun.com/docs/pm/lockfile): JSON with trailing commas, which has a list for each package that
//! begins with `NAME@VERSION`. What is of the project itself is not declared, and of what is in a folder beside it no version
//! is stated.

use limpid_lockfile::{Declarations, Origin};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Requirement;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::folders::{Folders, asked_for};
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

/// What a list says of a package behind its name and where it is from.
#[derive(Default, Deserialize)]
struct About<'a> {
    #[serde(borrow)]
    dependencies: Option<&'a RawValue>,
    #[serde(borrow, rename = "optionalDependencies")]
    optional: Option<&'a RawValue>,
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
    let mut folders = Folders::default();
    let outcome = limpid_json::entries(packages, |folder, entry| {
        let (mut first, mut about) = (None, None);
        let read = limpid_json::elements(entry, |element| {
            if first.is_some() {
                about = about.or_else(|| Some(element.get()).filter(|element| element.starts_with('{')));
            } else {
                first = Some(serde_json::from_str::<String>(element.get()).map_err(Error::malformed)?);
            }
            Ok(())
        });
        match (read, first) {
            (Ok(()), Some(id)) => {
                let at = folders.of(names(&folder));
                let About { dependencies, optional } = match about.map(serde_json::from_str) {
                    Some(about) => about.map_err(Error::malformed)?,
                    None => About::default(),
                };
                let asked = dependencies.into_iter().chain(optional);
                let requires = about.and_then(|_| asked_for(asked, at, &mut *declarations));
                if let (Some(at), Some((name, version))) = (at, split_name(&id)) {
                    let version = origin::commit(version).map_or(version, |(_, commit)| commit);
                    folders.put(at, Requirement::from((name.to_owned(), version)));
                }
                take(&id, requires, &mut *declarations)
            }
            _ => {
                let why = format_args!("package `{folder:.100}` is no list that begins with its name");
                declarations.problem(Error::malformed(why));
                Ok(())
            }
        }
    });
    folders.resolve(declarations);
    outcome
}

/// The names of packages that are in each other, `a/@b/c/d`.
fn names(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = path;
    std::iter::from_fn(move || {
        let scope = if rest.starts_with('@') { rest.find('/').map_or(rest.len(), |at| at + 1) } else { 0 };
        let end = rest.get(scope..)?.find('/').map_or(rest.len(), |at| scope + at);
        let name = rest.get(..end).filter(|name| !name.is_empty())?;
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(name)
    })
}

fn take(
    id: &str,
    requires: Option<Vec<Requirement>>,
    declarations: &mut Declarations<'_>,
) -> Result<(), Error> {
    let (name, version) = split_name(id).unwrap_or((id, ""));
    if let Some((repository, commit)) = origin::commit(version) {
        return push(name, commit, &origin::of_commit(repository, commit), requires, declarations);
    }
    let is_own = ["workspace:", "file:", "link:", "root:"].iter().any(|kind| version.starts_with(kind));
    let is_archive = version.ends_with(".tgz") || version.ends_with(".tar.gz");
    match version {
        _ if is_own && !is_archive => {}
        "" => declarations.versionless(name),
        _ if is_archive || version.contains(':') => declarations.versionless(name),
        _ => return push(name, version, &Origin::Published, requires, declarations),
    }
    Ok(())
}
