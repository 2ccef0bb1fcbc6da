//! What relationships of SPDX 2 say of packages: which of them a document is about, and which are not part of that.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::Error;

/// How many packages may be what a document is about, and how many no part of it.
const MAX_RELATED: usize = 50_000;

#[derive(Debug, Default)]
pub(crate) struct Relations {
    subjects: BTreeSet<String>,
    left_out: BTreeSet<String>,
    /// By what they own.
    owners: BTreeMap<String, String>,
}

impl Relations {
    /// The document is about this element.
    pub(crate) fn describe(&mut self, id: String) -> Result<(), Error> {
        insert(&mut self.subjects, id)
    }

    /// One relationship: `from` is `kind` to `to`.
    pub(crate) fn add(&mut self, from: &str, kind: &str, to: String) -> Result<(), Error> {
        match kind {
            "DESCRIBES" if from == "SPDXRef-DOCUMENT" => insert(&mut self.subjects, to),
            // Sources, and the file that tells how a package was built.
            "GENERATED_FROM" | "DESCRIBED_BY" => insert(&mut self.left_out, to),
            "BUILD_TOOL_OF"
            | "DEV_TOOL_OF"
            | "TEST_TOOL_OF"
            | "BUILD_DEPENDENCY_OF"
            | "DEV_DEPENDENCY_OF"
            | "TEST_DEPENDENCY_OF" => insert(&mut self.left_out, from.to_owned()),
            _ => Ok(()),
        }
    }

    /// One package put the files of another one there.
    pub(crate) fn own(&mut self, owner: String, owned: String) -> Result<(), Error> {
        if self.owners.len() >= MAX_RELATED {
            return Err(too_many());
        }
        self.owners.insert(owned, owner);
        Ok(())
    }

    /// The package that put the files of a package there.
    pub(crate) fn owner(&self, id: &str) -> Option<&str> {
        self.owners.get(id).map(String::as_str)
    }

    /// Whether any package is no part of what the document describes, so far. Then all relationships are to be
    /// [kept](Self::keep), too.
    pub(crate) fn leaves_out(&self) -> bool {
        !self.left_out.is_empty()
    }

    /// What is needed to build one package may be a part of another.
    pub(crate) fn keep(&mut self, from: &str, kind: &str, to: &str) {
        let there = match kind {
            "CONTAINS" | "DEPENDS_ON" | "STATIC_LINK" | "DYNAMIC_LINK" => to,
            "CONTAINED_BY" | "DEPENDENCY_OF" | "RUNTIME_DEPENDENCY_OF" => from,
            _ => return,
        };
        self.left_out.remove(there);
    }

    pub(crate) fn is_subject(&self, id: &str) -> bool {
        self.subjects.contains(id)
    }

    pub(crate) fn is_left_out(&self, id: &str) -> bool {
        self.left_out.contains(id) && !self.is_subject(id)
    }
}

fn insert(ids: &mut BTreeSet<String>, id: String) -> Result<(), Error> {
    if ids.len() >= MAX_RELATED {
        return Err(too_many());
    }
    ids.insert(id);
    Ok(())
}

fn too_many() -> Error {
    Error::unsupported(format_args!("its relationships name more packages than the limit of {MAX_RELATED}"))
}
