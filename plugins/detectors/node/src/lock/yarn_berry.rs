//! `yarn.lock` of Yarn 2 and later, which is YAML. What is of the project itself, or linked to, is not declared.

use limpid_plugin_sdk::Error;

use super::origin::{self, Origin};
use super::{Declared, Sink, split_name, yaml};

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
}

pub(super) fn read(text: &str, sink: &mut Sink<'_>) -> Result<(), Error> {
    let mut entry = Entry::default();
    yaml::leaves(text, |path, value| {
        let [key, field] = path else { return Ok(()) };
        if *key != entry.key {
            finish(&entry, &mut *sink)?;
            entry = Entry { key: (*key).to_owned(), ..Entry::default() };
        }
        match *field {
            "version" => value.clone_into(&mut entry.version),
            "resolution" => value.clone_into(&mut entry.resolution),
            "linkType" => entry.is_soft = value == "soft",
            _ => {}
        }
        Ok(())
    })?;
    finish(&entry, sink)
}

fn finish(entry: &Entry, sink: &mut Sink<'_>) -> Result<(), Error> {
    if entry.is_soft || matches!(entry.key.as_str(), "" | "__metadata") {
        return Ok(());
    }
    let locator = if entry.resolution.is_empty() { &entry.key } else { &entry.resolution };
    let (name, reference) = split_name(locator).unwrap_or((locator, ""));
    if entry.version.is_empty() {
        sink.versionless(name);
        return Ok(());
    }
    let origin = match origin::commit(reference) {
        Some((repository, commit)) => Origin::of_commit(repository, commit),
        None => Origin::of_archive(reference.split("::").next().unwrap_or(reference)),
    };
    sink.push(Declared { name, version: &entry.version, origin })
}
