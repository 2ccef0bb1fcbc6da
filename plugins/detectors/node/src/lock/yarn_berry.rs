//! `yarn.lock` of Yarn 2 and later, which is YAML. What is of the project itself is not declared, and of what is linked to
//! no version is stated; a folder or a file that was copied has one.

use limpid_lockfile::{Declarations, Origin};
use limpid_plugin_sdk::Error;

use super::patterns::{Asked, Patterns};
use super::yaml::{self, Node};
use super::{origin, push, split_name, unknown_version};

/// The newest version of the form that is known.
const NEWEST: u8 = 10;

/// The version that stands in the place of one that nobody knows before the manifest of a folder is read.
const USE_LOCAL: &str = "0.0.0-use.local";

/// Whether a `yarn.lock` is of these versions, which state their own in it.
pub(super) fn is_of_it(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "__metadata:")
}

#[derive(Default)]
struct Entry {
    key: String,
    version: String,
    resolution: String,
    is_soft: bool,
    asked: Asked,
}

pub(super) fn read(text: &str, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let (mut entry, mut patterns) = (Entry::default(), Patterns::default());
    let aliases = yaml::nodes(text, |path, node| {
        match (path, node) {
            (["__metadata", "version"], Node::Scalar(version))
                if !version.parse::<u8>().is_ok_and(|version| version <= NEWEST) =>
            {
                declarations.problem(unknown_version(version, NEWEST));
            }
            ([key, rest @ ..], node) if *key != "__metadata" => {
                if *key != entry.key {
                    finish(&mut entry, &mut patterns, &mut *declarations)?;
                    entry = Entry { key: (*key).to_owned(), ..Entry::default() };
                }
                entry.set(rest, node);
            }
            _ => {}
        }
        Ok(())
    })?;
    finish(&mut entry, &mut patterns, declarations)?;
    patterns.resolve(declarations);
    if aliases > 0 {
        let why = format_args!("{aliases} aliases of YAML, which Yarn does not write, are not followed");
        declarations.problem(Error::unsupported(why));
    }
    Ok(())
}

impl Entry {
    fn set(&mut self, path: &[&str], node: Node<'_>) {
        match (path, node) {
            (["version"], Node::Scalar(value)) => value.clone_into(&mut self.version),
            (["resolution"], Node::Scalar(value)) => value.clone_into(&mut self.resolution),
            (["dependencies", name], Node::Scalar(range)) => self.asked.add(name, range),
            (["linkType"], Node::Scalar(value)) => self.is_soft = value == "soft",
            _ => {}
        }
    }
}

fn finish(
    entry: &mut Entry,
    patterns: &mut Patterns,
    declarations: &mut Declarations<'_>,
) -> Result<(), Error> {
    if entry.key.is_empty() || entry.is_soft || entry.version == USE_LOCAL {
        return Ok(());
    }
    let locator = if entry.resolution.is_empty() { &entry.key } else { &entry.resolution };
    let (name, reference) = split_name(locator).unwrap_or((locator, ""));
    if entry.version.is_empty() {
        declarations.versionless(name);
        return Ok(());
    }
    let address = reference.split("::").next().unwrap_or(reference);
    let origin = match origin::commit(reference) {
        Some((repository, commit)) => origin::of_commit(repository, commit),
        None if address.contains("://") => origin::of_archive(address),
        None if origin::is_local(address) => Origin::Local,
        None => Origin::Published,
    };
    patterns.add(entry.key.split(", "), name, &entry.version);
    let requires = entry.asked.take(declarations);
    push(name, &entry.version, &origin, requires, declarations)
}
