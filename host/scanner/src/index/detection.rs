use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use limpid_layers::{ClaimedFile, Sink};
use limpid_model::{Digest, Fact, Finding, Grouping, InputError, LayerFindings, PluginFailure, Unread};
use limpid_runtime::{Detected, LayerFile, Plugin};

use super::keeper::Keeper;
use super::parts::{self, Answer};

/// Files to be shown to one detector in one call.
pub(super) struct Showing {
    claimant: usize,
    grouping: Grouping,
    files: Vec<ClaimedFile>,
}

/// Hands claimed files over to whoever runs the detectors, while the layer is still being inflated.
pub(super) struct Handover(pub(super) Sender<Showing>);

impl Sink for Handover {
    fn alone(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        // Nobody receives any more only where the detecting thread has panicked, and that is told
        // when it is joined.
        let _ = self.0.send(Showing { claimant, grouping: Grouping::Alone, files });
    }

    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        let _ = self.0.send(Showing { claimant, grouping: Grouping::Together, files });
    }
}

/// All that came of showing a layer's files.
pub(super) struct Shown {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) kept: Keeper,
}

/// What one call of a detector gave, and at which place in the layer each file that it saw stood.
pub(super) struct Outcome {
    claimant: usize,
    ordinals: HashMap<String, u64>,
    findings: Vec<Finding>,
    unread: Vec<Unread>,
    failures: Vec<PluginFailure>,
}

/// Shows files to detectors until there are no more, and keeps the small ones. `cause` is what that is for; where
/// nobody knows yet, what comes of it counts only where no detector fails, and none is called once one has.
pub(super) fn detect(
    cause: Option<&str>,
    detectors: &[Arc<Plugin>],
    showings: &Receiver<Showing>,
    (mut kept, packages): (Keeper, u64),
) -> Shown {
    let mut outcomes = Vec::new();
    let mut has_failed = false;
    let mut room = Room { limit: packages, taken: 0, requirements: 0 };
    for Showing { claimant, grouping, files } in showings {
        if cause.is_none() && has_failed {
            continue;
        }
        for file in &files {
            kept.take(file);
        }
        let ordinals = files.iter().map(|file| (file.path().to_owned(), file.ordinal())).collect();
        let files: Vec<_> = files.into_iter().map(Borrowed).collect();
        let shown = detectors.get(claimant).map(|plugin| show(plugin, cause, grouping, &files));
        let Some(Answer { detected: Detected { findings, mut unread }, failures }) = shown else { continue };
        has_failed |= !failures.is_empty();
        let findings = room.admit(findings, &mut unread);
        outcomes.push(Outcome { claimant, ordinals, findings, unread, failures });
    }
    Shown { outcomes, kept }
}

/// How many packages of a layer are taken: they are in memory all at once, and a small file can state very many.
struct Room {
    limit: u64,
    taken: u64,
    /// How many packages they say that they need.
    requirements: u64,
}

/// How many requirements of packages of one layer are kept; what those need that come after is not known.
const REQUIREMENTS: u64 = 500_000;

impl Room {
    /// The findings of the files for whose packages there is room; the others are unread.
    fn admit(&mut self, mut findings: Vec<Finding>, unread: &mut Vec<Unread>) -> Vec<Finding> {
        let mut packages: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in &findings {
            let count = u64::from(matches!(finding.fact, Fact::Package(_)));
            *packages.entry(finding.path.as_str()).or_default() += count;
        }
        let mut left_out = BTreeSet::new();
        for (path, count) in packages {
            let then = self.taken.saturating_add(count);
            if then > self.limit && count > 0 {
                let limit = self.limit;
                let why = format!(
                    "with the {count} packages that it states, those of the layer are over the limit \
                     `layer_packages` of {limit}"
                );
                unread.push(Unread { path: path.to_owned(), error: InputError::Other(why) });
                left_out.insert(path.to_owned());
            } else {
                self.taken = then;
            }
        }
        if !left_out.is_empty() {
            findings.retain(|finding| !left_out.contains(finding.path.as_str()));
        }
        for finding in &mut findings {
            let Fact::Package(package) = &mut finding.fact else { continue };
            let count = package.requires.as_ref().map_or(0, Vec::len) as u64;
            if self.requirements + count > REQUIREMENTS {
                package.requires = None;
            } else {
                self.requirements += count;
            }
        }
        findings
    }
}

/// Shows files to a detector, for a cause or ahead of any. Where it fails for files that stand alone, they are shown
/// to it again in parts; not ahead of any cause, where the call is made again as a whole.
pub(crate) fn show<F: LayerFile + Clone + 'static>(
    plugin: &Plugin,
    cause: Option<&str>,
    grouping: Grouping,
    files: &[F],
) -> Answer {
    let Some(detector) = plugin.detector() else { return Answer::default() };
    let boxed =
        |files: &[F]| files.iter().cloned().map(|file| Box::new(file) as Box<dyn LayerFile>).collect();
    let detected = match cause {
        Some(cause) => detector.detect(cause, boxed(files)),
        None => detector.detect_uncounted(boxed(files)),
    };
    match detected {
        Ok(detected) => Answer { detected, failures: Vec::new() },
        Err(failure) if cause.is_some() && grouping == Grouping::Alone => {
            parts::shown_in_parts(files, failure, &mut |part| detector.detect_uncounted(boxed(part)))
        }
        Err(failure) => Answer { detected: Detected::default(), failures: vec![failure] },
    }
}

/// What plugins are called for while an image is indexed.
pub(crate) fn cause(image: &Digest) -> String {
    format!("image {image}")
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
        found.failures.extend(outcome.failures);
    }
    for (claimant, unread) in unread {
        if let Some(found) = found.get_mut(claimant) {
            found.unread.push(unread);
        }
    }
    found.iter_mut().for_each(sort);
    detectors.iter().map(|plugin| plugin.id().clone()).zip(found).collect()
}

/// The order in which layers hand out their files is that of the archive; what is stored is the same
/// whatever that was.
pub(crate) fn sort(found: &mut LayerFindings) {
    found.findings.sort_by(|a, b| (&a.path, &a.member).cmp(&(&b.path, &b.member)));
    found.unread.sort_by(|a, b| a.path.cmp(&b.path));
}

/// Claimed files of a layer, as a plugin is shown them.
pub fn borrowed(files: Vec<ClaimedFile>) -> Vec<Box<dyn LayerFile>> {
    files.into_iter().map(|file| Box::new(Borrowed(file)) as Box<dyn LayerFile>).collect()
}

#[derive(Clone)]
struct Borrowed(ClaimedFile);

impl LayerFile for Borrowed {
    fn path(&self) -> &str {
        self.0.path()
    }

    fn size(&self) -> u64 {
        self.0.size()
    }

    fn executable(&self) -> bool {
        self.0.executable()
    }

    fn claims(&self) -> &[u32] {
        self.0.claims()
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        Ok(self.0.read(offset, len)?.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use limpid_model::{Package, Requirement};

    use super::*;
    use crate::test_support::package;

    #[test]
    fn files_that_state_more_packages_than_there_is_room_for_are_unread() {
        let stated = |path: &str, count: usize| {
            let fact = Fact::Package(Box::new(package("a", "1")));
            vec![Finding { path: path.into(), member: None, fact }; count]
        };
        let mut room = Room { limit: 5, taken: 0, requirements: 0 };
        let mut admitted = |findings: Vec<Finding>| {
            let mut unread = Vec::new();
            let findings = room.admit(findings, &mut unread);
            let unread: Vec<_> = unread.iter().map(|it| format!("{}: {}", it.path, it.error)).collect();
            (findings.len(), unread)
        };
        let over = |path: &str, count: usize| {
            format!(
                "{path}: with the {count} packages that it states, those of the layer are over the limit \
                 `layer_packages` of 5"
            )
        };
        assert_eq!(admitted([stated("a", 3), stated("b", 4)].concat()), (3, vec![over("b", 4)]));
        assert_eq!(admitted(stated("c", 3)), (0, vec![over("c", 3)]));
        assert_eq!(admitted(stated("d", 2)), (2, vec![]));
        let property =
            Finding { path: "e".into(), member: None, fact: Fact::Property("x".into(), "y".into()) };
        assert_eq!(admitted(vec![property]), (1, vec![]));
    }

    #[test]
    fn what_packages_need_is_unknown_where_those_of_a_layer_need_too_much() {
        let needs = |count: usize| {
            let requirement = Requirement { name: "b".into(), version: None };
            let package = Package { requires: Some(vec![requirement; count]), ..package("a", "1") };
            Finding { path: "a".into(), member: None, fact: Fact::Package(Box::new(package)) }
        };
        let mut room = Room { limit: 10, taken: 0, requirements: 0 };
        let half = REQUIREMENTS as usize / 2;
        let findings =
            room.admit(vec![needs(half), needs(half + 1), needs(half), needs(0), needs(1)], &mut Vec::new());
        let needed = findings.iter().map(|finding| match &finding.fact {
            Fact::Package(package) => package.requires.as_ref().map(Vec::len),
            _ => None,
        });
        assert_eq!(needed.collect::<Vec<_>>(), [Some(half), None, Some(half), Some(0), None]);
    }
}
