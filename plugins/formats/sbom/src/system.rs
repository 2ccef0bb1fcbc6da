//! Which distribution a document is about.

use std::collections::BTreeMap;

use limpid_plugin_sdk::Purl;
use limpid_plugin_sdk::detector::Distribution;

use crate::ecosystem;

/// How many releases that package URLs name are told apart.
const MAX_RELEASES: usize = 64;

/// The longest text that is kept of what a document says of a distribution, in bytes.
const MAX_TEXT: usize = 256;

/// What a document says of the operating system as a component of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stated {
    pub(crate) id: String,
    pub(crate) version: String,
    /// By the names of os-release.
    pub(crate) others: Vec<(&'static str, String)>,
}

/// What a document says of distributions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Systems {
    stated: Option<Stated>,
    /// Another one that is stated.
    other: Option<Stated>,
    /// Names and versions of package URLs, and how many have them.
    of_packages: BTreeMap<(String, String), u64>,
}

impl Systems {
    /// The document has this as a component of its own, of which the first counts.
    pub(crate) fn state(&mut self, stated: Stated) {
        let is_short = |text: &str| text.len() <= MAX_TEXT;
        if stated.id.is_empty() || !is_short(&stated.id) || !is_short(&stated.version) {
            return;
        }
        match &self.stated {
            None => self.stated = Some(stated),
            Some(known) if (&known.id, &known.version) != (&stated.id, &stated.version) => {
                self.other.get_or_insert(stated);
            }
            Some(_) => {}
        }
    }

    /// A package says for which release it was built.
    pub(crate) fn add(&mut self, purl: &Purl) {
        let Some((id, version)) = ecosystem::release(purl) else { return };
        if self.of_packages.len() < MAX_RELEASES && id.len() + version.len() <= MAX_TEXT {
            *self.of_packages.entry((id.to_owned(), version.to_owned())).or_default() += 1;
        }
    }

    /// The distribution that the document states, or else the one for which most of its packages were built.
    pub(crate) fn distribution(&self) -> Option<Result<Distribution, String>> {
        if let Some(Stated { id, version, others }) = &self.stated {
            let others = others.iter().map(|(name, value)| (*name, value.as_str()));
            return Some(limpid_releases::named(id, version, others));
        }
        let most = self.of_packages.iter().max_by_key(|(_, packages)| **packages);
        most.map(|((id, version), _)| limpid_releases::named(id, version, []))
    }

    /// Why it may be another one.
    pub(crate) fn doubt(&self) -> Option<String> {
        let (first, other) = self.stated.as_ref().zip(self.other.as_ref())?;
        Some(format!(
            "the document states several distributions, `{} {}` and `{} {}`: the first counts",
            first.id, first.version, other.id, other.version
        ))
    }
}
