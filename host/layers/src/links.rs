//! What links make of claimed paths.
//!
//! A detector is shown a layer by itself, under the paths that its entries have. A container sees all
//! layers as one file system, in which a claimed path may lead through symbolic links to a file that
//! nobody claims under its own path; what was written through a link lies elsewhere than its entry says;
//! and a hard link may be another name of a file of a lower layer. Such files are shown once more, under
//! the paths at which a container sees them: [`links`] tells which, [`read_linked`] reads and shows them.

mod find;
mod hidden;
mod read;
mod stack;

use std::collections::BTreeSet;

use limpid_model::{Digest, Grouping, LayerEntries};

use self::find::find;
use self::stack::Stack;
use crate::claims::Claimant;
use crate::{ClaimSet, Limits};
pub use hidden::hidden;
pub use read::{LinkedContents, read_linked};

/// What a container sees at claimed paths and no layer by itself shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Files that are to be shown, by path.
    pub files: Vec<LinkedFile>,
    /// Claimed paths that were not followed, by path.
    pub unfollowed: Vec<Unfollowed>,
}

/// A file that is seen at a claimed path, although no entry of its layer has that path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedFile {
    /// The claimed path.
    pub path: String,
    /// The path without links.
    pub real: String,
    /// Place of the layer that has its content.
    pub layer: usize,
    /// Which entry of that layer it is.
    pub ordinal: u64,
    /// Place of the layer from which on it is seen there.
    pub since: usize,
    /// Under which path those who claim that one were shown it already; none where it was not shown or is
    /// not to be seen there.
    pub seen_as: Option<String>,
    pub(crate) claimants: Vec<Claimant>,
}

/// A claimed path that was not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfollowed {
    /// The claimed path.
    pub path: String,
    /// Place of the layer that has the link.
    pub layer: usize,
    /// Why.
    pub why: String,
    /// Indexes of those who claim it.
    pub claimants: Vec<usize>,
}

impl Links {
    /// Whether there is nothing of the kind, as in most images.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.unfollowed.is_empty()
    }

    /// Stands for all that is shown, and to whom: layers are known by the digests of their content, so
    /// that nothing needs to be read for it. `diff_ids` are those of the layers.
    pub fn digest(&self, diff_ids: &[Digest]) -> Digest {
        let layer = |place: usize| diff_ids.get(place).map(ToString::to_string).unwrap_or_default();
        let mut text = String::from("limpid linked layer 1\n");
        // Written as JSON strings, because a path may hold any letter.
        let mut line = |parts: &[&str]| {
            for part in parts {
                text.push_str(&serde_json::Value::from(*part).to_string());
            }
            text.push('\n');
        };
        for file in &self.files {
            let seen_as = file.seen_as.as_deref().unwrap_or_default();
            line(&[&file.path, &file.real, &layer(file.layer), &file.ordinal.to_string(), seen_as]);
        }
        for unfollowed in &self.unfollowed {
            line(&[&unfollowed.path, &layer(unfollowed.layer), &unfollowed.why]);
        }
        Digest::of(text.as_bytes())
    }
}

impl LinkedFile {
    /// Who is shown it because of its path, and how.
    pub fn claimants(&self) -> impl Iterator<Item = (usize, Grouping)> {
        self.claimants.iter().map(|claimant| (claimant.index, claimant.grouping()))
    }
}

/// What links make of claimed paths in an image of these layers, lowest first. `unread` are the places of
/// layers of which nothing is known.
///
/// Where no link has to do with a claim, as in most images, this is a look at the links alone.
pub fn links(
    layers: &[&LayerEntries],
    unread: &BTreeSet<usize>,
    claims: &ClaimSet,
    limits: &Limits,
) -> Links {
    let stack = Stack::new(layers);
    if stack.is_literal() && !stack.lead_to_claims(claims, !unread.is_empty()) {
        return Links::default();
    }
    find(layers, unread, claims, limits)
}

#[cfg(test)]
mod tests;
