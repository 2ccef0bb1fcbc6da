use std::collections::HashSet;
use std::sync::Arc;

use crate::files::ClaimedFile;
use crate::{Limits, Sink, Want};

/// Files on their way to those who claimed them.
pub(crate) struct Showing<'a> {
    sink: &'a mut dyn Sink,
    limits: &'a Limits,
    /// By claimant.
    alone: Vec<Vec<ClaimedFile>>,
    together: Vec<Vec<ClaimedFile>>,
    /// Of all that wait in `alone`.
    paths: HashSet<Arc<str>>,
    bytes: u64,
}

impl<'a> Showing<'a> {
    pub(crate) fn new(sink: &'a mut dyn Sink, limits: &'a Limits, claimants: usize) -> Self {
        let none = || vec![Vec::new(); claimants];
        Self { sink, limits, alone: none(), together: none(), paths: HashSet::new(), bytes: 0 }
    }

    /// Takes a file on for those who want it.
    pub(crate) fn add(&mut self, path: &Arc<str>, file: &ClaimedFile, wants: &[Want]) {
        // No batch holds two files of one path: a finding names its file by path alone.
        if self.paths.contains(path) {
            self.flush();
        }
        for want in wants {
            let waiting = if want.by.together { &mut self.together } else { &mut self.alone };
            if let Some(files) = waiting.get_mut(want.by.index) {
                files.push(file.wanted(want));
            }
        }
        if wants.iter().any(|want| !want.by.together) {
            self.paths.insert(path.clone());
            self.bytes += file.kept();
        }
        if self.paths.len() >= self.limits.alone_files || self.bytes >= self.limits.alone_memory {
            self.flush();
        }
    }

    /// Shows what stands alone.
    pub(crate) fn flush(&mut self) {
        for (claimant, files) in self.alone.iter_mut().enumerate() {
            if !files.is_empty() {
                self.sink.alone(claimant, std::mem::take(files));
            }
        }
        self.paths.clear();
        self.bytes = 0;
    }

    /// Shows what belongs together and still holds, by path.
    pub(crate) fn finish(mut self, holds: impl Fn(&ClaimedFile) -> bool) {
        self.flush();
        for (claimant, mut files) in self.together.into_iter().enumerate() {
            files.retain(&holds);
            files.sort_by(|a, b| a.path().cmp(b.path()));
            if !files.is_empty() {
                self.sink.together(claimant, files);
            }
        }
    }
}
