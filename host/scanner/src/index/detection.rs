use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use limpid_layers::{ClaimedFile, Sink};
use limpid_model::{Finding, LayerFindings, PluginFailure, Unread};
use limpid_runtime::{LayerFile, Plugin};

/// Files to be shown to one detector in one call.
pub(super) struct Showing {
    claimant: usize,
    files: Vec<ClaimedFile>,
}

/// Hands claimed files over to whoever runs the detectors, while the layer is still being inflated.
pub(super) struct Handover(pub(super) Sender<Showing>);

impl Sink for Handover {
    fn alone(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        // Nobody receives any more only where the detecting thread has panicked, and that is told
        // when it is joined.
        let _ = self.0.send(Showing { claimant, files });
    }

    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        let _ = self.0.send(Showing { claimant, files });
    }
}

/// What one call of a detector gave, and at which place in the layer each file that it saw stood.
pub(super) struct Outcome {
    claimant: usize,
    ordinals: HashMap<String, u64>,
    findings: Vec<Finding>,
    unread: Vec<Unread>,
    failure: Option<PluginFailure>,
}

/// Shows files to detectors until there are no more.
pub(super) fn detect(detectors: &[Arc<Plugin>], showings: &Receiver<Showing>) -> Vec<Outcome> {
    showings.iter().filter_map(|showing| show(detectors, showing)).collect()
}

fn show(detectors: &[Arc<Plugin>], showing: Showing) -> Option<Outcome> {
    let detector = detectors.get(showing.claimant)?.detector()?;
    let ordinals = showing.files.iter().map(|file| (file.path().to_owned(), file.ordinal())).collect();
    let files = showing.files.into_iter().map(|file| Box::new(Shown(file)) as Box<dyn LayerFile>);
    let (findings, unread, failure) = match detector.detect(files.collect()) {
        Ok(detected) => (detected.findings, detected.unread, None),
        Err(failure) => (Vec::new(), Vec::new(), Some(failure)),
    };
    Some(Outcome { claimant: showing.claimant, ordinals, findings, unread, failure })
}

/// What each detector found in the layer. What was stated by a file that a later entry of the same
/// layer replaced does not hold.
pub(super) fn collect(
    detectors: &[Arc<Plugin>],
    outcomes: Vec<Outcome>,
    superseded: &HashSet<u64>,
    unread: Vec<(usize, Unread)>,
) -> Vec<(limpid_model::PluginId, LayerFindings)> {
    let mut found: Vec<LayerFindings> = vec![LayerFindings::default(); detectors.len()];
    for outcome in outcomes {
        let Some(found) = found.get_mut(outcome.claimant) else { continue };
        let holds =
            |path: &str| outcome.ordinals.get(path).is_none_or(|ordinal| !superseded.contains(ordinal));
        found.findings.extend(outcome.findings.into_iter().filter(|finding| holds(&finding.path)));
        found.unread.extend(outcome.unread.into_iter().filter(|unread| holds(&unread.path)));
        found.failures.extend(outcome.failure);
    }
    for (claimant, unread) in unread {
        if let Some(found) = found.get_mut(claimant) {
            found.unread.push(unread);
        }
    }
    for found in &mut found {
        // The order in which layers hand out their files is that of the archive; what is stored is
        // the same whatever that was.
        found.findings.sort_by(|a, b| (&a.path, &a.member).cmp(&(&b.path, &b.member)));
        found.unread.sort_by(|a, b| a.path.cmp(&b.path));
    }
    detectors.iter().map(|plugin| plugin.id().clone()).zip(found).collect()
}

struct Shown(ClaimedFile);

impl LayerFile for Shown {
    fn path(&self) -> &str {
        self.0.path()
    }

    fn size(&self) -> u64 {
        self.0.size()
    }

    fn executable(&self) -> bool {
        self.0.executable()
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        Ok(self.0.read(offset, len)?.into_owned())
    }
}
