use std::collections::BTreeSet;

use super::Gap;
use crate::{Digest, PluginFailure, PluginId, Unread};

/// What of an image was not examined, or not by everybody: what is missing of it is in no list of packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examination {
    /// Calls of plugins that gave no answer.
    pub failures: Vec<LayerFailure>,
    /// Files in the plugins directory that were not loaded, and of which no earlier version runs: their names.
    pub refused_plugins: Vec<String>,
    /// Claimed files that could not be read, or not all of what they hold: one for each reason.
    pub unread: Vec<UnreadFile>,
    /// Layers that could not be read, lowest first.
    pub unread_layers: Vec<UnreadLayer>,
    /// Layers of which entries were passed over, lowest first.
    pub long_paths: Vec<LongPaths>,
    /// Files that hold packages and that no detector reads, by kind, most first.
    pub unexamined: Vec<UnexaminedFiles>,
    /// In how many layers such files were not counted.
    pub uncounted: u64,
    /// Detectors that are loaded now and have not seen all layers, by name and version.
    pub unseen: Vec<String>,
    /// Whether plugins have changed, and what they change is being worked on.
    pub under_way: bool,
    /// What is odd about layers and hides nothing.
    pub notes: Vec<LayerNote>,
}

impl Examination {
    /// What is missing for a full answer, in the order of its weight; empty where nothing is.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        if !self.refused_plugins.is_empty() {
            gaps.push(Gap::RefusedPlugins { files: self.refused_plugins.clone() });
        }
        if !self.failures.is_empty() {
            gaps.push(Gap::PluginFailures { calls: self.failures.len(), over_bound: self.over_bound() });
        }
        if !self.unread.is_empty() {
            let files: BTreeSet<_> = self.unread.iter().map(|it| (it.diff_id, &it.unread.path)).collect();
            gaps.push(Gap::UnreadFiles { files: files.len(), reasons: self.unread.len() });
        }
        let unread_layers = self.unread_layers.iter();
        gaps.extend(
            unread_layers.map(|layer| Gap::UnreadLayer { index: layer.index, why: layer.why.clone() }),
        );
        gaps.extend(self.long_paths.iter().cloned().map(Gap::LongPaths));
        if !self.unexamined.is_empty() {
            let counts = self.unexamined.iter().map(|kind| (kind.title.clone(), kind.files, kind.perhaps));
            gaps.push(Gap::UnexaminedFiles(counts.collect()));
        }
        if self.uncounted > 0 {
            gaps.push(Gap::UncountedFiles { layers: self.uncounted });
        }
        if !self.unseen.is_empty() {
            gaps.push(Gap::NotExamined { detectors: self.unseen.clone() });
        }
        if self.under_way {
            gaps.push(Gap::RefreshUnderWay);
        }
        gaps
    }

    /// Why the first call that went over a bound did.
    fn over_bound(&self) -> Option<String> {
        use crate::FailureKind::{Memory, Output, Tables, Time};
        let mut failures = self.failures.iter().map(|it| &it.failure);
        let over = failures.find(|failure| matches!(failure.kind, Memory | Output | Tables | Time))?;
        Some(format!("`{}` {}", over.plugin.name, over.message))
    }
}

/// Entries of a layer that were passed over because of their paths' length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongPaths {
    /// Its place in the image; 0 is the lowest.
    pub index: usize,
    /// Digest of its tar.
    pub diff_id: Digest,
    /// How many.
    pub entries: u64,
    /// The limit, in bytes.
    pub limit: u64,
}

/// A claimed file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadFile {
    /// The layer.
    pub diff_id: Digest,
    /// The detectors that claimed it.
    pub detectors: Vec<PluginId>,
    /// Path and reason.
    pub unread: Unread,
}

/// A layer that could not be read: nothing is known of what it holds, replaces and deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadLayer {
    /// Its place in the image; 0 is the lowest.
    pub index: usize,
    /// Digest of its tar, as the image's configuration says.
    pub diff_id: Digest,
    /// Why, for programs: `over-limit`, `unsupported`, `damaged`.
    pub code: String,
    /// Why: which limit, or which form.
    pub why: String,
}

/// Something odd about a layer that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerNote {
    /// Its place in the image; 0 is the lowest.
    pub index: usize,
    /// Digest of its tar.
    pub diff_id: Digest,
    /// What it is.
    pub what: String,
}

/// Files of one kind that hold packages and that no detector reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnexaminedFiles {
    /// The kind's code.
    pub kind: String,
    /// What people call them, in singular or plural as they are.
    pub title: String,
    /// How many there are.
    pub files: u64,
    /// How many more there may be: files of the kind whose paths are not kept, where some that are kept are read.
    pub perhaps: u64,
    /// Some of their paths.
    pub examples: Vec<String>,
}

/// A call of a plugin that failed on a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFailure {
    /// The layer.
    pub diff_id: Digest,
    /// What happened.
    pub failure: PluginFailure,
}
