//! The archive of a VEX repository: an index, and the documents that it names.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

use limpid_documents::{Document, Documents, Part};
use limpid_model::VexRepositoryDocument;
use serde::Deserialize;

use crate::Settings;
use crate::policies::repositories::understood;

/// Longest index of a repository, in bytes.
const INDEX_BYTES: u64 = 32 << 20;

/// Packages that an index may name.
const PACKAGES: usize = 200_000;

/// What of an archive can be used.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) documents: Vec<VexRepositoryDocument>,
    /// How many of the documents that the index names cannot be used, and the first of them, with the reason.
    pub(super) unread: usize,
    pub(super) first_unread: Option<String>,
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    id: String,
    #[serde(default)]
    location: String,
}

impl Archive {
    /// Reads an archive where it lies. `root` is the folder in which the index is.
    pub(super) fn read(
        (repository, name): (&str, &str),
        file: File,
        root: &str,
        settings: &Settings,
    ) -> Result<Self, String> {
        let part = Part::whole(file).map_err(|error| error.to_string())?;
        let mut wanted = index(name, &part, root, settings)?;
        let mut read = Self { documents: Vec::new(), unread: 0, first_unread: None };
        let mut left = settings.policies.repository_bytes;
        each(name, &part, settings, |document| {
            let path = document.name();
            let path = path.strip_prefix("./").unwrap_or(path).to_owned();
            let Some((location, packages)) = wanted.remove_entry(&path) else { return Ok(true) };
            let most = settings.policies.document_bytes.min(left);
            let bytes = bytes(document, most)?;
            if bytes.len() as u64 > left {
                return Err(io::Error::other(format!(
                    "its documents are over {} bytes, the limit of setting `policies.repository_bytes`",
                    settings.policies.repository_bytes
                )));
            }
            if bytes.len() as u64 > most {
                read.leave_out(&location, "it is over the limit of setting `policies.document_bytes`");
                return Ok(true);
            }
            let document = VexRepositoryDocument { location, packages, bytes };
            match understood(repository, &document) {
                Ok(_) => {
                    left -= document.bytes.len() as u64;
                    read.documents.push(document);
                }
                Err(why) => read.leave_out(&document.location, &why),
            }
            Ok(true)
        })?;
        for location in wanted.keys() {
            read.leave_out(location, "the archive does not have it");
        }
        if read.documents.is_empty() && read.unread > 0 {
            let first = read.first_unread.unwrap_or_default();
            return Err(format!("none of its {} documents can be used: {first}", read.unread));
        }
        Ok(read)
    }

    fn leave_out(&mut self, location: &str, why: &str) {
        self.unread += 1;
        self.first_unread.get_or_insert_with(|| format!("`{location}`: {why}"));
    }
}

/// Which packages each document may be about, by its path in the archive.
fn index(
    name: &str,
    part: &Part,
    root: &str,
    settings: &Settings,
) -> Result<BTreeMap<String, Vec<String>>, String> {
    let within = |path: &str| match root {
        "" => path.to_owned(),
        root => format!("{root}/{path}"),
    };
    let path = within("index.json");
    let mut found = None;
    each(name, part, settings, |document| {
        let is_it = document.name().strip_prefix("./").unwrap_or(document.name()) == path;
        if is_it {
            found = Some(bytes(document, INDEX_BYTES)?);
        }
        Ok(!is_it)
    })?;
    let bytes = found.ok_or_else(|| format!("`{name}` has no `{path}`"))?;
    if bytes.len() as u64 > INDEX_BYTES {
        return Err(format!("`{path}` is over {INDEX_BYTES} bytes, the most that an index may have"));
    }
    let index: Index = serde_json::from_slice(&bytes).map_err(|error| format!("`{path}`: {error}"))?;
    if index.packages.len() > PACKAGES {
        return Err(format!("`{path}` names over {PACKAGES} packages, the most that an index may name"));
    }
    let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Package { id, location } in index.packages {
        let location = location.trim_start_matches("./").trim_start_matches('/');
        if !location.is_empty() {
            wanted.entry(within(location)).or_default().push(id);
        }
    }
    Ok(wanted)
}

/// Shows each member of an archive, until somebody has seen enough.
fn each(
    name: &str,
    part: &Part,
    settings: &Settings,
    mut show: impl FnMut(&mut Document) -> io::Result<bool>,
) -> Result<(), String> {
    let mut walk = || -> io::Result<()> {
        let mut documents = Documents::open(name, part.clone(), &settings.documents)?;
        while let Some(mut document) = documents.next()? {
            if !show(&mut document)? {
                break;
            }
        }
        Ok(())
    };
    walk().map_err(|error| format!("archive `{name}`: {error}"))
}

/// The bytes of a member, and one more where it is over a limit.
fn bytes(document: &mut Document, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    document.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
